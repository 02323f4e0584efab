"""Handwritten lines as strips of ink whose words are known, drawn or cut out of real lines, and their way onto a page:
along a baseline that rises, falls and wanders.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from chuviet.synth.fonts import Font
from chuviet.synth.ink import BASELINE, CANVAS, Hand, draw_line
from chuviet.synth.regions import Line, Word
from chuviet.synth.surface import Surface

_INK = 0.3  # strength from which a pixel counts for the box of a word
Curve = Callable[[np.ndarray], np.ndarray]  # x -> y of the baseline, pixels of the page


@dataclass(frozen=True)
class Strip:
    """`ink`: h w float32, 0..1. `baseline`: the row that the letters stand on. `words`: text, left, top, right, bottom:
    edges of their ink in pixels of the strip.
    """

    ink: np.ndarray
    baseline: float
    words: Sequence[tuple[str, float, float, float, float]]

    def scaled(self, scale: float) -> Strip:
        """The same strip, larger or smaller."""
        h, w = self.ink.shape
        size = (max(round(w * scale), 2), max(round(h * scale), 2))
        flags = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        fx, fy = size[0] / w, size[1] / h
        words = [(text, (a + 0.5) * fx - 0.5, (b + 0.5) * fy - 0.5, (c + 0.5) * fx - 0.5, (d + 0.5) * fy - 0.5)
                 for text, a, b, c, d in self.words]  # fmt: skip
        return Strip(cv2.resize(self.ink, size, interpolation=flags), (self.baseline + 0.5) * fy - 0.5, words)


@dataclass(frozen=True)
class Pen:
    """Who writes with what: `cap` is the height of capitals on the page in pixels."""

    font: str
    hand: Hand
    cap: float
    colour: tuple[float, float, float]
    strength: float
    connected: bool

    @staticmethod
    def draw(fonts: Sequence[Font], cap: float, rng: np.random.Generator) -> Pen:
        """A random pen of a random family."""
        names = sorted({f.family for f in fonts})
        family = names[int(rng.integers(len(names)))]
        members = [f for f in fonts if f.family == family]
        font = members[int(rng.integers(len(members)))]
        hand = Hand.draw(rng)
        drawn = float(np.clip(cap, 20, 32))
        hand = replace(hand, cap=drawn, pen=rng.uniform(-0.6, 1), drift=0.0, height_change=0.0, size_change=0.0,
                       space=hand.space * drawn / 26, marks=min(hand.marks, 0.1))  # fmt: skip
        connected = any(part in font.family.lower() for part in ("playwrite", "dancing", "script", "vibes", "brush"))
        return Pen(font.path, hand, cap, ink_colour(rng), rng.uniform(0.6, 1), connected)

    def strip(self, words: Sequence[str], rng: np.random.Generator, struck: float = 0.0) -> Strip | None:
        """These words in this hand; None if nothing can be seen of them. See `fill`."""
        return self.fill(words, rng, np.inf, struck)[0]

    def fill(
        self, words: Sequence[str], rng: np.random.Generator, room: float, struck: float = 0.0
    ) -> tuple[Strip | None, int]:
        """As many of the words as fit `room` pixels, and how many those are. Of each the chance `struck` that it is
        crossed out: its ink stays, its text does not count. None where no word is left that has ink and text.
        """
        parts: list[tuple[str, np.ndarray, int]] = []
        x, used, scale = 0.0, 0, self.cap / self.hand.cap
        for word in words:
            ink = _word(word, self, rng)
            if ink is not None and (x + ink.shape[1]) * scale > room:
                break
            used += 1
            if ink is None:
                continue
            text = word
            if rng.random() < struck:
                text, ink = "", strike(ink, rng)
            parts.append((text, ink, round(x)))
            x += ink.shape[1] + self.hand.space * self.hand.stretch * rng.uniform(0.7, 1.7)
        return self._join(parts, rng), used

    def _join(self, parts: Sequence[tuple[str, np.ndarray, int]], rng: np.random.Generator) -> Strip | None:
        """Words as text, ink and first column on one canvas, at the pen's size."""
        if not any(text for text, _, _ in parts):
            return None
        canvas = np.zeros((CANVAS, max(at + ink.shape[1] for _, ink, at in parts)), np.float32)
        boxes = []
        for text, ink, at in parts:
            lift = int(np.clip(round(rng.normal(0, 0.03) * self.hand.cap), -8, 8))
            moved = np.roll(ink, lift, 0)  # the canvas has rows to spare
            part = canvas[:, at : at + ink.shape[1]]
            np.maximum(part, moved, out=part)
            rows = np.flatnonzero((moved > _INK).any(1))
            if text and len(rows):
                boxes.append((text, at - 0.5, rows[0] - 0.5, at + ink.shape[1] - 0.5, rows[-1] + 0.5))
        strip = Strip(canvas, float(BASELINE), boxes)
        return strip.scaled(self.cap / self.hand.cap) if boxes else None


def ink_colour(rng: np.random.Generator) -> tuple[float, float, float]:
    """Ballpoint blue, black, violet, pencil, brown old ink, red: RGB."""
    inks = ((45, 85, 190), (25, 35, 130), (25, 35, 130), (20, 20, 24), (20, 20, 24), (95, 70, 165), (105, 105, 112),
            (70, 45, 30), (90, 62, 40), (165, 40, 50))  # fmt: skip
    colour = np.clip(np.array(inks[int(rng.integers(len(inks)))]) + rng.normal(0, 14, 3), 0, 200)
    return float(colour[0]), float(colour[1]), float(colour[2])


def _word(word: str, pen: Pen, rng: np.random.Generator) -> np.ndarray | None:
    """CANVAS x w float32, cut to the columns that have ink."""
    ink = draw_line(word, pen.font, pen.hand, rng, pen.connected)
    columns = np.flatnonzero((ink > _INK).any(0))
    return ink[:, columns[0] : columns[-1] + 1] if len(columns) else None


def strike(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A word crossed out: one to three lines through it, or a zigzag over it."""
    ink = ink.copy()
    rows = np.flatnonzero((ink > _INK).any(1))
    top, bottom, w = int(rows[0]), int(rows[-1]), ink.shape[1]
    thick = int(rng.integers(1, 4))
    if rng.random() < 0.6:
        for _ in range(int(rng.integers(1, 4))):
            ends = [int(v) for v in rng.uniform(0.7 * top + 0.3 * bottom, 0.2 * top + 0.8 * bottom, 2)]
            cv2.line(ink, (0, ends[0]), (w - 1, ends[1]), 0.9, thick, cv2.LINE_AA)
    else:
        x = np.linspace(0, w - 1, max(w // 5, 4))
        y = np.where(np.arange(len(x)) % 2, top + 4, bottom - 2) + rng.normal(0, 3, len(x))
        cv2.polylines(ink, [np.stack((x, y), 1).astype(np.int32)], False, 0.9, thick, cv2.LINE_AA)
    return ink


def baseline(y: float, width: float, slope: float, wander: float, rng: np.random.Generator) -> Curve:
    """y + slope * x and two slow waves of about `wander` pixels over a page of this width."""
    size = rng.normal(0, wander, 2) * (1, 0.4)
    waves = rng.uniform(0.3, 1.3, 2) * (1, 2.2) * 2 * np.pi / width
    phases = rng.uniform(0, 2 * np.pi, 2)

    def curve(x: np.ndarray) -> np.ndarray:
        x = np.asarray(x, np.float64)
        return y + slope * x + size[0] * np.sin(waves[0] * x + phases[0]) + size[1] * np.sin(waves[1] * x + phases[1])

    return curve


def lay(
    surface: Surface, strip: Strip, left: float, curve: Curve, colour: Sequence[float], strength: float, block: int
) -> Line | None:
    """Writes a strip on the page, its baseline on the curve: each column is moved up or down, whole. Returns the line,
    which the page has then; None where the page has no room for it: nothing is drawn.
    """
    h, w = strip.ink.shape
    columns = np.arange(round(left), round(left) + w)
    shift = curve(columns) - strip.baseline  # y of the page at the strip's row 0
    top, bottom = int(np.floor(shift.min())), int(np.ceil(shift.max())) + h
    tops, bottoms = (np.array([box[k] for box in strip.words]) for k in (2, 4))
    if shift.min() + tops.min() < 1 or shift.max() + bottoms.max() > surface.height - 2:
        return None
    if columns[0] < 1 or columns[-1] > surface.width - 2:
        return None
    x = np.broadcast_to(np.arange(w, dtype=np.float32), (bottom - top, w))
    y = np.arange(top, bottom, dtype=np.float32)[:, None] - shift.astype(np.float32)
    moved = cv2.remap(strip.ink, np.ascontiguousarray(x), y, cv2.INTER_LINEAR)
    surface.put(moved, int(columns[0]), top, colour, strength)
    line = placed(strip, float(columns[0]), curve, block)
    surface.lines.append(line)
    return line


def placed(strip: Strip, left: float, curve: Curve, block: int) -> Line:
    """Where the words of a strip lie whose column 0 is at `left` and whose baseline follows the curve."""

    def onto(points: np.ndarray) -> np.ndarray:
        x = points[..., 0] + left
        return np.stack((x, curve(x) + points[..., 1] - strip.baseline), -1)

    words = []
    for text, a, b, c, d in strip.words:
        words.append(Word(text, onto(np.array([(a, b), (c, b), (c, d), (a, d)], np.float64))))
    table = np.array([box[1:] for box in strip.words], np.float64)
    low, high = table.min(0), table.max(0)
    steps = int(np.clip(round((high[2] - low[0]) / max(high[3] - low[1], 1)), 1, 16)) + 1
    along = np.linspace(low[0], high[2], steps)
    edges = [np.stack((x, np.full(steps, y)), 1) for x, y in ((along, low[1]), (along[::-1], high[3]))]
    return Line(words, onto(np.concatenate(edges)), block, handwritten=True)

"""Handwriting as ink: words set in a font, each with its own size, slant and height, on a wandering baseline.

Everything is drawn straight at the final resolution; a word costs one run of `glyphs` and one affine warp, a line one
remap.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from chuviet.synth import glyphs
from chuviet.synth.glyphs import SIZE as _SIZE

MARGINS = (-5, -2, 0, 2, 5, 10)  # pixels left above and below a line; a negative one loses some of the writing
CANVAS, BASELINE = 128, 82  # rows of the canvas a line is composed on, and the row that its letters stand on
_MARKS = frozenset("\u0300\u0301\u0302\u0303\u0306\u0309\u0323")  # combining: tones, circumflex, breve; not the horn


@dataclass(frozen=True)
class Hand:
    """How somebody writes. Lengths are in pixels of a line whose capitals are `cap` high."""

    cap: float = 26.0
    slant: float = 0.1  # tangent
    stretch: float = 0.9  # width of the letters relative to the font's
    space: float = 12.0
    slant_change: float = 0.03  # standard deviation from word to word, as are the next two
    size_change: float = 0.04
    height_change: float = 1.0
    drift: float = 0.0  # rise of the baseline, pixels a pixel
    wander: float = 1.0  # slow waves of the baseline and of the strokes
    letters: float = 0.3  # share of words set letter by letter, with jitter
    tracking: float = 1.0  # advance of the letters of such words relative to the font's
    marks: float = 0.0  # how far accents and tone marks stray from their letter, in ems
    mark_size: float = 1.0  # of straying marks, relative to the font's
    pen: float = 0.0  # -1 thin .. 1 thick
    pressure: float = 0.3  # how much the ink's strength varies along the line

    @staticmethod
    def draw(rng: np.random.Generator) -> Hand:
        """A random hand."""
        return Hand(
            cap=rng.uniform(20, 34),
            slant=rng.normal(0.12, 0.15),
            stretch=rng.uniform(0.6, 1.15),
            space=rng.uniform(4, 22),
            slant_change=rng.uniform(0, 0.06),
            size_change=rng.uniform(0.01, 0.08),
            height_change=rng.uniform(0, 2.5),
            drift=rng.normal(0, 0.01),
            wander=rng.uniform(0, 2.0),
            letters=_choice(rng, (0.0, 0.3, 0.9)),
            tracking=rng.uniform(0.95, 1.25),
            marks=_choice(rng, (0.0, 0.05, 0.1, 0.15)),
            mark_size=rng.uniform(0.85, 1.4),
            pen=rng.uniform(-1, 1),
            pressure=rng.uniform(0, 0.6),
        )


def draw_line(text: str, font_path: str, hand: Hand, rng: np.random.Generator, connected: bool = False) -> np.ndarray:
    """`text` as ink strength: CANVAS x W float32 in 0..1. `connected` scripts are never set letter by letter."""
    scale = hand.cap / max(-glyphs.glyph("H", font_path).box[1], 8)
    x, words = float(rng.uniform(2, 16)), []
    for word in text.split(" "):
        s = scale * (1 + rng.normal(0, hand.size_change))
        letter_by_letter = not connected and rng.random() < hand.letters
        slant = hand.slant + rng.normal(0, hand.slant_change)
        mask, advance = _word(word, font_path, hand, (s * hand.stretch, s, slant), letter_by_letter, rng)
        lift = round(min(max(hand.drift * x + rng.normal(0, hand.height_change), -16), 16))
        words.append((mask, round(x), lift))
        x += advance + hand.space * rng.uniform(0.6, 1.5)
    width = round(x + _choice(rng, (0.0, 6.0, 30.0, 120.0)))
    width = max(width, max(at + m.shape[1] for m, at, _ in words) if words else 8)
    canvas = np.zeros((CANVAS, width), np.uint8)
    for mask, at, lift in words:
        rows = slice(max(lift, 0), CANVAS + min(lift, 0))
        source = mask[max(-lift, 0) : CANVAS - max(lift, 0)]
        part = canvas[rows, at : at + mask.shape[1]]
        np.maximum(part, source, out=part)
    canvas = _pen(canvas, hand.pen)
    if hand.wander > 0:
        canvas = _wander(canvas, hand.wander, rng)
    ink = canvas / np.float32(255)
    if hand.pressure > 0:
        ink *= 1 - _waves(canvas.shape, (3, max(width // 25, 2)), rng) * hand.pressure
    return ink


def crop_line(ink: np.ndarray, height: int, rng: np.random.Generator, margins: Sequence[int] = MARGINS) -> np.ndarray:
    """Cuts a canvas to the writing and scales it to `height` rows. Above and below one of `margins` is left, in pixels:
    a negative one loses some of the writing, as real crops do.
    """
    rows = np.flatnonzero(ink.max(axis=1) > 0.25)
    top, bottom = (int(rows[0]), int(rows[-1]) + 1) if len(rows) else (BASELINE - 30, BASELINE + 10)
    if bottom - top < 24:  # a line of small letters alone is not blown up to full height
        top, bottom = min(top, BASELINE - 28), max(bottom, BASELINE + 8)
    top = max(top - int(_choice(rng, margins)), 0)
    bottom = min(bottom + int(_choice(rng, margins)), ink.shape[0])
    part = ink[top:bottom]
    width = max(round(part.shape[1] * height / part.shape[0]), 8)
    shrinks = height < part.shape[0]
    return cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def _word(
    word: str,
    font_path: str,
    hand: Hand,
    shape: tuple[float, float, float],
    letter_by_letter: bool,
    rng: np.random.Generator,
) -> tuple[np.ndarray, float]:
    """One word on a full-height canvas (uint8), and how far it advances in pixels. `shape`: scale x, scale y, slant."""
    sx, sy, slant = shape
    left, top, right, bottom = glyphs.box_of(word, font_path)
    if right <= left:
        return np.zeros((CANVAS, 1), np.uint8), 0.0
    split: list[tuple[str, tuple[_Mark, ...]]] = [_split_marks(c, font_path) if hand.marks else (c, ()) for c in word]
    base, pad = int(-top) + 6 + (_SIZE // 3 if hand.marks else 0), 6
    spread = int(len(word) * 4 + max(hand.tracking - 1, 0) * (right - left)) if letter_by_letter else 0
    drawn = np.zeros((base + int(bottom) + 8, int(right - left) + 2 * pad + spread), np.uint8)
    x = float(pad - left)
    letters, starts = [c for c, _ in split], []
    if letter_by_letter:
        edge = 0
        for letter in letters:
            starts.append(x)
            edge = glyphs.write_letter(drawn, letter, x, base + rng.normal(0, 1.0), font_path, edge)
            x += glyphs.glyph(letter, font_path).advance * hand.tracking * rng.uniform(0.94, 1.08)
    else:
        starts = [x + start for start in glyphs.starts_of(letters, font_path)]
        glyphs.write(drawn, letters, int(x), base, font_path)
    for start, (_, marks) in zip(starts, split, strict=True):
        for mark in marks:
            _stray(drawn, mark, start, base, hand, rng)
    h, w = drawn.shape
    overhang = slant * sy
    shift = max(-overhang * (h - base), 0.0) if overhang > 0 else -overhang * base
    width = max(int(w * sx + abs(overhang) * h) + 2, 1)
    matrix = np.array([[sx, -overhang, overhang * base + shift], [0, sy, BASELINE - sy * base]], np.float32)
    return cv2.warpAffine(drawn, matrix, (width, CANVAS), flags=cv2.INTER_LINEAR), (w - 2 * pad) * sx


@dataclass(frozen=True)
class _Mark:
    """The marks above or below one letter, cut out of its glyph: ink, and its top left corner relative to the pen
    position.
    """

    ink: np.ndarray
    left: int
    top: int

    @property
    def below(self) -> bool:
        return self.top > -_SIZE // 8


@functools.lru_cache(maxsize=32_768)
def _split_marks(letter: str, font_path: str) -> tuple[str, tuple[_Mark, ...]]:
    """A letter without its accent and tone mark (a horn stays), and what stood above it and below; (letter, ()) where
    that cannot be told from the glyphs: no mark, no dotless i, or a base that is drawn differently under a mark.
    """
    plain = unicodedata.normalize("NFC", "".join(c for c in unicodedata.normalize("NFD", letter) if c not in _MARKS))
    if plain == letter:
        return letter, ()
    plain = "\u0131" if plain == "i" else plain
    whole, base = _glyph(letter, font_path), _glyph(plain, font_path)
    solid = base > 128
    if not solid.any() or (whole[solid] < 96).mean() > 0.1:
        return letter, ()
    ink = np.where(cv2.dilate(base, np.ones((3, 3), np.uint8)) > 48, 0, whole).astype(np.uint8)
    border = 3 * _SIZE - _SIZE // 8 + 1
    parts = (_cut_out(ink[:border], -3 * _SIZE), _cut_out(ink[border:], border - 3 * _SIZE))
    marks = tuple(m for m in parts if m)
    return (plain, marks) if marks else (letter, ())


def _cut_out(ink: np.ndarray, first_row: int) -> _Mark | None:
    rows, columns = np.flatnonzero(ink.max(axis=1) > 64), np.flatnonzero(ink.max(axis=0) > 64)
    if not len(rows):
        return None
    top, left = int(rows[0]), int(columns[0])
    return _Mark(ink[top : rows[-1] + 1, left : columns[-1] + 1], left - _SIZE, top + first_row)


def _glyph(letter: str, font_path: str) -> np.ndarray:
    """One letter with room on all sides: its origin stands at (_SIZE, 3 * _SIZE)."""
    image = np.zeros((5 * _SIZE, 4 * _SIZE), np.uint8)
    glyphs.write(image, letter, _SIZE, 3 * _SIZE, font_path)
    return image


def _stray(drawn: np.ndarray, mark: _Mark, x: float, baseline: int, hand: Hand, rng: np.random.Generator) -> None:
    """Puts a mark near its place, as a quick hand does: mostly too far right, and higher rather than lower."""
    size = hand.mark_size * rng.uniform(0.85, 1.15)
    ink = cv2.resize(mark.ink, None, fx=size, fy=size, interpolation=cv2.INTER_LINEAR)
    h, w = (min(a, b) for a, b in zip(ink.shape, drawn.shape, strict=True))
    away = hand.marks * _SIZE
    middle = x + mark.left + mark.ink.shape[1] / 2 + rng.normal(0.7, 1.0) * away
    far = abs(rng.normal(0, 0.6)) * away
    edge = mark.top + far if mark.below else mark.top + mark.ink.shape[0] - h - far
    top = int(min(max(baseline + edge, 0), drawn.shape[0] - h))
    left = int(min(max(middle - w / 2, 0), drawn.shape[1] - w))
    part = drawn[top : top + h, left : left + w]
    np.maximum(part, ink[:h, :w], out=part)


def _pen(canvas: np.ndarray, pen: float) -> np.ndarray:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3) if pen > 0.7 else (2, 2))
    if pen > 0.15:
        return cv2.addWeighted(cv2.dilate(canvas, kernel), min(pen + 0.2, 1.0), canvas, max(0.8 - pen, 0.0), 0)
    if pen < -0.3 and canvas.mean() > 10:
        return cv2.addWeighted(cv2.erode(canvas, kernel), 0.6, canvas, 0.4, 0)
    return canvas


def _wander(canvas: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    h, w = canvas.shape
    knots = max(w // int(_choice(rng, (20, 40, 80))), 2)
    dx = _waves((h, w), (4, knots), rng, normal=True) * strength * 0.8
    dy = _waves((h, w), (4, knots), rng, normal=True) * strength * 0.8
    dy += _waves((1, w), (1, max(w // 250, 2)), rng, normal=True) * strength * 2
    x, y = np.arange(w, dtype=np.float32)[None], np.arange(h, dtype=np.float32)[:, None]
    return cv2.remap(canvas, x + dx, y + dy, cv2.INTER_LINEAR)


def _waves(
    shape: tuple[int, int], knots: tuple[int, int], rng: np.random.Generator, normal: bool = False
) -> np.ndarray:
    field = rng.standard_normal(knots, dtype=np.float32) if normal else rng.random(knots, dtype=np.float32)
    return cv2.resize(field, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)


def _choice(rng: np.random.Generator, values: Sequence[float]) -> float:
    """As `rng.choice`, which is slow for one value of a few."""
    return values[int(rng.integers(len(values)))]

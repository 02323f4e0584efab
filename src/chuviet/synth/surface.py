"""A flat page that is being drawn: its picture, and the lines that stand on it in reading order."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import ImageFont

from chuviet.synth.fonts import Font
from chuviet.synth.regions import Line, box_line
from chuviet.synth.scenery import clouds, paint

Point = Sequence[float] | np.ndarray  # x, y; or left, top, right, bottom
_SEEN = 90  # of 255: ink as strong as this counts for the box of a printed word
_SANS = ("regular", "400", "book", "normal")


@dataclass(frozen=True)
class Type:
    """A font at a size (pixels an em) in a colour (RGB, 0..255)."""

    font: str
    size: int
    colour: tuple[float, float, float] = (0.0, 0.0, 0.0)
    strength: float = 1.0

    def width(self, text: str) -> float:
        """Pixels from the text's start to where the next letter would stand."""
        return glyphs_of(text, self.font, self.size)[3]

    @property
    def space(self) -> float:
        return max(_load(self.font, self.size).getlength(" "), 0.18 * self.size)


@dataclass(frozen=True)
class Family:
    """The fonts of a document: upright, bold and slanted; one font may stand for all."""

    name: str
    regular: str
    bold: str
    italic: str


class Surface:
    """`image`: H W 3 float32 RGB, 0..255. Drawing changes it in place; `lines` grows in reading order."""

    def __init__(self, image: np.ndarray) -> None:
        self.image = image
        self.lines: list[Line] = []
        self._block = -1

    @property
    def height(self) -> int:
        return int(self.image.shape[0])

    @property
    def width(self) -> int:
        return int(self.image.shape[1])

    def next_block(self) -> int:
        """The number of a new paragraph."""
        self._block += 1
        return self._block

    def put(self, ink: np.ndarray, left: int, top: int, colour: Sequence[float], strength: float = 1.0) -> None:
        """Lays ink (h w float32, 0..1) on the page; what lies outside is cut off."""
        h, w = ink.shape
        x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + w, self.width), min(top + h, self.height)
        if x0 < x1 and y0 < y1:
            part = ink[y0 - top : y1 - top, x0 - left : x1 - left]
            paint(self.image[y0:y1, x0:x1], part, np.asarray(colour, np.float32), strength)

    def write(self, words: Sequence[tuple[str, float]], baseline: float, type: Type, block: int) -> Line | None:
        """Prints words, each from its x on, on one baseline: the line, if any of it has ink. Words have no spaces."""
        boxes = []
        for text, x in words:
            ink, left, top, _ = glyphs_of(text, type.font, type.size)
            if not ink.size:
                continue
            at = (round(x) + left, round(baseline) + top)
            self.put(ink, *at, type.colour, type.strength)
            h, w = ink.shape
            boxes.append((text, at[0] - 0.5, at[1] - 0.5, at[0] + w - 0.5, at[1] + h - 0.5))
        if not boxes:
            return None
        self.lines.append(box_line(boxes, block))
        return self.lines[-1]

    def rule(self, start: Point, end: Point, colour: Sequence[float], thick: int = 1, dotted: float = 0.0) -> None:
        """A straight line, or dots every `dotted` pixels (of a level line)."""
        tone = [float(c) for c in colour]
        if dotted:
            for x in np.arange(start[0], end[0], max(dotted, 2)):
                at = (round(x), round(start[1]))
                cv2.rectangle(self.image, at, (at[0] + thick - 1, at[1] + thick - 1), tone, -1)
            return
        a, b = ((round(float(p[0])), round(float(p[1]))) for p in (start, end))
        cv2.line(self.image, a, b, tone, thick, cv2.LINE_AA)

    def box(self, box: Point, colour: Sequence[float], thick: int = 1) -> None:
        """A rectangle of left, top, right, bottom; thick -1 fills it."""
        a, b = (round(float(box[0])), round(float(box[1]))), (round(float(box[2])), round(float(box[3])))
        cv2.rectangle(self.image, a, b, [float(c) for c in colour], thick)


def paper(height: int, width: int, rng: np.random.Generator, aged: float = 0.3) -> np.ndarray:
    """H W 3 float32: white, or with the chance `aged` tinted and cloudy, as cream, lavender, grey or old brown."""
    if rng.random() > aged:
        return np.full((height, width, 3), float(rng.choice((255.0, 255.0, rng.uniform(240, 255)))), np.float32)
    tints = ((250, 246, 232), (226, 226, 240), (236, 236, 232), (226, 206, 176), (214, 196, 158), (240, 226, 224),
             (222, 232, 240))  # fmt: skip
    colour = np.clip(np.array(tints[int(rng.integers(len(tints)))]) + rng.normal(0, 6, 3), 0, 255)
    ground = clouds(height, width, rng, float(rng.uniform(0.5, 5)))
    return np.clip(cv2.add(ground, np.append(colour, 0)), 0, 255)


@functools.lru_cache(maxsize=16_384)
def glyphs_of(text: str, font: str, size: int) -> tuple[np.ndarray, int, int, float]:
    """Ink h w in 0..1 cut to what is seen, its left and top from the pen's start on the baseline, and the advance."""
    loaded = _load(font, size)
    mask, (left, top) = loaded.getmask2(text, "L", anchor="ls")
    ink = np.frombuffer(bytes(mask), np.uint8).reshape(mask.size[::-1])
    rows, columns = np.flatnonzero((ink > _SEEN).any(1)), np.flatnonzero((ink > _SEEN).any(0))
    if not len(rows):
        return np.zeros((0, 0), np.float32), 0, 0, loaded.getlength(text)
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float32) / 255
    return ink, int(left) + int(columns[0]), int(top) + int(rows[0]), loaded.getlength(text)


@functools.lru_cache(maxsize=256)
def _load(font: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(font, size, layout_engine=ImageFont.Layout.BASIC)


def families(fonts: Sequence[Font], alphabet: str) -> list[Family]:
    """The families of fonts that have all of `alphabet`, by name."""
    groups: dict[str, list[str]] = {}
    for font in fonts:
        if font.can_write(alphabet):
            path = Path(font.path)
            name = font.family.split("-")[0] if font.family == path.stem else font.family
            groups.setdefault(name, []).append(font.path)
    out = []
    for name, paths in sorted(groups.items()):
        plain = [p for p in paths if not _named(p, ("italic", "oblique"))]
        regular = next((p for p in plain if _named(p, _SANS)), (plain or paths)[0])
        bold = next((p for p in plain if _named(p, ("700", "bold"))), regular)
        slanted = [p for p in paths if _named(p, ("italic", "oblique"))]
        italic = next((p for p in slanted if _named(p, _SANS)), slanted[0] if slanted else regular)
        out.append(Family(name, regular, bold, italic))
    return out


def _named(path: str, parts: Sequence[str]) -> bool:
    stem = Path(path).stem.lower()
    return any(part in stem for part in parts)

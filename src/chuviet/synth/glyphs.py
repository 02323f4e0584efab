"""Words as grey pixels from letters that FreeType draws once: what Pillow's basic layout gives, to the byte, in a
fraction of its time.

Pillow loads, hints and rasterises every letter of a text three times (layout, size, drawing), and puts it on a whole
pixel: so a letter's pixels can be kept. https://github.com/python-pillow/Pillow/blob/main/src/_imagingft.c
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from fontTools.ttLib import TTFont
from PIL import ImageFont

SIZE = 48  # font size at which letters are rasterised, pixels
_PROBE = "AVAWATAYATeToVoYoFaLTLVPArvryfa.,T.V,P."  # pairs that a font with kerning moves together

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Glyph:
    """One letter: its ink, where that stands relative to the pen, and how far the pen moves, in pixels."""

    ink: np.ndarray  # h w uint8
    left: int
    top: int
    advance: float
    box: Box  # `getbbox` of the letter, from its origin on the baseline


@functools.lru_cache(maxsize=65_536)
def glyph(letter: str, font_path: str) -> Glyph:
    font = load(font_path)
    mask, (left, top) = font.getmask2(letter, "L", anchor="ls")
    ink = np.frombuffer(bytes(mask), np.uint8).reshape(mask.size[::-1])
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if len(rows):
        left, top = left + int(columns[0]), top + int(rows[0])
        ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].copy()
    else:
        ink = ink[:0, :0]
    return Glyph(ink, left, top, font.getlength(letter), font.getbbox(letter, anchor="ls"))


@functools.lru_cache(maxsize=256)
def load(font_path: str) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(font_path, SIZE, layout_engine=ImageFont.Layout.BASIC)


def box_of(word: str, font_path: str) -> Box:
    """Left, top, right, bottom of a word around its origin on the baseline, as `getbbox(word, anchor="ls")`."""
    letters = [glyph(c, font_path) for c in word]
    if not letters or _kerned(font_path) or any(g.advance % 1 for g in letters):
        return load(font_path).getbbox(word, anchor="ls")
    left = right = x = 0.0
    for g in letters:
        if x + g.box[0] < left:
            left = x + g.box[0]
        if x + g.box[2] > right:
            right = x + g.box[2]
        x += g.advance
    return left, min([g.box[1] for g in letters]), right, max([g.box[3] for g in letters])


def starts_of(letters: Sequence[str], font_path: str) -> list[float]:
    """How long the text before each letter is, in pixels, as `getlength` of it."""
    starts, x = [], 0.0
    for i, letter in enumerate(letters):
        starts.append(x)
        x += glyph(letter, font_path).advance
        x += _kerning(letters[i - 1], letter, font_path) if i and _kerned(font_path) else 0.0
    return starts


def write(image: np.ndarray, letters: Sequence[str], x: int, y: int, font_path: str) -> None:
    """Draws a word from the pen position (x, y) on, letters apart as the font has it: `ImageDraw.text`, anchor "ls"."""
    kerned, edge = _kerned(font_path), 0
    for i, (letter, start) in enumerate(zip(letters, starts_of(letters, font_path), strict=True)):
        start += _kerning(letters[i - 1], letter, font_path) if i and kerned else 0.0
        edge = _put(image, glyph(letter, font_path), x + _pixel(round(64 * start)), y, edge)


def write_letter(image: np.ndarray, letter: str, x: float, y: float, font_path: str, edge: int) -> int:
    """Draws one letter at a pen position of fractions, which Pillow rounds to 1/64 and then to whole pixels.

    No ink is at the column `edge` or right of it. Returns the new edge.
    """
    g = glyph(letter, font_path)
    fx, fy = np.float32(math.modf(x)[0]), np.float32(math.modf(y)[0])
    x_min, y_max = np.float32(min(g.box[0], 0)), np.float32(max(-g.box[1], 0))
    right = _pixel(_round((fx - x_min) * 64)) + int(x_min)
    up = _pixel(_round((-y_max - fy) * 64)) + int(y_max)
    return _put(image, g, int(x) + right, int(y) - up, edge)


def _put(image: np.ndarray, g: Glyph, x: int, y: int, edge: int) -> int:
    ink, left, top = g.ink, x + g.left, y + g.top
    (h, w), (rows, columns) = ink.shape, image.shape
    if left < 0 or top < 0 or left + w > columns or top + h > rows:
        ink = ink[max(-top, 0) : max(rows - top, 0), max(-left, 0) : max(columns - left, 0)]
        left, top, (h, w) = max(left, 0), max(top, 0), ink.shape
    part = image[top : top + h, left : left + w]
    if left < edge:
        rest = part * (255 - ink.astype(np.uint32)) + 128
        part[:] = ink + (((rest >> 8) + rest) >> 8)  # ink over ink
    else:
        part[:] = ink
    return max(edge, left + w)


def _pixel(units: int) -> int:
    return (units + 32) >> 6


def _round(value: np.float32) -> int:
    """As C does: halves away from zero."""
    return math.floor(abs(value) + 0.5) * (1 if value > 0 else -1)


@functools.lru_cache(maxsize=256)
def _kerned(font_path: str) -> bool:
    """Whether pairs of letters stand closer than their widths: by the font's table, or as measured."""
    with TTFont(font_path, lazy=True) as font:
        if "kern" in font:
            return True
    return load(font_path).getlength(_PROBE) != sum(glyph(c, font_path).advance for c in _PROBE)


@functools.lru_cache(maxsize=65_536)
def _kerning(first: str, second: str, font_path: str) -> float:
    pair = load(font_path).getlength(first + second)
    return pair - glyph(first, font_path).advance - glyph(second, font_path).advance

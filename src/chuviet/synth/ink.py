"""Handwriting as ink: words set in a font, each with its own size, slant and height, on a wandering baseline.

Everything is drawn straight at the final resolution; a word costs one glyph run and one affine warp, a line one remap.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

CANVAS, BASELINE = 128, 82  # rows of the canvas a line is composed on, and the row that its letters stand on
_SIZE = 48  # font size at which words are rasterised, pixels


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
            pen=rng.uniform(-1, 1),
            pressure=rng.uniform(0, 0.6),
        )


def draw_line(text: str, font_path: str, hand: Hand, rng: np.random.Generator, connected: bool = False) -> np.ndarray:
    """`text` as ink strength: CANVAS x W float32 in 0..1. `connected` scripts are never set letter by letter."""
    font = _font(font_path)
    scale = hand.cap / max(-font.getbbox("H", anchor="ls")[1], 8)
    x, words = float(rng.uniform(2, 16)), []
    for word in text.split(" "):
        s = scale * (1 + rng.normal(0, hand.size_change))
        letter_by_letter = not connected and rng.random() < hand.letters
        mask, advance = _word(word, font, s * hand.stretch, s, hand.slant + rng.normal(0, hand.slant_change),
                              rng if letter_by_letter else None)  # fmt: skip
        lift = round(float(np.clip(hand.drift * x + rng.normal(0, hand.height_change), -16, 16)))
        words.append((mask, round(x), lift))
        x += advance + hand.space * rng.uniform(0.6, 1.5)
    width = round(x + rng.choice((0.0, 6.0, 30.0, 120.0)))
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
    ink = canvas.astype(np.float32) / 255
    if hand.pressure > 0:
        ink *= 1 - _waves(canvas.shape, (3, max(width // 25, 2)), rng) * hand.pressure
    return ink


def crop_line(ink: np.ndarray, height: int, rng: np.random.Generator) -> np.ndarray:
    """Cuts a canvas to the writing with a random margin (a few pixels may be lost, as in real crops); scales to
    `height` rows.
    """
    rows = np.flatnonzero(ink.max(axis=1) > 0.25)
    top, bottom = (int(rows[0]), int(rows[-1]) + 1) if len(rows) else (BASELINE - 30, BASELINE + 10)
    if bottom - top < 24:  # a line of small letters alone is not blown up to full height
        top, bottom = min(top, BASELINE - 28), max(bottom, BASELINE + 8)
    top = max(top - int(rng.choice((-2, 0, 2, 5, 10))), 0)
    bottom = min(bottom + int(rng.choice((-2, 0, 2, 5, 10))), ink.shape[0])
    part = ink[top:bottom]
    width = max(round(part.shape[1] * height / part.shape[0]), 8)
    shrinks = height < part.shape[0]
    return cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def _word(
    word: str, font: ImageFont.FreeTypeFont, sx: float, sy: float, slant: float, rng: np.random.Generator | None
) -> tuple[np.ndarray, float]:
    """One word on a full-height canvas (uint8), and how far it advances in pixels."""
    left, top, right, bottom = font.getbbox(word, anchor="ls")
    if right <= left:
        return np.zeros((CANVAS, 1), np.uint8), 0.0
    base, pad = int(-top) + 6, 6
    spread = len(word) * 4 if rng is not None else 0
    image = Image.new("L", (int(right - left) + 2 * pad + spread, base + int(bottom) + 8))
    pen = ImageDraw.Draw(image)
    if rng is None:
        pen.text((pad - left, base), word, fill=255, font=font, anchor="ls")
    else:
        x = float(pad - left)
        for c in word:
            pen.text((x, base + rng.normal(0, 1.0)), c, fill=255, font=font, anchor="ls")
            x += font.getlength(c) * rng.uniform(0.94, 1.08)
    h = image.height
    overhang = slant * sy
    shift = max(-overhang * (h - base), 0.0) if overhang > 0 else -overhang * base
    width = max(int(image.width * sx + abs(overhang) * h) + 2, 1)
    matrix = np.array([[sx, -overhang, overhang * base + shift], [0, sy, BASELINE - sy * base]], np.float32)
    mask = cv2.warpAffine(np.asarray(image), matrix, (width, CANVAS), flags=cv2.INTER_LINEAR)
    return mask, (image.width - 2 * pad) * sx


def _pen(canvas: np.ndarray, pen: float) -> np.ndarray:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3) if pen > 0.7 else (2, 2))
    if pen > 0.15:
        return cv2.addWeighted(cv2.dilate(canvas, kernel), min(pen + 0.2, 1.0), canvas, max(0.8 - pen, 0.0), 0)
    if pen < -0.3 and canvas.mean() > 10:
        return cv2.addWeighted(cv2.erode(canvas, kernel), 0.6, canvas, 0.4, 0)
    return canvas


def _wander(canvas: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    h, w = canvas.shape
    knots = max(w // int(rng.choice((20, 40, 80))), 2)
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


@functools.lru_cache(maxsize=256)
def _font(path: str) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, _SIZE, layout_engine=ImageFont.Layout.BASIC)


def _choice(rng: np.random.Generator, values: tuple[float, ...]) -> float:
    return values[int(rng.integers(len(values)))]

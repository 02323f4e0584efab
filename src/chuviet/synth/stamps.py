"""What stands on papers beside their text: stamps, signatures, logos, bar codes, pictures, punched holes."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from chuviet.synth.regions import IGNORED, box_line, rectangle
from chuviet.synth.scenery import clouds, gradient, pattern
from chuviet.synth.surface import Point, Surface, Type, glyphs_of

STAMP_INKS = ((200, 30, 45), (200, 30, 45), (60, 60, 170), (110, 60, 150), (40, 90, 140))


def ignore(surface: Surface, left: float, top: float, right: float, bottom: float) -> None:
    """Marks an area that may look like text to some and not to others."""
    surface.lines.append(box_line([(IGNORED, left, top, right, bottom)], surface.next_block()))


def round_stamp(
    surface: Surface, words: Sequence[str], font: str, centre: Point, radius: float, rng: np.random.Generator
) -> None:
    """Two rings with a text between them and a star or letters inside; the area is a don't-care one."""
    size = 2 * int(radius) + 3
    ink = np.zeros((size, size), np.float32)
    middle = (size // 2, size // 2)
    thick = max(round(radius * 0.04), 1)
    inner = rng.uniform(0.6, 0.72)
    cv2.circle(ink, middle, int(radius - thick), 1.0, thick, cv2.LINE_AA)
    cv2.circle(ink, middle, int(radius * inner), 1.0, max(thick // 2, 1), cv2.LINE_AA)
    letters = max(round(radius * (1 - inner) * 0.72), 7)
    _ring_text(ink, words, font, letters, radius * (inner + (1 - inner) * 0.22), rng)
    if rng.random() < 0.5:
        angles = np.deg2rad(-90 + 36 * np.arange(10))
        reach = radius * 0.3 * np.where(np.arange(10) % 2, 0.4, 1.0)
        star = np.stack((np.cos(angles) * reach, np.sin(angles) * reach), 1) + middle
        cv2.fillPoly(ink, [np.round(star).astype(np.int32)], 1.0, cv2.LINE_AA)
    else:
        glyphs = glyphs_of(words[0][:4].upper(), font, max(int(radius * 0.4), 8))[0]
        h, w = (min(n, size - 2) for n in glyphs.shape)
        y, x = middle[1] - h // 2, middle[0] - w // 2
        ink[y : y + h, x : x + w] = np.maximum(ink[y : y + h, x : x + w], glyphs[:h, :w])
    left, top = round(centre[0] - size / 2), round(centre[1] - size / 2)
    colour = STAMP_INKS[int(rng.integers(len(STAMP_INKS)))]
    surface.put(worn(ink, rng), left, top, colour, float(rng.uniform(0.5, 0.95)))
    ignore(surface, left, top, left + size - 1, top + size - 1)


def line_stamp(
    surface: Surface, rows: Sequence[str], font: str, place: Point, size: int, rng: np.random.Generator
) -> None:
    """A stamp of one to four printed rows, turned by some degrees, in a frame or not; its rows are lines."""
    type = Type(font, size)
    leading = 1.35 * size
    width = round(max(type.width(r) for r in rows) + size)
    height = round(leading * len(rows) + 0.8 * size)
    sheet = Surface(np.zeros((height, width, 3), np.float32))
    white = Type(font, size, (255.0, 255.0, 255.0))
    block = surface.next_block()
    centred = rng.random() < 0.6
    for k, row in enumerate(rows):
        x = (width - type.width(row)) / 2 if centred else size / 2
        placed = []
        for word in row.split():
            placed.append((word, x))
            x += type.width(word) + type.space
        sheet.write(placed, 0.4 * size + leading * k + 0.9 * size, white, block)
    if rng.random() < 0.5:
        sheet.box((1, 1, width - 2, height - 2), (255, 255, 255), max(size // 10, 1))
    angle = float(rng.normal(0, 4) if rng.random() < 0.8 else rng.uniform(-25, 25))
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    corners = rectangle(0, 0, width, height) @ matrix[:, :2].T + matrix[:, 2]
    low, high = np.floor(corners.min(0)), np.ceil(corners.max(0))
    matrix[:, 2] -= low
    extent = (int(high[0] - low[0]), int(high[1] - low[1]))
    ink = cv2.warpAffine(sheet.image[..., 0] / 255, matrix, extent, flags=cv2.INTER_LINEAR)
    left, top = round(place[0]), round(place[1])
    if left < 2 or top < 2 or left + extent[0] > surface.width - 2 or top + extent[1] > surface.height - 2:
        return
    colour = STAMP_INKS[int(rng.integers(len(STAMP_INKS)))]
    surface.put(worn(ink, rng), left, top, colour, float(rng.uniform(0.55, 0.95)))
    shift = np.array([left, top], np.float64)
    surface.lines += [line.moved(lambda xy: xy @ matrix[:, :2].T + matrix[:, 2] + shift) for line in sheet.lines]


def scribble(
    surface: Surface, box: Point, colour: Sequence[float], thick: float, rng: np.random.Generator,
    strokes: int = 3,
) -> None:  # fmt: skip
    """A signature inside left, top, right, bottom: smooth loops that nobody can read. A don't-care area."""
    left, top, right, bottom = box
    w, h = round(right - left), round(bottom - top)
    if w < 8 or h < 8:
        return
    ink = np.zeros((h, w), np.float32)
    for _ in range(int(rng.integers(1, strokes + 1))):
        curve = _loops(w, h, rng)
        points = np.round(curve * 16).astype(np.int32)
        cv2.polylines(ink, [points], False, 1.0, max(round(thick), 1), cv2.LINE_AA, 4)
    surface.put(ink, round(left), round(top), colour, float(rng.uniform(0.7, 1)))
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    ignore(surface, left + columns[0], top + rows[0], left + columns[-1], top + rows[-1])


def logo(surface: Surface, left: float, top: float, size: int, rng: np.random.Generator) -> None:
    """Discs, squares and bars of two colours; no letters."""
    x, y = round(left), round(top)
    first, second = (tuple(rng.uniform(0, 220, 3).tolist()) for _ in range(2))
    kind = int(rng.integers(4))
    if kind == 0:
        cv2.circle(surface.image, (x + size // 2, y + size // 2), size // 2, first, -1, cv2.LINE_AA)
        cv2.circle(surface.image, (x + size // 2, y + size // 2), size // 3, second, -1, cv2.LINE_AA)
    elif kind == 1:
        surface.box((x, y, x + size, y + size), first, -1)
        corners = np.array([(x + size // 2, y + size // 6), (x + size * 5 // 6, y + size * 5 // 6),
                            (x + size // 6, y + size * 5 // 6)], np.int32)  # fmt: skip
        cv2.fillPoly(surface.image, [corners], second, cv2.LINE_AA)
    elif kind == 2:
        for k in range(3):
            surface.box((x + k * size // 3, y + k * size // 6, x + k * size // 3 + size // 5, y + size), first, -1)
    else:
        cv2.ellipse(surface.image, (x + size // 2, y + size // 2), (size // 2, size // 3), 30, 0, 360, first,
                    max(size // 10, 1), cv2.LINE_AA)  # fmt: skip


def bars(surface: Surface, box: Point, rng: np.random.Generator) -> None:
    """A bar code, or where the box is nearly square a matrix code."""
    left, top, right, bottom = (round(b) for b in box)
    w, h = right - left, bottom - top
    if w < 20 or h < 8:
        return
    square = w < 1.5 * h
    cells = (25, 25) if square else (1, max(w // 3, 12))
    grid = (rng.random(cells) < 0.5).astype(np.float32)
    ink = cv2.resize(grid, (w, h), interpolation=cv2.INTER_NEAREST)
    surface.put(ink, left, top, (15, 15, 15))


def picture(surface: Surface, box: Point, rng: np.random.Generator) -> None:
    """A figure without letters: a blurred scene, or a chart of bars or a curve in a frame."""
    left, top, right, bottom = (round(b) for b in box)
    w, h = right - left, bottom - top
    if w < 30 or h < 30 or top < 0 or left < 0 or right > surface.width or bottom > surface.height:
        return
    if rng.random() < 0.5:
        tile = gradient(h, w, rng) + pattern(h, w, rng) + clouds(h, w, rng, rng.uniform(3, 20))
        surface.image[top:bottom, left:right] = np.clip(tile, 0, 255)
        return
    surface.box((left, top, right - 1, bottom - 1), (90, 90, 90), 1)
    heights = rng.uniform(0.1, 0.95, int(rng.integers(3, 12)))
    colour = tuple(rng.uniform(20, 200, 3).tolist())
    step = w / len(heights)
    if rng.random() < 0.6:
        for k, tall in enumerate(heights):
            surface.box((left + (k + 0.2) * step, bottom - tall * h, left + (k + 0.8) * step, bottom - 2), colour, -1)
    else:
        points = np.stack((left + (np.arange(len(heights)) + 0.5) * step, bottom - heights * h), 1)
        cv2.polylines(surface.image, [np.round(points).astype(np.int32)], False, colour, 2, cv2.LINE_AA)


def holes(surface: Surface, rng: np.random.Generator) -> None:
    """Two punched holes at the left edge."""
    radius = max(surface.width // 90, 3)
    for share in (0.36, 0.64):
        centre = (round(0.035 * surface.width), round(share * surface.height))
        cv2.circle(surface.image, centre, radius, (float(rng.uniform(0, 70)),) * 3, -1, cv2.LINE_AA)


def worn(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Ink that a stamp has left unevenly: h w float32."""
    h, w = ink.shape
    cells = rng.uniform(0, 1, (max(h // 12, 2), max(w // 12, 2))).astype(np.float32)
    cover = cv2.resize(cells, (w, h), interpolation=cv2.INTER_LINEAR)
    return ink * np.clip(0.5 + 1.2 * cover, 0, 1)


def _ring_text(
    ink: np.ndarray, words: Sequence[str], font: str, size: int, radius: float, rng: np.random.Generator
) -> None:
    """Letters that stand on the upper arc of a circle of this radius, in the middle of `ink`, in place."""
    text, *_ = glyphs_of(" ".join(words).upper(), font, size)
    if not text.size:
        return
    h, w = text.shape
    half = len(ink) // 2
    turn = min(w / radius, 1.8 * np.pi)  # radians that the text takes
    y, x = np.mgrid[: len(ink), : len(ink)].astype(np.float32)
    away = np.hypot(x - half, y - half)
    angle = np.arctan2(x - half, half - y) + rng.uniform(-0.1, 0.1)
    along = (angle / turn + 0.5) * (w - 1)
    up = h - 1 - (away - radius)
    ring = cv2.remap(text, along.astype(np.float32), up.astype(np.float32), cv2.INTER_LINEAR)
    np.maximum(ink, ring, out=ink)


def _loops(width: int, height: int, rng: np.random.Generator) -> np.ndarray:
    """A running pen that goes round and round, wider here and narrower there: N 2 inside width x height pixels."""
    t = np.linspace(0, 1, 160)
    knots = np.linspace(0, 1, 5)
    size = np.interp(t, knots, rng.uniform(0.1, 1, 5) ** 1.5)
    phase = 2 * np.pi * (rng.uniform(2, 8) * t + 0.1 * np.sin(2 * np.pi * rng.uniform(1, 3) * t)) + rng.uniform(0, 6)
    x = t + rng.uniform(0.03, 0.15) * size * np.sin(phase)
    y = size * np.cos(phase) + rng.normal(0, 0.5) * t
    shape = np.stack((x - x.min(), y - y.min()), 1) / (np.ptp(x), np.ptp(y))
    return shape * (0.9 * width - 4, rng.uniform(0.5, 0.9) * (height - 4)) + 2

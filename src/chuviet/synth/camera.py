"""How a drawn page comes to a screen: as a file, from a scanner, or photographed on a desk.

Its lines move with the pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from chuviet.synth.regions import IGNORED, Line, Word, around, rectangle
from chuviet.synth.scenery import clouds, gradient, pattern, scenery, three
from chuviet.synth.surface import Surface
from chuviet.synth.warp import Bend, Warp, bend_of

Way = Literal["file", "scan", "photo"]
_MOST_PIXELS = 1.9e6  # of a photograph


@dataclass(frozen=True)
class Taken:
    """`image`: h w 3 uint8 RGB. `lines`: those that are on it; what is seen of one that is cut off is a don't-care
    region. `way` and `turned` (degrees anticlockwise, 0 to 270) say how it was taken.
    """

    image: np.ndarray
    lines: Sequence[Line]
    way: Way
    turned: int
    warp: Warp


def take(surface: Surface, rng: np.random.Generator, turned: float = 0.0) -> Taken:
    """One picture of the page. `turned`: the share of pictures that are turned by 90, 180 or 270 degrees."""
    way: Way = ("file", "scan", "photo")[int(rng.choice(3, p=(0.15, 0.45, 0.4)))]
    quarters = int(rng.integers(1, 4)) if rng.random() < turned else 0
    page = np.clip(surface.image, 0, 255).astype(np.uint8)
    size = (surface.width, surface.height)
    if way == "file":
        warp = Warp(np.eye(3), size, None, quarters)
        image = warp.picture(page)
    elif way == "scan":
        warp = scan_warp(size, quarters, rng)
        image = _scanned(page, warp, rng)
    else:
        warp = photo_warp(size, quarters, rng)
        image = _photographed(page, warp, rng)
    h, w = image.shape[:2]
    lines = [framed(line.moved(warp.points), w, h) for line in surface.lines]
    return Taken(image, [line for line in lines if line is not None], way, 90 * quarters, warp)


def scan_warp(size: tuple[int, int], quarters: int, rng: np.random.Generator) -> Warp:
    """Turned by up to 1.5 degrees; some pages stick up at the spine of a book."""
    w, h = size
    matrix = np.eye(3)
    angle = float(np.clip(rng.normal(0, 0.6), -1.5, 1.5))
    matrix[:2] = cv2.getRotationMatrix2D((w / 2, h / 2), angle, 1.0)
    bend = None
    if rng.random() < 0.08:
        z = np.linspace(0, 1, 20) ** 6 * rng.uniform(0.03, 0.08) * w
        bend = bend_of(z if rng.random() < 0.5 else z[::-1], w, h, rng.normal(0, 0.4))
    return Warp(matrix, size, bend, quarters)


def photo_warp(size: tuple[int, int], quarters: int, rng: np.random.Generator) -> Warp:
    """The page on a picture of about its own size: turned, in perspective, bent; nearly always all of it is seen."""
    w, h = size
    bend = _random_bend(size, rng) if rng.random() < 0.5 else None
    source = rectangle(0, 0, w, h) if bend is None else bend.points(rectangle(0, 0, w, h))
    tilt = rng.normal(0, 0.035, (4, 2)) * (w, h)
    angle = np.deg2rad(rng.normal(0, 3.5) if rng.random() < 0.85 else rng.uniform(-35, 35))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    target = (rectangle(0, 0, w, h) + tilt - (w / 2, h / 2)) @ turn
    low, high = target.min(0), target.max(0)
    margins = rng.uniform(-0.03, 0.12, 4) * np.array([w, h, w, h])  # left, top, right, bottom: below 0 is cut off
    extent = high - low + margins[:2] + margins[2:]
    scale = min(float(rng.uniform(0.85, 1.1)), float(np.sqrt(_MOST_PIXELS / (extent[0] * extent[1]))))
    target = (target - low + margins[:2]) * scale
    matrix = cv2.getPerspectiveTransform(source.astype(np.float32), target.astype(np.float32))
    return Warp(matrix, (max(round(extent[0] * scale), 32), max(round(extent[1] * scale), 32)), bend, quarters)


def _random_bend(size: tuple[int, int], rng: np.random.Generator) -> Bend:
    """A sheet that lies on a table without lying flat: curled, wavy or folded."""
    upright = bool(rng.random() < 0.4)
    length, width = (size[1], size[0]) if upright else size
    if rng.random() < 0.3:  # folded once or twice
        at = np.linspace(0, 1, 24)
        z = np.zeros(24)
        for fold in rng.uniform(0.25, 0.75, int(rng.integers(1, 3))):
            z += rng.uniform(0.01, 0.035) * length * np.maximum(1 - np.abs(at - fold) / 0.25, 0)
    else:
        z = rng.uniform(0, 0.09, int(rng.integers(3, 6))) * length * rng.uniform(0.3, 1)
    return bend_of(z, length, width, float(rng.normal(0, 0.35)), upright)


def _scanned(page: np.ndarray, warp: Warp, rng: np.random.Generator) -> np.ndarray:
    h, w = page.shape[:2]
    lid = np.full((h, w, 3), float(rng.choice((255, 255, 245, rng.uniform(0, 60)))), np.uint8)
    image: np.ndarray = warp.picture(page, lid if rng.random() < 0.7 else None).astype(np.float32)
    h, w = image.shape[:2]
    if rng.random() < 0.5:  # grey
        image = three(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))
    if rng.random() < 0.25:  # the other side shines through
        back = image[:, ::-1] - 255
        image = image + cv2.GaussianBlur(back, (0, 0), 1.5) * np.float32(rng.uniform(0.04, 0.2))
    if rng.random() < 0.6:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 0.9))
    low, high = rng.uniform(0, 45), rng.uniform(190, 258)
    image = low + image * np.float32((high - low) / 255)
    if rng.random() < 0.3:
        light = rng.uniform(0.8, 1, (2, 3)).astype(np.float32)
        image *= three(cv2.resize(light, (w, h)))
    image = _grain(image, rng.uniform(0, 9), rng)
    if rng.random() < 0.2:
        _dust(image, rng)
    image = np.clip(image, 0, 255)
    if rng.random() < 0.12:
        image = _binary(image, rng)
    return image.astype(np.uint8)


def _binary(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Black and white, as fax machines and copiers give it: one threshold, or one for each place."""
    grey = cv2.cvtColor(image.astype(np.uint8), cv2.COLOR_RGB2GRAY)
    if rng.random() < 0.5:
        paper = cv2.blur(cv2.dilate(grey, np.ones((15, 15), np.uint8)), (31, 31))
        mask = grey > paper * np.float32(rng.uniform(0.68, 0.85))
    else:
        mask = grey > float(np.percentile(grey, 60)) * rng.uniform(0.62, 0.8)
    return three(mask.astype(np.float32) * 255)


def _photographed(page: np.ndarray, warp: Warp, rng: np.random.Generator) -> np.ndarray:
    w, h = warp.size
    page = page.astype(np.float32)
    if warp.bend is not None:  # what leans to the light is brighter
        rise = np.gradient(warp.bend.shift + 0.3 * warp.bend.across * (warp.bend.scale - 1))
        slope = np.interp(np.arange(page.shape[0 if warp.bend.upright else 1]), warp.bend.knots, rise)
        shade = 1 + np.clip(slope / max(float(np.abs(slope).max()), 1e-6), -1, 1) * rng.uniform(0.03, 0.22)
        page *= (shade[:, None, None] if warp.bend.upright else shade[None, :, None]).astype(np.float32)
    flat = np.clip(page, 0, 255).astype(np.uint8)
    image: np.ndarray = warp.picture(flat, _desk(h, w, rng)).astype(np.float32)
    h, w = image.shape[:2]
    light = rng.uniform(0.55, 1.1, (2, 3, 1)) * rng.uniform(0.94, 1.06, (1, 1, 3))
    image *= cv2.resize(light.astype(np.float32), (w, h), interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.4:
        _shadow(image, rng)
    kind = rng.random()
    if kind < 0.55:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.3))
    elif kind < 0.62:
        n = int(rng.integers(3, 6))
        kernel = np.eye(n, dtype=np.float32) / n if rng.random() < 0.5 else np.full((1, n), 1 / n, np.float32)
        image = cv2.filter2D(image, -1, kernel)
    return np.clip(_grain(image, rng.uniform(0, 9), rng), 0, 255).astype(np.uint8)


def _desk(h: int, w: int, rng: np.random.Generator) -> np.ndarray:
    """What lies under the page: wood, cloth, a plain table, or any scene. h w 3 uint8."""
    kind = rng.random()
    if kind < 0.12:  # the black or white ground of a copy stand
        canvas = np.full((h, w, 3), rng.choice((rng.uniform(0, 40), rng.uniform(0, 40), 255.0)), np.float32)
    elif kind < 0.45:  # wood: noise that is long in one direction, in planks or not
        tone = np.array(((150, 105, 65), (95, 62, 40), (200, 165, 120), (120, 90, 75))[int(rng.integers(4))])
        grain = rng.normal(0, 1, (max(h // 3, 2), max(w // 90, 2))).astype(np.float32)
        field = cv2.resize(grain, (w, h), interpolation=cv2.INTER_CUBIC) * rng.uniform(4, 16)
        canvas = three(field) + (tone + rng.normal(0, 12, 3)).astype(np.float32)
        canvas = np.ascontiguousarray(canvas) + clouds(h, w, rng, 5)
    elif kind < 0.62:
        canvas = gradient(h, w, rng) + clouds(h, w, rng, rng.uniform(1, 8))
    elif kind < 0.8:
        canvas = gradient(h, w, rng) + pattern(h, w, rng)
    else:
        canvas = scenery(h, w, rng)
    return np.clip(canvas, 0, 255).astype(np.uint8)


def _shadow(image: np.ndarray, rng: np.random.Generator) -> None:
    """The soft shadow of a hand, a head or a phone: in place."""
    h, w = image.shape[:2]
    mask = np.zeros((max(h // 4, 2), max(w // 4, 2)), np.float32)
    points = rng.uniform(-0.3, 1.3, (int(rng.integers(3, 6)), 2)) * (mask.shape[1], mask.shape[0])
    cv2.fillPoly(mask, [cv2.convexHull(points.astype(np.int32))], 1.0)
    mask = cv2.GaussianBlur(mask, (0, 0), rng.uniform(2, 0.1 * w / 4 + 3))
    image *= three(1 - np.float32(rng.uniform(0.1, 0.5)) * cv2.resize(mask, (w, h), interpolation=cv2.INTER_LINEAR))


def _dust(image: np.ndarray, rng: np.random.Generator) -> None:
    """Specks, and streaks along the way of the sheet: in place."""
    h, w = image.shape[:2]
    for _ in range(int(rng.integers(5, 120))):
        at = (int(rng.integers(w)), int(rng.integers(h)))
        cv2.circle(image, at, int(rng.integers(1, 3)), (float(rng.uniform(0, 160)),) * 3, -1)
    for _ in range(int(rng.integers(0, 3))):
        x = int(rng.integers(w))
        image[:, x : x + int(rng.integers(1, 3))] *= np.float32(rng.uniform(0.6, 0.95))


def _grain(image: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """The same noise in all three channels, or one of its own in each."""
    h, w = image.shape[:2]
    if rng.random() < 0.6:
        return image + three(rng.standard_normal((h, w), np.float32) * np.float32(strength))
    return image + rng.standard_normal((h, w, 3), np.float32) * np.float32(strength)


def framed(line: Line, width: int, height: int) -> Line | None:
    """The line if it is on the picture, give or take two pixels; a don't-care region where some of it is and for a dash
    or dots alone; else None.
    """
    low, high = line.outline.min(0), line.outline.max(0)
    inside = bool((low > -2).all() and high[0] < width + 1 and high[1] < height + 1)
    if inside and any(c.isalnum() for c in line.text):
        return line
    seen = line.outline if inside else np.clip(line.outline, 0, (width - 1, height - 1))
    if inside:
        return Line([Word(IGNORED, line.quad)], seen, line.block, line.handwritten)
    if min(np.ptp(seen, axis=0)) < 2:
        return None
    return Line([Word(IGNORED, around(seen))], seen, line.block, line.handwritten)

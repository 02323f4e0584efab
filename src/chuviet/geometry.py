"""Quadrilaterals around text: their order, area, overlap, growing and shrinking, and the crop of what they hold.

A quad is 4 x 2, float, in pixels of the image: x to the right, y downwards. It is in order when its corners run
clockwise (as seen on the screen) from the text's top left. A pixel's centre lies at its whole-numbered coordinates.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Quad = NDArray[np.float64]  # 4 2
Quads = NDArray[np.float64]  # K 4 2

_PARTS = 8  # of a pixel
_LARGEST = 32767  # pixels of a side: from there on OpenCV does not remap


def signed_area(quads: Quads) -> np.ndarray:
    """Area of each quad (... 4 2 -> ...) in square pixels, positive when it runs clockwise on the screen."""
    x, y = quads[..., 0], quads[..., 1]
    return 0.5 * (x * np.roll(y, -1, -1) - np.roll(x, -1, -1) * y).sum(-1)


def order_quad(points: np.ndarray) -> Quad:
    """Four corners in any order -> clockwise from the text's top left, as far as the shape tells: the text runs along
    the two opposite sides that, from the left to the right, reach farthest.

    So a rectangle of width w and height h may be turned by up to atan(w / h) either way, which is more than 45 degrees
    for a word that is wider than high: of the 2,741 ICDAR2015 words labelled clockwise all but one come out as they are
    labelled; all but 21 if the flatter pair of sides were taken.
    """
    points = np.asarray(points, np.float64).reshape(4, 2)
    centre = points.mean(0)
    around = points[np.argsort(np.arctan2(points[:, 1] - centre[1], points[:, 0] - centre[0]), kind="stable")]
    sides = np.roll(around, -1, 0) - around
    # Side k and its opposite k + 2 run against each other; "right" is how far the pair points to the right.
    right = sides[:, 0] - np.roll(sides[:, 0], -2)
    return np.roll(around, -int(np.argmax(right)), 0)


def min_area_quad(points: np.ndarray) -> Quad:
    """The smallest rotated rectangle around points (N 2), as a quad in order."""
    return order_quad(cv2.boxPoints(cv2.minAreaRect(np.asarray(points, np.float32).reshape(-1, 2))))


def side_lengths(quads: Quads) -> np.ndarray:
    """... 4 2 -> ... 4: length of top, right, bottom and left side in pixels."""
    return np.linalg.norm(np.roll(quads, -1, -2) - quads, axis=-1)


def height_of(quads: Quads) -> np.ndarray:
    """... 4 2 -> ...: height of the text, the mean of left and right side."""
    sides = side_lengths(quads)
    return 0.5 * (sides[..., 1] + sides[..., 3])


def offset(quads: Quads, ratio: float) -> np.ndarray:
    """K 4 2 -> K: area x `ratio` / perimeter in pixels: how far DB moves sides. Shrinking by r means ratio 1 - r^2;
    unclipping the ratio itself (https://arxiv.org/abs/1911.08947, section 3.5).
    """
    around = side_lengths(quads).sum(-1)
    return np.divide(np.abs(signed_area(quads)) * ratio, around, out=np.zeros(len(quads)), where=around > 0)


def widened(quads: Quads, ends: float, above: float, most: float = np.inf) -> Quads:
    """Quads (... 4 2), longer by `ends` of their height at either end, by `most` of their width at most, and higher by
    `above` of their height above and below.
    """
    along, down = quads[..., 1, :] - quads[..., 0, :], quads[..., 3, :] - quads[..., 0, :]
    height = np.linalg.norm(down, axis=-1, keepdims=True)
    x = along * np.minimum(ends * height / np.maximum(np.linalg.norm(along, axis=-1, keepdims=True), 1e-6), most)
    y = down * above
    return quads + np.stack((-x - y, x - y, x + y, y - x), -2)


def crop(image: np.ndarray, quad: Quad) -> np.ndarray:
    """What a quad holds, straightened: h w 3, w and h being its longer horizontal and vertical sides (2 px or more).

    Corners are taken to an eighth of a pixel, and places are computed here, not by OpenCV's `warpPerspective`, whose
    rounding of them depends on the processor: so the last digits of what a detector computes, which differ from machine
    to machine and in the browser, change no pixel.
    """
    quad = np.rint(np.asarray(quad, np.float64) * _PARTS) / _PARTS
    top, right, bottom, left = side_lengths(quad)
    w, h = max(round(max(top, bottom)), 2), max(round(max(left, right)), 2)
    target = np.array([(0, 0), (w, 0), (w, h), (0, h)], np.float32)
    m = cv2.getPerspectiveTransform(target, np.asarray(quad, np.float32))
    if max(*image.shape[:2], w, h) >= _LARGEST:
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        return cv2.warpPerspective(image, m, (w, h), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    across, down = np.arange(w, dtype=np.float64), np.arange(h, dtype=np.float64)[:, None]
    x, y, scale = (m[k, 0] * across + (m[k, 1] * down + m[k, 2]) for k in range(3))
    with np.errstate(divide="ignore", invalid="ignore"):  # a quad without area
        x, y = (np.nan_to_num(values / scale, posinf=0, neginf=0).astype(np.float32) for values in (x, y))
    return cv2.remap(image, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def part_of(quad: Quad, start: float, end: float) -> Quad:
    """The part of a quad in order (4 2) from `start` to `end` of its length, 0..1 along the text."""
    top_left, top_right, bottom_right, bottom_left = quad
    start, end = min(max(start, 0.0), 1.0), min(max(end, 0.0), 1.0)
    top, bottom = top_right - top_left, bottom_right - bottom_left
    return np.array(
        [top_left + start * top, top_left + end * top, bottom_left + end * bottom, bottom_left + start * bottom]
    )

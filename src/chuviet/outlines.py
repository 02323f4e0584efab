"""Lines of text that bend, as they do on paper that is not flat: their outline from a region, and their straight crop.

An outline is 2K x 2, float, in pixels: K points along the top of the line from its left to its right, then K along the
bottom from the right to the left; the k-th of the top stands above the k-th from the end. A pixel's centre lies at its
whole-numbered coordinates.
"""

from __future__ import annotations

import cv2
import numpy as np

_BENT = 0.15  # of its height: a line whose middle leaves a straight one by less is cut out by a quad
_LEAST, _MOST = 4, 24  # places along a line where its middle is taken
_STEEP = 2.0  # pixels across for one along: a line that bends so far is no line that this follows


def halves(outline: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The top and the bottom of an outline (2K 2), both from the left to the right: K 2 each."""
    half = len(outline) // 2
    return outline[:half], outline[half:][::-1]


def crop_bent(image: np.ndarray, top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """What lies between two polylines (K 2 each, from the left to the right, their points opposite each other),
    straightened: h w 3. w is the length of the middle between both, h the largest distance of opposite points.

    For two polylines of two points it is `chuviet.geometry.crop` but for a perspective.
    """
    top, bottom = np.asarray(top, np.float64), np.asarray(bottom, np.float64)
    middle = 0.5 * (top + bottom)
    reached = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(middle, axis=0), axis=1))])
    w = max(round(float(reached[-1])), 2)
    h = max(round(float(np.linalg.norm(bottom - top, axis=1).max())), 2)
    along = np.arange(w) / w * reached[-1]
    upper = np.stack([np.interp(along, reached, top[:, k]) for k in (0, 1)])
    lower = np.stack([np.interp(along, reached, bottom[:, k]) for k in (0, 1)])
    down = (np.arange(h) / h)[:, None]
    x, y = (upper[k] + down * (lower[k] - upper[k]) for k in (0, 1))
    return cv2.remap(
        image, x.astype(np.float32), y.astype(np.float32), cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )


def bent_outline(mask: np.ndarray, grow: float = 0.0) -> np.ndarray | None:
    """The outline of a line of text, given its region (H W, what is not 0 belongs to it); `grow` pixels are added on
    all sides. None where a quad is enough: where the middle of the region leaves a straight line by less than 0.15 of
    its height; and where it bends too far for an upright and a flat direction to be told.
    """
    y, x = np.nonzero(mask)
    if len(x) < 2 * _LEAST:
        return None
    centre = np.array([x.mean(), y.mean()])
    _, directions = np.linalg.eigh(np.cov(x, y))
    right = directions[:, 1] * (1 if directions[0, 1] >= 0 else -1)
    down = np.array([-right[1], right[0]])
    u, v = (
        (x - centre[0]) * right[0] + (y - centre[1]) * right[1],
        (x - centre[0]) * down[0] + (y - centre[1]) * down[1],
    )
    start, end = float(u.min()) - 0.5, float(u.max()) + 0.5
    parts = int(np.clip(round(1.5 * (end - start) ** 2 / len(u)), _LEAST, _MOST))
    if end - start < 2 * parts:
        return None
    bins = np.minimum(((u - start) / (end - start) * parts).astype(np.int64), parts - 1)
    pixels = np.bincount(bins, minlength=parts)
    if not pixels.all():
        return None
    places = start + (np.arange(parts) + 0.5) * (end - start) / parts
    middle = np.bincount(bins, v, parts) / pixels
    slope = np.gradient(middle, places)
    if np.abs(slope).max() > _STEEP:
        return None
    heights = pixels * parts / (end - start) / np.hypot(1, slope)
    inner = slice(1, -1)  # regions have round and slanting ends
    height = np.polynomial.Polynomial.fit(places[inner], heights[inner], 1 if parts > _LEAST else 0)
    if parts > _LEAST:  # the line goes on as it bends before
        middle[0] = 3 * (middle[1] - middle[2]) + middle[3]
        middle[-1] = 3 * (middle[-2] - middle[-3]) + middle[-4]
    straight = np.polynomial.Polynomial.fit(places, middle, 1)
    off = np.abs(middle - straight(places)).max()
    if off < _BENT * float(np.median(heights)):
        return None
    return _around(places, middle, height, start - grow, end + grow, grow) @ np.array([right, down]) + centre


def _around(
    places: np.ndarray, middle: np.ndarray, height: np.polynomial.Polynomial, start: float, end: float, grow: float
) -> np.ndarray:
    """The outline (2K 2) around a middle that is known at some `places`, from `start` to `end`; along and across."""
    along = np.concatenate([[start], places, [end]])
    first, last = (np.diff(middle)[k] / np.diff(places)[k] for k in (0, -1))
    across = np.concatenate(
        [[middle[0] + first * (start - places[0])], middle, [middle[-1] + last * (end - places[-1])]]
    )
    tangents = np.stack([np.ones(len(along)), np.gradient(across, along)], 1)
    tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)
    normals = np.stack([-tangents[:, 1], tangents[:, 0]], 1)
    sides = normals * (0.5 * np.maximum(height(along), 1.0) + grow)[:, None]
    points = np.stack([along, across], 1)
    return np.concatenate([points - sides, (points + sides)[::-1]])

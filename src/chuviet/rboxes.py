"""Rotated boxes as a dense detector writes them: seen from a point inside, four distances and an angle.

A cell of a map at 1/`scale` of the image is `scale` x `scale` pixels; its centre is (scale * i + (scale - 1) / 2), as a
pixel's centre lies at its whole-numbered coordinates. The angle is that of the top side against the x axis, in radians,
-pi/4..pi/4, positive when the text runs downwards. It is computed from corners alone: what OpenCV calls the angle of a
rectangle changed with its versions. A box turned by more than 45 degrees has another side as its top.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Quads = NDArray[np.float64]  # K 4 2, as in `chuviet.geometry`


def read_cells(logits: np.ndarray, crop: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """P 6 logits of cells -> score P (0..1), distances P 4 to top, right, bottom, left in pixels (0..`crop`), angle P.

    What the six numbers mean: distance = sigmoid x `crop`, angle = sigmoid x pi/2 - pi/4. `losses.east.read_logits` is
    the same for training.
    """
    values = 1 / (1 + np.exp(-logits.astype(np.float64)))
    return values[:, 0], values[:, 1:5] * crop, (values[:, 5] - 0.5) * (math.pi / 2)


def cell_centres(cells: np.ndarray, scale: int) -> np.ndarray:
    """Whole-numbered places on a map -> pixels of the image."""
    return cells * float(scale) + (scale - 1) / 2


def level(boxes: Quads) -> Quads:
    """K 4 2 rectangles, clockwise -> the same, their corners starting with the side turned by less than 45 degrees."""
    sides = np.roll(boxes, -1, 1) - boxes
    cosines = sides[..., 0] / np.maximum(np.hypot(sides[..., 0], sides[..., 1]), 1e-9)
    turns = (cosines.argmax(1)[:, None] + np.arange(4)) % 4
    return np.take_along_axis(boxes, turns[..., None], 1)


def angles_of(boxes: Quads) -> np.ndarray:
    """... 4 2 rectangles in order -> ...: angle of the top side in radians, -pi/4..pi/4 if they are level."""
    top = boxes[..., 1, :] - boxes[..., 0, :]
    return np.arctan2(top[..., 1], top[..., 0])


def to_distances(points: np.ndarray, boxes: Quads) -> np.ndarray:
    """P 2 points and P 4 2 rectangles in order -> P 4: pixels to top, right, bottom, left side, negative outside."""
    right, down = _axes(angles_of(boxes))
    from_top_left, to_bottom_right = points - boxes[:, 0], boxes[:, 2] - points
    pairs = (from_top_left, down), (to_bottom_right, right), (to_bottom_right, down), (from_top_left, right)
    return np.stack([(a * b).sum(-1) for a, b in pairs], -1)


def to_boxes(points: np.ndarray, distances: np.ndarray, angles: np.ndarray) -> Quads:
    """The inverse: P 2 points, P 4 distances, P angles -> P 4 2, from the top left clockwise."""
    right, down = _axes(angles)
    top, east, bottom, west = (distances[:, i, None] for i in range(4))
    corners = [(-west, -top), (east, -top), (east, bottom), (-west, bottom)]
    return np.stack([points + a * right + b * down for a, b in corners], 1)


def _axes(angles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """P -> unit vectors P 2 along the text and down its side."""
    c, s = np.cos(angles), np.sin(angles)
    return np.stack((c, s), -1), np.stack((-s, c), -1)

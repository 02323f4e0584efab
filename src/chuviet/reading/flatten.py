"""A page made flat: turning, perspective and bending taken out of the places of its lines."""

from __future__ import annotations

import numpy as np

from chuviet.geometry import Quads, height_of
from chuviet.reading.gutters import Boxes

_LONG = 4.0  # times as long as high: only these tell how the paper bends
_ENOUGH = 8  # measured slopes, to tell more than the direction of all
_DAMPING = 0.5  # against a bend that few lines tell of
_FOLD = 0.5  # of a length may be lost by a bend, or by edges that lean: no paper does more
_AT_EDGE = 0.6  # heights: lines whose beginnings, or ends, are so close to each other stand at one edge


def directions(quads: Quads) -> np.ndarray:
    """K 4 2, beginning at the text's top left -> K: where each line runs, radians clockwise from the right."""
    along = (quads[:, 1] - quads[:, 0]) + (quads[:, 2] - quads[:, 3])
    return np.arctan2(along[:, 1], along[:, 0])


def direction(quads: Quads) -> float:
    """The median direction of lines (K 4 2, K > 0), each counted by its length: radians clockwise from the right."""
    along = (quads[:, 1] - quads[:, 0]) + (quads[:, 2] - quads[:, 3])
    length = np.hypot(along[:, 0], along[:, 1]) + 1e-9
    # Measured from the mean direction, so that the jump at 180 degrees is far away.
    mean = np.arctan2(*along.sum(0)[::-1])
    angles = (directions(quads) - mean + np.pi) % (2 * np.pi) - np.pi
    order = np.argsort(angles)
    share = np.cumsum(length[order])
    return float(mean + angles[order][np.searchsorted(share, 0.5 * share[-1])])


def turned(points: np.ndarray, angle: float) -> np.ndarray:
    """Points (... 2) of a page whose lines run at `angle` (radians) -> where they are when the lines are level."""
    return points @ np.array([(np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))])


def flatten(quads: Quads) -> Boxes:
    """The places of lines (K 4 2, K > 0) on a page where they would be level and the edges of columns upright.

    How steep lines are, and how far their edges lean, is taken as linear in where they stand. That follows perspective
    and the bend of a sheet well enough to put the cells of a row at one height, and a gutter at one x. What would fold
    the page, as few lines may ask for, is not believed.
    """
    level = turned(quads, direction(quads))
    start, end = level[:, [0, 3]].mean(1), level[:, [1, 2]].mean(1)
    height = np.maximum(height_of(quads), 1e-6)
    origin = 0.5 * (start + end).mean(0)
    x, y = (0.5 * (start + end) - origin).T
    run, rise = (end - start).T
    long = run > _LONG * height
    constant, by_x, by_y = _fit(np.column_stack([x, y])[long], rise[long] / run[long])
    if abs(by_y) * np.abs(x).max() > _FOLD:
        constant = by_x = by_y = 0.0
    y = y - (constant * x + 0.5 * by_x * x * x + by_y * x * y)
    ends = np.column_stack([start[:, 0], end[:, 0]]) - origin[0]
    left, right = ends.min(1), ends.max(1)
    constant, by_x, by_y = _lean(left, right, y, height)
    if abs(by_x) * np.abs(y).max() > _FOLD:
        constant = by_x = by_y = 0.0
    left, right = (edge - (constant * y + by_x * edge * y + 0.5 * by_y * y * y) for edge in (left, right))
    return Boxes(left, right, y, height)


def _lean(left: np.ndarray, right: np.ndarray, y: np.ndarray, height: np.ndarray) -> np.ndarray:
    """How far to the right edges of text go with each pixel down, as constant + a x + b y: from lines that begin, or
    end, about where one of the next lines above them does.
    """
    places, leans = [], []
    down = y - y[:, None]
    for edge in (left, right):
        aside = edge - edge[:, None]
        near = (down > 0.5 * height) & (down < 3 * height) & (np.abs(aside) < _AT_EDGE * height)
        upper, lower = np.nonzero(near)
        places.append(np.column_stack([edge[upper], y[upper]]))
        leans.append(aside[upper, lower] / down[upper, lower])
    return _fit(np.concatenate(places), np.concatenate(leans))


def _fit(places: np.ndarray, values: np.ndarray) -> np.ndarray:
    """constant, a, b of values (N) as constant + a x + b y of their places (N 2): least squares without outliers, a and
    b damped; zeros where there are too few.
    """
    found = np.zeros(3)
    if len(values) < _ENOUGH:
        return found
    extent = np.maximum(np.ptp(places, axis=0), 1)
    terms = np.column_stack([np.ones(len(values)), places / extent])
    damping = _DAMPING * np.diag((0.0, 1.0, 1.0))
    off = np.abs(values - np.median(values))
    for _ in range(3):
        used = off <= 3 * np.median(off) + 1e-4
        rows, target = np.vstack([terms[used], damping]), np.append(values[used], np.zeros(3))
        found = np.linalg.lstsq(rows, target, rcond=None)[0]
        off = np.abs(values - terms @ found)
    return found / np.append(1, extent)

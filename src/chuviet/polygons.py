"""Overlap, growing and shrinking of quads, by shapely (GEOS): for labels, targets and metrics."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chuviet.geometry import Quads


def polygons(quads: Quads) -> np.ndarray:
    """K 4 2 -> K valid shapely geometries of polygons only: a self-crossing quad is the two triangles that it makes,
    one without area is empty.
    """
    import shapely  # of the extra `train`: configs are read without it

    if not len(quads):
        return np.empty(0, object)
    shapes = shapely.polygons(np.asarray(quads, np.float64))
    broken = ~shapely.is_valid(shapes)
    shapes[broken] = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    return shapes


class Overlaps(NamedTuple):
    """Of every pair of a quad a and a quad b (A B each), 0..1: intersection over union, and the share of a's and of
    b's own area that is common; 0 where there is no area.
    """

    iou: NDArray[np.float64]
    of_a: NDArray[np.float64]
    of_b: NDArray[np.float64]


def overlaps(a: Quads, b: Quads) -> Overlaps:
    """A 4 2 and B 4 2 -> how much the quads of every pair have in common."""
    import shapely  # of the extra `train`: configs are read without it

    shapes_a, shapes_b = polygons(a), polygons(b)
    common = _common(a, b, shapes_a, shapes_b)
    area_a, area_b = shapely.area(shapes_a)[:, None], shapely.area(shapes_b)[None]

    def share(area: np.ndarray) -> np.ndarray:
        return np.divide(common, area, out=np.zeros_like(common), where=area > 0)

    return Overlaps(share(area_a + area_b - common), share(area_a), share(area_b))


def intersections(a: Quads, b: Quads) -> NDArray[np.float64]:
    """A 4 2 and B 4 2 -> A B: common area of every pair in square pixels."""
    return _common(a, b, polygons(a), polygons(b))


def iou(a: Quads, b: Quads) -> NDArray[np.float64]:
    """A 4 2 and B 4 2 -> A B: intersection over union, 0..1."""
    return overlaps(a, b).iou


def _common(a: Quads, b: Quads, shapes_a: np.ndarray, shapes_b: np.ndarray) -> NDArray[np.float64]:
    import shapely  # of the extra `train`: configs are read without it

    out = np.zeros((len(a), len(b)))
    if not out.size:
        return out
    low_a, high_a, low_b, high_b = a.min(1), a.max(1), b.min(1), b.max(1)
    near = ((low_a[:, None] < high_b[None]) & (low_b[None] < high_a[:, None])).all(-1)
    rows, columns = np.nonzero(near)
    out[rows, columns] = shapely.area(shapely.intersection(shapes_a[rows], shapes_b[columns]))
    return out


def grow(shapes: np.ndarray, distance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """K valid shapely geometries with every side moved outwards by `distance` pixels (K; inwards if negative, all
    alike) -> polygons P, and the number of the one that each is from, increasing.

    Corners are rounded when growing, as Vatti clipping with round joins does. One of which nothing is left is left out;
    of one that falls apart it is the largest piece.
    """
    import shapely  # of the extra `train`: configs are read without it

    join = "round" if (distance > 0).any() else "mitre"
    moved = shapely.buffer(shapes, distance, quad_segs=16, join_style=join)
    pieces, owner = shapely.get_parts(moved, return_index=True)
    order = np.lexsort((-shapely.area(pieces), owner))
    pieces, owner = pieces[order], owner[order]
    kept = np.diff(owner, prepend=-1) > 0
    kept &= (shapely.get_type_id(pieces) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(pieces)
    return pieces[kept], owner[kept]

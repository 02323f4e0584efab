"""Quads from FOTS' or EAST's maps: a rotated box for each cell with text, merged by locality-aware NMS.

EAST, section 3.5 (https://arxiv.org/abs/1704.03155): cells of a row that see the same box follow each other, so
neighbours are merged first, weighted by their scores, and the few boxes left go through ordinary NMS with the sum of
scores as their score. Different from the paper: a cell is compared with the cell before it, not with the box
merged so far, so all comparisons of an image are one array operation (10,000 cells: see the test); and each end of a
merged box follows the cells that are close to it, for which it was a short distance to predict.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chuviet import config
from chuviet.geometry import Quads, order_quad, signed_area
from chuviet.rboxes import cell_centres, read_cells, to_boxes
from chuviet.results import Detection

PAIRS = 50_000  # overlaps measured at a time: 50 MB


class EastDecoder:
    """Maps -> Detections, in pixels of the original images; a detection's score is the mean of its cells'."""

    channels = 6  # of the maps

    @dataclass(frozen=True, kw_only=True)
    class Config(config.Config):
        score: float = 0.8  # of a cell
        merge: float = 0.5  # IoU of neighbours in a row that makes them one
        nms: float = 0.2  # IoU above which the weaker box goes
        limit: int = 1000  # merged boxes, the strongest, that are looked at in an image
        smallest: float = 3.0  # pixels of the network's input: shorter sides are no text
        near: float = 8.0  # pixels: cells count for an end of their box as 1 / (distance + near)^2
        crop: float = 640.0  # pixels that a distance of 1 stands for; the same in model and loss
        scale: int = 4  # pixels a cell

        def __post_init__(self) -> None:
            config.check_ranges(
                self, score=(1e-6, 1 - 1e-6), merge=(0, 1), nms=(0, 1), limit=(1, 100_000), smallest=(0, 10_000),
                near=(1e-9, 1e9), crop=(1, 1e5), scale=(1, 64),
            )  # fmt: skip

        def build(self, charset: Any = None) -> EastDecoder:
            return EastDecoder(self)

    def __init__(self, cfg: EastDecoder.Config) -> None:
        self.cell = cfg.scale  # pixels of the network's input that a cell of the maps stands for
        self.cfg = cfg

    def __call__(self, logits: np.ndarray, shapes: Sequence[Sequence[int]]) -> list[Detection]:
        """N 6 h w logits of the maps -> what was found, `index` being the row. `shapes` (N 4) says what part of each
        map is image (height and width in pixels of the network's input), and how large the original was.
        """
        found = []
        for index, (row, (h, w, height, width)) in enumerate(zip(logits, shapes, strict=True)):
            cells = [-(-n // self.cfg.scale) for n in (h, w)]
            quads, scores = self.boxes(row[:, : cells[0], : cells[1]])
            quads = np.clip(quads * (width / w, height / h), 0, (width - 1, height - 1))
            keep = np.abs(signed_area(quads)) > 0
            found.append(Detection(index, quads[keep], scores[keep]))
        return found

    def boxes(self, logits: np.ndarray) -> tuple[Quads, np.ndarray]:
        """6 h w logits -> quads K 4 2 in pixels of the network's input, scores K; the strongest first."""
        cfg = self.cfg
        rows, columns = np.nonzero(logits[0] > math.log(cfg.score / (1 - cfg.score)))  # row by row
        score, distances, angles = read_cells(logits[:, rows, columns].T, cfg.crop)
        quads = to_boxes(cell_centres(np.stack((columns, rows), 1), cfg.scale), distances, angles)
        weights = score[:, None] / (np.maximum(distances[:, (3, 1, 1, 3)], 0) + cfg.near) ** 2  # left and right corners
        quads, totals, counts = merge_rows(quads, score, weights, rows, cfg.merge)
        sides = np.linalg.norm(quads[:, 1:3] - quads[:, :2], axis=-1)
        order = np.argsort(-totals, kind="stable")
        order = order[sides[order].min(1, initial=np.inf) >= cfg.smallest][: cfg.limit]
        kept = order[suppress(quads[order], cfg.nms)]
        ordered = np.array([order_quad(q) for q in quads[kept]], np.float64).reshape(-1, 4, 2)
        return ordered, totals[kept] / counts[kept]


def merge_rows(
    quads: Quads, scores: np.ndarray, weights: np.ndarray, rows: np.ndarray, threshold: float
) -> tuple[Quads, np.ndarray, np.ndarray]:
    """Runs of cells in a row, each of which overlaps the one before by more than `threshold` (IoU), as one box each.

    `quads` P 4 2 in the order of the map, `scores` P, `weights` P 4 of their corners, `rows` P -> weighted means of the
    corners R 4 2, sums of the scores R, numbers of cells R.
    """
    if not len(quads):
        return quads, scores, np.zeros(0, np.int64)
    follows = np.concatenate(([False], rows[1:] == rows[:-1]))
    pairs = np.nonzero(follows)[0]
    follows[pairs] = paired_iou(quads[pairs - 1], quads[pairs]) > threshold
    starts = np.nonzero(~follows)[0]
    counts = np.diff(np.append(starts, len(quads)))
    # Near 45 degrees two cells may see the same box with another side on top: corners are matched before the mean.
    first = np.repeat(quads[starts], counts, 0)
    turns = np.stack([np.roll(quads, k, 1) for k in range(4)])  # 4 P 4 2
    best = np.square(turns - first).sum((-1, -2)).argmin(0)
    turned = turns[best, np.arange(len(quads))]
    weights = np.stack([np.roll(weights, k, 1) for k in range(4)])[best, np.arange(len(quads))][..., None]
    means = np.add.reduceat(turned * weights, starts) / np.add.reduceat(weights, starts)
    return means, np.add.reduceat(scores, starts), counts


def suppress(quads: Quads, threshold: float) -> np.ndarray:
    """Numbers of the K quads (K 4 2, the strongest first) that stay when each takes away the weaker ones that it
    overlaps by more than `threshold` (IoU).
    """
    if not len(quads):
        return np.zeros(0, np.int64)
    low, high, areas = quads.min(1), quads.max(1), np.abs(signed_area(quads))
    common = np.ones((len(quads), len(quads)))
    for axis in range(2):
        gap = np.minimum.outer(high[:, axis], high[:, axis]) - np.maximum.outer(low[:, axis], low[:, axis])
        common *= np.maximum(gap, 0)
    # No two quads have more in common than their upright bounding boxes, or than the smaller one's area.
    common = np.minimum(common, np.minimum.outer(areas, areas))
    a, b = np.nonzero(np.triu(common > threshold * (np.add.outer(areas, areas) - common), 1))
    too_close = np.zeros(common.shape, bool)
    for at in range(0, len(a), PAIRS):
        i, j = a[at : at + PAIRS], b[at : at + PAIRS]
        too_close[i, j] = paired_iou(quads[i], quads[j]) > threshold
    stays = np.ones(len(quads), bool)
    for k in range(len(quads)):
        if stays[k]:
            stays &= ~too_close[k]
    return np.nonzero(stays)[0]


def paired_iou(a: Quads, b: Quads) -> np.ndarray:
    """P 4 2 and P 4 2, convex and clockwise -> P: intersection over union of a[i] and b[i]."""
    common = paired_intersection(a, b)
    union = signed_area(a) + signed_area(b) - common
    return np.divide(common, union, out=np.zeros(len(a)), where=union > 0)


def paired_intersection(a: Quads, b: Quads) -> np.ndarray:
    """P 4 2 and P 4 2, convex and clockwise -> P: common area of a[i] and b[i] in square pixels.

    The common area is the convex hull of the corners of each that lie in the other and of the points where sides cross:
    24 places a pair. `chuviet.geometry.intersections` takes any quads, and several times as long.
    """
    origin = a[:, :1]
    a, b = a - origin, b - origin
    side_a, side_b = np.roll(a, -1, 1) - a, np.roll(b, -1, 1) - b
    offsets = b[:, None] - a[:, :, None]  # P 4 4 2: from corner i of a to corner j of b
    across = _cross(side_a[:, :, None], side_b[:, None])
    with np.errstate(divide="ignore", invalid="ignore"):  # parallel sides cross nowhere: nan and inf fail the tests
        t = _cross(offsets, side_b[:, None]) / across
        u = _cross(offsets, side_a[:, :, None]) / across
        crossed = (t >= 0) & (t <= 1) & (u >= 0) & (u <= 1)
    crossings = a[:, :, None] + np.where(crossed, t, 0.0)[..., None] * side_a[:, :, None]
    # Corner j of b is in a when it is to the right of (y down) every side of a, or on it but for rounding.
    b_in_a = (_cross(side_a[:, :, None], offsets) >= -1e-9).all(1)
    a_in_b = (_cross(side_b[:, None], -offsets) >= -1e-9).all(2)
    n = len(a)
    points = np.concatenate((a, b, crossings.reshape(n, 16, 2)), 1)  # P 24 2
    valid = np.concatenate((a_in_b, b_in_a, crossed.reshape(n, 16)), 1)
    # Places without a point repeat the first point, which adds nothing to the area.
    points = np.where(valid[..., None], points, points[np.arange(n), valid.argmax(1)][:, None])
    around = points - points.mean(1, keepdims=True)
    order = np.arctan2(around[..., 1], around[..., 0]).argsort(1)
    hull = np.take_along_axis(around, order[..., None], 1)
    area = 0.5 * _cross(hull, np.roll(hull, -1, 1)).sum(1)
    area = np.clip(area, 0, np.minimum(signed_area(a), signed_area(b)))  # a quad of no area would hold all points
    return np.where(valid.any(1), area, 0.0)


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]

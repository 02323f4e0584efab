"""What FOTS and EAST learn: at every cell inside a text, the score, distances to four sides and the angle.

EAST, section 3.3 (https://arxiv.org/abs/1704.03155), and FOTS, section 3.2 (https://arxiv.org/abs/1801.01671).
Different here: sides are moved inwards by one distance for the whole quad, not by another one at each corner.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chuviet import config
from chuviet.geometry import Quads, height_of, min_area_quad, side_lengths, signed_area
from chuviet.rboxes import angles_of, cell_centres, level, to_distances


class EastTargets:
    """Quads of one image -> maps of h w cells, h = ceil(H / scale) and w = ceil(W / scale).

    - "score" 1 h w, uint8: 1 where a cell's centre is in a text whose sides are moved inwards by `shrink` x its shorter
      side. A text that holds no such cell takes the one nearest to its middle.
    - "geometry" 5 h w, float32, where the score is 1, else 0: distances in pixels to the top, right, bottom and left
      side of the smallest rotated rectangle around the quad, and its angle in radians, -pi/4..pi/4: of a text turned
      further, another side is the top. Where texts overlap, the smallest one's.
    - "mask" 1 h w, uint8: 0 where it is not said whether there is text: inside any quad (texts, don't-care, texts below
      `min_height`) but where the score is 1. So the border between shrunk and full quad is neither text nor background.
    """

    @dataclass(frozen=True, kw_only=True)
    class Config(config.Config):
        scale: int = 4  # pixels a cell
        shrink: float = 0.3
        min_height: float = 8.0  # pixels: texts with a shorter side below it are neither text nor background

        def build(self) -> EastTargets:
            return EastTargets(self)

    def __init__(self, cfg: EastTargets.Config) -> None:
        self.cfg = cfg

    def __call__(self, quads: np.ndarray, ignore: np.ndarray, shape: tuple[int, int]) -> dict[str, np.ndarray]:
        """`quads` K 4 2 convex, in pixels of an image of `shape` (H, W); `ignore` K bool."""
        cfg = self.cfg
        h, w = (-(-n // cfg.scale) for n in shape)
        score, mask = np.zeros((h, w), np.uint8), np.ones((h, w), np.uint8)
        geometry = np.zeros((5, h, w), np.float32)
        if len(quads):
            # From the largest to the smallest: of several writes to a cell, the last one stays.
            order = np.argsort(-np.abs(signed_area(quads)), kind="stable")
            quads, ignore = np.asarray(quads, np.float64)[order], np.asarray(ignore, bool)[order]
            short = np.minimum(height_of(quads), side_lengths(quads)[:, ::2].mean(1))
            text = ~ignore & (short >= cfg.min_height)
            boxes = level(np.stack([min_area_quad(q) for q in quads]))
            owner, x, y, depth = _cells_inside(quads, cfg.scale, (h, w))
            mask[y, x] = 0
            keep = text[owner] & (depth >= cfg.shrink * short[owner])
            found = owner[keep], x[keep], y[keep]
            missed = _missed(boxes, np.setdiff1d(np.nonzero(text)[0], found[0]), cfg.scale, (h, w))
            owner, x, y = (np.concatenate(pair) for pair in zip(found, missed, strict=True))
            score[y, x] = mask[y, x] = 1
            points = cell_centres(np.stack((x, y), 1), cfg.scale)
            geometry[:4, y, x] = np.maximum(to_distances(points, boxes[owner]), 0).T
            geometry[4, y, x] = angles_of(boxes)[owner]
        return {"score": score[None], "geometry": geometry, "mask": mask[None]}


def _cells_inside(
    quads: Quads, scale: int, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Every pair of a quad and a cell whose centre is in it, quad by quad: the quad's number, x and y of the cell, and
    its depth, the distance to the nearest side in pixels.
    """
    # Rows of candidates: all cells of each quad's upright bounding box.
    limits = np.array([size[1], size[0]])
    low = np.clip(np.floor(quads.min(1) / scale).astype(np.int64), 0, limits)
    spans = np.clip(np.ceil(quads.max(1) / scale).astype(np.int64) + 1, 0, limits) - low
    counts = spans.prod(1)
    owner = np.repeat(np.arange(len(quads)), counts)
    place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    x, y = low[owner, 0] + place % spans[owner, 0], low[owner, 1] + place // spans[owner, 0]

    points = cell_centres(np.stack((x, y), 1), scale)
    sides = np.roll(quads, -1, 1) - quads
    inwards = np.stack((-sides[..., 1], sides[..., 0]), -1) * np.where(signed_area(quads) < 0, -1, 1)[:, None, None]
    inwards /= np.maximum(np.linalg.norm(inwards, axis=-1, keepdims=True), 1e-9)
    level = (inwards * quads).sum(-1)  # K 4: where each side lies along its inward normal
    depth = (np.einsum("psc,pc->ps", inwards[owner], points) - level[owner]).min(1)
    inside = depth >= 0
    return owner[inside], x[inside], y[inside], depth[inside]


def _missed(
    boxes: Quads, rows: np.ndarray, scale: int, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of `boxes` the numbers among `rows` whose middle is on the map and in the cell there, with that cell's x and y.

    The cell nearest to the middle may still have its centre outside a box lower than a cell's diagonal: then there is
    none, and the text stays unsaid.
    """
    nearest = np.floor((boxes[rows].mean(1) + 0.5) / scale).astype(np.int64)
    inside = (to_distances(cell_centres(nearest, scale), boxes[rows]) > 0).all(1)
    fits = inside & (nearest >= 0).all(1) & (nearest < np.array([size[1], size[0]])).all(1)
    return rows[fits], nearest[fits, 0], nearest[fits, 1]

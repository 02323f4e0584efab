"""What DBNet learns: the shrunk text, and a band around each outline with a threshold that falls with the distance.

https://arxiv.org/abs/1911.08947, section 3.4.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from chuviet import config
from chuviet.geometry import Quad, Quads, height_of, offset, side_lengths
from chuviet.polygons import grow, polygons


class DBTargets:
    """Quads of one image -> maps H W: "text", "text_mask", "threshold", "threshold_mask"."""

    @dataclass(frozen=True, kw_only=True)
    class Config(config.Config):
        shrink: float = 0.4
        low: float = 0.3  # threshold far from an outline
        high: float = 0.7  # and on it
        smallest: float = 8.0  # pixels: lower texts are neither text nor background

        def build(self) -> DBTargets:
            return DBTargets(self)

    def __init__(self, cfg: DBTargets.Config) -> None:
        self.cfg = cfg

    def __call__(self, quads: np.ndarray, ignore: np.ndarray, shape: tuple[int, int]) -> dict[str, np.ndarray]:
        """`quads` K 4 2 in pixels, `ignore` K. uint8 but the threshold, which is float32."""
        quads = np.asarray(quads, np.float64).reshape(-1, 4, 2)
        text, text_mask = np.zeros(shape, np.uint8), np.ones(shape, np.uint8)
        band, band_mask = np.zeros(shape, np.float32), np.zeros(shape, np.uint8)
        outlines, distance = polygons(quads), offset(quads, 1 - self.cfg.shrink**2)
        inner, owner = grow(outlines, -distance)
        small = np.minimum(height_of(quads), side_lengths(quads)[:, 0]) < self.cfg.smallest
        learnt = ~(np.asarray(ignore, bool) | small) & np.isin(np.arange(len(quads)), owner)
        for quad in quads[~learnt]:
            cv2.fillPoly(text_mask, [_whole(quad)], 0)
        fill(text, inner[learnt[owner]])
        rows = np.flatnonzero(learnt & (distance > 0))
        _draw_bands(quads[rows], outlines[rows], distance[rows], band, band_mask)
        threshold = self.cfg.low + band * (self.cfg.high - self.cfg.low)
        return {"text": text, "text_mask": text_mask, "threshold": threshold, "threshold_mask": band_mask}


def fill(mask: np.ndarray, shapes: np.ndarray, values: np.ndarray | None = None) -> None:
    """Sets the pixels of `mask` (H W) whose centres lie in one of the K polygons to 1, or to its own of `values` (K).

    OpenCV would set those on the edge as well, which doubles a small word that was shrunk to a few pixels.
    """
    import shapely  # of the extra `train`: configs are read without it

    h, w = mask.shape
    corners, owner = shapely.get_coordinates(shapely.get_exterior_ring(shapes), return_index=True)
    edge = np.flatnonzero(owner[1:] == owner[:-1])  # rings are closed
    (ax, ay), (bx, by) = corners[edge].T, corners[edge + 1].T
    # An edge crosses the rows y with min <= y < max; an odd number of crossings to the left of a pixel: inside.
    low = np.clip(np.ceil(np.minimum(ay, by)), 0, h).astype(np.int64)
    rows = np.clip(np.ceil(np.maximum(ay, by)), 0, h).astype(np.int64) - low
    e, y = _ranges(low, rows)
    x = ax[e] + (y - ay[e]) * (bx[e] - ax[e]) / (by[e] - ay[e])
    shape = owner[edge][e]
    order = np.lexsort((x, y, shape))
    y, x, shape = y[order], np.clip(np.floor(x[order]) + 1, 0, w).astype(np.int64), shape[order]
    span, place = _ranges(x[::2], x[1::2] - x[::2])
    mask[y[::2][span], place] = 1 if values is None else values[shape[::2][span]]


def _ranges(starts: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers and values of starts[i], starts[i] + 1, ..., `counts[i]` of them, for all i in turn."""
    row = np.repeat(np.arange(len(starts)), counts)
    return row, np.arange(len(row)) + np.repeat(starts - (np.cumsum(counts) - counts), counts)


def _draw_bands(quads: Quads, outlines: np.ndarray, distance: np.ndarray, band: np.ndarray, mask: np.ndarray) -> None:
    """Raises `band` (H W, 0..1) to 1 - d / `distance` at d pixels from a quad's outline; marks it in `mask`."""
    import shapely  # of the extra `train`: configs are read without it

    outer, owner = grow(outlines, distance)
    corners, ring = shapely.get_coordinates(shapely.get_exterior_ring(outer), return_index=True)
    starts = np.searchsorted(ring, np.arange(len(outer) + 1))
    sides = np.roll(quads, -1, 1) - quads
    lengths = np.linalg.norm(sides, axis=2)
    units = sides / np.maximum(lengths, 1e-3)[..., None]
    # A window each: quads lie on each other, and all their pixels in one list took twice as long.
    for k, first, last in zip(owner, starts[:-1], starts[1:], strict=True):
        points = corners[first:last]
        low = np.clip(np.floor(points.min(0)).astype(int), 0, band.shape[::-1])
        high = np.clip(np.ceil(points.max(0)).astype(int) + 1, 0, band.shape[::-1])
        if (high <= low).any():
            continue
        filled = np.zeros(high[::-1] - low[::-1], np.uint8)
        cv2.fillPoly(filled, [_whole(points - low)], 1)
        window = (slice(low[1], high[1]), slice(low[0], high[0]))
        mask[window] |= filled
        value = _to_outline(quads[k] - low, units[k], lengths[k], filled.shape)
        value *= np.float32(-1 / distance[k])
        value += 1
        value *= filled
        np.maximum(band[window], value, out=band[window])  # which holds no number below 0


def _to_outline(quad: Quad, unit: np.ndarray, length: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Distance of every pixel of a window (h, w) to the outline of a quad (4 2) in it, whose sides run along `unit`
    (4 2): h w, float32.
    """
    (right, down), (cx, cy) = unit.T[:, :, None], quad.T[:, :, None]  # each 4 1
    x, y = np.arange(shape[1]) - cx, np.arange(shape[0]) - cy  # 4 w, 4 h
    along, across = _sum(right * x, down * y), _sum(-down * x, right * y)
    past = np.maximum(along, 0)
    along -= np.minimum(past, length.astype(np.float32)[:, None, None], out=past)  # by how much beyond an end
    along *= along
    across *= across
    across += along
    return np.sqrt(across.min(0))


def _sum(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """4 w and 4 h -> 4 h w, float32."""
    return x.astype(np.float32)[:, None, :] + y.astype(np.float32)[:, :, None]


def _whole(polygon: np.ndarray) -> np.ndarray:
    return np.rint(polygon).astype(np.int32)

"""What DBNet learns: the shrunk text, and a band around each outline with a threshold that falls with the distance.

https://arxiv.org/abs/1911.08947, section 3.4.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from chuviet import config
from chuviet.geometry import grow, height_of, offset, side_lengths


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
        text, text_mask = np.zeros(shape, np.uint8), np.ones(shape, np.uint8)
        band, band_mask = np.zeros(shape, np.float32), np.zeros(shape, np.uint8)
        small = np.minimum(height_of(quads), side_lengths(quads)[:, 0]) < self.cfg.smallest if len(quads) else ignore
        for quad, skip in zip(quads, ignore | small, strict=True):
            distance = offset(quad, 1 - self.cfg.shrink**2)
            inner = grow(quad, -distance)
            if skip or not len(inner):
                cv2.fillPoly(text_mask, [_whole(quad)], 0)
                continue
            _fill(text, inner)
            _draw_band(quad, distance, band, band_mask)
        threshold = self.cfg.low + band * (self.cfg.high - self.cfg.low)
        return {"text": text, "text_mask": text_mask, "threshold": threshold, "threshold_mask": band_mask}


def _fill(mask: np.ndarray, polygon: np.ndarray) -> None:
    """Sets the pixels of `mask` (H W) whose centres lie in the polygon (N 2). OpenCV would set those on the edge as
    well, which doubles a small word that was shrunk to a few pixels.
    """
    low = np.clip(np.floor(polygon.min(0)).astype(int), 0, mask.shape[::-1])
    high = np.clip(np.ceil(polygon.max(0)).astype(int) + 1, 0, mask.shape[::-1])
    x, y = np.arange(low[0], high[0])[None], np.arange(low[1], high[1])[:, None]
    inside = np.zeros((y.size, x.size), bool)
    for (ax, ay), (bx, by) in zip(polygon, np.roll(polygon, -1, 0), strict=True):
        if ay != by:  # an odd number of edges to the left of a point: inside
            inside ^= ((ay <= y) != (by <= y)) & (x > ax + (y - ay) * (bx - ax) / (by - ay))
    mask[low[1] : high[1], low[0] : high[0]] |= inside.astype(mask.dtype)


def _draw_band(quad: np.ndarray, distance: float, band: np.ndarray, mask: np.ndarray) -> None:
    """Raises `band` (H W, 0..1) to 1 - d / `distance` at d pixels from the quad's outline; marks it in `mask`."""
    outer = grow(quad, distance)
    if not len(outer) or distance <= 0:
        return
    h, w = band.shape
    low = np.clip(np.floor(outer.min(0)).astype(int), 0, (w, h))
    high = np.clip(np.ceil(outer.max(0)).astype(int) + 1, 0, (w, h))
    if (high <= low).any():
        return
    window = (slice(low[1], high[1]), slice(low[0], high[0]))
    filled = np.zeros((high[1] - low[1], high[0] - low[0]), np.uint8)
    cv2.fillPoly(filled, [_whole(outer - low)], 1)
    mask[window] |= filled
    x = np.arange(low[0], high[0], dtype=np.float32)[None]
    y = np.arange(low[1], high[1], dtype=np.float32)[:, None]
    nearest = np.full(filled.shape, np.inf, np.float32)
    for a, b in zip(quad, np.roll(quad, -1, 0), strict=True):
        np.minimum(nearest, _to_segment(x, y, a, b), out=nearest)
    value = np.clip(1 - nearest / np.float32(distance), 0, 1) * filled
    np.maximum(band[window], value, out=band[window])


def _to_segment(x: np.ndarray, y: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Distance of the pixels (y, x) to the segment from `a` to `b`: h w."""
    d = (b - a).astype(np.float32)
    length = max(float(d @ d), 1e-6)
    t = np.clip(((x - a[0]) * d[0] + (y - a[1]) * d[1]) / length, 0, 1)
    return np.hypot(x - a[0] - t * d[0], y - a[1] - t * d[1]).astype(np.float32)


def _whole(polygon: np.ndarray) -> np.ndarray:
    return np.rint(polygon).astype(np.int32)

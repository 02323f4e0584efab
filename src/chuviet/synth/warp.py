"""From a flat page to a picture of it: bent as a part of a cylinder, seen in perspective, turned by quarter turns.

`Warp.points` and `Warp.picture` are one transform: the pixel at (x, y) of the page is seen at `points((x, y))`. A sheet
that curls is a surface with straight parallel lines; seen from distance d, a point at height z over the table is
magnified by d / (d - z) around the eye, and a tilted eye sees it shifted by a multiple of z. Both keep those lines
straight, so that tables of one coordinate hold the whole bend, and it has an exact inverse.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

_KNOTS = 65
_STEP = 8  # pixels: the inverse is taken at every 8th row and column, and is linear between them


@dataclass(frozen=True)
class Bend:
    """(u, v) -> (across(u), scale(u) * v + shift(u)), linear between the knots; with `upright`, u is y and v is x."""

    knots: np.ndarray  # u, rising
    across: np.ndarray  # rising
    scale: np.ndarray
    shift: np.ndarray
    upright: bool = False

    def points(self, xy: np.ndarray) -> np.ndarray:
        """... 2 -> ... 2: where points of the flat page lie on the bent one."""
        u, v = self._split(np.asarray(xy, np.float64))
        across, scale, shift = (np.interp(u, self.knots, t) for t in (self.across, self.scale, self.shift))
        return self._join(across, scale * v + shift)

    def inverse(self, xy: np.ndarray) -> np.ndarray:
        """... 2 -> ... 2: the other way."""
        a, b = self._split(np.asarray(xy, np.float64))
        u = np.interp(a, self.across, self.knots)
        scale, shift = np.interp(u, self.knots, self.scale), np.interp(u, self.knots, self.shift)
        return self._join(u, (b - shift) / scale)

    def _split(self, xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return (xy[..., 1], xy[..., 0]) if self.upright else (xy[..., 0], xy[..., 1])

    def _join(self, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        return np.stack((v, u) if self.upright else (u, v), -1)


def bend_of(heights: np.ndarray, length: float, width: float, tilt: float, upright: bool = False) -> Bend:
    """The bend of a page that is `length` pixels long in the direction of the bend and `width` across, from its height
    over the table at evenly spaced places (pixels, few and smooth). `tilt`: how far a height shifts what is seen,
    pixels a pixel. The eye is 2.5 lengths above the middle.

    The knots reach half a length beyond both ends, where the height stays what it was at the end.
    """
    inner = np.linspace(0, length, _KNOTS)
    spaced = np.linspace(0, length, len(heights))
    z = np.interp(inner, spaced, heights) if len(heights) > 8 else _smooth(inner, spaced, heights)
    flat = np.sqrt(np.maximum(np.diff(inner) ** 2 - np.diff(z) ** 2, (0.3 * length / _KNOTS) ** 2))
    along = np.concatenate(([0.0], np.cumsum(flat)))
    along += 0.5 * (length - along[-1])
    inner = np.concatenate(([-0.5 * length], inner, [1.5 * length]))
    along = np.concatenate(([along[0] - 0.5 * length], along, [along[-1] + 0.5 * length]))
    z = np.concatenate((z[:1], z, z[-1:]))
    grown = 2.5 * length / (2.5 * length - z)
    return Bend(
        knots=inner,
        across=0.5 * length + (along - 0.5 * length) * grown,
        scale=grown,
        shift=0.5 * width * (1 - grown) + tilt * z,
        upright=upright,
    )


@dataclass(frozen=True)
class Warp:
    """Bend, then perspective (`matrix` 3 x 3), then quarter turns anticlockwise. `size`: width and height of the
    picture before the turns.
    """

    matrix: np.ndarray
    size: tuple[int, int]
    bend: Bend | None = None
    quarters: int = 0

    def points(self, xy: np.ndarray) -> np.ndarray:
        """... 2 -> ... 2: pixels of the page to pixels of the picture."""
        xy = np.asarray(xy, np.float64)
        if self.bend is not None:
            xy = self.bend.points(xy)
        w, h = self.size
        x, y = np.moveaxis(_project(xy, self.matrix), -1, 0)
        turned = ((x, y), (y, w - 1 - x), (w - 1 - x, h - 1 - y), (h - 1 - y, x))[self.quarters % 4]
        return np.stack(turned, -1)

    def picture(self, page: np.ndarray, around: np.ndarray | None = None) -> np.ndarray:
        """H W 3 uint8 -> h w 3 uint8. Where the page does not reach, `around` (h w 3, before the turns) is seen, or the
        page's own edge.
        """
        border = cv2.BORDER_REPLICATE if around is None else cv2.BORDER_TRANSPARENT
        target = None if around is None else np.ascontiguousarray(around).copy()
        if self.bend is None:
            out = cv2.warpPerspective(page, self.matrix, self.size, target, cv2.INTER_LINEAR, border)
        else:
            w, h = self.size
            columns, rows = (np.arange(0, n + _STEP, _STEP, dtype=np.float64) for n in (w, h))
            grid = np.stack(np.meshgrid(columns, rows), -1)
            source = self.bend.inverse(_project(grid, np.linalg.inv(self.matrix))).astype(np.float32)
            down, right = _between(h, len(rows)), _between(w, len(columns)).T
            x, y = (down @ source[..., k] @ right for k in (0, 1))
            out = cv2.remap(page, x, y, cv2.INTER_LINEAR, target, border)
        return np.ascontiguousarray(np.rot90(out, self.quarters % 4))


def _project(xy: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """... 2 through a 3 x 3 perspective."""
    out = xy @ matrix[:, :2].T + matrix[:, 2]
    return out[..., :2] / out[..., 2:]


def _between(size: int, knots: int) -> np.ndarray:
    """size x knots float32: linear interpolation of values at every `_STEP`-th place."""
    at, share = np.divmod(np.arange(size), _STEP)
    out = np.zeros((size, knots), np.float32)
    out[np.arange(size), at] = 1 - share / _STEP
    out[np.arange(size), at + 1] += (share / _STEP).astype(np.float32)
    return out


def _smooth(at: np.ndarray, knots: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The polynomial through few points."""
    middle, half = knots.mean(), max(np.ptp(knots) / 2, 1e-9)
    return np.polyval(np.polyfit((knots - middle) / half, values, len(knots) - 1), (at - middle) / half)

"""Training-time distortions of short printed strings, a whole batch at once: what `SceneAugment` draws but blur, noise
and negatives, in a sixth of the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from chuviet import config
from chuviet.data.draws import normals, uniforms

_RIGHT, _DOWN = np.array([0.0, 1, 1, 0]), np.array([0.0, 0, 1, 1])  # corners of the unit square, clockwise
_UNIFORM, _NORMAL = 10, 6  # how many numbers a sample needs


class StringAugment:
    """Distorts images (h w 3 uint8 RGB) of one batch; the sizes stay. Nothing is mirrored. What a sample goes through
    follows from (seed, epoch, row) alone.
    """

    @dataclass(frozen=True, kw_only=True)
    class Config(config.Config):
        perspective: float = 0.02  # of the height, how far corners move
        rotate: float = 1.0  # degrees
        crop: float = 0.05  # of the height, cut off at most at each side
        colour: float = 0.1  # change of brightness, contrast and of each channel

        def build(self) -> StringAugment:
            return StringAugment(self)

    def __init__(self, cfg: StringAugment.Config) -> None:
        self.cfg = cfg

    def distort(self, images: Sequence[np.ndarray], seed: tuple[int, ...], rows: np.ndarray) -> list[np.ndarray]:
        """The images of `rows`, distorted."""
        drawn = uniforms(seed, rows, _UNIFORM + 2 * _NORMAL)
        even, normal = drawn[:, :_UNIFORM] * 2 - 1, normals(drawn[:, _UNIFORM:])
        sizes = np.array([image.shape[1::-1] for image in images], np.float64)
        matrices = self._matrices(sizes, even, normal[:, 0])
        tables = self._tables(normal[:, 1:])
        out = []
        for image, matrix, table in zip(images, matrices, tables, strict=True):
            warped = cv2.warpPerspective(
                image, matrix, image.shape[1::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )
            out.append(cv2.LUT(warped, table))
        return out

    def _matrices(self, sizes: np.ndarray, even: np.ndarray, turn: np.ndarray) -> np.ndarray:
        """N 3 3: each maps the image, cut at its sides, to where its corners come to lie. `sizes`: N 2, widths and
        heights in pixels; `even`: N 10 in -1..1; `turn`: N, normal.
        """
        cfg, (width, height) = self.cfg, sizes.T
        angle = np.deg2rad(np.clip(turn * cfg.rotate / 2, -cfg.rotate, cfg.rotate)) * np.minimum(1, 3 * height / width)
        cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
        x, y = (_RIGHT - 0.5) * width[:, None], (_DOWN - 0.5) * height[:, None]
        move = cfg.perspective * height[:, None] * even[:, :8]
        to_x = x * cos - y * sin + width[:, None] / 2 + move[:, :4]
        to_y = x * sin + y * cos + height[:, None] / 2 + move[:, 4:]
        cut = cfg.crop * height[:, None] * even[:, 8:]
        return _of_rectangles(cut, sizes - 2 * cut, to_x, to_y)

    def _tables(self, normal: np.ndarray) -> np.ndarray:
        """N 1 256 3 uint8: what becomes of each level of each channel. `normal`: N 5."""
        amount = self.cfg.colour
        gain = np.exp(normal[:, :1] * amount / 2 + normal[:, 1:4] * amount / 6).astype(np.float32)
        offset = (normal[:, 4] * amount * 60).astype(np.float32) + 127
        levels = np.arange(-127, 129, dtype=np.float32)
        table = levels[:, None] * gain[:, None] + offset[:, None, None]
        return np.clip(table, 0, 255).astype(np.uint8)[:, None]


def _of_rectangles(corner: np.ndarray, size: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """N 3 3: maps that take rectangles (upper left `corner` N 2, `size` N 2) to quads (`x` and `y` N 4, clockwise from
    the upper left).

    After Heckbert, Fundamentals of Texture Mapping and Image Warping, 1989, 2.2.3.
    """
    x0, x1, x2, x3 = x.T
    y0, y1, y2, y3 = y.T
    dx1, dx2, sx = x1 - x2, x3 - x2, x0 - x1 + x2 - x3
    dy1, dy2, sy = y1 - y2, y3 - y2, y0 - y1 + y2 - y3
    det = dx1 * dy2 - dx2 * dy1
    g, h = (sx * dy2 - dx2 * sy) / det, (dx1 * sy - sx * dy1) / det
    one = np.ones_like(g)
    square = np.array([[x1 - x0 + g * x1, x3 - x0 + h * x3, x0], [y1 - y0 + g * y1, y3 - y0 + h * y3, y0], [g, h, one]])
    matrices = square.transpose(2, 0, 1)
    matrices[:, :, :2] /= size[:, None]
    matrices[:, :, 2] -= (matrices[:, :, :2] * corner[:, None]).sum(2)
    return matrices

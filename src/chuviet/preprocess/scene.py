"""Word and line crops of scenes, documents and captchas: what a recogniser sees of them in colour, and training-time
distortions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from chuviet import config
from chuviet.errors import InputError
from chuviet.preprocess.padding import centred, pad, round_up

_PADDING = 127  # the grey that becomes (nearly) zero


class ScenePreprocess:
    """RGB crop -> RGB of a fixed height with its aspect kept; grey padding on the right.

    With `width` all batches are that wide and longer crops are squeezed; without it a batch is as wide as its widest.
    """

    @dataclass(frozen=True, kw_only=True)
    class Config(config.Config):
        height: int = 48
        width: int | None = 320
        max_width: int = 1280
        min_width: int = 48
        turn: float = (
            1.5  # a crop this many times taller than wide holds text that runs upwards: turned to the right; 0: none
        )

        def __post_init__(self) -> None:
            config.check_ranges(
                self, height=(4, 1024), width=(1, 32768), max_width=(1, 32768), min_width=(1, 32768), turn=(0, 1000),
            )  # fmt: skip

        def build(self) -> ScenePreprocess:
            return ScenePreprocess(self)

    def __init__(self, cfg: ScenePreprocess.Config) -> None:
        self.cfg = cfg

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """H W 3 uint8 RGB -> h w 3 uint8. Raises InputError for another shape or type."""
        return self.resize(self.prepare(image))

    def prepare(self, image: np.ndarray) -> np.ndarray:
        """H W 3 uint8 RGB, checked, tall ones turned by 90 degrees."""
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or min(image.shape[:2]) < 2:
            raise InputError(f"a text crop must be H x W x 3 uint8 and 2 px or more, not {image.shape} {image.dtype}")
        return np.ascontiguousarray(np.rot90(image, -1)) if self._tall(*image.shape[:2]) else image

    def _tall(self, height: int, width: int) -> bool:
        return bool(self.cfg.turn) and height > self.cfg.turn * width

    def resize(self, image: np.ndarray) -> np.ndarray:
        """H W 3 -> h w 3, h as configured, w as `out_width` says."""
        h, w = image.shape[:2]
        new = self.out_width(h, w)
        shrinks = self.cfg.height < h or new < w
        return cv2.resize(image, (new, self.cfg.height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)

    def out_width(self, height: int, width: int) -> int:
        """Width in pixels that an image of `height` x `width` gets, padding left out."""
        if self._tall(height, width):
            height, width = width, height
        limit = self.cfg.width or self.cfg.max_width
        return min(max(round(width * self.cfg.height / height), self.cfg.min_width), limit)

    def collate(self, images: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Resized h w 3 images -> (N 3 h W float32 in -1..1, padding 0, channels last in memory; widths N, int64)."""
        widths = [im.shape[1] for im in images]
        full = self.cfg.width or round_up(max(widths), 32)
        return centred(pad(images, self.cfg.height, full, _PADDING), _PADDING), np.array(widths, np.int64)

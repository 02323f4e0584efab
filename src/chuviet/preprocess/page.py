"""Pages as a detector reads them: scaled, padded, in -1..1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from chuviet import config
from chuviet.errors import InputError
from chuviet.preprocess.padding import centred, pad, round_up

_PADDING = 127  # the grey that becomes zero


class PagePreprocess:
    """RGB page -> RGB whose longer side has `longest` pixels; padding to multiples of 32 on the right and below."""

    @dataclass(frozen=True, kw_only=True)
    class Config(config.Config):
        longest: int = 960
        enlarge: float = 2.0  # a page is made larger by this at most
        multiple: int = 32

        def __post_init__(self) -> None:
            config.check_ranges(
                self, longest=(32, 16384), enlarge=(0.01, 100), multiple=(1, 1024),
            )  # fmt: skip

        def build(self) -> PagePreprocess:
            return PagePreprocess(self)

    def __init__(self, cfg: PagePreprocess.Config) -> None:
        self.cfg = cfg

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """H W 3 uint8 RGB -> h w 3 uint8. Raises InputError for another shape or type."""
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
            raise InputError(f"a page must be H x W x 3 uint8, not {image.shape} {image.dtype}")
        h, w = self.size(*image.shape[:2])
        if (h, w) == image.shape[:2]:
            return image
        shrinks = h < image.shape[0]
        return cv2.resize(image, (w, h), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)

    def size(self, height: int, width: int) -> tuple[int, int]:
        """Height and width in pixels that a page gets, padding left out."""
        scale = min(self.cfg.longest / max(height, width), self.cfg.enlarge)
        return max(round(height * scale), 1), max(round(width * scale), 1)

    def collate(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """h w 3 images -> N 3 H W float32 in -1..1, padding 0; channels last in memory."""
        height, width = (round_up(max(im.shape[k] for im in images), self.cfg.multiple) for k in (0, 1))
        return centred(pad(images, height, width, _PADDING), _PADDING)

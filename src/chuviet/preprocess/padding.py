"""Images of several sizes as one array."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def round_up(number: int, step: int) -> int:
    """The first multiple of `step` from `number` on."""
    return -(-number // step) * step


def pad(images: Sequence[np.ndarray], height: int, width: int, fill: int) -> np.ndarray:
    """Images h w or h w C uint8, in the top left of N `height` `width` (C) uint8, the rest being `fill`."""
    canvas = np.full((len(images), height, width, *images[0].shape[2:]), fill, np.uint8)
    for row, image in zip(canvas, images, strict=True):
        row[: image.shape[0], : image.shape[1]] = image
    return canvas


def centred(canvas: np.ndarray, middle: int) -> np.ndarray:
    """N H W C uint8 -> N C H W float32 in -1..1, `middle` being 0; the channels stay last in memory."""
    pixels = np.subtract(canvas, np.float32(middle), dtype=np.float32)
    pixels *= np.float32(1 / 128)
    return pixels.transpose(0, 3, 1, 2)

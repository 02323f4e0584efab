"""Changes of colour, sharpness and noise that training images of any kind go through."""

from __future__ import annotations

import cv2
import numpy as np


def vary_colour(
    image: np.ndarray, rng: np.random.Generator, amount: float, noise: float, blur: float, size: float
) -> np.ndarray:
    """H W 3 uint8 -> the same with other brightness, contrast and channels (by about `amount`, 0..1), grainy with
    probability `noise`, blurred with probability `blur` by 2 to 6 % of `size` pixels. Same generator, same result.
    """
    gain = np.exp(rng.normal(0, amount / 2) + rng.normal(0, amount / 6, 3)).astype(np.float32)
    pixels = (image.astype(np.float32) - 127) * gain + 127 + np.float32(rng.normal(0, amount * 60))
    if rng.random() < noise:
        pixels += rng.normal(0, rng.uniform(2, 12), pixels.shape).astype(np.float32)
    out: np.ndarray = np.clip(pixels, 0, 255).astype(np.uint8)
    if rng.random() < blur:
        out = cv2.GaussianBlur(out, (0, 0), rng.uniform(0.02, 0.06) * size)
    return out

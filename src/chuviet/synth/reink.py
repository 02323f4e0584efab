"""Distorted copies of real lines: the writing is separated from its paper, bent, and inked anew on another sheet."""

from __future__ import annotations

import functools
import os
from typing import Any

import cv2
import numpy as np

from chuviet.synth.paper import Sheet, encode_jpeg, put_on


def binarize(grey: np.ndarray) -> np.ndarray:
    """Otsu's threshold: H W uint8 -> H W bool, True where there is ink (the darker class, or the rarer one)."""
    _, mask = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    ink = mask > 0
    return ~ink if ink.mean() > 0.5 else ink


def remove_rules(ink: np.ndarray, length: float = 0.35) -> np.ndarray:
    """Takes ruled lines out of a mask: thin horizontal runs longer than `length` of the width; strokes across them
    stay.

    A pixel of such a run stays where ink lies both above and below the run, so that letters are not cut through.
    """
    span = max(int(ink.shape[1] * length), 8)
    mask = ink.astype(np.uint8)
    rules = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, span), np.uint8))
    if not rules.any():
        return ink
    thick = cv2.morphologyEx(rules, cv2.MORPH_OPEN, np.ones((6, 1), np.uint8))
    rules = cv2.subtract(rules, thick)  # six rows and more are a bar, not a rule
    rest = cv2.subtract(mask, rules)
    column = np.zeros((11, 1), np.uint8)
    column[:5] = 1  # ink within five rows on one side
    above, below = cv2.dilate(rest, column), cv2.dilate(rest, column[::-1].copy())
    return (rest > 0) | ((rules > 0) & (above > 0) & (below > 0))


def distort(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Grid, optical and perspective distortion of ink strength h w float32; the canvas keeps its size."""
    transform = _distortions()
    transform.set_random_seed(int(rng.integers(1 << 31)))
    return transform(image=ink)["image"]


@functools.lru_cache(maxsize=1)
def _distortions() -> Any:
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # or its import asks the network for a newer version
    import albumentations

    return albumentations.Compose([
        albumentations.GridDistortion(num_steps=4, distort_limit=0.25, p=0.8),
        albumentations.OpticalDistortion(distort_limit=0.12, p=0.5),
        # fit_output: shares of a long line's width would cut whole letters off its ends
        albumentations.Perspective(scale=(0.02, 0.08), fit_output=True, p=0.7),
    ])  # fmt: skip


def reink(image: np.ndarray, height: int, rng: np.random.Generator) -> bytes:
    """One distorted copy of an RGB line image (H W 3 uint8), `height` rows high, as the bytes of a JPEG file."""
    h, w = image.shape[:2]
    scale = height / h
    size = (max(round(w * scale), 8), height)
    image = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    mask = remove_rules(binarize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)))
    ink: np.ndarray = mask.astype(np.float32)
    ink = np.pad(ink, ((0, 0), (8, 8)))  # room for the ends of the line to move
    pen = rng.random()
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2, 2))
    if pen < 0.25:
        ink = cv2.dilate(ink, kernel)
    elif pen < 0.4:
        ink = 0.5 * ink + 0.5 * cv2.erode(ink, kernel)
    ink = cv2.GaussianBlur(distort(ink, rng), (0, 0), rng.uniform(0.4, 0.8))
    sheet = Sheet.draw(rng)
    return encode_jpeg(put_on(ink, sheet, rng), sheet.quality)

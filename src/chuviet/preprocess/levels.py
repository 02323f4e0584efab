"""Percentiles of uint8 images by counting their 256 levels, which takes a tenth of the time of sorting them."""

from __future__ import annotations

import cv2
import numpy as np


def count_levels(image: np.ndarray) -> np.ndarray:
    """How many pixels of an image H W uint8 have each level: 256 int64."""
    counts = cv2.calcHist([np.ascontiguousarray(image)], [0], None, [256], [0, 256])
    return np.rint(counts.ravel()).astype(np.int64)


def percentile_of(counts: np.ndarray, percent: float, values: np.ndarray) -> np.floating:
    """As `np.percentile` of pixels, of which `counts` (256) have each of the levels that became `values` (256, rising,
    float).
    """
    ends = np.cumsum(counts)
    last = int(ends[-1]) - 1
    place = last * (percent / 100)
    first = int(place)
    below, above = values[np.searchsorted(ends, (first, min(first + 1, last)), side="right")]
    share = place - first
    if share < 0.5:
        return below + (above - below) * share
    return above - (above - below) * (1 - share)


def median_of_rows(values: np.ndarray) -> np.ndarray:
    """The median of each row, h w float32 -> h 1 float32. (`np.median` takes four times as long as sorting.)"""
    ordered = np.sort(values, axis=1)
    width = values.shape[1]
    return (ordered[:, (width - 1) // 2, None] + ordered[:, width // 2, None]) / np.float32(2)

"""How sure a word is: from the probabilities of its characters to the share of such words that are right."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

#: Slope and offset of a word's log odds; (1, 0) leaves them as they are.
Calibration = tuple[float, float]
IDENTITY: Calibration = (1.0, 0.0)

_LEAST = 1e-6  # and 1 - _LEAST at most


def word_score(peaks: np.ndarray) -> float:
    """The geometric mean of the probabilities (L, above 0) of a word's characters."""
    return word_scores(peaks, [(0, len(peaks))])[0]


def word_scores(peaks: np.ndarray, words: Iterable[tuple[int, int]]) -> list[float]:
    """`word_score` of each word of a line, given the first character and the one behind the last."""
    logs = np.log(np.maximum(peaks, 1e-12))
    means = [np.add.reduce(logs[a:b]) / (b - a) for a, b in words]
    return np.exp(np.array(means, np.float64)).tolist()


def calibrated(score: float, calibration: Calibration) -> float:
    """The share, 0..1, of words with that score that are right (Platt scaling: log odds times slope, plus offset)."""
    if calibration == IDENTITY:
        return score
    score = min(max(score, _LEAST), 1 - _LEAST)
    slope, offset = calibration
    return 1 / (1 + math.exp(-(slope * math.log(score / (1 - score)) + offset)))

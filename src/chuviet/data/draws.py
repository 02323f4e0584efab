"""Random numbers of many samples at once, each sample's from (seed, epoch, index) alone."""

from __future__ import annotations

import numpy as np

_STEP = np.uint64(0x9E3779B97F4A7C15)  # 2**64 divided by the golden ratio


def uniforms(seed: tuple[int, ...], rows: np.ndarray, count: int) -> np.ndarray:
    """N `count` numbers in [0, 1): row k has those of (*seed, rows[k]), whatever stands beside it.

    A generator for each sample would take longer than what is drawn from it. This is SplitMix64 (Steele, Lea, Flood
    2014, https://doi.org/10.1145/2714064.2660195), its state set by hashing the numbers one after the other.
    """
    state = np.zeros(1, np.uint64)
    for number in seed:
        state = _mixed(state + np.array([number], np.int64).astype(np.uint64) + _STEP)
    state = _mixed(state + rows.astype(np.uint64) + _STEP)
    steps = np.arange(1, count + 1, dtype=np.uint64) * _STEP
    bits = _mixed(state[:, None] + steps) >> np.uint64(11)
    return bits * 2.0**-53


def normals(pairs: np.ndarray) -> np.ndarray:
    """N 2K uniform numbers -> N K normal ones (Box and Muller)."""
    first, second = np.split(pairs, 2, axis=1)
    return np.sqrt(-2 * np.log1p(-first)) * np.cos(2 * np.pi * second)


def _mixed(x: np.ndarray) -> np.ndarray:
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))

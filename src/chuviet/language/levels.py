"""The arrays of an n-gram model, one `Level` an order, and how contexts and probabilities are packed in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PRIME = (1 << 61) - 1
_CODE = 16.0 / 255  # natural logarithm of a step of the one-byte codes: 0 to -16


@dataclass(frozen=True)
class Level:
    """The n-grams of one order k: what may follow each context of k-1 characters."""

    contexts: np.ndarray  # C, int64, sorted keys of the contexts
    sizes: np.ndarray  # C, uint8 or int16: how many followers each context has
    characters: np.ndarray  # F, uint8 or int16: the followers of all contexts, ascending, one context after another
    probs: np.ndarray  # F, float32: discounted probability of each follower
    backoff: np.ndarray  # C, float32: the weight of the next shorter context


def character_bits(characters: int, order: int) -> int:
    """Bits for a character id, the line's end or its start. Raises ValueError when `order` of them need over 120."""
    bits = (characters + 1).bit_length()
    if bits * order > 120:
        raise ValueError(
            f"order {order} with {characters} characters needs {bits * order} bits of 120; lower the order"
        )
    return bits


def context_keys(ids: np.ndarray, places: np.ndarray, length: int, bits: int) -> np.ndarray:
    """The key of the `length` characters that end at each of `places`: packed, the last lowest, modulo the prime."""
    low_count = 60 // bits
    shift = low_count * bits
    low, high = np.zeros(len(places), np.int64), np.zeros(len(places), np.int64)
    for j in range(length):
        part, k = (low, j) if j < low_count else (high, j - low_count)
        part |= ids[places - j] << (bits * k)
    if length <= low_count:
        return low
    over = 61 - shift  # 2**61 is 1 modulo the prime, so what is shifted beyond it comes in again below
    return ((high >> over) + ((high & ((1 << over) - 1)) << shift) + low) % PRIME


def to_code(values: np.ndarray) -> np.ndarray:
    """Probabilities as the nearest of 256 on a logarithmic scale: the weight after a frequent context may be 1e-5."""
    logs = -np.log(np.maximum(values.astype(np.float64), np.finfo(np.float64).tiny))
    return np.minimum(np.rint(logs / _CODE), 255).astype(np.uint8)


def from_code(codes: np.ndarray) -> np.ndarray:
    """The probabilities, float32, of one-byte codes: off by at most 3.2 %."""
    return np.exp(np.arange(256, dtype=np.float32) * np.float32(-_CODE))[codes]

"""The arrays of an n-gram model, one `Level` an order, and how contexts and probabilities are packed in them.

A context's characters are the digits of a number, the last one lowest; its key is that number modulo a prime. Of half a
million contexts two share a key once in ten models; that an unknown context has the key of one of them happens once in
two million questions. Sorted keys are stored in the way of Elias and Fano: the lower bits of each as they are, the rest
as the gaps of a row of bits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: A prime below 2**40, drawn at random: the keys of contexts that are alike have nothing in common.
MODULUS = 1080122294857
#: Of older files, whose keys are stored as whole numbers. Near a power of two, it let like contexts share a key.
OLD_MODULUS = (1 << 61) - 1
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
    """The key of the `length` characters that end at each of `places`, int64."""
    keys = np.zeros(len(places), np.int64)
    for j in range(length - 1, -1, -1):
        keys = ((keys << bits) + ids[places - j]) % MODULUS
    return keys


def whole_keys(ids: np.ndarray, places: np.ndarray, length: int, bits: int) -> np.ndarray:
    """As `context_keys`, uint64, to count with: exact up to 60 bits of characters; beyond, two contexts that differ
    share one with a chance of 2**-64.
    """
    low_count = 60 // bits
    low, high = np.zeros(len(places), np.uint64), np.zeros(len(places), np.uint64)
    for j in range(length):
        part, k = (low, j) if j < low_count else (high, j - low_count)
        part |= ids[places - j].astype(np.uint64) << np.uint64(bits * k)
    return low if length <= low_count else low + _mixed(high)


def _mixed(values: np.ndarray) -> np.ndarray:
    """Another uint64 for each, one to one, without any likeness of like ones (the last steps of splitmix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def pack_keys(keys: np.ndarray) -> np.ndarray:
    """Ascending keys below MODULUS as bytes, uint8: 2 + log2(MODULUS / C) bits each."""
    low_bits = _low_bits(len(keys))
    low = (keys[:, None] >> np.arange(low_bits)) & 1
    high = keys >> low_bits
    row = np.zeros(len(keys) + int(high.max(initial=0)) + 1, np.uint8)
    row[high + np.arange(len(keys))] = 1
    return np.concatenate([np.packbits(low.astype(np.uint8)), np.packbits(row)])


def unpack_keys(data: np.ndarray, count: int) -> np.ndarray:
    """The `count` keys, int64, that `pack_keys` made. Raises ValueError where there are others."""
    low_bits = _low_bits(count)
    split = -(-count * low_bits // 8)
    if 8 * (len(data) - split) > count + (MODULUS >> low_bits) + 8:
        raise ValueError(f"{len(data)} bytes for {count} keys")
    high = np.flatnonzero(np.unpackbits(data[split:]))
    if len(high) != count:
        raise ValueError(f"{len(high)} keys instead of {count}")
    low = np.unpackbits(data[:split])[: count * low_bits].reshape(count, low_bits)
    keys = (high - np.arange(count)) << low_bits
    for bit in range(low_bits):
        keys |= low[:, bit].astype(np.int64) << bit
    return keys


def pack_sizes(sizes: np.ndarray) -> np.ndarray:
    """How many followers each context has, at least one, as bytes, uint8: a bit a follower, set at each context's last.
    Most contexts have one or two.
    """
    last = np.zeros(int(sizes.sum(dtype=np.int64)), np.uint8)
    last[np.cumsum(sizes, dtype=np.int64) - 1] = 1
    return np.packbits(last)


def unpack_sizes(data: np.ndarray, followers: int) -> np.ndarray:
    """The sizes, int64, that `pack_sizes` made of so many followers. Raises ValueError where there are others."""
    if len(data) != -(-followers // 8):
        raise ValueError(f"{len(data)} bytes for {followers} followers")
    last = np.flatnonzero(np.unpackbits(data, count=followers))
    return np.diff(last, prepend=-1)


def _low_bits(count: int) -> int:
    """Of a key the bits that are stored as they are, of `count` keys."""
    return max(MODULUS // max(count, 1), 1).bit_length() - 1


def to_code(values: np.ndarray) -> np.ndarray:
    """Probabilities as the nearest of 256 on a logarithmic scale: the weight after a frequent context may be 1e-5."""
    logs = -np.log(np.maximum(values.astype(np.float64), np.finfo(np.float64).tiny))
    return np.minimum(np.rint(logs / _CODE), 255).astype(np.uint8)


def from_code(codes: np.ndarray) -> np.ndarray:
    """The probabilities, float32, of one-byte codes: off by at most 3.2 %."""
    return np.exp(np.arange(256, dtype=np.float32) * np.float32(-_CODE))[codes]

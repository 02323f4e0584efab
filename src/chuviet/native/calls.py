"""The functions of the compiled library, with numpy arrays.

Each gives None for what is left to Python: frames with NaN, and all that makes the Python code raise an error.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chuviet import native

#: Of a search: for each text its worth, its bonus and its log likelihood, and the ids of its characters.
Texts = list[tuple[tuple[float, float, float], list[int]]]


@dataclass(frozen=True)
class LevelArrays:
    """The n-grams of one order; see `chuviet.language.ngram`."""

    size: int  # of the hash table, modulo which keys are taken
    slots: np.ndarray  # S, int32: numbers of contexts, -1 in free slots
    contexts: np.ndarray  # C, int64: keys
    offsets: np.ndarray  # C + 1, int32: where followers begin among those of all orders
    sums: np.ndarray  # C, float32: of the followers' probabilities
    backoff: np.ndarray  # C, float32


class NGramTable:
    """An n-gram model as the compiled search reads it. The arrays are not copied, and must not change."""

    def __init__(
        self, levels: Sequence[LevelArrays], characters: np.ndarray, probs: np.ndarray, *, bits: int, end: int,
        dense: int, modulus: int,
    ) -> None:  # fmt: skip
        """`characters` (uint16) and `probs` (float32): the F followers of all orders. `bits` of a character in a
        context's number, whose key is what is left of it by `modulus`; `end` the id of the line's end, `dense`: the
        orders that are interpolated first.

        Raises ValueError for arrays of other types or lengths.
        """
        if characters.shape != probs.shape:
            raise ValueError("as many characters as probabilities are needed")
        self._keep: list[np.ndarray] = []  # what the pointers below point to
        self._levels = (native.Level * len(levels))(*(self._level(level) for level in levels))
        self._table = native.Table(
            len(levels), dense, end, len(probs), modulus,
            self._pointer(_terms(len(levels), bits, end, modulus), np.uint64),
            self._pointer(characters, np.uint16), self._pointer(probs, np.float32), self._levels,
        )  # fmt: skip

    @property
    def pointer(self) -> ctypes._Pointer[native.Table]:
        """For the C functions."""
        return ctypes.pointer(self._table)

    def _level(self, level: LevelArrays) -> native.Level:
        count = len(level.contexts)
        if not (len(level.offsets) == count + 1 and len(level.sums) == len(level.backoff) == count):
            raise ValueError("the arrays of an n-gram level differ in length")
        return native.Level(
            count, level.size, len(level.slots), self._pointer(level.contexts, np.int64),
            self._pointer(level.offsets, np.int32), self._pointer(level.backoff, np.float32),
            self._pointer(level.sums, np.float32), self._pointer(level.slots, np.int32),
        )  # fmt: skip

    def _pointer(self, array: np.ndarray, kind: type[np.generic]) -> int:
        if array.dtype != kind or array.ndim != 1 or not array.flags.c_contiguous:
            raise ValueError(f"a row of {kind.__name__} is needed, not {array.dtype} {array.shape}")
        self._keep.append(array)
        return int(array.ctypes.data)


def _terms(order: int, bits: int, end: int, modulus: int) -> np.ndarray:
    """What each character, the line's end and its start add to a key: as the last one, as the one before it, ..."""
    weights = [pow(2, bits * k, modulus) for k in range(order)]
    return np.array([c * weight % modulus for weight in weights for c in range(end + 2)], np.uint64)


def search(
    probs: np.ndarray, likely: np.ndarray, ends: np.ndarray, table: NGramTable | None, *, width: int, ratio: float,
    alpha: float, most: float,
) -> Texts | None:  # fmt: skip
    """The texts that the beam search ends with, in no order, for frames T V (probabilities). ``likely[ends[t]:ends[t +
    1]]`` are the classes that may be new characters in frame t. `most`: what a new character's weight is at most.
    """
    library = native.library()
    if library is None:
        return None
    probs, frames = _frames(probs)
    likely, ends = np.ascontiguousarray(likely, np.int32), np.ascontiguousarray(ends, np.int64)
    options, result = native.Options(width, ratio, alpha, most), native.Result()
    status = library.chuviet_search(
        frames, likely.ctypes.data, ends.ctypes.data, options, table.pointer if table else None, result
    )
    if not _succeeded(status):
        return None
    try:
        numbers = _copied(result.numbers, 3 * result.count, np.float64).reshape(-1, 3).tolist()
        stops = np.cumsum(_copied(result.lengths, result.count, np.int64)).tolist()
        ids = _copied(result.ids, result.length, np.int32).tolist()
    finally:
        library.chuviet_release(result)
    return [((a, b, c), ids[i:j]) for (a, b, c), i, j in zip(numbers, [0, *stops], stops, strict=False)]


def score(table: NGramTable, ids: Sequence[int], start: int, least: float) -> float | None:
    """The natural log probability of the characters from `start` on, and of the line's end, behind those before; what
    it is so far as soon as that is below `least`.
    """
    library = native.library()
    if library is None:
        return None
    text, total = np.array(ids, np.int32), ctypes.c_double()
    status = library.chuviet_score(table.pointer, text.ctypes.data, start, len(text), least, total)
    return total.value if _succeeded(status) else None


def sum_alignments(probs: np.ndarray, texts: Sequence[Sequence[int]], rescale: int) -> np.ndarray | None:
    """The probability of each of N texts, over all alignments to the frames T V (probabilities), as factors: 1 + T //
    `rescale` rows of N, what was divided by after each `rescale` frames, and below them what was left.
    """
    library = native.library()
    if library is None:
        return None
    probs, frames = _frames(probs)
    factors = np.ones((len(probs) // rescale + 2, len(texts)))
    left = ctypes.c_double()
    for i, text in enumerate(texts):
        ids = np.array(text, np.int32)
        status = library.chuviet_sum_alignments(
            frames, ids.ctypes.data, len(ids), rescale, np.finfo(float).tiny,
            factors.ctypes.data + i * factors.itemsize, len(texts), left,
        )  # fmt: skip
        if not _succeeded(status):
            return None
        factors[-1, i] = left.value
    return factors


def align(log_probs: np.ndarray, ids: Sequence[int]) -> np.ndarray | None:
    """The state of the text `ids` in each of the frames T V on its likeliest path: T, int64; empty where no path is."""
    library = native.library()
    if library is None or not len(log_probs):
        return None
    log_probs, frames = _frames(log_probs)
    text, path = np.array(ids, np.int32), np.empty(len(log_probs), np.int64)
    status = library.chuviet_align(frames, text.ctypes.data, len(text), path.ctypes.data)
    if status == native.NO_PATH:
        return path[:0]
    return path if _succeeded(status) else None


class NameArrays:
    """The code points (uint32) of N names, one after another, and how many each has (int64). They must not change."""

    def __init__(self, names: Sequence[str]) -> None:
        self.lengths = np.array([len(name) for name in names], np.int64)
        self._letters = code_points("".join(names))
        self.addresses = self._letters.ctypes.data, self.lengths.ctypes.data


def edit_distances(text: str, groups: Sequence[NameArrays]) -> np.ndarray | None:
    """The Levenshtein distances of `text` to the N names of all groups: int64."""
    library = native.library()
    if library is None:
        return None
    codes, counts = code_points(text), [len(group.lengths) for group in groups]
    distances = np.empty(sum(counts), np.int64)
    written, at = codes.ctypes.data, distances.ctypes.data
    for group, count in zip(groups, counts, strict=True):
        if not _succeeded(library.chuviet_edit_distances(written, len(codes), *group.addresses, count, at)):
            return None
        at += count * distances.itemsize
    return distances


def gap_between_lines(
    ink: np.ndarray, falls: np.ndarray, levels: np.ndarray, share: float, alike: float
) -> float | None:
    """As `_gap` in `chuviet.reading.stacked`, of ink h w; `falls` (D w, int32) are the rows by which each direction
    falls, `levels` (2, int64) those of columns and rows.
    """
    library = native.library()
    if library is None:
        return None
    ink, gap = np.ascontiguousarray(ink, np.float32), ctypes.c_double()
    status = library.chuviet_gap_between_lines(
        ink.ctypes.data, *ink.shape, falls.ctypes.data, len(falls), levels.ctypes.data, share, alike, gap
    )
    return gap.value if _succeeded(status) else None


def code_points(text: str) -> np.ndarray:
    """Those of a text, uint32."""
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


def _frames(values: np.ndarray) -> tuple[np.ndarray, native.Frames]:
    """T V numbers in order, to be kept as long as their address, which the C functions get, is used."""
    single = values.dtype == np.float32
    values = np.ascontiguousarray(values, np.float32 if single else np.float64)
    return values, native.Frames(values.ctypes.data, *values.shape, single)


def _succeeded(status: int) -> bool:
    """Whether there is an answer. Raises MemoryError when there was no room for one."""
    if status == native.NO_MEMORY:
        raise MemoryError("no memory for the search")
    return status == native.OK


def _copied(address: int | None, count: int, kind: type[np.generic]) -> np.ndarray:
    """A copy of `count` numbers at an address."""
    return np.frombuffer(ctypes.string_at(address or 0, count * np.dtype(kind).itemsize), kind)

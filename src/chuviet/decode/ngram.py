"""A character n-gram language model: interpolated modified Kneser-Ney, in a handful of numpy arrays.

Source: Chen and Goodman, "An Empirical Study of Smoothing Techniques for Language Modeling" (1998), section 3.
What differs: lines are padded with as many start symbols as the order needs, and rare n-grams can be left out, their
mass going to shorter contexts, so that the probabilities still sum to one.

An n-gram is packed into one integer, a few bits a character, and a context is found by binary search in a sorted array.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from chuviet.types import InputError
from chuviet.vocab import Charset

_CACHED_ROWS = 20_000  # about 20 MB of float32 rows with the 229 Vietnamese characters


@dataclass(frozen=True)
class Level:
    """The n-grams of one order k: what may follow each context of k-1 characters."""

    contexts: np.ndarray  # C, int64, sorted packed contexts
    offsets: np.ndarray  # C + 1, int32: the followers of context i are offsets[i] .. offsets[i + 1]
    characters: np.ndarray  # F, int16
    probs: np.ndarray  # F, float32: discounted probability of each follower
    backoff: np.ndarray  # C, float32: the weight of the next shorter context


class NGram:
    """Probabilities of the next character, or the line's end, after the last `order` - 1 characters.

    A `state` is an int that packs those characters: `start` before the first one, `advance` after each.
    """

    def __init__(self, characters: str, levels: list[Level]) -> None:
        self.characters, self.levels = characters, levels
        self.order = len(levels)
        self.end = len(characters)  # the class id of the line's end
        self._bits = _bits(len(characters), self.order)
        self._mask = (1 << self._bits * (self.order - 1)) - 1
        self._ids = {c: i for i, c in enumerate(characters)}
        self._rows: dict[tuple[int, int], np.ndarray] = {}
        self._log_rows: dict[int, np.ndarray] = {}

    @property
    def start(self) -> int:
        """The state at the beginning of a line."""
        state = 0
        for _ in range(self.order - 1):
            state = state << self._bits | (self.end + 1)
        return state

    def advance(self, state: int, character: int) -> int:
        """The state after `character` (its id in the charset) was written in `state`."""
        return (state << self._bits | character) & self._mask

    def log_probs(self, state: int) -> np.ndarray:
        """Natural log probabilities of every character, in charset order, then of the line's end: V + 1, float32."""
        row = self._log_rows.get(state)
        if row is None:
            if len(self._log_rows) >= _CACHED_ROWS:
                self._log_rows.clear()
            row = np.log(self._row(state, self.order))
            self._log_rows[state] = row
        return row

    def _row(self, state: int, order: int) -> np.ndarray:
        """Probabilities (V + 1, float32) from n-grams of at most `order` characters."""
        if order == 0:
            return np.full(self.end + 1, 1 / (self.end + 1), np.float32)
        context = state & ((1 << self._bits * (order - 1)) - 1)
        row = self._rows.get((order, context))
        if row is not None:
            return row
        row = self._row(context, order - 1)
        level = self.levels[order - 1]
        i = int(np.searchsorted(level.contexts, context))
        if i < len(level.contexts) and level.contexts[i] == context:
            here = slice(level.offsets[i], level.offsets[i + 1])
            row = row * level.backoff[i]
            row[level.characters[here]] += level.probs[here]
        if len(self._rows) >= _CACHED_ROWS:
            self._rows.clear()
        self._rows[order, context] = row
        return row

    def score(self, text: str) -> float:
        """Natural log probability of the line `text` and its end. Raises KeyError for an unknown character."""
        state, total = self.start, 0.0
        for c in text:
            i = self._ids[c]
            total += float(self.log_probs(state)[i])
            state = self.advance(state, i)
        return total + float(self.log_probs(state)[self.end])

    def perplexity(self, lines: Iterable[str]) -> float:
        """exp of the mean negative log probability a character, line ends counted as characters."""
        total, count = 0.0, 0
        for line in lines:
            total += self.score(line)
            count += len(line) + 1
        if not count:
            raise ValueError("no lines to measure")
        return float(np.exp(-total / count))

    @classmethod
    def train(cls, lines: Iterable[str], charset: Charset, order: int = 6, min_count: int = 1) -> NGram:
        """A model of `lines`. N-grams of three and more characters seen fewer than `min_count` times are left out.

        Raises CharsetError for a character outside the charset, ValueError without lines or when `order` characters of
        this charset do not fit into 63 bits (order 6 takes up to 1,022 characters, order 4 up to 32,766).
        """
        if order < 1:
            raise ValueError("the order of an n-gram model is at least 1")
        bits, start = _bits(len(charset), order), len(charset) + 1
        grams = []
        for line in lines:
            ids = [start] * (order - 1) + charset.encode(line) + [len(charset)]
            packed = np.zeros(len(ids) - order + 1, np.int64)
            for i in range(order):
                packed = packed << bits | np.array(ids[i : i + len(packed)], np.int64)
            grams.append(packed)
        if not grams:
            raise ValueError("an n-gram model needs at least one line")
        keys, counts = np.unique(np.concatenate(grams), return_counts=True)
        levels: list[Level] = []
        for k in range(order, 0, -1):
            levels.append(_level(keys, counts, bits, min_count if k > 2 else 1))
            # Shorter n-grams are counted by how many different characters stand before them (Kneser-Ney).
            keys, counts = np.unique(keys & ((1 << bits * (k - 1)) - 1), return_counts=True)
        return cls(charset.characters, levels[::-1])

    def to_tensors(self) -> dict[str, np.ndarray]:
        """The model as named arrays; `from_tensors` is the inverse."""
        tensors = {"characters": np.array([ord(c) for c in self.characters], np.int32)}
        for k, level in enumerate(self.levels, 1):
            tensors |= {f"{name}.{k}": getattr(level, name) for name in Level.__dataclass_fields__}
        return tensors

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, np.ndarray]) -> NGram:
        """The inverse of `to_tensors`. Raises InputError when arrays are missing or do not fit together."""
        names = list(Level.__dataclass_fields__)
        order = sum(key.startswith("contexts.") for key in tensors)
        wanted = {"characters"} | {f"{name}.{k}" for name in names for k in range(1, order + 1)}
        if not order or set(tensors) != wanted:
            raise InputError("these arrays are no n-gram model; make one with NGram.train(...).save(...)")
        levels = [Level(**{name: np.asarray(tensors[f"{name}.{k}"]) for name in names}) for k in range(1, order + 1)]
        for level in levels:
            contexts_fit = len(level.contexts) + 1 == len(level.offsets) == len(level.backoff) + 1
            if not (contexts_fit and int(level.offsets[-1]) == len(level.characters) == len(level.probs)):
                raise InputError("the arrays of this n-gram model do not fit together; the file is damaged")
        return cls("".join(chr(c) for c in tensors["characters"]), levels)

    def save(self, path: str | Path) -> None:
        """Writes a safetensors file."""
        save_file(self.to_tensors(), str(path))

    @classmethod
    def load(cls, path: str | Path) -> NGram:
        """Reads what `save` wrote. Raises InputError when the file is missing or something else."""
        if not Path(path).is_file():
            raise InputError(f"no n-gram model at {path}; make one with NGram.train(...).save(...)")
        try:
            tensors = load_file(str(path))
        except SafetensorError as e:
            raise InputError(f"{path} is no safetensors file ({e}); make one with NGram.train(...).save(...)") from e
        return cls.from_tensors(tensors)


def _bits(characters: int, order: int) -> int:
    """Bits for a character id, the line's end or its start."""
    bits = (characters + 1).bit_length()
    if bits * order > 63:
        raise ValueError(f"order {order} with {characters} characters needs {bits * order} bits of 63; lower the order")
    return bits


def _level(keys: np.ndarray, counts: np.ndarray, bits: int, min_count: int) -> Level:
    """Discounts the n-grams `keys` (sorted, packed) by `counts`; a context's backoff weight is what that takes away."""
    contexts, first = np.unique(keys >> bits, return_index=True)
    totals = np.add.reduceat(counts, first)
    sizes = np.diff(np.append(first, len(keys)))
    probs = (counts - _discounts(counts)[np.minimum(counts, 3)]) / np.repeat(totals, sizes)
    probs = np.where(counts >= min_count, probs, 0)
    # Kept in 32 bits: the weight after a frequent context is as small as 1e-5, below what 16 bits resolve near one.
    backoff = 1 - np.add.reduceat(probs, first)
    kept = probs > 0
    kept_sizes = np.add.reduceat(kept, first, dtype=np.int64)
    some = kept_sizes > 0
    return Level(
        contexts=contexts[some],
        offsets=np.concatenate(([0], np.cumsum(kept_sizes[some]))).astype(np.int32),
        characters=(keys[kept] & ((1 << bits) - 1)).astype(np.int16),
        probs=probs[kept].astype(np.float32),
        backoff=backoff[some].astype(np.float32),
    )


def _discounts(counts: np.ndarray) -> np.ndarray:
    """What is taken off n-grams counted 0, 1, 2 and 3 or more times (Chen and Goodman, equation 26).

    Where the text is too small for that estimate (no n-gram counted exactly 1, 2, 3 or 4 times), one half off all.
    """
    n1, n2, n3, n4 = (int((counts == c).sum()) for c in (1, 2, 3, 4))
    if 0 in (n1, n2, n3, n4):
        return np.array([0, 0.5, 0.5, 0.5])
    y = n1 / (n1 + 2 * n2)
    estimates = np.array([0, 1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3])
    return np.clip(estimates, [0, 0.05, 0.05, 0.05], [0, 0.95, 1.9, 2.85])  # odd counts may put it out of range

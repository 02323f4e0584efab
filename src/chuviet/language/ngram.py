"""A character n-gram language model: interpolated modified Kneser-Ney, in a handful of numpy arrays.

Source: Chen and Goodman, "An Empirical Study of Smoothing Techniques for Language Modeling" (1998), section 3.
What differs: lines are padded with as many start symbols as the order needs, and rare n-grams can be left out, their
mass going to shorter contexts, so that the probabilities still sum to one.

A context is packed into one integer, a few bits a character; modulo a prime of 61 bits it is the key that is found by
binary search in a sorted array (contexts of up to seven Vietnamese characters are their own key). A file holds
probabilities as one byte each, on a logarithmic scale.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from chuviet.errors import InputError
from chuviet.language.gazetteer import Gazetteer
from chuviet.vocab import Charset

_CACHED_ROWS = 20_000  # about 20 MB of float32 rows with the 229 Vietnamese characters


_PRIME = (1 << 61) - 1
_CODE = 16.0 / 255  # natural logarithm of a step of the one-byte codes: 0 to -16


@dataclass(frozen=True)
class Level:
    """The n-grams of one order k: what may follow each context of k-1 characters."""

    contexts: np.ndarray  # C, int64, sorted keys of the contexts
    sizes: np.ndarray  # C, int16: how many followers each context has
    characters: np.ndarray  # F, int16: the followers of all contexts, one context after another
    probs: np.ndarray  # F, float32: discounted probability of each follower
    backoff: np.ndarray  # C, float32: the weight of the next shorter context

    @cached_property
    def offsets(self) -> np.ndarray:
        """C + 1: the followers of context i are offsets[i] .. offsets[i + 1]."""
        return np.concatenate(([0], np.cumsum(self.sizes, dtype=np.int64)))


class NGram:
    """Probabilities of the next character, or the line's end, after the last `order` - 1 characters.

    A `state` is an int that packs those characters: `start` before the first one, `advance` after each. A model of
    addresses may have the `gazetteer` beside it that they were made of.
    """

    def __init__(self, characters: str, levels: list[Level], gazetteer: Gazetteer | None = None) -> None:
        self.characters, self.levels, self.gazetteer = characters, levels, gazetteer
        self.order = len(levels)
        self.end = len(characters)  # the class id of the line's end
        self._bits = _bits(len(characters), self.order)
        # By k: what of a state is the context of an n-gram of k characters.
        self._masks = [0, *((1 << self._bits * (k - 1)) - 1 for k in range(1, self.order + 1))]
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
        return (state << self._bits | character) & self._masks[-1]

    def log_probs(self, state: int) -> np.ndarray:
        """Natural log probabilities of every character, in charset order, then of the line's end: V + 1, float32."""
        row = self._log_rows.get(state)
        if row is None:
            if len(self._log_rows) >= _CACHED_ROWS:
                self._log_rows.clear()
            probs = self._row(state)
            row = np.log(probs / probs.sum())  # one-byte probabilities sum to one but nearly
            self._log_rows[state] = row
        return row

    def _row(self, state: int) -> np.ndarray:
        """Probabilities (V + 1, float32) after the last `order` - 1 characters, on from the longest cached context."""
        rows, cached = self._rows, self.order
        while cached and (cached, state & self._masks[cached]) not in rows:
            cached -= 1
        none = np.full(self.end + 1, 1 / (self.end + 1), np.float32)
        row = rows[cached, state & self._masks[cached]] if cached else none
        for k, level in enumerate(self.levels[cached:], cached + 1):
            context = state & self._masks[k]
            key = np.int64(context % _PRIME)
            i = level.contexts.searchsorted(key)
            if i < len(level.contexts) and level.contexts[i] == key:
                here = slice(level.offsets[i], level.offsets[i + 1])
                row = row * level.backoff[i]
                row[level.characters[here]] += level.probs[here]
            if len(rows) >= _CACHED_ROWS:
                rows.clear()
            rows[k, context] = row
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

        Raises CharsetError for a character outside the charset, ValueError without lines or for an order below 1 or of
        more than 120 bits (15 Vietnamese characters).
        """
        if order < 1:
            raise ValueError("the order of an n-gram model is at least 1")
        bits, start, end = _bits(len(charset), order), len(charset) + 1, len(charset)
        padded = [np.array([start] * (order - 1) + charset.encode(line) + [end], np.int64) for line in lines]
        if not padded:
            raise ValueError("an n-gram model needs at least one line")
        ids = np.concatenate(padded)
        places = np.flatnonzero(ids != start)  # where an n-gram may end
        # A distinct n-gram is kept as one place where it ends, and how often it was seen.
        _, first, counts = np.unique(_keys(ids, places, order, bits), return_index=True, return_counts=True)
        places = places[first]
        levels: list[Level] = []
        for k in range(order, 0, -1):
            contexts = _keys(ids, places - 1, k - 1, bits)
            levels.append(_level(contexts, ids[places], counts, min_count if k > 2 else 1))
            # Shorter n-grams are counted by how many different characters stand before them (Kneser-Ney).
            _, first, counts = np.unique(_keys(ids, places, k - 1, bits), return_index=True, return_counts=True)
            places = places[first]
        return cls(charset.characters, levels[::-1])

    def to_tensors(self) -> dict[str, np.ndarray]:
        """The model as named arrays, probabilities rounded by at most 3.2 % to one byte; `from_tensors` reads them."""
        tensors = {"characters": np.array([ord(c) for c in self.characters], np.int32)}
        small = np.uint8 if len(self.characters) < 256 else np.int16
        for k, level in enumerate(self.levels, 1):
            arrays = {
                "contexts": level.contexts,
                "sizes": level.sizes.astype(small),
                "characters": level.characters.astype(small),
                "probs": _to_code(level.probs),
                "backoff": _to_code(level.backoff),
            }
            tensors |= {f"{name}.{k}": array for name, array in arrays.items()}
        return tensors | ({"gazetteer": self.gazetteer.to_array()} if self.gazetteer else {})

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, np.ndarray]) -> NGram:
        """The inverse of `to_tensors`. Raises InputError when arrays are missing or do not fit together."""
        names = list(Level.__dataclass_fields__)
        order = sum(key.startswith("contexts.") for key in tensors)
        wanted = {"characters"} | {f"{name}.{k}" for name in names for k in range(1, order + 1)}
        if not order or set(tensors) - {"gazetteer"} != wanted:
            raise InputError("these arrays are no n-gram model; make one with NGram.train(...).save(...)")
        levels = []
        for k in range(1, order + 1):
            arrays = {name: np.asarray(tensors[f"{name}.{k}"]) for name in names}
            contexts_fit = len(arrays["contexts"]) == len(arrays["sizes"]) == len(arrays["backoff"])
            followers = int(arrays["sizes"].sum(dtype=np.int64))
            if not (contexts_fit and followers == len(arrays["characters"]) == len(arrays["probs"])):
                raise InputError("the arrays of this n-gram model do not fit together; the file is damaged")
            codes = {name: _from_code(arrays[name]) for name in ("probs", "backoff")}
            ids = {name: arrays[name].astype(np.int16) for name in ("sizes", "characters")}
            levels.append(Level(contexts=arrays["contexts"], **ids, **codes))
        gazetteer = Gazetteer.from_array(np.asarray(tensors["gazetteer"])) if "gazetteer" in tensors else None
        return cls("".join(chr(c) for c in tensors["characters"]), levels, gazetteer)

    def save(self, path: str | Path) -> None:
        """Writes a safetensors file."""
        from safetensors.numpy import save_file

        save_file(self.to_tensors(), str(path))

    @classmethod
    def load(cls, path: str | Path) -> NGram:
        """Reads what `save` wrote. Raises InputError when the file is missing or something else."""
        if not Path(path).is_file():
            raise InputError(f"no n-gram model at {path}; make one with NGram.train(...).save(...)")
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        try:
            tensors = load_file(str(path))
        except SafetensorError as e:
            raise InputError(f"{path} is no safetensors file ({e}); make one with NGram.train(...).save(...)") from e
        return cls.from_tensors(tensors)


def _bits(characters: int, order: int) -> int:
    """Bits for a character id, the line's end or its start."""
    bits = (characters + 1).bit_length()
    if bits * order > 120:
        raise ValueError(
            f"order {order} with {characters} characters needs {bits * order} bits of 120; lower the order"
        )
    return bits


def _keys(ids: np.ndarray, places: np.ndarray, length: int, bits: int) -> np.ndarray:
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
    return ((high >> over) + ((high & ((1 << over) - 1)) << shift) + low) % _PRIME


def _level(contexts: np.ndarray, characters: np.ndarray, counts: np.ndarray, min_count: int) -> Level:
    """Discounts n-grams (context, last character) by `counts`; a context's backoff weight is what that takes away."""
    order = np.lexsort((characters, contexts))
    contexts, characters, counts = contexts[order], characters[order], counts[order]
    found, first = np.unique(contexts, return_index=True)
    totals = np.add.reduceat(counts, first)
    sizes = np.diff(np.append(first, len(counts)))
    probs = (counts - _discounts(counts)[np.minimum(counts, 3)]) / np.repeat(totals, sizes)
    probs = np.where(counts >= min_count, probs, 0)
    backoff = 1 - np.add.reduceat(probs, first)
    kept = probs > 0
    kept_sizes = np.add.reduceat(kept, first, dtype=np.int64)
    some = kept_sizes > 0
    return Level(
        contexts=found[some],
        sizes=kept_sizes[some].astype(np.int16),
        characters=characters[kept].astype(np.int16),
        probs=probs[kept].astype(np.float32),
        backoff=backoff[some].astype(np.float32),
    )


def _to_code(values: np.ndarray) -> np.ndarray:
    """Probabilities as the nearest of 256 on a logarithmic scale: the weight after a frequent context may be 1e-5."""
    logs = -np.log(np.maximum(values.astype(np.float64), np.finfo(np.float64).tiny))
    return np.minimum(np.rint(logs / _CODE), 255).astype(np.uint8)


def _from_code(codes: np.ndarray) -> np.ndarray:
    return np.exp(codes.astype(np.float32) * np.float32(-_CODE))


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

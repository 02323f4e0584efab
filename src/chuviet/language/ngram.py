"""A character n-gram language model in a handful of numpy arrays, asked for a few characters at a time.

A context is packed into one integer, a few bits a character; modulo a prime it is the key that is looked up (contexts
of up to five Vietnamese characters are their own key). A file holds probabilities as one byte each, on a logarithmic
scale, and keys in about three: `chuviet.language.levels`. How a model is estimated: `chuviet.language.kneser_ney`.

A probability is interpolated over the contexts of all orders. Up to `_DENSE` characters a context gets a row of all
characters when it is first needed; longer contexts mostly have one follower, and are looked into.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from chuviet.errors import InputError
from chuviet.files import write_whole
from chuviet.language.gazetteer import Gazetteer
from chuviet.language.kneser_ney import estimate
from chuviet.language.levels import (
    MODULUS,
    OLD_MODULUS,
    Level,
    character_bits,
    from_code,
    pack_keys,
    pack_sizes,
    to_code,
    unpack_keys,
    unpack_sizes,
)
from chuviet.native import calls
from chuviet.native.calls import LevelArrays, NGramTable
from chuviet.vocab import Charset

_DENSE = 3  # characters of a context that gets a row: 2 MB for all of an address model
_REMEMBERED = 2048  # states that are kept from line to line: about 1 MB

_GENERAL = "general."  # before the names of the general model's arrays

_Row = tuple[memoryview, float]  # relative probabilities of all characters (V + 1, float64), and their sum


class State:
    """What was written before: the last `order` - 1 characters, packed. What may follow is added when it is first asked
    for, as tuples of numbers, which Python's garbage collector soon leaves out of its rounds.
    """

    __slots__ = ("highs", "log_sum", "lows", "packed", "row", "weight", "weights")

    def __init__(self, packed: int) -> None:
        self.packed = packed
        self.row: memoryview  # of the longest dense context, which has this weight
        self.weight: float
        #: Of the longer contexts that are known, the longest first: weights, and where followers begin and end.
        self.weights: tuple[float, ...] | None = None
        self.lows: tuple[int, ...] = ()
        self.highs: tuple[int, ...] = ()
        self.log_sum: float  # one-byte probabilities sum to one but nearly


class NGram:
    """Probabilities of the next character, or the line's end, after the last `order` - 1 characters.

    `start` is the `State` before the first one, `advance` gives that after each. A model of addresses may have beside
    it the `gazetteer` that they were made of, and a model of `general` text. `modulus`: of the levels' keys. May be
    asked by several threads at a time.
    """

    def __init__(
        self, characters: str, levels: list[Level], gazetteer: Gazetteer | None = None, general: NGram | None = None,
        modulus: int = MODULUS,
    ) -> None:  # fmt: skip
        self.characters, self.levels, self.gazetteer, self.general = characters, levels, gazetteer, general
        self.modulus = modulus
        self.order = len(levels)
        self.end = len(characters)  # the class id of the line's end
        self._bits = character_bits(len(characters), self.order)
        # By k: what of a packed state is the context of an n-gram of k characters.
        self._masks = [0, *((1 << self._bits * (k - 1)) - 1 for k in range(1, self.order + 1))]
        self._ids = {c: i for i, c in enumerate(characters)}
        starts = np.cumsum([0] + [len(level.probs) for level in levels])
        self._tables = [_Table(level, int(start)) for level, start in zip(levels, starts[:-1], strict=True)]
        followers = np.concatenate([level.characters for level in levels])
        self._characters = followers.astype(np.uint8 if self.end < 256 else np.int16).data
        self._probs = np.concatenate([level.probs for level in levels]).data
        self._dense = min(self.order, _DENSE + 1)
        # The longer contexts, the longest first, in the form in which they are asked for most.
        self._longer = [
            (mask, t.size, t.slots, t.contexts, t.offsets, t.sums, t.backoff)
            for mask, t in zip(self._masks[:0:-1], reversed(self._tables), strict=True)
        ][: self.order - self._dense]
        self._rows: dict[tuple[int, int], _Row] = {}
        self._states: dict[int, State] = {}
        self._native: NGramTable | None = None
        packed = 0
        for _ in range(self.order - 1):
            packed = packed << self._bits | (self.end + 1)
        #: The state at the beginning of a line.
        self.start = State(packed)

    def advance(self, state: State, character: int) -> State:
        """The state after `character` (its id in the charset) was written in `state`."""
        packed = (state.packed << self._bits | character) & self._masks[-1]
        after = self._states.get(packed)
        if after is None:
            if len(self._states) >= _REMEMBERED:
                self._states.clear()
            after = self._states[packed] = State(packed)
        return after

    def log_prob(self, state: State, character: int) -> float:
        """Natural log probability of one character, or of the line's end, in `state`."""
        weights = state.weights
        if weights is None:
            weights = self._fill(state)
        prob = state.row[character] * state.weight
        characters = self._characters
        for weight, low, high in zip(weights, state.lows, state.highs, strict=True):
            i = low if high - low == 1 else bisect_left(characters, character, low, high)
            if i < high and characters[i] == character:
                prob += weight * self._probs[i]
        return math.log(prob) - state.log_sum

    def log_probs(self, state: State) -> np.ndarray:
        """Natural log probabilities of every character, in charset order, then of the line's end: V + 1, float32."""
        weights = self._fill(state)
        probs = np.array(state.row) * state.weight
        for weight, low, high in zip(weights, state.lows, state.highs, strict=True):
            probs[list(self._characters[low:high])] += weight * np.array(self._probs[low:high])
        return (np.log(probs) - state.log_sum).astype(np.float32)

    def _fill(self, state: State) -> tuple[float, ...]:
        """Looks up the contexts of a state, once; returns its `weights`."""
        if state.weights is not None:
            return state.weights
        weight, total, packed, modulus = 1.0, 0.0, state.packed, self.modulus
        weights, lows, highs = [], [], []
        for mask, size, slots, contexts, offsets, sums, backoff in self._longer:
            key = (packed & mask) % modulus
            slot = key % size
            while (i := slots[slot]) >= 0:  # `find` without the call: most contexts are not there
                if contexts[i] == key:
                    weights.append(weight)
                    lows.append(offsets[i])
                    highs.append(offsets[i + 1])
                    total += weight * sums[i]
                    weight *= backoff[i]
                    break
                slot += 1
        row, mass = self._row(self._dense, packed)
        state.row, state.weight, state.log_sum = row, weight, math.log(total + weight * mass)
        state.lows, state.highs = tuple(lows), tuple(highs)
        state.weights = tuple(weights)  # the last: another thread may be reading
        return state.weights

    def table(self) -> NGramTable | None:
        """The model for the compiled search; None for a charset that it has no room for."""
        if self._native is None and self.end <= np.iinfo(np.uint16).max:
            levels = [
                LevelArrays(t.size, *(np.asarray(a) for a in (t.slots, t.contexts, t.offsets, t.sums, t.backoff)))
                for t in self._tables
            ]
            followers = np.asarray(self._characters).astype(np.uint16)
            self._native = NGramTable(
                levels, followers, np.asarray(self._probs), bits=self._bits, end=self.end, dense=self._dense,
                modulus=self.modulus,
            )  # fmt: skip
        return self._native

    def _row(self, k: int, packed: int) -> _Row:
        """The interpolated probabilities after the last k - 1 characters, all characters at once."""
        if k == 0:
            return np.full(self.end + 1, 1 / (self.end + 1)).data, 1.0
        table = self._tables[k - 1]
        i = table.find((packed & self._masks[k]) % self.modulus)
        if i < 0:
            return self._row(k - 1, packed)
        found = self._rows.get((k, i))
        if found is None:
            shorter, total = self._row(k - 1, packed)
            backoff = table.backoff[i]
            row = np.array(shorter) * backoff
            low, high = table.offsets[i], table.offsets[i + 1]
            row[list(self._characters[low:high])] += self._probs[low:high]
            found = self._rows[k, i] = row.data, total * backoff + table.sums[i]
        return found

    def knows(self, text: str) -> bool:
        """Whether all characters of `text` are in the charset."""
        return self._ids.keys() >= set(text)

    def after(self, text: str) -> State:
        """The state at the end of `text`. Raises KeyError for an unknown character."""
        packed = self.start.packed
        for c in text[-self.order :]:
            packed = packed << self._bits | self._ids[c]
        return State(packed & self._masks[-1])

    def score(self, text: str, behind: str = "", least: float = -math.inf) -> float:
        """Natural log probability of the line `text` and its end; with `behind` what it is once that is written.

        Stops when it is below `least`, with what it is so far. Raises KeyError for an unknown character.
        """
        before, ids = [self._ids[c] for c in behind[-self.order :]], [self._ids[c] for c in text]
        table = self.table()
        found = calls.score(table, before + ids, len(before), least) if table else None
        if found is not None:
            return found
        state, total = self.after(behind), 0.0
        for i in ids:
            total += self.log_prob(state, i)
            if total < least:
                return total
            state = self.advance(state, i)
        return total + self.log_prob(state, self.end)

    def perplexity(self, lines: Iterable[str]) -> float:
        """exp of the mean negative log probability a character, line ends counted as characters."""
        total, count = 0.0, 0
        for line in lines:
            total += self.score(line)
            count += len(line) + 1
        if not count:
            raise ValueError("no lines to measure")
        return math.exp(-total / count)

    @classmethod
    def train(cls, lines: Iterable[str], charset: Charset, order: int = 6, min_count: int = 1) -> NGram:
        """A model of `lines`. Arguments and errors as of `kneser_ney.estimate`."""
        return cls(charset.characters, estimate(lines, charset, order, min_count))

    def to_tensors(self) -> dict[str, np.ndarray]:
        """The model as named arrays, probabilities rounded by at most 3.2 % to one byte; `from_tensors` reads them."""
        tensors = {"characters": np.array([ord(c) for c in self.characters], np.int32)}
        small = np.uint8 if len(self.characters) < 256 else np.int16
        for k, level in enumerate(self.levels, 1):
            arrays = {
                "contexts": level.contexts if self.modulus == OLD_MODULUS else pack_keys(level.contexts),
                "ends": pack_sizes(level.sizes),
                "characters": level.characters.astype(small),
                "probs": to_code(level.probs),
                "backoff": to_code(level.backoff),
            }
            tensors |= {f"{name}.{k}": array for name, array in arrays.items()}
        if self.general:
            tensors |= {_GENERAL + name: array for name, array in self.general.to_tensors().items()}
        return tensors | ({"gazetteer": self.gazetteer.to_array()} if self.gazetteer else {})

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, np.ndarray]) -> NGram:
        """The inverse of `to_tensors`. Raises InputError when arrays are missing or do not fit together."""
        if any(array.ndim != 1 or array.dtype.kind not in "iu" for array in map(np.asarray, tensors.values())):
            raise InputError("the arrays of this n-gram model are no rows of whole numbers; the file is damaged")
        own = {name: np.asarray(array) for name, array in tensors.items() if not name.startswith(_GENERAL)}
        other = {name.removeprefix(_GENERAL): array for name, array in tensors.items() if name not in own}
        order = sum(key.startswith("contexts.") for key in own)
        names = ["contexts", "sizes" if "sizes.1" in own else "ends", "characters", "probs", "backoff"]
        wanted = {"characters"} | {f"{name}.{k}" for name in names for k in range(1, order + 1)}
        if not order or set(own) - {"gazetteer"} != wanted:
            raise InputError("these arrays are no n-gram model; make one with NGram.train(...).save(...)")
        levels = [_stored_level({name: own[f"{name}.{k}"] for name in names}) for k in range(1, order + 1)]
        gazetteer = Gazetteer.from_array(own["gazetteer"]) if "gazetteer" in own else None
        if any(name.startswith(_GENERAL) for name in other):
            raise InputError("the general model of this n-gram model has one itself; the file is damaged")
        general = cls.from_tensors(other) if other else None
        modulus = MODULUS if own["contexts.1"].dtype == np.uint8 else OLD_MODULUS
        charset = Charset("".join(chr(c) for c in own["characters"]))
        if any(len(level.characters) and level.characters.max() > len(charset) for level in levels):
            raise InputError("an n-gram model with characters outside its charset; the file is damaged")
        return cls(charset.characters, levels, gazetteer, general, modulus)

    def save(self, path: str | Path) -> None:
        """Writes a safetensors file, whole or not at all. Raises InputError when it cannot be written."""
        from safetensors.numpy import save  # not needed to read with a model that came with its recogniser

        write_whole(path, save(self.to_tensors()))

    @classmethod
    def load(cls, path: str | Path) -> NGram:
        """Reads what `save` wrote. Raises InputError when the file is missing or something else."""
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        if not Path(path).is_file():
            raise InputError(f"no n-gram model at {path}; make one with NGram.train(...).save(...)")
        try:
            tensors = load_file(str(path))
        except SafetensorError as e:
            raise InputError(f"{path} is no safetensors file ({e}); make one with NGram.train(...).save(...)") from e
        return cls.from_tensors(tensors)


def _stored_level(arrays: dict[str, np.ndarray]) -> Level:
    """The level of stored arrays; files of before hold `sizes` as they are. Raises InputError when they do not fit
    together.
    """
    contexts, followers = arrays["contexts"], len(arrays["characters"])
    try:
        sizes = arrays["sizes"] if "sizes" in arrays else unpack_sizes(arrays["ends"], followers)
        contexts = unpack_keys(contexts, len(sizes)) if contexts.dtype == np.uint8 else contexts
        fit = len(contexts) == len(sizes) == len(arrays["backoff"])
        fit &= bool(sizes.min(initial=1) > 0 and arrays["characters"].min(initial=0) >= 0)
        fit &= bool((contexts[1:] >= contexts[:-1]).all())
        fit &= int(sizes.sum(dtype=np.int64)) == followers == len(arrays["probs"])
    except ValueError:
        fit = False
    if not fit:
        raise InputError("the arrays of this n-gram model do not fit together; the file is damaged")
    probs, backoff = from_code(arrays["probs"]), from_code(arrays["backoff"])
    return Level(contexts, sizes, arrays["characters"], probs, backoff)


class _Table:
    """The contexts of a `Level`, to be found one at a time: scalars come faster out of a memoryview than out of numpy.

    Most questions are about contexts that are not there, and binary search through 300,000 keys takes 0.4 us (cache
    misses). So the numbers of contexts lie in a hash table: in slot ``key % size`` or, where that is taken, in the next
    that was free; -1 in free ones.
    """

    def __init__(self, level: Level, start: int) -> None:
        """`start`: where the followers of this level's contexts begin among those of all."""
        ends = np.cumsum(level.sizes, dtype=np.int64)
        self.contexts = np.ascontiguousarray(level.contexts, np.int64).data
        self.offsets = np.append(start, start + ends).astype(np.int32).data
        self.backoff = np.ascontiguousarray(level.backoff, np.float32).data
        self.sums = np.add.reduceat(level.probs, ends - level.sizes).data
        count = len(level.contexts)
        self.size = 3 * count | 1
        wanted = level.contexts % self.size
        order = np.argsort(wanted)
        # In this order each takes its own slot or the one behind the last that was taken.
        places = np.maximum.accumulate(wanted[order] - np.arange(count)) + np.arange(count)
        slots = np.full(max(self.size, int(places.max(initial=0)) + 1) + 1, -1, np.int32)
        slots[places] = order
        self.slots = slots.data

    def find(self, key: int) -> int:
        """The number of the context with this key; -1 for one without followers."""
        slot = key % self.size
        while (i := self.slots[slot]) >= 0 and self.contexts[i] != key:
            slot += 1
        return i

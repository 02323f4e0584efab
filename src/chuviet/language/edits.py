"""Edit distances of one string to many at a time: what editdistance does one by one, without another dependency."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from chuviet.native import calls


class Names:
    """N strings, ready to be compared with others."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = list(texts)
        self.arrays = calls.NameArrays(self.texts)
        self.lengths = self.arrays.lengths

    @cached_property
    def codes(self) -> np.ndarray:
        """L N, code points, 0 behind the end: a name is a column, so that one step of all is one row."""
        longest = int(self.lengths.max(initial=0))
        padded = "".join(t.ljust(longest, "\0") for t in self.texts)
        return np.ascontiguousarray(calls.code_points(padded).reshape(len(self.texts), longest).T)


def edit_distances(text: str, groups: Sequence[Names]) -> np.ndarray:
    """The Levenshtein distance of `text` to every name of every group, in their order: N, int. (`chuviet.native` has it
    in C.)
    """
    found = calls.edit_distances(text, [group.arrays for group in groups])
    return _edit_distances(text, groups) if found is None else found


def _edit_distances(text: str, groups: Sequence[Names]) -> np.ndarray:
    """As `edit_distances`.

    The table of Wagner and Fischer, filled for all names at once; it holds distances less the length of the name's
    beginning, so that insertions are a running minimum.
    """
    codes = _joined(groups)
    table = np.zeros((len(codes) + 1, codes.shape[1]), np.int16)
    after = np.empty_like(table)
    for i, c in enumerate(map(ord, text), 1):
        after[0] = i
        np.subtract(table[:-1], codes == c, out=after[1:])
        np.minimum(after[1:], table[1:] + 1, out=after[1:])
        np.minimum.accumulate(after, axis=0, out=table)
    lengths = np.concatenate([g.lengths for g in groups]) if groups else np.zeros(0, np.int64)
    return table[lengths, np.arange(len(lengths))] + lengths


def _joined(groups: Sequence[Names]) -> np.ndarray:
    """The codes of all groups side by side, L N."""
    if len(groups) == 1:
        return groups[0].codes
    joined = np.zeros((max((len(g.codes) for g in groups), default=0), sum(len(g.texts) for g in groups)), np.uint32)
    start = 0
    for group in groups:
        joined[: len(group.codes), start : start + len(group.texts)] = group.codes
        start += len(group.texts)
    return joined

"""Prefix beam search over CTC frames, with a rescorer's probability of every character.

It follows Hannun et al., "First-Pass Large Vocabulary Continuous Speech Recognition using Bi-Directional Recurrent
DNNs" (https://arxiv.org/abs/1408.2873), with characters in the place of words. What differs: a prefix's probabilities
are kept times what the rescorer and the length add to it, so that a frame is products and sums of plain floats; and the
rescorer is asked about new prefixes in the order of what they can be worth at most, until no other can be kept.

Plain Python: a frame has one or two likely characters for a handful of prefixes, too few for numpy to be faster
(docs/log.md). `chuviet.native` has the same in C, with the same results, and runs where it was compiled and the
rescorer is an n-gram model or none.
"""

from __future__ import annotations

import itertools
import math
from bisect import insort
from dataclasses import dataclass
from typing import Any

import numpy as np

from chuviet.decode.rescorer import Rescorer
from chuviet.native import calls
from chuviet.vocab import BLANK

_SMALLEST, _LARGEST = 1e-100, 1e100  # of the best prefix; else all are scaled


@dataclass(frozen=True)
class Found:
    """A text that the search ended with."""

    ids: list[int]  # of its characters
    bonus: float  # what rescorer and length add to its log probability
    log_likelihood: float  # given the frames, over the alignments that were looked at: no more than the whole


@dataclass(frozen=True, kw_only=True)
class PrefixSearch:
    """The likeliest texts of frames."""

    width: int  # prefixes kept at most
    ratio: float  # to the best prefix, that one must have to be kept
    top: int  # classes looked at in a frame
    min_prob: float  # of a class to be looked at
    rescorer: Rescorer | None
    alpha: float  # weight of the rescorer's log probabilities
    beta: float  # added for every character where there is a rescorer

    def __call__(self, probs: np.ndarray) -> list[Found]:
        """The prefixes left after the last of the frames `probs` (T V, probabilities), the best first."""
        classes, ends = _likely(probs, self.top, self.min_prob)
        found = self._compiled(probs, classes, ends)
        if found is None:
            found = self._plain(probs, _by_frame(classes, ends))
        return [text for _, text in sorted(found, key=lambda entry: entry[0], reverse=True)]

    def _plain(self, probs: np.ndarray, likely: list[list[int]]) -> list[tuple[float, Found]]:
        """The prefixes in Python, each with what it is worth."""
        beam = _Beam(self, np.ascontiguousarray(probs))
        for t, classes in enumerate(likely):
            beam.step(t, classes)
        return beam.ended()

    def _compiled(self, probs: np.ndarray, classes: np.ndarray, ends: np.ndarray) -> list[tuple[float, Found]] | None:
        """As `_plain`, in C; None where that cannot be."""
        table = self.rescorer.table() if self.rescorer else None
        if self.rescorer and table is None:
            return None
        texts = calls.search(
            probs, classes, ends, table, width=self.width, ratio=self.ratio, alpha=self.alpha, most=self.most
        )
        if texts is None:
            return None
        return [(worth, Found(ids, bonus, log_likelihood)) for (worth, bonus, log_likelihood), ids in texts]

    @property
    def most(self) -> float:
        """A new character's weight is at most this: log probabilities are at most 0."""
        return math.exp(self.beta) if self.rescorer else 1.0


def likely_classes(probs: np.ndarray, top: int, min_prob: float) -> list[list[int]]:
    """For each of the frames T V the classes, blank apart, that are among its `top` and have at least `min_prob`."""
    return _by_frame(*_likely(probs, top, min_prob))


def _by_frame(classes: np.ndarray, ends: np.ndarray) -> list[list[int]]:
    listed = classes.tolist()
    return [listed[a:b] for a, b in itertools.pairwise(ends.tolist())]


def _likely(probs: np.ndarray, top: int, min_prob: float) -> tuple[np.ndarray, np.ndarray]:
    """The classes of all frames, one frame after another, and where those of each begin: T + 1, the last is the end."""
    count, classes = probs.shape
    enough = probs >= min_prob
    if top < classes:
        for t in np.flatnonzero(enough.sum(1, dtype=np.uint16) > top).tolist():
            enough[t, np.argpartition(probs[t], -top)[:-top]] = False
    enough[:, BLANK] = False
    flat = np.flatnonzero(enough)
    return flat % classes, np.searchsorted(flat, np.arange(count + 1) * classes)


class _Prefix:
    """A prefix. What it is worth are the probabilities of its alignments that end in blank and in its last character,
    times what rescorer and length add; all up to one factor that is common to the prefixes of a beam.
    """

    __slots__ = ("blank", "class_id", "kept", "key", "last", "parent", "state", "total", "value", "was_blank", "weight")

    def __init__(self, parent: _Prefix | None, class_id: int, key: int, state: Any, weight: float) -> None:
        self.parent = parent or self  # the empty prefix has one that is never kept
        self.class_id, self.state = class_id, state
        self.weight = weight  # of the last character
        self.key = key  # that of a child is `key` + the class of its last character
        self.kept = False  # in the beam
        self.blank, self.last = 0.0, 0.0
        self.was_blank, self.total = 0.0, 0.0  # before this frame: blank, and the sum
        self.value = 0.0  # blank + last


_NONE = _Prefix(None, BLANK, 0, None, 1.0)


class _Beam:
    """The prefixes that are kept, and how they change from frame to frame."""

    def __init__(self, search: PrefixSearch, probs: np.ndarray) -> None:
        self.search, self.rescorer = search, search.rescorer
        self._probs = probs.reshape(-1).data  # gives plain floats, faster than numpy does
        self._classes = probs.shape[1]
        self._most = search.most
        self._children: dict[int, _Prefix] = {}
        self._worth: dict[int, float] = {}
        root = _Prefix(_NONE, BLANK, 0, search.rescorer.start if search.rescorer else None, 1.0)
        root.blank, root.kept = 1.0, True
        self._beam = [root]
        self._log_scale = 0.0  # of the factor that all have in common

    def step(self, t: int, likely: list[int]) -> None:
        """One more frame, of which the classes `likely` may be new characters."""
        probs, frame = self._probs, t * self._classes
        p_blank, best = probs[frame], 0.0
        for prefix in self._beam:
            blank, last = prefix.blank, prefix.last
            total = blank + last
            prefix.was_blank, prefix.total = blank, total
            prefix.last = last * probs[frame + prefix.class_id]
            prefix.blank = total * p_blank
            if total > best:
                best = total
        if likely:
            worst = self._grow(frame, likely)
            new = self._candidates(frame, likely, worst)
            if new:
                self._merge(new, worst)
        if not _SMALLEST < best < _LARGEST and best > 0:
            for prefix in self._beam:
                prefix.blank /= best
                prefix.last /= best
            self._log_scale += math.log(best)

    def _grow(self, frame: int, likely: list[int]) -> float:
        """Adds what comes from parents that are kept too; returns what a new prefix must be better than."""
        values = []
        for prefix in self._beam:
            parent = prefix.parent
            if parent.kept and (c := prefix.class_id) in likely:
                # The same character again is a new one only after a blank.
                gain = self._probs[frame + c] * prefix.weight
                prefix.last += gain * (parent.was_blank if parent.class_id == c else parent.total)
            prefix.value = value = prefix.blank + prefix.last
            values.append(value)
        worst = max(values) * self.search.ratio
        return max(worst, min(values)) if len(values) >= self.search.width else worst

    def _candidates(self, frame: int, likely: list[int], worst: float) -> list[tuple[float, int, int, _Prefix]]:
        """New prefixes that may be better than `worst`: what they are worth at most, key, class of the last character
        and parent; the best first.
        """
        children, beam, new = self._children, self._beam, []
        for c in likely:
            gain = self._probs[frame + c] * self._most
            for prefix in beam:
                most = prefix.total * gain
                if most > worst:
                    if prefix.class_id == c:
                        most = prefix.was_blank * gain
                        if most <= worst:
                            continue
                    key = prefix.key + c
                    child = children.get(key)
                    if child is None or not child.kept:
                        new.append((most, key, c, prefix))
        new.sort(reverse=True)
        return new

    def _merge(self, new: list[tuple[float, int, int, _Prefix]], worst: float) -> None:
        """Keeps the best of the beam and of the new prefixes."""
        width, ratio, beam, known = self.search.width, self.search.ratio, self._beam, self._worth
        # The values of the `width` best, ascending; None when there is room for all.
        best = sorted(p.value for p in beam) if len(beam) + len(new) > width else None
        accepted = []
        for most, key, c, parent in new:
            if most <= worst:
                break
            value = most * (known[key] if key in known else self._ask(key, c, parent))
            if value > worst:
                accepted.append((value, key, c, parent))
                if value * ratio > worst:
                    worst = value * ratio
                if best is not None:
                    insort(best, value)
                    if len(best) > width:
                        del best[0]
                    if len(best) == width and best[0] > worst:
                        worst = best[0]
        if accepted:
            self._beam = []
            for prefix in beam:
                prefix.kept = 0 < prefix.value >= worst and len(self._beam) < width
                if prefix.kept:
                    self._beam.append(prefix)
            for entry in accepted:
                if entry[0] >= worst and len(self._beam) < width:
                    self._beam.append(self._child(*entry))

    def _ask(self, key: int, c: int, parent: _Prefix) -> float:
        """The rescorer's probability, to the power of alpha, of the last character of a new prefix."""
        if self.rescorer is None:
            return 1.0
        worth = self._worth[key] = math.exp(self.search.alpha * self.rescorer.log_prob(parent.state, c - 1))
        return worth

    def _child(self, value: float, key: int, c: int, parent: _Prefix) -> _Prefix:
        """A new prefix, or one that is back, which is worth `value`."""
        child = self._children.get(key)
        if child is None:
            state = self.rescorer.advance(parent.state, c - 1) if self.rescorer else None
            weight = self._most * self._worth.get(key, 1.0)
            child = self._children[key] = _Prefix(parent, c, (len(self._children) + 1) * self._classes, state, weight)
        child.kept, child.blank, child.last = True, 0.0, value
        return child

    def ended(self) -> list[tuple[float, Found]]:
        """The prefixes as whole lines, each with what it is worth."""
        found = []
        for prefix in self._beam:
            if prefix.blank + prefix.last > 0:
                value = math.log(prefix.blank + prefix.last)
                end = self.search.alpha * self.rescorer.end(prefix.state) if self.rescorer else 0.0
                ids, bonus = _written(prefix)
                found.append((value + end, Found(ids, bonus + end, value + self._log_scale - bonus)))
        return found


def _written(prefix: _Prefix) -> tuple[list[int], float]:
    """Character ids of a prefix, and the sum of the logarithms of their weights."""
    ids, bonus = [], 0.0
    while prefix.class_id != BLANK:
        ids.append(prefix.class_id - 1)
        bonus += math.log(prefix.weight)
        prefix = prefix.parent
    return ids[::-1], bonus

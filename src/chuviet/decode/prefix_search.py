"""Prefix beam search over CTC frames, with a rescorer's probability of every character.

It follows Hannun et al., "First-Pass Large Vocabulary Continuous Speech Recognition using Bi-Directional Recurrent
DNNs" (https://arxiv.org/abs/1408.2873), with characters in the place of words. What differs: a prefix's probabilities
are kept times what the rescorer and the length add to it, so that a frame is products and sums of plain floats; and the
rescorer is asked about new prefixes in the order of what they can be worth at most, until no other can be kept.

Plain Python: a frame has one or two likely characters for a handful of prefixes, too few for numpy to be faster
(docs/log.md).
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chuviet.decode.rescorer import Rescorer
from chuviet.vocab import BLANK

_SMALLEST, _LARGEST = 1e-100, 1e100  # of the best prefix; else all are scaled


@dataclass(frozen=True)
class Found:
    """A text that the search ended with: character ids, and what rescorer and length add to its log probability."""

    ids: list[int]
    bonus: float


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
        beam = _Beam(_Tree(self, probs.shape[1]), np.ascontiguousarray(probs, np.float64))
        for t, likely in enumerate(likely_classes(probs, self.top, self.min_prob)):
            beam.step(t, likely)
        return beam.ended()


def likely_classes(probs: np.ndarray, top: int, min_prob: float) -> list[list[int]]:
    """For each of the frames T V the classes, blank apart, that are among its `top` and have at least `min_prob`."""
    count, classes = probs.shape
    enough = probs >= min_prob
    if top < classes:
        for t in np.flatnonzero(enough.sum(1, dtype=np.uint16) > top).tolist():
            enough[t, np.argpartition(probs[t], -top)[:-top]] = False
    enough[:, BLANK] = False
    flat = np.flatnonzero(enough)
    ends = np.searchsorted(flat, np.arange(count + 1) * classes).tolist()
    listed = (flat % classes).tolist()
    return [listed[a:b] for a, b in zip(ends[:-1], ends[1:], strict=True)]


class _Tree:
    """The prefixes met so far, numbered: 0 is the empty one. A child that need not be there yet has the key ``node * V +
    class of its last character``.
    """

    def __init__(self, search: PrefixSearch, classes: int) -> None:
        self.search, self.rescorer, self.size = search, search.rescorer, classes
        self.parents, self.classes, self.weights = [-1], [BLANK], [1.0]
        self.states: list[Any] = [search.rescorer.start if search.rescorer else None]
        #: A new character's weight is at most this: log probabilities are at most 0.
        self.most = math.exp(search.beta) if search.rescorer else 1.0
        self._children: dict[int, int] = {}
        self._worth: dict[int, float] = {}

    def worth(self, key: int) -> float:
        """The rescorer's probability, to the power of alpha, of the last character of a child."""
        worth = self._worth.get(key)
        if worth is None:
            if self.rescorer is None:
                return 1.0
            node, c = divmod(key, self.size)
            log_prob = self.rescorer.log_prob(self.states[node], c - 1)
            worth = self._worth[key] = math.exp(self.search.alpha * log_prob)
        return worth

    def child(self, key: int) -> int:
        """The node of a child, made if it is new."""
        node = self._children.get(key)
        if node is None:
            parent, c = divmod(key, self.size)
            node = self._children[key] = len(self.parents)
            self.parents.append(parent)
            self.classes.append(c)
            self.weights.append(self.most * self.worth(key))
            state = self.states[parent]
            self.states.append(self.rescorer.advance(state, c - 1) if self.rescorer else None)
        return node

    def found(self, node: int) -> Found:
        """A prefix as the text of a whole line."""
        bonus = self.search.alpha * self.rescorer.end(self.states[node]) if self.rescorer else 0.0
        ids = []
        while node:
            ids.append(self.classes[node] - 1)
            bonus += math.log(self.weights[node])
            node = self.parents[node]
        return Found(ids[::-1], bonus)


class _Beam:
    """The prefixes that are kept, as parallel lists: of each the probability of its alignments that end in blank and in
    its last character, times what rescorer and length add; all up to one common factor.
    """

    def __init__(self, tree: _Tree, probs: np.ndarray) -> None:
        self.tree, self.width, self.ratio = tree, tree.search.width, tree.search.ratio
        self._probs = memoryview(probs.reshape(-1))  # gives plain floats, faster than numpy does
        self._keep([(0, BLANK, 1.0, 0.0)])

    def _keep(self, entries: Sequence[tuple[int, int, float, float]]) -> None:
        """Sets the prefixes: node, class of the last character, blank, last."""
        parents, weights, size = self.tree.parents, self.tree.weights, self.tree.size
        self.nodes = [e[0] for e in entries]
        self.classes = [e[1] for e in entries]
        self.blank = [e[2] for e in entries]
        self.last = [e[3] for e in entries]
        self.inside = {parents[node] * size + c for node, c, _, _ in entries}
        # Children whose parent is kept too: place, that of the parent, class, weight, whether it is doubled.
        self.links = []
        for i, node in enumerate(self.nodes):
            if parents[node] in self.nodes:
                j, c = self.nodes.index(parents[node]), self.classes[i]
                self.links.append((i, j, c, weights[node], c == self.classes[j]))

    def step(self, t: int, likely: list[int]) -> None:
        """One more frame, of which the classes `likely` may be new characters."""
        blank, last, probs, frame = self.blank, self.last, self._probs, t * self.tree.size
        p_blank = probs[frame]
        total = [b + x for b, x in zip(blank, last)]
        self.last = [x * probs[frame + c] for x, c in zip(last, self.classes)]
        self.blank = [x * p_blank for x in total]
        if likely:
            for i, j, c, weight, doubled in self.links:
                if c in likely:
                    self.last[i] += probs[frame + c] * weight * (blank[j] if doubled else total[j])
            after = [b + x for b, x in zip(self.blank, self.last)]
            new = self._candidates(frame, likely, blank, total, self._worst(after))
            if new:
                self._merge(after, new)
        best = max(total)
        if not _SMALLEST < best < _LARGEST and best > 0:
            self.blank = [b / best for b in self.blank]
            self.last = [x / best for x in self.last]

    def _worst(self, values: list[float]) -> float:
        """What a prefix must be better than to be kept beside those that are worth `values`."""
        worst = max(values) * self.ratio
        return max(worst, min(values)) if len(values) >= self.width else worst

    def _candidates(
        self, frame: int, likely: list[int], blank: list[float], total: list[float], worst: float
    ) -> list[tuple[float, int, int]]:
        """New prefixes that may be better than `worst`: what they are worth at most, key and class; the best first."""
        most, size, classes = self.tree.most, self.tree.size, self.classes
        new = []
        for c in likely:
            gain = self._probs[frame + c] * most
            for i, x in enumerate(total):
                if x * gain > worst:
                    # The same character again is a new one only after a blank.
                    value = (blank[i] if classes[i] == c else x) * gain
                    key = self.nodes[i] * size + c
                    if value > worst and key not in self.inside:
                        new.append((value, key, c))
        new.sort(reverse=True)
        return new

    def _merge(self, after: list[float], new: list[tuple[float, int, int]]) -> None:
        """Keeps the best of the prefixes, which are now worth `after`, and of the new ones."""
        tree, width, ratio = self.tree, self.width, self.ratio
        heap = after.copy()
        heapq.heapify(heap)
        worst = max(after) * ratio
        accepted = []
        for most, key, c in new:
            if len(heap) >= width and heap[0] > worst:
                worst = heap[0]
            if most <= worst:
                break
            value = most * tree.worth(key)
            if value > worst:
                (heapq.heappush if len(heap) < width else heapq.heapreplace)(heap, value)
                accepted.append((value, key, c))
                worst = max(worst, value * ratio)
        if accepted:
            if len(heap) >= width and heap[0] > worst:
                worst = heap[0]
            old = zip(after, self.nodes, self.classes, self.blank, self.last)
            kept = [e[1:] for e in old if e[0] >= worst]
            kept += [(tree.child(key), c, 0.0, value) for value, key, c in accepted if value >= worst]
            self._keep(kept[:width])

    def ended(self) -> list[Found]:
        """The prefixes as whole lines, the best first."""
        texts = []
        for node, blank, last in zip(self.nodes, self.blank, self.last):
            if blank + last > 0:
                end = self.tree.rescorer.end(self.tree.states[node]) if self.tree.rescorer else 0.0
                texts.append((math.log(blank + last) + self.tree.search.alpha * end, node))
        return [self.tree.found(node) for _, node in sorted(texts, reverse=True)]

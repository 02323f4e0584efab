"""What the frames of one line say about texts that the search did not end with."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from chuviet.decode.alignment import sum_alignments


def mean_log_likelihoods(members: Sequence[np.ndarray], texts: Sequence[Sequence[int]]) -> np.ndarray:
    """The log likelihood of each of N texts (character ids): N floats, the mean over the models, of each of which
    `members` has the line's probabilities T V.
    """
    return np.mean([sum_alignments(probs, texts) for probs in members], 0)


class LineEvidence:
    """Satisfies `chuviet.decode.rescorer.Evidence`.

    `members` are the probabilities T V of each model, `ids` those of the characters, `beta` the bonus of a character;
    `found` a text whose log likelihood is known to be at least `log_likelihood`.
    """

    def __init__(
        self, members: Sequence[np.ndarray], ids: Mapping[str, int], beta: float, found: str, log_likelihood: float
    ) -> None:
        self.members, self.ids, self.beta = members, ids, beta
        self._found, self._log_likelihood = found, log_likelihood

    @cached_property
    def _most(self) -> list[float]:
        """Of each character what it adds to a text's log likelihood, at most: alignments of a text have each of its
        characters in some frame, so that it is no more than these sums, multiplied.
        """
        with np.errstate(divide="ignore"):
            sums = [np.log(np.minimum(probs.sum(0, dtype=np.float64), 1.0)) for probs in self.members]
        most: list[float] = np.mean(sums, 0)[1:].tolist()
        return most

    def weigh(self, texts: Sequence[str]) -> list[float]:
        """The log likelihood of each text, and the length's bonus."""
        found = mean_log_likelihoods(self.members, [[self.ids[c] for c in text.strip(" ")] for text in texts])
        return [value + self.beta * len(text) for value, text in zip(found.tolist(), texts, strict=True)]

    def at_most(self, text: str) -> float:
        """No less than what `weigh` gives, in a hundredth of its time."""
        most, ids = self._most, self.ids
        return sum([most[ids[c]] for c in text.strip(" ")]) + self.beta * len(text)

    def at_least(self, text: str) -> float:
        """No more than what `weigh` gives; minus infinity where nothing is known."""
        known = text == self._found and text == text.strip(" ")
        return self._log_likelihood + self.beta * len(text) if known else -math.inf

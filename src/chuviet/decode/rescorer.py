"""What a beam search asks of a language model. `chuviet.language.rescore` has the one for Vietnamese addresses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

#: Of N texts the log likelihood of each, given the frames, with the length's bonus: N floats.
Weigh = Callable[[Sequence[str]], np.ndarray]


class Rescorer(Protocol):
    """A model of the texts of lines, character by character. May be asked by several threads at a time.

    A state is an int that stands for what was written so far; two prefixes may share one.
    """

    @property
    def characters(self) -> str:
        """The charset: id i is its i-th character."""
        ...

    @property
    def start(self) -> int:
        """The state before the first character."""
        ...

    def advance(self, state: int, character: int) -> int:
        """The state after `character` was written in `state`."""
        ...

    def log_prob(self, state: int, character: int) -> float:
        """Natural log probability, at most 0, of `character` in `state`."""
        ...

    def end(self, state: int) -> float:
        """Natural log probability that the line ends in `state`."""
        ...

    def correct(self, text: str, weigh: Weigh, alpha: float, place: float) -> str:
        """The best of `text` and of what it may be meant to be, which the search could not find: the highest sum of
        `weigh`, `alpha` times the text's log probability and `place` for every part that is known to be in its place.
        """
        ...

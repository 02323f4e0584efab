"""What a beam search asks of a language model. `chuviet.language.rescore` has the one for Vietnamese addresses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

#: Of N texts the log likelihood of each, given the frames, and the length's bonus: N floats.
Weigh = Callable[[Sequence[str]], np.ndarray]


class Rescorer(Protocol):
    """A model of the texts of lines, character by character. May be asked by several threads at a time.

    A state stands for what was written so far; only the rescorer looks into it.
    """

    characters: str  # the charset: id i is its i-th character
    start: Any  # the state before the first character

    def advance(self, state: Any, character: int, /) -> Any:
        """The state after `character` was written in `state`."""
        ...

    def log_prob(self, state: Any, character: int, /) -> float:
        """Natural log probability, at most 0, of `character` in `state`."""
        ...

    def end(self, state: Any, /) -> float:
        """Natural log probability that the line ends in `state`."""
        ...

    def correct(self, text: str, weigh: Weigh, /) -> str:
        """`text`, or what it may be meant to be, which the search could not find, where that is better by `weigh` and
        by what else the rescorer knows.
        """
        ...

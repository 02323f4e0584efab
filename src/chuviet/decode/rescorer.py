"""What a beam search asks of a language model. `chuviet.language.rescore` has the one for Vietnamese addresses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from chuviet.native.calls import NGramTable


class Evidence(Protocol):
    """What the frames of a line say about texts, and the length's bonus."""

    @property
    def beta(self) -> float:
        """The bonus of a character."""
        ...

    def weigh(self, texts: Sequence[str], /) -> list[float]:
        """Of each text the log likelihood, given the frames, and the bonus."""
        ...

    def at_most(self, text: str, /) -> float:
        """No less than what `weigh` gives, in a hundredth of its time."""
        ...

    def at_least(self, text: str, /) -> float:
        """No more than what `weigh` gives; minus infinity where nothing is known."""
        ...


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

    def table(self) -> NGramTable | None:
        """The model whose probabilities `log_prob` and `end` give, for the compiled search; None where it is no n-gram
        model, and is to be asked in Python.
        """
        ...

    def end(self, state: Any, /) -> float:
        """Natural log probability that the line ends in `state`."""
        ...

    def correct(self, text: str, evidence: Evidence, /) -> str:
        """`text`, or what it may be meant to be, which the search could not find, where that is better by the evidence
        of the frames and by what the rescorer knows.
        """
        ...

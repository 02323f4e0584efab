"""The rescorer of a beam search over Vietnamese addresses: an n-gram model, and the gazetteer that came with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from chuviet.language.gazetteer import Gazetteer
from chuviet.language.ngram import NGram, State

_ASKED = 8  # of other readings, the likeliest to the frames, that the n-gram model is asked about


class Weights(Protocol):
    """What a beam search's config says about its rescorer."""

    @property
    def alpha(self) -> float: ...
    @property
    def place(self) -> float: ...


def rescorer_of(lm: NGram | None, weights: Weights) -> AddressRescorer | None:
    """The rescorer that a language model makes; none without one."""
    return None if lm is None else AddressRescorer(lm, weights.alpha, weights.place)


class AddressRescorer:
    """Satisfies `chuviet.decode.rescorer.Rescorer`.

    `alpha` is the weight of the n-gram model's log probabilities in `correct`, `place` what is added there for every
    part of an address that the gazetteer finds in its place; at 0 the gazetteer is not asked.
    """

    def __init__(self, lm: NGram, alpha: float, place: float) -> None:
        self.lm, self.alpha, self.place = lm, alpha, place
        self.characters, self.start = lm.characters, lm.start
        self.advance, self.log_prob = lm.advance, lm.log_prob

    def end(self, state: State) -> float:
        """Natural log probability that the line ends in `state`."""
        return self.lm.log_prob(state, self.lm.end)

    def correct(self, text: str, weigh: Callable[[Sequence[str]], np.ndarray]) -> str:
        """`text`, or the combination of ward, district and province, and then the street, that is better by frames
        (`weigh`: log likelihoods), n-gram model and gazetteer.
        """
        gazetteer = self.lm.gazetteer
        if gazetteer is not None and self.place:
            for others in (gazetteer.places, gazetteer.streets):
                text = self._best([text, *others(text)], weigh, gazetteer)
        return text

    def _best(self, texts: Sequence[str], weigh: Callable[[Sequence[str]], np.ndarray], gazetteer: Gazetteer) -> str:
        texts = [t for t in texts if self.lm.knows(t)]
        if len(texts) == 1:
            return texts[0]
        scores = (weigh(texts) + [self.place * gazetteer.known(t) for t in texts]).tolist()
        # What the n-gram model can add differs little: only the best without it are worth asking about.
        others = sorted(range(1, len(texts)), key=lambda i: -scores[i])[:_ASKED]
        shared = _shared([texts[0], *(texts[i] for i in others)])
        best, most = 0, -np.inf
        for i in (0, *others):
            # Log probabilities are at most 0, and the shared beginning adds the same to all.
            if scores[i] > most:
                least = (most - scores[i]) / self.alpha if self.alpha > 0 else -np.inf
                score = scores[i] + self.alpha * self.lm.score(texts[i][shared:], texts[i][:shared], least)
                if score > most:
                    best, most = i, score
        return texts[best]


def _shared(texts: Sequence[str]) -> int:
    """How many characters all texts begin with."""
    first, last = min(texts), max(texts)
    return next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))

"""The rescorer of a beam search over Vietnamese addresses: an n-gram model, and the gazetteer that came with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import numpy as np

from chuviet.language.ngram import NGram

_ASKED = 8  # of other readings, the likeliest to the frames, that the n-gram model is asked about


class AddressRescorer:
    """Satisfies `chuviet.decode.rescorer.Rescorer`."""

    def __init__(self, lm: NGram) -> None:
        self.lm, self.gazetteer = lm, lm.gazetteer
        self.characters, self.start = lm.characters, lm.start
        self.advance, self.log_prob = lm.advance, lm.log_prob

    def end(self, state: int) -> float:
        """Natural log probability that the line ends in `state`."""
        return self.lm.log_prob(state, self.lm.end)

    def correct(
        self, text: str, weigh: Callable[[Sequence[str]], np.ndarray], alpha: float, place: float
    ) -> str:
        """`text`, or the combination of ward, district and province, and then the street, that is better by frames
        (`weigh`: log likelihoods), n-gram model (times `alpha`) and gazetteer (`place` for every part that it knows).
        """
        if self.gazetteer is None or not place:
            return text
        for others in (self.gazetteer.places, self.gazetteer.streets):
            text = self._best([text, *others(text)], weigh, alpha, place)
        return text

    def _best(
        self, texts: Sequence[str], weigh: Callable[[Sequence[str]], np.ndarray], alpha: float, place: float
    ) -> str:
        assert self.gazetteer is not None
        texts = [t for t in texts if self.lm.knows(t)]
        if len(texts) == 1:
            return texts[0]
        scores = weigh(texts) + [place * self.gazetteer.known(t) for t in texts]
        # What the n-gram model can add differs little: only the best without it are worth asking about.
        asked = (1 + np.argsort(-scores[1:])[:_ASKED]).tolist()
        path = self.lm.walk(texts[0])
        best, best_score = texts[0], float(scores[0]) + alpha * (path[-1][1] + self.end(path[-1][0]))
        for i in asked:
            score = self._score(texts[i], float(scores[i]), alpha, best_score, texts[0], path)
            if score > best_score:
                best, best_score = texts[i], score
        return best

    def _score(self, text: str, score: float, alpha: float, least: float, other: str, path) -> float:
        same = len(os.path.commonprefix((text, other)))
        state, total = path[same]
        score += alpha * total
        for c in text[same:]:
            if score <= least:
                return score
            i = self.lm._ids[c]
            score += alpha * self.lm.log_prob(state, i)
            state = self.lm.advance(state, i)
        return score + alpha * self.end(state)

"""The rescorer of a beam search over Vietnamese addresses: an n-gram model, and the gazetteer that came with it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import Protocol

from chuviet.language.gazetteer import MOST_KNOWN, Gazetteer
from chuviet.language.ngram import NGram, State
from chuviet.native.calls import NGramTable

_STYLE = re.compile(r"(?:(\.)( ?)|(?<![^\W_]))([^\W\d_])")
_ASKED = 8  # of other readings, the likeliest to the frames, that the n-gram model is asked about


class Evidence(Protocol):
    """What the frames say about texts: see `chuviet.decode.rescorer.Evidence`."""

    @property
    def beta(self) -> float: ...
    def weigh(self, texts: Sequence[str], /) -> list[float]: ...
    def at_most(self, text: str, /) -> float: ...
    def at_least(self, text: str, /) -> float: ...


class Weights(Protocol):
    """What a beam search's config says about its rescorer."""

    @property
    def alpha(self) -> float: ...
    @property
    def place(self) -> float: ...
    @property
    def alpha_style(self) -> float | None: ...


def rescorers_of(lm: NGram | None, weights: Weights) -> tuple[AddressRescorer, ...]:
    """The rescorers that a language model makes: of addresses, and of general text where it has a model of it."""
    models = [model for model in (lm, lm.general if lm else None) if model is not None]
    return tuple(AddressRescorer(model, weights.alpha, weights.place, weights.alpha_style) for model in models)


class AddressRescorer:
    """Satisfies `chuviet.decode.rescorer.Rescorer`. A model without a gazetteer, as that of general text, knows no
    places.

    `alpha` is the weight of the n-gram model's log probabilities in `correct`, `place` what is added there for every
    part of an address that the gazetteer finds in its place; at 0 the gazetteer is not asked. `alpha_style` is the
    weight where nothing but a capital, or a space after a full stop, is in question: writers follow no rule there, the
    frames know it better than words. None: `alpha`, as the search has it.
    """

    def __init__(self, lm: NGram, alpha: float, place: float, alpha_style: float | None = None) -> None:
        self.lm, self.alpha, self.place, self.alpha_style = lm, alpha, place, alpha_style
        self.characters, self.start = lm.characters, lm.start
        self.advance, self.log_prob = lm.advance, lm.log_prob

    def table(self) -> NGramTable | None:
        """The n-gram model for the compiled search."""
        return self.lm.table()

    def end(self, state: State) -> float:
        """Natural log probability that the line ends in `state`."""
        return self.lm.log_prob(state, self.lm.end)

    def correct(self, text: str, evidence: Evidence) -> str:
        """`text`, or the combination of ward, district and province, and then the street, that is better by frames,
        n-gram model and gazetteer; at last in its writer's style.
        """
        gazetteer = self.lm.gazetteer
        if gazetteer is not None and self.place:
            for others in (gazetteer.places, gazetteer.streets):
                text = self._best([text, *others(text)], evidence, gazetteer)
        return text if self.alpha_style is None else self._in_style(text, self.alpha_style, evidence)

    def _in_style(self, text: str, alpha: float, evidence: Evidence) -> str:
        """`text` in the style that is better by frames and n-gram model: each of `_styles`, while the rest is as it
        was. The length's bonus has no say: there is as much to read without a space.
        """
        styles = [(start, text[:start] + new + text[end:], new, end) for start, end, new in _styles(text)]
        styles = [one for one in styles if self.lm.knows(one[1]) and evidence.at_most(one[1]) > -math.inf]
        own, *others = evidence.weigh([text, *(other for _, other, _, _ in styles)]) if styles else [0.0]
        styled = text
        for (start, other, new, end), weight in reversed(list(zip(styles, others, strict=True))):
            gain = weight - own - evidence.beta * (len(other) - len(text))
            if gain > -math.inf:
                gain += alpha * (self.lm.score(other[start:], text[:start]) - self.lm.score(text[start:], text[:start]))
            if gain > 0:
                styled = styled[:start] + new + styled[end:]
        return styled

    def _best(self, texts: Sequence[str], evidence: Evidence, gazetteer: Gazetteer) -> str:
        """The best of the texts, the first of which is what was read."""
        texts = [t for t in texts if self.lm.knows(t)]
        if len(texts) == 1:
            return texts[0]
        shared = _shared(texts)  # its probability is the same for all
        read = texts[0]
        own = self._score(read, shared, -math.inf)
        # Log probabilities are at most 0: a text that is no better without them is none with them.
        places = {read: self.place * gazetteer.known(read)}
        least = evidence.at_least(read) + places[read] + own
        bounds = [(evidence.at_most(t), t) for t in texts[1:]]
        # Few are left whatever the gazetteer may know of them; it is asked about those.
        bounds = [(most, t) for most, t in bounds if most + max(self.place * MOST_KNOWN, 0.0) > least]
        places |= {t: self.place * gazetteer.known(t) for _, t in bounds}
        texts = [t for most, t in bounds if most + places[t] > least]
        if not texts:
            return read
        scores = [w + places[t] for t, w in zip([read, *texts], evidence.weigh([read, *texts]), strict=True)]
        best, most = read, scores[0] + own
        # What the n-gram model can add differs little: only the best without it are worth asking about.
        ranked = sorted(zip(scores[1:], texts, strict=True), key=lambda pair: -pair[0])
        for score, text in ranked[:_ASKED]:
            if score > most:
                whole = score + self._score(text, shared, most - score)
                if whole > most:
                    best, most = text, whole
        return best

    def _score(self, text: str, shared: int, least: float) -> float:
        """What the n-gram model adds for what follows the first `shared` characters; less than `least` when it is."""
        if not self.alpha:
            return 0.0
        return self.alpha * self.lm.score(text[shared:], text[:shared], least / self.alpha)


def _styles(text: str) -> Iterator[tuple[int, int, str]]:
    """What writers do as they please, as (start, end, what else could stand there), in order: a word with a capital or
    without, a space after a full stop or none.
    """
    for match in _STYLE.finditer(text):
        stop, space, letter = match.groups()
        if stop:
            yield match.end(1), match.end(2), "" if space else " "
        if letter.swapcase() != letter and len(letter.swapcase()) == 1:
            yield match.start(3), match.end(3), letter.swapcase()


def _shared(texts: Sequence[str]) -> int:
    """How many characters all texts begin with."""
    first, last = min(texts), max(texts)
    return next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))

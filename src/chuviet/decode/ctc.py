"""Text from CTC frames: the best path, or prefix beam search with a character language model; for one model or several.

Several models' peaks are in different frames, even of twins that were trained from the same weights, and their mean
would have half of a peak in each: the texts that each model reads are weighed by all of them instead.

Class 0 is blank, class i + 1 is character i of the charset. Frames are log probabilities T V, float32, without padding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from chuviet import config
from chuviet.decode.alignment import (
    Alignment,
    align,
    align_text,
    aligned_confidence,
    best_path,
    log_likelihoods,
    read_best_path,
)
from chuviet.decode.confidence import IDENTITY, Calibration
from chuviet.decode.doubt import hold_numbers, in_doubt
from chuviet.decode.evidence import LineEvidence, mean_log_likelihoods
from chuviet.decode.prefix_search import Found, PrefixSearch
from chuviet.decode.rescorer import Rescorer
from chuviet.errors import InputError
from chuviet.results import Prediction
from chuviet.vocab import Charset

__all__ = [
    "CTCBeam", "CTCGreedy", "align", "aligned_confidence", "best_path", "log_likelihoods",
]  # fmt: skip

_ANY = 1e-30  # probability of a class that was left in doubt: all but 0
#: Of one line the frames that each model gives.
Members = Sequence[np.ndarray]


class CTCGreedy:
    """The likeliest class of every frame."""

    @dataclass(frozen=True, kw_only=True)
    class Config(config.Config):
        calibration: Calibration = IDENTITY  # of words: chuviet calibrate

        def __post_init__(self) -> None:
            config.check_ranges(
                self, calibration=(-1000, 1000),
            )  # fmt: skip

        def build(self, charset: Charset) -> CTCGreedy:
            return CTCGreedy(charset)

    def __init__(self, charset: Charset) -> None:
        self.charset = charset

    def __call__(self, lines: Sequence[Members]) -> list[Prediction]:
        """Reads lines, given the frames of each model for each; `index` is the position."""
        return [self._read(index, members) for index, members in enumerate(lines)]

    def _read(self, index: int, members: Members) -> Prediction:
        paths = [read_best_path(frames) for frames in members]
        ids = _agreed(members, paths)
        return _prediction(index, self.charset, members, paths, ids)


class CTCBeam:
    """The text of highest log P(text | frames), as far as the beam sees; with rescorers that of highest
    log P(text | frames) + alpha * log P_rescorer(text) + beta * length, by whichever of them it is highest.

    Rescorers have a say where the frames are in doubt, and about no number: see `chuviet.decode.doubt`.
    """

    @dataclass(frozen=True, kw_only=True)
    class Config(config.Config):
        width: int = 16
        lm: str = ""  # empty; older configs have it: a language model travels in the recogniser's file
        alpha: float = 0.6  # weight of the language model's log probability
        alpha_style: float | None = None  # its weight in capitals and spaces after full stops; None: `alpha`
        beta: float = 2.0  # added for every character: a language model alone favours short texts
        # Above 1 the frames count as less sure than they are: long training makes them too sure.
        temperature: float = 1.0
        first: float = (
            4.0  # added for the first of several rescorers, that of addresses: its odds before anything is read
        )
        keep_digits: bool = True  # words with digits as in the best path: no language model knows a house number
        place: float = 8.0  # added for every part of an address that the gazetteer finds in its place
        top: int = 12  # classes looked at in a frame
        min_prob: float = 0.005  # of a class to be looked at; what is surer than 1 - min_prob stays as it was read
        place_min_prob: float = 3e-3  # the same, for what the gazetteer offers
        min_ratio: float = 1e-4  # to the best prefix, that one must have to be kept
        calibration: Calibration = IDENTITY  # of words: chuviet calibrate

        def __post_init__(self) -> None:
            config.check_ranges(
                self, width=(1, 100_000), alpha=(0, 100), alpha_style=(0, 100), beta=(-100, 100),
                temperature=(0.01, 100), first=(-1000, 1000), place=(0, 1000), top=(1, 65536), min_prob=(0, 1),
                place_min_prob=(0, 1), min_ratio=(0, 1), calibration=(-1000, 1000),
            )  # fmt: skip

        def build(self, charset: Charset, *rescorers: Rescorer) -> CTCBeam:
            """Raises InputError for a rescorer of another charset, or when `lm` names a file."""
            return CTCBeam(self, charset, *rescorers)

    def __init__(self, cfg: CTCBeam.Config, charset: Charset, *rescorers: Rescorer) -> None:
        if cfg.lm:
            raise InputError(f"lm={cfg.lm}: a language model is packed with its recogniser: chuviet pack RUN --lm FILE")
        if any(rescorer.characters != charset.characters for rescorer in rescorers):
            raise InputError(
                "the language model was made with another charset than the recogniser; train it anew with this one"
            )
        self.cfg, self.charset, self.rescorers = cfg, charset, rescorers
        self._searches = [
            PrefixSearch(
                width=cfg.width, ratio=cfg.min_ratio, top=cfg.top, min_prob=_ANY, rescorer=rescorer,
                alpha=cfg.alpha, beta=cfg.beta,
            )
            for rescorer in rescorers or (None,)
        ]  # fmt: skip
        self._ids = {c: i for i, c in enumerate(charset.characters)}
        self._digits = [i + 1 for i, c in enumerate(charset.characters) if c.isdigit()]

    def __call__(self, lines: Sequence[Members]) -> list[Prediction]:
        """Reads lines, given the frames of each model for each; `index` is the position."""
        return [self._read(index, members) for index, members in enumerate(lines)]

    def _read(self, index: int, members: Members) -> Prediction:
        soft = [softened(frames, self.cfg.temperature) for frames in members]
        paths = [read_best_path(frames) for frames in members]
        if not self.rescorers:
            doubted = [in_doubt(probs, self.cfg.min_prob) for probs in soft]
            return _prediction(index, self.charset, members, paths, _searched(self._searches[0], doubted).ids)
        ids = _agreed(members, paths)
        read = self.charset.decode(ids)
        text = self._rescored(soft, [_of_text(*of, ids) for of in zip(members, paths, strict=True)], read)
        prediction = _prediction(index, self.charset, members, paths, [self._ids[c] for c in text])
        prediction.raw_text = read.strip(" ")
        return prediction

    def _rescored(self, soft: Members, paths: Sequence[Alignment | None], read: str) -> str:
        """The best text by any of the rescorers, given the probabilities that each model gives and its alignment of
        what was `read`.
        """
        pairs = list(zip(soft, paths, strict=True))
        doubted = [self._held(in_doubt(probs, self.cfg.min_prob), path, read) for probs, path in pairs]
        found = [_searched(search, doubted) for search in self._searches]
        worth = [text.log_likelihood + text.bonus for text in found]
        worth[0] += self.cfg.first
        chosen = int(np.argmax(worth))
        best, rescorer = found[chosen], self.rescorers[chosen]
        text = self.charset.decode(best.ids)
        least = min(self.cfg.min_prob, self.cfg.place_min_prob)
        weighed = doubted
        if least < self.cfg.min_prob:
            weighed = [self._held(in_doubt(probs, least), path, read) for probs, path in pairs]
        return rescorer.correct(text, LineEvidence(weighed, self._ids, self.cfg.beta, text, best.log_likelihood))

    def _held(self, probs: np.ndarray, path: Alignment | None, read: str) -> np.ndarray:
        """The probabilities with the numbers of what was read held, where that is wanted and can be."""
        return hold_numbers(probs, path, read, self._digits) if self.cfg.keep_digits and path else probs

    def search(self, log_probs: np.ndarray) -> list[int]:
        """Character ids of the best text of the first rescorer's search, for the frames T V (log probabilities)."""
        return self._searches[0](in_doubt(softened(log_probs, self.cfg.temperature), self.cfg.min_prob))[0].ids


def _searched(search: PrefixSearch, members: Members) -> Found:
    """The best text of one model's search; of what several find the one that suits them all. `members` hold
    probabilities.
    """
    if len(members) == 1:
        return search(members[0])[0]
    found = {tuple(text.ids): text for probs in members for text in search(probs)}
    likelihoods = mean_log_likelihoods(members, list(found))
    worth = [float(p) + text.bonus for p, text in zip(likelihoods, found.values(), strict=True)]
    best = int(np.argmax(worth))
    return replace(list(found.values())[best], log_likelihood=float(likelihoods[best]))


def softened(log_probs: np.ndarray, temperature: float) -> np.ndarray:
    """The probabilities of frames T V at a temperature."""
    if temperature == 1:
        return np.exp(log_probs)
    probs = log_probs / temperature
    np.exp(probs, out=probs)
    probs /= probs.sum(1, keepdims=True)
    return probs


def _of_text(frames: np.ndarray, path: Alignment, ids: list[int]) -> Alignment | None:
    """The alignment of the text `ids`: the best path where it is its text; None where the text needs more frames."""
    return path if path.ids == ids else align_text(frames, ids)


def _agreed(members: Members, paths: Sequence[Alignment]) -> list[int]:
    """The text of the best path; of several models' the one that suits them all."""
    texts = list(dict.fromkeys(tuple(path.ids) for path in paths))
    if len(texts) == 1:
        return list(texts[0])
    return list(texts[int(np.argmax(mean_log_likelihoods([np.exp(m) for m in members], texts)))])


def _prediction(
    index: int, charset: Charset, members: Members, paths: Sequence[Alignment], ids: list[int]
) -> Prediction:
    """The text `ids` without outer spaces; spans and scores in the first model's frames, confidence the mean over all
    models'.
    """
    text = charset.decode(ids)
    start = len(text) - len(text.lstrip(" "))
    text = text.strip(" ")
    found = Prediction(index, text, 0.0, frames=len(members[0]))
    confidences = []
    for i, (frames, path) in enumerate(zip(members, paths, strict=True)):
        # The best path is also the likeliest alignment of its own text.
        aligned = _of_text(frames, path, ids)
        aligned = aligned.cut(start, start + len(text)) if aligned else None
        confidences.append(aligned.confidence if aligned else 0.0)
        if aligned and i == 0:
            found.spans, found.scores = aligned.spans, np.exp(aligned.peaks.astype(np.float64))
    found.confidence = float(np.mean(confidences)) if len(confidences) > 1 else confidences[0]
    return found

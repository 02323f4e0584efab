"""Texts and CTC frames: the best path, the likeliest alignment of a text, the likelihood of texts.

Class 0 is blank, class i + 1 is character i of the charset. A text of L characters has 2 L + 1 states: its characters,
and the blanks before, between and behind them.

`chuviet.native` has the loops over the frames in C, with the same results; they run where it was compiled.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chuviet.native import calls
from chuviet.vocab import BLANK

_RESCALE = 8  # frames: the product of as many probabilities in float32 does not underflow in float64


@dataclass(frozen=True)
class Alignment:
    """Where the characters `ids` of a text lie in the frames.

    `spans` L 2: first and last frame of each; `peaks` L: its highest log probability in them.
    """

    ids: list[int]
    spans: np.ndarray
    peaks: np.ndarray

    @property
    def confidence(self) -> float:
        """The geometric mean of the characters' probabilities, 0..1; 1 without any."""
        return math.exp(float(self.peaks.mean())) if len(self.peaks) else 1.0

    def cut(self, start: int, end: int) -> Alignment:
        """That of the characters from `start` to before `end`."""
        return Alignment(self.ids[start:end], self.spans[start:end], self.peaks[start:end])


def read_best_path(log_probs: np.ndarray) -> Alignment:
    """The likeliest class of each of the frames T V, repeats merged, blanks removed."""
    if not len(log_probs):
        return Alignment([], np.zeros((0, 2), np.intp), np.zeros(0, np.float32))
    return _runs(log_probs, log_probs.argmax(-1))


def align_text(log_probs: np.ndarray, ids: Sequence[int]) -> Alignment | None:
    """The likeliest alignment of the text `ids` to the frames T V; None when it needs more than T frames."""
    if not len(ids):
        return Alignment([], np.zeros((0, 2), np.intp), np.zeros(0, np.float32))
    path = calls.align(log_probs, ids)
    if path is None:
        path = _viterbi(log_probs, ids)
    if not len(path):
        return None
    states = np.full(2 * len(ids) + 1, BLANK)
    states[1::2] = np.array(ids, int) + 1
    return _runs(log_probs, states[path], path)


def _runs(log_probs: np.ndarray, classes: np.ndarray, path: np.ndarray | None = None) -> Alignment:
    """The alignment that takes one class a frame; a run of frames is one of one class, or of one number in `path`."""
    runs = classes if path is None else path
    ends = np.append(np.flatnonzero(runs[1:] != runs[:-1]), len(runs) - 1)
    starts = np.concatenate(([0], ends[:-1] + 1))
    peaks = np.maximum.reduceat(log_probs[np.arange(len(classes)), classes], starts)
    written = classes[starts] != BLANK
    spans = np.stack((starts[written], ends[written]), 1)
    return Alignment((classes[starts][written] - 1).tolist(), spans, peaks[written])


def _viterbi(log_probs: np.ndarray, ids: Sequence[int]) -> np.ndarray:
    """The state of the text `ids` in each of the frames T V on its likeliest path; empty where there is none."""
    frames, count = len(log_probs), 2 * len(ids) + 1
    states = np.full(count, BLANK)
    states[1::2] = np.array(ids, int) + 1
    skips = np.full(count, -np.inf)  # the blank between two characters may be left out unless they are equal
    skips[1] = 0
    skips[3::2][states[3::2] != states[1:-2:2]] = 0
    emitted = log_probs[:, states].astype(np.float64)
    # Two cells that nothing reaches before the states; before the first frame the path stands in the second of them.
    scores = np.full((frames + 1, count + 2), -np.inf)
    scores[0, 1] = 0
    skipping = np.empty(count)
    before, here = scores[:-1], scores[1:, 2:]
    for stay, step, skip, after, frame in zip(
        before[:, 2:], before[:, 1:-1], before[:, :-2], here, emitted, strict=True
    ):
        np.add(skip, skips, skipping)
        np.maximum(stay, step, out=after)
        np.maximum(after, skipping, out=after)
        np.add(after, frame, after)
    state = count - 1 if scores[-1, -1] > scores[-1, -2] else count - 2
    if frames == 0 or scores[-1, state + 2] == -np.inf:
        return np.zeros(0, int)
    return np.array(_backwards(scores.data, skips.tolist(), state))


def _backwards(scores: memoryview, skips: list[float], state: int) -> list[int]:
    """The path that ends in `state`, from the scores (T + 1, 2 + states) of all."""
    path = [state]
    for t in range(len(scores) - 2, 0, -1):
        stay, step, skip = scores[t, state + 2], scores[t, state + 1], scores[t, state] + skips[state]
        if step > stay or skip > stay:
            state -= 2 if skip > step else 1
        path.append(state)
    return path[::-1]


def log_likelihoods(log_probs: np.ndarray, texts: Sequence[Sequence[int]]) -> np.ndarray:
    """Log P(text | frames) of each of N `texts` (character ids), over all its alignments to the frames T V: N floats,
    -inf where a text needs more than T frames.
    """
    return sum_alignments(np.exp(log_probs), texts)


def sum_alignments(probs: np.ndarray, texts: Sequence[Sequence[int]]) -> np.ndarray:
    """As `log_likelihoods`, of frames T V that are probabilities."""
    factors = calls.sum_alignments(probs, texts, _RESCALE)
    if factors is None:
        factors = _sum_alignments(probs, texts)
    with np.errstate(divide="ignore"):
        logs = np.log(factors)
    return logs[:-1].sum(0) + logs[-1]


def _sum_alignments(probs: np.ndarray, texts: Sequence[Sequence[int]]) -> np.ndarray:
    """The probability of each of N texts as factors: see `chuviet.native.calls.sum_alignments`."""
    # The states of all texts in one row, each text behind two cells that stay zero.
    sizes = np.array([2 * len(ids) + 3 for ids in texts], np.intp)
    ends = np.cumsum(sizes)
    starts = ends - sizes
    classes = np.full(int(sizes.sum()), BLANK)
    for start, ids in zip(starts.tolist(), texts, strict=True):
        classes[start + 3 : start + 2 * len(ids) + 3 : 2] = np.array(ids, int) + 1
    skips = np.zeros(len(classes))  # the blank between two characters may be left out unless they are equal
    skips[2:] = (classes[2:] != BLANK) & (classes[2:] != classes[:-2])
    emitted = probs[:, classes].astype(np.float64)
    emitted[:, starts] = emitted[:, starts + 1] = 0
    forward, skipped = np.zeros(len(classes)), np.empty(len(classes))
    forward[starts + 1] = 1  # before the first frame: the next one may be the first blank or the first character
    here, one_before, two_before = forward[2:], forward[1:-1], forward[:-2]
    skips, skipped = skips[2:], skipped[2:]
    add, multiply = np.add, np.multiply  # of a few hundred cells, for which a keyword is a tenth of the time
    scales = np.ones((len(probs) // _RESCALE + 2, len(texts)))
    for t, frame in enumerate(emitted, 1):
        multiply(skips, two_before, skipped)
        add(skipped, one_before, skipped)
        add(here, skipped, here)
        multiply(forward, frame, forward)
        if t % _RESCALE == 0:
            scale = scales[t // _RESCALE] = np.maximum.reduceat(forward, starts)
            forward /= np.repeat(np.maximum(scale, np.finfo(float).tiny), sizes)
    scales[-1] = forward[ends - 1] + forward[ends - 2]
    return scales


def best_path(log_probs: np.ndarray) -> tuple[list[int], float]:
    """Character ids and confidence of `read_best_path`."""
    read = read_best_path(log_probs)
    return read.ids, read.confidence


def align(log_probs: np.ndarray, ids: Sequence[int]) -> np.ndarray | None:
    """First and last frame of each character of the text `ids` in its likeliest alignment to the frames T V: L 2; None
    when it needs more than T frames.
    """
    aligned = align_text(log_probs, ids)
    return None if aligned is None else aligned.spans


def aligned_confidence(log_probs: np.ndarray, ids: Sequence[int]) -> float:
    """Confidence of the text `ids` on its likeliest alignment to the frames T V; 0 when it needs more than T frames.

    A character's probability is its highest in the frames that it takes: of the best path's own text this is what
    `best_path` returns.
    """
    aligned = align_text(log_probs, ids)
    return 0.0 if aligned is None else aligned.confidence

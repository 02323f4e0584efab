"""Text from CTC frames: the best path, or prefix beam search with a character language model; for one model or several.

Several models' peaks are in different frames, even of twins that were trained from the same weights, and their mean
would have half of a peak in each: the texts that each model reads are weighed by all of them instead.

The prefix search follows Hannun et al., "First-Pass Large Vocabulary Continuous Speech Recognition using Bi-Directional
Recurrent DNNs" (https://arxiv.org/abs/1408.2873), with characters in the place of words. Class 0 is blank, class i + 1
is character i of the charset.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from chuviet import config
from chuviet.errors import InputError
from chuviet.language.ngram import NGram
from chuviet.results import Prediction
from chuviet.vocab import BLANK, Charset


def best_path(log_probs: np.ndarray) -> tuple[list[int], float]:
    """Character ids and confidence of the likeliest class of every frame, repeats merged, blanks removed. T V."""
    if not len(log_probs):
        return [], 1.0
    classes = log_probs.argmax(-1)
    starts = np.flatnonzero(np.diff(classes, prepend=-1))  # the first frame of every run of one class
    peaks = np.maximum.reduceat(log_probs[np.arange(len(classes)), classes], starts)
    written = classes[starts] != BLANK
    return (classes[starts][written] - 1).tolist(), _confidence(peaks[written])


def align(log_probs: np.ndarray, ids: Sequence[int]) -> np.ndarray | None:
    """The likeliest alignment of the text `ids` to the frames T V: first and last frame of each character, L 2; None
    when the text needs more than T frames.
    """
    states = np.full(2 * len(ids) + 1, BLANK)
    states[1::2] = np.array(ids, int) + 1
    skips = np.zeros(len(states), bool)  # the blank between two characters may be left out unless they are equal
    skips[3::2] = states[3::2] != states[1:-2:2]
    score = np.full(len(states), -np.inf)
    back = np.zeros((len(log_probs), len(states)), np.int8)
    for t, frame in enumerate(log_probs):
        if t == 0:
            score[:2] = frame[states[:2]]
            continue
        options = np.full((3, len(states)), -np.inf)
        options[0] = score
        options[1, 1:] = score[:-1]
        options[2, 2:] = np.where(skips[2:], score[:-2], -np.inf)
        back[t] = options.argmax(0)
        score = options.max(0) + frame[states]
    state = len(states) - 1 if len(ids) == 0 or score[-1] > score[-2] else len(states) - 2
    if score[state] == -np.inf:
        return None
    spans = np.full((len(states), 2), -1)
    for t in range(len(log_probs) - 1, -1, -1):
        spans[state, 0] = t
        if spans[state, 1] < 0:
            spans[state, 1] = t
        state -= int(back[t, state])
    return spans[1::2]


def aligned_confidence(log_probs: np.ndarray, ids: Sequence[int]) -> float:
    """Confidence of the text `ids` on its likeliest alignment to the frames T V; 0 when it needs more than T frames.

    A character's probability is its highest in the frames that it takes: of the best path's own text this is what
    `best_path` returns.
    """
    if not ids:
        return 1.0
    spans = align(log_probs, ids)
    if spans is None:
        return 0.0
    peaks = [log_probs[a : b + 1, c + 1].max() for (a, b), c in zip(spans.tolist(), ids, strict=True)]
    return _confidence(np.array(peaks))


def log_likelihoods(log_probs: np.ndarray, texts: Sequence[Sequence[int]]) -> np.ndarray:
    """Log P(text | frames) of each of N `texts` (character ids), over all its alignments to the frames T V: N floats,
    -inf where a text needs more than T frames.
    """
    states = np.full((len(texts), 2 * max(map(len, texts), default=0) + 1), BLANK)
    for row, ids in zip(states, texts, strict=True):
        row[1 : 2 * len(ids) : 2] = np.array(ids, int) + 1
    skips = np.zeros(states.shape)  # the blank between two characters may be left out unless they are equal
    skips[:, 3::2] = states[:, 3::2] != states[:, 1:-2:2]
    forward, total = np.zeros(states.shape), np.zeros(len(texts))
    forward[:, 0] = 1  # before the first frame: the next one may be the first blank or the first character
    for frame in np.exp(log_probs.astype(np.float64)):
        moved = forward.copy()
        moved[:, 1:] += forward[:, :-1]
        moved[:, 2:] += skips[:, 2:] * forward[:, :-2]
        forward = moved * frame[states]
        scale = forward.max(1)
        with np.errstate(divide="ignore"):
            total += np.log(scale)
        forward /= np.maximum(scale, np.finfo(float).tiny)[:, None]
    last = np.array([2 * len(ids) for ids in texts])
    rows = np.arange(len(texts))
    with np.errstate(divide="ignore"):
        return total + np.log(forward[rows, last] + np.where(last > 0, forward[rows, last - 1], 0))


def _confidence(log_probs: np.ndarray) -> float:
    return float(np.exp(log_probs.mean())) if len(log_probs) else 1.0


class CTCGreedy:
    """The likeliest class of every frame."""

    @dataclass(frozen=True, kw_only=True)
    class Config(config.Config):
        def build(self, charset: Charset) -> CTCGreedy:
            return CTCGreedy(charset)

    def __init__(self, charset: Charset) -> None:
        self.charset = charset

    def __call__(self, lines: Sequence[Sequence[np.ndarray]]) -> list[Prediction]:
        """Decodes `output` (of one model, or of several that read together), or what `model(batch)` gives."""
        predictions = []
        for index, members in enumerate(lines):
            ids = _best_read(members)
            predictions.append(
                Prediction(
                    index, self.charset.decode(ids), _mean_confidence(members, ids), None, align(members[0], ids)
                )
            )
        return predictions


@dataclass(slots=True)
class _Prefix:
    """A node of the tree of prefixes. `bonus` is what the language model and the length add to its log probability."""

    parent: _Prefix | None
    character: int  # -1 at the root
    state: int
    bonus: float
    children: dict[int, _Prefix] = field(default_factory=dict)

    def ids(self) -> list[int]:
        found, node = [], self
        while node.parent is not None:
            found.append(node.character)
            node = node.parent
        return found[::-1]


class CTCBeam:
    """The text of highest log P(text | frames), as far as the beam sees; with a language model that of highest
    log P(text | frames) + alpha * log P_LM(text) + beta * length.
    """

    @dataclass(frozen=True, kw_only=True)
    class Config(config.Config):
        width: int = 16
        lm: str = ""  # file of an `NGram`; none without
        alpha: float = 0.6  # weight of the language model's log probability
        beta: float = 2.0  # added for every character: a language model alone favours short texts
        temperature: float = (
            1.0  # above 1 the frames count as less sure than they are: long training makes them too sure
        )
        keep_digits: bool = True  # words with digits as in the best path: no language model knows a house number
        place: float = 8.0  # added for every part of an address that the gazetteer finds in its place
        top: int = 12  # classes looked at in a frame
        min_prob: float = 3e-4  # of a class to be looked at

        def build(self, charset: Charset, lm: NGram | None = None) -> CTCBeam:
            """`lm` wins over the config's file. Raises InputError when that is missing or of another charset."""
            if lm is None and self.lm:
                lm = NGram.load(Path(self.lm))
            return CTCBeam(self, charset, lm)

    def __init__(self, cfg: CTCBeam.Config, charset: Charset, lm: NGram | None = None) -> None:
        if lm is not None and lm.characters != charset.characters:
            raise InputError(
                "the language model was made with another charset than the recogniser; train it anew with this one"
            )
        self.cfg, self.charset, self.lm = cfg, charset, lm

    def __call__(self, lines: Sequence[Sequence[np.ndarray]]) -> list[Prediction]:
        """Decodes `output` (of one model, or of several that read together), or what `model(batch)` gives."""
        predictions = []
        for index, members in enumerate(lines):
            soft = [self._softened(frames) for frames in members]
            ids, read = self._searched(soft), None
            if self.lm is not None:
                read = self.charset.decode(_best_read(members))
                text = self.charset.decode(ids)
                if self.cfg.keep_digits:
                    text = keep_digit_words(text, read)
                if self.lm.gazetteer and self.cfg.place:
                    text = self._likeliest(soft, [text, *self.lm.gazetteer.places(text)])
                    text = self._likeliest(soft, [text, *self.lm.gazetteer.streets(text)])
                ids = [self.charset.characters.index(c) for c in text]
            predictions.append(
                Prediction(
                    index, self.charset.decode(ids), _mean_confidence(members, ids), read, align(members[0], ids)
                )
            )
        return predictions

    def _searched(self, members: Sequence[np.ndarray]) -> list[int]:
        """The best text of one model's search; of what several find the one that suits them all."""
        found: dict[tuple[int, ...], float] = {}
        for frames in members:
            for node, _, _ in self._beam(frames):
                found[tuple(node.ids())] = node.bonus + self._end(node)
                if len(members) == 1:
                    return node.ids()
        texts = list(found)
        return list(texts[int(np.argmax(_likelihoods(members, texts) + list(found.values())))])

    def _likeliest(self, members: Sequence[np.ndarray], texts: Sequence[str]) -> str:
        """The text that the frames, the language model and its gazetteer together like best."""
        cfg, lm = self.cfg, self.lm
        assert lm is not None and lm.gazetteer is not None
        texts = [t for t in texts if not self.charset.unknown(t)]
        if len(texts) == 1:
            return texts[0]
        scores = _likelihoods(members, [self.charset.encode(t) for t in texts])
        scores += [cfg.beta * len(t) + cfg.place * lm.gazetteer.known(t) for t in texts]
        # What the language model can add differs little: only the best without it are worth asking about.
        asked = [0, *(1 + np.argsort(-scores[1:])[:8]).tolist()]
        return texts[max(asked, key=lambda i: float(scores[i]) + cfg.alpha * lm.score(texts[i]))]

    def search(self, log_probs: np.ndarray) -> list[int]:
        """Character ids of the best text for the frames T V (log probabilities)."""
        return self._beam(self._softened(log_probs))[0][0].ids()

    def _softened(self, frames: np.ndarray) -> np.ndarray:
        """The log probabilities T V at the temperature of the config."""
        if self.cfg.temperature == 1:
            return frames
        scaled = frames / self.cfg.temperature
        return scaled - np.logaddexp.reduce(scaled, axis=1, keepdims=True)

    def _beam(self, log_probs: np.ndarray) -> list[tuple[_Prefix, float, float]]:
        """The prefixes that are left after the last frame, the best first."""
        cfg = self.cfg
        # Prefix -> probability of its alignments that end in blank, and in its last character; rescaled at every frame.
        beam: dict[int, tuple[_Prefix, float, float]] = {}
        root = _Prefix(None, -1, self.lm.start if self.lm else 0, 0.0)
        beam[id(root)] = (root, 1.0, 0.0)
        for frame in np.exp(log_probs.astype(np.float64)):
            probs = frame.tolist()
            likely = [c for c in _top(frame, cfg.top) if c != BLANK and probs[c] >= cfg.min_prob]
            grown = self._grow(beam, probs, likely)
            kept = heapq.nlargest(cfg.width, grown.values(), key=_rank) if len(grown) > cfg.width else grown.values()
            scale = 1 / max(blank + last for _, blank, last in kept)
            beam = {id(node): (node, blank * scale, last * scale) for node, blank, last in kept}
        return sorted(beam.values(), key=lambda entry: _rank(entry) + self._end(entry[0]), reverse=True)

    def _grow(
        self, beam: dict[int, tuple[_Prefix, float, float]], probs: list[float], likely: list[int]
    ) -> dict[int, list[Any]]:
        """The prefixes after one more frame, as lists [prefix, blank, last]; without new ones that cannot be kept."""
        grown: dict[int, list[Any]] = {}
        for key, (node, blank, last) in beam.items():
            # A pruned class may still go on: it costs nothing to look.
            again = last * probs[node.character + 1] if node.character >= 0 else 0.0
            grown[key] = [node, (blank + last) * probs[BLANK], again]
        # A new prefix must be better than the worst of a full beam, and the language model can only take from it.
        beta, full = self.cfg.beta if self.lm else 0.0, len(grown) == self.cfg.width
        worst = min(_rank(e) if e[1] + e[2] > 0 else -math.inf for e in grown.values()) if full else -math.inf
        for node, blank, last in beam.values():
            total = blank + last
            least = math.exp(min(worst - node.bonus - beta, 700.0))
            for c in likely:
                # The same character again is a new one only after a blank.
                gain = probs[c] * (blank if c - 1 == node.character else total)
                child = node.children.get(c - 1)
                if child is None or id(child) not in grown:
                    if gain <= least:
                        continue
                    bonus = child.bonus if child else self._bonus(node, c - 1)
                    if math.log(gain) + bonus <= worst:
                        continue
                    child = child or self._child(node, c - 1, bonus)
                    grown[id(child)] = [child, 0.0, 0.0]
                grown[id(child)][2] += gain
        return {key: entry for key, entry in grown.items() if entry[1] + entry[2] > 0}

    def _bonus(self, node: _Prefix, character: int) -> float:
        """What the language model and the length add to `node` with one more character."""
        if self.lm is None:
            return 0.0
        return node.bonus + self.cfg.beta + self.cfg.alpha * float(self.lm.log_probs(node.state)[character])

    def _child(self, node: _Prefix, character: int, bonus: float) -> _Prefix:
        state = self.lm.advance(node.state, character) if self.lm else node.state
        child = node.children[character] = _Prefix(node, character, state, bonus)
        return child

    def _end(self, node: _Prefix) -> float:
        """What the language model says to a line that ends here."""
        return self.cfg.alpha * float(self.lm.log_probs(node.state)[self.lm.end]) if self.lm else 0.0


def _rank(entry: Sequence[Any]) -> float:
    node, blank, last = entry
    return math.log(blank + last) + node.bonus


def _top(frame: np.ndarray, count: int) -> list[int]:
    if count >= len(frame):
        return list(range(len(frame)))
    return np.argpartition(frame, -count)[-count:].tolist()


def _likelihoods(members: Sequence[np.ndarray], texts: Sequence[Sequence[int]]) -> np.ndarray:
    """The log likelihood of each text, the mean over the models."""
    return np.mean([log_likelihoods(frames, texts) for frames in members], 0)


def _best_read(members: Sequence[np.ndarray]) -> list[int]:
    """The text of the best path; of several models' the one that suits them all."""
    texts = list(dict.fromkeys(tuple(best_path(frames)[0]) for frames in members))
    return list(texts[0] if len(texts) == 1 else texts[int(np.argmax(_likelihoods(members, texts)))])


def _mean_confidence(members: Sequence[np.ndarray], ids: Sequence[int]) -> float:
    return float(np.mean([aligned_confidence(frames, ids) for frames in members]))


def keep_digit_words(text: str, read: str) -> str:
    """`text` with every word that has a digit, in either, as it stands in `read`; unchanged if word counts differ."""
    words, seen = text.split(" "), read.split(" ")
    if len(words) != len(seen):
        return text
    digits = [any(c.isdigit() for c in a + b) for a, b in zip(words, seen, strict=True)]
    return " ".join(b if digit else a for a, b, digit in zip(words, seen, digits, strict=True))

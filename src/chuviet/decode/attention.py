"""Text from attention models, one character a step: greedy, beam search, and several models that step together.

A network offers a state of its lines and `step(tokens, state)`, see `StepNetwork`. Class ids are those of
`chuviet.vocab`: pad 0, sos 1, eos 2, mask 3, characters from 4. Texts that reach the longest length without an end are
returned as they are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from chuviet import config
from chuviet.results import Prediction
from chuviet.vocab import EOS, MASK, PAD, SOS, SPECIALS, Charset


class StepNetwork(Protocol):
    """Writes character by character. A state is whatever the network likes: it holds N lines."""

    def step(self, tokens: np.ndarray, state: Any) -> tuple[np.ndarray, Any]:
        """The last characters (N int64) -> logits of the next ones (N V float32) and the new state."""

    def select(self, state: Any, rows: np.ndarray) -> Any:
        """The state of the lines `rows` (M int64), which may be repeated."""


class AttentionGreedy:
    """The likeliest character at every step."""

    @dataclass(frozen=True, kw_only=True)
    class Config(config.Config):
        max_length: int = 128  # characters

        def __post_init__(self) -> None:
            config.check_ranges(
                self, max_length=(1, 4096),
            )  # fmt: skip

        def build(self, charset: Charset) -> AttentionGreedy:
            return AttentionGreedy(self, charset)

    def __init__(self, cfg: AttentionGreedy.Config, charset: Charset) -> None:
        self.cfg, self.charset = cfg, charset

    def __call__(self, network: StepNetwork, state: Any, count: int) -> list[Prediction]:
        """The texts of the `count` lines of `state`, in their order."""
        tokens = np.full(count, SOS, np.int64)
        ended = np.zeros(count, bool)
        written, chosen = [], []
        for _ in range(self.cfg.max_length):
            log_probs, state = _next(network, tokens, state)
            tokens = log_probs.argmax(-1)
            best = log_probs[np.arange(count), tokens]
            ended = ended | (tokens == EOS)
            if ended.all():
                break
            written.append(np.where(ended, PAD, tokens))
            chosen.append(np.where(ended, 0.0, best))
        if not written:
            return predictions(self.charset, np.zeros((count, 0), np.int64), np.zeros((count, 0)))
        return predictions(self.charset, np.stack(written, 1), np.stack(chosen, 1))


class AttentionBeam:
    """The finished text with the highest log P(text) / length**normalise among those that the beam meets.

    The length counts the end. Every prefix of the beam is weighed with an end at every step, and the search stops when
    none can overtake the best so far, so a wide enough beam finds the true maximum.
    """

    @dataclass(frozen=True, kw_only=True)
    class Config(config.Config):
        width: int = 4
        max_length: int = 128  # characters
        normalise: float = 1.0  # 0 compares plain probabilities, which favours short texts; 1 the mean per character

        def __post_init__(self) -> None:
            config.check_ranges(
                self, width=(1, 256), max_length=(1, 4096), normalise=(0, 10),
            )  # fmt: skip

        def build(self, charset: Charset) -> AttentionBeam:
            return AttentionBeam(self, charset)

    def __init__(self, cfg: AttentionBeam.Config, charset: Charset) -> None:
        self.cfg, self.charset = cfg, charset

    def __call__(self, network: StepNetwork, state: Any, count: int) -> list[Prediction]:
        """The texts of the `count` lines of `state`, in their order."""
        n, k, longest = count, self.cfg.width, self.cfg.max_length
        rows = np.arange(n)
        state = network.select(state, np.repeat(rows, k))  # N*K lines
        tokens = np.full(n * k, SOS, np.int64)
        scores = np.full((n, k), -math.inf)
        scores[:, 0] = 0.0  # one live prefix at first: the empty one
        ids, chosen = np.zeros((n, k, longest), np.int64), np.zeros((n, k, longest))
        best_score = np.full(n, -math.inf)
        best_ids, best_chosen = ids[:, 0].copy(), chosen[:, 0].copy()
        for length in range(longest):
            log_probs, state = _next(network, tokens, state)
            log_probs = log_probs.reshape(n, k, -1)
            ends = (scores + log_probs[:, :, EOS]) / (length + 1) ** self.cfg.normalise
            beam = ends.argmax(1)
            better = ends[rows, beam] > best_score
            best_score = np.where(better, ends[rows, beam], best_score)
            best_ids = np.where(better[:, None], ids[rows, beam], best_ids)
            best_chosen = np.where(better[:, None], chosen[rows, beam], best_chosen)

            log_probs[:, :, EOS] = -math.inf
            scores, parent, character = _best_extensions(scores[:, :, None] + log_probs, k)
            ids, chosen = ids[rows[:, None], parent], chosen[rows[:, None], parent]  # N K longest
            ids[:, :, length] = character
            chosen[:, :, length] = log_probs[rows[:, None], parent, character]
            # Log probabilities only fall; at best a prefix ends for free after the longest text.
            bound = scores[:, 0] / (longest + 1) ** self.cfg.normalise
            if (best_score >= bound).all():
                break
            state = network.select(state, (rows[:, None] * k + parent).ravel())
            tokens = character.ravel()
        unfinished = best_score == -math.inf
        best_ids = np.where(unfinished[:, None], ids[:, 0], best_ids)
        best_chosen = np.where(unfinished[:, None], chosen[:, 0], best_chosen)
        return predictions(self.charset, best_ids, best_chosen)


class DecodedInGraph:
    """The text of a network that holds its decoder's loop, as an exported attention model does."""

    @dataclass(frozen=True, kw_only=True)
    class Config(config.Config):
        def build(self, charset: Charset) -> DecodedInGraph:
            return DecodedInGraph(charset)

    def __init__(self, charset: Charset) -> None:
        self.charset = charset

    def __call__(self, ids: np.ndarray, log_probs: np.ndarray) -> list[Prediction]:
        """`ids` N L (pad after the end) and the log probabilities of these characters (N L)."""
        return predictions(self.charset, ids, log_probs)


class StepEnsemble:
    """Several networks of one charset as one `StepNetwork`: a step gives the log of the mean of their probabilities.
    Its state is the tuple of theirs.
    """

    def __init__(self, networks: Sequence[StepNetwork]) -> None:
        if not networks:
            raise ValueError("an ensemble needs at least one model")
        self.networks = list(networks)

    def step(self, tokens: np.ndarray, state: Any) -> tuple[np.ndarray, Any]:
        log_probs, after = [], []
        for network, own in zip(self.networks, state, strict=True):
            logits, new = network.step(tokens, own)
            log_probs.append(log_softmax(logits))
            after.append(new)
        mean = np.logaddexp.reduce(np.stack(log_probs)) - math.log(len(log_probs))
        return mean.astype(np.float32), tuple(after)

    def select(self, state: Any, rows: np.ndarray) -> Any:
        return tuple(network.select(own, rows) for network, own in zip(self.networks, state, strict=True))


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Log probabilities of the last axis' classes, float32."""
    shifted = logits - logits.max(-1, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(-1, keepdims=True))
    return shifted


def predictions(charset: Charset, ids: np.ndarray, log_probs: np.ndarray) -> list[Prediction]:
    """`ids` N L, class ids of the chosen characters and then pad; `log_probs` N L, those of the choices and then 0.
    Texts neither begin nor end with a space.
    """
    lengths = (ids != PAD).sum(1)
    confidences = np.exp(log_probs.sum(1) / np.maximum(lengths, 1)).tolist()
    return [
        Prediction(i, charset.decode(c - SPECIALS for c in row[:length]).strip(" "), confidence)
        for i, (row, length, confidence) in enumerate(zip(ids.tolist(), lengths.tolist(), confidences, strict=True))
    ]


def _best_extensions(scores: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """N K V scores of prefixes with one more character -> of the best `k` of each line, the best first: score, number
    of the prefix, character (N K each).
    """
    n, _, classes = scores.shape
    flat = scores.reshape(n, -1)
    best = np.argpartition(-flat, k - 1, axis=1)[:, :k]
    values = np.take_along_axis(flat, best, 1)
    order = np.argsort(-values, axis=1, kind="stable")
    best = np.take_along_axis(best, order, 1)
    return np.take_along_axis(values, order, 1), best // classes, best % classes


def _next(network: StepNetwork, tokens: np.ndarray, state: Any) -> tuple[np.ndarray, Any]:
    """Log probabilities N V of what comes next, where pad, start and mask can't come."""
    logits, state = network.step(tokens, state)
    log_probs = log_softmax(logits.astype(np.float32))
    log_probs[:, [PAD, SOS, MASK]] = -math.inf
    return log_probs, state

"""Text from attention models, one character a step: greedy, beam search, and several models that step together.

A model offers ``encode(batch) -> state``, a tuple of tensors that all begin with the batch dimension, and
``step(tokens N, state) -> (logits N V, state)``. Class ids are those of `chuviet.vocab`: pad 0, sos 1, eos 2, mask 3,
characters from 4. Texts that reach the longest length without an end are returned as they are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from chuviet import config
from chuviet.batch import Batch, Output
from chuviet.results import Prediction
from chuviet.vocab import EOS, MASK, PAD, SOS, SPECIALS, Charset

State = tuple[Tensor, ...]
#: Models that see differently prepared images of the same lines take one batch each.
Batches = Batch | Sequence[Batch]


class StepModel(Protocol):
    def encode(self, batch: Any) -> State: ...
    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]: ...


class AttentionGreedy:
    """The likeliest character at every step."""

    @dataclass(frozen=True, kw_only=True)
    class Config(config.Config):
        max_length: int = 128  # characters

        def build(self, charset: Charset) -> AttentionGreedy:
            return AttentionGreedy(self, charset)

    def __init__(self, cfg: AttentionGreedy.Config, charset: Charset) -> None:
        self.cfg, self.charset = cfg, charset

    @torch.no_grad()
    def __call__(self, model: StepModel, batch: Batches, output: Output | None = None) -> list[Prediction]:
        """`output`, which is teacher-forced, is not looked at."""
        state, index = model.encode(batch), _index(batch)
        tokens = torch.full((len(index),), SOS, dtype=torch.int64, device=state[0].device)
        ended = torch.zeros_like(tokens, dtype=torch.bool)
        written, chosen = [], []
        for _ in range(self.cfg.max_length):
            log_probs, state = _next(model, tokens, state)
            best, tokens = log_probs.max(-1)
            ended = ended | (tokens == EOS)
            if bool(ended.all()):
                break
            written.append(tokens.masked_fill(ended, PAD))
            chosen.append(best.masked_fill(ended, 0.0))
        ids = torch.stack(written, 1) if written else tokens.new_zeros(len(index), 0)
        scores = torch.stack(chosen, 1) if chosen else torch.zeros(len(index), 0)
        return _predictions(self.charset, index, ids, scores)


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

        def build(self, charset: Charset) -> AttentionBeam:
            return AttentionBeam(self, charset)

    def __init__(self, cfg: AttentionBeam.Config, charset: Charset) -> None:
        self.cfg, self.charset = cfg, charset

    @torch.no_grad()
    def __call__(self, model: StepModel, batch: Batches, output: Output | None = None) -> list[Prediction]:
        """`output`, which is teacher-forced, is not looked at."""
        state, index = model.encode(batch), _index(batch)
        device, n, k = state[0].device, len(index), self.cfg.width
        rows = torch.arange(n, device=device)
        state = tuple(s.repeat_interleave(k, dim=0) for s in state)  # N*K ...
        tokens = torch.full((n * k,), SOS, dtype=torch.int64, device=device)
        scores = torch.full((n, k), -math.inf, device=device)
        scores[:, 0] = 0.0  # one live prefix at first: the empty one
        ids = tokens.new_zeros(n, k, self.cfg.max_length)
        chosen = scores.new_zeros(n, k, self.cfg.max_length)
        best_score = scores.new_full((n,), -math.inf)
        best_ids, best_chosen = ids[:, 0].clone(), chosen[:, 0].clone()
        for length in range(self.cfg.max_length):
            log_probs, state = _next(model, tokens, state)
            log_probs = log_probs.view(n, k, -1)
            value, beam = ((scores + log_probs[:, :, EOS]) / (length + 1) ** self.cfg.normalise).max(1)
            better = value > best_score
            best_score = torch.where(better, value, best_score)
            best_ids = torch.where(better[:, None], ids[rows, beam], best_ids)
            best_chosen = torch.where(better[:, None], chosen[rows, beam], best_chosen)

            log_probs[:, :, EOS] = -math.inf
            classes = log_probs.shape[2]
            scores, flat = (scores[:, :, None] + log_probs).view(n, -1).topk(k, dim=1)
            parent, character = flat // classes, flat % classes
            chosen = chosen.gather(1, parent[:, :, None].expand_as(chosen))
            chosen[:, :, length] = log_probs.view(n, -1).gather(1, flat)
            ids = ids.gather(1, parent[:, :, None].expand_as(ids))
            ids[:, :, length] = character
            # Log probabilities only fall; at best a prefix ends for free after the longest text.
            bound = scores[:, 0] / (self.cfg.max_length + 1) ** self.cfg.normalise
            if bool((best_score >= bound).all()):
                break
            state = tuple(s.index_select(0, (rows[:, None] * k + parent).flatten()) for s in state)
            tokens = character.flatten()
        unfinished = best_score == -math.inf
        best_ids = torch.where(unfinished[:, None], ids[:, 0], best_ids)
        best_chosen = torch.where(unfinished[:, None], chosen[:, 0], best_chosen)
        return _predictions(self.charset, index, best_ids, best_chosen)


class WrittenText:
    """The text of a model that holds its decoder's loop, as an exported file does: `extra["ids"]` (N L, pad after the
    end) and, as logits, the log probabilities of these characters (N L).
    """

    @dataclass(frozen=True, kw_only=True)
    class Config(config.Config):
        def build(self, charset: Charset) -> WrittenText:
            return WrittenText(charset)

    def __init__(self, charset: Charset) -> None:
        self.charset = charset

    def __call__(self, model: nn.Module, batch: Batch, output: Output | None = None) -> list[Prediction]:
        output = model(batch) if output is None else output
        return _predictions(self.charset, _index(batch), output.extra["ids"], output.logits)


class StepEnsemble(nn.Module):
    """Several models of one charset as one: a step gives the log of the mean of their probabilities."""

    def __init__(self, models: Sequence[nn.Module]) -> None:
        super().__init__()
        if not models:
            raise ValueError("an ensemble needs at least one model")
        self.models = nn.ModuleList(models)
        self._sizes: list[int] = []  # tensors in each model's state, which its architecture fixes

    def encode(self, batch: Batches) -> State:
        """One batch for all models, or one batch each, with the same lines in the same order."""
        batches = [batch] * len(self.models) if isinstance(batch, Batch) else list(batch)
        if len(batches) != len(self.models):
            raise ValueError(f"{len(batches)} batches for an ensemble of {len(self.models)} models")
        if any(not torch.equal(b.index, batches[0].index) for b in batches):
            raise ValueError("the batches of an ensemble hold different lines")
        states = [m.encode(b) for m, b in zip(self.models, batches, strict=True)]  # type: ignore[operator]
        self._sizes = [len(s) for s in states]
        return tuple(tensor for state in states for tensor in state)

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """`tokens`: N int64. Returns log probabilities N V and the new state."""
        log_probs, after, start = [], [], 0
        for model, size in zip(self.models, self._sizes, strict=True):
            logits, new = model.step(tokens, state[start : start + size])  # type: ignore[operator]
            log_probs.append(logits.float().log_softmax(-1))
            after += list(new)
            start += size
        return torch.stack(log_probs).logsumexp(0) - math.log(len(log_probs)), tuple(after)


def _next(model: StepModel, tokens: Tensor, state: State) -> tuple[Tensor, State]:
    """Log probabilities N V of what comes next, where pad, start and mask can't come."""
    logits, state = model.step(tokens, state)
    log_probs = logits.float().log_softmax(-1)
    log_probs[:, [PAD, SOS, MASK]] = -math.inf
    return log_probs, state


def _index(batch: Batches) -> list[int]:
    first = batch if isinstance(batch, Batch) else batch[0]
    return first.index.tolist()


def _predictions(charset: Charset, index: list[int], ids: Tensor, log_probs: Tensor) -> list[Prediction]:
    """`ids` N L, class ids of the chosen characters and then pad; `log_probs` N L, those of the choices and then 0."""
    lengths = (ids != PAD).sum(1)
    confidences = (log_probs.sum(1) / lengths.clamp(min=1).to(log_probs.device)).exp().tolist()
    return [
        Prediction(i, charset.decode(c - SPECIALS for c in row[:length]), confidence)
        for i, row, length, confidence in zip(index, ids.tolist(), lengths.tolist(), confidences, strict=True)
    ]

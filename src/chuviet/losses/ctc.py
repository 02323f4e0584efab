"""Connectionist temporal classification (Graves et al. 2006)."""

from __future__ import annotations

from typing import TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor

from chuviet.batch import Batch, Output, within
from chuviet.losses.configs import CTCLossConfig


class CTCLoss:
    """Mean over the samples of -log p(text) / length, blank = 0. Padding of frames and of targets has no influence.

    A target that no alignment fits (fewer frames than characters and repeats) would give an infinite loss: an error,
    not a zero.

    From random weights CTC first learns to write nothing, and takes thousands of samples to leave that. A flat start,
    as hidden Markov models are begun with, shortens it: `flat` is the share of a second loss, the cross entropy of the
    frames against the text spread evenly over the columns with ink. For short texts, and for a first run alone.
    """

    Config: TypeAlias = CTCLossConfig

    def __init__(self, flat: float = 0.0) -> None:
        self.flat = flat

    def __call__(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        assert output.lengths is not None
        per_character = ctc_loss(output.logits, output.lengths, batch)
        if not per_character.isfinite().all():
            row = int(per_character.isfinite().logical_not().nonzero()[0])
            text = batch.texts[row] if batch.texts else ""
            raise FloatingPointError(f"CTC loss is not finite for row {int(batch.index[row])} ({text!r})")
        weight = torch.tensor(float(len(batch)), device=per_character.device)
        loss = per_character.mean()
        if not self.flat:
            return {"loss": loss, "weight": weight}
        frames = flat_cross_entropy(output.logits.float().log_softmax(-1), output.lengths, batch)
        mixed = (1 - self.flat) * loss + self.flat * frames
        return {"loss": mixed, "weight": weight, "ctc": loss.detach()}


def ctc_loss(logits: Tensor, lengths: Tensor, batch: Batch, otherwise_zero: bool = False) -> Tensor:
    """N: -log p of each text, a character, of logits N T V whose first `lengths` (N) frames count, blank 0. Infinite
    where no alignment fits, or 0 and without gradient.
    """
    assert batch.targets is not None and batch.target_lengths is not None
    log_probs = logits.float().log_softmax(-1).transpose(0, 1)  # T N V
    targets = batch.targets.clamp(min=0) + 1
    per_sample = F.ctc_loss(
        log_probs, targets, lengths, batch.target_lengths, blank=0, reduction="none", zero_infinity=otherwise_zero
    )
    return per_sample / batch.target_lengths.clamp(min=1)


_BLANK_WEIGHT = 0.3  # of a frame between two characters against one of a character
_FRAMES_A_CHARACTER = 3.0  # brings the loss of a frame near that of a character


def flat_cross_entropy(log_probs: Tensor, lengths: Tensor, batch: Batch) -> Tensor:
    """Mean over the frames N T (V classes) of -log p of what stands there if the characters share the columns from the
    first ink to the last evenly: the middle 60 % of each share is the character's, the rest blank.
    """
    assert batch.targets is not None and batch.target_lengths is not None
    ink = batch.images.amax(dim=(1, 2)) > 0.3  # N W
    width = batch.widths[:, None]
    first = ink.float().argmax(1, keepdim=True) / width  # as shares of the line's width
    last = (ink.shape[1] - ink.flip(1).float().argmax(1, keepdim=True)) / width
    frame = torch.arange(log_probs.shape[1], device=log_probs.device)[None] + 0.5
    place = (frame / lengths[:, None] - first) / (last - first).clamp(min=1e-3) * batch.target_lengths[:, None]  # N T
    number = torch.minimum(place.floor().clamp(min=0).long(), batch.target_lengths[:, None] - 1).clamp(min=0)
    inside = (place >= 0) & (place < batch.target_lengths[:, None]) & ((place % 1 - 0.5).abs() < 0.3)
    classes = torch.where(inside, batch.targets.clamp(min=0).gather(1, number) + 1, 0)
    keep = within(lengths, log_probs.shape[1])
    weights = torch.where(inside, 1.0, _BLANK_WEIGHT) * keep
    loss = -(log_probs.gather(2, classes[:, :, None])[:, :, 0] * weights).sum() / weights.sum()
    return _FRAMES_A_CHARACTER * loss

"""Label-smoothed cross entropy over written characters."""

from __future__ import annotations

from typing import TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor

from chuviet.batch import Batch, Output
from chuviet.losses.configs import SequenceCrossEntropyConfig
from chuviet.vocab import EOS, PAD, SPECIALS


class SequenceCrossEntropy:
    """Cross entropy of an attention recogniser: logits N L+1 V against the characters and the end mark.

    Smoothing puts `smoothing` of the target's mass evenly on all classes but padding. The mean is over the positions
    that hold a character or the end mark; padding counts neither in the sum nor in the number.
    """

    Config: TypeAlias = SequenceCrossEntropyConfig

    def __init__(self, smoothing: float) -> None:
        self.smoothing = smoothing

    def __call__(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        assert batch.targets is not None and batch.target_lengths is not None
        logits = output.logits.float()  # N L+1 V
        _, steps, classes = logits.shape
        position = torch.arange(steps, device=logits.device)[None]
        lengths = batch.target_lengths[:, None]
        target = F.pad(batch.targets + SPECIALS, (0, steps - batch.targets.shape[1]), value=PAD)
        target = torch.where(position == lengths, EOS, target)
        log_probs = logits.log_softmax(-1)
        hit = -log_probs.gather(-1, target[..., None])[..., 0]
        even = -(log_probs.sum(-1) - log_probs[..., PAD]) / (classes - 1)
        per_step = (1 - self.smoothing) * hit + self.smoothing * even
        keep = position <= lengths
        return {"loss": per_step[keep].sum() / keep.sum(), "weight": keep.sum().float()}

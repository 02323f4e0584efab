"""Connectionist temporal classification (Graves et al. 2006)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from chuviet import config
from chuviet.types import Batch, Output


class CTCLoss:
    """Mean over the samples of -log p(text) / length, blank = 0. Padding of frames and of targets has no influence.

    A target that no alignment fits (fewer frames than characters and repeats) would give an infinite loss: an error,
    not a zero.
    """

    @dataclass(frozen=True, kw_only=True)
    class Config(config.Config):
        def build(self) -> CTCLoss:
            return CTCLoss()

    def __call__(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        assert batch.targets is not None and batch.target_lengths is not None and output.lengths is not None
        log_probs = output.logits.float().log_softmax(-1).transpose(0, 1)  # T N V
        per_sample = F.ctc_loss(
            log_probs, batch.targets.clamp(min=0) + 1, output.lengths, batch.target_lengths, blank=0, reduction="none"
        )
        if not per_sample.isfinite().all():
            row = int(per_sample.isfinite().logical_not().nonzero()[0])
            text = batch.texts[row] if batch.texts else ""
            raise FloatingPointError(f"CTC loss is not finite for row {int(batch.index[row])} ({text!r})")
        weight = torch.tensor(float(len(batch)), device=per_sample.device)
        return {"loss": (per_sample / batch.target_lengths.clamp(min=1)).mean(), "weight": weight}

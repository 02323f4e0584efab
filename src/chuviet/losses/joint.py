"""Loss of an attention recogniser beside which CTC reads (see `chuviet.models.joint`)."""

from __future__ import annotations

from typing import TypeAlias

import torch
from torch import Tensor

from chuviet.batch import Batch, Output
from chuviet.losses.configs import JointCTCLossConfig
from chuviet.losses.cross_entropy import SequenceCrossEntropy
from chuviet.losses.ctc import ctc_loss


class JointCTCLoss:
    """Cross entropy of the decoder + `ctc` x CTC loss, both a character; CTC is absent in validation. A text that no
    alignment fits, for the encoder's columns are wide, is the decoder's alone.
    """

    Config: TypeAlias = JointCTCLossConfig

    def __init__(self, cfg: JointCTCLoss.Config) -> None:
        self.cfg, self.attention = cfg, SequenceCrossEntropy(cfg.smoothing)

    def __call__(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        losses = self.attention(output, batch)
        if "ctc" not in output.extra:
            return losses
        assert output.lengths is not None
        per_character = ctc_loss(output.extra["ctc"], output.lengths, batch, otherwise_zero=True)
        fits = per_character > 0
        ctc = per_character.sum() / fits.sum().clamp(min=1)
        terms = torch.stack((losses["loss"], self.cfg.ctc * ctc))  # a mean over characters, one over lines
        return {
            "loss": terms.sum(), "terms": terms, "weight": torch.stack((losses["weight"], fits.sum().float())),
            "ctc": ctc.detach(),
        }  # fmt: skip

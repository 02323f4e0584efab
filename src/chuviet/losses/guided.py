"""Losses of guided CTC and of two guided recognisers that teach each other (see `chuviet.models.gtc`)."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor

from chuviet.batch import Batch, Output, within
from chuviet.losses.configs import GuidedCTCLossConfig, MutualLossConfig
from chuviet.losses.cross_entropy import SequenceCrossEntropy
from chuviet.losses.ctc import CTCLoss


class GuidedCTCLoss:
    """CTC loss + `guide` x cross entropy of the guide, both a character; the guide is absent in validation."""

    Config: TypeAlias = GuidedCTCLossConfig

    def __init__(self, cfg: GuidedCTCLoss.Config) -> None:
        self.cfg = cfg
        self.ctc, self.attention = CTCLoss(), SequenceCrossEntropy(cfg.smoothing)

    def __call__(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        losses = self.ctc(output, batch)
        if "guide" not in output.extra:
            return losses
        guide = self.attention(Output(logits=output.extra["guide"]), batch)
        terms = torch.stack((losses["loss"], self.cfg.guide * guide["loss"]))  # a mean over lines, one over characters
        return {
            "loss": terms.sum(), "terms": terms, "weight": torch.stack((losses["weight"], guide["weight"])),
            "ctc": losses["loss"].detach(), "guide": guide["loss"].detach(),
        }  # fmt: skip


class MutualLoss:
    """`GuidedCTCLoss` of both members + what ties them: symmetric Kullback-Leibler divergence of their CTC frames
    (`ctc`) and of their guides' characters (`guide`), mean squared difference of their features (`features`).
    """

    Config: TypeAlias = MutualLossConfig

    def __init__(self, cfg: MutualLoss.Config) -> None:
        self.cfg, self.member = cfg, cfg.member.build()

    def __call__(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        losses = self.member(output, batch)
        extra = output.extra
        if "logits2" not in extra:
            return losses
        assert output.lengths is not None and batch.target_lengths is not None
        other = replace(output, logits=extra["logits2"], extra={"guide": extra["guide2"]})
        steps = batch.target_lengths + 1
        ctc = symmetric_divergence(output.logits, extra["logits2"], output.lengths)
        guide = symmetric_divergence(extra["guide"], extra["guide2"], steps)
        features = F.mse_loss(extra["features"].float(), extra["features2"].float())
        ties = torch.stack((self.cfg.ctc * ctc, self.cfg.guide * guide, self.cfg.features * features))
        counts = torch.stack((output.lengths.sum(), steps.sum(), torch.full_like(steps[0], len(steps)))).to(ties)
        second = self.member(other, batch)
        terms = torch.cat((losses["terms"], second["terms"], ties))
        weight = torch.cat((losses["weight"], second["weight"], counts))
        return losses | {"loss": terms.sum(), "terms": terms, "weight": weight, "mutual": ties.sum().detach()}


def symmetric_divergence(a: Tensor, b: Tensor, lengths: Tensor) -> Tensor:
    """Mean of KL(a || b) and KL(b || a) of two logits N T V, over the first `lengths` (N) steps of each sample."""
    p, q = a.float().log_softmax(-1), b.float().log_softmax(-1)
    # KL(p||q) + KL(q||p) = sum (p - q)(log p - log q)
    per_step = 0.5 * ((p.exp() - q.exp()) * (p - q)).sum(-1)  # N T
    keep = within(lengths, a.shape[1])
    return per_step[keep].mean()

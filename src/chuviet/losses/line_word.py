"""The loss of a detector of lines and words: for each of its two maps DB's probability loss and a Dice loss.

Without the map of thresholds that DB (https://arxiv.org/abs/1911.08947) learns beside them: its bands of long lines
that stand close lie on each other. Maps: "lines", "lines_mask", "lines_weight" and the
same of words, each N H W.
"""

from __future__ import annotations

from typing import TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor

from chuviet.batch import Batch, Output
from chuviet.losses.configs import LineWordLossConfig
from chuviet.losses.db import dice, hard_negatives, summed


class LineWordLoss:
    """Of logits N 2 H W: lines, words."""

    Config: TypeAlias = LineWordLossConfig

    def __init__(self, cfg: LineWordLoss.Config) -> None:
        self.cfg = cfg

    def __call__(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        parts, counts = {}, []
        images = torch.tensor(float(len(batch)), device=output.logits.device)
        for channel, kind in enumerate(("lines", "words")):
            logits = output.logits[:, channel].float()
            text, mask = batch.maps[kind].float(), batch.maps[f"{kind}_mask"].float()
            weight = batch.maps[f"{kind}_weight"].float()
            kept = hard_negatives(logits, text, mask, self.cfg.negatives) * weight
            each = F.binary_cross_entropy_with_logits(logits, text, reduction="none")
            parts[f"{kind}_probability"] = (each * kept).sum() / kept.sum().clamp(min=1)
            counts += [kept.sum(), images]
            parts[f"{kind}_dice"] = self.cfg.dice * dice(logits.sigmoid(), text, mask * weight, each_image=True)
        return summed(parts, images, counts)

"""The loss of a rejector: cross entropy of "there is text" for every image."""

from __future__ import annotations

from typing import TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor

from chuviet.batch import Batch, Output
from chuviet.losses.configs import RejectorLossConfig


class RejectorLoss:
    """Of `extra["text"]` N. An image has text if a pixel of the detector's target map (`name`) is text; images with
    don't-care regions alone (`mask` 0 somewhere, no text) count nothing.
    """

    Config: TypeAlias = RejectorLossConfig

    def __init__(self, cfg: RejectorLoss.Config) -> None:
        self.cfg = cfg

    def __call__(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        text = (batch.maps[self.cfg.name].flatten(1) > 0.5).any(1)
        whole = (batch.maps[self.cfg.mask].flatten(1) > 0.5).all(1)
        counts = (text | whole).float()
        each = F.binary_cross_entropy_with_logits(output.extra["text"].float(), text.float(), reduction="none")
        weight = counts.sum().clamp(min=1)
        return {"loss": (each * counts).sum() / weight, "weight": torch.as_tensor(weight)}

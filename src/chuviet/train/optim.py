"""Optimisers and learning-rate schedules. A rate is a function of the step alone, so nothing can be stepped twice
or forgotten.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn

from chuviet.config import Config


@dataclass(frozen=True, kw_only=True)
class Optim(Config):
    """Adam or AdamW; biases, norms and other one-dimensional weights are not decayed."""

    lr: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.98)
    eps: float = 1e-9
    weight_decay: float = 0.01
    decoupled: bool = True  # AdamW; else Adam
    schedule: Literal["linear", "cosine", "constant"] = "linear"
    warmup: float = 0.0  # share of all steps in which the rate rises from 0
    final: float = 0.0  # the last rate, as a share of `lr`

    def build(self, model: nn.Module, fused: bool = False) -> torch.optim.Optimizer:
        """`fused`: all weights in one pass, for a model on a CPU."""
        weights = [p for p in model.parameters() if p.requires_grad]
        groups = [
            {"params": [p for p in weights if p.ndim > 1], "weight_decay": self.weight_decay},
            {"params": [p for p in weights if p.ndim <= 1], "weight_decay": 0.0},
        ]
        kind = torch.optim.AdamW if self.decoupled else torch.optim.Adam
        used = [g for g in groups if g["params"]]
        optimizer = kind(used, lr=self.lr, betas=self.betas, eps=self.eps, fused=fused or None)
        if fused:
            # Whether CUDA graphs are being captured: on a CPU asking the driver took longer than the step itself.
            optimizer._accelerator_graph_capture_health_check = lambda: None  # type: ignore[method-assign]
        return optimizer

    def rate(self, step: float, total: int) -> float:
        """Learning rate of optimiser step `step` (from 0) of `total`; a run may stand between two of them by time."""
        warm = math.ceil(self.warmup * total)
        if step < warm:
            return self.lr * (step + 1) / (warm + 1)
        done = (step - warm) / max(total - warm, 1)
        shape = {"linear": 1 - done, "cosine": 0.5 * (1 + math.cos(math.pi * done)), "constant": 1.0}[self.schedule]
        return self.lr * (self.final + (1 - self.final) * shape)

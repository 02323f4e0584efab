"""Averaged weights: an exponential moving average over steps, and the mean over chosen epochs with BatchNorm
recomputed; and weights rounded to what a file keeps of them.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from chuviet.batch import Batch


class WeightEMA:
    """Moving average of a model's floating-point state (weights and BatchNorm statistics), kept in fp32."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay, self.steps = decay, 0
        self.state = {k: v.detach().clone() for k, v in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """To be called once after each optimiser step. Early on the average is shorter: (1 + n) / (10 + n)."""
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        averages, values = [], []
        for name, value in model.state_dict().items():
            if value.is_floating_point():
                averages.append(self.state[name])
                values.append(value)
            else:
                self.state[name].copy_(value)
        torch._foreach_lerp_(averages, values, 1 - decay)


class EpochMean:
    """Mean of the weights of chosen epochs. BatchNorm statistics are not averaged: `recompute_batchnorm` finds them
    anew.
    """

    def __init__(self) -> None:
        self.count = 0
        self.state: dict[str, Tensor] = {}

    @torch.no_grad()
    def add(self, model: nn.Module) -> None:
        self.count += 1
        for name, value in model.state_dict().items():
            if not self.state.get(name, value).is_floating_point() or self.count == 1:
                self.state[name] = value.detach().clone()
            else:
                self.state[name].lerp_(value, 1 / self.count)


@torch.no_grad()
def recompute_batchnorm(model: nn.Module, batches: Iterable[Batch], device: torch.device) -> int:
    """Sets every trained BatchNorm's running statistics to the plain mean over `batches`; frozen ones keep theirs.
    Returns the number of batches used.
    """
    norms = [m for m in model.modules() if isinstance(m, _BatchNorm) and all(p.requires_grad for p in m.parameters())]
    if not norms:
        return 0
    was_training, momenta = model.training, [m.momentum for m in norms]
    model.eval()
    for m in norms:
        m.reset_running_stats()
        m.momentum = None  # cumulative mean
        m.train()
    used = 0
    for batch in batches:
        model(batch.to(device))
        used += 1
    for m, momentum in zip(norms, momenta, strict=True):
        m.momentum = momentum
    model.train(was_training)
    return used


@torch.no_grad()
def round_weights(model: nn.Module) -> None:
    """Rounds all weights and statistics to fp16, in place, but a tensor that would overflow: what `ship.artifact`
    stores is then exactly what the model has.
    """
    for value in model.state_dict().values():
        if value.is_floating_point() and torch.isfinite(small := value.half()).all():
            value.copy_(small)

"""Sums over all processes that train together, for losses that are no plain means over samples.

A loss is called in the same order by all processes while they train. It is not in validation, where each has batches of
its own: there nothing is summed.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor


class SumOfAll(torch.autograd.Function):
    """The sum of a tensor over all processes; every process's loss depends on it, and so the gradient is a sum too."""

    @staticmethod
    def forward(_: Any, x: Tensor) -> Tensor:
        total = x.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return SumOfAll.forward(ctx, gradients[0])


def trains_together() -> bool:
    """Whether this is a training step of one of several processes."""
    started = dist.is_available() and dist.is_initialized()
    return started and torch.is_grad_enabled() and dist.get_world_size() > 1


def over_all(x: Tensor) -> Tensor:
    """The sum of a float tensor over all processes that train together; the tensor itself for one alone."""
    return SumOfAll.apply(x) if trains_together() else x

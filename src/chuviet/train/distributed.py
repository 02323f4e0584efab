"""What makes several processes compute what one would: BatchNorm over the global batch, and one padded width for
all.
"""

from __future__ import annotations

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributed.nn.functional import all_reduce
from torch.nn.modules.batchnorm import _BatchNorm

from chuviet.types import Batch


class GlobalBatchNorm(nn.BatchNorm2d):
    """BatchNorm (N C ..., any number of places) whose training statistics are those of all processes' samples
    together. Works with gloo and nccl.

    (torch's SyncBatchNorm does the same on CUDA alone.)
    """

    def _check_input_dim(self, x: Tensor) -> None:
        """Any shape N C ... will do."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        y = x.float()
        c, places = y.shape[1], [d for d in range(y.ndim) if d != 1]
        shape = [1, c] + [1] * (y.ndim - 2)
        sums = all_reduce(torch.cat((y.sum(places), torch.full((1,), y.numel() / c, device=y.device))))
        mean, count = sums[:c] / sums[-1], sums[-1]
        centred = y - mean.view(shape)  # before it is squared: a difference of large squares would lose the variance
        var = all_reduce((centred * centred).sum(places)) / count
        with torch.no_grad():
            momentum = self.momentum if self.momentum is not None else 0.1
            assert self.running_mean is not None and self.running_var is not None
            self.running_mean.lerp_(mean, momentum)
            self.running_var.lerp_(var * count / (count - 1), momentum)
            if self.num_batches_tracked is not None:
                self.num_batches_tracked.add_(1)
        scale = (var + self.eps).rsqrt() * self.weight
        return (centred * scale.view(shape) + self.bias.view(shape)).to(x.dtype)


def sync_batchnorm(module: nn.Module) -> nn.Module:
    """Turns every plain BatchNorm into a GlobalBatchNorm, in place; timm's BatchNorm+activation layers keep their
    activation.
    """
    for child in module.modules():
        if isinstance(child, _BatchNorm) and type(child).forward is nn.BatchNorm2d.forward:
            child.__class__ = GlobalBatchNorm
        elif isinstance(child, _BatchNorm) and not isinstance(child, GlobalBatchNorm):
            child.__class__ = _with_activation(type(child))
    return module


def _with_activation(kind: type) -> type:
    """GlobalBatchNorm followed by the dropout and activation of a timm `BatchNormAct2d`."""
    if not issubclass(kind, nn.BatchNorm2d) or not hasattr(kind, "forward"):
        raise TypeError(f"no global version of {kind.__name__}")

    def forward(self: GlobalBatchNorm, x: Tensor) -> Tensor:
        return self.act(self.drop(GlobalBatchNorm.forward(self, x)))  # type: ignore[operator]

    return type(f"Global{kind.__name__}", (GlobalBatchNorm,), {"forward": forward})


def widen_to_widest(batch: Batch) -> Batch:
    """Pads the images with paper (0) to the widest of all processes, so that every process computes over the same
    canvas.
    """
    widest = torch.tensor(batch.images.shape[-1], device=batch.images.device)
    dist.all_reduce(widest, op=dist.ReduceOp.MAX)
    batch.images = F.pad(batch.images, (0, int(widest) - batch.images.shape[-1]))
    return batch

"""What makes several processes compute what one would: BatchNorm over the global batch, one padded width for all,
losses that are means over all samples, decisions that all take alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from chuviet.batch import Batch
from chuviet.errors import InputError
from chuviet.losses.together import SumOfAll

#: What gloo and NCCL say of a process that is gone.
_LOST = re.compile(
    r"Connection (closed|reset|refused)|Broken pipe|timed out|timeout|remote process exited|NCCL", re.IGNORECASE
)


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
        sums = SumOfAll.apply(torch.cat((y.sum(places), torch.full((1,), y.numel() / c, device=y.device))))
        mean, count = sums[:c] / sums[-1], sums[-1]
        centred = y - mean.view(shape)  # before it is squared: a difference of large squares would lose the variance
        var = SumOfAll.apply((centred * centred).sum(places)) / count
        with torch.no_grad():
            assert self.running_mean is not None and self.running_var is not None
            assert self.num_batches_tracked is not None
            self.num_batches_tracked.add_(1)
            # Without a momentum: the plain mean of all batches so far, as torch has it.
            momentum = self.momentum if self.momentum is not None else 1 / int(self.num_batches_tracked)
            self.running_mean.lerp_(mean, momentum)
            self.running_var.lerp_(var * count / (count - 1), momentum)
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


def global_part(losses: dict[str, Tensor], world: int) -> Tensor:
    """What this process adds to the loss of the global batch: each of its means by its share in the weight of all, so
    that processes with fewer samples (or characters) count less. The sum over the processes is the loss of one.
    """
    if world == 1:
        return losses["loss"]
    terms, weights = losses.get("terms", losses["loss"][None]), losses["weight"].detach().reshape(-1)
    total = weights.clone()
    dist.all_reduce(total)
    return (terms * (weights / total.clamp(min=1e-9))).sum()  # what no process has any of weighs nothing


@contextmanager
def explained_loss(world: int) -> Iterator[None]:
    """Says in one line (InputError) that another process has ended, which those that wait for it learn from a broken
    connection. NCCL notices it later than gloo: when its time limit is over.
    """
    try:
        yield
    except RuntimeError as e:
        if world == 1 or not _LOST.search(str(e)):
            raise
        raise InputError(
            "another process of this run has ended, which its own output explains; resume=true goes on from the last "
            "checkpoint"
        ) from e


def highest_of_all(values: Sequence[int], world: int) -> list[int]:
    """The highest of each value over all processes, so that what depends on it happens in all or in none."""
    if world == 1:
        return [int(v) for v in values]
    device = "cuda" if dist.get_backend() == "nccl" else "cpu"
    highest = torch.tensor([int(v) for v in values], device=device)
    dist.all_reduce(highest, op=dist.ReduceOp.MAX)
    return [int(v) for v in highest]

"""What lets a CPU train faster with the same arithmetic: memory that is kept, and the one kind of layer that bf16
slows down.
"""

from __future__ import annotations

import ctypes
import sys
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn

# Of glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


def keep_freed_memory() -> bool:
    """Lets this process keep the memory of tensors that were freed, for the next ones. Returns whether it does (glibc
    alone can).

    By itself glibc gives blocks over 32 MB back to the system as soon as they are free, and a step gets every page of
    its activations anew: 8 to 15 % of the time of `line_192_f0` and `page_lite0`. What is kept is at most what the
    largest step needed.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if mallopt is None:
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, 2**30)) and bool(mallopt(_M_TRIM_THRESHOLD, 2**31 - 1))


def depthwise_in_fp32(model: nn.Module) -> nn.Module:
    """Has depthwise convolutions that are strided or larger than 3 x 3 computed in fp32 under bf16, in place.

    oneDNN has no fast bf16 gradients for these: 5 x 5 with stride 2 took 491 ms instead of 105, 3 x 3 with stride 2
    96 instead of 7 (Zen 5, one thread; 3 x 3 without a stride is twice as fast in bf16).
    """
    for child in model.modules():
        if isinstance(child, nn.Conv2d) and _is_slow(child):
            child.__class__ = _fp32_version(type(child))  # type: ignore[arg-type]
    return model


def _is_slow(conv: nn.Conv2d) -> bool:
    depthwise = conv.groups == conv.in_channels > 1
    return depthwise and (max(conv.kernel_size) > 3 or max(conv.stride) > 1)


@lru_cache
def _fp32_version(kind: type[nn.Conv2d]) -> type[nn.Conv2d]:
    def forward(self: Any, x: Tensor) -> Tensor:
        with torch.autocast("cpu", enabled=False):
            return kind.forward(self, x.float()).to(x.dtype)

    return type(f"Float32{kind.__name__}", (kind,), {"forward": forward})

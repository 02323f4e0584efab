"""What a model is made of: layers, parameters, megabytes, and the multiply-adds of one line."""

from __future__ import annotations

import pandas as pd
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from chuviet.types import Batch


def layers(model: nn.Module, depth: int = 1) -> pd.DataFrame:
    """Parameters and buffers of every part down to `depth`, in the order of definition; parts without any are left out.

    Columns: type, parameters, share (of all), fp16_mb (10^6 bytes, buffers included).
    """
    total = max(count(model), 1)
    rows = {}
    for name, part in model.named_modules():
        level = name.count(".") + 1 if name else 0
        if not 1 <= level <= depth or (level < depth and any(True for _ in part.children())):
            continue
        if n := count(part):
            rows[name] = {"type": type(part).__name__, "parameters": n, "share": n / total, "fp16_mb": megabytes(part)}
    return pd.DataFrame.from_dict(rows, orient="index")


def count(model: nn.Module) -> int:
    """Parameters; shared ones once."""
    return sum(p.numel() for p in model.parameters())


def megabytes(model: nn.Module, bytes_a_number: int = 2) -> float:
    """10^6 bytes of the weights file: parameters and floating-point buffers at `bytes_a_number`, whole numbers at 8."""
    buffers = sum(b.numel() * (bytes_a_number if b.is_floating_point() else 8) for b in model.buffers())
    return (count(model) * bytes_a_number + buffers) / 1e6


@torch.no_grad()
def multiply_adds(model: nn.Module, shape: tuple[int, int, int], characters: int = 37) -> int:
    """Multiply-adds of reading one image of `shape` C H W; an attention model writes `characters` and an end.

    Counted from the operators that run (convolutions, matrix products, attention): additions, norms and activations
    are left out, as is usual.
    """
    was_training = model.training
    model.eval()
    device = next(model.parameters()).device
    batch = Batch(
        images=torch.zeros(1, *shape), widths=torch.tensor([shape[2]]), index=torch.tensor([0]),
        targets=torch.zeros(1, characters, dtype=torch.int64), target_lengths=torch.tensor([characters]),
    ).to(device)  # fmt: skip
    with FlopCounterMode(display=False) as counter:
        model(batch)
    model.train(was_training)
    return counter.get_total_flops() // 2

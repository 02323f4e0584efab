"""What a model is made of: layers, parameters, megabytes, and the multiply-adds of one line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from chuviet.batch import Batch


def layers(model: nn.Module, shape: tuple[int, int, int], depth: int = 1, characters: int = 37) -> pd.DataFrame:
    """What every part down to `depth` is and does when one image of `shape` C H W is read, in the order of definition;
    parts without parameters are left out.

    Columns: type, output (shape of the last call's, "-" for a part that is no call of its own), parameters, share (of
    all), multiply_adds, fp16_mb (10^6 bytes, buffers included).
    """
    total = max(count(model), 1)
    parts = {}
    for name, part in model.named_modules():
        level = name.count(".") + 1 if name else 0
        if 1 <= level <= depth and (level == depth or not any(True for _ in part.children())) and count(part):
            parts[name] = part
    outputs: dict[str, str] = {}

    def note(name: str) -> Callable[[nn.Module, Any, Any], None]:
        def hook(module: nn.Module, inputs: Any, output: Any) -> None:
            first = output[0] if isinstance(output, tuple) else output
            outputs[name] = "x".join(map(str, first.shape)) if isinstance(first, Tensor) else "-"

        return hook

    hooks = [part.register_forward_hook(note(name)) for name, part in parts.items()]
    work = _read_one(model, shape, characters)
    for handle in hooks:
        handle.remove()
    rows = {
        name: {
            "type": type(part).__name__, "output": outputs.get(name, "-"), "parameters": count(part),
            "share": count(part) / total, "multiply_adds": work.get(f"{type(model).__name__}.{name}", 0),
            "fp16_mb": megabytes(part),
        }
        for name, part in parts.items()
    }  # fmt: skip
    return pd.DataFrame.from_dict(rows, orient="index")


def count(model: nn.Module) -> int:
    """Parameters; shared ones once."""
    return sum(p.numel() for p in model.parameters())


def megabytes(model: nn.Module, bytes_a_number: int = 2) -> float:
    """10^6 bytes of the weights file: parameters and floating-point buffers at `bytes_a_number`, whole numbers at 8."""
    buffers = sum(b.numel() * (bytes_a_number if b.is_floating_point() else 8) for b in model.buffers())
    return (count(model) * bytes_a_number + buffers) / 1e6


def multiply_adds(model: nn.Module, shape: tuple[int, int, int], characters: int = 37) -> int:
    """Multiply-adds of reading one image of `shape` C H W; an attention model writes `characters` and an end.

    Counted from the operators that run (convolutions, matrix products, attention): additions, norms and activations
    are left out, as is usual.
    """
    return _read_one(model, shape, characters)["Global"]


@torch.no_grad()
def _read_one(model: nn.Module, shape: tuple[int, int, int], characters: int) -> dict[str, int]:
    """Multiply-adds by the full name of each part, "Global" for all."""
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
    return {name: sum(flops.values()) // 2 for name, flops in counter.get_flop_counts().items()} | {
        "Global": counter.get_total_flops() // 2
    }

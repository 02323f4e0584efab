"""What a config says of training: optimiser, learning rate, epochs, which weights are kept. No PyTorch here.

A learning rate is a function of the step alone, so nothing can be stepped twice or forgotten.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from chuviet.config import Config, ConfigError

if TYPE_CHECKING:
    import torch
    from torch import nn


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

    def build(self, model: nn.Module) -> torch.optim.Optimizer:
        import torch

        weights = [p for p in model.parameters() if p.requires_grad]
        groups = [
            {"params": [p for p in weights if p.ndim > 1], "weight_decay": self.weight_decay},
            {"params": [p for p in weights if p.ndim <= 1], "weight_decay": 0.0},
        ]
        kind = torch.optim.AdamW if self.decoupled else torch.optim.Adam
        return kind([g for g in groups if g["params"]], lr=self.lr, betas=self.betas, eps=self.eps)

    def rate(self, step: float, total: int) -> float:
        """Learning rate of optimiser step `step` (from 0) of `total`; a run may stand between two of them by time."""
        warm = math.ceil(self.warmup * total)
        if step < warm:
            return self.lr * (step + 1) / (warm + 1)
        done = (step - warm) / max(total - warm, 1)
        shape = {"linear": 1 - done, "cosine": 0.5 * (1 + math.cos(math.pi * done)), "constant": 1.0}[self.schedule]
        return self.lr * (self.final + (1 - self.final) * shape)


@dataclass(frozen=True, kw_only=True)
class Train(Config):
    """How long, on what, and which weights a run ends with.

    With `minutes` the run ends by its epochs or by its minutes, whichever come first. The learning rate follows the
    larger of the two shares, of steps and of minutes, so that it reaches its last value either way. The epochs of
    `average` are those of that schedule: of 4 epochs in 8 minutes the third ends after 6 minutes, however many rows
    have been seen. Minutes are wall-clock time since training began, with the validations on the way and the sessions
    before a resume; the last validation comes on top.

    `session_minutes` is what the process may take: the run saves and stops before they are over, and a run with
    resume=true goes on, with the weights in the end that one process would have given.
    """

    epochs: int = 30
    minutes: float = 0.0  # at most; 0 = as long as the epochs take
    session_minutes: float = 0.0  # at most until the run is saved and stops, to be resumed; 0 = no limit
    seed: int = 0
    device: Literal["auto", "cpu", "cuda"] = "auto"
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    frozen: tuple[str, ...] = ()  # modules that keep their weights and BatchNorm statistics, such as ("backbone",)
    accumulate: int = 1  # batches an optimiser step
    clip: float = 5.0  # largest gradient norm; 0 = no clipping
    ema: float = 0.0  # decay of the moving average; 0 = none
    average: tuple[int, ...] = ()  # epochs (from 1) whose mean of weights the run ends with
    batchnorm_batches: int = 50  # training batches that recompute BatchNorm for that mean
    keep: Literal["average", "ema", "last", "best"] = (
        "last"  # "best" is chosen on the validation rows: optimistic there
    )
    validate_every: int = 1  # epochs; 0 = only at the end
    checkpoint_minutes: float = 5.0
    threads: int = 0  # torch threads on a CPU; 0 = all cores

    def check(self) -> None:
        """Raises ConfigError where the weights that `keep` names would not be there at the end, or time is negative."""
        if not self.minutes >= 0:
            raise ConfigError(f"train.minutes={self.minutes:g}: a number above 0, or 0 for no limit")
        if not self.session_minutes >= 0:
            raise ConfigError(f"train.session_minutes={self.session_minutes:g}: a number above 0, or 0 for no limit")
        if late := [e for e in self.average if not 1 <= e <= self.epochs]:
            raise ConfigError(
                f"train.average: epoch {late[0]} of {self.epochs}; set it along with train.epochs, such as "
                f"train.average=({self.epochs},)"
            )
        if self.keep == "average" and not self.average:
            raise ConfigError("train.keep=average needs train.average: the epochs whose mean is kept")
        if self.keep == "ema" and not self.ema:
            raise ConfigError("train.keep=ema needs train.ema: the moving average's decay, such as 0.998")

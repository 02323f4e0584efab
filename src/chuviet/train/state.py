"""The state of a run: counters, averages and the best weights, saved to a checkpoint and restored from it."""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from lightning.fabric import Fabric
from torch import Tensor, nn

from chuviet.errors import InputError
from chuviet.train.averaging import EpochMean, WeightEMA
from chuviet.train.checkpoint import load_checkpoint, save_checkpoint
from chuviet.train.schedule import Clock

_ENTRIES = ("model", "optimizer", "scaler", "ema", "mean", "best", "position")


class RunState:
    """The state of a run between two optimiser steps: what a checkpoint holds.

    `cfg` is the run's `engine.Train`; `facts` are texts by name that a resumed run must share with the one that was
    begun, such as its charset.
    """

    def __init__(
        self, fabric: Fabric, cfg: Any, path: Path, raw: nn.Module, optimizer: Any, facts: Mapping[str, str]
    ) -> None:
        self.fabric, self.cfg, self.path, self.raw, self.optimizer = fabric, cfg, path, raw, optimizer
        self.facts = dict(facts)
        self.ema = WeightEMA(raw, cfg.ema) if cfg.ema else None
        self.clock = Clock()
        self.epoch = self.batch = self.step = 0
        self.loss_sum, self.last_loss = 0.0, float("nan")
        self.mean = EpochMean()
        self.passed = 0  # epochs of the schedule that have been looked at for the mean
        self.best: float | None = None
        self.best_state: dict[str, Tensor] = {}
        self.saved_at = time.monotonic()
        self._pending: list[Tensor] = []

    def add_loss(self, loss: Tensor) -> None:
        self._pending.append(loss)

    def step_optimizer(self, model: Any, rate: float) -> None:
        if self.cfg.clip:
            self.fabric.clip_gradients(model, self.optimizer, max_norm=self.cfg.clip, error_if_nonfinite=False)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.step += 1
        if self.ema:
            self.ema.update(self.raw)
        losses = self.fabric.all_reduce(torch.stack(self._pending), reduce_op="sum")
        values = [float(x) for x in losses]
        self.loss_sum += sum(values)
        self.last_loss = values[-1]
        self._pending.clear()

    def mean_loss(self) -> float:
        return self.loss_sum / max(self.batch, 1)

    def next_epoch(self) -> None:
        self.epoch, self.batch, self.loss_sum = self.epoch + 1, 0, 0.0

    def reach(self, epochs: int) -> None:
        """Adds the weights to the mean if one of the epochs that the schedule has passed since then is averaged."""
        if any(e in self.cfg.average for e in range(self.passed + 1, epochs + 1)):
            self.mean.add(self.raw)
        self.passed = max(self.passed, epochs)

    def rewind(self, epochs: int) -> None:
        """Begins the mean anew where a resumed run with more minutes stands before an epoch that it had passed."""
        if epochs < self.passed:
            self.mean, self.passed = EpochMean(), epochs

    def minutes_since_save(self) -> float:
        return (time.monotonic() - self.saved_at) / 60

    def averaged_model(self) -> nn.Module:
        """The model to validate on the way: the moving average's weights where there is one."""
        if not self.ema:
            return self.raw
        model = copy.deepcopy(self.raw)
        model.load_state_dict(self.ema.state)
        return model

    def keep_best(self, line: dict[str, Any], error: str) -> None:
        score = line.get(error, line.get("valid_loss"))
        if self.cfg.keep == "best" and score is not None and (self.best is None or score < self.best):
            self.best = score
            self.best_state = {k: v.clone() for k, v in self.averaged_model().state_dict().items()}

    def save(self) -> None:
        self.saved_at = time.monotonic()
        if self.fabric.global_rank == 0:
            save_checkpoint(self.path, {
                "model": self.raw.state_dict(), "optimizer": self.optimizer.state_dict(),
                "scaler": self.fabric.strategy.precision.state_dict(),
                "ema": (self.ema.state, self.ema.steps) if self.ema else None,
                "mean": (self.mean.state, self.mean.count), "best": (self.best, self.best_state),
                "position": (self.epoch, self.batch, self.step, self.loss_sum), "passed": self.passed,
                "seconds": self.clock.seconds(), "facts": self.facts,
            })  # fmt: skip
        self.fabric.barrier()

    def restore(self) -> None:
        """Goes on from the checkpoint. Raises InputError, having changed no file, for one of another run."""
        state = load_checkpoint(self.path, _ENTRIES)
        check_facts(self.path, state, self.facts)
        try:
            self.raw.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
        except (RuntimeError, ValueError) as e:  # other names or shapes; other groups of parameters
            raise InputError(
                f"{self.path}: of another model or optimiser than this config's ({str(e).splitlines()[-1].strip()}); "
                "resume with the config that it was begun with, or start without resume=true"
            ) from e
        self.fabric.strategy.precision.load_state_dict(state["scaler"])
        if self.ema and state["ema"]:
            for name, value in state["ema"][0].items():
                self.ema.state[name].copy_(value)
            self.ema.steps = state["ema"][1]
        device = self.fabric.device
        self.mean.state = {k: v.to(device) for k, v in state["mean"][0].items()}
        self.mean.count = state["mean"][1]
        self.best, self.best_state = state["best"]
        self.epoch, self.batch, self.step, self.loss_sum = state["position"]
        self.passed = state.get("passed", self.epoch)
        self.clock.before = state.get("seconds", 0.0)


def check_facts(path: Path, state: Mapping[str, Any], facts: Mapping[str, str]) -> None:
    """Raises InputError where a checkpoint was made with another value of one of `facts`, such as another charset."""
    for name, now in facts.items():
        was = str(state.get("facts", {}).get(name, now))  # checkpoints of before have none
        if was != now:
            raise InputError(
                f"{path}: was made with another {name} ({first_difference(was, now)}); resume with the {name} that the "
                "run was begun with, or start without resume=true"
            )


def first_difference(was: str, now: str) -> str:
    """Where two different texts part, for a message."""
    at = next((i for i, (a, b) in enumerate(zip(was, now, strict=False)) if a != b), min(len(was), len(now)))
    old, new = (repr(text[at]) if at < len(text) else "nothing" for text in (was, now))
    return f"{len(was)} characters, now {len(now)}; number {at + 1} was {old}, now {new}"

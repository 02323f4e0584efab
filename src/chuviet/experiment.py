"""Experiment: the tree that a config file fills in, and how its parts become the objects that the engine trains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from chuviet.config import Config, ConfigError
from chuviet.data.recognition import LineData
from chuviet.metrics.recognition import RecognitionMetric
from chuviet.train.engine import Task, Train
from chuviet.train.optim import Optim


@dataclass(frozen=True, kw_only=True)
class Experiment(Config):
    """One run. `fold` 0-4 is left out of training and validated on; 5 trains on all real rows and validates on
    nothing.
    """

    model: Config
    loss: Config
    decoder: Config
    data: LineData.Config = LineData.Config()
    optim: Optim = Optim()
    train: Train = Train()
    fold: int = 5
    init: str = ""  # the run whose weights this one starts from: a config's name, or NAME/foldK, or a weights file
    init_parts: tuple[str, ...] = ()  # take over these parts alone, such as ("backbone",); () = all weights
    resume: bool = False

    def build(self) -> tuple[LineData, Task]:
        """Reads the data and builds model, loss, decoder and metric, all of the same charset."""
        if self.train.keep == "best" and self.fold == 5:
            raise ConfigError("train.keep=best needs validation rows, and fold 5 has none; use last, ema or average")
        data = self.data.build(self.fold, self.train.seed)
        model: Any = self.model
        loss: Any = self.loss
        decoder: Any = self.decoder
        torch.manual_seed(self.train.seed)  # the weights that a run starts from
        task = Task(
            model=model.build(len(data.charset)), loss=loss.build(), decoder=decoder.build(data.charset),
            metric=RecognitionMetric(), data=data,
        )  # fmt: skip
        return data, task

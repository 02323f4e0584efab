"""Experiment: the tree that a config file fills in, and how its parts become the objects that the engine trains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chuviet.config import Config, ConfigError
from chuviet.data.configs import LineDataConfig, PageDataConfig
from chuviet.manifest import ALL_FOLDS, Fold, fold_name
from chuviet.train.configs import Optim, Train
from chuviet.vocab import Charset

if TYPE_CHECKING:
    from chuviet.data.detection import PageData
    from chuviet.data.recognition import LineData
    from chuviet.train.engine import Task


@dataclass(frozen=True, kw_only=True)
class Experiment(Config):
    """One run of a recogniser (its data are lines) or of a detector (pages).

    Of lines, `fold` 0-4 is left out of training and validated on; "all" (5 is the same) trains on all real rows and
    validates on nothing. Pages name their validation sets, and have no fold but "all".
    """

    model: Config
    loss: Config
    decoder: Config
    data: LineDataConfig | PageDataConfig = LineDataConfig()
    optim: Optim = Optim()
    train: Train = Train()
    fold: Fold = "all"
    init: str = ""  # the run whose weights this one starts from: a config's name, or NAME/foldK, or a weights file
    init_parts: tuple[str, ...] = ()  # take over these parts alone, such as ("backbone",); () = all weights
    resume: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "fold", fold_name(self.fold))

    def check(self) -> None:
        """Raises ConfigError for what cannot be, before any data are read."""
        if isinstance(self.fold, int) and not 0 <= self.fold < ALL_FOLDS:
            raise ConfigError(f"fold={self.fold}: folds are 0 to {ALL_FOLDS - 1}, or all")
        self.train.check()
        self.data.check(self.fold)

    @property
    def charset(self) -> Charset | None:
        """The characters that the recogniser reads; None of a detector."""
        return self.data.characters() if isinstance(self.data, LineDataConfig) else None

    def build(self) -> tuple[LineData | PageData, Task]:
        """Reads the data and builds model, loss, decoder and metric, all of the same charset."""
        import torch

        from chuviet.metrics.detection import DetectionMetric
        from chuviet.metrics.recognition import RecognitionMetric
        from chuviet.pytorch.decoding import TorchDecoder
        from chuviet.train.engine import Task

        self.check()
        data = self.data.build(self.fold, self.train.seed)
        if self.train.keep == "best" and not len(data.valid):
            raise ConfigError("train.keep=best needs validation rows, and there are none; use last, ema or average")
        model: Any = self.model
        loss: Any = self.loss
        decoder: Any = self.decoder
        torch.manual_seed(self.train.seed)  # the weights that a run starts from
        task = Task(
            model=model.build(len(data.charset or ())), loss=loss.build(),
            decoder=TorchDecoder(decoder.build(data.charset)),
            metric=RecognitionMetric() if data.charset else DetectionMetric(), data=data,
        )  # fmt: skip
        return data, task

"""A detector with a gate in front: a small head on an early map says whether there is any text; if not, the rest is
skipped.

From the pipeline for LPCV 2020's videos, most of whose frames are empty. The detector is trained already and stays
as it is.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from chuviet import config
from chuviet.batch import Batch, Output
from chuviet.models.configs import RejectorConfig
from chuviet.models.protocols import Slimmable

#: A logit that no decoder takes for text.
NOTHING = -20.0


class Rejector(nn.Module):
    """In front of a model with `backbone.levels`, `detect` and `channels` (of its logits): FOTS or DBNet.

    Output: the detector's, and `extra["text"]` N, the logit of there being text. In training that alone."""

    Config: TypeAlias = RejectorConfig

    def __init__(self, cfg: Rejector.Config) -> None:
        super().__init__()
        detector: Any = cfg.detector
        self.cfg = cfg
        self.detector = detector.build()
        for parameter in self.detector.parameters():
            parameter.requires_grad = False
        with torch.no_grad():
            channels = self.detector.backbone.eval()(torch.zeros(1, 3, 64, 64))[cfg.level].shape[1]
        self.head = nn.Sequential(
            nn.Conv2d(channels, cfg.hidden, 3, padding=1, bias=False), nn.BatchNorm2d(cfg.hidden), nn.ReLU(),
            nn.Conv2d(cfg.hidden, cfg.hidden, 3, padding=1, bias=False), nn.BatchNorm2d(cfg.hidden), nn.ReLU(),
            nn.Conv2d(cfg.hidden, 1, 1),
        )  # fmt: skip

    def train(self, mode: bool = True) -> Rejector:
        """The detector's BatchNorm keeps its statistics."""
        super().train(mode)
        self.detector.eval()
        return self

    def slim(self) -> Rejector:
        """As it is shipped. In place."""
        if isinstance(self.detector, Slimmable):
            self.detector.slim()
        return self.eval()

    def forward(self, batch: Batch) -> Output:
        levels, maps = self.detector.backbone.levels(batch.images), []
        with torch.set_grad_enabled(False):
            for _ in range(self.cfg.level + 1):
                maps.append(next(levels))
        places = self.head(maps[-1]).float().flatten(1)
        text = places.topk(min(self.cfg.places, places.shape[1]), dim=1).values.mean(1)
        if self.training:
            return Output(logits=text[:, None], extra={"text": text})
        empty = text < self.cfg.threshold
        if not torch.onnx.is_in_onnx_export() and bool(empty.all()):  # a graph is given this branch when it is whole
            nothing = torch.full((len(text), self.detector.channels, 1, 1), NOTHING, device=text.device)
            return Output(logits=nothing, extra={"text": text})
        output = self.detector.detect([*maps, *levels])
        logits = output.logits.masked_fill(empty[:, None, None, None], NOTHING)
        return Output(logits=logits, extra={"text": text})


def says_text(model: nn.Module, batch: Batch) -> Tensor:
    """N: the rejector's logits, without running the rest."""
    assert isinstance(model, Rejector)
    never = model.cfg.threshold
    try:
        model.cfg = config.replace(model.cfg, threshold=float("inf"))
        return model(batch).extra["text"]
    finally:
        model.cfg = config.replace(model.cfg, threshold=never)

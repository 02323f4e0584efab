"""What crosses the borders of training: batches of samples, outputs of models.

Dimensions: N samples, C channels, H height and W width in pixels, T frames (or decoder steps), V classes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import torch
from torch import Tensor

from chuviet.labels import LabelledPage


@dataclass
class Batch:
    """Some samples, as a model, a loss and a decoder take them. `index` is the row in the dataset: results are joined
    by it.
    """

    images: Tensor  # N C H W, float, padded to the right with paper
    widths: Tensor  # N, int64: columns of each image that are not padding
    index: Tensor  # N, int64
    targets: Tensor | None = None  # N L, int64 ids of the charset, padded with -1
    target_lengths: Tensor | None = None  # N, int64
    texts: list[str] = field(default_factory=list)
    shapes: Tensor | None = None  # N 4, int64: height and width of the content, of the original image (detectors)
    maps: dict[str, Tensor] = field(default_factory=dict)  # N ... H/s W/s: target maps of a detector (training)
    pages: list[LabelledPage] = field(default_factory=list)  # the true quads in original pixels (detectors, validation)

    @property
    def ground_truth(self) -> list[Any]:
        """What predictions are compared with, in the order of the samples: texts, or labelled pages."""
        return list(self.pages or self.texts)

    def to(self, device: torch.device | str, non_blocking: bool = False) -> Batch:
        moved: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self)}
        for name, value in moved.items():
            if isinstance(value, Tensor):
                moved[name] = value.to(device, non_blocking=non_blocking)
        moved["maps"] = {k: v.to(device, non_blocking=non_blocking) for k, v in self.maps.items()}
        return Batch(**moved)

    def __len__(self) -> int:
        return int(self.index.shape[0])


@dataclass
class Output:
    """What a model returns: logits only, no softmax."""

    logits: Tensor  # N T V of a recogniser; N C H/s W/s of a detector
    lengths: Tensor | None = None  # N, int64: frames of each sample that are not padding (CTC)
    extra: dict[str, Tensor] = field(default_factory=dict)  # training-time branches, such as a guide's logits


def within(lengths: Tensor, count: int) -> Tensor:
    """N lengths -> N `count` bool: the places that are below each line's length."""
    return torch.arange(count, device=lengths.device)[None] < lengths[:, None]

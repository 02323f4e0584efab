"""DBNet: text as a map of probabilities, with a map of thresholds beside it while it is trained.

Liao et al., "Real-time Scene Text Detection with Differentiable Binarization" (https://arxiv.org/abs/1911.08947). The
backbone is any timm model with maps at 1/4 to 1/32; RepViT (https://arxiv.org/abs/2307.09283) with RSE-FPN is OpenOCR's
mobile detector. Different from the paper: no deformable convolutions, and inputs are scaled to -1..1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import torch
import torch.nn.functional as F
from timm.utils.model import reparameterize_model
from torch import Tensor, nn

from chuviet.batch import Batch, Output
from chuviet.models.backbone import timm_features
from chuviet.models.configs import DBNetConfig


class DBNet(nn.Module):
    """N 3 H W in -1..1 -> logits N C H W, of the shrunk regions: text, or, with `words`, lines and words; then those of
    the thresholds, if there are any, which a slim model has not. H and W are multiples of 32.
    """

    Config: TypeAlias = DBNetConfig

    def __init__(self, cfg: DBNet.Config) -> None:
        super().__init__()
        self.cfg = cfg
        self.backbone, channels = timm_features(cfg.backbone, cfg.pretrained, dict(cfg.options))
        self.neck = cfg.neck.build(channels)
        self.text = _Head(cfg.neck.width)
        self.words: _Head | None = _Head(cfg.neck.width) if cfg.words else None
        self.threshold: _Head | None = _Head(cfg.neck.width) if cfg.threshold else None

    def forward(self, batch: Batch) -> Output:
        return self.detect(self.backbone(batch.images))

    def detect(self, maps: Sequence[Tensor]) -> Output:
        """What the backbone's maps hold."""
        x = self.neck(maps)
        heads = [head for head in (self.text, self.words, self.threshold) if head is not None]
        return Output(logits=torch.cat([head(x) for head in heads], dim=1))

    @property
    def channels(self) -> int:
        """Of the logits."""
        return 1 + (self.words is not None) + (self.threshold is not None)

    def slim(self) -> DBNet:
        """This model as it is shipped: branches of RepViT folded into one convolution, no threshold map. In place."""
        self.backbone = reparameterize_model(self.backbone)
        self.threshold = None
        return self.eval()


class _Head(nn.Module):
    """N C H/4 W/4 -> N 1 H W."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        c = channels // 4
        self.conv = nn.Conv2d(channels, c, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(c)
        self.up1 = nn.ConvTranspose2d(c, c, 2, stride=2)
        self.bn2 = nn.BatchNorm2d(c)
        self.up2 = nn.ConvTranspose2d(c, 1, 2, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn1(self.conv(x)))
        return self.up2(F.relu(self.bn2(self.up1(x))))

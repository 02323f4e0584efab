"""FOTS, the detection branch: score, distances to four sides and angle of the text at every fourth pixel.

Liu et al., "FOTS: Fast Oriented Text Spotting with a Unified Network" (https://arxiv.org/abs/1801.01671), in the form
that was trained and pruned for the video track of LPCV 2020: the encoder's last map goes on to a centre of two 3x3
convolutions (the first with stride 2); each of four decoders squeezes what comes from below (3x3), brings it to the
size of the encoder's map of its level and puts that map in front. A last 3x3 convolution joins both at 1/4, and a 1x1
reads it.

With ResNet-34: 36,256,966 parameters. Their 36.8 M are these and the 513,000 of ResNet's ImageNet classifier, which
their model carried along unused. Different from them: no biases in front of BatchNorm; maps are brought to the size of
the encoder's, so that the image need not be a multiple of 64; distances start small instead of at half a crop.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from chuviet.batch import Batch, Output
from chuviet.models.backbone import timm_features
from chuviet.models.configs import FOTSConfig

FIRST_DISTANCE = 16.0  # pixels: about what is seen from inside a word


class FOTS(nn.Module):
    """N 3 H W in -1..1 -> logits N 6 H/4 W/4: score, distances to top, right, bottom, left side, angle.

    H and W are multiples of 32. `chuviet.rboxes.read_cells` says what the logits mean.
    """

    channels = 6  # of the logits

    Config: TypeAlias = FOTSConfig

    def __init__(self, cfg: FOTS.Config) -> None:
        super().__init__()
        self.cfg = cfg
        self.backbone, channels = timm_features(cfg.backbone, cfg.pretrained, dict(cfg.options))
        first, c = cfg.centre
        self.centre = nn.Sequential(_conv(channels[-1], first, stride=2), _conv(first, c))
        squeezes = []
        for squeezed, skipped in zip(cfg.decoder, reversed(channels), strict=True):
            squeezes.append(_conv(c, squeezed))
            c = skipped + squeezed
        self.decoder = nn.ModuleList(squeezes)
        self.join = _conv(c, cfg.out)
        self.read = nn.Conv2d(cfg.out, self.channels, 1)
        # A sigmoid starts at half a crop, ten times too far: -log IoU would first have to learn the scale.
        nn.init.zeros_(self.read.bias)  # type: ignore[arg-type]
        nn.init.constant_(self.read.bias[1:5], math.log(FIRST_DISTANCE / (cfg.crop - FIRST_DISTANCE)))  # type: ignore[index]

    def forward(self, batch: Batch) -> Output:
        return self.detect(self.backbone(batch.images))

    def detect(self, maps: Sequence[Tensor]) -> Output:
        """What the backbone's maps hold."""
        x = self.centre(maps[-1])  # N C H/64 W/64
        for squeeze, skip in zip(self.decoder, reversed(maps), strict=True):
            up = F.interpolate(squeeze(x), size=skip.shape[2:], mode="bilinear", align_corners=False)
            x = torch.cat((skip, up), dim=1)
        x = self.join(x)
        # bfloat16 would round a distance of 300 pixels by 4: the six logits are left in the weights' own precision.
        with torch.autocast(x.device.type, enabled=False):
            return Output(logits=self.read(x.to(self.read.weight.dtype)))


def _conv(c_in: int, c_out: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(c_in, c_out, 3, stride, padding=1, bias=False), nn.BatchNorm2d(c_out), nn.ReLU(inplace=True)
    )

"""MicroOCR: a recogniser of some ten thousand parameters for short printed strings.

One patch embedding makes a column of every 4 pixels; blocks of a depthwise and a pointwise convolution mix them; the
whole column, all rows of it, is classified (https://github.com/williamlzw/MicroOCR, after ConvMixer,
https://arxiv.org/abs/2201.09792).
"""

from __future__ import annotations

from typing import TypeAlias

import torch
from torch import Tensor, nn

from chuviet.batch import Batch, Output
from chuviet.models.configs import MicroOCRConfig

PATCH = 4  # pixels


class MicroBlock(nn.Module):
    """Depthwise 3x3 with a shortcut around it, then pointwise. N C h w -> N C h w."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.depthwise = _conv(width, width, 3, groups=width)
        self.pointwise = _conv(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.pointwise(x + self.depthwise(x))


class MicroOCR(nn.Module):
    """Input N 3 H W, H as configured. Output: logits N T V with T = ceil(W / 4), V = characters + blank."""

    Config: TypeAlias = MicroOCRConfig

    def __init__(self, cfg: MicroOCR.Config, num_characters: int) -> None:
        super().__init__()
        self.cfg = cfg
        self.embed = _conv(3, cfg.width, PATCH, stride=PATCH)
        self.blocks = nn.Sequential(*(MicroBlock(cfg.width) for _ in range(cfg.depth)))
        self.classify = nn.Linear(cfg.width * (cfg.height // PATCH), num_characters + 1)

    @staticmethod
    def frames(widths: Tensor) -> Tensor:
        """Frames that images of `widths` pixels give: ceil(w / 4)."""
        return (widths + PATCH - 1) // PATCH

    def forward(self, batch: Batch) -> Output:
        x = self.blocks(self.embed(batch.images.contiguous(memory_format=torch.channels_last)))
        columns = x.flatten(1, 2).transpose(1, 2)  # N T C*h
        return Output(logits=self.classify(columns), lengths=self.frames(batch.widths))


def _conv(c_in: int, c_out: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution with bias, BatchNorm, GELU; the size is kept but for the stride."""
    padding = 0 if stride > 1 else kernel // 2
    return nn.Sequential(
        nn.Conv2d(c_in, c_out, kernel, stride, padding, groups=groups), nn.BatchNorm2d(c_out), nn.GELU()
    )

"""Necks that join the four maps of a backbone to one at a quarter of the image's size.

FPN as DBNet has it (https://arxiv.org/abs/1911.08947): lateral 1x1 convolutions, top-down sums, a quarter of the width
from each level. RSE-FPN (PP-OCRv3, https://arxiv.org/abs/2206.03001) puts squeeze-and-excitation with a shortcut behind
each convolution.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from chuviet.models.configs import FPNConfig


class FPN(nn.Module):
    """Maps N C_i H/s_i W/s_i at s = 4, 8, 16, 32 -> N width H/4 W/4."""

    Config: TypeAlias = FPNConfig

    def __init__(self, cfg: FPN.Config, channels: Sequence[int]) -> None:
        super().__init__()
        block = _ExcitedConv if cfg.excite else _conv
        self.lateral = nn.ModuleList(block(c, cfg.width, 1) for c in channels)
        self.smooth = nn.ModuleList(block(cfg.width, cfg.width // len(channels), 3) for _ in channels)

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        sums = [lateral(x) for lateral, x in zip(self.lateral, maps, strict=True)]
        for i in range(len(sums) - 1, 0, -1):
            sums[i - 1] = sums[i - 1] + _to_size(sums[i], sums[i - 1])
        parts = [smooth(x) for smooth, x in zip(self.smooth, sums, strict=True)]
        return torch.cat([_to_size(p, parts[0]) for p in parts], dim=1)


class _ExcitedConv(nn.Module):
    """Convolution, then x + x * (a weight for each channel, from the mean of all places)."""

    def __init__(self, c_in: int, c_out: int, kernel: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, kernel, padding=kernel // 2, bias=False)
        self.down = nn.Conv2d(c_out, max(c_out // 4, 1), 1)
        self.up = nn.Conv2d(max(c_out // 4, 1), c_out, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        weight = F.hardsigmoid(self.up(F.relu(self.down(x.mean((2, 3), keepdim=True)))))
        return x + x * weight


def _conv(c_in: int, c_out: int, kernel: int) -> nn.Conv2d:
    return nn.Conv2d(c_in, c_out, kernel, padding=kernel // 2, bias=False)


def _to_size(x: Tensor, like: Tensor) -> Tensor:
    return x if x.shape[2:] == like.shape[2:] else F.interpolate(x, size=like.shape[2:], mode="nearest")

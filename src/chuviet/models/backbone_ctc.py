"""BackboneCTC: a timm image model whose map stays fine along the text, an optional neck, and CTC classes per column.

The text recognition ResNet of PaddleOCR (https://github.com/PaddlePaddle/PaddleOCR) keeps 4 pixels a column; here the
same is done to a ResNet, RepViT or PP-LCNet of timm by changing strides alone, so that ImageNet weights still fit.
Heads: linear on the mean of each column ("linear"), or a 1x1 convolution with BatchNorm straight to the classes
("conv"). Neck: the mixing layers of SVTR (https://arxiv.org/abs/2205.00159).
"""

from __future__ import annotations

from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from chuviet.batch import Batch, Output, within
from chuviet.config import ConfigError
from chuviet.models.attention import attend
from chuviet.models.backbone import shape_of_map, timm_backbone
from chuviet.models.configs import BackboneCTCConfig

PIXELS_A_FRAME = 4


class ColumnBackbone(nn.Module):
    """N 3 H W -> N C ceil(H / 32) ceil(W / 4): a timm model that halves the width twice, then the height alone.

    Lines of one channel (N 1 H W) are taken as grey.
    """

    def __init__(self, name: str, pretrained: bool) -> None:
        super().__init__()
        net: Any = timm_backbone(name, pretrained, drop_path=0.0)
        self.net, self.channels = net, int(net.num_features)
        halving = [
            m
            for m in net.modules()
            if isinstance(m, (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)) and m.stride in (2, (2, 2))
        ]
        for module in halving[2:]:
            module.stride = (2, 1)
            if isinstance(module, nn.AvgPool2d):
                module.kernel_size = (2, 1)
        shape = shape_of_map(name, net, net.forward_features, 64, 128)
        if shape[1] != self.channels or shape[3] != 128 // PIXELS_A_FRAME:
            raise ConfigError(
                f"{name} can't be a backbone of lines: of an image of 64 x 128 it makes {shape[1:]}, not "
                f"{self.channels} channels and {128 // PIXELS_A_FRAME} columns; strides of 2 must halve its width"
            )

    def forward(self, images: Tensor) -> Tensor:
        images = images.expand(-1, 3, -1, -1)
        return self.net.forward_features(images.contiguous(memory_format=torch.channels_last))


class MixingLayer(nn.Module):
    """SVTR's global mixing: attention over all frames, then a feed-forward layer; each residual. N T C -> N T C."""

    def __init__(self, width: int, heads: int, expand: int = 2, dropout: float = 0.1) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.project = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.Linear(width, expand * width), nn.GELU(), nn.Dropout(dropout), nn.Linear(expand * width, width)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, valid: Tensor) -> Tensor:
        """`valid`: N T bool, frames that belong to the text."""
        x = x + self.dropout(self.project(attend(self.qkv(self.norm1(x)), self.heads, valid)))
        return x + self.dropout(self.mlp(self.norm2(x)))


class SVTRNeck(nn.Module):
    """Squeezes the columns to `dims` channels, mixes them by global attention, and joins that to what came in.

    N C T -> N T dims. After the neck of SVTR-LCNet: in, `depth` attention layers of width `hidden`, out, and the
    shortcut around them.
    """

    def __init__(self, channels: int, dims: int, hidden: int, depth: int, heads: int = 8) -> None:
        super().__init__()
        middle = channels // 8
        self.squeeze = _conv(channels, middle, 3)
        self.enter = _conv(middle, hidden, 1)
        self.layers = nn.ModuleList(MixingLayer(hidden, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(hidden)
        self.leave = _conv(hidden, channels, 1)
        self.join = _conv(2 * channels, middle, 3)
        self.out = _conv(middle, dims, 1)

    def forward(self, columns: Tensor, valid: Tensor) -> Tensor:
        """`valid`: N T bool; attention does not look at padding."""
        keep = valid[:, None].to(columns.dtype)
        x = self.enter(self.squeeze(columns) * keep).transpose(1, 2)  # N T hidden
        for layer in self.layers:
            x = layer(x, valid)
        x = self.leave(self.norm(x).transpose(1, 2)) * keep
        return self.out(self.join(torch.cat((columns, x), dim=1))).transpose(1, 2)


class BackboneCTC(nn.Module):
    """Input N 3 H W. Output: logits N T V with T = ceil(W / 4), V = characters + blank."""

    Config: TypeAlias = BackboneCTCConfig

    def __init__(self, cfg: BackboneCTC.Config, num_characters: int) -> None:
        super().__init__()
        self.cfg = cfg
        self.backbone = ColumnBackbone(cfg.backbone, cfg.pretrained)
        c, classes = self.backbone.channels, num_characters + 1
        self.neck = SVTRNeck(c, cfg.dims, cfg.hidden, cfg.depth) if cfg.neck == "svtr" else None
        self.dropout = nn.Dropout(cfg.dropout)
        width = cfg.dims if self.neck else c
        if cfg.head == "conv":
            self.classify: nn.Module = nn.Sequential(nn.Conv1d(width, classes, 1, bias=False), nn.BatchNorm1d(classes))
        else:
            self.classify = nn.Linear(width, classes)

    @staticmethod
    def frames(widths: Tensor) -> Tensor:
        """Frames that images of `widths` pixels give: ceil(w / 4)."""
        return (widths + PIXELS_A_FRAME - 1) // PIXELS_A_FRAME

    @property
    def channels(self) -> int:
        """Channels of `features`."""
        return self.backbone.channels

    def features(self, batch: Batch) -> Tensor:
        """The backbone's map N C h T."""
        return self.backbone(batch.images)

    def read(self, features: Tensor, widths: Tensor) -> Output:
        """Frame classes of the backbone's map N C h T."""
        lengths = self.frames(widths)
        columns = features.mean(dim=2)  # N C T
        if self.neck is not None:
            valid = within(lengths, columns.shape[2])
            x = self.neck(columns, valid)
        else:
            x = columns.transpose(1, 2)
        x = self.dropout(x)  # N T C
        if isinstance(self.classify, nn.Linear):
            return Output(logits=self.classify(x), lengths=lengths)
        return Output(logits=self.classify(x.transpose(1, 2)).transpose(1, 2), lengths=lengths)

    def forward(self, batch: Batch) -> Output:
        return self.read(self.features(batch), batch.widths)


def _conv(c_in: int, c_out: int, kernel: int) -> nn.Sequential:
    """1-D convolution along the text, BatchNorm, SiLU."""
    conv = nn.Conv1d(c_in, c_out, kernel, padding=kernel // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm1d(c_out), nn.SiLU())

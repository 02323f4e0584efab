"""LineCTC: a recogniser of one to two million parameters for text lines, sized for training and reading on a CPU.

Convolutional stem and depthwise stages keep the width fine (4 px a frame) while the height goes down late; a few
layers that mix along the line (attention, then a depthwise convolution, as in a Conformer) end in per-frame CTC
classes, blank first. The mixing of local and global layers follows SVTR (https://arxiv.org/abs/2205.00159); the blocks
are those of ConvMixer/ConvNeXt kind.

Columns beyond a line's own width are zeroed after every layer, so a prediction does not depend on its batch mates.
Images without padding need none of that: the convolutions' own zeros are beyond them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from chuviet.batch import Batch, Output, within
from chuviet.models.attention import attend
from chuviet.models.configs import Activation, LineCTCConfig

_ACTIVATIONS: dict[Activation, Callable[[Tensor], Tensor]] = {"gelu": F.gelu, "silu": F.silu}


def masked(x: Tensor, mask: Tensor | None) -> Tensor:
    """`x` with zeros where the mask, bool, is false; None: as it is."""
    return x if mask is None else x * mask.to(x.dtype)


class ConvBlock(nn.Module):
    """Depthwise convolution, then a pointwise expansion and contraction; residual. N C H W -> N C H W."""

    def __init__(self, width: int, kernel: int, expand: int, activation: Activation = "gelu") -> None:
        super().__init__()
        self.activate = _ACTIVATIONS[activation]
        self.depthwise = nn.Conv2d(width, width, kernel, padding=kernel // 2, groups=width, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.up = nn.Conv2d(width, width * expand, 1)
        self.down = nn.Conv2d(width * expand, width, 1)
        self.scale = nn.Parameter(torch.full((width, 1, 1), 0.5))

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        y = self.norm(self.depthwise(x))
        y = self.down(self.activate(self.up(y)))
        return torch.addcmul(x, y, masked(self.scale.to(y.dtype), mask))  # one pass; x is zero where the mask is


class Downsample(nn.Module):
    """Strided convolution + BatchNorm + activation. N C H W -> N C' H/sh W/sw."""

    def __init__(
        self, c_in: int, c_out: int, kernel: tuple[int, int], stride: tuple[int, int], activation: Activation = "gelu"
    ) -> None:
        super().__init__()
        self.activate = _ACTIVATIONS[activation]
        pad = ((kernel[0] - 1) // 2, (kernel[1] - 1) // 2)
        self.conv = nn.Conv2d(c_in, c_out, kernel, stride, pad, bias=False)
        self.norm = nn.BatchNorm2d(c_out)

    def forward(self, x: Tensor) -> Tensor:
        return self.activate(self.norm(self.conv(x)))


class DropChannels(nn.Module):
    """Dropout that takes a channel out of all frames of a line: N T C -> N T C. (A draw for every value was a
    fourteenth of a training step on a CPU.)
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or not self.p:
            return x
        keep = torch.rand(x.shape[0], 1, x.shape[2], device=x.device) >= self.p
        return x * (keep.to(x.dtype) / (1 - self.p))


class MixingBlock(nn.Module):
    """Attention over the frames, a depthwise convolution along them, a feed-forward layer; each residual. N T C ->
    N T C.
    """

    def __init__(
        self, width: int, heads: int, kernel: int, expand: int, dropout: float, activation: Activation = "gelu"
    ) -> None:
        super().__init__()
        self.heads = heads
        self.activate = _ACTIVATIONS[activation]
        self.norm1, self.norm2, self.norm3 = nn.LayerNorm(width), nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.project = nn.Linear(width, width)
        self.conv = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width)
        self.mlp = nn.Sequential(
            nn.Linear(width, expand * width),
            nn.GELU() if activation == "gelu" else nn.SiLU(),
            DropChannels(dropout),
            nn.Linear(expand * width, width),
        )
        self.dropout = DropChannels(dropout)

    def forward(self, x: Tensor, valid: Tensor | None) -> Tensor:
        """`valid`: N T bool, frames that belong to the line; None: all do."""
        keep = None if valid is None else valid[:, :, None]
        x = x + self.dropout(self.project(attend(self.qkv(self.norm1(x)), self.heads, valid)))
        y = masked(self.norm2(x), keep)
        x = x + self.dropout(self.activate(self.conv(y.transpose(1, 2)).transpose(1, 2)))
        return masked(x + self.dropout(self.mlp(self.norm3(x))), keep)


class LineCTC(nn.Module):
    """Input N C H W (lines: 1 channel, ink 1, paper 0; scenes: 3 of colour), H a multiple of 8. Output: logits N T V
    with T = ceil(W / 4), V = characters + blank.
    """

    Config: TypeAlias = LineCTCConfig

    def __init__(self, cfg: LineCTC.Config, num_characters: int) -> None:
        super().__init__()
        c1, c2, c3 = cfg.widths
        act = cfg.activation
        self.cfg = cfg
        self.stem1 = Downsample(cfg.channels, cfg.stem, (3, 3), (2, 2), act)
        self.stem2 = Downsample(cfg.stem, c1, (3, 3), (2, 2), act)
        self.stage1 = nn.ModuleList(ConvBlock(c1, cfg.kernel, cfg.expand, act) for _ in range(cfg.depths[0]))
        self.reduce = Downsample(c1, c2, (3, 3), (2, 1), act)
        self.stage2 = nn.ModuleList(ConvBlock(c2, cfg.kernel, cfg.expand, act) for _ in range(cfg.depths[1]))
        rows = -(-cfg.height // 8)
        self.flatten = nn.Linear(c2 * rows, c3)
        self.norm_in = nn.LayerNorm(c3)
        self.mixing = nn.ModuleList(
            MixingBlock(c3, cfg.heads, cfg.mix_kernel, cfg.expand, cfg.dropout, act) for _ in range(cfg.depths[2])
        )
        self.norm_out = nn.LayerNorm(c3)
        self.dropout = DropChannels(cfg.dropout)
        self.drop_frames = nn.Dropout1d(cfg.drop_features)
        self.classify = nn.Linear(c3, num_characters + 1)
        nn.init.zeros_(self.classify.bias)

    @staticmethod
    def frames(widths: Tensor) -> Tensor:
        """Frames that images of `widths` pixels give: ceil(w / 4)."""
        return (widths + 3) // 4

    @property
    def channels(self) -> int:
        """Channels of `features`."""
        return self.cfg.widths[2]

    def features(self, batch: Batch) -> Tensor:
        """What the convolutions see: N C 1 T, a column a frame, zeros beyond the line."""
        images, widths = batch.images, batch.widths
        half = within((widths + 1) // 2, (images.shape[3] + 1) // 2)[:, None, None]
        valid = self._valid((images.shape[3] + 3) // 4, widths)
        x = self._maps(images, half, valid[:, None, None])
        x = masked(self.norm_in(self._flattened(x)), valid[:, :, None])  # N T C
        return x.transpose(1, 2)[:, :, None]

    def _maps(self, images: Tensor, half: Tensor | None, mask: Tensor | None) -> Tensor:
        """What the convolutions make of images: N C h T. Masks for maps of half and of a quarter of the width; None:
        there is no padding.
        """
        x = self.stem1(images.contiguous(memory_format=torch.channels_last))
        x = masked(self.stem2(masked(x, half)), mask)
        for block in self.stage1:
            x = block(x, mask)
        x = masked(self.reduce(x), mask)
        for block in self.stage2:
            x = block(x, mask)
        return x

    def _flattened(self, x: Tensor) -> Tensor:
        """N C h T -> N T C': `flatten` of each column, by a convolution as high as it is. No map in another order is
        written, nor its gradient.
        """
        kernel = self.flatten.weight.view(self.flatten.out_features, -1, int(x.shape[1])).transpose(1, 2)[..., None]
        kernel = kernel.contiguous()  # PyTorch's own convolution, which small maps take, wants it so for the gradient
        return F.conv2d(x, kernel, self.flatten.bias)[:, :, 0].transpose(1, 2)  # kernel: C' C h 1

    def read_unpadded(self, images: Tensor) -> Tensor:
        """Logits N T V of images N C H W that are no wider than their lines: what `forward` gives for them, with a
        seventh less work for ONNX Runtime. For reading alone.
        """
        x = self.norm_in(self._flattened(self._maps(images, None, None)))
        for block in self.mixing:
            x = block(x, None)
        logits: Tensor = self.classify(self.norm_out(x))
        return logits

    def read(self, features: Tensor, widths: Tensor) -> Output:
        """Frame classes of the features N C 1 T."""
        valid = self._valid(features.shape[3], widths)
        x = self.drop_frames(features[:, :, 0].transpose(1, 2))  # N T C
        for block in self.mixing:
            x = block(x, valid)
        return Output(logits=self.classify(self.dropout(self.norm_out(x))), lengths=self.frames(widths))

    def _valid(self, frames: int, widths: Tensor) -> Tensor:
        """N T bool: the frames that belong to each line."""
        return within(self.frames(widths), frames)

    def forward(self, batch: Batch) -> Output:
        return self.read(self.features(batch), batch.widths)

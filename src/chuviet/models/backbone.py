"""Image models of timm as backbones."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import timm
import torch
from torch import Tensor, nn


def timm_backbone(name: str, pretrained: bool, drop_path: float) -> nn.Module:
    """A timm image model without classifier and pooling. Random weights, and a warning, when the pretrained ones
    are out of reach.
    """
    options: dict[str, Any] = {"num_classes": 0, "global_pool": ""}
    return _create(name, pretrained, options | ({"drop_path_rate": drop_path} if drop_path else {}))  # not all have it


def timm_features(name: str, pretrained: bool, options: dict[str, Any]) -> tuple[nn.Module, list[int]]:
    """A timm image model that gives its maps at 1/4, 1/8, 1/16 and 1/32 of the image's size, and their channels.

    `options` are the model's own. Weights as for `timm_backbone`.
    """
    net: Any = _create(name, pretrained, {"features_only": True, **options})
    channels = dict(zip(net.feature_info.reduction(), net.feature_info.channels(), strict=True))
    if list(channels)[-4:] != [4, 8, 16, 32]:
        raise ValueError(f"{name}: a detector needs maps at 1/4 to 1/32, this backbone has {list(channels)}")
    return Features(net), [channels[r] for r in (4, 8, 16, 32)]


class Features(nn.Module):
    """N 3 H W -> the last four maps of a timm feature extractor (a ResNet gives one at 1/2 as well)."""

    def __init__(self, net: Any) -> None:
        super().__init__()
        self.net = net

    def levels(self, images: Tensor) -> Iterator[Tensor]:
        """The four maps one by one: who stops early saves the work of those behind."""
        x, skip = images.contiguous(memory_format=torch.channels_last), len(self.net.return_layers) - 4
        for name, module in self.net.items():
            x = module(x)
            if name in self.net.return_layers:
                if not skip:
                    yield x
                skip = max(skip - 1, 0)

    def forward(self, images: Tensor) -> list[Tensor]:
        return list(self.levels(images))


def _create(name: str, pretrained: bool, options: dict[str, Any]) -> nn.Module:
    if pretrained:
        try:
            return timm.create_model(name, pretrained=True, **options)
        except (OSError, RuntimeError) as e:  # no network, no cache, or no such weights
            reason = str(e).splitlines()[0][:120] if str(e) else type(e).__name__
            warnings.warn(
                f"pretrained weights of {name} are out of reach ({reason}); starting from random", stacklevel=3
            )
    return timm.create_model(name, pretrained=False, **options)

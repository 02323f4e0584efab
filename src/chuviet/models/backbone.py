"""Image models of timm as backbones."""

from __future__ import annotations

import warnings
from typing import Any

import timm
from torch import nn


def timm_backbone(name: str, pretrained: bool, drop_path: float) -> nn.Module:
    """A timm image model without classifier and pooling. Random weights, and a warning, when the pretrained ones
    are out of reach.
    """
    options: dict[str, Any] = {"num_classes": 0, "global_pool": "", "drop_path_rate": drop_path}
    if pretrained:
        try:
            return timm.create_model(name, pretrained=True, **options)
        except (OSError, RuntimeError) as e:  # no network, no cache, or no such weights
            reason = str(e).splitlines()[0][:120] if str(e) else type(e).__name__
            warnings.warn(
                f"pretrained weights of {name} are out of reach ({reason}); starting from random", stacklevel=2
            )
    return timm.create_model(name, pretrained=False, **options)

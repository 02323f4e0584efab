"""The sizes of single layers as config: a pruned model is the same class with other widths.

`Widths` names every layer whose sizes differ from those that the other fields of a config give, as in
``(("backbone.net.conv1", (0, 32, 0)), ...)``: (in, out, groups) channels of a convolution, (in, out) of a linear layer,
(n,) of a norm; a parameter that belongs to no such layer has its shape. 0 is the size without pruning, so that a
classifier that reads fewer channels still fits any charset. `chuviet prune` writes them.
"""

from __future__ import annotations

from typing import TypeVar

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd

from chuviet.config import ConfigError
from chuviet.models.configs import Widths as Widths

Model = TypeVar("Model", bound=nn.Module)

#: Kinds of layers that have widths, and the attributes that hold them.
_ATTRIBUTES: dict[type[nn.Module], tuple[str, ...]] = {
    _ConvNd: ("in_channels", "out_channels", "groups"),
    nn.Linear: ("in_features", "out_features"),
    _BatchNorm: ("num_features",),
}


def apply_widths(model: Model, widths: Widths) -> Model:
    """Cuts the named layers down to their widths, in place; kernel, stride, bias and all else stay. The weights that
    remain are the first ones. Raises ConfigError for a layer that is not there or has fewer channels.
    """
    for name, new in widths:
        part, attributes = _find(model, name)
        old = _sizes(part, attributes)
        if len(new) != len(old) or any(not 0 <= n <= m for n, m in zip(new, old, strict=True)):
            raise ConfigError(f"pruned: {name} cannot have the widths {new}: without pruning they are {old}")
        new = tuple(n or m for n, m in zip(new, old, strict=True))
        if isinstance(part, nn.Module):
            _cut_layer(part, attributes, new)
        else:
            owner, _, last = name.rpartition(".")
            setattr(model.get_submodule(owner), last, nn.Parameter(_first(part, new)))
    return model


def read_widths(model: nn.Module, whole: nn.Module) -> Widths:
    """The `Widths` that make `model` of `whole`, in the order of definition."""
    out: dict[str, tuple[int, ...]] = {}
    for name, part in whole.named_modules():
        own = {f"{name}.{k}".lstrip("."): p for k, p in part.named_parameters(recurse=False)}
        for place in [name] if _kind(part) else own:
            cut, attributes = _find(model, place)
            new, old = _sizes(cut, attributes), _sizes(*_find(whole, place))
            if new != old:
                out[place] = tuple(n if n != m else 0 for n, m in zip(new, old, strict=True))
    return tuple(out.items())


def _kind(part: nn.Module) -> tuple[str, ...]:
    return next((names for kind, names in _ATTRIBUTES.items() if isinstance(part, kind)), ())


def _find(model: nn.Module, name: str) -> tuple[nn.Module | nn.Parameter, tuple[str, ...]]:
    """A layer with the attributes of its widths, or a parameter with none."""
    try:
        part = model.get_submodule(name)
        if attributes := _kind(part):
            return part, attributes
    except AttributeError:
        try:
            return model.get_parameter(name), ()
        except AttributeError:
            pass
    raise ConfigError(f"pruned: {type(model).__name__} has no layer {name!r}")


def _sizes(part: nn.Module | nn.Parameter, attributes: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(getattr(part, a) for a in attributes) if isinstance(part, nn.Module) else tuple(part.shape)


def _cut_layer(layer: nn.Module, attributes: tuple[str, ...], new: tuple[int, ...]) -> None:
    for attribute, n in zip(attributes, new, strict=True):
        setattr(layer, attribute, n)
    groups = new[2] if len(new) == 3 else 1
    c_in, c_out = new[0], new[1] if len(new) > 1 else new[0]
    turned = getattr(layer, "transposed", False)
    matrix = (c_in, c_out // groups) if turned else (c_out, c_in // groups)
    for name, value in [*layer.named_parameters(recurse=False), *layer.named_buffers(recurse=False)]:
        if value.ndim:  # not BatchNorm's counter
            small = _first(value, (c_out,) if value.ndim == 1 else matrix)
            setattr(layer, name, nn.Parameter(small) if isinstance(value, nn.Parameter) else small)


def _first(value: Tensor, shape: tuple[int, ...]) -> Tensor:
    return value.detach()[tuple(slice(n) for n in shape)].clone()

"""Structured pruning: whole channels go, those whose filters have the smallest L1 norm, and the model gets smaller.

Li et al., "Pruning Filters for Efficient ConvNets" (https://arxiv.org/abs/1608.08710), over the groups of layers that
must lose the same channels (Fang et al., "DepGraph", https://arxiv.org/abs/2301.12900, by torch-pruning). Every group
loses the same share. A group is left whole where a missing channel is not the same as one that is always zero, or
where channels become something else:

- what the model gives out: classifiers, the last convolutions of heads;
- what a LayerNorm or GroupNorm averages over, so the trunk of the attention layers (their feed-forward layers do
  shrink), and queries, keys and values, whose heads must stay equal;
- what a reshape turns into columns for a linear layer;
- grouped convolutions that are not depthwise;
- the recurrent layers of the attention recogniser: its backbone alone shrinks.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
import torch_pruning as tp
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

from chuviet.batch import Batch
from chuviet.errors import InputError
from chuviet.export.lines import drawn_strings
from chuviet.models.protocols import Prunable
from chuviet.models.seq2seq import Seq2Seq
from chuviet.models.widths import read_widths
from chuviet.pytorch.artifact import SavedModel

#: Kept channels are a multiple of this: FOTS and RepViT at ratios 0.3 to 0.5 do 2 to 11 % more multiply-adds a second
#: than with any number of channels (640 x 640 px, one thread, AMX); 16 and 32 gain more, but thin layers stay whole.
ROUND_TO = 8

#: Layers by the name of their parameters' owner (or of a parameter), and the channels that they lost.
Removed = dict[str, list[int]]

_MIXERS = (nn.LayerNorm, nn.GroupNorm, nn.MultiheadAttention, nn.RNNBase)


def prune(saved: SavedModel, ratio: float, round_to: int = ROUND_TO, keep_residual: bool = False) -> SavedModel:
    """The saved model with a smaller model of the same class; its metrics are gone, its notes say what was done.

    `ratio` of the channels of every group goes. `keep_residual` leaves the channels whole that several layers write to
    (shortcuts and other sums). Without it FOTS with ResNet-34 has a quarter of its parameters at 0.5, which is what was
    published for it; with it, nearly a half. Raises InputError for a ratio that is not between 0 and 1, a model that
    cannot be pruned, or a result that does not compute what the model with its lost channels at zero does.
    """
    if not 0 < ratio < 1:
        raise InputError(f"ratio {ratio:g}: the share of channels to remove lies between 0 and 1")
    if not isinstance(saved.model_cfg, Prunable):
        raise InputError(f"{saved.path}: a {type(saved.model).__name__} cannot be pruned; prune that of a plain model")
    cfg: Any = saved.model_cfg
    small, batch = copy.deepcopy(saved.model).cpu(), example(saved)
    removed = remove_channels(small, batch, ratio, round_to, keep_residual)
    characters = len(saved.charset or ())
    whole = replace(cfg, pruned=()).build(characters)
    cfg = replace(cfg, pruned=read_widths(small, whole))
    model = cfg.build(characters).eval()
    model.load_state_dict(small.state_dict())
    _check(model, mask(saved.model, removed), batch, saved)
    device = next(saved.model.parameters()).device
    notes = saved.notes | {"pruned": {"ratio": ratio, "from": saved.path.name}}
    return replace(saved, model=model.to(device), model_cfg=cfg, metrics={}, notes=notes)


def remove_channels(
    model: nn.Module, batch: Batch, ratio: float, round_to: int = ROUND_TO, keep_residual: bool = False
) -> Removed:
    """Removes `ratio` of the channels of every group in place, and returns which. `batch` is what the model is traced
    with; the model is left in eval mode.
    """
    graph = tp.DependencyGraph().build_dependency(model, batch, forward_fn=traced, verbose=False)
    norm = tp.importance.GroupMagnitudeImportance(p=1, normalizer=None, target_types=[_ConvNd, nn.Linear])
    names = {id(part): name for name, part in (*model.named_modules(), *model.named_parameters())}
    attention = [m for name, m in model.named_modules() if name.rpartition(".")[2] == "qkv"]
    groups = list(graph.get_all_groups(ignored_layers=attention, root_module_types=(_ConvNd, nn.Linear)))
    choices = []  # all made before the first cut, which changes the norms of the layers behind it
    for group in groups:
        if _prunable(graph, group) and not (keep_residual and _writers(graph, group) > 1):
            score = norm(group)
            lost = score.argsort()[: len(score) - kept(len(score), ratio, round_to)]
            choices.append((group[0].dep, sorted(lost.tolist())))
    removed: Removed = {}
    for root, lost in choices:
        if not lost:
            continue
        group = graph.get_pruning_group(root.target.module, root.handler, lost)
        for dep, channels in group:
            part = dep.target.module
            if id(part) in names and graph.is_out_channel_pruning_fn(dep.handler):
                removed[names[id(part)]] = list(channels)
        group.prune()
    return removed


def kept(channels: int, ratio: float, round_to: int) -> int:
    """How many of some channels stay: the multiple of `round_to` that is nearest to 1 - ratio, at least one."""
    multiples = max(int(channels * (1 - ratio) / round_to + 0.5), 1)
    return min(multiples * round_to, channels)


@torch.no_grad()
def mask(model: nn.Module, removed: Removed) -> nn.Module:
    """A copy of the model of the same size in which the removed channels are zero."""
    masked = copy.deepcopy(model).cpu()
    parameters = dict(masked.named_parameters())
    for name, channels in removed.items():
        layer = None if name in parameters else masked.get_submodule(name)
        own = [parameters[name]] if layer is None else list(layer.parameters(recurse=False))
        for p in own:
            turned = p.ndim > 1 and getattr(layer, "transposed", False)
            p.index_fill_(1 if turned else 0, torch.tensor(channels), 0.0)
    return masked


def traced(model: nn.Module, batch: Batch) -> Tensor:
    """Runs what can be pruned: all of the model, but of an attention recogniser what lies before its GRU."""
    if isinstance(model, Seq2Seq):
        return model.project(model.backbone(batch.images.expand(-1, 3, -1, -1)))
    return model(batch).logits


def example(saved: SavedModel, side: int = 128) -> Batch:
    """One image as the model wants it: a drawn line, or noise of `side` x `side` pixels for a detector."""
    preprocess: Any = saved.preprocess_cfg
    if saved.charset is None:
        images = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0)) * 2 - 1
        return Batch(images, torch.tensor([side]), torch.tensor([0]))
    prepare = preprocess.build()
    pixels, widths = prepare.collate([prepare(drawn_strings(12)[9])])
    return Batch(torch.from_numpy(pixels), torch.from_numpy(widths), torch.tensor([0]))


def _prunable(graph: tp.DependencyGraph, group: Sequence[Any]) -> bool:
    """Whether removing a channel of the group is the same as making it zero, and its layers can lose any."""
    count = len(group[0].idxs)
    for dep, channels in group:
        node, part = dep.target, dep.target.module
        given_out = not node.outputs and graph.is_out_channel_pruning_fn(dep.handler)
        grouped = isinstance(part, _ConvNd) and part.groups not in (1, part.out_channels)
        reader = isinstance(part, nn.Linear) and graph.is_in_channel_pruning_fn(dep.handler)
        flattened = len(channels) != count or (reader and part.in_features != count)
        if given_out or grouped or flattened or isinstance(part, _MIXERS):
            return False
    return True


def _writers(graph: tp.DependencyGraph, group: Sequence[Any]) -> int:
    """Layers that make the channels of the group; depthwise convolutions and norms only pass them on."""
    makers = {
        dep.target.module
        for dep, _ in group
        if isinstance(dep.target.module, (_ConvNd, nn.Linear)) and graph.is_out_channel_pruning_fn(dep.handler)
    }
    return sum(getattr(m, "groups", 1) == 1 for m in makers)


@torch.no_grad()
def _check(small: nn.Module, masked: nn.Module, batch: Batch, saved: SavedModel) -> None:
    got, want = traced(small, batch), traced(masked, batch)
    if got.shape != want.shape or not torch.allclose(got, want, rtol=1e-3, atol=1e-3 * float(want.abs().max())):
        raise InputError(
            f"{saved.path}: not pruned: the smaller {type(small).__name__} does not compute what the full one does "
            "with those channels at zero"
        )

"""Deeper networks that start where a shallower one stopped: the new blocks add nothing until they are trained. And
shallower ones, without the blocks that add little.

A residual block whose last layers are zero is the identity, so that a LineCTC of more mixing layers or convolution
blocks gives the same logits as the trained one it is made of (Net2Net, https://arxiv.org/abs/1511.05641, for residual
networks).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import torch

from chuviet.models.ctc import LineCTC

_LISTS = ("stage1", "stage2", "mixing")


def deepen(model: LineCTC, depths: tuple[int, int, int], num_characters: int, seed: int = 0) -> LineCTC:
    """A LineCTC of `depths` that computes what `model` does; its new blocks come last in their stage, drawn from `seed`
    with their output layers zero. Raises ValueError for fewer blocks than `model` has, or a pruned model.
    """
    old = model.cfg
    if old.pruned or any(new < had for new, had in zip(depths, old.depths, strict=True)):
        raise ValueError(f"depths {depths} of a model with {old.depths}: none may be smaller, and none pruned")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        deeper = LineCTC(dataclasses.replace(old, depths=depths), num_characters)
    state = deeper.state_dict() | model.state_dict()
    for name, had in zip(_LISTS, old.depths, strict=True):
        for key in state:
            part, _, rest = key.partition(".")
            number, _, inner = rest.partition(".")
            if part == name and int(number) >= had and inner in _OUTPUTS:
                state[key] = torch.zeros_like(state[key])
    deeper.load_state_dict(state)
    return deeper.train(model.training)


def leave_out(model: LineCTC, blocks: Sequence[str], num_characters: int) -> LineCTC:
    """A LineCTC without the residual `blocks` of `model`, such as "mixing.3" or "stage2.0", which is a network of its
    own. Raises ValueError for a block that is not there, or a pruned model.
    """
    if model.cfg.pruned:
        raise ValueError("a pruned model")
    stages = {name: [f"{name}.{i}" for i in range(depth)] for name, depth in zip(_LISTS, model.cfg.depths, strict=True)}
    there = [block for stage in stages.values() for block in stage]
    if unknown := [block for block in blocks if block not in there]:
        raise ValueError(f"no block {unknown[0]}; there are {', '.join(there)}")
    kept = {name: [block for block in stage if block not in blocks] for name, stage in stages.items()}
    first, second, third = (len(stage) for stage in kept.values())
    shallower = LineCTC(dataclasses.replace(model.cfg, depths=(first, second, third)), num_characters)
    old = {block: f"{name}.{i}" for name, stage in kept.items() for i, block in enumerate(stage)}
    state = {}
    for key, value in model.state_dict().items():
        block = ".".join(key.split(".")[:2])
        if block not in blocks:
            state[old.get(block, block) + key[len(block) :]] = value
    shallower.load_state_dict(state)
    return shallower.train(model.training)


#: The last layers of the residual branches: of a ConvBlock; of a MixingBlock's attention, convolution (GELU(0) = 0)
#: and feed-forward part.
_OUTPUTS = ("down.weight", "down.bias", "project.weight", "project.bias", "conv.weight", "conv.bias",
            "mlp.3.weight", "mlp.3.bias")  # fmt: skip

"""Deeper networks that start where a shallower one stopped: the new blocks add nothing until they are trained.

A residual block whose last layers are zero is the identity, so that a LineCTC of more mixing layers or convolution
blocks gives the same logits as the trained one it is made of (Net2Net, https://arxiv.org/abs/1511.05641, for residual
networks).
"""

from __future__ import annotations

import dataclasses

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


#: The last layers of the residual branches: of a ConvBlock; of a MixingBlock's attention, convolution (GELU(0) = 0)
#: and feed-forward part.
_OUTPUTS = ("down.weight", "down.bias", "project.weight", "project.bias", "conv.weight", "conv.bias",
            "mlp.3.weight", "mlp.3.bias")  # fmt: skip

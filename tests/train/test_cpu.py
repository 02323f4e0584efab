"""What makes training on a CPU faster changes no result."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from chuviet.train.configs import Optim
from chuviet.train.cpu import depthwise_in_fp32, keep_freed_memory


def test_slow_depthwise_layers_alone_are_computed_in_fp32() -> None:
    torch.manual_seed(0)
    model = nn.ModuleDict({
        "large": nn.Conv2d(8, 8, 5, padding=2, groups=8), "strided": nn.Conv2d(8, 8, 3, 2, groups=8),
        "plain": nn.Conv2d(8, 8, 3, groups=8), "dense": nn.Conv2d(8, 8, 5),
    })  # fmt: skip
    x = torch.randn(2, 8, 16, 16)
    wanted = {name: layer(x) for name, layer in model.items()}
    depthwise_in_fp32(model)
    for layers in (model, copy.deepcopy(model)):
        assert all(torch.equal(layer(x), wanted[name]) for name, layer in layers.items())
        with torch.autocast("cpu", torch.bfloat16):
            got = {name: layer(x.bfloat16()) for name, layer in layers.items()}
        assert {y.dtype for y in got.values()} == {torch.bfloat16}
        # Of the same rounded input, fp32 sums are rounded once, at the end.
        exact = {name: layer(x.bfloat16().float()).bfloat16() for name, layer in layers.items()}
        assert [name for name in got if torch.equal(got[name], exact[name])][:2] == ["large", "strided"]
    assert isinstance(model["large"], nn.Conv2d) and type(model["plain"]) is nn.Conv2d is type(model["dense"])
    assert type(model["large"]) is type(model["strided"])


@pytest.mark.parametrize("decoupled", [True, False])
def test_a_fused_optimizer_makes_the_same_steps(decoupled: bool) -> None:
    torch.manual_seed(0)
    models = [nn.Sequential(nn.Linear(5, 7), nn.Linear(7, 3))]
    models.append(copy.deepcopy(models[0]))
    optim = Optim(decoupled=decoupled, weight_decay=0.1)
    optimizers = [optim.build(model, fused) for model, fused in zip(models, (False, True), strict=True)]
    for _ in range(5):
        x = torch.randn(4, 5)
        for model, optimizer in zip(models, optimizers, strict=True):
            optimizer.zero_grad()
            model(x).square().mean().backward()
            optimizer.step()
    for a, b in zip(models[0].parameters(), models[1].parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-6)
    optimizers[1].load_state_dict(optimizers[0].state_dict())  # a checkpoint of before
    optimizers[1].step()


def test_memory_is_kept_where_the_c_library_can() -> None:
    assert keep_freed_memory() in (True, False)
    x = torch.zeros(20_000_000)
    assert float(x.sum()) == 0

"""A deeper LineCTC gives the logits of the one it is made of, and can learn."""

import dataclasses

import pytest
import torch

from chuviet.batch import Batch
from chuviet.models.ctc import LineCTC
from chuviet.models.deepen import deepen, leave_out

CFG = LineCTC.Config(height=16, stem=8, widths=(8, 12, 24), depths=(1, 1, 1), heads=2)


def test_a_deeper_model_reads_the_same_and_learns() -> None:
    torch.manual_seed(0)
    model = LineCTC(CFG, 9).eval()
    deeper = deepen(model, (2, 3, 4), 9)
    images = torch.rand(2, 1, 16, 64)
    batch = Batch(images=images, widths=torch.tensor([64, 40]), index=torch.arange(2))
    with torch.no_grad():
        torch.testing.assert_close(deeper(batch).logits, model(batch).logits)
    deeper.train()
    deeper(batch).logits.square().mean().backward()
    for name in ("mixing.3.project.weight", "mixing.3.mlp.3.weight", "mixing.3.conv.weight", "stage2.2.down.weight"):
        gradient = deeper.get_parameter(name).grad
        assert gradient is not None and gradient.abs().sum() > 0


def test_a_model_does_not_become_shallower() -> None:
    with pytest.raises(ValueError, match="none may be smaller"):
        deepen(LineCTC(CFG, 9), (1, 0, 2), 9)


def test_without_some_blocks_it_is_the_network_that_skips_them() -> None:
    torch.manual_seed(0)
    model = LineCTC(dataclasses.replace(CFG, depths=(2, 3, 3)), 9).eval()
    fewer = leave_out(model, ["stage1.1", "mixing.0"], 9)
    assert fewer.cfg.depths == (1, 3, 2)
    del model.stage1[1], model.mixing[0]
    images = torch.rand(2, 1, 16, 64)
    batch = Batch(images=images, widths=torch.tensor([64, 40]), index=torch.arange(2))
    with torch.no_grad():
        assert torch.equal(fewer(batch).logits, model(batch).logits)


def test_new_blocks_that_learnt_nothing_can_be_left_out_again() -> None:
    torch.manual_seed(0)
    model = LineCTC(CFG, 9).eval()
    again = leave_out(deepen(model, (1, 2, 3), 9), ["stage2.1", "mixing.1", "mixing.2"], 9)
    assert again.cfg == model.cfg
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in model.state_dict().items())


def test_blocks_that_are_not_there_are_named() -> None:
    with pytest.raises(ValueError, match=r"no block mixing\.1; there are stage1\.0, stage2\.0, mixing\.0"):
        leave_out(LineCTC(CFG, 9), ["mixing.1"], 9)

"""The loss of lines and words on maps small enough to work out by hand."""

import math

import pytest
import torch

from chuviet.batch import Batch, Output
from chuviet.losses.line_word import LineWordLoss


def batch(**maps: list[float]) -> Batch:
    tensors = {name: torch.tensor([[values]]) for name, values in maps.items()}
    for kind in ("lines", "words"):
        tensors.setdefault(f"{kind}_weight", torch.ones_like(tensors[kind]))
    return Batch(torch.zeros(1, 3, 1, 4), torch.zeros(1), torch.arange(1), maps=tensors)


def test_two_maps_by_hand() -> None:
    logits = torch.tensor([[[[2.0, 0.0, -1.0, -2.0]], [[0.0, 0.0, 0.0, 0.0]]]])
    maps = batch(lines=[1, 0, 0, 0], lines_mask=[1, 1, 1, 1], words=[0, 1, 0, 0], words_mask=[0, 1, 1, 0])
    parts = LineWordLoss.Config(negatives=2.0, dice=0.5).build()(Output(logits=logits), maps)
    p = [1 / (1 + math.exp(-x)) for x in (2, 0, -1, -2)]
    # Lines: the positive and the two hardest of three negatives.
    assert parts["lines_probability"].item() == pytest.approx(
        -(math.log(p[0]) + math.log(1 - p[1]) + math.log(1 - p[2])) / 3, abs=1e-6
    )
    dice = 1 - (2 * p[0] + 1) / (sum(p) + 1 + 1)
    assert parts["lines_dice"].item() == pytest.approx(0.5 * dice, abs=1e-5)
    # Words: the masked pixels count nowhere, so that one negative is left.
    assert parts["words_probability"].item() == pytest.approx(math.log(2), abs=1e-6)
    assert parts["words_dice"].item() == pytest.approx(0.5 * (1 - (2 * 0.5 + 1) / (1.0 + 1 + 1)), abs=1e-5)
    total = sum(v.item() for k, v in parts.items() if k not in ("loss", "weight"))
    assert parts["loss"].item() == pytest.approx(total, abs=1e-6)


def test_a_map_without_labels_costs_nothing_and_has_no_gradient() -> None:
    logits = torch.tensor([[[[2.0, 0.0, -1.0, -2.0]], [[3.0, 1.0, 0.0, 0.0]]]], requires_grad=True)
    maps = batch(lines=[1, 0, 0, 0], lines_mask=[1, 1, 1, 1], words=[0, 0, 0, 0], words_mask=[0, 0, 0, 0])
    parts = LineWordLoss.Config().build()(Output(logits=logits), maps)
    assert parts["words_probability"].item() == 0 and abs(parts["words_dice"].item()) < 1e-6
    parts["loss"].backward()
    assert logits.grad is not None
    assert logits.grad[0, 0].abs().min() > 0 and logits.grad[0, 1].abs().max() < 1e-6


def test_weighed_pixels_count_as_often() -> None:
    logits = torch.tensor([[[[2.0, 0.0, -1.0, -2.0]], [[0.0, 0.0, 0.0, 0.0]]]])
    maps = batch(
        lines=[1, 0, 0, 0], lines_mask=[1, 1, 1, 1], lines_weight=[4.0, 1, 1, 1], words=[0] * 4, words_mask=[0] * 4
    )
    parts = LineWordLoss.Config(negatives=2.0).build()(Output(logits=logits), maps)
    p = [1 / (1 + math.exp(-x)) for x in (2, 0, -1, -2)]
    surprise = 4 * math.log(p[0]) + math.log(1 - p[1]) + math.log(1 - p[2])
    assert parts["lines_probability"].item() == pytest.approx(-surprise / 6, abs=1e-6)
    dice = 1 - (2 * 4 * p[0] + 1) / (sum(p) + 3 * p[0] + 4 + 1)
    assert parts["lines_dice"].item() == pytest.approx(dice, abs=1e-5)

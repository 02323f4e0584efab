"""DBNet's loss on maps small enough to work out by hand."""

import math

import pytest
import torch

from chuviet.batch import Batch, Output
from chuviet.losses.db import DBLoss, dice, hard_negatives


def batch(**maps: torch.Tensor) -> Batch:
    n = len(next(iter(maps.values())))
    return Batch(torch.zeros(n, 3, 2, 2), torch.zeros(n), torch.arange(n), maps=maps)


def test_dice_of_a_half_overlap() -> None:
    probability, target = torch.tensor([[[1.0, 1.0, 0.0, 0.5]]]), torch.tensor([[[1.0, 0.0, 1.0, 1.0]]])
    mask = torch.tensor([[[1.0, 1.0, 1.0, 0.0]]])  # the last pixel does not count
    assert dice(probability, target, mask).item() == pytest.approx(1 - 2 * 1 / (2 + 2))


def test_dice_of_each_image_gives_a_small_text_the_weight_of_a_large_one() -> None:
    probability, target = torch.ones(2, 1, 100), torch.ones(2, 1, 100)
    probability[1], target[1] = 0.0, 0.0
    target[1, 0, 0] = 1.0  # one pixel, and it is not found
    mask = torch.ones(2, 1, 100)
    assert dice(probability, target, mask).item() == pytest.approx(1 - 200 / 201, abs=1e-6)
    assert dice(probability, target, mask, each_image=True).item() == pytest.approx(1 / 4, abs=1e-6)
    claims_text = dice(torch.full((1, 1, 100), 0.5), torch.zeros(1, 1, 100), mask[:1], each_image=True)
    assert claims_text.item() == pytest.approx(1 - 1 / 51, abs=1e-6)


def test_hard_negatives_are_those_with_the_highest_scores_in_each_image() -> None:
    logits = torch.tensor([[[5.0, 4.0, 3.0, 2.0, 1.0, 0.0]], [[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]]])
    target = torch.tensor([[[1.0, 0, 0, 0, 0, 0]], [[0.0, 0, 0, 0, 0, 0]]])
    mask = torch.tensor([[[1.0, 0, 1, 1, 1, 1]], [[1.0, 1, 1, 1, 1, 0]]])
    kept = hard_negatives(logits, target, mask, ratio=3)
    assert kept[0, 0].tolist() == [1, 0, 1, 1, 1, 0]  # the masked one is left out
    # No text in the second: as many as the images have on average (half a positive, so one) times three.
    assert kept[1, 0].tolist() == [0, 0, 1, 1, 1, 0]


def test_loss_worked_by_hand() -> None:
    # One image of 1 x 2 pixels: p = 0.8 on text, 0.2 beside it; threshold 0.6 where 0.5 is due, and 0.3 where 0.3 is.
    logits = torch.logit(torch.tensor([[[[0.8, 0.2]], [[0.6, 0.3]]]]))
    maps = {"text": torch.tensor([[[1, 0]]]), "text_mask": torch.tensor([[[1, 1]]]),
            "threshold": torch.tensor([[[0.5, 0.3]]]), "threshold_mask": torch.tensor([[[1, 1]]])}  # fmt: skip
    losses = DBLoss.Config().build()(Output(logits), batch(**maps))
    b1, b2 = (1 / (1 + math.exp(-50 * d)) for d in (0.8 - 0.6, 0.2 - 0.3))
    assert losses["probability"].item() == pytest.approx(5 * (1 - 1.6 / 2.0), abs=1e-5)
    assert losses["threshold"].item() == pytest.approx(10 * 0.1 / 2, abs=1e-5)
    assert losses["binary"].item() == pytest.approx(1 - 2 * b1 / (b1 + b2 + 1), abs=1e-5)
    parts = losses["probability"] + losses["threshold"] + losses["binary"]
    assert losses["loss"].item() == pytest.approx(parts.item()) and losses["weight"].item() == 1
    bce = DBLoss.Config(probability="bce").build()(Output(logits), batch(**maps))
    assert bce["probability"].item() == pytest.approx(-5 * math.log(0.8), abs=1e-5)
    slim = DBLoss.Config().build()(Output(logits[:, :1]), batch(**maps))
    assert slim["loss"].item() == pytest.approx(losses["probability"].item())


def test_images_without_text_give_a_finite_gradient() -> None:
    logits = torch.zeros(2, 2, 4, 4, requires_grad=True)
    empty = torch.zeros(2, 4, 4)
    maps = {"text": empty, "text_mask": empty + 1, "threshold": empty + 0.3, "threshold_mask": empty}
    DBLoss.Config().build()(Output(logits), batch(**maps))["loss"].backward()
    assert logits.grad is not None and torch.isfinite(logits.grad).all()
    masked = {**maps, "text_mask": empty}
    assert torch.isfinite(DBLoss.Config().build()(Output(logits), batch(**masked))["loss"])

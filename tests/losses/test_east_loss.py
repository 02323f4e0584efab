"""The loss of FOTS against numbers worked out by hand; which cells are mined; images without text."""

import math

import pytest
import torch
from torch import Tensor

from chuviet.batch import Batch, Output
from chuviet.losses.east import EastLoss, mean_of_chosen, mine, overlap_loss


def inverse(p: float) -> float:
    return math.log(p / (1 - p))


def batch(score: Tensor, geometry: Tensor, mask: Tensor) -> Batch:
    n = len(score)
    return Batch(torch.zeros(n, 3, 8, 8), torch.full((n,), 8), torch.arange(n),
                 maps={"score": score, "geometry": geometry, "mask": mask})  # fmt: skip


def example() -> tuple[Tensor, Batch]:
    """Two images of 2 x 2 cells. One: text at (0, 0), not said at (0, 1), background below. The other: nothing."""
    score, mask = torch.zeros(2, 1, 2, 2, dtype=torch.uint8), torch.ones(2, 1, 2, 2, dtype=torch.uint8)
    score[0, 0, 0, 0], mask[0, 0, 0, 1] = 1, 0
    geometry = torch.zeros(2, 5, 2, 2)
    geometry[0, :, 0, 0] = torch.tensor([2.0, 6.0, 2.0, 3.0, 0.25])  # 4 high, 9 wide
    logits = torch.zeros(2, 6, 2, 2)
    logits[0, 0] = torch.tensor([[inverse(0.8), 50.0], [inverse(0.25), inverse(0.5)]])
    logits[1, 0] = inverse(0.1)
    # Distances of 2, 4, 1, 4 of 10 pixels; the angle is half of pi/2 less pi/4: 0.
    logits[0, 1:5, 0, 0] = torch.tensor([inverse(0.2), inverse(0.4), inverse(0.1), inverse(0.4)])
    return logits, batch(score, geometry, mask)


@pytest.mark.parametrize("balanced", [True, False])
def test_worked_by_hand(balanced: bool) -> None:
    logits, b = example()
    losses = EastLoss.Config(crop=10.0, boxes=0.5, balanced=balanced).build()(Output(logits), b)
    if balanced:
        classes = (-math.log(0.8) / 2 + (-math.log(0.75) - math.log(0.5)) / 2 / 2 - math.log(0.9) / 2) / 2
    else:
        classes = ((-math.log(0.8) - math.log(0.75) - math.log(0.5)) / 3 - math.log(0.9)) / 2
    # Common: (2 + 1) * (3 + 4) = 21; true 36, said (2 + 1) * (4 + 4) = 24; union 39. The second image has no boxes.
    overlap, turned = -math.log(22 / 40) / 2, (1 - math.cos(0.25)) / 2
    assert math.isclose(float(losses["score"]), classes, rel_tol=1e-5)
    assert math.isclose(float(losses["overlap"]), overlap, rel_tol=1e-5)
    assert math.isclose(float(losses["angle"]), turned, rel_tol=1e-4)
    assert math.isclose(float(losses["loss"]), classes + 0.5 * (overlap + 10 * turned), rel_tol=1e-5)
    assert losses["weight"] == 2


def test_what_is_not_said_counts_nothing() -> None:
    logits, b = example()
    logits.requires_grad_()
    EastLoss.Config(crop=10.0).build()(Output(logits), b)["loss"].backward()
    grad = logits.grad
    assert grad is not None and grad.isfinite().all()
    assert torch.all(grad[0, :, 0, 1] == 0) and torch.all(grad[0, :, 0, 0] != 0)
    assert torch.all(grad[0, 1:, 1] == 0) and torch.all(grad[0, 0, 1] > 0)  # of background the score alone, downwards


def test_loss_of_a_set_is_the_mean_over_its_images() -> None:
    logits, b = example()
    loss = EastLoss.Config(crop=10.0).build()
    each = [loss(Output(logits[i : i + 1]), batch(*(b.maps[k][i : i + 1] for k in ("score", "geometry", "mask"))))
            for i in range(2)]  # fmt: skip
    assert torch.isclose(loss(Output(logits), b)["loss"], (each[0]["loss"] + each[1]["loss"]) / 2)


def test_overlap_of_equal_boxes_is_no_loss_and_empty_ones_are_finite() -> None:
    d = torch.rand(3, 4, 5) * 600
    assert torch.all(overlap_loss(d, d).abs() < 1e-6)
    assert torch.isclose(
        overlap_loss(torch.zeros(1, 4, 1), torch.full((1, 4, 1), 50.0)), torch.tensor(math.log(10001.0))
    )


def test_mining_takes_the_hardest_and_as_many_by_chance() -> None:
    torch.manual_seed(0)
    losses = torch.rand(4, 1000)
    candidates = torch.zeros(4, 1000, dtype=torch.bool)
    candidates[0], candidates[1, :100], candidates[2, :30] = True, True, True
    chosen = mine(losses, candidates, 20, 40)
    assert chosen.sum(1).tolist() == [60, 60, 30, 0] and not (chosen & ~candidates).any()
    for row in range(2):
        pool = losses[row].masked_fill(~candidates[row], -1)
        assert chosen[row, pool.topk(20).indices].all()
        assert chosen[row].sum() - 20 == 40 and not chosen[row, pool.topk(60).indices].all()
    other = mine(losses, candidates, 20, 40)
    assert not torch.equal(other[0], chosen[0])  # chance moves on,
    torch.manual_seed(1)
    a = mine(losses, candidates, 0, 40)
    torch.manual_seed(1)
    assert torch.equal(mine(losses, candidates, 0, 40), a)  # and comes from torch's seed
    counts = sum(mine(losses, candidates, 0, 40)[1, :100].int() for _ in range(300))
    assert abs(counts.float() - 120).max() < 40  # each of 100 is drawn 0.4 x 300 times, standard deviation 8.5
    assert mean_of_chosen(losses, torch.zeros_like(candidates)) == 0


def test_published_counts() -> None:
    """512 + 512 cells of background, all of text, 128 + 128 boxes: seen by the gradient."""
    torch.manual_seed(0)
    score = torch.zeros(1, 1, 64, 64)
    score[0, 0, :16] = 1
    logits = torch.randn(1, 6, 64, 64, requires_grad=True)
    b = batch(score, score.repeat(1, 5, 1, 1) * 20, torch.ones_like(score))
    EastLoss.Config().build()(Output(logits), b)["loss"].backward()
    assert logits.grad is not None
    touched = logits.grad[0] != 0
    assert touched[0, :16].sum() == 1024 and touched[0, 16:].sum() == 1024 and touched[5].sum() == 256


@pytest.mark.parametrize("texts", [0, 1])
def test_gradients_are_finite_at_the_ends_of_the_sigmoids(texts: int) -> None:
    logits = torch.full((2, 6, 8, 8), 200.0)
    logits[1] = -200.0
    logits.requires_grad_()
    score = torch.full((2, 1, 8, 8), float(texts))
    loss = EastLoss.Config().build()(Output(logits), batch(score, score.repeat(1, 5, 1, 1), torch.ones_like(score)))[
        "loss"
    ]
    loss.backward()
    assert loss.isfinite() and logits.grad is not None and logits.grad.isfinite().all()

"""Guided and mutual losses against numbers worked out by hand and against torch's own."""

import math

import torch
import torch.nn.functional as F

from chuviet.batch import Batch, Output
from chuviet.losses.cross_entropy import SequenceCrossEntropy
from chuviet.losses.ctc import CTCLoss
from chuviet.losses.guided import GuidedCTCLoss, MutualLoss, symmetric_divergence


def batch() -> Batch:
    return Batch(torch.zeros(2, 3, 8, 32), torch.tensor([32, 16]), torch.arange(2), torch.tensor([[0, 1], [2, -1]]),
                 torch.tensor([2, 1]), ["ab", "c"])  # fmt: skip


def output(seed: int) -> Output:
    g = torch.Generator().manual_seed(seed)
    extra = {"guide": torch.randn(2, 3, 7, generator=g), "features": torch.randn(2, 4, 1, 8, generator=g)}
    return Output(torch.randn(2, 8, 4, generator=g), torch.tensor([8, 4]), extra)


def test_divergence_by_hand() -> None:
    a, b = torch.tensor([[[0.8, 0.2]]]).log(), torch.tensor([[[0.5, 0.5]]]).log()
    one_way = 0.8 * math.log(0.8 / 0.5) + 0.2 * math.log(0.2 / 0.5)
    other = 0.5 * math.log(0.5 / 0.8) + 0.5 * math.log(0.5 / 0.2)
    assert math.isclose(float(symmetric_divergence(a, b, torch.tensor([1]))), (one_way + other) / 2, rel_tol=1e-5)


def test_divergence_leaves_padding_out_and_agrees_with_torch() -> None:
    a, b = output(0).logits, output(1).logits
    lengths = torch.tensor([8, 4])
    keep = torch.arange(8)[None] < lengths[:, None]
    p, q = a.log_softmax(-1)[keep], b.log_softmax(-1)[keep]
    both = [F.kl_div(x, y, log_target=True, reduction="batchmean") for x, y in ((q, p), (p, q))]
    assert torch.isclose(symmetric_divergence(a, b, lengths), (both[0] + both[1]) / 2)
    a[1, 4:] = 100.0
    assert torch.isclose(symmetric_divergence(a, b, lengths), (both[0] + both[1]) / 2)
    assert float(symmetric_divergence(b, b, lengths)) == 0.0


def test_guided_loss_is_the_sum_and_without_a_guide_ctc_alone() -> None:
    out = output(0)
    ctc = CTCLoss()(out, batch())["loss"]
    guide = SequenceCrossEntropy(0.1)(Output(out.extra["guide"]), batch())["loss"]
    assert torch.isclose(GuidedCTCLoss.Config(guide=0.5).build()(out, batch())["loss"], ctc + 0.5 * guide)
    assert torch.isclose(GuidedCTCLoss.Config().build()(Output(out.logits, out.lengths), batch())["loss"], ctc)


def test_mutual_loss_of_equal_members_is_twice_the_guided_one() -> None:
    out, member = output(0), GuidedCTCLoss.Config().build()
    out.extra |= {"logits2": out.logits, "guide2": out.extra["guide"], "features2": out.extra["features"]}
    assert torch.isclose(MutualLoss.Config().build()(out, batch())["loss"], 2 * member(out, batch())["loss"])
    out.extra["features2"] = out.extra["features"] + 2.0  # mean squared difference 4
    total = MutualLoss.Config(features=0.25).build()(out, batch())["loss"]
    assert torch.isclose(total, 2 * member(out, batch())["loss"] + 1.0)

import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from chuviet.batch import Batch, Output
from chuviet.losses.ctc import CTCLoss
from chuviet.losses.distilled import DistillationLoss, divergence
from chuviet.models.ctc import LineCTC
from chuviet.models.distilled import Distilled
from chuviet.models.protocols import candidates_of, shipped_config

READER = LineCTC.Config(height=16, stem=8, widths=(8, 8, 12), depths=(1, 1, 1), heads=2, dropout=0.2)


def make() -> Batch:
    g = torch.Generator().manual_seed(0)
    images, targets = torch.rand(2, 1, 16, 64, generator=g), torch.tensor([[0, 1, 2], [3, -1, -1]])
    return Batch(images, torch.tensor([64, 32]), torch.arange(2), targets, torch.tensor([3, 1]), ["abc", "d"])


@pytest.fixture
def model() -> Distilled:
    torch.manual_seed(0)
    made = Distilled.Config(student=READER).build(5)
    made.learn_from(LineCTC(READER, 5))
    return made


def test_divergence_by_hand_and_beside_torchs_without_the_padding() -> None:
    p, q = torch.tensor([[[0.8, 0.2], [0.5, 0.5]]]).log(), torch.tensor([[[0.5, 0.5], [0.9, 0.1]]]).log()
    first = 0.8 * math.log(0.8 / 0.5) + 0.2 * math.log(0.2 / 0.5)
    assert divergence(p, q, torch.tensor([1])).tolist() == pytest.approx([first], rel=1e-5)
    g = torch.Generator().manual_seed(1)
    a, b = torch.randn(2, 8, 4, generator=g), torch.randn(2, 8, 4, generator=g)
    for row, length in enumerate((8, 5)):
        x, y = a[row, :length].log_softmax(-1), b[row, :length].log_softmax(-1)
        expected = F.kl_div(y, x, log_target=True, reduction="sum")
        assert torch.isclose(divergence(a, b, torch.tensor([8, 5]))[row], expected)


def test_loss_is_ctc_and_the_share_of_the_teacher_a_character() -> None:
    g, batch, lengths = torch.Generator().manual_seed(1), make(), torch.tensor([16, 8])
    logits, teacher = torch.randn(2, 16, 6, generator=g), torch.randn(2, 16, 6, generator=g)
    losses = DistillationLoss.Config(teach=0.5).build()(Output(logits, lengths, {"teacher": teacher}), batch)
    ctc, kl = CTCLoss()(Output(logits, lengths), batch)["loss"], divergence(teacher, logits, lengths)
    assert float(losses["loss"]) == pytest.approx(float(ctc + 0.5 * (kl[0] / 3 + kl[1] / 1) / 2), rel=1e-6)
    assert losses["weight"] == 2.0 and losses["ctc"] == ctc
    assert DistillationLoss.Config().build()(Output(logits, lengths), batch)["loss"] == ctc


def test_the_student_alone_reads_and_learns(model: Distilled) -> None:
    batch = make()
    before = {k: v.clone() for k, v in model.teacher.state_dict().items()}
    expected = model.teacher(batch).logits.detach()
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=0.01)
    loss, losses = DistillationLoss.Config(teach=100.0).build(), []
    for _ in range(30):
        output = model.train()(batch)
        assert torch.equal(output.extra["teacher"], expected)  # no dropout, no BatchNorm of the batch
        found = loss(output, batch)
        optimizer.zero_grad()
        found["loss"].backward()
        optimizer.step()
        losses.append(float(found["taught"]))
    assert losses[-1] < 0.7 * losses[0]
    after: Any = model.teacher.state_dict()
    assert all(torch.equal(v, after[k]) for k, v in before.items())

    read = model.eval()(batch)
    assert not read.extra and torch.equal(read.logits, model.student(batch).logits)
    assert candidates_of(model) == [model.student] and shipped_config(model.cfg) == READER

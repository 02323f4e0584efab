from __future__ import annotations

import pytest
import torch
from torch import nn

from chuviet.batch import Batch, Output
from chuviet.models.seq2seq import Seq2Seq
from chuviet.report import summary


class Tiny(nn.Module):
    """3x3 convolution from 1 to 4 channels, BatchNorm, linear 4 -> 5 on every column of a pooled map."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4))
        self.head = nn.Linear(4, 5, bias=False)

    def forward(self, batch: Batch) -> Output:
        return Output(logits=self.head(self.body(batch.images).mean(2).transpose(1, 2)))


def test_counts_by_hand() -> None:
    model = Tiny()
    assert summary.count(model) == 4 * 9 + 4 + 8 + 20
    table = summary.layers(model, (1, 6, 10))
    assert table["parameters"].to_dict() == {"body": 48, "head": 20} and table["share"].sum() == pytest.approx(1)
    assert list(summary.layers(model, (1, 6, 10), depth=2).index) == ["body.0", "body.1", "head"]
    assert table["output"].to_dict() == {"body": "1x4x6x10", "head": "1x10x5"}
    assert table["multiply_adds"].to_dict() == {"body": 6 * 10 * 4 * 9, "head": 10 * 4 * 5}
    # 68 parameters and 8 statistics at 2 bytes, one counter at 8
    assert summary.megabytes(model) == pytest.approx((68 * 2 + 8 * 2 + 8) / 1e6)


def test_multiply_adds_by_hand() -> None:
    model = Tiny().train()
    assert summary.multiply_adds(model, (1, 6, 10)) == 6 * 10 * 4 * 9 + 10 * 4 * 5
    assert model.training and int(model.body[1].num_batches_tracked) == 0  # type: ignore[arg-type,index]


def test_recurrent_layers_are_counted() -> None:
    model = Seq2Seq.Config(backbone="test_efficientnet", hidden=8, pretrained=False).build(10)
    short, long = (summary.multiply_adds(model, (1, 32, 64), characters=n) for n in (4, 5))
    frames, h, classes = 2, 8, 14
    keys = frames * h  # the score of every frame
    step = 3 * h * 3 * h + 3 * h * h + h * h + keys + frames * 2 * h + 4 * h * classes
    assert long - short == step
    with torch.no_grad():
        assert summary.multiply_adds(model, (1, 32, 128), characters=4) > short

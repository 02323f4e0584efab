import itertools
import math

import pytest
import torch

from chuviet.losses.ctc import CTCLoss
from chuviet.types import Batch, Output


def make(targets: list[list[int]], frames: list[int]) -> Batch:
    n, longest = len(targets), max(map(len, targets))
    ids = torch.tensor([t + [-1] * (longest - len(t)) for t in targets])
    lengths = torch.tensor([len(t) for t in targets])
    return Batch(
        torch.zeros(n, 1, 8, 4 * max(frames)), torch.tensor(frames) * 4, torch.arange(n), ids, lengths, ["?"] * n
    )


def brute_force(probs: torch.Tensor, target: list[int]) -> float:
    total = 0.0
    for path in itertools.product(range(probs.shape[1]), repeat=probs.shape[0]):
        if [c - 1 for c, _ in itertools.groupby(path) if c] == target:
            total += math.prod(float(probs[t, c]) for t, c in enumerate(path))
    return -math.log(total)


def test_equals_the_sum_over_all_alignments() -> None:
    g = torch.Generator().manual_seed(3)
    logits = torch.randn(2, 5, 3, generator=g)
    batch = make([[0, 0], [1]], [5, 4])
    expected = (brute_force(logits[0].softmax(-1), [0, 0]) / 2 + brute_force(logits[1, :4].softmax(-1), [1])) / 2
    result = CTCLoss()(Output(logits, torch.tensor([5, 4])), batch)
    assert float(result["loss"]) == pytest.approx(expected, rel=1e-5) and result["weight"] == 2


def test_padding_frames_and_targets_change_nothing() -> None:
    g = torch.Generator().manual_seed(3)
    logits = torch.randn(1, 5, 4, generator=g)
    short = CTCLoss()(Output(logits, torch.tensor([5])), make([[1, 2]], [5]))["loss"]
    wide = torch.cat((logits, torch.randn(1, 7, 4, generator=g)), dim=1)
    padded = make([[1, 2]], [5])
    padded.targets = torch.tensor([[1, 2, -1, -1]])
    torch.testing.assert_close(CTCLoss()(Output(wide, torch.tensor([5])), padded)["loss"], short)


def test_target_without_alignment_is_an_error() -> None:
    with pytest.raises(FloatingPointError, match="row 0"):
        CTCLoss()(Output(torch.zeros(1, 2, 3), torch.tensor([2])), make([[1, 1]], [2]))

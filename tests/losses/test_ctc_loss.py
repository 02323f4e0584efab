import itertools
import math

import pytest
import torch

from chuviet.batch import Batch, Output
from chuviet.losses.ctc import CTCLoss, flat_cross_entropy


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


def flat_batch() -> tuple[torch.Tensor, torch.Tensor, Batch]:
    """Ten frames of two lines; the first has ink in its frames 2 to 7 and two characters, the second in 0 to 3 and
    one."""
    batch = make([[0, 1], [2]], [10, 4])
    batch.images[0, 0, 3, 8:32] = 1
    batch.images[1, 0, 3, 0:16] = 1
    log_probs = torch.randn(2, 10, 4, generator=torch.Generator().manual_seed(1)).log_softmax(-1)
    return log_probs, torch.tensor([10, 4]), batch


def test_flat_start_spreads_the_text_over_the_ink() -> None:
    log_probs, lengths, batch = flat_batch()
    # Shares of three frames (2-4, 5-7): the centres at 1/6 and 5/6 of a share are blank. A share of four: 1/8 and 7/8.
    classes = ([0, 0, 0, 1, 0, 0, 2, 0, 0, 0], [0, 3, 3, 0])
    total = weight = 0.0
    for line, wanted in zip(log_probs, classes, strict=True):
        for frame, c in zip(line, wanted, strict=False):
            w = 1.0 if c else 0.3
            total, weight = total - w * float(frame[c]), weight + w
    assert float(flat_cross_entropy(log_probs, lengths, batch)) == pytest.approx(3 * total / weight, rel=1e-5)


def test_flat_start_mixes_into_the_loss_and_ignores_padding() -> None:
    log_probs, lengths, batch = flat_batch()
    output = Output(log_probs, lengths)
    ctc = float(CTCLoss()(output, batch)["loss"])
    flat = float(flat_cross_entropy(log_probs, lengths, batch))
    mixed = CTCLoss(flat=0.25)(output, batch)
    assert float(mixed["loss"]) == pytest.approx(0.75 * ctc + 0.25 * flat, rel=1e-5)
    assert float(mixed["ctc"]) == pytest.approx(ctc, rel=1e-5)
    changed = log_probs.clone()
    changed[1, 4:] = torch.randn(6, 4).log_softmax(-1)
    assert float(flat_cross_entropy(changed, lengths, batch)) == pytest.approx(flat, rel=1e-6)


def test_flat_start_of_blank_and_empty_lines_is_finite() -> None:
    batch = make([[0], []], [4, 4])
    loss = flat_cross_entropy(torch.zeros(2, 4, 3).log_softmax(-1), torch.tensor([4, 4]), batch)
    assert torch.isfinite(loss)

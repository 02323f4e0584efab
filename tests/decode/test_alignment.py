import itertools
import math

import numpy as np
import pytest

from chuviet.decode.alignment import align_text, log_likelihoods, read_best_path


def frames(seed: int, t: int, v: int, sharpness: float = 2.0) -> np.ndarray:
    logits = np.random.default_rng(seed).normal(size=(t, v)) * sharpness
    return (logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("seed", range(4))
def test_likelihoods_are_sums_over_all_alignments(seed: int) -> None:
    log_probs = frames(seed, t=6, v=4)
    totals: dict[tuple[int, ...], float] = {}
    for path in itertools.product(range(4), repeat=6):
        ids = tuple(c - 1 for c, _ in itertools.groupby(path) if c)
        p = math.exp(sum(float(log_probs[t, c]) for t, c in enumerate(path)))
        totals[ids] = totals.get(ids, 0.0) + p
    texts = list(totals)
    assert log_likelihoods(log_probs, texts) == pytest.approx(np.log(list(totals.values())), abs=1e-6)
    assert np.exp(log_likelihoods(log_probs, texts)).sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("seed", range(4))
def test_likelihoods_are_those_of_torch(seed: int) -> None:
    torch = pytest.importorskip("torch")
    log_probs = frames(seed, t=34, v=6, sharpness=3)
    texts = [[], [0], [1, 1], [0, 1, 2, 3, 4], [2, 2, 2, 2], [4, 3, 4, 3, 4, 3, 4], [1] * 17]
    found = log_likelihoods(log_probs, texts)
    for ids, value in zip(texts, found, strict=True):
        loss = torch.nn.functional.ctc_loss(
            torch.from_numpy(log_probs).double()[:, None], torch.tensor([ids], dtype=torch.long) + 1,
            torch.tensor([34]), torch.tensor([len(ids)]), reduction="sum",
        )  # fmt: skip
        assert value == pytest.approx(-float(loss), abs=1e-5)
    assert log_likelihoods(log_probs, [[1] * 18, [0]]).tolist() == [-np.inf, found[1]]  # needs 35 frames
    assert log_likelihoods(log_probs, []).shape == (0,)


def test_likelihoods_of_long_unlikely_texts_do_not_underflow() -> None:
    log_probs = np.full((100, 5), np.log(1e-30), np.float32)
    log_probs[:, 4] = 0.0
    (found,) = log_likelihoods(log_probs, [[0, 1, 2] * 30])
    ways = math.comb(100 + 90, 2 * 90)  # to place 90 characters, each unlike the one before
    assert found == pytest.approx(100 * math.log(1e-30) + math.log(ways), rel=1e-4)


def test_likelihoods_of_no_frames() -> None:
    assert log_likelihoods(np.zeros((0, 3), np.float32), [[], [0]]).tolist() == [0.0, -np.inf]


@pytest.mark.parametrize("seed", range(10))
def test_the_best_paths_own_text_is_aligned_as_it_was_read(seed: int) -> None:
    log_probs = frames(seed, t=30, v=6)
    read = read_best_path(log_probs)
    aligned = align_text(log_probs, read.ids)
    assert aligned is not None and aligned.ids == read.ids
    assert np.array_equal(aligned.spans, read.spans) and np.array_equal(aligned.peaks, read.peaks)

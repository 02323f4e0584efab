import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from chuviet.batch import Batch, Output
from chuviet.decode.ctc import CTCBeam, CTCGreedy, align, aligned_confidence, best_path, keep_digit_words
from chuviet.errors import InputError
from chuviet.language.ngram import NGram
from chuviet.vocab import VIETNAMESE, Charset

AB = Charset("ab")
EXACT = CTCBeam.Config(width=10_000, alpha=0, beta=0, top=99, min_prob=0)


def batch_of(n: int) -> Batch:
    return Batch(images=torch.zeros(n, 1, 8, 8), widths=torch.full((n,), 8), index=torch.arange(n) + 10)


def frames(seed: int, t: int, v: int, sharpness: float = 2.0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return (torch.randn(t, v, generator=generator) * sharpness).log_softmax(-1)


def collapse(path: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(c - 1 for c, _ in itertools.groupby(path) if c)


def all_texts(log_probs: Tensor) -> dict[tuple[int, ...], float]:
    """Probability of every text: the sum over all its alignments."""
    probs, totals = log_probs.double().exp(), {}
    for path in itertools.product(range(probs.shape[1]), repeat=len(probs)):
        p = math.prod(float(probs[t, c]) for t, c in enumerate(path))
        totals[collapse(path)] = totals.get(collapse(path), 0.0) + p
    return totals


def one_hot(classes: list[int], v: int, peak: float = 0.9) -> Tensor:
    probs = torch.full((len(classes), v), (1 - peak) / (v - 1))
    probs[torch.arange(len(classes)), classes] = peak
    return probs.log()


@pytest.mark.parametrize("seed", range(8))
def test_beam_finds_the_most_probable_text(seed: int) -> None:
    log_probs = frames(seed, t=5, v=4)
    totals = all_texts(log_probs)
    beam = replace(EXACT, beta=2.0).build(Charset("abc"))  # the bonus is there to balance a language model
    assert tuple(beam.search(log_probs.numpy())) == max(totals, key=totals.__getitem__)


@pytest.mark.parametrize("seed", range(6))
def test_beam_weighs_language_model_and_length_as_stated(seed: int) -> None:
    charset = Charset("abc")
    lm = NGram.train(["abc", "abca", "bca", "cc"], charset, 3)
    log_probs = frames(seed, t=5, v=4)
    cfg = replace(EXACT, alpha=0.7, beta=0.9)
    totals = all_texts(log_probs)

    def worth(ids: tuple[int, ...]) -> float:
        return math.log(totals[ids]) + 0.7 * lm.score(charset.decode(ids)) + 0.9 * len(ids)

    assert tuple(cfg.build(charset, lm).search(log_probs.numpy())) == max(totals, key=worth)


def test_a_temperature_takes_a_root_of_every_probability() -> None:
    charset, changed = Charset("abc"), 0
    lm = NGram.train(["abc", "abca", "bca", "cc"], charset, 3)
    cfg = replace(EXACT, alpha=0.7, beta=0.9)
    for seed in range(12):
        log_probs = frames(seed, t=5, v=4)
        totals = all_texts((log_probs * 0.25).log_softmax(-1))
        best = max(totals, key=lambda ids: math.log(totals[ids]) + 0.7 * lm.score(charset.decode(ids)) + 0.9 * len(ids))
        assert tuple(replace(cfg, temperature=4.0).build(charset, lm).search(log_probs.numpy())) == best
        changed += tuple(cfg.build(charset, lm).search(log_probs.numpy())) != best
    assert changed


def test_beam_adds_alignments_up_where_the_best_path_does_not() -> None:
    # Blank is likelier in both frames (0.6), yet "a" has the alignments a-, -a and aa: 0.24 + 0.24 + 0.16 > 0.36.
    log_probs = torch.tensor([[0.6, 0.4], [0.6, 0.4]]).log().numpy()
    assert best_path(log_probs)[0] == []
    assert EXACT.build(Charset("a")).search(log_probs) == [0]


def test_repeats_need_a_blank() -> None:
    doubled = one_hot([1, 1, 0, 1, 2, 0], 3)
    assert best_path(doubled.numpy())[0] == [0, 0, 1]
    assert EXACT.build(AB).search(doubled.numpy()) == [0, 0, 1]


def test_greedy_confidence_by_hand() -> None:
    # "a" takes two frames, 0.5 and 0.8: its probability is 0.8; "b" has 0.6. The blank between counts for nothing.
    probs = torch.tensor([[0.3, 0.5, 0.2], [0.1, 0.8, 0.1], [0.9, 0.05, 0.05], [0.2, 0.2, 0.6]])
    ids, confidence = best_path(probs.log().numpy())
    assert ids == [0, 1]
    assert confidence == pytest.approx(math.sqrt(0.8 * 0.6), rel=1e-5)


def test_confidence_of_an_empty_reading_is_one() -> None:
    assert best_path(one_hot([0, 0], 3).numpy()) == ([], 1.0)
    assert best_path(np.zeros((0, 3), np.float32)) == ([], 1.0)
    assert aligned_confidence(one_hot([0, 0], 3).numpy(), []) == 1.0


@pytest.mark.parametrize("seed", range(10))
def test_confidence_of_the_best_paths_text_is_the_same_both_ways(seed: int) -> None:
    log_probs = frames(seed, t=20, v=5).numpy()
    ids, confidence = best_path(log_probs)
    assert aligned_confidence(log_probs, ids) == pytest.approx(confidence, rel=1e-5)


@pytest.mark.parametrize("ids", [(0,), (0, 0), (0, 1), (1, 0, 1)])
def test_aligned_confidence_against_all_alignments(ids: tuple[int, ...]) -> None:
    log_probs = frames(3, t=4, v=3)
    fitting = [p for p in itertools.product(range(3), repeat=4) if collapse(p) == ids]
    best = max(fitting, key=lambda p: sum(float(log_probs[t, c]) for t, c in enumerate(p)))
    peaks, t = [], 0
    for c, run in itertools.groupby(best):
        n = len(list(run))
        if c:
            peaks.append(float(log_probs[t : t + n, c].max()))
        t += n
    assert aligned_confidence(log_probs.numpy(), ids) == pytest.approx(math.exp(sum(peaks) / len(peaks)), rel=1e-5)


@pytest.mark.parametrize("ids", [(0,), (0, 0), (0, 1), (1, 0, 1)])
def test_alignment_is_the_likeliest_of_all(ids: tuple[int, ...]) -> None:
    log_probs = frames(5, t=5, v=3)
    fitting = [p for p in itertools.product(range(3), repeat=5) if collapse(p) == ids]
    best = max(fitting, key=lambda p: sum(float(log_probs[t, c]) for t, c in enumerate(p)))
    runs, t = [], 0
    for c, run in itertools.groupby(best):
        n = len(list(run))
        if c:
            runs.append([t, t + n - 1])
        t += n
    spans = align(log_probs.numpy(), ids)
    assert spans is not None and spans.tolist() == runs


def test_alignment_of_nothing_and_of_too_much() -> None:
    nothing = align(one_hot([0, 0], 3).numpy(), [])
    assert nothing is not None and nothing.shape == (0, 2)
    assert align(one_hot([1, 2], 3).numpy(), [0, 0]) is None  # "aa" needs three frames


def test_a_text_with_too_few_frames_has_no_confidence() -> None:
    assert aligned_confidence(one_hot([1, 2], 3).numpy(), [0, 0]) == 0  # "aa" needs three frames


@pytest.mark.parametrize("decoder", [CTCGreedy.Config().build(AB), EXACT.build(AB)])
def test_padding_frames_are_not_read_and_indices_are_kept(decoder: CTCGreedy | CTCBeam) -> None:
    logits = torch.stack([one_hot([1, 0, 2, 2], 3), one_hot([2, 0, 1, 1], 3)])
    output = Output(logits=logits, lengths=torch.tensor([4, 2]))
    predictions = decoder(None, batch_of(2), output)
    assert [(p.index, p.text) for p in predictions] == [(10, "ab"), (11, "b")]
    assert all(0.89 < p.confidence < 0.91 for p in predictions)


class Fixed(nn.Module):
    def __init__(self, log_probs: Tensor) -> None:
        super().__init__()
        self.log_probs = log_probs

    def forward(self, batch: Batch) -> Output:
        return Output(logits=self.log_probs, lengths=torch.tensor([self.log_probs.shape[1]] * len(batch)))


def test_decoders_call_the_model_when_no_output_is_given() -> None:
    model = Fixed(one_hot([1, 0, 2, 2], 3)[None])
    assert CTCGreedy.Config().build(AB)(model, batch_of(1))[0].text == "ab"
    with pytest.raises(ValueError, match="needs a model"):
        CTCGreedy.Config().build(AB)(None, batch_of(1))


def test_language_model_settles_a_tie() -> None:
    charset = Charset("ab ")
    lm = NGram.train(["aba"] * 5, charset, 3)
    logits = one_hot([1, 0, 2, 0, 1], 4)
    logits[2, 3] = logits[2, 2] + 0.1  # the frames see a space where the text always had a "b"
    output = Output(logits=logits[None], lengths=torch.tensor([5]))
    assert CTCGreedy.Config().build(charset)(None, batch_of(1), output)[0].text == "a a"
    assert CTCBeam.Config(alpha=0.5, beta=0.5).build(charset, lm)(None, batch_of(1), output)[0].text == "aba"


def test_words_with_digits_come_from_the_frames() -> None:
    assert keep_digit_words("số 12 đường 3A", "sô 17 dường BA") == "số 17 đường BA"
    assert keep_digit_words("số lI", "số 11") == "số 11"
    assert keep_digit_words("số 12", "số 1 2") == "số 12"  # word counts differ
    charset = Charset("12a ")
    lm = NGram.train(["a 12"] * 9, charset, 4)
    logits = one_hot([3, 0, 4, 1, 0, 1], 5, peak=0.6)
    logits[5, 2] = logits[5, 1] - 0.05
    output = Output(logits=logits[None], lengths=torch.tensor([6]))
    texts = [
        CTCBeam.Config(alpha=1.0, keep_digits=keep).build(charset, lm)(None, batch_of(1), output)[0].text
        for keep in (False, True)
    ]
    assert texts == ["a 12", "a 11"]


def test_a_language_model_of_another_charset_is_refused() -> None:
    with pytest.raises(InputError, match="another charset"):
        CTCBeam.Config().build(Charset("abc"), NGram.train(["ab"], AB, 2))
    with pytest.raises(InputError, match="no n-gram model"):
        CTCBeam.Config(lm="nowhere.safetensors").build(AB)


@pytest.mark.parametrize("seed", range(4))
def test_models_together_find_the_text_that_suits_them_all(seed: int) -> None:
    charset = Charset("abc")
    lm = NGram.train(["abc", "abca", "bca", "cc"], charset, 3)
    first, second = frames(seed, t=5, v=4), frames(seed + 50, t=4, v=4)  # they need not have as many frames
    totals = [all_texts(first), all_texts(second)]
    worth = {
        ids: sum(math.log(t[ids]) for t in totals) / 2 + 0.7 * lm.score(charset.decode(ids)) + 0.9 * len(ids)
        for ids in totals[0].keys() & totals[1].keys()
    }
    outputs = [Output(logits=first[None]), Output(logits=second[None])]
    beam = replace(EXACT, alpha=0.7, beta=0.9, keep_digits=False).build(charset, lm)
    assert beam(None, batch_of(1), outputs)[0].text == charset.decode(max(worth, key=worth.__getitem__))


def test_peaks_in_other_frames_do_not_take_each_other_out() -> None:
    a, b = one_hot([1, 0, 2, 0, 0], 3), one_hot([0, 1, 0, 0, 2], 3)
    assert best_path(((a.exp() + b.exp()) / 2).log().numpy())[0] != [0, 1]  # half of a peak in each frame
    outputs = [Output(logits=a[None]), Output(logits=b[None])]
    for decoder in (CTCGreedy(AB), EXACT.build(AB)):
        prediction = decoder(None, batch_of(1), outputs)[0]
        assert prediction.text == "ab" and prediction.confidence == pytest.approx(0.9)


def test_the_surer_model_wins() -> None:
    sure, unsure = one_hot([1, 0, 2], 3, peak=0.98), one_hot([2, 0, 2], 3, peak=0.5)
    for outputs in ([sure, unsure], [unsure, sure]):
        assert CTCGreedy(AB)(None, batch_of(1), [Output(logits=x[None]) for x in outputs])[0].text == "ab"


def test_a_narrow_beam_reads_a_clear_line_of_the_real_size() -> None:
    charset = Charset(VIETNAMESE)
    text = "Số 12/5 Đường Nguyễn Thị Minh Khai, P. Bến Nghé, Q.1, TP Hồ Chí Minh"
    classes = [x for i in charset.encode(text) for x in (i + 1, 0)]
    noise = frames(1, len(classes), len(charset) + 1, sharpness=1.0)
    logits = noise + 9 * torch.nn.functional.one_hot(torch.tensor(classes), len(charset) + 1)
    output = Output(logits=logits[None], lengths=torch.tensor([len(classes)]))
    lm = NGram.train([text], charset, 6)
    assert CTCBeam.Config(width=8).build(charset, lm)(None, batch_of(1), output)[0].text == text

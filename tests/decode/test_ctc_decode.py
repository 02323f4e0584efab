import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from chuviet.decode.ctc import CTCBeam, CTCGreedy, align, aligned_confidence, best_path, softened
from chuviet.decode.prefix_search import likely_classes
from chuviet.errors import InputError
from chuviet.language.ngram import NGram
from chuviet.language.rescore import AddressRescorer
from chuviet.vocab import VIETNAMESE, Charset

AB = Charset("ab")
EXACT = CTCBeam.Config(width=10_000, alpha=0, beta=0, top=99, min_prob=0, min_ratio=0)


def frames(seed: int, t: int, v: int, sharpness: float = 2.0) -> np.ndarray:
    logits = np.random.default_rng(seed).normal(size=(t, v)) * sharpness
    return (logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)).astype(np.float32)


def rescorer(lm: NGram, cfg: CTCBeam.Config) -> AddressRescorer:
    return AddressRescorer(lm, cfg.alpha, cfg.place)


def collapse(path: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(c - 1 for c, _ in itertools.groupby(path) if c)


def all_texts(log_probs: np.ndarray) -> dict[tuple[int, ...], float]:
    """Probability of every text: the sum over all its alignments."""
    probs, totals = np.exp(log_probs.astype(np.float64)), {}
    for path in itertools.product(range(probs.shape[1]), repeat=len(probs)):
        p = math.prod(float(probs[t, c]) for t, c in enumerate(path))
        totals[collapse(path)] = totals.get(collapse(path), 0.0) + p
    return totals


def one_hot(classes: list[int], v: int, peak: float = 0.9) -> np.ndarray:
    probs = np.full((len(classes), v), (1 - peak) / (v - 1), np.float32)
    probs[np.arange(len(classes)), classes] = peak
    return np.log(probs)


@pytest.mark.parametrize("seed", range(8))
def test_beam_finds_the_most_probable_text(seed: int) -> None:
    log_probs = frames(seed, t=5, v=4)
    totals = all_texts(log_probs)
    beam = replace(EXACT, beta=2.0).build(Charset("abc"))  # the bonus is there to balance a language model
    assert tuple(beam.search(log_probs)) == max(totals, key=totals.__getitem__)


@pytest.mark.parametrize("seed", range(6))
def test_beam_weighs_language_model_and_length_as_stated(seed: int) -> None:
    charset = Charset("abc")
    lm = NGram.train(["abc", "abca", "bca", "cc"], charset, 3)
    log_probs = frames(seed, t=5, v=4)
    cfg = replace(EXACT, alpha=0.7, beta=0.9)
    totals = all_texts(log_probs)

    def worth(ids: tuple[int, ...]) -> float:
        return math.log(totals[ids]) + 0.7 * lm.score(charset.decode(ids)) + 0.9 * len(ids)

    assert tuple(cfg.build(charset, rescorer(lm, cfg)).search(log_probs)) == max(totals, key=worth)


def test_a_temperature_takes_a_root_of_every_probability() -> None:
    charset, changed = Charset("abc"), 0
    lm = NGram.train(["abc", "abca", "bca", "cc"], charset, 3)
    cfg = replace(EXACT, alpha=0.7, beta=0.9)
    warm = replace(cfg, temperature=4.0)
    for seed in range(12):
        log_probs = frames(seed, t=5, v=4)
        totals = all_texts(np.log(softened(log_probs, 4.0)))
        best = max(totals, key=lambda ids: math.log(totals[ids]) + 0.7 * lm.score(charset.decode(ids)) + 0.9 * len(ids))
        assert tuple(warm.build(charset, rescorer(lm, warm)).search(log_probs)) == best
        changed += tuple(cfg.build(charset, rescorer(lm, cfg)).search(log_probs)) != best
    assert changed


def test_beam_adds_alignments_up_where_the_best_path_does_not() -> None:
    # Blank is likelier in both frames (0.6), yet "a" has the alignments a-, -a and aa: 0.24 + 0.24 + 0.16 > 0.36.
    log_probs = np.log([[0.6, 0.4], [0.6, 0.4]])
    assert best_path(log_probs)[0] == []
    assert EXACT.build(Charset("a")).search(log_probs) == [0]


def test_repeats_need_a_blank() -> None:
    doubled = one_hot([1, 1, 0, 1, 2, 0], 3)
    assert best_path(doubled)[0] == [0, 0, 1]
    assert EXACT.build(AB).search(doubled) == [0, 0, 1]


def test_greedy_confidence_by_hand() -> None:
    # "a" takes two frames, 0.5 and 0.8: its probability is 0.8; "b" has 0.6. The blank between counts for nothing.
    probs = np.array([[0.3, 0.5, 0.2], [0.1, 0.8, 0.1], [0.9, 0.05, 0.05], [0.2, 0.2, 0.6]])
    ids, confidence = best_path(np.log(probs))
    assert ids == [0, 1]
    assert confidence == pytest.approx(math.sqrt(0.8 * 0.6), rel=1e-5)


def test_confidence_of_an_empty_reading_is_one() -> None:
    assert best_path(one_hot([0, 0], 3)) == ([], 1.0)
    assert best_path(np.zeros((0, 3), np.float32)) == ([], 1.0)
    assert aligned_confidence(one_hot([0, 0], 3), []) == 1.0


@pytest.mark.parametrize("seed", range(10))
def test_confidence_of_the_best_paths_text_is_the_same_both_ways(seed: int) -> None:
    log_probs = frames(seed, t=20, v=5)
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
    assert aligned_confidence(log_probs, ids) == pytest.approx(math.exp(sum(peaks) / len(peaks)), rel=1e-5)


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
    spans = align(log_probs, ids)
    assert spans is not None and spans.tolist() == runs


def test_alignment_of_nothing_and_of_too_much() -> None:
    nothing = align(one_hot([0, 0], 3), [])
    assert nothing is not None and nothing.shape == (0, 2)
    assert align(one_hot([1, 2], 3), [0, 0]) is None  # "aa" needs three frames


def test_a_text_with_too_few_frames_has_no_confidence() -> None:
    assert aligned_confidence(one_hot([1, 2], 3), [0, 0]) == 0  # "aa" needs three frames


@pytest.mark.parametrize("decoder", [CTCGreedy.Config().build(AB), EXACT.build(AB)])
def test_lines_are_read_in_their_order(decoder: CTCGreedy | CTCBeam) -> None:
    predictions = decoder([[one_hot([1, 0, 2, 2], 3)], [one_hot([2, 0], 3)]])
    assert [(p.index, p.text) for p in predictions] == [(0, "ab"), (1, "b")]
    assert all(0.89 < p.confidence < 0.91 for p in predictions)
    assert decoder([]) == []


@pytest.mark.parametrize("decoder", [CTCGreedy.Config().build(AB), EXACT.build(AB)])
def test_spans_are_where_the_characters_lie(decoder: CTCGreedy | CTCBeam) -> None:
    log_probs = one_hot([0, 1, 1, 0, 2, 2, 2], 3)
    (prediction,) = decoder([[log_probs]])
    assert prediction.spans is not None and prediction.spans.tolist() == [[1, 2], [4, 6]]
    nothing = decoder([[one_hot([0, 0], 3)]])[0]
    assert nothing.text == "" and nothing.spans is not None and nothing.spans.shape == (0, 2)
    no_frames = decoder([[np.zeros((0, 3), np.float32)]])[0]
    assert (no_frames.text, no_frames.confidence) == ("", 1.0)


@pytest.mark.parametrize("seed", range(20))
def test_spans_are_those_of_the_text_in_the_first_model(seed: int) -> None:
    charset = Charset("ab ")
    lm = NGram.train(["ab a", "a b", "b ab"], charset, 3)
    members = [frames(seed, t=9, v=4), frames(seed + 50, t=9, v=4)]
    cfg = CTCBeam.Config(width=8, keep_digits=False)
    for decoder in (CTCGreedy(charset), cfg.build(charset), cfg.build(charset, rescorer(lm, cfg))):
        for line in (members[:1], members):
            (prediction,) = decoder([line])
            assert prediction.text == prediction.text.strip(" ")
            assert prediction.raw_text is None or prediction.raw_text == prediction.raw_text.strip(" ")
            spans = prediction.spans
            if spans is None:  # what the models agree on may be too long for the first
                assert len(line) > 1
                continue
            assert len(spans) == len(prediction.text) and (spans[:, 0] <= spans[:, 1]).all()
            assert (spans[1:, 0] > spans[:-1, 1]).all()


def test_outer_spaces_are_cut_off_text_and_spans() -> None:
    charset = Charset("ab ")
    log_probs = one_hot([3, 3, 0, 1, 3, 2, 0, 3], 4, peak=0.8)
    lm = NGram.train([" a b "], charset, 2)  # labels are stripped, too, but it makes the beam end in spaces
    cfg = CTCBeam.Config(width=8, beta=0.0)
    for decoder in (CTCGreedy(charset), cfg.build(charset), cfg.build(charset, rescorer(lm, cfg))):
        (prediction,) = decoder([[log_probs]])
        assert prediction.text == "a b" and prediction.confidence == pytest.approx(0.8)
        assert prediction.spans is not None and prediction.spans.tolist() == [[3, 3], [4, 4], [5, 5]]
        assert prediction.raw_text in (None, "a b")
    assert CTCGreedy(charset)([[one_hot([3, 0], 4)]])[0].text == ""


def test_language_model_settles_a_tie() -> None:
    charset = Charset("ab ")
    lm = NGram.train(["aba"] * 5, charset, 3)
    log_probs = one_hot([1, 0, 2, 0, 1], 4)
    log_probs[2, 3] = log_probs[2, 2] + 0.1  # the frames see a space where the text always had a "b"
    cfg = CTCBeam.Config(alpha=0.5, beta=0.5)
    assert CTCGreedy(charset)([[log_probs]])[0].text == "a a"
    prediction = cfg.build(charset, rescorer(lm, cfg))([[log_probs]])[0]
    assert (prediction.text, prediction.raw_text) == ("aba", "a a")


def test_words_with_digits_come_from_the_frames() -> None:
    charset = Charset("12a ")
    lm = NGram.train(["a 12"] * 9, charset, 4)
    log_probs = one_hot([3, 0, 4, 1, 0, 1], 5, peak=0.6)
    log_probs[5, 2] = log_probs[5, 1] - 0.05
    texts = []
    for keep in (False, True):
        cfg = CTCBeam.Config(alpha=1.0, keep_digits=keep)
        texts.append(cfg.build(charset, rescorer(lm, cfg))([[log_probs]])[0].text)
    assert texts == ["a 12", "a 11"]


def test_a_language_model_of_another_charset_or_in_a_file_is_refused() -> None:
    cfg = CTCBeam.Config()
    with pytest.raises(InputError, match="another charset"):
        cfg.build(Charset("abc"), rescorer(NGram.train(["ab"], AB, 2), cfg))
    with pytest.raises(InputError, match="chuviet pack"):
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
    cfg = replace(EXACT, alpha=0.7, beta=0.9, keep_digits=False)
    found = cfg.build(charset, rescorer(lm, cfg))([[first, second]])[0].text
    assert found == charset.decode(max(worth, key=worth.__getitem__))


def test_peaks_in_other_frames_do_not_take_each_other_out() -> None:
    a, b = one_hot([1, 0, 2, 0, 0], 3), one_hot([0, 1, 0, 0, 2], 3)
    assert best_path(np.log((np.exp(a) + np.exp(b)) / 2))[0] != [0, 1]  # half of a peak in each frame
    for decoder in (CTCGreedy(AB), EXACT.build(AB)):
        prediction = decoder([[a, b]])[0]
        assert prediction.text == "ab" and prediction.confidence == pytest.approx(0.9)


def test_the_surer_model_wins() -> None:
    sure, unsure = one_hot([1, 0, 2], 3, peak=0.98), one_hot([2, 0, 2], 3, peak=0.5)
    for members in ([sure, unsure], [unsure, sure]):
        assert CTCGreedy(AB)([members])[0].text == "ab"


@pytest.mark.parametrize("scale", [1e-25, 1e25])
def test_long_lines_neither_underflow_nor_overflow(scale: float) -> None:
    charset = Charset("ab")
    classes = [1, 0, 2, 0] * 300
    log_probs = one_hot(classes, 3, peak=0.4)
    # By a factor of 300 a character the best prefix grows, or shrinks.
    cfg = CTCBeam.Config(width=4, alpha=0.1, beta=math.log(scale) / 10)
    lm = NGram.train(["abab" * 9], charset, 3)
    ids = cfg.build(charset, rescorer(lm, cfg)).search(log_probs)
    assert len(ids) >= 600 if scale > 1 else len(ids) < 100


def test_a_narrow_beam_reads_a_clear_line_of_the_real_size() -> None:
    charset = Charset(VIETNAMESE)
    text = "Số 12/5 Đường Nguyễn Thị Minh Khai, P. Bến Nghé, Q.1, TP Hồ Chí Minh"
    classes = [x for i in charset.encode(text) for x in (i + 1, 0)]
    logits = frames(1, len(classes), len(charset) + 1, sharpness=1.0)
    logits[np.arange(len(classes)), classes] += 9
    log_probs = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    cfg = CTCBeam.Config(width=8)
    beam = cfg.build(charset, rescorer(NGram.train([text], charset, 6), cfg))
    assert beam([[log_probs]])[0].text == text


@pytest.mark.parametrize("seed", range(5))
def test_likely_classes_are_the_top_ones(seed: int) -> None:
    probs = np.exp(frames(seed, t=30, v=9, sharpness=3.0))
    for top, min_prob in ((3, 0.0), (4, 0.05), (99, 0.01), (99, 0.0)):
        for frame, classes in zip(probs, likely_classes(probs, top, min_prob), strict=True):
            ranked = sorted(range(9), key=lambda c: -frame[c])[:top]
            assert sorted(classes) == sorted(c for c in ranked if c != 0 and frame[c] >= min_prob)


def test_prefixes_far_below_the_best_are_not_missed() -> None:
    charset = Charset("abcd ")
    lm = NGram.train(["abc d", "abca b", "bca dd", "cc a"] * 3, charset, 4)
    cfg = CTCBeam.Config(width=13)
    for seed in range(60):
        log_probs = frames(seed, t=30, v=6, sharpness=3.0)
        whole = replace(cfg, min_ratio=0.0)
        expected = whole.build(charset, rescorer(lm, whole)).search(log_probs)
        assert cfg.build(charset, rescorer(lm, cfg)).search(log_probs) == expected

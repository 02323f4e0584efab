"""What a language model may change: nothing that the frames are sure of, and no number."""

import itertools
import re

import numpy as np
import pytest

from chuviet.decode.alignment import read_best_path, sum_alignments
from chuviet.decode.ctc import CTCBeam
from chuviet.decode.doubt import hold_numbers, in_doubt
from chuviet.language.gazetteer import District, Gazetteer
from chuviet.language.ngram import NGram
from chuviet.language.rescore import AddressRescorer
from chuviet.vocab import VIETNAMESE, Charset

CHARSET = Charset("12ab ")
DIGITS = [1, 2]


def draw(rng: np.random.Generator, t: int, sharpness: float) -> np.ndarray:
    logits = rng.normal(size=(t, len(CHARSET) + 1)) * sharpness
    return (logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)).astype(np.float32)


def written(text: str, wrong: str, doubt: float, charset: Charset) -> np.ndarray:
    """Frames of `text`, a blank behind each character; `doubt` is the probability of the character of `wrong`."""
    rows = []
    for a, b in zip(charset.encode(text), charset.encode(wrong), strict=True):
        row = np.full(len(charset) + 1, 1e-7)
        row[b + 1] += doubt
        row[a + 1] += 1 - doubt
        blank = np.full(len(charset) + 1, 1e-7)
        blank[0] = 1
        rows += [row, blank]
    probs = np.array(rows)
    return np.log(probs / probs.sum(1, keepdims=True)).astype(np.float32)


def test_sure_classes_alone_are_left_by_hand() -> None:
    probs = np.array([[0.9, 0.095, 0.005], [0.4, 0.3, 0.3], [0.005, 0.005, 0.008]])
    assert in_doubt(probs, 0.01).tolist() == [[0.9, 0.095, 0], [0.4, 0.3, 0.3], [0, 0, 0.008]]
    assert in_doubt(probs, 0) is probs


@pytest.mark.parametrize("seed", range(30))
def test_every_text_that_is_left_has_the_numbers_that_were_read(seed: int) -> None:
    """By brute force over all texts of four characters: those with other words of digits have no likelihood."""
    rng = np.random.default_rng(seed)
    log_probs = draw(rng, 6, 2.0)
    path = read_best_path(log_probs)
    read = CHARSET.decode(path.ids)
    held = hold_numbers(np.exp(log_probs), path, read, DIGITS)
    numbers = re.findall(r"[^ ]*\d[^ ]*", read)
    texts = ["".join(t) for n in range(5) for t in itertools.product(CHARSET.characters, repeat=n)]
    likelihoods = sum_alignments(held, [CHARSET.encode_exact(t) if t else [] for t in texts])
    left = {t for t, p in zip(texts, likelihoods, strict=True) if np.isfinite(p)}
    assert all(re.findall(r"[^ ]*\d[^ ]*", t) == numbers for t in left)
    assert read in left or len(read) > 4


def test_a_number_is_held_with_the_spaces_around_it() -> None:
    log_probs = written("ab 12 ba", "ba2aabaa", 0.3, CHARSET)
    path = read_best_path(log_probs)
    held = hold_numbers(np.exp(log_probs), path, "ab 12 ba", DIGITS)
    texts = ["ab 12 ba", "ab12 ba", "ab 1 2 ba", "ab 12ba", "ab 1a ba", "ba 12 aa"]
    found = np.isfinite(sum_alignments(held, [CHARSET.encode(t) for t in texts]))
    assert found.tolist() == [True, False, False, False, False, True]


@pytest.mark.parametrize("members", [1, 2])
def test_no_language_model_changes_a_digit(members: int) -> None:
    lm = NGram.train(["a 12 b", "2 ab", "12 12", "b 21"] * 9, CHARSET, 4)
    for seed in range(40):
        rng = np.random.default_rng(seed)
        line = [draw(rng, 12, 2.0) for _ in range(members)]
        cfg = CTCBeam.Config(alpha=2.0, beta=1.0, min_prob=0.0)
        (found,) = cfg.build(CHARSET, AddressRescorer(lm, 2.0, 8.0))([line])
        assert found.raw_text is not None
        if members == 1 or len(found.text) > 0:
            assert re.findall(r"\d+", found.text) == re.findall(r"\d+", found.raw_text)


def test_a_ward_that_does_not_exist_stays_as_it_was_read() -> None:
    charset = Charset(VIETNAMESE)
    there = ["396 Lê Lợi, Phường 4, Quận 11, TP Hồ Chí Minh", "396 Lê Lợi, Phường 4, Quận 10, TP Hồ Chí Minh"]
    lm = NGram.train(there * 9, charset, 8)
    lm.gazetteer = Gazetteer([
        District("Hồ Chí Minh", "Quận", number, (("Phường", "4"),), ("Lê Lợi",)) for number in ("10", "11")
    ])  # fmt: skip
    read = "396 Lê Lợi, Phường 4, Quận 1, TP Hồ Chí Minh"
    cfg = CTCBeam.Config(width=13)
    beam = cfg.build(charset, AddressRescorer(lm, cfg.alpha, cfg.place))
    assert beam([[written(read, read, 0, charset)]])[0].text == read


@pytest.mark.parametrize(("doubt", "expected"), [(0.1, "ab"), (0.005, "bb")])
def test_what_the_frames_are_sure_of_stays(doubt: float, expected: str) -> None:
    lm = NGram.train(["ab"] * 99, CHARSET, 3)
    cfg = CTCBeam.Config(alpha=3.0, min_prob=0.01)
    found = cfg.build(CHARSET, AddressRescorer(lm, 3.0, 0.0))([[written("bb", "ab", doubt, CHARSET)]])
    assert found[0].text == expected and found[0].raw_text == "bb"


@pytest.mark.parametrize("least", [0.01, 0.5, 1.0])
def test_frames_without_any_likely_class_are_read(least: float) -> None:
    lm = NGram.train(["ab"] * 9, CHARSET, 3)
    for seed in range(20):
        log_probs = draw(np.random.default_rng(seed), 30, 0.3)  # nearly even
        cfg = CTCBeam.Config(min_prob=least)
        (found,) = cfg.build(CHARSET, AddressRescorer(lm, cfg.alpha, cfg.place))([[log_probs]])
        if least == 1.0:  # each frame has its likeliest class alone
            assert found.text == found.raw_text


def test_the_model_whose_line_it_is_decides() -> None:
    charset = Charset("abcd ")
    first, second = NGram.train(["ab ab ab"] * 9, charset, 4), NGram.train(["cd cb cd"] * 9, charset, 4)
    cfg = CTCBeam.Config(alpha=1.0)
    beam = cfg.build(charset, AddressRescorer(first, 1.0, 0.0), AddressRescorer(second, 1.0, 0.0))
    # The last letter but one is a or c as likely as not, and the last one b or d.
    for read, doubted, expected in (("ab ab cd", "ab ab ab", "ab ab ab"), ("cd cb ad", "cd cb cd", "cd cb cd")):
        assert beam([[written(read, doubted, 0.45, charset)]])[0].text == expected

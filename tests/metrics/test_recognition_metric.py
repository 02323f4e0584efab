"""Every number is worked out by hand in the comments."""

import unicodedata

import numpy as np
import pytest

from chuviet.metrics.recognition import RecognitionMetric, align, competition_score, corrections


def measure(*pairs: tuple[str, str]) -> dict[str, float]:
    metric = RecognitionMetric()
    metric.update([p for p, _ in pairs], [t for _, t in pairs])
    return metric.compute()


def test_an_inserted_character_is_one_error() -> None:
    result = measure(("xhello", "hello"))  # position by position all but one character would be wrong
    assert result["cer"] == pytest.approx(1 / 5)
    assert result["ned"] == pytest.approx(1 - 1 / 6)
    assert result["score"] == pytest.approx(1 - 1.5 / 5)
    assert result["accuracy"] == 0


def test_all_figures_of_three_lines() -> None:
    # "P 3 Q 10" / "P 3 Q 1": d 1, n 7, words 1 of 4.  "abc" / "abc": 0.  "TP HCM" / "tp hcm": d 5, n 6, words 2 of 2.
    result = measure(("P 3 Q 10", "P 3 Q 1"), ("abc", "abc"), ("TP HCM", "tp hcm"))
    assert result["cer"] == pytest.approx(6 / 16)
    assert result["cer_mean"] == pytest.approx((1 / 7 + 0 + 5 / 6) / 3)
    assert result["wer"] == pytest.approx(3 / 7)
    assert result["wer_mean"] == pytest.approx((1 / 4 + 0 + 1) / 3)
    assert result["accuracy"] == pytest.approx(1 / 3)
    assert result["ned"] == pytest.approx((7 / 8 + 1 + 1 / 6) / 3)
    # 1.5**5 = 7.59375 > 6, so the third line scores 0
    assert result["score"] == pytest.approx((1 - 1.5 / 7 + 1 + 0) / 3)
    assert result["cer_nocase"] == pytest.approx(1 / 16)
    assert result["count"] == 3


def test_micro_and_mean_rates_differ_when_lengths_do() -> None:
    result = measure(("x", "a"), ("a" * 99, "a" * 99))
    assert result["cer"] == pytest.approx(1 / 100)
    assert result["cer_mean"] == pytest.approx(1 / 2)


def test_spaces_and_case_count() -> None:
    assert measure(("a  b", "a b"))["cer"] == pytest.approx(1 / 3)
    assert measure(("a  b", "a b"))["wer"] == 0
    assert measure(("a ", "a"))["accuracy"] == 0
    assert measure(("ĐƯỜNG", "đường"))["cer"] == 1
    assert measure(("ĐƯỜNG", "đường"))["cer_nocase"] == 0


def test_unicode_forms_are_the_callers_duty() -> None:
    text = "Việt"
    assert measure((unicodedata.normalize("NFD", text), text))["accuracy"] == 0


def test_empty_lines() -> None:
    both = measure(("", ""))
    assert (both["cer"], both["wer"], both["ned"], both["score"], both["accuracy"]) == (0, 0, 1, 1, 1)
    spurious = measure(("ab", ""))  # an empty target counts as length 1
    assert (spurious["cer"], spurious["cer_mean"], spurious["wer"]) == (2, 2, 1)
    assert (spurious["ned"], spurious["score"]) == (0, 0)
    missed = measure(("", "ab"))
    assert (missed["cer"], missed["ned"], missed["score"]) == (1, 0, 0)  # 1.5**2 / 2 > 1


def test_updates_add_up_and_reset_forgets() -> None:
    pairs = [("a", "b"), ("abc", "abd"), ("", "x y"), ("x y", "x y")]
    whole, parts = RecognitionMetric(), RecognitionMetric()
    whole.update([p for p, _ in pairs], [t for _, t in pairs])
    parts.update(["zzz"], ["y"])
    parts.reset()
    for p, t in pairs:
        parts.update([p], [t])
    assert parts.compute() == whole.compute()


def test_corrections_are_counted_by_what_they_did() -> None:
    lines = [  # corrected, raw, target
        ("Hà Nội", "Ha Noi", "Hà Nội"), ("Huế", "Hue", "Hue"), ("Hàn", "Hàm", "Hà"), ("Huế", "Huế", "Hu"),
        ("ab", "xy", "abc"),
    ]  # fmt: skip
    counts = corrections(*map(list, zip(*lines, strict=True)))
    assert counts == {"changed": 4, "better": 2, "worse": 1, "same": 1}
    assert corrections([], [], []) == {"changed": 0, "better": 0, "worse": 0, "same": 0}


def test_wrong_use_is_an_error() -> None:
    metric = RecognitionMetric()
    with pytest.raises(ValueError, match="2 predictions for 1 targets"):
        metric.update(["a", "b"], ["a"])
    with pytest.raises(ValueError, match="no lines"):
        metric.compute()


def test_score_of_a_hopeless_line_does_not_overflow() -> None:
    assert competition_score("a" * 5000, "b" * 5000) == 0


def test_alignment_by_hand() -> None:
    assert align("hello", "xhello") == [("", "x"), *((c, c) for c in "hello")]
    assert align("abc", "ac") == [("a", "a"), ("b", ""), ("c", "c")]
    assert align("đi", "di") == [("đ", "d"), ("i", "i")]
    assert align("", "ab") == [("", "a"), ("", "b")]
    assert align("", "") == []


def test_alignment_agrees_with_the_distance_and_keeps_both_texts() -> None:
    rng = np.random.default_rng(5)
    for _ in range(200):
        target, read = ("".join(rng.choice(list("aăâ "), rng.integers(0, 9))) for _ in range(2))
        pairs = align(target, read)
        assert "".join(a for a, _ in pairs) == target
        assert "".join(b for _, b in pairs) == read
        wrong = sum(a != b for a, b in pairs)
        assert wrong == pytest.approx(measure((read, target))["cer"] * max(len(target), 1))

"""Confidences of words: calibrated, judged, and what they say about a review."""

import math

import numpy as np
import pandas as pd
import pytest

from chuviet.decode.confidence import IDENTITY, calibrated, word_score
from chuviet.errors import InputError
from chuviet.report import confidence


def words(rows: list[tuple[int, float, bool]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["line", "confidence", "right"])


def drawn(rng: np.random.Generator, count: int, slope: float, offset: float) -> pd.DataFrame:
    """Words whose confidences are off: right ones are as frequent as the log odds times slope plus offset say."""
    given = rng.uniform(0.02, 0.999, count)
    right = rng.random(count) < [calibrated(c, (slope, offset)) for c in given]
    return words([(k // 8, float(c), bool(r)) for k, (c, r) in enumerate(zip(given, right, strict=True))])


def test_a_score_and_its_calibration_by_hand() -> None:
    assert word_score(np.array([0.9, 0.4])) == pytest.approx(0.6)
    assert calibrated(0.8, IDENTITY) == 0.8
    assert calibrated(0.8, (0.5, 0.0)) == pytest.approx(2 / 3)  # odds of 4 become 2
    assert calibrated(0.5, (3.0, math.log(9))) == pytest.approx(0.9)
    assert 0 < calibrated(0.0, (1.0, 0.1)) < 1e-5 and 1 - 1e-5 < calibrated(1.0, (1.0, 0.1)) < 1


def test_words_are_compared_where_they_stand() -> None:
    frame = pd.DataFrame({
        "text": ["ấp 2 xã Tân Phú", "Hà Nội", "Huế"], "prediction": ["ấp xã Tần Phú", "Hà Nội", ""],
        "word_confidences": ["0.9 0.8 0.3 0.7", "0.99 0.98", ""],
    })  # fmt: skip
    found = confidence.read_words(frame)
    assert found["right"].tolist() == [True, True, False, True, True, True]
    assert (
        found["confidence"].tolist() == [0.9, 0.8, 0.3, 0.7, 0.99, 0.98] and found["line"].tolist() == [0] * 4 + [1] * 2
    )
    with pytest.raises(InputError, match="2 word confidences for 4 words"):
        confidence.read_words(frame.assign(word_confidences=["0.9 0.8", "0.9 0.9", ""]))
    with pytest.raises(InputError, match="no column word_confidences"):
        confidence.read_words(frame[["text", "prediction"]])


def test_the_calibration_error_by_hand() -> None:
    # Two classes of five: 0.9 of which half are right, and 0.3 of which none is: (2 * 0.4 + 1 * 0.3) / 3.
    found = confidence.calibration_error(words([(0, 0.9, True), (0, 0.9, False), (1, 0.3, False)]), bins=5)
    assert found == pytest.approx(1.1 / 3)
    table = confidence.reliability(words([(0, 0.9, True), (0, 1.0, False), (1, 0.3, False)]), bins=5)
    assert table["words"].tolist() == [1, 2] and table["right"].tolist() == [0, 0.5]


@pytest.mark.parametrize(("slope", "offset"), [(0.5, 1.0), (1.0, 0.0), (2.0, -0.5)])
def test_a_known_slope_and_offset_are_found(slope: float, offset: float) -> None:
    rng = np.random.default_rng(1)
    parts = [drawn(rng, 4000, slope, offset) for _ in range(3)]
    found = confidence.fit(pd.concat(parts))
    assert found == pytest.approx((slope, offset), abs=0.12)
    judged = confidence.across(parts)
    assert confidence.calibration_error(judged) < 0.02 and len(judged) == 12000
    assert judged["line"].nunique() == 1500  # lines of different parts stay different


def test_a_part_is_not_calibrated_by_itself() -> None:
    rng = np.random.default_rng(2)
    first, second = drawn(rng, 2000, 0.4, 0.0), drawn(rng, 2000, 2.0, 1.0)
    judged = confidence.across([first, second])
    expected = confidence.apply(first, confidence.fit(second))["confidence"].to_numpy()
    assert judged["confidence"].to_numpy()[:2000] == pytest.approx(expected)


def test_a_review_by_hand() -> None:
    rows = [(0, 0.9, True), (0, 0.4, False), (1, 0.95, True), (1, 0.99, False), (2, 0.6, True), (3, 0.99, True)]
    none, one, all_right = (confidence.review(words(rows), target) for target in (0.5, 0.8, 1.0))
    assert (none.share, none.right) == (0, pytest.approx(4 / 6))
    # Line 0 has the least sure word: once it is looked at, five of six words are right.
    assert (one.share, one.below, one.right) == (0.25, 0.6, pytest.approx(5 / 6))
    # Then line 2, which is right, and line 1.
    assert (all_right.share, all_right.below) == (0.75, 0.99)


def test_nothing_to_learn_from() -> None:
    with pytest.raises(InputError, match="all 2 words are right"):
        confidence.fit(words([(0, 0.9, True), (0, 0.8, True)]))

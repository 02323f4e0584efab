from collections.abc import Sequence

import numpy as np
import pytest

from chuviet.reading.halving import halve, halves_of, high_lines
from chuviet.reading.joining import FoundLine
from chuviet.results import Prediction


def line(top: float, height: float, width: float = 300.0) -> FoundLine:
    quad = np.array([(10, top), (10 + width, top + 8), (10 + width, top + 8 + height), (10, top + height)], float)
    return FoundLine(quad, 0.9, quad[None])


def page() -> list[FoundLine]:
    """Three usual lines, one of two rows, and one that is as high but narrow."""
    return [line(0, 20), line(30, 21), line(60, 42), line(110, 20), line(140, 42, 60)]


def text(i: int, read: str, likelihood: float) -> Prediction:
    return Prediction(i, read, likelihood)


def test_lines_that_are_much_higher_than_the_others_and_wide_may_be_two_rows() -> None:
    assert high_lines(page()) == [2] and high_lines([line(0, 20), line(30, 31), line(70, 20)]) == []
    assert high_lines([line(0, 20), line(30, 33), line(70, 20)]) == [1] and high_lines([]) == []


def test_halves_share_the_line_between_them_and_have_no_words() -> None:
    upper, lower = halves_of(line(60, 42))
    np.testing.assert_array_equal(upper.quad, [(10, 60), (310, 68), (310, 89), (10, 81)])
    np.testing.assert_array_equal(lower.quad, [(10, 81), (310, 89), (310, 110), (10, 102)])
    assert upper.words is None and lower.words is None and upper.score == 0.9


@pytest.mark.parametrize(
    ("upper", "lower", "halved"),
    [
        (("trang sức cho", 0.7), ("của người Aztec", 0.9), True),
        (("trang sức cho", 0.7), ("của người Aztec", 0.6), False),
        (("TOTA", 0.99), ("AUIAL", 0.73), False),
        (("", 1.0), ("của người Aztec", 0.9), False),
    ],
)
def test_a_line_is_halved_where_both_halves_are_read_well(
    upper: tuple[str, float], lower: tuple[str, float], halved: bool
) -> None:
    asked: list[FoundLine] = []

    def read(lines: Sequence[FoundLine]) -> list[Prediction]:
        asked.extend(lines)
        return [text(0, *upper), text(1, *lower)]

    texts = [text(i, f"line {i}", 0.95) for i in range(5)]
    lines, found = halve(page(), texts, read)
    names = [one.text for one in found]
    assert names == ["line 0", "line 1", *([upper[0], lower[0]] if halved else ["line 2"]), "line 3", "line 4"]
    assert len(lines) == len(found) and len(asked) == 2
    if halved:
        np.testing.assert_array_equal(lines[2].quad, halves_of(page()[2])[0].quad)


def test_a_page_without_high_lines_is_not_read_again() -> None:
    lines = [line(0, 20), line(30, 21)]
    texts = [text(0, "a", 0.9), text(1, "b", 0.9)]
    assert halve(lines, texts, lambda _: pytest.fail("was read again")) == (lines, texts)
    assert halve([], [], lambda _: pytest.fail("was read again")) == ([], [])

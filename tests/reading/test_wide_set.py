"""Words that are set wide make one line; columns of a table, other rows and other sizes do not."""

from __future__ import annotations

import numpy as np
import pytest

from chuviet.reading.flatten import turned
from chuviet.reading.joining import FoundLine
from chuviet.reading.wide_set import Read, join_wide_set
from chuviet.results import Prediction


def read(text: str, x: float, y: float, width: float, height: float = 20, angle: float = 0.0) -> Read:
    quad = np.array([(x, y), (x + width, y), (x + width, y + height), (x, y + height)], float)
    return FoundLine(turned(quad, angle), 0.8), Prediction(0, text, 0.9)


def texts(*lines: Read) -> list[str]:
    return [text.text for _, text in join_wide_set(lines)]


@pytest.mark.parametrize("angle", [0.0, 0.3, np.pi / 2, np.pi])
def test_words_that_are_set_wide_are_one_line_in_any_direction(angle: float) -> None:
    # Letters of 20 px at a height of 20, and a blank of 15 between the boxes.
    words = [
        read("BHD", 190, 0, 60, angle=angle),
        read("ALAM)", 0, 0, 100, angle=angle),
        read("SDN", 115, 1, 60, angle=angle),
    ]
    (line, text), *others = join_wide_set([*words, read("ONE MORE", 0, 40, 90, angle=angle)])
    assert text.text == "ALAM) SDN BHD" and [t.text for _, t in others] == ["ONE MORE"]
    assert text.confidence == pytest.approx(0.9) and line.score == pytest.approx(0.8)
    want = np.array([(0, 0), (250, 0), (250, 21), (0, 21)], float)
    np.testing.assert_allclose(line.quad, turned(want, angle), atol=1.5)
    assert line.words is not None
    np.testing.assert_allclose(line.words, [words[i][0].quad for i in (1, 2, 0)])


def test_what_stays_apart() -> None:
    assert texts(read("ALAM)", 0, 0, 100), read("SDN", 123, 0, 60)) == ["ALAM)", "SDN"]  # more than a blank of 22
    assert texts(read("ALAM)", 0, 0, 100), read("SDN", 115, 8, 60)) == ["ALAM)", "SDN"]  # another row
    assert texts(read("ALAM)", 0, 0, 100), read("SDN", 115, 0, 42)) == ["ALAM)", "SDN"]  # other letters
    assert texts(read("ALAM)", 0, 0, 100), read("SDN", 115, 0, 60, 30)) == ["ALAM)", "SDN"]  # another size
    assert texts(read("TOTAL", 0, 0, 60), read("9.90", 70, 0, 48)) == ["TOTAL", "9.90"]  # letters of 12 px: columns
    assert texts(read("A", 0, 0, 20), read("B", 35, 0, 20)) == ["A", "B"]  # letters alone may be of a form
    assert texts() == []


def test_each_word_goes_on_with_one_line() -> None:
    """Of two words before one, which lie on each other, one takes it; the nearer of two behind is next."""
    assert sorted(texts(read("AB", 0, 0, 40), read("CD", 0, 2, 40), read("EF", 50, 0, 40))) in (
        ["AB EF", "CD"],
        ["AB", "CD EF"],
    )
    assert texts(read("AB", 0, 0, 40), read("EF", 58, 0, 40), read("CD", 50, 0, 40)) == ["AB CD", "EF"]

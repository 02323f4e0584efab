"""Where the words of a line lie: by the alignment of its frames, and by letters where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from chuviet.reading.layout import line_at, line_of, word_spans
from chuviet.results import Line, Prediction


def places(line: Line) -> list[tuple[str, float, float]]:
    """Each word with where its top side begins and ends, as shares of the line's."""
    (left, right), tops = line.corners[:2], [w.corners[:2] for w in line.words]
    width = np.linalg.norm(right - left)
    shares = [[float(np.linalg.norm(p - left) / width) for p in top] for top in tops]
    return [(w.text, *(round(s, 6) for s in share)) for w, share in zip(line.words, shares, strict=True)]  # type: ignore[misc]


def test_words_are_what_spaces_part() -> None:
    assert word_spans("Phố Huế") == [(0, 3), (4, 7)]
    assert word_spans("  a  bc ") == [(2, 3), (5, 7)]
    assert word_spans("") == word_spans("   ") == []


def test_words_lie_between_the_spaces_that_are_aligned() -> None:
    quad = np.array([(100, 50), (300, 150), (280, 190), (80, 90)], float)  # turned
    spans = np.array([(1, 2), (4, 4), (6, 9), (12, 13)])
    read = Prediction(0, "ab c", 0.5, None, spans, np.array([0.9, 0.4, 1.0, 0.7]), frames=20)
    line = line_at(quad, read, 0.25)
    assert places(line) == [("ab", 0.0, 0.3), ("c", 0.5, 1.0)] and line.confidence == 0.25
    assert [w.confidence for w in line.words] == [pytest.approx(0.6), pytest.approx(0.7)]
    assert np.allclose(line.words[1].corners, [(200, 100), (300, 150), (280, 190), (180, 140)])
    assert np.array_equal(line.corners, quad)


def test_without_an_alignment_words_share_the_line_by_letters() -> None:
    line = line_of(np.zeros((11, 101, 3), np.uint8), Prediction(0, "abc de", 0.5, "abd de"))
    assert places(line) == [("abc", 0.0, 0.5), ("de", round(4 / 6, 6), 1.0)]
    assert line.raw_text == "abd de" and [w.confidence for w in line.words] == [0.5, 0.5]
    assert line.corners.tolist() == [[0, 0], [100, 0], [100, 10], [0, 10]]
    empty = line_of(np.zeros((11, 101, 3), np.uint8), Prediction(0, "", 1.0))
    assert empty.words == () and empty.raw_text == ""

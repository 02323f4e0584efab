"""Lines from words and from pieces of lines: by hand, on drawn words."""

from __future__ import annotations

import numpy as np
import pytest

from chuviet.reading.joining import around, join, lines_of
from chuviet.results import Detection


def words(rows: list[list[tuple[float, float]]], pitch: float = 30, height: float = 20) -> np.ndarray:
    """Rows of words, each with its left and its width, in their order."""
    boxes = [(x, r * pitch, w) for r, row in enumerate(rows) for x, w in row]
    return np.array([[(x, y), (x + w, y), (x + w, y + height), (x, y + height)] for x, y, w in boxes], float)


def moved(quads: np.ndarray, x: float, y: float) -> np.ndarray:
    return np.add(quads, (x, y))


def turned(quads: np.ndarray, degrees: float) -> np.ndarray:
    a = np.deg2rad(degrees)
    return quads @ np.array([(np.cos(a), np.sin(a)), (-np.sin(a), np.cos(a))])


def found(quads: np.ndarray, words: np.ndarray | None = None) -> Detection:
    inner = None if words is None else Detection(0, words, np.full(len(words), 0.5))
    return Detection(0, quads, np.linspace(0.6, 0.9, len(quads)), words=inner)


SIGN = [[(0, 60), (68, 40), (116, 90)], [(0, 100), (110, 50)], [(0, 30), (38, 70), (118, 20), (146, 60)]]


@pytest.mark.parametrize("degrees", [0, 4, -35, 90, 180])
def test_words_become_lines(degrees: float) -> None:
    quads = turned(words(SIGN), degrees)
    shuffled = np.random.default_rng(0).permutation(len(quads))
    lines = {tuple(shuffled[line].tolist()) for line in join(quads[shuffled])}
    assert lines == {(0, 1, 2), (3, 4), (5, 6, 7, 8)}


def test_words_are_not_joined_over_gutters_nor_cells_to_rows() -> None:
    columns = words([[(0, 60), (68, 40), (160, 50), (218, 70)] for _ in range(4)])  # gaps of 8, 52 and 8 px
    assert sorted(map(tuple, join(columns))) == [tuple(range(k, k + 2)) for k in range(0, 16, 2)]
    cells = words([[(0, 60), (80, 40), (145, 50)], [(0, 60), (80, 40), (145, 50)]])  # 20 and 25 px apart: 1 height
    assert len(join(cells, reach=0.3)) == 6


def test_what_is_not_in_line_is_not_joined() -> None:
    big = words([[(0, 60)]], height=60)
    small = words([[(66, 40)]], height=20)
    assert len(join(np.concatenate([big, small]))) == 2  # another size
    assert len(join(np.concatenate([words([[(0, 60)]]), moved(words([[(66, 40)]]), 0, 14)]))) == 2  # another height
    steep = moved(turned(words([[(0, 60)]]), 40), 66, 0)
    assert len(join(np.concatenate([words([[(0, 60)]]), steep]))) == 2  # another direction
    notes = words([[(0, 15), (18, 15), (36, 15)]], height=150)  # three lines that run upwards
    assert len(join(notes)) == 3
    assert join(np.zeros((0, 4, 2))) == []


@pytest.mark.parametrize("degrees", [0, 25, 90])
def test_boxes_that_reach_into_each_other_are_one_line_in_its_direction(degrees: float) -> None:
    parts = np.array([[(x, 0), (x + 100, 0), (x + 100, 28), (x, 28)] for x in (82.0, 0.0, 170.0)])  # 18 and 12 px
    assert [line.tolist() for line in join(turned(parts, degrees))] == [[1, 0, 2]]
    same = np.array([[(x, 0), (x + 100, 0), (x + 100, 28), (x, 28)] for x in (0.0, 40.0)])  # two finds of one place
    assert len(join(turned(same, degrees))) == 2


def test_a_ring_of_parts_ends() -> None:
    """Words around a stamp, each followed by the next: every part is in one line."""
    angles = np.arange(0, 2 * np.pi, np.pi / 6)
    quads = np.stack([turned(moved(words([[(-24, 48)]]), 0, -100), float(np.rad2deg(a)))[0] for a in angles])
    assert sorted(i for line in join(quads) for i in line) == list(range(12))


def test_the_quad_of_a_line() -> None:
    quads = words([[(0, 60), (68, 40)]])
    quads[1, :2, 1] -= 5  # an ascender
    assert np.allclose(around(quads), [(0, -5), (108, -5), (108, 20), (0, 20)])
    assert np.allclose(around(turned(words([[(0, 60), (68, 40)]]), 30)), turned(words([[(0, 108)]]), 30)[0])
    assert np.array_equal(around(quads[:1]), quads[0])


def test_words_of_a_detector_that_knows_words_only() -> None:
    lines = lines_of(found(words(SIGN)))
    assert [len(line.words) if line.words is not None else 0 for line in lines] == [3, 2, 4]
    assert lines[0].score == pytest.approx(np.linspace(0.6, 0.9, 9)[:3].mean())
    (alone,) = lines_of(found(words([[(0, 60)]])))
    assert alone.words is None  # a line or a word: not known


def test_words_of_a_detector_that_knows_both() -> None:
    """Words get the line that they stand on, in its order; those without one make a line."""
    inner = words(SIGN)
    lines = lines_of(found(words([[(0, 206)], [(0, 160)]]), inner[[2, 0, 1, 4, 3, 5, 6, 7, 8]]))
    assert [line.words.tolist() if line.words is not None else None for line in lines] == [
        inner[:3].tolist(), inner[3:5].tolist(), inner[5:].tolist()
    ]  # fmt: skip
    assert [line.score for line in lines] == pytest.approx([0.6, 0.9, 0.5])
    none = Detection(0, np.zeros((0, 4, 2)), np.zeros(0))
    assert len(lines_of(Detection(0, none.quads, none.scores, words=found(inner)))) == 3 and lines_of(none) == []


@pytest.mark.parametrize("degrees", [0, 3, 90, 180])
def test_a_line_that_was_found_too_short_reaches_over_all_its_words(degrees: float) -> None:
    line = words([[(60, 140)], [(0, 200)]])  # the first from 60 to 200 of a line from 0 to 268
    inner = words([[(0, 52), (58, 80), (145, 60), (212, 56)], [(0, 90), (95, 100)]])
    first, second = lines_of(found(turned(line, degrees), turned(inner, degrees)))
    assert first.words is not None and len(first.words) == 4
    np.testing.assert_allclose(first.quad, turned(words([[(0, 268)]]), degrees)[0], atol=1e-6)
    np.testing.assert_allclose(second.quad, turned(line, degrees)[1], atol=1e-6)


def test_a_line_upside_down() -> None:
    (line,) = lines_of(found(words([[(0, 60), (68, 40)]])))
    other = line.upside_down()
    assert other.quad[0].tolist() == [108, 20] and other.words is not None
    assert other.words[:, 0].tolist() == [[108, 20], [60, 20]]
    assert np.array_equal(other.upside_down().quad, line.quad)

"""Pages turned by any angle: what geometry tells, and what reading tells, with readers that know the truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import pytest

from chuviet.geometry import order_quad
from chuviet.reading.joining import FoundLine, lines_of
from chuviet.reading.upright import (
    aligned,
    is_found,
    is_lost,
    lean_of,
    levelled,
    lies_across,
    page_axis,
    read_upright,
    turned_back,
)
from chuviet.results import Detection, Prediction

SIZES = ((300, 20), (200, 20), (60, 20), (15, 20), (9, 22), (250, 20))  # the last but one: a digit


def page(degrees: float, sizes: Sequence[tuple[float, float]] = SIZES) -> np.ndarray:
    """Lines below each other on a page turned clockwise, corners from the text's top left."""
    quads = np.array(
        [[(0, y), (w, y), (w, y + h), (0, y + h)] for y, (w, h) in zip(range(0, 400, 40), sizes, strict=False)], float
    )
    a = np.deg2rad(degrees)
    return (quads - 150) @ np.array([(np.cos(a), np.sin(a)), (-np.sin(a), np.cos(a))]) + 300


def seen(quads: np.ndarray) -> Detection:
    """As a detector gives them: corners by geometry alone."""
    return Detection(0, np.array([order_quad(quad) for quad in quads]), np.ones(len(quads)))


@pytest.mark.parametrize("degrees", [*range(-180, 181, 15), 3, 89, -89, 46, -134])
def test_corners_begin_at_the_text_but_for_half_a_turn(degrees: float) -> None:
    truth = page(degrees)
    found = aligned(seen(truth)).quads
    same = np.allclose(found, truth)
    assert same or np.allclose(found, np.roll(truth, 2, 1))
    axis = np.rad2deg(page_axis(found))
    assert (axis - degrees + 90) % 180 - 90 == pytest.approx(0, abs=1e-6)
    if -89 <= degrees <= 89:
        assert same


def test_a_long_line_across_the_page_keeps_its_own_direction() -> None:
    sign = np.array([(500, 100), (530, 100), (530, 300), (500, 300)], float)
    quads = np.concatenate([page(0), sign[None]])
    found = aligned(seen(quads)).quads
    assert lies_across(found, 0.0).tolist() == [False] * 6 + [True]
    assert np.allclose(found[:6], quads[:6])
    assert found[6].tolist() == [[530, 100], [530, 300], [500, 300], [500, 100]]  # downwards


def test_words_are_aligned_as_their_lines_are() -> None:
    lines, words = seen(page(90)), seen(page(90, [(40, 20), (12, 20)]))
    found = aligned(Detection(0, lines.quads, lines.scores, words=words))
    assert found.words is not None
    assert np.allclose(np.roll(found.words.quads, 2, 1), page(90, [(40, 20), (12, 20)])) or np.allclose(
        found.words.quads, page(90, [(40, 20), (12, 20)])
    )
    none = Detection(0, np.zeros((0, 4, 2)), np.zeros(0))
    assert len(aligned(none).quads) == 0


def reader(
    degrees: float, calls: list[int], sure: float = 0.95, unsure: float = 0.5
) -> Callable[..., list[Prediction]]:
    """Reads twelve letters in every line, with confidence where it is given in the direction of its text."""

    def read(lines: Sequence[FoundLine]) -> list[Prediction]:
        calls.append(len(lines))
        found = []
        for line in lines:
            along = line.quad[1] - line.quad[0]
            right = np.cos(np.arctan2(along[1], along[0]) - np.deg2rad(degrees)) > 0.9
            found.append(Prediction(0, "abcdefghijkl" if right else "lkjihgfedcba", sure if right else unsure))
        return found

    return read


@pytest.mark.parametrize("degrees", [0, 30, 90, 150, 180, -90, -150])
def test_a_page_is_turned_upright_by_reading(degrees: float) -> None:
    truth, calls = page(degrees), []
    lines, texts = read_upright(lines_of(aligned(seen(truth))), reader(degrees, calls))
    assert {text.text for text in texts} == {"abcdefghijkl"}
    assert np.allclose(sorted(line.quad[0].tolist() for line in lines), sorted(truth[:, 0].tolist()))
    assert sum(calls) in (6, 6 + 5 + 6) and (calls[0] == 6)  # all, a sample of five, all again


def test_sure_pages_cost_nothing_and_a_word_or_two_turns_nothing() -> None:
    calls: list[int] = []
    read_upright(lines_of(seen(page(0))), reader(0, calls))
    assert calls == [6]

    def short(lines: Sequence[FoundLine]) -> list[Prediction]:
        return [Prediction(0, "Nr", 0.9 if line.quad[0, 0] > line.quad[1, 0] else 0.4) for line in lines]

    lines, texts = read_upright(lines_of(seen(page(0, [(60, 20)]))), short)
    assert texts[0].confidence == 0.4 and lines[0].quad[0, 0] < lines[0].quad[1, 0]
    assert read_upright([], short) == ([], [])


def test_lines_across_are_read_both_ways() -> None:
    sign = np.array([(500, 300), (500, 100), (530, 100), (530, 300)], float)  # upwards
    quads = np.concatenate([page(0), sign[None]])

    def read(lines: Sequence[FoundLine]) -> list[Prediction]:
        right = [line.quad[1, 0] > line.quad[0, 0] + 1 or line.quad[1, 1] < line.quad[0, 1] - 1 for line in lines]
        return [Prediction(0, "abcdefghijkl", 0.95 if x else 0.5) for x in right]

    lines, texts = read_upright(lines_of(aligned(seen(quads))), read)
    assert [text.confidence for text in texts] == [0.95] * 7
    assert any(np.array_equal(line.quad, sign) for line in lines)


def test_lost_pages() -> None:
    low = [FoundLine(np.array([(0, 0), (10, 0), (10, 20), (0, 20)], float), 1.0)]
    wide = np.array([(0, 0), (20, 0), (20, 10), (0, 10)], float)
    assert is_lost(low * 9, [Prediction(0, "a", 0.7)] * 9) and is_lost(low, [Prediction(0, "abcdef", 0.5)])
    assert not is_lost(low, [Prediction(0, "abcdef", 0.7)]) and not is_lost(low, [Prediction(0, "7", 0.9)])
    assert not is_lost([], [])
    # Half of the area is of wide words; a line counts by its words.
    assert not is_lost([*low, FoundLine(wide, 1.0)], [Prediction(0, "abcdef", 0.5)] * 2)
    assert is_lost([*low, FoundLine(wide * 0.9, 1.0)], [Prediction(0, "abcdef", 0.5)] * 2)
    assert is_lost([FoundLine(wide, 1.0, words=low[0].quad[None])], [Prediction(0, "abcdef", 0.5)])
    lost = [Prediction(0, "a", 0.7)] * 9
    assert is_found([Prediction(0, "abcdefghijkl", 0.9)], lost) and not is_found([Prediction(0, "abc", 0.9)], lost)


def test_points_are_turned_back() -> None:
    image = np.arange(5 * 8).reshape(5, 8)
    there = np.argwhere(np.rot90(image) == image[1, 6])[0][::-1]
    assert turned_back(there.astype(float), 8).tolist() == [6, 1]


@pytest.mark.parametrize("lean", [30.0, -12.5])
def test_a_leaning_page_is_turned_level_and_its_points_back(lean: float) -> None:
    level = np.array([[(100, y), (300, y), (300, y + 20), (100, y + 20)] for y in (50, 100, 150)], float)
    a = np.deg2rad(lean)
    leaning = level @ np.array([(np.cos(a), np.sin(a)), (-np.sin(a), np.cos(a))]) + (150, 250)
    assert lean_of(Detection(0, leaning, np.ones(3))) == pytest.approx(lean)
    assert lean_of(Detection(0, leaning[:2], np.ones(2))) == lean_of(Detection(0, level, np.ones(3))) == 0
    image = np.full((600, 700, 3), 255, np.uint8)
    for quad in leaning:
        cv2.fillPoly(image, [np.rint(quad).astype(np.int32)], (0, 0, 0))
    turned, back = levelled(image, lean)
    dark = np.argwhere(turned[..., 0] < 128)[:, ::-1]  # x, y
    assert np.ptp(dark[:, 1]) == pytest.approx(120, abs=2) and np.ptp(dark[:, 0]) == pytest.approx(200, abs=2)
    corner = dark.min(0) @ back[:, :2].T + back[:, 2]
    np.testing.assert_allclose(corner, leaning[0, 0], atol=2)

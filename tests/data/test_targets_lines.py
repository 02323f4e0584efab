"""What a detector of lines and words learns: DB's shrunk text of each kind, along outlines, and where it is judged."""

import numpy as np
import pytest
import shapely

from chuviet.data.targets_db import DBTargets
from chuviet.data.targets_lines import LineWordTargets, gaps_between
from chuviet.labels import LabelledPage

SHAPE = (120, 200)


def box(x: float, y: float, w: float, h: float) -> list[tuple[float, float]]:
    return [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]


def page(**options: object) -> LabelledPage:
    """A line of two words, and a line that runs out of the picture."""
    quads = np.array([box(10, 10, 120, 24), box(10, 10, 50, 24), box(70, 10, 60, 24), box(100, 70, 300, 30)], float)
    made = LabelledPage(None, quads, list("abcd"), np.zeros(4, bool), kind="both")
    made.is_word = np.array([False, True, True, False])
    for name, value in options.items():
        setattr(made, name, value)
    return made


def test_each_kind_has_the_maps_that_db_gives_its_quads() -> None:
    both = page()
    maps = LineWordTargets.Config(shrink=0.6, shrink_words=0.4).build()(both, SHAPE)
    for kind, rows, shrink in (("lines", [0, 3], 0.6), ("words", [1, 2], 0.4)):
        db = DBTargets.Config(shrink=shrink, smallest=6.0).build()
        want = db(both.quads[rows], np.zeros(2, bool), SHAPE)
        assert maps[kind].any()
        np.testing.assert_array_equal(maps[kind], want["text"])
        np.testing.assert_array_equal(maps[f"{kind}_mask"], want["text_mask"])


@pytest.mark.parametrize("kind", ["lines", "words"])
def test_a_kind_that_a_set_does_not_know_is_not_judged(kind: str) -> None:
    maps = LineWordTargets.Config().build()(page(kind=kind, is_word=None), SHAPE)
    other = "words" if kind == "lines" else "lines"
    assert maps[kind].any() and maps[f"{kind}_mask"].any()
    assert not maps[other].any() and not maps[f"{other}_mask"].any()


def test_a_page_without_text_is_background_of_both_kinds() -> None:
    empty = LabelledPage(None, np.zeros((0, 4, 2)), [], np.zeros(0, bool), kind="both", is_word=np.zeros(0, bool))
    maps = LineWordTargets.Config().build()(empty, SHAPE)
    assert not maps["lines"].any() and not maps["words"].any()
    assert maps["lines_mask"].all() and maps["words_mask"].all()


def test_a_bent_line_is_shrunk_along_its_outline() -> None:
    x = np.linspace(10, 190, 31)
    middle = 60 + 30 * np.sin(x / 40)
    outline = np.concatenate([np.stack([x, middle - 10], 1), np.stack([x, middle + 10], 1)[::-1]])
    low, high = outline.min(0), outline.max(0)
    bent = LabelledPage(None, np.array([box(*low, *(high - low))]), ["a"], np.zeros(1, bool), kind="lines")
    bent.outlines = [outline]
    got = LineWordTargets.Config(shrink=0.6).build()(bent, SHAPE)["lines"]
    shape = shapely.Polygon(outline)
    inner = shape.buffer(-shape.area * (1 - 0.36) / shape.length, join_style="mitre")
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    want = shapely.contains(inner, shapely.points(columns, rows))
    assert want.sum() > 500 and (got != want).sum() <= 0.01 * want.sum()


def test_dont_care_and_low_text_is_neither_text_nor_background() -> None:
    quads = np.array([box(10, 10, 100, 20), box(10, 60, 100, 4)], float)
    maps = LineWordTargets.Config(smallest=6).build()(
        LabelledPage(None, quads, ["###", "a"], np.array([True, False]), kind="lines"), SHAPE
    )
    assert not maps["lines"].any()
    assert maps["lines_mask"][20, 50] == 0 and maps["lines_mask"][62, 50] == 0 and maps["lines_mask"][45, 50] == 1


def test_a_narrow_digit_is_learnt_and_a_hair_is_not() -> None:
    quads = np.array([box(10, 10, 4, 16), box(60, 10, 1, 16)], float)
    page = LabelledPage(None, quads, ["1", "l"], np.zeros(2, bool), kind="lines")
    maps = LineWordTargets.Config(smallest=6).build()(page, SHAPE)
    assert maps["lines"][12:24, 10:15].any() and not maps["lines"][:, 50:].any()
    assert maps["lines_mask"][18, 12] == 1 and maps["lines_mask"][18, 60] == 0
    assert (maps["lines_weight"] == 1).all()


def test_small_texts_weigh_more_by_a_pixel() -> None:
    quads = np.array([box(10, 10, 10, 10), box(40, 40, 100, 40), box(10, 60, 4, 8)], float)
    page = LabelledPage(None, quads, ["a", "line", "1"], np.zeros(3, bool), kind="lines")
    maps = LineWordTargets.Config(shrink=1.0, small=0.5).build()(page, SHAPE)
    weight = maps["lines_weight"]
    assert weight[15, 15] == 2.0  # (400 / 100) ** .5
    assert weight[64, 12] == pytest.approx((400 / 32) ** 0.5)
    assert weight[60, 90] == 1 and weight[5, 5] == 1 and weight[110, 5] == 1  # a line; paper
    assert (maps["words_weight"] == 1).all()


def test_the_gap_between_two_lines_of_a_row_weighs_more() -> None:
    quads = np.array([box(10, 20, 50, 20), box(80, 22, 40, 20), box(10, 70, 50, 20), box(80, 95, 40, 20)], float)
    drawn = LabelledPage(None, quads, list("abcd"), np.zeros(4, bool), kind="lines")
    weight = LineWordTargets.Config(between=4).build()(drawn, SHAPE)["lines_weight"]
    assert (weight[24:39, 60:80] == 4).all()  # from the end of the first to the start of the second
    assert weight[30, 35] == 1 and weight[30, 100] == 1  # inside the texts
    assert (weight[60:] == 1).all()  # the lower two are in rows of their own
    plain = LineWordTargets.Config().build()(drawn, SHAPE)["lines_weight"]
    assert (plain == 1).all()


def test_a_gap_ends_a_quarter_of_a_height_inside_both_texts() -> None:
    gap = gaps_between(np.array([box(10, 20, 50, 20), box(80, 20, 40, 20)], float))
    np.testing.assert_allclose(gap, [[(55, 20), (85, 20), (85, 40), (55, 40)]])


@pytest.mark.parametrize("angle", [0, 25, 90, 180, 250])
def test_gaps_turn_with_their_texts(angle: float) -> None:
    quads = np.array([box(10, 20, 50, 20), box(80, 22, 40, 20), box(140, 20, 40, 20), box(10, 60, 50, 20)], float)
    turn = np.array([[np.cos(np.radians(angle)), np.sin(np.radians(angle))],
                     [-np.sin(np.radians(angle)), np.cos(np.radians(angle))]])  # fmt: skip
    np.testing.assert_allclose(gaps_between(quads @ turn), gaps_between(quads) @ turn, atol=1e-9)
    assert len(gaps_between(quads)) == 2


@pytest.mark.parametrize(
    ("second", "why"),
    [
        (box(130, 20, 40, 20), "3.5 heights away"),
        (box(80, 32, 40, 20), "less than half of the height in common"),
        ([(80, 30), (80, 70), (60, 70), (60, 30)], "runs downwards"),
    ],
)
def test_what_is_no_gap(second: list[tuple[float, float]], why: str) -> None:
    assert not len(gaps_between(np.array([box(10, 20, 50, 20), second], float))), why


@pytest.mark.parametrize("count", [0, 1])
def test_a_text_alone_has_no_gap(count: int) -> None:
    assert gaps_between(np.array([box(10, 20, 50, 20)] * count, float).reshape(-1, 4, 2)).shape == (0, 4, 2)

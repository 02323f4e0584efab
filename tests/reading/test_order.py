"""Reading order of layouts made of boxes alone, in the order in which they are to be read."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from chuviet.reading.order import arrange

H = 20.0
Box = tuple[float, float, float, float]  # left, top, width, height


def paragraph(left: float, top: float, width: float, lines: int, seed: int = 0, pitch: float = 26) -> list[Box]:
    """Lines that fill a column, the last one shorter."""
    rng = np.random.default_rng(seed)
    wide = [width * rng.uniform(0.9, 1) for _ in range(lines - 1)] + [0.4 * width]
    return [(left, top + k * pitch, w, H) for k, w in enumerate(wide)]


def one_column() -> list[Box]:
    return [*paragraph(50, 50, 600, 6), *paragraph(50, 240, 600, 5, 1)]


def two_columns() -> list[Box]:
    """Both on the same lines, as in a newspaper; the left one is longer (case 11)."""
    return [*paragraph(60, 60, 480, 8), *paragraph(680, 60, 480, 5, 1)]


def two_columns_staggered() -> list[Box]:
    return [*paragraph(60, 60, 480, 12), *paragraph(580, 71, 480, 12, 1)]


def three_columns() -> list[Box]:
    return [box for k in range(3) for box in paragraph(40 + 340 * k, 100 + 7 * k, 300, 12, k)]


def title_across() -> list[Box]:
    """A title, two columns, a heading across the page, two columns again."""
    return [
        (100, 20, 800, 44), *paragraph(60, 90, 420, 7), *paragraph(520, 90, 420, 7, 1), (60, 310, 700, 30),
        *paragraph(60, 370, 420, 5, 2), *paragraph(520, 370, 420, 6, 3),
    ]  # fmt: skip


def figure_in_a_column() -> list[Box]:
    """The left column has a picture of 260 px with a caption between its paragraphs."""
    left = [*paragraph(60, 60, 420, 6), (180, 500, 180, 16), *paragraph(60, 540, 420, 6, 1)]
    return [*left, *paragraph(530, 60, 420, 24, 2)]


def table_beside_text() -> list[Box]:
    cells = [(520 + 120.0 * c, 60 + 40.0 * r, 30.0 + 15 * ((r + c) % 3), H) for r in range(7) for c in range(4)]
    return [*paragraph(40, 60, 420, 11), *cells]


def table(rows: int = 6, columns: int = 4) -> list[Box]:
    """Words to the left, numbers to the right of their columns."""
    boxes = []
    for r, c in itertools.product(range(rows), range(columns)):
        width = 60.0 + 17 * ((3 * r + 5 * c) % 5) if c == 0 else 30.0 + 12 * ((r + c) % 3)
        boxes.append((50 + 200.0 * c if c == 0 else 200 * c + 150 - width, 60 + 36.0 * r, width, H))
    return boxes


def table_of_cells() -> list[Box]:
    """Cells of one to three lines, each in the middle of its row."""
    boxes, top = [], 60.0
    for counts in ((1, 2, 1), (3, 1, 2), (1, 1, 1), (2, 3, 1)):
        tall = 24.0 * max(counts)
        for c, n in enumerate(counts):
            first = top + (tall - 24 * n) / 2
            boxes += [(50 + 220.0 * c, first + 24 * k, 150.0 - 30 * k, H) for k in range(n)]
        top += tall + 16
    return boxes


def form() -> list[Box]:
    """Labels of many lengths, each followed by its entry, which is written a little lower; two of each in some rows."""
    boxes: list[Box] = []
    for r, (label, entry) in enumerate(((90, 300), (160, 120), (60, 240), (120, 180), (200, 90), (80, 330))):
        y = 50 + 48.0 * r
        boxes += [(40, y, label, H), (40 + label + 20, y + 5, entry, 30)]
        if r % 2:
            boxes += [(480, y, 110, H), (610, y + 4, 140, 30)]
    return boxes


def receipt() -> list[Box]:
    """A centred head, then names to the left with prices to the right, a code below every second name, the totals."""
    boxes: list[Box] = [(150 + 20 * k, 30 + 28.0 * k, 260 - 40 * k, H) for k in range(3)]
    for r in range(6):
        y = 140 + 52.0 * r
        boxes += [(30, y, 190 + 13 * (r % 3), H), (430 + 9 * (r % 2), y, 70 - 9 * (r % 2), H)]
        boxes += [(30, y + 25, 90, H)] if r % 2 else []
    return [*boxes, (30, 480, 100, H), (420, 480, 80, H), (30, 510, 130, H), (420, 510, 80, H), (180, 570, 180, H)]


def letter() -> list[Box]:
    """The date to the right, the address, paragraphs, a signature to the right."""
    head = [(560, 40, 200, H), *[(60, 90 + 26.0 * k, 180 - 20 * k, H) for k in range(3)]]
    return [*head, *paragraph(60, 200, 700, 6), *paragraph(60, 380, 700, 7, 1), (540, 600, 160, H), (520, 680, 200, 26)]


def signed_by_two() -> list[Box]:
    """Two centred columns below a paragraph."""
    left = [(150 - w / 2, 300 + 28.0 * k, w, H) for k, w in enumerate((180.0, 120.0, 220.0))]
    right = [(600 - w / 2, 300 + 28.0 * k, w, H) for k, w in enumerate((240.0, 100.0, 200.0))]
    return [*paragraph(40, 60, 700, 6), *left, *right]


def note_in_the_margin() -> list[Box]:
    return [*paragraph(260, 60, 600, 16), (40, 166, 150, H), (52, 194, 120, H)]


LAYOUTS = [
    one_column, two_columns, two_columns_staggered, three_columns, title_across, figure_in_a_column, table_beside_text,
    table, table_of_cells, form, receipt, letter, signed_by_two, note_in_the_margin,
]  # fmt: skip


def quads_of(boxes: list[Box], degrees: float = 0.0, noise: float = 0.0, seed: int = 0) -> np.ndarray:
    """The boxes on a page turned clockwise, their corners from the text's top left; each a little off and slanted."""
    rng = np.random.default_rng(seed)
    quads = np.array([[(x, y), (x + w, y), (x + w, y + h), (x, y + h)] for x, y, w, h in boxes], float)
    quads += rng.normal(0, noise, (len(quads), 1, 2)) + rng.normal(0, noise / 2, quads.shape)
    a = np.deg2rad(degrees)
    return quads @ np.array([(np.cos(a), np.sin(a)), (-np.sin(a), np.cos(a))])


def order_of(quads: np.ndarray, seed: int = 0) -> list[int]:
    """The quads as they are read, whatever their order before."""
    shuffled = np.random.default_rng(seed).permutation(len(quads))
    return [int(shuffled[i]) for group in arrange(quads[shuffled]) for i in group.lines]


@pytest.mark.parametrize("degrees", [0, 3, -30, 90, 180, 270])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_are_read_in_order(layout: Callable[[], list[Box]], degrees: float) -> None:
    boxes = layout()
    assert order_of(quads_of(boxes, degrees)) == list(range(len(boxes)))
    assert order_of(quads_of(boxes, degrees, noise=1.0, seed=1), 1) == list(range(len(boxes)))


@pytest.mark.parametrize("layout", [two_columns, title_across, figure_in_a_column, receipt])
def test_a_photographed_page_is_made_flat(layout: Callable[[], list[Box]]) -> None:
    """Seen from the side: the far edge is a fifth shorter, and the sheet bends."""
    quads = quads_of(layout())
    x, y = quads[..., 0] - 500, quads[..., 1] - 300
    far = 1 + 0.00025 * y + 0.0001 * x
    seen = np.stack([500 + x / far, 300 + y / far + 0.00008 * x * x], -1)
    assert order_of(seen) == list(range(len(quads)))


def test_handwritten_lines_that_wander_and_overlap() -> None:
    """Each line rises or falls by up to its own height, and the boxes of neighbours overlap by a quarter."""
    rng = np.random.default_rng(4)
    quads = quads_of([(40 + rng.uniform(0, 60), 60 + 30.0 * k, 800 * rng.uniform(0.7, 1), 40) for k in range(12)])
    for quad in quads:
        quad[1:3, 1] += rng.uniform(-14, 14)
    assert order_of(quads) == list(range(12))


def kinds(boxes: list[Box]) -> list[tuple[str, int]]:
    return [(group.kind, len(group.lines)) for group in arrange(quads_of(boxes))]


def test_blocks_of_layouts() -> None:
    assert kinds(one_column()) == [("text", 6), ("text", 5)]
    assert kinds(two_columns()) == [("text", 8), ("text", 5)]
    assert kinds(title_across()) == [("title", 1), ("text", 7), ("text", 7), ("title", 1), ("text", 5), ("text", 6)]
    assert kinds(table()) == [("table", 24)]
    assert kinds(form()) == [("form", 18)]
    assert ("table", 28) in kinds(table_beside_text())


def test_paragraphs_begin_at_gaps_indents_and_after_short_lines() -> None:
    close = [*paragraph(50, 50, 600, 5), *paragraph(50, 50 + 5 * 26, 600, 6, 1)]
    assert kinds(close) == [("text", 5), ("text", 6)]  # a last line of 0.4 of the width
    ragged = [(50.0, 50 + 26.0 * k, 400.0 + 37 * (k * 7 % 5), H) for k in range(9)]
    assert kinds(ragged) == [("text", 9)]
    ragged[4] = (90.0, *ragged[4][1:])
    assert kinds(ragged) == [("text", 4), ("text", 5)]
    apart = [(x, y + 12 * (k >= 6), w, h) for k, (x, y, w, h) in enumerate(ragged)]
    assert kinds(apart) == [("text", 4), ("text", 2), ("text", 3)]


def test_cells_of_a_table() -> None:
    (found,) = arrange(quads_of(table(5, 3)))
    assert found.cells == tuple(itertools.product(range(5), range(3)))
    boxes = table(5, 3)
    del boxes[7]  # row 2, column 1
    (found,) = arrange(quads_of(boxes, 3))
    assert found.cells == tuple(cell for cell in itertools.product(range(5), range(3)) if cell != (2, 1))
    (found,) = arrange(quads_of(table_of_cells()))
    assert found.cells is not None
    assert [cell for cell, _ in itertools.groupby(found.cells)] == list(itertools.product(range(4), range(3)))
    assert found.cells.count((1, 0)) == 3 and found.cells.count((1, 2)) == 2


def test_lines_that_run_otherwise_come_last() -> None:
    page = quads_of(one_column())
    upwards = np.array(
        [[(20, 300), (20, 100), (40, 100), (40, 300)], [(0, 300), (0, 120), (18, 120), (18, 300)]], float
    )
    order = order_of(np.concatenate([page, upwards]))
    assert order == [*range(11), 12, 11]  # read with the head to the left, the line at the outer edge is above


def test_no_line_and_single_lines() -> None:
    assert arrange(np.zeros((0, 4, 2))) == []
    (one,) = arrange(quads_of([(5, 5, 40, 10)], 77))
    assert one.lines == (0,) and one.kind == "text" and one.cells is None


def test_every_line_is_in_one_group() -> None:
    for quads in random_pages():
        lines = sorted(order_of(quads))
        assert lines == list(range(len(quads)))


def test_a_page_that_would_fold_over_is_read_from_the_top(folding_page: np.ndarray) -> None:
    assert order_of(folding_page) == [8, 1, 7, 2, 4, 5, 3, 0, 6]


def random_pages() -> Iterator[np.ndarray]:
    """Boxes anywhere, of all sizes and directions, some without any extent."""
    rng = np.random.default_rng(0)
    for count in (1, 2, 3, 5, 9, 30, 80):
        boxes = [(*rng.uniform(0, 500, 2), *rng.uniform(0, 200, 2) * (rng.random(2) > 0.05)) for _ in range(count)]
        quads = quads_of(boxes, noise=3)
        yield np.stack([np.roll(quad, rng.integers(4), 0) for quad in quads])

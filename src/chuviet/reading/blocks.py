"""Blocks of a page: running text cut to paragraphs and titles, rows to tables and forms."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from chuviet.reading.gutters import FINE, Boxes, Rows, columns_of, gaps_between, rows_of
from chuviet.results import BlockKind

_SAME_HEIGHT = 0.35  # heights between the middles of the cells of a row at most
_CELL_LINES = 4  # of a cell at most
_CELL_GAP = 0.25  # heights: lines of a cell are closer, rows of a table farther by so much
_ALIGNED = 0.4  # heights: how far the cells of a column are off its edge, or its middle, in the middle of them
_ROWS = 3  # of a form, and of a table of two columns; a table of more columns may have two
_TITLE = 1.3  # times as high as the page's lines mostly are
_SIZE = 1.3  # times as high as the line before, or as low: another paragraph
_GAP = 0.4  # heights more than the usual distance of lines: another paragraph
_INDENT = 0.8  # heights
_END = 0.15  # of the width: so much shorter is the last line of a paragraph, in columns whose lines fill them


@dataclass(frozen=True)
class Part:
    """Rows of a page that are not divided further: the lines of a column, or rows that are read across."""

    rows: Rows
    across: bool = False


@dataclass(frozen=True)
class Group:
    """Lines that belong together: their numbers, in reading order, and for a table the row and the column of each."""

    lines: tuple[int, ...]
    kind: BlockKind = "text"
    cells: tuple[tuple[int, int], ...] | None = None

    def renumbered(self, numbers: np.ndarray) -> Group:
        """The same of lines that are the rows `numbers` of more."""
        return replace(self, lines=tuple(int(numbers[i]) for i in self.lines))


def groups_of(boxes: Boxes, parts: Sequence[Part]) -> Iterator[Group]:
    """Parts in reading order -> groups. Rows read across that are no table make a form with those next to them."""
    usual = float(np.median(boxes.height))
    form: list[np.ndarray] = []
    for part in parts:
        rows = _table_rows(boxes, part.rows) if part.across else part.rows
        columns = columns_of(boxes, rows)
        table = part.across and _is_table(boxes, rows, columns)
        if part.across and not table:
            form += rows
            continue
        yield from _form(boxes, form)
        form = []
        yield from [_table(boxes, rows, columns)] if table else _paragraphs(boxes, np.concatenate(rows), usual)
    yield from _form(boxes, form)


def same_height(boxes: Boxes, one: np.ndarray, other: np.ndarray, limit: float = _SAME_HEIGHT) -> np.ndarray:
    """N M: whether the middles of lines are at the height of those of others, `limit` heights apart at most."""
    height = np.maximum(boxes.height[one][:, None], boxes.height[other])
    return np.abs(boxes.centre[one][:, None] - boxes.centre[other]) < limit * height


def cells_level(boxes: Boxes, one: np.ndarray, other: np.ndarray) -> bool:
    """Whether the middles of two cells, of a few lines each, are at one height."""
    away = abs(float(boxes.centre[one].mean() - boxes.centre[other].mean()))
    return away < _SAME_HEIGHT * float(boxes.height[one].max()) and max(len(one), len(other)) <= _CELL_LINES


def _paragraphs(boxes: Boxes, lines: np.ndarray, usual: float) -> Iterator[Group]:
    """The lines of a column, cut where they are farther apart, of another size, indented, or the last one was short."""
    lines = lines[np.argsort(boxes.centre[lines], kind="stable")]
    left, right = float(np.median(boxes.left[lines])), float(boxes.right[lines].max())
    width = right - float(boxes.left[lines].min())
    pitch = np.diff(boxes.centre[lines])
    distance = float(np.median(pitch)) if len(pitch) else 0.0
    fills = float(np.median(right - boxes.right[lines])) < 0.5 * _END * width
    starts = [0]
    for k in range(1, len(lines)):
        above, line = lines[k - 1], lines[k]
        height = float(min(boxes.height[above], boxes.height[line]))
        sizes = sorted((boxes.height[above], boxes.height[line]))
        indented = boxes.left[line] > max(boxes.left[above], left) + _INDENT * height
        ended = fills and boxes.right[above] < right - _END * width
        if pitch[k - 1] > distance + _GAP * height or sizes[1] > _SIZE * sizes[0] or indented or ended:
            starts.append(k)
    for start, end in itertools.pairwise([*starts, len(lines)]):
        paragraph = lines[start:end]
        title = len(paragraph) <= 3 and float(np.median(boxes.height[paragraph])) > _TITLE * usual
        yield Group(tuple(paragraph.tolist()), "title" if title else "text")


def _form(boxes: Boxes, rows: Rows) -> Iterator[Group]:
    """Rows of labels and entries; a few alone are text."""
    if rows:
        lines = [i for row in rows for i in _along(boxes, row)]
        yield Group(tuple(lines), "form" if len(rows) >= _ROWS else "text")


def _is_table(boxes: Boxes, rows: Rows, columns: Sequence[np.ndarray]) -> bool:
    """Whether rows have cells in columns that are aligned to the left, to the right, or in the middle."""
    cells = [len(columns_of(boxes, [row])) for row in rows]
    several, more = sum(n > 1 for n in cells), sum(n > len(columns) for n in cells)
    if (
        len(rows) < 2
        or len(columns) < 2
        or len(rows) + len(columns) < _ROWS + 2
        or 2 * several < len(rows)
        or 5 * more > len(rows)
    ):
        return False
    aligned = sum(_is_aligned(boxes, column) for column in columns)
    return aligned == len(columns) if len(columns) < 3 else 3 * aligned >= 2 * len(columns)


def _is_aligned(boxes: Boxes, column: np.ndarray) -> bool:
    limit = _ALIGNED * float(np.median(boxes.height[column]))
    edges = [values[column] for values in (boxes.left, boxes.right, boxes.middle)]
    return any(float(np.median(np.abs(edge - np.median(edge)))) < limit for edge in edges)


def _table(boxes: Boxes, rows: Rows, columns: Sequence[np.ndarray]) -> Group:
    lines: list[int] = []
    cells: list[tuple[int, int]] = []
    for r, row in enumerate(rows):
        for c, column in enumerate(columns):
            cell = _along(boxes, row[np.isin(row, column)])
            lines += cell
            cells += [(r, c)] * len(cell)
    return Group(tuple(lines), "table", tuple(cells))


def _along(boxes: Boxes, row: np.ndarray) -> list[int]:
    """The lines of a row, cell by cell from the left to the right, in each from the top to the bottom."""
    cells = columns_of(boxes, [row]) if len(row) else []
    return [int(i) for cell in cells for i in cell[np.argsort(boxes.centre[cell], kind="stable")]]


def _table_rows(boxes: Boxes, rows: Rows) -> Rows:
    """The rows of a table: lines side by side of which none is above another, and cells of several lines whole."""
    merged: Rows = []
    for row in rows_of(boxes, np.concatenate(rows), FINE):
        if merged and _are_beside(boxes, merged[-1], row):
            merged[-1] = np.concatenate([merged[-1], row])
        else:
            merged.append(row)
    return _whole_cells(boxes, merged)


def _are_beside(boxes: Boxes, upper: np.ndarray, lower: np.ndarray) -> bool:
    """Whether two rows overlap in height though no line of one is above a line of the other."""
    if boxes.top[lower].min() >= boxes.bottom[upper].max():
        return False
    start = np.maximum(boxes.left[upper][:, None], boxes.left[lower])
    end = np.minimum(boxes.right[upper][:, None], boxes.right[lower])
    return bool((end <= start).all())


def _whole_cells(boxes: Boxes, rows: Rows) -> Rows:
    """Rows of lines -> rows of cells that may have several lines: where the distances between rows are of two kinds,
    the small ones are those inside of cells.
    """
    if len(rows) < 3:
        return rows
    gaps = gaps_between(boxes, rows)
    height = float(np.median(boxes.height[np.concatenate(rows)]))
    ordered = np.sort(gaps)
    jump = int(np.argmax(np.diff(ordered)))
    if ordered[jump + 1] - ordered[jump] < _CELL_GAP * height or ordered[jump] > _CELL_GAP * height:
        return rows
    breaks = np.flatnonzero(gaps > 0.5 * (ordered[jump] + ordered[jump + 1])) + 1
    whole: Rows = []
    for start, end in itertools.pairwise([0, *breaks.tolist(), len(rows)]):
        together = rows[start:end]
        if _is_one_row(boxes, columns_of(boxes, together)):
            together = [np.concatenate(together)]
        whole += together
    return whole


def _is_one_row(boxes: Boxes, cells: Sequence[np.ndarray]) -> bool:
    """Whether cells of one and of several lines have their middles at one height; or whether they begin at one height
    and all but one have one line.
    """
    counts = [len(cell) for cell in cells]
    if len(cells) < 2 or min(counts) > 1 or max(counts) > _CELL_LINES:
        return False
    limit = _SAME_HEIGHT * float(np.median(boxes.height[np.concatenate(cells)]))
    middles = [boxes.centre[cell].mean() for cell in cells]
    tops = [boxes.centre[cell].min() for cell in cells]
    level = float(np.ptp(tops)) < limit and counts.count(1) == len(counts) - 1
    return level or float(np.ptp(middles)) < limit

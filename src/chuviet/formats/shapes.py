"""Places on a page as output formats want them: upright boxes, points, baselines; and the cells of tables."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from chuviet.results import Block, Line, Page, Word

#: Where letters stand in the height of a line, from its lower side: a fifth is left for descenders.
DESCENT = 0.2

Box = tuple[int, int, int, int]


def box_of(points: np.ndarray, page: Page) -> Box:
    """The upright rectangle around points (K 2): left, top, right, bottom in whole pixels, within the page and at
    least a pixel wide and high.
    """
    (left, top), (right, bottom) = np.floor(points.min(0)), np.ceil(points.max(0))
    left, right = _within(left, right, page.width)
    top, bottom = _within(top, bottom, page.height)
    return left, top, right, bottom


def points_of(points: np.ndarray, page: Page) -> list[tuple[int, int]]:
    """Points (K 2) in whole pixels, none outside the page."""
    inside = np.clip(np.rint(points), 0, (page.width, page.height)).astype(int)
    return [(int(x), int(y)) for x, y in inside]


def outline_of(line: Line) -> np.ndarray:
    """K 2: the outline of a line that bends, else its corners."""
    return line.corners if line.outline is None else line.outline


def baseline_of(line: Line) -> np.ndarray:
    """K 2, from the line's start to its end: where its letters stand, `DESCENT` of its height above the lower side."""
    outline = outline_of(line)
    if len(outline) % 2:
        outline = line.corners
    half = len(outline) // 2
    upper, lower = outline[:half], outline[half:][::-1]
    return lower + DESCENT * (upper - lower)


def angle_of(corners: np.ndarray) -> float:
    """By how many degrees a text runs clockwise from upright, -180..180."""
    along = (corners[1] - corners[0]) + (corners[2] - corners[3])
    return math.degrees(math.atan2(along[1], along[0]))


def words_of(line: Line) -> Sequence[Word]:
    """The words of a line; the line itself as one word where it has text and no words."""
    if line.words or not line.text:
        return line.words
    return (Word(line.text, line.corners, line.confidence),)


def grid_of(block: Block) -> list[list[list[Line]]] | None:
    """The lines of a table by row and column; a cell may hold none or several. None for what is no table."""
    if block.cells is None:
        return None
    rows = sorted({row for row, _ in block.cells})
    columns = sorted({column for _, column in block.cells})
    grid: list[list[list[Line]]] = [[[] for _ in columns] for _ in rows]
    for line, (row, column) in zip(block.lines, block.cells, strict=True):
        grid[rows.index(row)][columns.index(column)].append(line)
    return grid


def cell_text(cell: Sequence[Line]) -> str:
    """The lines of a cell beside each other."""
    return " ".join(line.text for line in cell if line.text)


def _within(low: float, high: float, size: int) -> tuple[int, int]:
    first = int(min(max(low, 0), max(size - 1, 0)))
    return first, int(max(min(high, size), first + 1))

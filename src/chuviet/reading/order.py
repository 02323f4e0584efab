"""Reading order: the lines of a page, grouped to paragraphs, titles, tables and forms, in the order one reads them.

The page is made flat (`flatten.py`), then divided from the whole to its parts. Lines side by side form a row. What is
free of text in rows one below the other, with text on both sides, is a gutter (`gutters.py`). A gutter divides the page
into what is above it, to its left, to its right, and below; each part is divided in the same way. Between columns of
running text the left side is read first, then the right. In a table, a form or a receipt a gutter is read across, row
by row. What is not divided further becomes blocks (`blocks.py`).

Measured on the true boxes of drawn and real pages: the share of lines that are followed by the line that should follow
them, and the characters wrong in the page's true text by order alone (%). "Rows" is the former order, from the
top to the bottom and from the left to the right.

| pages | rows | now | rows, % | now, % |
|---|---|---|---|---|
| 30 letters drawn by `gendata_pages.py`, seed 77 | .972 | .976 | 2.2 | 1.6 |
| 70 forms, seeds 77 and 78 | .946 | .968 | 3.1 | 2.1 |
| 70 documents, seeds 77 and 78 | .437 | .907 | 32.7 | 6.1 |
| 129 wills | .945 | .944 | 2.8 | 2.9 |
| 100 receipts | .831 | .822 | 7.7 | 8.4 |

The rules were chosen on these pages; the table is of a state before rows, not lines, told a table from columns, which
changed no figure of 60 to 120 such pages but that of receipts (.807 to .798). Receipts are labelled in several orders,
many tables column by column. A precedence graph (Breuel, 2003: above before below, left before right where nothing lies
between) gets .26 of the forms, .70 of the documents and .36 of the receipts, as it reads tables and forms by columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from chuviet.geometry import Quads
from chuviet.reading.blocks import Group, Part, cells_level, groups_of, same_height
from chuviet.reading.flatten import direction, directions, flatten
from chuviet.reading.gutters import COARSE, FINE, WHOLE, Boxes, Gutter, Rows, columns_of, gutters_of, rows_of

_TALL = 0.6  # of the tallest gutter: lower ones are not looked at
_LONG = 9.0  # heights: some 18 letters; the lines of running text are longer
_FULL = 0.7  # of the column's width: lines of running text are wider
_CLOSE = 0.7  # heights: their distance is smaller
_SHORT = 6.0  # heights: numbers and labels beside running text are shorter
_NUMBER = 2.5  # heights: so are the numbers of a list, which are no notes
_MARGIN = 0.35  # of the text's width: notes beside it are narrower
_CENTRED = 0.6  # heights between the middles of centred lines at most
_BESIDE = 0.2  # heights between the middles of a line of running text and the number beside it at most
_STAGGERED = 0.3  # the share of rows with a partner: below it no table


def arrange(quads: Quads) -> list[Group]:
    """Lines (K 4 2, clockwise from the text's top left) -> groups in reading order. Every line is in one of them.

    Lines that run at a right angle to most, or upside down, come last: each way of running is a page of its own.
    """
    if not len(quads):
        return []
    quarter = np.rint((directions(quads) - direction(quads)) / (np.pi / 2)).astype(int) % 4
    found: list[Group] = []
    for way in range(4):
        lines = np.flatnonzero(quarter == way)
        if len(lines):
            boxes = flatten(quads[lines])
            parts = list(_parts(boxes, np.arange(len(lines))))
            found += [group.renumbered(lines) for group in groups_of(boxes, parts)]
    return found


def _parts(boxes: Boxes, lines: np.ndarray) -> Iterator[Part]:
    if not len(lines):
        return
    rows, gutter, across = _division(boxes, lines)
    if gutter is None:
        yield Part(rows)
        return
    inside = rows[gutter.first : gutter.last]
    yield from _parts(boxes, _joined(rows[: gutter.first]))
    if across:
        yield Part(inside, True)
    else:
        for side in _sides(boxes, _joined(inside), gutter.x):
            yield from _parts(boxes, side)
    yield from _parts(boxes, _joined(rows[gutter.last :]))


def _joined(rows: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.zeros(0, np.int64), *rows])


def _division(boxes: Boxes, lines: np.ndarray) -> tuple[Rows, Gutter | None, bool]:
    """Rows of lines, the gutter to divide them at, and whether it is read across. Columns are looked for in coarse
    rows, as their lines need not stand side by side; what is read across in rows of lines that do.
    """
    for core in (COARSE, FINE):
        rows = rows_of(boxes, lines, core)
        gutter, across = _best_gutter(boxes, rows)
        if gutter is not None and not across:
            break
    return rows, gutter, across


def _best_gutter(boxes: Boxes, rows: Rows) -> tuple[Gutter | None, bool]:
    """The gutter to divide at, and whether it is read across: of those that are nearly as tall as the tallest the
    widest, and one between columns of text before one in a table.
    """
    gutters = gutters_of(boxes, rows)
    enough = _TALL * max((g.tall for g in gutters), default=0.0)
    judged = [(_is_read_across(boxes, rows[g.first : g.last], g.x), g) for g in gutters if g.tall >= enough]
    if not judged:
        return None, False
    across, gutter = min(judged, key=lambda one: (one[0], -one[1].width))
    return gutter, across


def _sides(boxes: Boxes, lines: np.ndarray, x: float) -> list[np.ndarray]:
    """What is left and right of a gutter, in the order one reads them: notes in the left margin come last."""
    is_left = boxes.middle[lines] < x
    left, right = lines[is_left], lines[~is_left]
    return [right, left] if _is_margin(boxes, left, right) else [left, right]


def _is_read_across(boxes: Boxes, rows: Rows, x: float) -> bool:
    """Whether lines on both sides of a gutter are cells of one row, not lines of neighbouring columns of text."""
    columns = columns_of(boxes, rows)
    left = [c for c in columns if boxes.middle[c].mean() < x][-1]
    right = next(c for c in columns if boxes.middle[c].mean() >= x)
    prose = [_is_prose(boxes, left), _is_prose(boxes, right)]
    if all(prose):
        return False
    if any(prose):
        long, short = (left, right) if prose[0] else (right, left)
        limit = _NUMBER if _is_margin(boxes, left, right) else _SHORT
        beside = same_height(boxes, short, long, _BESIDE).any(1).mean()
        return len(short) >= 2 and float(beside) >= 0.8 and float(np.median(boxes.ratio[short])) < limit
    if len(columns) == 2 and _is_centred(boxes, left) and _is_centred(boxes, right):
        return False
    return min(len(left), len(right)) < 4 or _paired(boxes, left, right) >= _STAGGERED


def _is_prose(boxes: Boxes, column: np.ndarray) -> bool:
    """Whether most lines, three at least, are long, fill the column's width, and are close to each other."""
    full = (boxes.width[column] >= _FULL * _extent(boxes, column)) & (boxes.ratio[column] >= _LONG)
    if full.sum() < 3 or boxes.width[column][full].sum() < 0.5 * boxes.width[column].sum():
        return False
    lower = column[np.argsort(boxes.centre[column])]
    gaps = boxes.top[lower[1:]] - boxes.bottom[lower[:-1]]
    return bool(np.median(gaps) <= _CLOSE * np.median(boxes.height[column]))


def _is_centred(boxes: Boxes, column: np.ndarray) -> bool:
    """Whether two to six lines of different widths have a common middle."""
    limit = _CENTRED * float(np.median(boxes.height[column]))
    return 2 <= len(column) <= 6 and bool(np.ptp(boxes.middle[column]) < limit < np.ptp(boxes.left[column]))


def _is_margin(boxes: Boxes, left: np.ndarray, right: np.ndarray) -> bool:
    """Whether what is left of a gutter are notes in the margin of running text."""
    narrow = _extent(boxes, left) < _MARGIN * _extent(boxes, right)
    return narrow and 2 * len(left) <= len(right) and _is_prose(boxes, right)


def _extent(boxes: Boxes, lines: np.ndarray) -> float:
    return float(boxes.right[lines].max() - boxes.left[lines].min())


def _paired(boxes: Boxes, left: np.ndarray, right: np.ndarray) -> float:
    """The share of the rows of the shorter of two columns, lines that reach into each other's height, that have a cell
    of the other's at their height: half of their lines or more, or their middles.
    """
    least, other = sorted((left, right), key=len)
    level = []
    for row in rows_of(boxes, np.concatenate([left, right]), WHOLE):
        mine, across = row[np.isin(row, least)], row[np.isin(row, other)]
        if len(mine):
            beside = len(across) and same_height(boxes, mine, across).any(1).mean() >= 0.5
            level.append(bool(beside or (len(across) and cells_level(boxes, mine, across))))
    return float(np.mean(level))

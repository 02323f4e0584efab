"""Rows of lines that stand side by side, and the gutters between them, on a page made flat."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

#: Of a line's height above and below its middle: how much of it counts where lines are put in rows.
FINE, COARSE, WHOLE = 0.25, 0.4, 0.5

_LEAST = 0.3  # heights: the narrowest gutter
_BREAK = 2.2  # times the usual distance between rows, and
_BREAK_HEIGHT = 2.5  # heights: where both are exceeded gutters end
_NEXT = 0.8  # heights more than the usual distance: text on one side only, so far off, is not of the column
_LARGER = 1.35  # times the usual height: a title above the column

Rows = list[np.ndarray]
Interval = tuple[float, float]


@dataclass(frozen=True)
class Boxes:
    """Lines on a page made flat, K each: where they begin and end, their middle across, their height; pixels."""

    left: np.ndarray
    right: np.ndarray
    centre: np.ndarray
    height: np.ndarray

    @property
    def top(self) -> np.ndarray:
        return self.centre - 0.5 * self.height

    @property
    def bottom(self) -> np.ndarray:
        return self.centre + 0.5 * self.height

    @property
    def middle(self) -> np.ndarray:
        return 0.5 * (self.left + self.right)

    @property
    def width(self) -> np.ndarray:
        return self.right - self.left

    @property
    def ratio(self) -> np.ndarray:
        """Width by height."""
        return self.width / self.height


@dataclass(frozen=True)
class Gutter:
    """A place without text between lines: the rows from `first` to before `last`, its middle `x`, its `width`, and how
    tall it is where it has text on both sides; pixels.
    """

    first: int
    last: int
    x: float
    width: float
    tall: float


def rows_of(boxes: Boxes, lines: np.ndarray, core: float) -> Rows:
    """Lines that overlap in height, directly or over others, from the top to the bottom. Only a part of a line counts,
    `core` of its height above and below its middle.
    """
    reach = core * boxes.height[lines]
    high, low = boxes.centre[lines] - reach, boxes.centre[lines] + reach
    order = np.argsort(high, kind="stable")
    reached = np.maximum.accumulate(low[order])
    starts = np.flatnonzero(high[order][1:] > reached[:-1]) + 1
    return [row for row in np.split(lines[order], starts) if len(row)]


def columns_of(boxes: Boxes, rows: Rows) -> list[np.ndarray]:
    """The lines in the columns that gutters through all rows leave, from the left to the right."""
    lines = np.concatenate(rows)
    order = lines[np.argsort(boxes.left[lines], kind="stable")]
    reached = np.maximum.accumulate(boxes.right[order])
    return np.split(order, np.flatnonzero(boxes.left[order][1:] > reached[:-1]) + 1)


def gaps_between(boxes: Boxes, rows: Rows) -> np.ndarray:
    """The distance of each row but the last from the next; negative where they overlap."""
    tops = np.array([boxes.top[row].min() for row in rows])
    bottoms = np.array([boxes.bottom[row].max() for row in rows])
    return tops[1:] - bottoms[:-1]


def gutters_of(boxes: Boxes, rows: Rows) -> list[Gutter]:
    """The gutters between lines that stand side by side."""
    if not rows:
        return []
    return _Search(boxes, rows).gutters()


class _Search:
    def __init__(self, boxes: Boxes, rows: Rows) -> None:
        self.boxes, self.rows = boxes, rows
        self.height = float(np.median(boxes.height[np.concatenate(rows)]))
        self.spans = [_spans(boxes, row) for row in rows]
        self.gaps = gaps_between(boxes, rows)
        limit = max(_BREAK_HEIGHT * self.height, _BREAK * float(np.median(self.gaps))) if len(rows) > 1 else 0.0
        self.breaks = self.gaps > limit

    def gutters(self) -> list[Gutter]:
        found: list[tuple[Interval, int, int]] = []
        for k, spans in enumerate(self.spans):
            for (_, start), (end, _) in itertools.pairwise(spans):
                known = any(first <= k < last and start < 0.5 * sum(free) < end for free, first, last in found)
                if not known and end - start >= _LEAST * self.height:
                    found.append(self._grown(k, (start, end)))
        return [self._gutter(*one) for one in found]

    def _grown(self, k: int, free: Interval) -> tuple[Interval, int, int]:
        """How far up and down from row k an interval is free of text, and what of it is free in all these rows."""
        first, last = k, k + 1
        while first > 0 and not self.breaks[first - 1]:
            narrower = _widest(self.spans[first - 1], free)
            if narrower[1] - narrower[0] < _LEAST * self.height:
                break
            free, first = narrower, first - 1
        while last < len(self.rows) and not self.breaks[last - 1]:
            narrower = _widest(self.spans[last], free)
            if narrower[1] - narrower[0] < _LEAST * self.height:
                break
            free, last = narrower, last + 1
        return free, first, last

    def _gutter(self, free: Interval, first: int, last: int) -> Gutter:
        x = 0.5 * (free[0] + free[1])
        both = first + np.flatnonzero(self._two_sided(first, last, x))
        top, bottom = int(both[0]), int(both[-1]) + 1
        tall = float(self.boxes.bottom[self.rows[bottom - 1]].max() - self.boxes.top[self.rows[top]].min())
        first, last = self._without_strangers((first, last), (top, bottom), x)
        return Gutter(first, last, x, free[1] - free[0], tall)

    def _two_sided(self, first: int, last: int, x: float) -> np.ndarray:
        """Which rows have text on both sides of x, alone or with the next row that they reach into: bool."""
        left = np.array([spans[0][0] < x for spans in self.spans[first:last]])
        right = np.array([spans[-1][1] > x for spans in self.spans[first:last]])
        both = left & right
        pairs = (left[:-1] & right[1:] | right[:-1] & left[1:]) & (self.gaps[first : last - 1] < 0)
        both[:-1] |= pairs
        both[1:] |= pairs
        return both

    def _without_strangers(self, limits: tuple[int, int], core: tuple[int, int], x: float) -> tuple[int, int]:
        """The rows that belong to a gutter: its core, from the first to the last with text on both sides, and of those
        above and below, on one side only, what goes on in the column: no wider than it, no larger gap, no larger
        letters.
        """
        boxes, (first, last) = self.boxes, core
        inside = np.concatenate(self.rows[first:last])
        height = float(np.median(boxes.height[inside]))
        usual = float(np.median(self.gaps[first : last - 1])) if last - first > 1 else 0.0

        def belongs(row: np.ndarray, gap: float) -> bool:
            column = inside[(boxes.middle[inside] < x) == (boxes.middle[row[0]] < x)]
            within = boxes.left[row].min() >= boxes.left[column].min() - height
            within &= boxes.right[row].max() <= boxes.right[column].max() + height
            near = gap <= max(usual, 0.0) + _NEXT * height
            return bool(within and near and boxes.height[row].max() <= _LARGER * height)

        while first > limits[0] and belongs(self.rows[first - 1], self.gaps[first - 1]):
            first -= 1
        while last < limits[1] and belongs(self.rows[last], self.gaps[last - 1]):
            last += 1
        return first, last


def _spans(boxes: Boxes, row: np.ndarray) -> list[Interval]:
    """What a row covers, from the left to the right."""
    return [(float(boxes.left[c].min()), float(boxes.right[c].max())) for c in columns_of(boxes, [row])]


def _widest(spans: Sequence[Interval], free: Interval) -> Interval:
    """The widest part of an interval that a row leaves free."""
    lo, hi = free
    best = (lo, lo)
    for left, right in spans:
        if left > lo and min(left, hi) - lo > best[1] - best[0]:
            best = (lo, min(left, hi))
        lo = max(lo, right)
    return (lo, hi) if hi - lo > best[1] - best[0] else best

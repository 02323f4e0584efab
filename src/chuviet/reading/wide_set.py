"""Lines in letters as wide as they are high, as in the headings of dot-matrix receipts: a detector finds their words.

What is between two words of such a line is wider than what is between two columns of other print. How wide its letters
are is known once the words are read.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chuviet.geometry import height_of, side_lengths
from chuviet.reading.joining import FoundLine, around
from chuviet.reading.words import joined
from chuviet.results import Prediction

_WIDE = 0.7  # of the height: the place that one of its letters takes in a text that is set wide
_GAP = 1.1  # of such a place: the most between two words, which have a margin each
_INTO = 0.6  # heights: how far two words may reach into each other, with their margins
_ALIKE = 1.35  # times as high, and letters as wide, at most
_OFF = 0.35  # heights: how far the next word may be above or below

Read = tuple[FoundLine, Prediction]


def join_wide_set(lines: Sequence[Read]) -> list[Read]:
    """Lines with their texts -> the same, words that are set wide and stand behind each other in one line of both."""
    quads = np.array([line.quad for line, _ in lines]).reshape(-1, 4, 2)
    place = side_lengths(quads)[:, 0] / np.array([max(len(text.text), 1) for _, text in lines], np.float64)
    height = height_of(quads)
    wide = np.flatnonzero((place >= _WIDE * height) & np.array([len(text.text) > 1 for _, text in lines], bool))
    rows = {i: [i] for i in range(len(lines))}  # by the first word of each
    for i in wide.tolist():
        row = next((row for row in rows.values() if row[-1] == i), [])
        after = _next(i, wide, quads, place, height)
        if row and after in rows and rows[after] is not row:
            row += rows.pop(after)
    return [_join([lines[i] for i in row]) for row in rows.values()]


def _next(i: int, wide: np.ndarray, quads: np.ndarray, place: np.ndarray, height: np.ndarray) -> int | None:
    """Of the texts that are set wide the one that goes on with text `i`, the nearest."""
    along = quads[i, 1] + quads[i, 2] - quads[i, 0] - quads[i, 3]
    along = along / max(float(np.hypot(*along)), 1e-6)
    best: tuple[float, int] | None = None
    for j in wide.tolist():
        away = (quads[j, 0] + quads[j, 3] - quads[i, 1] - quads[i, 2]) / 2
        gap, off = float(away @ along), abs(float(along[0] * away[1] - along[1] * away[0]))
        alike = all(max(a[i], a[j]) <= _ALIKE * min(a[i], a[j]) for a in (place, height))
        if j == i or not alike or off > _OFF * height[i]:
            continue
        if -_INTO * height[i] <= gap <= _GAP * min(place[i], place[j]) and (best is None or gap < best[0]):
            best = gap, j
    return None if best is None else best[1]


def _join(words: Sequence[Read]) -> Read:
    """Words of one line, in its direction -> the line and its text."""
    if len(words) == 1:
        return words[0]
    lines = [line for line, _ in words]
    parts = [line.quad[None] if line.words is None else line.words for line in lines]
    quad = around(np.stack([line.quad for line in lines]))
    score = float(np.mean([line.score for line in lines]))
    return FoundLine(quad, score, np.concatenate(parts)), joined(words[0][1].index, [text for _, text in words])

"""Two rows of writing that touch and were found as one line: told by its height, and by what is read in its halves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from chuviet.geometry import height_of, side_lengths
from chuviet.reading.joining import FoundLine
from chuviet.results import Prediction

#: Times the median height of a page's lines: a line so high may be two rows. (Headings are, and read well as they are.)
_HIGH = 1.6
_WIDE = 4.0  # heights: a narrower line is no two rows, but a word in large letters
#: The likelihood that both halves are read with. Of two rows they had .69 and .98; the surer half of a heading, or of
#: large letters, may have .69, the other one at most .54 (10 such lines on 38 pages of letters, wills and receipts).
_READ = 0.65
_LONG = 10  # characters of each half: what is read into halves of large letters is mostly shorter

Texts = Callable[[Sequence[FoundLine]], list[Prediction]]


def halve(
    lines: Sequence[FoundLine], texts: Sequence[Prediction], read: Texts
) -> tuple[list[FoundLine], list[Prediction]]:
    """The lines of a page and what was read in them, those in halves that are two rows; `read` reads lines."""
    high = high_lines(lines)
    halves = [halves_of(lines[i]) for i in high]
    again = iter(read([half for pair in halves for half in pair]) if halves else [])
    parts = [[(line, text)] for line, text in zip(lines, texts, strict=True)]
    for i, pair in zip(high, halves, strict=True):
        read_again = list(zip(pair, (next(again), next(again)), strict=True))
        if all(len(text.text) >= _LONG and text.likelihood >= _READ for _, text in read_again):
            parts[i] = read_again
    return [line for part in parts for line, _ in part], [text for part in parts for _, text in part]


def high_lines(lines: Sequence[FoundLine]) -> list[int]:
    """The numbers of the lines that may be two rows: wide, and much higher than the page's lines are."""
    quads = np.array([line.quad for line in lines]).reshape(-1, 4, 2)
    heights = height_of(quads)
    wide = side_lengths(quads)[:, 0] >= _WIDE * heights
    found: list[int] = np.flatnonzero(wide & (heights >= _HIGH * np.median(heights))).tolist() if len(lines) else []
    return found


def halves_of(line: FoundLine) -> tuple[FoundLine, FoundLine]:
    """The upper and the lower half of a line. Its words are those of both, so they have none."""
    left, right = (line.quad[0] + line.quad[3]) / 2, (line.quad[1] + line.quad[2]) / 2
    upper, lower = np.array([line.quad[0], line.quad[1], right, left]), np.array([left, right, *line.quad[2:]])
    return replace(line, quad=upper, words=None, outline=None), replace(line, quad=lower, words=None, outline=None)

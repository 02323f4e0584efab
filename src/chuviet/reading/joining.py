"""Lines from what a detector found: lines, lines in pieces, or words one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from chuviet.geometry import Quad, Quads, height_of, signed_area
from chuviet.reading.flatten import direction, turned
from chuviet.results import Detection

_USUAL = 2.0  # times the gap that there mostly is between words: where a gap is wider a line ends
_LEAST = 0.3  # heights: gaps of less are inside of lines
_MOST = 1.5  # heights: gaps of more are not
_BESIDE = 0.8  # heights: a word that is nearer to the end of a line is of the line
_MANY = 0.4  # of the parts have another close behind: then they are words
_OFFSET = 0.45  # of the larger height: how far the next part may be above or below the line
_SIZE = 2.2  # times as high as the next part at most: words without ascenders are low
_TURN = np.deg2rad(20)  # between parts that are long enough to have a direction
_LONG = 2.0  # times as wide as high: so long
_FAR = 6.0  # times as far apart as high: parts whose middles tell the direction of a line
_UPRIGHT = 0.3  # times as wide as high: what is narrower is a line that runs upwards or downwards, not a letter
_OVERLAP = 0.8  # of the smaller height: how far parts may reach into each other, as boxes that are too long do


@dataclass(frozen=True, eq=False)
class FoundLine:
    """A line of text that was found: its quad (4 2, clockwise from the text's top left) and score, and the quads of its
    words in its direction (K 4 2) where they are known. `outline` (N 2) follows a line that bends.
    """

    quad: Quad
    score: float
    words: Quads | None = None
    outline: np.ndarray | None = None

    def moved(self, move: Callable[[np.ndarray], np.ndarray]) -> FoundLine:
        """The same line elsewhere: `move` takes points (... 2) there."""
        words = None if self.words is None else move(self.words)
        outline = None if self.outline is None else move(self.outline)
        return replace(self, quad=move(self.quad), words=words, outline=outline)

    def upside_down(self) -> FoundLine:
        """The same line, read from its end."""
        words = None if self.words is None else np.roll(self.words[::-1], 2, 1)
        outline = None if self.outline is None else np.roll(self.outline, len(self.outline) // 2, 0)
        return replace(self, quad=np.roll(self.quad, 2, 0), words=words, outline=outline)


def lines_of(found: Detection) -> list[FoundLine]:
    """The lines on a page. A detector that knows lines may have found one in pieces, without its first or last word,
    and words where it found no line; of one that knows only one kind of text, the page tells whether that is words.
    """
    if found.words is None:
        return [_line(found, parts, known=False) for parts in join(found.quads)]
    lines = [_line(found, parts, known=True) for parts in join(found.quads, reach=_LEAST)]
    words = found.words
    quads = np.array([line.quad for line in lines]).reshape(-1, 4, 2)
    owner = owners(words.quads, quads)
    outside = np.flatnonzero(owner < 0)
    for parts in join(np.concatenate((quads, words.quads[outside])), reach=_BESIDE):
        of_line = parts[parts < len(lines)]
        if len(of_line) == 1:  # the words before and behind a line that was found too short
            owner[outside[parts[parts >= len(lines)] - len(lines)]] = of_line[0]
    own = [_in_direction(words.quads[owner == k], line.quad) for k, line in enumerate(lines)]
    lines = [_with_words(line, quads) for line, quads in zip(lines, own, strict=True)]
    alone = np.flatnonzero(owner < 0)
    return lines + [_line(words, alone[parts], known=False) for parts in join(words.quads[alone])]


def join(quads: Quads, reach: float | None = None) -> list[np.ndarray]:
    """Parts of lines (K 4 2) -> the numbers of the parts of each line, in its direction. Parts are joined over gaps of
    less than `reach` heights; without it, of less than twice what there mostly is between parts, if they are words.
    """
    if not len(quads):
        return []
    following = _followers(quads, reach)
    preceded = set(following.values())
    lines = []
    for first in range(len(quads)):
        if first in preceded:
            continue
        line = [first]
        while following.get(line[-1], first) != first:
            line.append(following[line[-1]])
        lines.append(np.array(line))
    return lines


def around(quads: Quads) -> Quad:
    """The rectangle around the parts of a line (K 4 2, in its direction), turned as they are."""
    if len(quads) == 1:
        return np.asarray(quads[0], np.float64)
    angle = _angle_of(quads)
    level = turned(quads.reshape(-1, 2), angle)
    (left, top), (right, bottom) = level.min(0), level.max(0)
    return turned(np.array([(left, top), (right, top), (right, bottom), (left, bottom)]), -angle)


def _line(found: Detection, parts: np.ndarray, known: bool) -> FoundLine:
    """A line of parts; `known`: the parts are lines, or pieces of them, else words if there are several."""
    quads = found.quads[parts]
    words = quads if len(parts) > 1 and not known else None
    return FoundLine(around(quads), float(found.scores[parts].mean()), words)


def _with_words(line: FoundLine, words: Quads) -> FoundLine:
    """The line with its words (K 4 2), long enough for all of them."""
    if not len(words):
        return line
    angle = _angle_of(line.quad[None])
    level, parts = turned(line.quad, angle), turned(words.reshape(-1, 2), angle)
    left, right = min(level[:, 0].min(), parts[:, 0].min()), max(level[:, 0].max(), parts[:, 0].max())
    grown = level.copy()
    grown[[0, 3], 0] = np.minimum(grown[[0, 3], 0], left)
    grown[[1, 2], 0] = np.maximum(grown[[1, 2], 0], right)
    return replace(line, quad=turned(grown, -angle), words=words)


def owners(words: Quads, lines: Quads) -> np.ndarray:
    """The number of the line that each word (K 4 2) has its middle in, the smallest if several; -1 without one."""
    if not len(words) or not len(lines):
        return np.full(len(words), -1)
    middles = words.mean(1)
    sides = np.roll(lines, -1, 1) - lines
    away = middles[:, None, None] - lines[None]
    inside = (sides[None, ..., 0] * away[..., 1] - sides[None, ..., 1] * away[..., 0] >= 0).all(-1)
    area = np.where(inside, np.abs(signed_area(lines)), np.inf)
    return np.where(inside.any(1), area.argmin(1), -1)


def _in_direction(words: Quads, line: Quad) -> Quads:
    """Words in the order in which they stand on their line."""
    along = (line[1] - line[0]) + (line[2] - line[3])
    return words[np.argsort(words.mean(1) @ along, kind="stable")]


def _angle_of(quads: Quads) -> float:
    """From the first part's middle to the last's, if these are far apart: one ascender more moves a middle."""
    along = quads[-1].mean(0) - quads[0].mean(0)
    if np.hypot(*along) > _FAR * float(height_of(quads).max()):
        return float(np.arctan2(along[1], along[0]))
    return direction(quads)


def _followers(quads: Quads, reach: float | None) -> dict[int, int]:
    """The next part of each that has one: the two are nearest to each other, on this side and on that."""
    gap, close = _gaps(quads, _MOST)
    nearest = np.where(close, gap, np.inf)
    after, before = nearest.argmin(1), nearest.argmin(0)
    first = np.flatnonzero(np.isfinite(nearest.min(1)) & (before[after] == np.arange(len(quads))))
    second = after[first]
    height = height_of(quads)
    gaps = gap[first, second] / np.maximum(height[first], height[second])
    if reach is None:
        words = len(gaps) >= _MANY * len(quads)
        reach = float(np.clip(_USUAL * np.median(gaps), _LEAST, _MOST)) if words else _LEAST
    return {int(i): int(j) for i, j in zip(first[gaps < reach], second[gaps < reach], strict=True)}


def _gaps(quads: Quads, reach: float) -> tuple[np.ndarray, np.ndarray]:
    """K K: the distance from the end of a part to the beginning of another along the first, in pixels, and whether that
    may be the next one of its line.
    """
    height = np.maximum(height_of(quads), 1e-6)
    start, end = quads[:, [0, 3]].mean(1), quads[:, [1, 2]].mean(1)
    length = np.maximum(np.hypot(*(end - start).T), 1e-6)
    unit = (end - start) / length[:, None]
    between = start[None] - end[:, None]  # from i's end to j's beginning
    gap = (between * unit[:, None]).sum(-1)
    aside = np.abs(unit[:, None, 0] * between[..., 1] - unit[:, None, 1] * between[..., 0])
    larger, smaller = np.maximum(height[:, None], height), np.minimum(height[:, None], height)
    long = length > _LONG * height
    straight = (unit @ unit.T > np.cos(_TURN)) | ~(long[:, None] & long)
    close = (gap < reach * larger) & (gap > -_OVERLAP * smaller) & (aside < _OFFSET * larger)
    level = length > _UPRIGHT * height
    close &= (larger < _SIZE * smaller) & straight & level[:, None] & level
    np.fill_diagonal(close, False)
    return gap, close

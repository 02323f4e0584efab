"""Lines that hold several texts of a row: key and value, heads or cells of a table, that a detector found as one.

A gap between two texts of a row is often no wider than one between words of a text. What stands on both sides of it
tells more: a letter behind a price is a cell of its own, and a key behind a number begins a new entry. So the lines are
cut after they are read. Boosted trees decide, learnt from the labels of receipts and drawn pages by
`chuviet.commands.cutting`.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files

import numpy as np

from chuviet.decode.confidence import word_score
from chuviet.geometry import crop, height_of, part_of, side_lengths
from chuviet.reading.joining import FoundLine
from chuviet.reading.layout import word_spans
from chuviet.reading.wide_set import Read
from chuviet.reading.words import inked_columns
from chuviet.results import Prediction

#: Kinds of words, the first that fits: what separates, prices, currencies, dates, times, percentages, numbers, letters,
#: keys, values, codes, words, texts with letters, and the rest. 0 is no word.
_KINDS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        "[:;]", "(?:RM|[$])?[0-9][0-9,.]*[.,][0-9]{2}[A-Z]?", "RM|MYR|USD|VND|[$đ₫]",
        "[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}", "[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?:[AP]M)?", ".*%.*", "[0-9]+",
        "[A-ZÀ-ỹ]", ".*:", ":.*", ".*[0-9].*", "[A-ZÀ-ỹ]+", ".*[A-ZÀ-ỹ].*", ".*",
    )
)  # fmt: skip
_REACH = 0.1  # heights: how far into the letters beside a space its gap is looked for
_MARGIN = 0.1  # heights: what each part keeps of the gap beside it
_LEAST_GAP = 0.15  # heights, of what a gap is compared with: the usual one of a page
_LEAST_LETTER = 0.2  # heights, likewise: the mean letter of a line

#: The probability from which on a line is cut.
LEAST = 0.5
#: How many numbers describe a gap.
FEATURES = 12
#: Nodes as (feature, threshold, node up to it, node above it, value), -1 for the feature of a leaf; a tree begins at
#: its first. The sum of the leaves' values and of `_BASE` is the log odds.
_BASE, _TREES = json.loads((files("chuviet.reading") / "cutting.json").read_text("utf-8")).values()


def planted(trees: Sequence[Sequence[Sequence[float]]]) -> tuple[np.ndarray, ...]:
    """The nodes of all trees in common arrays: feature, threshold, node up to it, node above it, value; and the trees'
    first nodes. A leaf is followed by itself.
    """
    counts = [len(tree) for tree in trees]
    roots = np.cumsum([0, *counts])[:-1]
    nodes = np.array([node for tree in trees for node in tree], np.float64).reshape(-1, 5)
    is_leaf, own = nodes[:, 0] < 0, np.arange(len(nodes))
    below, above = (np.where(is_leaf, own, nodes[:, k].astype(np.int64) + np.repeat(roots, counts)) for k in (2, 3))
    return np.maximum(nodes[:, 0], 0).astype(np.int64), nodes[:, 1], below, above, nodes[:, 4], roots


_FOREST = planted(_TREES)


@dataclass(frozen=True)
class Gap:
    """Between two words of a text: the number of the word before it, where it begins and ends along the line, 0..1, and
    how wide it is, in heights of the line.
    """

    word: int
    start: float
    end: float
    width: float


def cut_rows(image: np.ndarray, lines: Sequence[Read]) -> list[Read]:
    """Lines on an image (H W 3 uint8 RGB) with their texts -> the same, those in parts that hold several texts."""
    gaps = [gaps_of(image, line, text) for line, text in lines]
    sure = iter(probabilities(describe(lines, gaps)))
    parts: list[Read] = []
    for (line, text), of_line in zip(lines, gaps, strict=True):
        at = [gap for gap in of_line if next(sure) >= LEAST]
        parts += cut(line, text, at) if at else [(line, text)]
    return parts


def gaps_of(image: np.ndarray, line: FoundLine, text: Prediction) -> list[Gap]:
    """The gaps at the spaces of a text whose letters' places are known: the widest blank that lies there."""
    words = word_spans(text.text)
    if len(words) < 2 or text.spans is None or not text.frames:
        return []
    inked = inked_columns(crop(image, line.quad))
    width, height = len(inked), max(float(height_of(line.quad[None])[0]), 1.0)
    centres = (text.spans.mean(1) + 0.5) * (width / text.frames)
    found = []
    for number, ((_, last), (first, _)) in enumerate(itertools.pairwise(words)):
        left = int(max(centres[last - 1] - _REACH * height, 0))
        right = int(min(centres[first] + _REACH * height, width - 1))
        start, end = _widest(inked[left : right + 1])
        if start == end:
            start = end = (right - left) // 2
        found.append(Gap(number, (left + start) / width, (left + end) / width, (end - start) / height))
    return found


def _widest(inked: np.ndarray) -> tuple[int, int]:
    """The first of the longest runs without ink: its first column and the one behind its last; the same one twice where
    there is none.
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([True], inked, [True]))))
    starts, ends = edges[::2], edges[1::2]
    if not len(starts):
        return 0, 0
    longest = int((ends - starts).argmax())
    return int(starts[longest]), int(ends[longest])


def describe(lines: Sequence[Read], gaps: Sequence[Sequence[Gap]]) -> np.ndarray:
    """What the trees are asked about each gap of a page, line by line: K `FEATURES`."""
    widths = [gap.width for of_line in gaps for gap in of_line]
    usual = max(float(np.median(widths)), _LEAST_GAP) if widths else _LEAST_GAP
    rows: list[tuple[float, ...]] = []
    for (line, text), of_line in zip(lines, gaps, strict=True):
        if not of_line:
            continue
        words = [text.text[first:last] for first, last in word_spans(text.text)]
        kinds = [0, *map(kind_of, words), 0]
        length = _length_of(line) / max(float(height_of(line.quad[None])[0]), 1.0)
        letter = (length - sum(gap.width for gap in of_line)) / max(sum(map(len, words)), 1)
        for gap in of_line:
            i = gap.word
            before, after = len(" ".join(words[: i + 1])), len(" ".join(words[i + 1 :]))
            rows.append((
                gap.width, gap.width / usual, gap.width / max(letter, _LEAST_LETTER), letter, before, after,
                len(words[i]), len(words[i + 1]), *(kinds[i + k] for k in (1, 2, 0, 3)),
            ))  # fmt: skip
    return np.array(rows, np.float64).reshape(-1, FEATURES)


def kind_of(word: str) -> int:
    """The number of the first of the kinds that fits a word, from 1 on."""
    return next((number for number, kind in enumerate(_KINDS, 1) if kind.fullmatch(word)), len(_KINDS))


def probabilities(gaps: np.ndarray) -> np.ndarray:
    """Descriptions of gaps K `FEATURES` -> K probabilities that a text ends there."""
    feature, limit, below, above, value, roots = _FOREST
    at = np.tile(roots, (len(gaps), 1))
    while True:
        is_below = np.take_along_axis(gaps, feature[at], 1) <= limit[at]
        after = np.where(is_below, below[at], above[at])
        if (after == at).all():
            return np.asarray(1 / (1 + np.exp(-(_BASE + value[at].sum(1)))))
        at = after


def cut(line: FoundLine, text: Prediction, gaps: Sequence[Gap]) -> list[Read]:
    """A line and its text in parts, cut at `gaps`, in their order. Each part keeps a little of the gaps beside it."""
    spans = word_spans(text.text)
    margin = _MARGIN * float(height_of(line.quad[None])[0]) / max(_length_of(line), 1e-6)
    parts, first, start = [], 0, 0.0
    for gap in [*gaps, None]:
        last = len(spans) if gap is None else gap.word + 1
        kept = 0.0 if gap is None else min(margin, (gap.end - gap.start) / 2)
        end = 1.0 if gap is None else gap.start + kept
        quad = part_of(line.quad, start, end)
        parts.append((replace(line, quad=quad, words=_inside(line, start, end), outline=None),
                      _part(text, spans, first, last, start, end)))  # fmt: skip
        first, start = last, end if gap is None else gap.end - kept
    return parts


def _part(
    text: Prediction, spans: Sequence[tuple[int, int]], first: int, last: int, start: float, end: float
) -> Prediction:
    """The words `first` to `last` - 1 of a text, of the line's part from `start` to `end`, 0..1."""
    a, b = spans[first][0], spans[last - 1][1]
    scores = None if text.scores is None else text.scores[a:b]
    of_words = None if text.word_scores is None else text.word_scores[first:last]
    sure = text.confidence
    if of_words is not None:
        sure = float(np.mean(of_words))
    elif scores is not None:
        sure = word_score(scores)
    raw = text.raw_text
    if raw is not None:  # before a language model the words may have been others, and more or fewer
        words = raw.split(" ")
        raw = " ".join(words[round(first * len(words) / len(spans)) : round(last * len(words) / len(spans))])
    from_frame, to_frame = int(start * text.frames), max(int(np.ceil(end * text.frames)), 1)
    places = None if text.spans is None else np.clip(text.spans[a:b], from_frame, to_frame - 1) - from_frame
    return replace(
        text, text=text.text[a:b], confidence=sure, raw_text=raw, spans=places, scores=scores,
        frames=to_frame - from_frame, word_scores=of_words,
    )  # fmt: skip


def _inside(line: FoundLine, start: float, end: float) -> np.ndarray | None:
    """The words of a line whose middles lie in its part from `start` to `end`, 0..1; None without one."""
    if line.words is None:
        return None
    along = (line.quad[1] - line.quad[0]) + (line.quad[2] - line.quad[3])
    away = line.words.mean(1) - (line.quad[0] + line.quad[3]) / 2
    place = away @ along / max(float(along @ along), 1e-6) * 2
    found = line.words[(place >= start) & (place < end)]
    return found if len(found) else None


def _length_of(line: FoundLine) -> float:
    top, _, bottom, _ = side_lengths(line.quad).tolist()
    return float(top + bottom) / 2

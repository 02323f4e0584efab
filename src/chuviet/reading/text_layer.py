"""Pages that carry their own text, as PDFs from a word processor do: their lines and words without a recogniser."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import cv2
import numpy as np

from chuviet.geometry import height_of
from chuviet.inputs.pdf_text import TextLayer, WrittenWord
from chuviet.inputs.sources import Source
from chuviet.results import Line, Word

#: Whether pages are read by OCR: those without a text layer of their own that can be believed; all; none.
Ocr = Literal["auto", "always", "never"]

_SAME_LEVEL = 0.3  # of the font's size: baselines of one line
_GAP = 1.5  # of the font's size: wider ones lie between columns
_STRAIGHT = 0.999  # cosine of the angle between words of a line
_COVERED = 0.3  # of a line's height: how far from it the middle of the same line, read twice, may lie


def layer_of(source: Source, ocr: Ocr) -> TextLayer | None:
    """The text layer that takes the place of OCR on a page; None where it is to be read. With "never" a layer that
    isn't believed is taken all the same, with its invisible words, and an image has None.
    """
    if ocr == "always" or source.text_layer is None:
        return None
    layer = source.text_layer()
    if ocr == "never" and layer.doubt:
        return TextLayer(layer.width, layer.height, (*layer.words, *layer.hidden))
    return None if layer.doubt else layer


def written_lines(words: Sequence[WrittenWord]) -> list[Line]:
    """The lines that words make by where they stand: one direction, one baseline, no gap as wide as between columns."""
    groups: list[list[WrittenWord]] = []
    for word in words:
        near = (g for g in groups if float(_direction(g[0]) @ _direction(word)) > _STRAIGHT)
        group = next(near, None)
        if group is None:
            groups.append([word])
        else:
            group.append(word)
    return [line for group in groups for row in _rows(group) for line in _cut(row)]


def unwritten(read: Sequence[Line], layer: TextLayer, written: Sequence[Line]) -> list[Line]:
    """Of the lines that were read on a page those in its pictures and notes that its text layer doesn't have."""
    return [line for line in read if _in_any(line, layer.pictures) and not any(_covers(w, line) for w in written)]


def _rows(words: Sequence[WrittenWord]) -> list[list[WrittenWord]]:
    """Words of one direction by their baselines, each row in the direction of writing."""
    along = _direction(words[0])
    across = np.array([-along[1], along[0]])
    rows: list[list[WrittenWord]] = []
    level = 0.0
    for word in sorted(words, key=lambda w: float(w.baseline @ across)):
        here = float(word.baseline @ across)
        if rows and here - level < _SAME_LEVEL * max(word.size, rows[-1][0].size):
            rows[-1].append(word)
        else:
            rows.append([word])
            level = here
    return [sorted(row, key=lambda w: float(w.corners[0] @ along)) for row in rows]


def _cut(row: Sequence[WrittenWord]) -> list[Line]:
    """The lines of a row: it is cut where the gap is wide, and where words lie on each other."""
    along = _direction(row[0])
    parts: list[list[WrittenWord]] = []
    for word in row:
        if parts:
            last = parts[-1][-1]
            gap = float((word.corners[0] - last.corners[1]) @ along)
            size = min(word.size, last.size)
            if -0.5 * size < gap < _GAP * size:
                parts[-1].append(word)
                continue
        parts.append([word])
    return [_line(part) for part in parts]


def _line(words: Sequence[WrittenWord]) -> Line:
    """Words in their order as one line; each is as high as the line."""
    along = _direction(words[0])
    across = np.array([-along[1], along[0]])
    points = np.array([w.corners for w in words])
    levels, places = points @ across, points @ along
    top, bottom = levels.min(), levels.max()

    def corners(left: float, right: float) -> np.ndarray:
        ends = ((left, top), (right, top), (right, bottom), (left, bottom))
        return np.array([a * along + b * across for a, b in ends])

    text = " ".join(w.text for w in words)
    parts = tuple(Word(w.text, corners(p.min(), p.max()), 1.0) for w, p in zip(words, places, strict=True))
    return Line(text, text, corners(places.min(), places.max()), 1.0, parts)


def _direction(word: WrittenWord) -> np.ndarray:
    side = word.corners[1] - word.corners[0]
    return side / max(float(np.hypot(*side)), 1e-9)


def _in_any(line: Line, boxes: np.ndarray) -> bool:
    """Whether the middle of a line lies in one of the boxes (K 4: left, top, right, bottom)."""
    middle = line.corners.mean(0)
    return bool(((boxes[:, :2] <= middle) & (middle <= boxes[:, 2:])).all(1).any())


def _covers(written: Line, read: Line) -> bool:
    """Whether the middle of line `read` lies in line `written`, or theirs in it: the same text."""
    return _holds(written.corners, read.corners.mean(0)) or _holds(read.corners, written.corners.mean(0))


def _holds(quad: np.ndarray, point: np.ndarray) -> bool:
    """Whether a point lies in a quad, or nearer to it than a part of the quad's height."""
    x, y = point.tolist()
    inside = cv2.pointPolygonTest(quad.astype(np.float32), (x, y), True)  # pixels to the nearest side
    return inside >= -_COVERED * float(height_of(quad))

"""What reading gives: a `Page` of `Block`s of `Line`s of `Word`s; and what decoders give before that.

Corners are 4 2 float, pixels of the image that was given, clockwise from the text's top left. A confidence is 0..1.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

BlockKind = Literal["text", "title", "table", "form"]


@dataclass
class Prediction:
    """One decoded line. `confidence` is in 0..1: the geometric mean of the chosen characters' probabilities (1 if
    empty). `raw_text` is what was read before a language model had its say, None without one. `spans` (L 2) are the
    first and the last of the line's `frames` that each character of `text` takes, `scores` (L) the characters'
    probabilities; None where the text was not aligned to frames. `word_scores` are the confidences of its words, where
    `scores` are known; once a recogniser is calibrated, shares of such words that are right, and `confidence` is their
    mean. `stacked`: the image seems to hold several lines, one below the other, which a reader of lines does not read.
    """

    index: int
    text: str
    confidence: float
    raw_text: str | None = None
    spans: np.ndarray | None = field(default=None, compare=False, repr=False)
    scores: np.ndarray | None = field(default=None, compare=False, repr=False)
    frames: int = 0
    word_scores: np.ndarray | None = field(default=None, compare=False, repr=False)
    stacked: bool = False

    @property
    def answer(self) -> str:
        """What a metric compares."""
        return self.text

    @property
    def likelihood(self) -> float:
        """The geometric mean of the characters' probabilities, whatever `confidence` was calibrated to: what readers,
        and readings of turned lines, are compared by. `confidence` where these are not known.
        """
        if self.scores is None or not len(self.scores):
            return self.confidence
        return float(np.exp(np.mean(np.log(np.maximum(self.scores, 1e-12)))))


@dataclass
class Detection:
    """The text found in one image: `quads` K 4 2 float pixels of the original image, clockwise from the text's top
    left; `scores` K, 0..1. `texts` are what a recogniser read in them, None before one did. A detector that knows lines
    and words gives the lines, and in `words` the words, which need not lie in lines.
    """

    index: int
    quads: np.ndarray
    scores: np.ndarray
    texts: list[str] | None = None
    words: Detection | None = None

    @property
    def answer(self) -> Detection:
        """What a metric compares."""
        return self


@dataclass(frozen=True, eq=False)
class Word:
    """A word of a line: what spaces separate."""

    text: str
    corners: np.ndarray
    confidence: float

    def as_dict(self) -> dict[str, Any]:
        """`text`, `points` (to 0.1 px) and `confidence`, ready for JSON."""
        return {"text": self.text, "points": _rounded(self.corners), "confidence": round(self.confidence, 4)}


@dataclass(frozen=True, eq=False)
class Line:
    """A line of text. `raw_text` is what the network read before language model and gazetteer; equal to `text` where
    there is none. On a page `confidence` is that of finding times that of reading. `outline` (K 2) follows a line that
    bends, clockwise from its top left; None where `corners` are enough.
    """

    text: str
    raw_text: str
    corners: np.ndarray
    confidence: float
    words: tuple[Word, ...] = ()
    outline: np.ndarray | None = None

    def __str__(self) -> str:
        return self.text

    def as_dict(self) -> dict[str, Any]:
        """`text`, `raw_text`, `points` (to 0.1 px), `confidence`, `words` and, if it bends, `outline`; for JSON."""
        found: dict[str, Any] = {
            "text": self.text, "raw_text": self.raw_text, "points": _rounded(self.corners),
            "confidence": round(self.confidence, 4), "words": [word.as_dict() for word in self.words],
        }  # fmt: skip
        return found if self.outline is None else found | {"outline": _rounded(self.outline)}


@dataclass(frozen=True, eq=False)
class Block:
    """Lines that belong together: a paragraph, a heading, a table, in reading order. `cells` (one pair a line) are the
    row and the column of each line of a table, None for all else.
    """

    lines: tuple[Line, ...]
    kind: BlockKind = "text"
    cells: tuple[tuple[int, int], ...] | None = None

    @property
    def text(self) -> str:
        """The lines, one below the other."""
        return "\n".join(line.text for line in self.lines)

    @property
    def corners(self) -> np.ndarray:
        """The upright rectangle around all lines, 4 2."""
        points = np.concatenate([line.corners for line in self.lines])
        (left, top), (right, bottom) = points.min(0), points.max(0)
        return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float64)

    def __iter__(self) -> Iterator[Line]:
        return iter(self.lines)

    def __len__(self) -> int:
        return len(self.lines)

    def as_dict(self, first: int = 0) -> dict[str, Any]:
        """`kind`, `points` (to 0.1 px), `lines` (their numbers on the page, from `first` on) and, of a table, `cells`;
        ready for JSON.
        """
        numbers = list(range(first, first + len(self.lines)))
        found: dict[str, Any] = {"kind": self.kind, "points": _rounded(self.corners), "lines": numbers}
        return found if self.cells is None else found | {"cells": [list(cell) for cell in self.cells]}


@dataclass(frozen=True, eq=False)
class Page:
    """A page or photo, its blocks in reading order. `width` and `height` are those of the image, in pixels. `angle`:
    by how many degrees the text runs clockwise from upright, -180..180; all corners are in the image as it was given.
    """

    name: str
    width: int
    height: int
    blocks: tuple[Block, ...] = ()
    angle: float = 0.0

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines of all blocks."""
        return tuple(line for block in self.blocks for line in block.lines)

    @property
    def text(self) -> str:
        """The lines, one below the other."""
        return "\n".join(line.text for line in self.lines)

    @property
    def words(self) -> tuple[Word, ...]:
        """The words of all lines."""
        return tuple(word for line in self.lines for word in line.words)

    def __iter__(self) -> Iterator[Line]:
        return iter(self.lines)

    def __len__(self) -> int:
        return len(self.lines)

    def __str__(self) -> str:
        return self.text

    def as_dict(self) -> dict[str, Any]:
        """`name`, `width`, `height`, `angle`, `lines` and `blocks` (of line numbers), ready for JSON."""
        starts = itertools.accumulate((len(block) for block in self.blocks), initial=0)
        return {
            "name": self.name, "width": self.width, "height": self.height, "angle": round(self.angle, 2),
            "lines": [line.as_dict() for line in self.lines],
            "blocks": [block.as_dict(first) for block, first in zip(self.blocks, starts, strict=False)],
        }  # fmt: skip


def _rounded(corners: np.ndarray) -> list[list[float]]:
    return [[round(float(x), 1), round(float(y), 1)] for x, y in corners]

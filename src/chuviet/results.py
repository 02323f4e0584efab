"""What reading gives: a `Page` of `Line`s of `Word`s; and what decoders give before that.

Corners are 4 2 float, pixels of the image that was given, clockwise from the text's top left. A confidence is 0..1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class Prediction:
    """One decoded line. `confidence` is in 0..1: the geometric mean of the chosen characters' probabilities (1 if
    empty). `raw_text` is what was read before a language model had its say, None without one. `spans` (L 2) are the
    first and the last of the line's `frames` that each character of `text` takes, `scores` (L) the characters'
    probabilities; None where the text was not aligned to frames.
    """

    index: int
    text: str
    confidence: float
    raw_text: str | None = None
    spans: np.ndarray | None = None
    scores: np.ndarray | None = None
    frames: int = 0

    @property
    def answer(self) -> str:
        """What a metric compares."""
        return self.text


@dataclass
class Detection:
    """The text found in one image: `quads` K 4 2 float pixels of the original image, clockwise from the text's top
    left; `scores` K, 0..1. `texts` are what a recogniser read in them, None before one did.
    """

    index: int
    quads: np.ndarray
    scores: np.ndarray
    texts: list[str] | None = None

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
    there is none. On a page `confidence` is that of finding times that of reading.
    """

    text: str
    raw_text: str
    corners: np.ndarray
    confidence: float
    words: tuple[Word, ...] = ()

    def __str__(self) -> str:
        return self.text

    def as_dict(self) -> dict[str, Any]:
        """`text`, `raw_text`, `points` (to 0.1 px), `confidence` and `words`, ready for JSON."""
        return {
            "text": self.text, "raw_text": self.raw_text, "points": _rounded(self.corners),
            "confidence": round(self.confidence, 4), "words": [word.as_dict() for word in self.words],
        }  # fmt: skip


@dataclass(frozen=True, eq=False)
class Page:
    """A page or photo, its lines in reading order. `width` and `height` are those of the image, in pixels."""

    name: str
    width: int
    height: int
    lines: tuple[Line, ...] = field(default=())

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
        """`name`, `width`, `height` and `lines`, ready for JSON."""
        lines = [line.as_dict() for line in self.lines]
        return {"name": self.name, "width": self.width, "height": self.height, "lines": lines}


def _rounded(corners: np.ndarray) -> list[list[float]]:
    return [[round(float(x), 1), round(float(y), 1)] for x, y in corners]

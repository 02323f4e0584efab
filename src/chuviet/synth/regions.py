"""Ground truth of a drawn page: lines in reading order, each with an outline, its words, its block, its writing.

Coordinates are pixels of the page, x to the right, y downwards; a pixel's centre lies at its whole-numbered
coordinates, so the ink of column 3 reaches from 2.5 to 3.5.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from chuviet.geometry import Quad, height_of, signed_area

Map = Callable[[np.ndarray], np.ndarray]  # ... 2 -> ... 2, pixels to pixels
IGNORED = "###"  # the text of a region that a detector shall neither find nor miss
_FLAT = 0.06  # of a line's height: how far its outline may leave its quad and still count as straight


@dataclass(frozen=True)
class Word:
    """`quad`: clockwise from the word's top left."""

    text: str
    quad: Quad


@dataclass(frozen=True)
class Line:
    """Words that stand side by side, from the left to the right.

    `outline` is 2K x 2: K points along the top from the left to the right, then K along the bottom from the right to
    the left. `block` numbers the paragraphs (cells, labels, entries) of a page in reading order.
    """

    words: Sequence[Word]
    outline: np.ndarray
    block: int = 0
    handwritten: bool = False

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def corners(self) -> Quad:
        """First and last point of the top, last and first of the bottom."""
        half = len(self.outline) // 2
        return self.outline[[0, half - 1, half, -1]]

    @property
    def bent(self) -> bool:
        """Whether the outline leaves the quad of its corners by more than a little."""
        quad = self.corners
        sides = ((quad[0], quad[1], self.outline[: len(self.outline) // 2]),
                 (quad[3], quad[2], self.outline[len(self.outline) // 2 :]))  # fmt: skip
        off = max(_distance(points, a, b) for a, b, points in sides)
        return off > max(_FLAT * float(height_of(quad)), 0.75)

    @property
    def quad(self) -> Quad:
        """The corners of a straight line; of a bent one the smallest rotated rectangle around it, from the corner that
        is nearest to where the text starts.
        """
        return around(self.outline) if self.bent else self.corners

    def moved(self, to: Map) -> Line:
        """The same line on a page whose pixels have moved."""
        words = [Word(word.text, to(word.quad)) for word in self.words]
        return replace(self, words=words, outline=to(self.outline))


def box_line(words: Sequence[tuple[str, float, float, float, float]], block: int, handwritten: bool = False) -> Line:
    """A straight line of words given as text, left, top, right, bottom: edges of their ink."""
    table = np.array([box[1:] for box in words], np.float64)
    left, top, right, bottom = table[:, 0].min(), table[:, 1].min(), table[:, 2].max(), table[:, 3].max()
    steps = int(np.clip(round((right - left) / max(bottom - top, 1.0) / 2), 1, 12)) + 1
    along = np.linspace(left, right, steps)
    outline = np.concatenate((np.stack((along, np.full(steps, top)), 1),
                              np.stack((along[::-1], np.full(steps, bottom)), 1)))  # fmt: skip
    found = [Word(text, rectangle(*box)) for text, *box in words]
    return Line(found, outline, block, handwritten)


def rectangle(left: float, top: float, right: float, bottom: float) -> Quad:
    """The quad of an upright box, clockwise from its top left."""
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float64)


def around(outline: np.ndarray) -> Quad:
    """The smallest rotated rectangle around an outline as `Line` has it, clockwise from the text's top left, however
    the text is turned: its long top side runs as the text does.
    """
    half = len(outline) // 2
    along = 0.5 * (outline[half - 1] + outline[half]) - 0.5 * (outline[0] + outline[-1])
    quad = np.asarray(cv2.boxPoints(cv2.minAreaRect(outline.astype(np.float32))), np.float64)
    if signed_area(quad) < 0:
        quad = quad[::-1]
    sides = np.roll(quad, -1, 0) - quad
    return np.roll(quad, -int(np.argmax(sides @ along / np.maximum(np.linalg.norm(sides, axis=1), 1e-9))), 0)


def line_row(line: Line, digits: int = 1) -> dict[str, Any]:
    """What label files say of a line: transcription, points (its quad), polygon where it is bent, block, handwritten,
    words with transcription and points. Pixels, rounded.
    """
    row: dict[str, Any] = {"transcription": line.text, "points": np.round(line.quad, digits).tolist()}
    if line.bent:
        row["polygon"] = np.round(line.outline, digits).tolist()
    words = [{"transcription": w.text, "points": np.round(w.quad, digits).tolist()} for w in line.words]
    return row | {"block": line.block, "handwritten": line.handwritten, "words": words}


def _distance(points: np.ndarray, a: np.ndarray, b: np.ndarray) -> float:
    """The largest distance of N 2 points from the straight line through a and b."""
    side = b - a
    normal = np.array([-side[1], side[0]]) / max(float(np.linalg.norm(side)), 1e-9)
    return float(np.abs((points - a) @ normal).max())

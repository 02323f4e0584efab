"""What of a line's image a reader gets: without wide margins, and cut at blanks where the line is very long.

Readers attend to whole lines, and know lengths as they were trained on: the longest real line is 28 times as wide as
high, the longest drawn one 36 times. Four handwritten lines side by side, 80 times, are read with 19.6 % wrong
characters at once and with 5.3 % in pieces; two, 40 times, with 4.8 % either way (`wip_line_general`, greedily).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from chuviet.preprocess.line import separate_ink
from chuviet.reading.stacked import is_stacked
from chuviet.vocab import BLANK

_INK = 76  # grey levels from paper, of 255: what counts as ink
_LONGEST = 30.0  # heights: a piece is at most so long
_SHORTEST = 15.0  # heights: and, but for the last, at least so long
_BLANK = 0.3  # heights: the space between words, about
_TRACE = 0.02  # of a full column of ink: less of it is a blank
_MARGIN = 8.0  # heights of paper beside the line: more, as 3 in 100 real lines have, is cut away
_KEPT = 1.0  # heights of it that stay
_FEW = 0.6  # of the prepared rows, of which margins are trimmed to a half at most: it may have wide margins
_LOW = 0.45  # of the rows: a line whose ink takes less has wide margins above and below
_ABOVE = 0.25  # of the ink's height: what stays of them on each side
_STROKES = 3.0  # a line of writing is at least so many strokes high; a dash or a dot is one
_SMALL = 96  # rows: margins are found on an image of at most this height
_NEVER = -30.0  # the log probability of a class that is not there


@dataclass(frozen=True)
class Piece:
    """The columns `left` .. `right` - 1 of a line, and whether a space is between it and the piece before."""

    left: int
    right: int
    space: bool = False


@dataclass(frozen=True)
class Pieces:
    """A line as a network gets it: the images of its pieces, where they lie in its `width` columns, and the `ink` of
    all of it (h width uint8, 0 paper) where it is a line of ink.
    """

    images: list[np.ndarray]
    places: list[Piece]
    width: int
    ink: np.ndarray | None = None

    @property
    def stacked(self) -> bool:
        """Whether it seems to be several lines, one below the other."""
        return self.ink is not None and is_stacked(self.ink)

    def joined(self, frames: Sequence[np.ndarray], space: int | None) -> np.ndarray:
        """The pieces' frames (T V log probabilities each) as those of the whole line: blank ones for what was cut away,
        and a sure space (class `space`, None: the reader knows none) where there was one.
        """
        return _joined(frames, self.places, self.width, space)


def prepare(preprocess: Any, image: np.ndarray, cut: bool) -> Pieces:
    """A line's image (H W 3 uint8 RGB) as `preprocess` (a `LinePreprocess` or `ScenePreprocess`) makes it. Where that
    trims lines of ink, wide margins are cut away; with `cut` those beside them too, and very long lines into pieces.

    Raises InputError for what is no image of a line.
    """
    ready = preprocess.prepare(image)
    if ready.ndim == 3:  # words in colour
        return Pieces([preprocess.resize(ready)], [Piece(0, ready.shape[1])], ready.shape[1])
    if preprocess.cfg.trim and _is_low(ready):
        top, bottom = rows_of(image)
        ready = preprocess.prepare(image[top:bottom])
    width, ink = ready.shape[1], 255 - ready
    places = pieces_of(ink) if cut else [Piece(0, width)]
    images = [preprocess.resize(ready[:, place.left : place.right]) for place in places]
    return Pieces(images, places, width, ink)


def rows_of(image: np.ndarray) -> tuple[int, int]:
    """First row of a line's image (H W 3 uint8 RGB) and the one behind the last, without wide margins above and below
    its ink. All rows where there are none, or where the ink may be a dash, which would be blown up.
    """
    height, width = image.shape[:2]
    scale = min(1.0, _SMALL / height)
    if scale < 1:
        size = (max(round(width * scale), 2), _SMALL)
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    ink = (255 - separate_ink(image) > _INK).astype(np.uint8)
    mass = np.cumsum(ink.sum(1, dtype=np.int64))
    if not mass[-1]:
        return 0, height
    top, bottom = np.searchsorted(mass, (0.002 * mass[-1], 0.998 * mass[-1])).tolist()
    high = bottom + 1 - top
    stroke = 2 * float(np.percentile(cv2.distanceTransform(ink, cv2.DIST_L2, 3)[ink > 0], 90))
    if high > _LOW * len(ink) or high < _STROKES * stroke:
        return 0, height
    return max(int((top - _ABOVE * high) / scale), 0), min(int(np.ceil((bottom + 1 + _ABOVE * high) / scale)), height)


def pieces_of(ink: np.ndarray) -> list[Piece]:
    """Where a line is cut, given its ink (h w uint8, 0 paper): at blanks, to pieces of 30 heights at most, without wide
    margins. One piece, all of it, for a line that is neither long nor in wide margins, and for one without ink.
    """
    height, width = ink.shape
    dark = cv2.threshold(ink, _INK, 0, cv2.THRESH_TOZERO)[1]
    profile = cv2.reduce(dark, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[0] / (255 * height)
    profile -= profile.min()  # a ruled line is in every column
    inked = np.flatnonzero(profile > _TRACE)
    if not len(inked):
        return [Piece(0, width)]
    pieces: list[Piece] = []
    start = 0
    blank = max(round(_BLANK * height), 3)
    # Ink within half a blank of each column: a cut where it is 0 goes through no letter.
    around = cv2.blur(profile[None], (blank, 1), borderType=cv2.BORDER_CONSTANT)[0]
    while width - start > _LONGEST * height:
        first = start + round(_SHORTEST * height)
        window = around[first : start + round(_LONGEST * height)]
        cut = first + int(np.flatnonzero(window <= window.min() + _TRACE / 4)[-1])
        pieces.append(Piece(start, cut, _is_blank(around, start)))
        start = cut
    pieces.append(Piece(start, width, _is_blank(around, start)))
    shaved = [_shaved(piece, inked, height) for piece in pieces]
    return [piece for piece in shaved if piece]


def _is_low(grey: np.ndarray) -> bool:
    """Whether the ink of a line (h w uint8, 255 paper) takes few of its rows."""
    rows = np.flatnonzero((grey < 255 - _INK).any(1))
    return bool(len(rows)) and rows[-1] + 1 - rows[0] <= _FEW * len(grey)


def _joined(frames: Sequence[np.ndarray], pieces: Sequence[Piece], width: int, space: int | None) -> np.ndarray:
    if len(pieces) == 1 and pieces[0] == Piece(0, width):
        return frames[0]
    rate = sum(map(len, frames)) / sum(piece.right - piece.left for piece in pieces)
    whole: list[np.ndarray] = []
    at = 0
    for part, piece in zip(frames, pieces, strict=True):
        has_space = piece.space and bool(whole) and space is not None
        between = np.full((max(round((piece.left - at) * rate), int(has_space)), part.shape[1]), _NEVER, part.dtype)
        between[:, BLANK] = 0
        if has_space:
            between[len(between) // 2] = _NEVER
            between[len(between) // 2, space] = 0
        whole += [between, part]
        at = piece.right
    behind = np.full((round((width - at) * rate), frames[0].shape[1]), _NEVER, frames[0].dtype)
    behind[:, BLANK] = 0
    return np.concatenate([*whole, behind])


def _is_blank(around: np.ndarray, column: int) -> bool:
    return column > 0 and bool(around[column] <= _TRACE)


def _shaved(piece: Piece, inked: np.ndarray, height: int) -> Piece | None:
    """A piece without wide margins; None if it has no ink. `inked`: the columns that have some."""
    inside = inked[(inked >= piece.left) & (inked < piece.right)]
    if not len(inside):
        return None
    left, right, kept = piece.left, piece.right, round(_KEPT * height)
    if inside[0] - left > _MARGIN * height:
        left = int(inside[0]) - kept
    if right - 1 - inside[-1] > _MARGIN * height:
        right = int(inside[-1]) + 1 + kept
    return Piece(left, right, piece.space)

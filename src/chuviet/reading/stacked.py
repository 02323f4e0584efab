"""Several lines of text in what was given as one."""

from __future__ import annotations

import cv2
import numpy as np

from chuviet.native import calls

_HEIGHT, _WIDTH = 48, 128  # rows and columns of ink that are looked at
_FAINT = 64  # grey levels from paper, of 255: less is no ink
_WIDE = 2.0  # heights: a narrower image may hold a colon, an equals sign, a letter with its mark
_RULED = 0.3  # what all but this share of a row's, or a column's, places have is a ruled line
_SHARE = 0.06  # of the ink: each line has at least so much
_ALIKE = 0.45  # each line's height is at least this part of the other's: marks above letters are lower
_GAP = 0.12  # of the emptier line's fullest row: what the emptiest row between two lines has

# For every tilt of a line of text (it may rise or fall by 20 rows over the image's width) how many rows further down it
# meets each column; and the place that each of its rows takes from each column, in an image that has 10 empty rows
# above and below and is one row of numbers.
_TILTS = np.arange(-20, 21, 4)
_FALLS = np.rint(_TILTS[:, None] * np.linspace(-0.5, 0.5, _WIDTH)).astype(np.int32)
_PLACES = (10 + np.arange(_HEIGHT)[:, None] + _FALLS[:, None]) * _WIDTH + np.arange(_WIDTH)
_LEVELS = np.rint(_RULED * np.array([_HEIGHT - 1, _WIDTH - 1])).astype(np.int64)
_CUTS = slice(_HEIGHT // 8, _HEIGHT - _HEIGHT // 8)  # rows that may be between two lines


def is_stacked(ink: np.ndarray) -> bool:
    """Whether an image (h w uint8, 0 paper, 255 ink) holds two or more lines of text, one below the other: whether a
    straight line from its left to its right side meets hardly any ink, and the ink above it and that below it are alike
    in height.

    Said of none of the 1,838 real lines, and of 150 of 150 pairs of them, one below the other; of two lines drawn in
    fonts of hand and print 93 % at a leading of 1.1, 100 of 100 at 1.25; of 200 drawn single lines, some on squared
    paper, 3.5 %.
    """
    height, width = ink.shape
    return width >= _WIDE * height and gap_between_lines(ink) <= _GAP


def gap_between_lines(ink: np.ndarray) -> float:
    """The ink along the emptiest straight line that may lie between two lines of text, as a share of that in the
    fullest row of the emptier of both; 1 where no line has ink that is alike above and below.
    """
    ink = cv2.threshold(ink, _FAINT - 1, 0, cv2.THRESH_TOZERO)[1].astype(np.float32)
    size = (max(round(ink.shape[1] * _HEIGHT / len(ink)), 1), _HEIGHT)
    small = cv2.resize(ink, size, interpolation=cv2.INTER_AREA)
    small = small[:, np.linspace(0, size[0] - 1, _WIDTH).astype(np.int64)]  # as narrow as strokes: letters have gaps
    found = calls.gap_between_lines(small, _FALLS, _LEVELS, _SHARE, _ALIKE)
    return _gap(small) if found is None else found


def _gap(small: np.ndarray) -> float:
    """As `gap_between_lines`, of ink that has the size that is looked at. (`chuviet.native` has it in C.)"""
    padded = np.zeros((_HEIGHT + 20, _WIDTH), np.float32)
    padded[10:-10] = _unruled(small.T, _LEVELS[0]).T
    along = padded.ravel().take(_PLACES)
    return _least_gap(_unruled(along, _LEVELS[1]).sum(2, dtype=np.float64))


def _unruled(ink: np.ndarray, level: int) -> np.ndarray:
    """Ink (... h w, at least 0) without what all but `level` of a row's columns have."""
    # The other rows have more columns without ink.
    ruled = (ink > 0).sum(-1, dtype=np.int16) >= ink.shape[-1] - level
    if ruled.any():
        rows = ink[ruled]
        ink = ink.copy()
        ink[ruled] = np.maximum(rows - np.partition(rows, level, axis=-1)[:, level : level + 1], 0)
    return ink


def _least_gap(profiles: np.ndarray) -> float:
    """As `gap_between_lines`, of the rows' ink along each of the directions: D h."""
    beside = np.pad(profiles, ((0, 0), (1, 1)))
    profiles = (beside[:, :-2] + beside[:, 2:]) / 4 + profiles / 2
    mass = np.cumsum(profiles, axis=1)
    above, whole = mass[:, _CUTS], mass[:, -1:]
    # The rows that hold nine tenths of the ink of each side.
    bounds = np.stack((0.05 * above, 0.95 * above, 0.95 * above + 0.05 * whole, 0.05 * above + 0.95 * whole), 1)
    edges = np.stack([np.searchsorted(of, bound) for of, bound in zip(mass, bounds, strict=True)])
    high, low = edges[:, 1] - edges[:, 0] + 1, edges[:, 3] - edges[:, 2] + 1
    alike = np.minimum(high, low) >= _ALIKE * np.maximum(high, low)
    enough = np.minimum(above, whole - above) >= _SHARE * whole
    highest_above = np.maximum.accumulate(profiles, axis=1)[:, _CUTS.start - 1 : _CUTS.stop - 1]
    highest_below = np.maximum.accumulate(profiles[:, ::-1], axis=1)[:, ::-1][:, _CUTS.start + 1 : _CUTS.stop + 1]
    fullest = np.minimum(highest_above, highest_below)
    fits = enough & alike & (fullest > 0)
    return float((profiles[:, _CUTS][fits] / fullest[fits]).min(initial=1.0))

"""Lines joined from words that were cut out of real lines: real ink, new neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

_INK = 0.25  # strength from which a pixel counts as ink
_OWN = 0.85  # share of a blob's ink in one word from which the word gets all of it


@dataclass(frozen=True)
class CutLine:
    """A real line's ink and whose it is.

    `ink`: h w float32, strength 0..1. `owner`: h w int16, the word of every pixel. `words`: their texts.
    """

    ink: np.ndarray
    owner: np.ndarray
    words: Sequence[str]

    @property
    def middle(self) -> float:
        """Row of the centre of the ink, pixels."""
        rows = self.ink.sum(1)
        return float((rows * np.arange(len(rows))).sum() / max(rows.sum(), 1e-6))

    @property
    def spread(self) -> float:
        """Standard deviation of the ink's rows, pixels: about a third of the height of small letters with accents."""
        rows = self.ink.sum(1)
        off = np.arange(len(rows)) - self.middle
        return float(np.sqrt((rows * off * off).sum() / max(rows.sum(), 1e-6))) + 1e-3

    def piece(self, first: int, last: int) -> np.ndarray:
        """Ink of the words `first` to `last`, cut to the columns that hold any: h w' float32. Empty words: w' = 0."""
        ink = np.where((self.owner >= first) & (self.owner <= last), self.ink, 0)
        columns = np.flatnonzero((ink > _INK).any(0))
        return ink[:, columns[0] : columns[-1] + 1] if len(columns) else ink[:, :0]


def cut_line(ink: np.ndarray, words: Sequence[str], gaps: Sequence[tuple[float, float]]) -> CutLine:
    """Cuts a line's ink (h w, strength 0..1) between its words. `gaps`: for each space the columns, in pixels, between
    which the cut lies: the last character before it is to the left, the next one to the right.

    The cut is the emptiest column; a blob of ink that lies nearly whole on one side goes there with all its pixels.
    """
    h, w = ink.shape
    profile = cv2.blur(ink.sum(0, keepdims=True), (3, 1))[0]
    cuts = [_emptiest(profile, left, right) for left, right in gaps]
    by_column = np.searchsorted(np.array(cuts), np.arange(w), side="right").astype(np.int16)
    owner = np.repeat(by_column[None], h, axis=0)
    count, labels = cv2.connectedComponents((ink > _INK).astype(np.uint8), connectivity=8)
    shares = np.bincount(labels.ravel() * len(words) + owner.ravel(), minlength=count * len(words))
    shares = shares.reshape(count, len(words))
    whole = shares.max(1) >= _OWN * shares.sum(1)
    whole[0] = False  # the paper
    owner = np.where(whole[labels], shares.argmax(1).astype(np.int16)[labels], owner)
    return CutLine(ink, owner, tuple(words))


def _emptiest(profile: np.ndarray, left: float, right: float) -> int:
    """The middle of the longest run of columns with the least ink in [left, right]."""
    a = int(np.clip(np.floor(left), 0, len(profile) - 1))
    b = int(np.clip(np.ceil(right), a + 1, len(profile)))
    least = profile[a:b] <= profile[a:b].min() + 0.2
    edges = np.flatnonzero(np.diff(np.r_[False, least, False]))
    starts, ends = edges[::2], edges[1::2]
    k = int((ends - starts).argmax())
    return a + int(starts[k] + ends[k]) // 2


def fields(words: Sequence[str]) -> list[tuple[int, int]]:
    """First and last word of each part of an address: parts end with a comma."""
    ends = [k for k, word in enumerate(words[:-1]) if word.endswith(",")] + [len(words) - 1]
    return list(zip([0, *(end + 1 for end in ends)], ends, strict=False))


def join(pieces: Sequence[tuple[CutLine, int, int]], height: int, rng: np.random.Generator) -> np.ndarray:
    """Pieces (line, first word, last word) side by side as one line, h w float32 with h = `height`.

    Their writing is brought to one size and one middle, as far as a change of 25 % does it, the gaps between them are
    drawn, and the line is cut close above and below its ink, as scans of lines are.
    """
    size = pieces[0][0].spread
    canvas_height = 2 * height
    parts: list[np.ndarray] = []
    for line, first, last in pieces:
        ink = line.piece(first, last)
        if not ink.shape[1]:
            continue
        scale = float(np.clip(size / line.spread, 0.8, 1.25)) * rng.uniform(0.95, 1.05)
        move = canvas_height / 2 - line.middle * scale + rng.normal(0, 1.0)
        width = max(round(ink.shape[1] * scale), 1)
        matrix = np.array([[width / ink.shape[1], 0, 0], [0, scale, move]], np.float32)
        gap = int(np.clip(rng.normal(0.32, 0.12), 0.08, 0.9) * height)
        flags = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        parts += [
            cv2.warpAffine(ink, matrix, (width, canvas_height), flags=flags),
            np.zeros((canvas_height, gap), np.float32),
        ]
    ends = [np.zeros((canvas_height, int(rng.integers(2, height // 3))), np.float32) for _ in range(2)]
    line_ink = np.hstack([ends[0], *parts[:-1], ends[1]])
    rows = np.flatnonzero((line_ink > _INK).any(1))
    if len(rows):
        top, bottom = (int(x) for x in rng.integers(0, 6, 2))
        line_ink = line_ink[max(rows[0] - top, 0) : rows[-1] + 1 + bottom]
    scale = height / line_ink.shape[0]
    size_out = (max(round(line_ink.shape[1] * scale), 8), height)
    flags = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.resize(line_ink, size_out, interpolation=flags)

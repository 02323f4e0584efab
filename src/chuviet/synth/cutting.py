"""Real lines as strips: where the words of a line of ink are, judged by its gaps and by how long each word should be.

No recogniser is needed: between n words lie n - 1 cuts, and the best ones are wide gaps at about the right places.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import cv2
import numpy as np

from chuviet.synth.strips import Strip

_STRONG = 0.3  # ink strength of a pixel that counts
_SPECK = 6  # pixels: smaller blobs are dirt
_NARROW, _WIDE = frozenset("iIljtf.,:;'!|()/1- "), frozenset("mwMWĐ%@")
_STRICT, _SLACK = 0.25, 0.5  # a word's width strays by this share of what is expected, and by so many letters
_PULL, _ENOUGH = 2.0, 2.0  # what a letter's width of gap is worth, in squared deviations; wider gaps count as this one


def strip_of(ink: np.ndarray, text: str) -> Strip | None:
    """A line's ink (h w float32, 0..1) and its text as a strip: cut to the ink, dirt removed. None if there is too
    little ink for as many words.
    """
    ink = clean(ink)
    mask = ink > _STRONG
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    words = text.split()
    if not words or len(rows) < 4 or len(columns) < 3 * len(words):
        return None
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    mask = ink > _STRONG
    boxes = []
    for word, (left, right) in zip(words, word_spans(mask, words), strict=True):
        across, down = np.flatnonzero(mask[:, left:right].any(0)), np.flatnonzero(mask[:, left:right].any(1))
        if not len(across):
            return None
        first, last = float(left + across[0]), float(left + across[-1])
        boxes.append((word, first - 0.5, float(down[0]) - 0.5, last + 0.5, float(down[-1]) + 0.5))
    share = np.cumsum(mask.sum(1)) / mask.sum()
    return Strip(ink, float(np.searchsorted(share, 0.8)), boxes)


def clean(ink: np.ndarray) -> np.ndarray:
    """Without faint paper and specks: h w float32."""
    mask = ink > _STRONG
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    small = np.flatnonzero(stats[:, cv2.CC_STAT_AREA] < _SPECK)
    keep = ~np.isin(labels, small) if count > 1 else mask
    near = cv2.dilate((mask & keep).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return np.where(near, ink, 0).astype(np.float32)


def word_spans(mask: np.ndarray, words: Sequence[str]) -> list[tuple[int, int]]:
    """First column and the one behind the last of each word; mask is h w bool, cut to its ink, and its columns are
    shared out among the words from the left to the right.

    Cuts are chosen together (dynamic programme over the gaps, and over the emptiest column of every few where letters
    touch): each costs less the wider its gap is, and each word costs by how far its width is from what its letters
    need.
    """
    w = mask.shape[1]
    if len(words) == 1:
        return [(0, w)]
    places, gains = _candidates(mask)
    need = np.array([_letters(word) for word in words])
    scale = w / (need.sum() + 0.8 * (len(words) - 1))
    need = need * scale
    at = np.concatenate(([0.0], places, [float(w)]))
    gain = np.concatenate(([0.0], gains / scale, [0.0]))
    cost = np.full((len(words) + 1, len(at)), np.inf)
    came = np.zeros(cost.shape, int)
    cost[0, 0] = 0
    for k, wanted in enumerate(need):
        wide = at[None, :] - at[:, None] - 0.8 * scale * (k < len(words) - 1)
        step = ((wide - wanted) / (_STRICT * wanted + _SLACK * scale)) ** 2
        step[at[None, :] <= at[:, None]] = np.inf
        total = cost[k][:, None] + step
        came[k + 1] = total.argmin(0)
        cost[k + 1] = total.min(0) - _PULL * np.minimum(gain, _ENOUGH)
    ends = [len(at) - 1]
    for k in range(len(words), 0, -1):
        ends.append(int(came[k][ends[-1]]))
    cuts = [round(float(at[k])) for k in ends[::-1]]
    for k, word in enumerate(words[:-1], 1):
        if word[-1] in ",.;":
            cuts[k] = _behind_comma(mask[:, cuts[k] : cuts[k + 1]]) + cuts[k]
    return list(itertools.pairwise(cuts))


def _behind_comma(mask: np.ndarray) -> int:
    """How many columns at the start of a word (h w bool) belong to a comma of the word before: a first run of columns
    that is narrow, whose ink is low, and behind which there is more. 0 if there is none.
    """
    h = len(mask)
    edges = np.flatnonzero(np.diff(np.r_[False, mask.any(0), False]))
    if len(edges) < 4 or edges[1] - edges[0] > 0.3 * h:
        return 0
    rows = np.flatnonzero(mask[:, edges[0] : edges[1]].any(1))
    return int(edges[1] + edges[2]) // 2 if rows[0] > 0.45 * h else 0


def _candidates(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Columns where a cut may lie (middles of gaps; the emptiest of every stretch without one), and how wide the gap
    is there in pixels.
    """
    profile = mask.sum(0)
    edges = np.flatnonzero(np.diff(np.r_[False, profile == 0, False]))
    starts, ends = edges[::2], edges[1::2]
    places = list(0.5 * (starts + ends))
    widths = list((ends - starts).astype(float))
    step = max(len(mask) // 6, 3)
    for first in range(step, len(profile) - step, step):
        part = profile[first : first + step]
        if part.min() > 0:
            places.append(float(first + int(part.argmin())))
            widths.append(-0.3 * float(part.min()))
    order = np.argsort(places, kind="stable")
    return np.array(places)[order], np.array(widths)[order]


def _letters(word: str) -> float:
    """How wide a word is, in ordinary letters."""
    return sum(0.55 if c in _NARROW else 1.45 if c in _WIDE else 1.2 if c.isupper() else 1.0 for c in word)

"""Which way text runs on a page that may be turned by any angle.

A detector gives corners by their geometry alone: those of a word on a page turned by 90 degrees begin at the corner
that is at the top left on the screen, so that the word seems to be a tall one. Lines are long, so most quads of a page
tell the direction of its text but for 180 degrees; what is about square follows them. Which of the two it is, reading
tells: what is read upside down comes out with less confidence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np

from chuviet.geometry import Quads, side_lengths
from chuviet.reading.flatten import directions
from chuviet.reading.joining import FoundLine
from chuviet.results import Detection, Prediction

_FEW = 3  # lines, to tell how a page leans
_LEANS = 8.0  # degrees: detectors learn from pages that are turned by 10 at most
_LONG = 1.5  # times as long as wide: so much tells in which direction the page's text runs
_SIGN = 2.5  # as much, across the page's direction, and
_LETTERS = 2.0  # times as long as lines are mostly high: a line that runs that way, not a narrow letter
_SURE = 0.85  # confidence of a page's letters on average: nothing else is tried
_SAMPLE = 5  # lines that are read the other way
_BETTER = 0.1  # higher confidence, and
_TOLD = 8  # letters: enough to turn a page; most are upright, and a word or two may well be read better upside down
_LOST = 0.6  # confidence: as little as where no text is, or
_PIECES = 3  # letters of a line on average: parts of letters are found
_WIDE = 1.3  # times as wide as high: words mostly are, unless they run upwards
# Of the area of all words. On 28 upright photos and pages wide ones have 0.66 and more; on these turned by a quarter
# 0.1 and less, but for one photo.
_LEVEL = 0.5

Read = Callable[[Sequence[FoundLine]], list[Prediction]]


def lean_of(found: Detection) -> float:
    """By how many degrees a page's text leans off the page's sides, -45 to 45 clockwise; 0 for so little that a
    detector does not mind, and where there is too little text to tell.
    """
    if len(found.quads) < _FEW:
        return 0.0
    lean = (np.degrees(page_axis(found.quads)) + 45) % 90 - 45
    return float(lean) if abs(lean) > _LEANS else 0.0


def levelled(image: np.ndarray, lean: float) -> tuple[np.ndarray, np.ndarray]:
    """The image (H W 3) turned counterclockwise by `lean` degrees, all of it, and the matrix (2 3) that takes points of
    the turned one to where they were.
    """
    height, width = image.shape[:2]
    cos, sin = abs(np.cos(np.radians(lean))), abs(np.sin(np.radians(lean)))
    size = round(width * cos + height * sin), round(width * sin + height * cos)
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), lean, 1.0)
    matrix[:, 2] += (size[0] - width) / 2, (size[1] - height) / 2
    turned = cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return turned, cv2.invertAffineTransform(matrix)


def read_upright(lines: Sequence[FoundLine], read: Read) -> tuple[list[FoundLine], list[Prediction]]:
    """Lines that run along the page's direction or across it (see `aligned`) -> the lines from the beginning of their
    text, and what is read in them.

    All lines along the page run the same way: where they are read with doubt, a few of them are read the other way.
    Lines across the page are read both ways, each by itself.
    """
    if not lines:
        return [], []
    texts = read(lines)
    quads = np.array([line.quad for line in lines])
    across = lies_across(quads, page_axis(quads))
    along = np.flatnonzero(~across).tolist()
    turn = along if _is_upside_down([lines[i] for i in along], [texts[i] for i in along], read) else []
    tried = [*turn, *np.flatnonzero(across).tolist()]
    if not tried:
        return list(lines), list(texts)
    turned_lines = [lines[i].upside_down() for i in tried]
    best_lines, best = list(lines), list(texts)
    for i, line, text in zip(tried, turned_lines, read(turned_lines), strict=True):
        if i in turn or text.likelihood > texts[i].likelihood:
            best_lines[i], best[i] = line, text
    return best_lines, best


def _is_upside_down(lines: Sequence[FoundLine], texts: Sequence[Prediction], read: Read) -> bool:
    """Whether lines that were read with doubt are read better from their ends: tried on those with most letters."""
    if _confidence(texts) >= _SURE:
        return False
    sample = sorted(range(len(lines)), key=lambda i: -len(texts[i].text))[:_SAMPLE]
    again = read([lines[i].upside_down() for i in sample])
    better = _confidence(again) > _confidence([texts[i] for i in sample]) + _BETTER
    return better and _letters(again) >= _TOLD


def is_lost(lines: Sequence[FoundLine], texts: Sequence[Prediction]) -> bool:
    """Whether next to nothing was read on a page, and the words that were found are not wide: because the detector does
    not find lines that run upwards.
    """
    confidence = _confidence(texts)
    little = confidence < _LOST or (confidence < _SURE and _letters(texts) < _PIECES * len(texts))
    return little and _wide_share(lines) < _LEVEL


def _wide_share(lines: Sequence[FoundLine]) -> float:
    """The share of wide words in the area of all, of upright rectangles around them."""
    if not lines:
        return 0.0
    words = np.concatenate([line.quad[None] if line.words is None else line.words for line in lines])
    width, height = np.ptp(words, 1).T
    return float((width * height)[width > _WIDE * height].sum() / max((width * height).sum(), 1e-6))


def is_found(texts: Sequence[Prediction], lost: Sequence[Prediction]) -> bool:
    """Whether so much more was read on a lost page turned by 90 degrees that this is how it is to be read."""
    return _evidence(texts) > 2 * _evidence(lost) + _TOLD * _BETTER


def turned_back(points: np.ndarray, width: int) -> np.ndarray:
    """Points (... 2) of an image that `np.rot90` turned -> those of the image before, which was `width` pixels wide."""
    return np.stack([width - 1 - points[..., 1], points[..., 0]], -1)


def _evidence(texts: Sequence[Prediction]) -> float:
    """How much was read, by how surely."""
    return sum(len(text.text) * max(text.likelihood - _LOST, 0.0) for text in texts)


def _confidence(texts: Sequence[Prediction]) -> float:
    """The mean likelihood of texts, each counted by its letters; 1 without any."""
    letters = _letters(texts)
    return sum(len(text.text) * text.likelihood for text in texts) / letters if letters else 1.0


def _letters(texts: Sequence[Prediction]) -> int:
    return sum(len(text.text) for text in texts)


def aligned(found: Detection) -> Detection:
    """The same quads, and words, with their corners from the beginning of the text as far as quads tell: all run along
    the page's direction, -90 to 90 degrees, or downwards, where they are long and lie across it.
    """
    axis = page_axis(found.quads if len(found.quads) or found.words is None else found.words.quads)
    words = found.words and replace(found.words, quads=_aligned(found.words.quads, axis))
    return replace(found, quads=_aligned(found.quads, axis), words=words)


def page_axis(quads: Quads) -> float:
    """The direction in which most long quads (K 4 2) lie, each counted by its length: radians, above -pi / 2 and to
    pi / 2; 0 without any.
    """
    lengths, angles, ratio = _long_sides(quads)
    used = ratio >= _LONG
    if not used.any():
        return 0.0
    # Twice an angle is the same for both senses of a direction; their mean is where angles are measured from.
    total = (lengths[used] * np.exp(2j * angles[used])).sum()
    mean = 0.5 * float(np.angle(total))
    off = _folded(angles[used] - mean)
    order = np.argsort(off)
    share = np.cumsum(lengths[used][order])
    axis = float(_folded(np.array(mean + off[order][np.searchsorted(share, 0.5 * share[-1])])))
    return axis if axis > -np.pi / 2 + 1e-9 else np.pi / 2


def lies_across(quads: Quads, axis: float) -> np.ndarray:
    """Which quads (K 4 2) are long and lie across a page's direction (radians): K, bool."""
    lengths, angles, ratio = _long_sides(quads)
    across = np.abs(_folded(angles - axis)) > np.pi / 4
    usual = ~across & (ratio >= _LONG)
    height = float(np.median(lengths[usual] / ratio[usual])) if usual.any() else 0.0
    return across & (ratio >= _SIGN) & (lengths > _LETTERS * height)


def _aligned(quads: Quads, axis: float) -> Quads:
    """Quads whose corners begin where text along the axis does, or for those that lie across it, text downwards."""
    wanted = axis + np.where(lies_across(quads, axis), np.pi / 2, 0.0)
    off = directions(quads) - wanted
    turns = np.rint(off / (np.pi / 2)).astype(int) % 4
    # A quad that begins one corner earlier runs 90 degrees less.
    places = (np.arange(4) - turns[:, None]) % 4
    return np.take_along_axis(quads, places[..., None], 1)


def _long_sides(quads: Quads) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """K 4 2 -> of each quad: how long it is, the direction of its longer sides, and how many times as long as wide."""
    sides = side_lengths(quads)
    along, across = sides[:, [0, 2]].mean(1), sides[:, [1, 3]].mean(1)
    angles = directions(quads)
    longer = np.maximum(along, across)
    return (
        longer,
        np.where(along >= across, angles, angles + np.pi / 2),
        longer / np.maximum(np.minimum(along, across), 1e-6),
    )


def _folded(angles: np.ndarray) -> np.ndarray:
    """Angles of directions without a sense: -pi / 2 to pi / 2."""
    return (angles + np.pi / 2) % np.pi - np.pi / 2

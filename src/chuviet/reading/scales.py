"""Text of any size on one page: a detector sees letters of some sizes only, so it looks again where others may be.

The first look is at the whole page. A look at a quarter of that size, which costs a sixteenth, finds letters that were
too large. Strips of the page, as wide as it is, are looked at larger where letters were too small, or where detail was
lost by scaling.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from chuviet.geometry import Quad, Quads, height_of, min_area_quad, side_lengths, signed_area
from chuviet.results import Detection

#: Finds text in an image (H W 3 uint8 RGB) whose longer side is first scaled to so many pixels.
Look = Callable[[np.ndarray, int], Detection]

#: Heights of text, in pixels of what the network sees, that it finds best.
LOW, HIGH = 12.0, 80.0
_GOOD = 24.0  # what small text is enlarged to
_COARSE = 4  # the look at larger letters is so many times smaller
_FINER = 3.0  # and that at detail that was lost so many times larger
_TOO_TALL = 90.0  # the look at larger letters is for what the first one does not see; on photos it finds more wrongly
_MUCH_SMALLER = 0.75  # a page that was scaled by less lost no detail worth a look
_STEP = 32  # grey levels between a page and what is left of it after scaling: detail, not noise
_LOST = 0.3  # of the pixels below a pixel of the scaled page
_SHARE = 0.002  # of a strip's pixels
_OVERLAP = 0.2  # of a strip's height
_SAME = 0.5  # of the smaller one's area that two quads of one text have in common
_WHOLE = 0.3  # of its area: what is covered by less than this is a whole, what covers it are its parts
_LOWER = 0.6  # of its height: lines that a quad merges


@dataclass(frozen=True)
class _Seen:
    """What one look found: quads in pixels of the page, scores, and how much the page was scaled for it."""

    quads: Quads
    scores: np.ndarray
    scale: float


def find_at_scales(look: Look, image: np.ndarray, longest: int, *, enlarge: float = 2.0, strips: int = 16) -> Detection:
    """The text of every size in an image (H W 3 uint8 RGB). `longest` and `enlarge` are the detector's own (see
    `PagePreprocess.Config`); at most so many `strips` are looked at, with 0 there is no look at small letters. Words,
    of a detector that knows them, are those of the first two looks.
    """
    height, width = image.shape[:2]
    scale = min(longest / max(height, width), enlarge)
    first = look(image, longest)
    coarse = look(image, max(longest // _COARSE, 32))
    seen = _with_large(first, coarse, scale)
    words = first.words
    if words is not None and coarse.words is not None:
        found = merge(_with_large(words, coarse.words, scale))
        words = replace(words, quads=found[0], scores=found[1])
    if strips:
        seen += _finer(look, image, longest, _Seen(*merge(seen), scale), strips)
    quads, scores = merge(seen)
    return replace(first, quads=quads, scores=scores, words=words)


def _with_large(first: Detection, coarse: Detection, scale: float) -> list[_Seen]:
    """What the first look saw, and what of the coarse one was too large for it."""
    thick = np.minimum(height_of(coarse.quads), side_lengths(coarse.quads)[:, 0])  # a line may run upwards
    large = thick * scale > _TOO_TALL
    few = _Seen(coarse.quads[large], coarse.scores[large], scale / _COARSE)
    return [_Seen(first.quads, first.scores, scale), few]


def merge(seen: Sequence[_Seen]) -> tuple[Quads, np.ndarray]:
    """The quads and scores of several looks at one page, each text once. What one look found itself stays as it is.

    Of two that lie on each other the better one counts: by its score, and less if the look saw it too small or too
    large. Two on one line, of one height, that overlap are joined. A quad with only small parts covered by better ones
    takes their place: they are strokes of its letters. A quad around several lower ones that were seen well goes: it
    merged them.
    """
    if sum(len(s.quads) for s in seen[1:]) == 0:
        return seen[0].quads, seen[0].scores
    quads = np.concatenate([s.quads for s in seen])
    scores = np.concatenate([s.scores for s in seen])
    looks = np.concatenate([np.full(len(s.quads), k) for k, s in enumerate(seen)])
    scales = np.concatenate([np.full(len(s.quads), s.scale) for s in seen])
    heights, areas = height_of(quads), np.abs(signed_area(quads))
    seen_as = heights * scales
    trust = scores * np.minimum(1, np.minimum(seen_as / LOW, HIGH / np.maximum(seen_as, 1e-6)))
    shared = _shared(quads, looks)
    kept: list[int] = []
    for i in np.argsort(-trust, kind="stable").tolist():
        others = [j for j, s in shared[i].items() if s > _SAME * min(areas[i], areas[j])]
        lower = [j for j in others if heights[j] < _LOWER * heights[i] and trust[j] > 0.5]
        if len(lower) > 1 and sum(shared[i][j] for j in lower) > _WHOLE * areas[i]:
            continue
        mates = [j for j in shared[i] if j in kept and _one_line(quads[i], quads[j])]
        over = [j for j in others if j in kept]
        if mates:
            j = max(mates, key=shared[i].__getitem__)
            quads[j] = _joined(quads[j], quads[i])
        elif not over:
            kept.append(i)
        elif sum(shared[i][j] for j in over) < _WHOLE * areas[i]:
            kept = [j for j in kept if j not in over] + [i]
    kept.sort()
    return quads[kept], scores[kept]


def _shared(quads: Quads, looks: np.ndarray) -> list[dict[int, float]]:
    """Of every quad those of other looks that overlap it, and the area in common."""
    low, high = quads.min(1), quads.max(1)
    shared: list[dict[int, float]] = [{} for _ in quads]
    for i in range(len(quads)):
        near = (looks > looks[i]) & (low <= high[i]).all(1) & (low[i] <= high).all(1)
        for j in np.flatnonzero(near).tolist():
            if common := _common(quads[i], quads[j]):
                shared[i][j] = shared[j][i] = common
    return shared


def _finer(look: Look, image: np.ndarray, longest: int, first: _Seen, most: int) -> Iterator[_Seen]:
    """Looks at strips of a page in which there may be small letters, as long as they find any."""
    if first.scale >= 1:
        return
    heights = height_of(first.quads) * first.scale
    small = heights < LOW
    if small.any():
        scale = min(first.scale * _GOOD / float(np.median(heights[small])), 1.0)
    elif first.scale < _MUCH_SMALLER:
        scale = min(first.scale * _FINER, 1.0)
    else:
        return
    bands = strips_of(image.shape[0], image.shape[1] * scale, longest, scale)
    wanted = _wanted(image, first, bands)
    for done, (top, bottom) in enumerate(wanted[:most]):
        part = image[top:bottom]
        found = look(part, round(max(part.shape[:2]) * scale))
        found_here = _whole(found, top, bottom, image.shape[0], 2 / scale)
        if len(found_here.quads):
            yield replace(found_here, scale=scale)
        if not done and not small.any() and not (height_of(found.quads) * first.scale < LOW).any():
            return  # the strip with most detail has no small letters: it is a picture of something


def strips_of(height: int, width: float, longest: int, scale: float) -> list[tuple[int, int]]:
    """First and last row of strips that cover a page of `height` rows; scaled, it is `width` pixels wide, and a strip
    has as many pixels as a square of `longest`. Strips overlap by a fifth.
    """
    tall = min(max(round(longest**2 / width / scale), 64), height)
    step = max(round(tall * (1 - _OVERLAP)), 1)
    count = 1 + math.ceil((height - tall) / step)
    starts = np.linspace(0, height - tall, count).round().astype(int).tolist()
    return [(a, a + tall) for a in starts]


def _wanted(image: np.ndarray, first: _Seen, bands: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The strips with small letters, or with detail that the first look can't have seen; most of it first."""
    lost = lost_detail(image, first)
    heights = height_of(first.quads) * first.scale
    small = first.quads[heights < LOW]
    found = []
    for top, bottom in bands:
        a, b = round(top * first.scale), round(bottom * first.scale)
        share = float(lost[a:b].mean()) if b > a else 0.0
        levels = small.mean(1)[:, 1] if len(small) else np.zeros(0)
        letters = int(((levels >= top) & (levels < bottom)).sum())
        if letters or share > _SHARE:
            found.append((letters, share, top, bottom))
    return [(top, bottom) for _, _, top, bottom in sorted(found, reverse=True)]


def lost_detail(image: np.ndarray, first: _Seen) -> np.ndarray:
    """Where scaling a page (H W 3) took away detail outside of the text that was found: h w bool, scaled."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    height, width = grey.shape
    size = (max(round(width * first.scale), 1), max(round(height * first.scale), 1))
    back = cv2.resize(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), (width, height))
    steps = (cv2.absdiff(grey, back) > _STEP).astype(np.float32)
    lost = cv2.resize(steps, size, interpolation=cv2.INTER_AREA) > _LOST
    # An edge of something large loses detail as well, in a line of one pixel or two.
    mask = cv2.morphologyEx(lost.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    for quad in first.quads[height_of(first.quads) * first.scale >= LOW]:
        cv2.fillPoly(mask, [np.rint(quad * first.scale).astype(np.int32)], 0)
    return mask.astype(bool)


def _whole(found: Detection, top: int, bottom: int, height: int, margin: float) -> _Seen:
    """What was found in a strip, in pixels of the page; without what its edge cuts, which the next strip has whole."""
    low, high = found.quads[..., 1].min(1, initial=np.inf), found.quads[..., 1].max(1, initial=-np.inf)
    cut = ((low < margin) & (top > 0)) | ((high > bottom - top - 1 - margin) & (bottom < height))
    short = high - low < _OVERLAP * (bottom - top)
    keep = ~(cut & short)
    return _Seen(found.quads[keep] + (0, top), found.scores[keep], 1.0)


def _common(a: Quad, b: Quad) -> float:
    """Area that two quads have in common."""
    return float(cv2.intersectConvexConvex(a.astype(np.float32), b.astype(np.float32))[0])


def _one_line(a: Quad, b: Quad) -> bool:
    """Whether two quads have one height and one direction, and the middle of one lies on the axis of the other."""
    heights = sorted((float(height_of(a)), float(height_of(b))))
    if heights[1] > 1.6 * heights[0]:
        return False
    u, v = (a[1] - a[0]) + (a[2] - a[3]), (b[1] - b[0]) + (b[2] - b[3])
    u, v = u / max(float(np.hypot(*u)), 1e-9), v / max(float(np.hypot(*v)), 1e-9)
    step = b.mean(0) - a.mean(0)
    aside = abs(float(step[1] * u[0] - step[0] * u[1]))
    return float(u @ v) > 0.985 and aside < 0.3 * heights[0]


def _joined(a: Quad, b: Quad) -> Quad:
    """The quad around two of one line, in the direction of the first."""
    around = min_area_quad(np.concatenate([a, b]))
    turns = [np.roll(around, -k, 0) for k in range(4)]
    side = a[1] - a[0]
    return max(turns, key=lambda q: float((q[1] - q[0]) @ side))

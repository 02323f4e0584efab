"""Training-time distortions of a page with its quads: one warp to the training crop, words from other pages, colour.

Sizes and angles are those of OpenOCR's DB training: rotation by up to 10 degrees, scale 0.5 to 3, crops of 640 x 640.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from chuviet import config
from chuviet.data.colour import vary_colour
from chuviet.labels import LabelledPage

#: A quad of which less than this share lies in the crop is a part of a word: neither text nor background.
WHOLE = 0.95
_TRIES = 12  # crops looked at


class PageAugment:
    """A page -> a square crop of it. Same generator, same result."""

    @dataclass(frozen=True, kw_only=True)
    class Config(config.Config):
        size: int = 640  # side of the crop in pixels
        rotate: float = 10.0  # degrees, at most
        scale: tuple[float, float] = (0.5, 3.0)
        stretch: float = 0.2  # change of width against height, at most
        flip: float = 0.0  # probability of the mirror image; text is not read backwards
        empty: float = 0.05  # probability that the crop is taken anywhere, text or not
        quarter: float = 0.0  # probability that the page is turned by 90, 180 or 270 degrees first
        copy_paste: float = 0.2  # probability that words of another page are put between the words
        colour: float = 0.25  # change of brightness, contrast and of each channel
        blur: float = 0.15  # probability
        noise: float = 0.2  # probability

        def build(self) -> PageAugment:
            return PageAugment(self)

    def __init__(self, cfg: PageAugment.Config) -> None:
        self.cfg = cfg

    def __call__(
        self, page: LabelledPage, rng: np.random.Generator, other: Callable[[], LabelledPage] | None = None
    ) -> LabelledPage:
        """`page` with its image. Words cut by the crop's edge become don't-care, those outside are left out; what is
        seen of a line is a line. `other` gives another page, with its image, to copy words from.
        """
        cfg = self.cfg
        assert page.image is not None
        if other is not None and rng.random() < cfg.copy_paste and page.kind != "both":
            page = paste_words(page, other(), rng)
        assert page.image is not None
        matrix = self._matrix(page, rng)
        whole = page.taken(page.rows("words")) if page.kind == "both" else page
        corner = self._corner(_move(whole.quads, matrix), whole.ignore, page.image.shape, matrix, rng)
        matrix = np.array([[1, 0, -corner[0]], [0, 1, -corner[1]], [0, 0, 1]]) @ matrix
        border = tuple(int(v) for v in rng.integers(0, 256, 3))
        image = cv2.warpAffine(
            page.image, matrix[:2], (cfg.size, cfg.size), flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT, borderValue=border,
        )  # fmt: skip
        found = in_window(_moved(page, matrix), cfg.size, cfg.size)
        if rng.random() < cfg.flip:
            image, found = np.ascontiguousarray(image[:, ::-1]), _mirrored(found, cfg.size)
        return replace(found, image=vary_colour(image, rng, cfg.colour, cfg.noise, cfg.blur, 24), meta={})

    def _matrix(self, page: LabelledPage, rng: np.random.Generator) -> np.ndarray:
        """3 3: turns, scales and stretches. The scale is drawn on a logarithmic axis."""
        cfg = self.cfg
        turned = 90.0 * int(rng.integers(1, 4)) if cfg.quarter and rng.random() < cfg.quarter else 0.0
        angle = np.deg2rad(turned + rng.uniform(-cfg.rotate, cfg.rotate))
        scale = np.exp(rng.uniform(*np.log(cfg.scale)))
        stretch = np.exp(rng.uniform(-1, 1) * np.log1p(cfg.stretch) / 2)
        cos, sin = np.cos(angle) * scale, np.sin(angle) * scale
        return np.array([[cos * stretch, -sin / stretch, 0], [sin * stretch, cos / stretch, 0], [0, 0, 1]])

    def _corner(
        self,
        quads: np.ndarray,
        ignore: np.ndarray,
        shape: tuple[int, ...],
        matrix: np.ndarray,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Top left of the crop: of some places that hold a word, the one that cuts the fewest."""
        size, (h, w) = self.cfg.size, shape[:2]
        outline = _move(np.array([[(0, 0), (w, 0), (w, h), (0, h)]], np.float64), matrix)[0]
        low, high = outline.min(0), outline.max(0)
        room = np.maximum(high - low - size, 0)
        slack = np.maximum(size - (high - low), 0)  # a page smaller than the crop lies anywhere in it
        anywhere = low + rng.uniform(0, 1, (_TRIES, 2)) * room - rng.uniform(0, 1, (_TRIES, 2)) * slack
        words = quads[~ignore]
        if not len(words) or rng.random() < self.cfg.empty:
            return anywhere[0]
        centres = words.mean(1)[rng.integers(len(words), size=_TRIES // 2)]
        around = centres - rng.uniform(0.1, 0.9, (_TRIES // 2, 2)) * size
        corners = np.concatenate((np.clip(around, low - slack, low + room), anywhere[: _TRIES - _TRIES // 2]))
        inside, touching = _whole_and_touching(words, corners, size)
        score = np.where(inside > 0, inside - 2.0 * (touching - inside), -np.inf) + rng.uniform(0, 0.5, len(corners))
        return corners[int(np.argmax(score))] if np.isfinite(score).any() else corners[0]


def in_window(page: LabelledPage, width: int, height: int) -> LabelledPage:
    """The page with the quads that reach into a window at 0, 0. Those that the edge cuts are don't-care, but lines."""
    if not len(page.quads):
        return page
    low, high = page.quads.min(1), page.quads.max(1)
    seen = np.clip(np.minimum(high, (width, height)) - np.maximum(low, 0), 0, None).prod(1)
    share = seen / np.maximum((high - low).prod(1), 1e-6)
    lines = page.rows("lines")
    cut = (share < WHOLE) & ~lines
    return replace(page, ignore=page.ignore | cut).taken(np.where(lines, seen > 0, share > 0.02))


def paste_words(page: LabelledPage, other: LabelledPage, rng: np.random.Generator, most: int = 6) -> LabelledPage:
    """`page` with upright pieces of `other`, each around one word that stands free, put where no text is."""
    assert page.image is not None and other.image is not None
    image, quads, texts, ignore = page.image.copy(), list(page.quads), list(page.texts), list(page.ignore)
    h, w = image.shape[:2]
    boxes, theirs = (np.concatenate((p.quads.min(1), p.quads.max(1)), axis=1) for p in (page, other))
    alone = [_apart(np.delete(theirs, k, 0), *theirs[k]).all() for k in range(len(theirs))]
    for k in rng.permutation(np.flatnonzero(~other.ignore & np.array(alone, bool)))[:most]:
        quad = other.quads[k]
        low = np.maximum(np.floor(quad.min(0)).astype(int) - 2, 0)
        high = np.minimum(np.ceil(quad.max(0)).astype(int) + 3, other.image.shape[1::-1])
        size = high - low
        if (size < 8).any() or size[0] >= w or size[1] >= h:
            continue
        x, y = int(rng.integers(0, w - size[0])), int(rng.integers(0, h - size[1]))
        if not _apart(boxes, x, y, x + size[0], y + size[1]).all():
            continue
        boxes = np.concatenate((boxes, [(x, y, x + size[0], y + size[1])]))
        image[y : y + size[1], x : x + size[0]] = other.image[low[1] : high[1], low[0] : high[0]]
        quads.append(quad - low + (x, y))
        texts.append(other.texts[k])
        ignore.append(False)
    return replace(
        page, image=image, quads=np.array(quads).reshape(-1, 4, 2), texts=texts, ignore=np.array(ignore, bool),
        outlines=None if page.outlines is None else page.outlines + [None] * (len(quads) - len(page.quads)),
    )  # fmt: skip


def _apart(boxes: np.ndarray, x0: float, y0: float, x1: float, y1: float) -> np.ndarray:
    """Which of the boxes (K 4: left, top, right, bottom) do not touch the given one, 3 pixels around it included."""
    left, top, right, bottom = boxes.T
    return (left > x1 + 3) | (right < x0 - 3) | (top > y1 + 3) | (bottom < y0 - 3)


def _move(quads: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    return quads @ matrix[:2, :2].T + matrix[:2, 2]


def _moved(page: LabelledPage, matrix: np.ndarray) -> LabelledPage:
    """The page's quads and outlines by a 3 3 matrix."""
    outlines = None
    if page.outlines is not None:
        outlines = [None if line is None else _move(line, matrix) for line in page.outlines]
    return replace(page, quads=_move(page.quads, matrix), outlines=outlines)


def _mirrored(page: LabelledPage, width: int) -> LabelledPage:
    """The page's quads and outlines in the mirror image of `width` pixels."""
    mirror = np.array([[-1.0, 0, width - 1], [0, 1, 0], [0, 0, 1]])
    moved = _moved(page, mirror)
    outlines = None if moved.outlines is None else [None if o is None else o[::-1] for o in moved.outlines]
    return replace(moved, quads=moved.quads[:, [1, 0, 3, 2]], outlines=outlines)


def _whole_and_touching(quads: np.ndarray, corners: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """How many quads (K) lie wholly in each window (M), and how many touch it."""
    low, high = quads.min(1)[None] - corners[:, None], quads.max(1)[None] - corners[:, None]  # M K 2
    inside = ((low >= 0) & (high <= size)).all(-1).sum(1)
    touching = ((high > 0) & (low < size)).all(-1).sum(1)
    return inside, touching

"""What a detector of lines and words learns: two maps of shrunk text, each with the places where it is not judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import shapely

from chuviet import config
from chuviet.data.targets_db import fill
from chuviet.geometry import height_of, side_lengths
from chuviet.labels import LabelledPage
from chuviet.polygons import grow, polygons


class LineWordTargets:
    """A labelled page -> uint8 maps H W: "lines", "lines_mask", "words", "words_mask".

    Text is shrunk as DB does it (`chuviet.data.targets_db`), along its outline where it has one. A mask is 0 in
    don't-care regions, in text that is too low to be learnt, and everywhere on a page without labels of that kind.
    """

    @dataclass(frozen=True, kw_only=True)
    class Config(config.Config):
        shrink: float = 0.6  # of lines: at 0.4 long ones would be a pixel or two high
        shrink_words: float = 0.4  # words stand closer to each other along the line
        smallest: float = 6.0  # pixels: lower texts are neither text nor background

        def build(self) -> LineWordTargets:
            return LineWordTargets(self)

    def __init__(self, cfg: LineWordTargets.Config) -> None:
        self.cfg = cfg

    def __call__(self, page: LabelledPage, shape: tuple[int, int]) -> dict[str, np.ndarray]:
        """`page`: quads and outlines in pixels of an image of `shape` (H, W)."""
        maps: dict[str, np.ndarray] = {}
        kinds: tuple[Literal["lines", "words"], ...] = ("lines", "words")
        for kind in kinds:
            known = page.kind in (kind, "both")
            shrink = self.cfg.shrink if kind == "lines" else self.cfg.shrink_words
            found = self._maps(page.taken(page.rows(kind)), shape, shrink) if known else _nothing(shape)
            maps[kind], maps[f"{kind}_mask"] = found
        return maps

    def _maps(self, page: LabelledPage, shape: tuple[int, int], shrink: float) -> tuple[np.ndarray, np.ndarray]:
        """The shrunk text of all quads of the page, and the mask."""
        text, mask = np.zeros(shape, np.uint8), np.ones(shape, np.uint8)
        if not len(page.quads):
            return text, mask
        shapes = outlines_of(page)
        around = np.maximum(shapely.length(shapes), 1e-6)
        distance = shapely.area(shapes) * (1 - shrink**2) / around
        inner, owner = grow(shapes, -distance)
        small = np.minimum(height_of(page.quads), side_lengths(page.quads)[:, 0]) < self.cfg.smallest
        learnt = ~(page.ignore | small) & np.isin(np.arange(len(page.quads)), owner)
        for quad in page.quads[~learnt]:
            cv2.fillPoly(mask, [np.rint(quad).astype(np.int32)], 0)
        fill(text, inner[learnt[owner]])
        mask |= text  # a don't-care region does not hide the text beside it
        return text, mask


def outlines_of(page: LabelledPage) -> np.ndarray:
    """The polygon of each of the page's K texts: its outline, else its quad."""
    shapes = polygons(page.quads)
    for i, outline in enumerate(page.outlines or ()):
        if outline is not None:
            shape = shapely.make_valid(shapely.polygons(outline), method="structure", keep_collapsed=False)
            shapes[i] = shape if shape.area > 0 else shapes[i]
    return shapes


def _nothing(shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    return np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)

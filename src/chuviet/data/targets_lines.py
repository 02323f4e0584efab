"""What a detector of lines and words learns: two maps of shrunk text, each with the places where it is not judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from chuviet import config
from chuviet.data.targets_db import fill
from chuviet.geometry import Quads, height_of, side_lengths
from chuviet.labels import LabelledPage
from chuviet.polygons import grow, polygons


class LineWordTargets:
    """A labelled page -> maps H W: "lines", "lines_mask", "lines_weight", "words", "words_mask", "words_weight".

    Text is shrunk as DB does it (`chuviet.data.targets_db`), along its outline where it has one. A mask is 0 in
    don't-care regions, in text that is too small to be learnt, and everywhere on a page without labels of that kind.
    The weights (float32; uint8 the others) are 1 outside of text, but for the gaps between lines of a row.
    """

    @dataclass(frozen=True, kw_only=True)
    class Config(config.Config):
        shrink: float = 0.6  # of lines: at 0.4 long ones would be a pixel or two high
        shrink_words: float = 0.4  # words stand closer to each other along the line
        smallest: float = 6.0  # pixels: lower texts are neither text nor background
        narrowest: float = 2.0  # pixels: nor are narrower ones; a "1" is narrow and still legible
        # Weight of a text's pixels: (400 / its shrunk area) ** small, 1 to 8. At 0 a digit that stands alone weighs a
        # hundredth of a line; at 1 as much.
        small: float = 0.0
        # Weight of what lies between two lines of a row: a gap is few pixels, and decides whether two labels of a
        # receipt are found as one.
        between: float = 1.0

        def build(self) -> LineWordTargets:
            return LineWordTargets(self)

    def __init__(self, cfg: LineWordTargets.Config) -> None:
        self.cfg = cfg

    def __call__(self, page: LabelledPage, shape: tuple[int, int]) -> dict[str, np.ndarray]:
        """`page`: quads and outlines in pixels of an image of `shape` (H, W)."""
        maps: dict[str, np.ndarray] = {}
        kinds: tuple[Literal["lines", "words"], ...] = ("lines", "words")
        for kind in kinds:
            text, weight = np.zeros(shape, np.uint8), np.ones(shape, np.float32)
            mask = np.full(shape, page.kind in (kind, "both"), np.uint8)
            if mask.any():
                shrink = self.cfg.shrink if kind == "lines" else self.cfg.shrink_words
                rows = page.taken(page.rows(kind))
                if kind == "lines" and self.cfg.between != 1:
                    for gap in gaps_between(rows.quads[~rows.ignore]):
                        cv2.fillPoly(weight, [np.rint(gap).astype(np.int32)], self.cfg.between)
                self._draw(rows, shrink, text, mask, weight)
            maps |= {kind: text, f"{kind}_mask": mask, f"{kind}_weight": weight}
        return maps

    def _draw(self, page: LabelledPage, shrink: float, text: np.ndarray, mask: np.ndarray, weight: np.ndarray) -> None:
        """Draws the shrunk text of all quads of the page into the three maps (H W) of one kind."""
        import shapely  # of the extra `train`: configs are read without it

        if not len(page.quads):
            return
        shapes = outlines_of(page)
        around = np.maximum(shapely.length(shapes), 1e-6)
        distance = shapely.area(shapes) * (1 - shrink**2) / around
        inner, owner = grow(shapes, -distance)
        low = height_of(page.quads) < self.cfg.smallest
        low |= side_lengths(page.quads)[:, 0] < self.cfg.narrowest
        learnt = ~(page.ignore | low) & np.isin(np.arange(len(page.quads)), owner)
        for quad in page.quads[~learnt]:
            cv2.fillPoly(mask, [np.rint(quad).astype(np.int32)], 0)
        inner = inner[learnt[owner]]
        fill(text, inner)
        area = np.maximum(shapely.area(inner), 1e-6)
        fill(weight, inner, np.clip((400 / area) ** self.cfg.small, 1, 8).astype(np.float32))
        mask |= text  # a don't-care region does not hide the text beside it


def gaps_between(quads: Quads, widest: float = 3.0) -> Quads:
    """What lies between each quad and the next one of its row, from the middle of the one's end to that of the other's
    start a quarter of a height inside both: G 4 2 of quads K 4 2 (corners from the start of the text, clockwise).

    The next one starts at most `widest` heights behind the end, and shares half of the lower one's height.
    """
    if len(quads) < 2:
        return np.zeros((0, 4, 2))
    high = height_of(quads)
    along = quads[:, 1] + quads[:, 2] - quads[:, 0] - quads[:, 3]
    along = along / np.maximum(np.linalg.norm(along, axis=1), 1e-6)[:, None]  # K 2
    across = np.stack((-along[:, 1], along[:, 0]), 1)
    ends, starts = quads[:, 1:3], quads[:, [0, 3]]  # K 2 2: above, below
    to = starts.mean(1)[None] - ends.mean(1)[:, None]  # K K 2: from the end of one to the start of the other
    ahead, aside = (to * along[:, None]).sum(2), np.abs((to * across[:, None]).sum(2))
    low = np.minimum(high[:, None], high[None])
    shared = (high[:, None] + high[None]) / 2 - aside
    near = (ahead > -low) & (ahead < widest * high[:, None]) & (shared > low / 2) & (along @ along.T > 0.9)
    np.fill_diagonal(near, False)
    first = np.where(near.any(1))[0]
    then = np.where(near, ahead, np.inf).argmin(1)[first]
    inside = 0.25 * high
    left = ends[first] - (along * inside[:, None])[first][:, None]
    right = starts[then] + (along * inside[:, None])[then][:, None]
    return np.stack((left[:, 0], right[:, 0], right[:, 1], left[:, 1]), 1)


def outlines_of(page: LabelledPage) -> np.ndarray:
    """The polygon of each of the page's K texts: its outline, else its quad."""
    import shapely  # of the extra `train`: configs are read without it

    shapes = polygons(page.quads)
    for i, outline in enumerate(page.outlines or ()):
        if outline is not None:
            shape = shapely.make_valid(shapely.polygons(outline), method="structure", keep_collapsed=False)
            shapes[i] = shape if shape.area > 0 else shapes[i]
    return shapes

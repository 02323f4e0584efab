"""From a photo or scan of a line to what a recogniser reads: ink on paper of one height, and its training-time
distortions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from chuviet import config
from chuviet.errors import InputError
from chuviet.preprocess.levels import count_levels, median_of_rows, percentile_of
from chuviet.preprocess.padding import pad, round_up

_LEVELS = np.arange(256, dtype=np.float32)
_WIDTH_STEP = 64  # batches come in few widths: memory is reused

# What tells ink from paper, at 32 px of height, in grey levels. Measured: the 1,838 handwritten lines have contrasts of
# 20 and more, 7.4 times the spread or more; grain has at most 5.6 times, and where JPEG at quality 25 has flattened it
# 7 times, or 20 times at contrasts below 13. 6,468 words that fill their crop have 1.5 times, but spreads above 1.9.
_BLANK_HEIGHT = 32
_LEAST_CONTRAST = 6.0
_CLEAR_CONTRAST = 13.0
_SPREADS_OF_INK = 6.8  # contrast of ink, in spreads, from `_CLEAR_CONTRAST` on
_SPREADS_OF_FAINT_INK = 25.0
_SPREADS_OF_CLEAR_INK = 10.0  # enough in any one channel: 98 of 100 handwritten lines have them in green
_SPREAD_OF_INK = 1.9
_LONG = 160  # px: in paper that is so wide, the rows' means differ by less than this share of all differences
_ROWS_OF_GRAIN = 0.2
_SPREAD_OF_GRAIN = 10.0


class LinePreprocess:
    """RGB line image -> grey image of a fixed height in which paper is 255 and ink is dark, whatever their colours
    were.

    Ink is measured as the distance from the local paper colour, in the channel where it is largest, so that blue
    ballpoint on lavender, pencil on white and black print become alike. Widths keep the aspect ratio unless `width` is
    set: then every image is padded with paper to it (and squeezed if longer), as networks with TensorFlow's "same"
    padding need. With `trim` the paper above and below the writing is cut away first, so that all writing is of one
    height, whatever its margins were.
    """

    @dataclass(frozen=True, kw_only=True)
    class Config(config.Config):
        height: int = 40
        width: int | None = None
        max_width: int = 1600
        min_width: int = 16
        normalize: bool = True
        trim: bool = False

        def __post_init__(self) -> None:
            config.check_ranges(
                self, height=(4, 1024), width=(1, 32768), max_width=(1, 32768), min_width=(1, 32768),
            )  # fmt: skip

        def build(self) -> LinePreprocess:
            return LinePreprocess(self)

    def __init__(self, cfg: LinePreprocess.Config) -> None:
        self.cfg = cfg

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """`image`: H W 3 uint8 RGB. Returns h w uint8. Raises InputError for another shape or type."""
        return self.resize(self.prepare(image))

    def prepare(self, image: np.ndarray) -> np.ndarray:
        """H W 3 uint8 RGB -> h W uint8 at the same width (and height, without `trim`), paper 255, ink dark."""
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or min(image.shape[:2]) < 2:
            raise InputError(f"a line image must be H x W x 3 uint8 and 2 px or more, not {image.shape} {image.dtype}")
        grey = separate_ink(image) if self.cfg.normalize else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        return trim_rows(grey) if self.cfg.trim else grey

    def resize(self, grey: np.ndarray) -> np.ndarray:
        """H W uint8 -> h w uint8 with the configured height; see the class for the width."""
        cfg = self.cfg
        h, w = grey.shape
        limit = cfg.width or cfg.max_width
        new = min(max(round(w * cfg.height / h), cfg.min_width), limit)
        shrinks = cfg.height < h or new < w
        out = cv2.resize(grey, (new, cfg.height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
        if cfg.width and new < cfg.width:
            out = np.pad(out, ((0, 0), (0, cfg.width - new)), constant_values=255)
        return out

    def out_width(self, height: int, width: int) -> int:
        """Width in pixels that an image of `height` x `width` gets, padding left out."""
        limit = self.cfg.width or self.cfg.max_width
        return min(max(round(width * self.cfg.height / height), self.cfg.min_width), limit)

    def collate(self, images: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Resized h w images -> (N 1 h W float32 with ink 1 and paper 0, W a multiple of 64; widths N, int64)."""
        widths = [im.shape[1] for im in images]
        canvas = pad(images, images[0].shape[0], round_up(max(widths), _WIDTH_STEP), 255)[:, None]
        return (255 - canvas).astype(np.float32) / np.float32(255), np.array(widths, np.int64)


def separate_ink(image: np.ndarray) -> np.ndarray:
    """Distance of every pixel from the local paper colour, stretched: 255 paper, 0 the darkest ink. H W 3 uint8 -> H W
    uint8.

    Light writing on dark ground is inverted first. A blank image stays blank: noise under 24 grey levels is not
    stretched.
    """
    grey = count_levels(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[::2, ::2])
    low, middle, high = (percentile_of(grey, percent, _LEVELS.astype(np.float64)) for percent in (1, 50, 99))
    if middle - low < 0.5 * (high - middle):
        image = 255 - image
    h, w = image.shape[:2]
    small = cv2.resize(image, (max(w // 4, 1), max(h // 4, 1)), interpolation=cv2.INTER_AREA)
    paper = cv2.blur(cv2.dilate(small, np.ones((9, 9), np.uint8)), (9, 9), borderType=cv2.BORDER_REPLICATE)
    paper = cv2.resize(paper, (w, h), interpolation=cv2.INTER_LINEAR)
    red, green, blue = cv2.split(cv2.subtract(paper, image))
    distance = cv2.max(cv2.max(red, green), blue)
    # All that follows depends on a pixel's distance alone: it is computed for the 256 there are.
    noise = float(percentile_of(count_levels(distance[::2, ::2]), 50, _LEVELS))
    # The lightest paper nearby lies above the mean paper by the paper's grain.
    ink = np.maximum(_LEVELS - 1.5 * noise, 0)
    strongest = max(float(percentile_of(count_levels(distance), 99, ink)), 24.0)
    return cv2.LUT(distance, (255.0 - np.minimum(ink * (255.0 / strongest), 255.0)).astype(np.uint8))


def is_blank(image: np.ndarray) -> bool:
    """Whether a line image, H W 3 uint8, holds no writing: paper with or without grain, shading or JPEG noise, plain
    black or white, or a level ruled line across all of it.

    Looks for strokes: differences between a pixel's surroundings and the wider ones that grain does not have. Most
    writing is clear in green alone, in a third of the time; else the colour channel with most differences decides.
    """
    contrast, spread = _contrast(_strokes(cv2.extractChannel(image, 1)))
    if contrast >= _CLEAR_CONTRAST and contrast >= _SPREADS_OF_CLEAR_INK * (spread + 0.3):
        return False
    strokes = _strokes(image)
    contrast, spread = _contrast(strokes)
    if contrast < _LEAST_CONTRAST:
        return True
    wanted = _SPREADS_OF_INK if contrast >= _CLEAR_CONTRAST else _SPREADS_OF_FAINT_INK
    if contrast >= wanted * (spread + 0.3):
        return False
    if spread < _SPREAD_OF_INK:
        return True
    is_even = strokes.shape[1] >= _LONG and strokes.mean(1).std() < _ROWS_OF_GRAIN * strokes.std()
    return bool(is_even) and spread < _SPREAD_OF_GRAIN


def _contrast(strokes: np.ndarray) -> tuple[float, float]:
    """The largest of the differences that `_strokes` gives, and their standard deviation, were they noise."""
    if strokes.shape[1] >= 4 * strokes.shape[0]:
        strokes = strokes - median_of_rows(strokes)  # a ruled line is the same along its row
    distances = np.abs(strokes - median_of_rows(strokes.reshape(1, -1)))
    return float(np.abs(strokes).max()), 1.4826 * float(median_of_rows(distances.reshape(1, -1))[0, 0])


def _strokes(image: np.ndarray) -> np.ndarray:
    """Differences between a pixel's surroundings (1 px) and the wider ones (6 px), the shorter side brought to 32 px:
    of one channel, or in the colour channel that has most of them. H W or H W 3 uint8 -> h w float32."""
    h, w = image.shape[:2]
    scale = _BLANK_HEIGHT / min(h, w)
    if scale < 1:
        size = (max(round(w * scale), 1), max(round(h * scale), 1))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    levels = image.astype(np.float32)
    near = cv2.GaussianBlur(levels, (7, 7), 1.0, borderType=cv2.BORDER_REPLICATE)
    wide = cv2.GaussianBlur(levels, (37, 37), 6.0, borderType=cv2.BORDER_REPLICATE)
    differences = cv2.subtract(near, wide)
    if differences.ndim == 2:
        return differences
    return differences[:, :, int(np.argmax(cv2.meanStdDev(differences)[1]))]


def trim_rows(grey: np.ndarray) -> np.ndarray:
    """The rows of a line (H W uint8, paper 255) that hold 99 % of its ink, and 4 % of its height above and below; never
    fewer than half of all rows, so that a dash is not blown up.
    """
    height = len(grey)
    levels = cv2.reduce(grey, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel()
    ink = np.cumsum(255 * grey.shape[1] - levels.astype(np.int64))
    if not ink[-1]:
        return grey
    top, bottom = np.searchsorted(ink, (0.005 * ink[-1], 0.995 * ink[-1])).tolist()
    margin, least = round(0.04 * height), -(-height // 2)
    top, bottom = max(top - margin, 0), min(bottom + 1 + margin, height)
    if bottom - top < least:
        top = min(max((top + bottom - least) // 2, 0), height - least)
        bottom = top + least
    return grey[top:bottom]

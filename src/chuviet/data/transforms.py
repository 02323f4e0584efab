"""From a photo or scan of a line to what a recogniser reads: ink on paper of one height, and its training-time
distortions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from chuviet import config
from chuviet.types import InputError

_WIDTH_STEP = 64  # batches come in few widths: memory is reused


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

    def collate(self, images: Sequence[np.ndarray]) -> tuple[Tensor, Tensor]:
        """Resized h w images -> (N 1 h W float with ink 1 and paper 0, W a multiple of 64; widths N)."""
        widths = [im.shape[1] for im in images]
        full = -(-max(widths) // _WIDTH_STEP) * _WIDTH_STEP
        canvas = np.full((len(images), 1, images[0].shape[0], full), 255, np.uint8)
        for row, im in zip(canvas, images, strict=True):
            row[0, :, : im.shape[1]] = im
        return (255.0 - torch.from_numpy(canvas).float()) / 255.0, torch.tensor(widths)


def separate_ink(image: np.ndarray) -> np.ndarray:
    """Distance of every pixel from the local paper colour, stretched: 255 paper, 0 the darkest ink. H W 3 uint8 -> H W
    uint8.

    Light writing on dark ground is inverted first. A blank image stays blank: noise under 24 grey levels is not
    stretched.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    low, middle, high = np.percentile(grey[::2, ::2], (1, 50, 99))
    if middle - low < 0.5 * (high - middle):
        image = 255 - image
    h, w = image.shape[:2]
    small = cv2.resize(image, (max(w // 4, 1), max(h // 4, 1)), interpolation=cv2.INTER_AREA)
    paper = cv2.blur(cv2.dilate(small, np.ones((9, 9), np.uint8)), (9, 9), borderType=cv2.BORDER_REPLICATE)
    paper = cv2.resize(paper, (w, h), interpolation=cv2.INTER_LINEAR)
    red, green, blue = cv2.split(cv2.subtract(paper, image))
    distance = cv2.max(cv2.max(red, green), blue).astype(np.float32)
    noise = float(
        np.median(distance[::2, ::2])
    )  # the lightest paper nearby lies above the mean paper by the paper's grain
    distance = np.maximum(distance - 1.5 * noise, 0)
    strongest = max(float(np.percentile(distance, 99)), 24.0)
    return (255.0 - np.minimum(distance * (255.0 / strongest), 255.0)).astype(np.uint8)


def trim_rows(grey: np.ndarray) -> np.ndarray:
    """The rows of a line (H W uint8, paper 255) that hold 99 % of its ink, and 4 % of its height above and below; never
    fewer than half of all rows, so that a dash is not blown up.
    """
    height = len(grey)
    ink = np.cumsum((255 - grey).sum(1, dtype=np.int64))
    if not ink[-1]:
        return grey
    top, bottom = np.searchsorted(ink, (0.005 * ink[-1], 0.995 * ink[-1])).tolist()
    margin, least = round(0.04 * height), -(-height // 2)
    top, bottom = max(top - margin, 0), min(bottom + 1 + margin, height)
    if bottom - top < least:
        top = min(max((top + bottom - least) // 2, 0), height - least)
        bottom = top + least
    return grey[top:bottom]


class LineAugment:
    """Training-time distortions of one separated line (H W uint8, paper 255), before it is resized. Same generator,
    same result.
    """

    @dataclass(frozen=True, kw_only=True)
    class Config(config.Config):
        p: float = 0.9  # probability of each family below being considered at all
        rotate: float = 1.5  # degrees
        shear: float = 0.35  # horizontal, as a tangent
        stretch: float = 0.2  # relative change of the width
        scale: float = 0.15  # relative change of the writing's size inside the line
        shift: float = 0.10  # of the height
        elastic: float = 3.0  # pixels at height 64
        stroke: float = 0.5  # probability of a thinner or thicker pen
        noise: float = 0.5  # probability of blur, grain or faded ink
        rule: float = 0.1  # probability of a ruled line through the text
        erase: float = 0.15  # probability of small erased spots

        def build(self) -> LineAugment:
            return LineAugment(self)

    def __init__(self, cfg: LineAugment.Config) -> None:
        self.cfg = cfg

    def __call__(self, grey: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        sx, sy = self.scales(rng)
        if not sx:
            return grey
        grey = self._geometry(grey, sx, sy, rng)
        if rng.random() < self.cfg.stroke:
            grey = _stroke(grey, rng)
        if rng.random() < self.cfg.rule:
            grey = _rule(grey, rng)
        if rng.random() < self.cfg.noise:
            grey = _noise(grey, rng)
        if rng.random() < self.cfg.erase:
            grey = _erase(grey, rng)
        return grey

    def scales(self, rng: np.random.Generator) -> tuple[float, float]:
        """Width and height of the distorted writing over those of the given one; zeros where a line stays as it is.

        The first that a call draws: with the same generator, the width of its result is known before it is made.
        """
        cfg = self.cfg
        if rng.random() > cfg.p:
            return 0.0, 0.0
        sy = 1 + rng.uniform(-cfg.scale, cfg.scale)
        return sy * (1 + rng.uniform(-cfg.stretch, cfg.stretch)), sy

    def _geometry(self, grey: np.ndarray, sx: float, sy: float, rng: np.random.Generator) -> np.ndarray:
        cfg, (h, w) = self.cfg, grey.shape
        angle = np.deg2rad(rng.normal(0, cfg.rotate / 2)) * min(1.0, 12 * h / w)
        shear = rng.normal(0, cfg.shear / 2)
        new_w = max(round(w * sx), 8)
        matrix = np.array(
            [[sx * np.cos(angle), -shear * sy, 0], [sx * np.sin(angle), sy * np.cos(angle), 0]], np.float32
        )
        centre = matrix[:, :2] @ np.array([w / 2, h / 2], np.float32)
        matrix[:, 2] = (
            (new_w / 2, h / 2) - centre + rng.uniform(-cfg.shift, cfg.shift, 2).astype(np.float32) * (h / 2, h)
        )
        if cfg.elastic <= 0 or rng.random() < 0.3:
            return cv2.warpAffine(grey, matrix, (new_w, h), flags=cv2.INTER_LINEAR, borderValue=255)
        inverse = cv2.invertAffineTransform(matrix)
        x, y = np.meshgrid(np.arange(new_w, dtype=np.float32), np.arange(h, dtype=np.float32))
        knots = (max(new_w // 24, 2), 3)
        field = rng.normal(0, cfg.elastic * h / 64, (2, knots[1], knots[0])).astype(np.float32) * rng.uniform(0, 1)
        dx, dy = (cv2.resize(f, (new_w, h), interpolation=cv2.INTER_LINEAR) for f in field)
        x, y = x + dx, y + dy
        map_x = inverse[0, 0] * x + inverse[0, 1] * y + inverse[0, 2]
        map_y = inverse[1, 0] * x + inverse[1, 1] * y + inverse[1, 2]
        args = (map_x.astype(np.float32), map_y.astype(np.float32), cv2.INTER_LINEAR)
        return cv2.remap(grey, *args, borderMode=cv2.BORDER_CONSTANT, borderValue=255)


def _stroke(grey: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    size = (2, 2) if rng.random() < 0.7 else (3, 3)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, size)
    thicker = rng.random() < 0.6
    changed = cv2.erode(grey, kernel) if thicker else cv2.dilate(grey, kernel)
    share = rng.uniform(0.3, 1.0) if thicker else rng.uniform(0.2, 0.6)
    return cv2.addWeighted(changed, share, grey, 1 - share, 0)


def _rule(grey: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    h, w = grey.shape
    out = grey.copy()
    y, slope = rng.uniform(0, h), rng.normal(0, 0.01) * h
    cv2.line(out, (0, int(y)), (w, int(y + slope)), int(rng.integers(80, 220)), int(rng.integers(1, 3)), cv2.LINE_AA)
    return np.minimum(out, grey)


def _noise(grey: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    out = grey
    if rng.random() < 0.4:
        out = cv2.GaussianBlur(out, (0, 0), rng.uniform(0.4, 1.3))
    if rng.random() < 0.5:  # faded or saturated ink: a gamma on the ink's strength
        ramp = (np.arange(256, dtype=np.float32) / 255) ** np.exp(rng.uniform(-0.7, 0.7))
        out = cv2.LUT(out, (ramp * 255).astype(np.uint8))
    if rng.random() < 0.5:
        grain = rng.integers(-24, 25, out.shape, dtype=np.int16)
        out = np.clip(out + (grain * rng.uniform(0.1, 1)).astype(np.int16), 0, 255).astype(np.uint8)
    return out


def _erase(grey: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    h, w = grey.shape
    out = grey.copy()
    for _ in range(int(rng.integers(1, 4))):
        y, x = int(rng.integers(0, h)), int(rng.integers(0, w))
        size = rng.integers(2, max(h // 5, 3), 2)
        out[y : y + size[0], x : x + size[1]] = 255
    if rng.random() < 0.3:  # the crop cut the top, the bottom or an end of the line
        cut = int(rng.integers(1, max(h // 10, 2)))
        out = out[cut:] if rng.random() < 0.5 else out[:-cut]
    return out

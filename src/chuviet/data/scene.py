"""Word and line crops of scenes, documents and captchas: what a recogniser sees of them in colour, and training-time
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
from chuviet.data.colour import vary_colour
from chuviet.types import InputError

_PADDING = 127  # the grey that becomes (nearly) zero


class ScenePreprocess:
    """RGB crop -> RGB of a fixed height with its aspect kept; grey padding on the right.

    With `width` all batches are that wide and longer crops are squeezed; without it a batch is as wide as its widest.
    """

    @dataclass(frozen=True, kw_only=True)
    class Config(config.Config):
        height: int = 48
        width: int | None = 320
        max_width: int = 1280
        min_width: int = 48
        turn: float = (
            1.5  # a crop this many times taller than wide holds text that runs upwards: turned to the right; 0: none
        )

        def build(self) -> ScenePreprocess:
            return ScenePreprocess(self)

    def __init__(self, cfg: ScenePreprocess.Config) -> None:
        self.cfg = cfg

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """H W 3 uint8 RGB -> h w 3 uint8. Raises InputError for another shape or type."""
        return self.resize(self.prepare(image))

    def prepare(self, image: np.ndarray) -> np.ndarray:
        """H W 3 uint8 RGB, checked, tall ones turned by 90 degrees."""
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or min(image.shape[:2]) < 2:
            raise InputError(f"a text crop must be H x W x 3 uint8 and 2 px or more, not {image.shape} {image.dtype}")
        return np.ascontiguousarray(np.rot90(image, -1)) if self._tall(*image.shape[:2]) else image

    def _tall(self, height: int, width: int) -> bool:
        return bool(self.cfg.turn) and height > self.cfg.turn * width

    def resize(self, image: np.ndarray) -> np.ndarray:
        """H W 3 -> h w 3, h as configured, w as `out_width` says."""
        h, w = image.shape[:2]
        new = self.out_width(h, w)
        shrinks = self.cfg.height < h or new < w
        return cv2.resize(image, (new, self.cfg.height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)

    def out_width(self, height: int, width: int) -> int:
        """Width in pixels that an image of `height` x `width` gets, padding left out."""
        if self._tall(height, width):
            height, width = width, height
        limit = self.cfg.width or self.cfg.max_width
        return min(max(round(width * self.cfg.height / height), self.cfg.min_width), limit)

    def collate(self, images: Sequence[np.ndarray]) -> tuple[Tensor, Tensor]:
        """Resized h w 3 images -> (N 3 h W float in -1..1, padding 0; widths N)."""
        widths = [im.shape[1] for im in images]
        full = self.cfg.width or -(-max(widths) // 32) * 32
        canvas = np.full((len(images), self.cfg.height, full, 3), _PADDING, np.uint8)
        for row, im in zip(canvas, images, strict=True):
            row[:, : im.shape[1]] = im
        pixels = torch.from_numpy(canvas).permute(0, 3, 1, 2).float()  # N H W 3 -> N 3 H W, channels last in memory
        return (pixels - _PADDING) / 128.0, torch.tensor(widths)


class SceneAugment:
    """Training-time distortions of one crop (H W 3 uint8 RGB). Same generator, same result. Nothing is mirrored."""

    @dataclass(frozen=True, kw_only=True)
    class Config(config.Config):
        p: float = 0.8  # probability that a crop is distorted at all
        perspective: float = 0.06  # of the height, how far corners move
        rotate: float = 4.0  # degrees
        crop: float = 0.06  # of the height, cut off at most at each side
        colour: float = 0.25  # change of brightness, contrast and of each channel
        blur: float = 0.25  # probability
        noise: float = 0.25  # probability
        invert: float = 0.1  # probability of the negative

        def build(self) -> SceneAugment:
            return SceneAugment(self)

    def __init__(self, cfg: SceneAugment.Config) -> None:
        self.cfg = cfg

    def __call__(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        cfg = self.cfg
        if rng.random() > cfg.p:
            return image
        image = self._geometry(image, rng)
        out = vary_colour(image, rng, cfg.colour, cfg.noise, cfg.blur, min(image.shape[0], 48))
        return 255 - out if rng.random() < cfg.invert else out

    def _geometry(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """A turn, a change of perspective and a cut, in one warp; what comes in from outside repeats the border."""
        cfg, (h, w) = self.cfg, image.shape[:2]
        corners = np.array([(0, 0), (w, 0), (w, h), (0, h)], np.float32)
        angle = np.deg2rad(np.clip(rng.normal(0, cfg.rotate / 2), -cfg.rotate, cfg.rotate)) * min(1.0, 3 * h / w)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]], np.float32)
        centre = np.array([w / 2, h / 2], np.float32)
        moved = (corners - centre) @ turn.T + centre
        moved += rng.uniform(-cfg.perspective, cfg.perspective, (4, 2)).astype(np.float32) * h
        inward = np.sign(centre - corners) * rng.uniform(-cfg.crop, cfg.crop, (1, 2)) * h
        matrix = cv2.getPerspectiveTransform((corners + inward).astype(np.float32), moved.astype(np.float32))
        return cv2.warpPerspective(image, matrix, (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)

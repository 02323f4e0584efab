"""Training-time distortions of word and line crops in colour."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from chuviet import config
from chuviet.data.colour import vary_colour


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

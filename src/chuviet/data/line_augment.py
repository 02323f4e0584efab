"""Training-time distortions of separated lines."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from chuviet import config


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

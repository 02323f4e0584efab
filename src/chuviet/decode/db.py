"""Quads from DBNet's probability map: threshold, outline of every region, mean probability, growing back.

https://arxiv.org/abs/1911.08947, section 3.5. The map holds text shrunk by D = area (1 - r^2) / perimeter; a
region is grown by area * unclip / perimeter. That gives a word of 120 x 30 pixels back as 113 x 23; the exact inverse
is there as well.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from torch import nn

from chuviet import config
from chuviet.geometry import order_quad
from chuviet.types import Batch, Detection, Output


class DBDecoder:
    """Probability maps -> Detections, in pixels of the original images."""

    @dataclass(frozen=True, kw_only=True)
    class Config(config.Config):
        threshold: float = 0.3  # of a pixel
        box_threshold: float = 0.6  # of the mean over a region
        unclip: float = 1.5  # 0: what undoes the shrinking of a rectangle exactly
        shrink: float = 0.4  # of the targets
        smallest: float = 5.0  # pixels of the network's input: lower text is none
        limit: int = 1000  # regions looked at in an image

        def build(self, charset: Any = None) -> DBDecoder:
            return DBDecoder(self)

    def __init__(self, cfg: DBDecoder.Config) -> None:
        self.cfg = cfg

    @torch.inference_mode()
    def __call__(self, model: nn.Module, batch: Batch, output: Output | None = None) -> list[Detection]:
        """`batch.shapes` says what part of each map is image, and how large the original was."""
        assert batch.shapes is not None
        logits = (model(batch) if output is None else output).logits[:, 0]
        maps = logits.float().sigmoid().cpu().numpy()
        found = []
        for row, shape, index in zip(maps, batch.shapes.tolist(), batch.index.tolist(), strict=True):
            h, w, height, width = shape
            quads, scores = self.regions(row[:h, :w])
            quads = quads * (width / w, height / h)
            found.append(Detection(index, np.clip(quads, 0, (width - 1, height - 1)), scores))
        return found

    def regions(self, probability: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """H W -> quads K 4 2 in its pixels, scores K."""
        cfg = self.cfg
        binary = (probability > cfg.threshold).astype(np.uint8)
        contours, _ = cv2.findContours(binary, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        quads, scores = [], []
        for contour in sorted(contours, key=len, reverse=True)[: cfg.limit]:
            points = contour.reshape(-1, 2)  # OpenCV 4 has an axis more
            centre, (w, h), angle = cv2.minAreaRect(points)
            score, area = _inside(probability, points)
            if score < cfg.box_threshold:
                continue
            edge = _edge(w, h, area)
            grown = edge + 2 * self._offset(w + edge, h + edge)  # both sides move
            if min(w, h) + grown < cfg.smallest:
                continue
            quads.append(order_quad(cv2.boxPoints((centre, (w + grown, h + grown), angle))))
            scores.append(score)
        return np.array(quads, np.float64).reshape(-1, 4, 2), np.array(scores, np.float64)

    def _offset(self, w: float, h: float) -> float:
        """Pixels that the sides of a w x h rectangle move outwards."""
        if self.cfg.unclip:
            return self.cfg.unclip * w * h / max(2 * (w + h), 1)
        # The rectangle whose sides, moved inwards by D = area * k / perimeter, are w x h: a quadratic equation in D.
        k = 1 - self.cfg.shrink**2
        a, b, c = 8 - 4 * k, 2 * (1 - k) * (w + h), -k * w * h
        return (math.sqrt(b * b - 4 * a * c) - b) / (2 * a)


def _inside(probability: np.ndarray, points: np.ndarray) -> tuple[float, int]:
    """Mean over the pixels in and on an outline (M 2, whole numbers), and how many they are."""
    low, high = points.min(0), points.max(0) + 1
    mask = np.zeros(high[::-1] - low[::-1], np.uint8)
    cv2.fillPoly(mask, [(points - low).astype(np.int32)], 1)
    window = probability[low[1] : high[1], low[0] : high[0]]
    return float(window[mask > 0].mean()), int(mask.sum())


def _edge(w: float, h: float, area: int) -> float:
    """By how much a region is wider and higher than the rectangle through its outermost pixels' centres: what makes
    the rectangle's area that of the pixels, 1 for an upright one, less for a turned one. Shrunk words are a few pixels
    high.
    """
    half = 0.5 * (w + h)
    return min(max(math.sqrt(max(half * half - w * h + area, 0)) - half, 0), 1)

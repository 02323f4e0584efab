"""Quads from DBNet's probability map: threshold, outline of every region, mean probability, growing back.

https://arxiv.org/abs/1911.08947, section 3.5. The map holds text shrunk by D = area (1 - r^2) / perimeter; a
region is grown by area * unclip / perimeter. That gives a word of 120 x 30 pixels back as 113 x 23; the exact inverse
is there as well.

For the inverse a region is the rectangle with its area and moments, which tell sizes to a part of a pixel: a word of
24 x 12 pixels or more comes back from its own targets with IoU > 0.9 at any angle but two. Where its sides run along
the pixels (0 and 45 degrees), a region of 18 x 6 pixels is that of any rectangle from 17 x 5 to 19 x 7: 0.8 at worst.
With the paper's constant `unclip` of 1.5 words come back too small; there the rectangle is that around all of a region,
its ragged ends too, which makes up for a part of that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from chuviet import config
from chuviet.geometry import order_quad, side_lengths, widened
from chuviet.results import Detection

_MOST_OF_WIDTH = 0.15  # of a line's margin at either end: a digit that stands alone is not made twice as wide
_LONG = 1.5  # times as wide as high: from there on moments tell a region's angle better than its outermost pixels


class DBDecoder:
    """Probability maps -> Detections, in pixels of the original images."""

    channels, cell = 1, 1  # of the maps, and pixels of the network's input that one of their cells stands for

    @dataclass(frozen=True, kw_only=True)
    class Config(config.Config):
        threshold: float = 0.3  # of a pixel
        box_threshold: float = 0.6  # of the mean over a region
        unclip: float = 1.5  # 0: what undoes the shrinking of a rectangle exactly
        shrink: float = 0.4  # of the targets
        smallest: float = 5.0  # pixels of the network's input: lower text is none
        limit: int = 1000  # regions looked at in an image

        def __post_init__(self) -> None:
            config.check_ranges(
                self, threshold=(0, 1), box_threshold=(0, 1), unclip=(0, 100), shrink=(0, 1),
                smallest=(0, 10_000), limit=(1, 100_000),
            )  # fmt: skip

        def build(self, charset: Any = None) -> DBDecoder:
            return DBDecoder(self)

    def __init__(self, cfg: DBDecoder.Config) -> None:
        self.cfg = cfg

    def __call__(self, logits: np.ndarray, shapes: Sequence[Sequence[int]]) -> list[Detection]:
        """N C H W logits, the first channel that of text -> what was found, `index` being the row. `shapes` (N 4) says
        what part of each map is image (height and width in pixels of the network's input), and how large the original
        was.
        """
        found = []
        for index, (row, (h, w, height, width)) in enumerate(zip(logits[:, 0], shapes, strict=True)):
            with np.errstate(over="ignore"):  # far below zero: a probability of 0
                probability = 1 / (1 + np.exp(-row[:h, :w]))
            quads, scores = self.regions(probability)
            quads = quads * (width / w, height / h)
            found.append(Detection(index, np.clip(quads, 0, (width - 1, height - 1)), scores))
        return found

    def regions(self, probability: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """H W -> quads K 4 2 in its pixels, scores K."""
        cfg = self.cfg
        binary = (probability > cfg.threshold).astype(np.uint8)
        contours, _ = cv2.findContours(binary, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        quads, scores = [], []
        for contour in sorted(contours, key=_size, reverse=True)[: cfg.limit]:
            points = contour.reshape(-1, 2)  # OpenCV 4 has an axis more
            score, region = _inside(probability, points)
            if score < cfg.box_threshold:
                continue
            centre, (w, h), angle = (_around if cfg.unclip else _rectangle)(region, points)
            grown = 2 * self._offset(w, h)  # both sides move
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


class LineWordDecoder:
    """Two probability maps, of lines and of words -> Detections of lines with `words`, in pixels of the original
    images.
    """

    channels, cell = 2, 1  # as above

    @dataclass(frozen=True, kw_only=True)
    class Config(config.Config):
        lines: DBDecoder.Config = DBDecoder.Config(threshold=0.5, box_threshold=0.6, unclip=0.0, shrink=0.6)
        words: DBDecoder.Config = DBDecoder.Config(threshold=0.5, box_threshold=0.6, unclip=0.0, shrink=0.4)
        # Shares of a line's height, at either end and above and below: what is found of faint ends and of marks and
        # descenders that stick out is too little.
        margin: tuple[float, float] = (0.0, 0.0)

        def __post_init__(self) -> None:
            config.check_ranges(
                self, margin=(-1, 10),
            )  # fmt: skip

        def build(self, charset: Any = None) -> LineWordDecoder:
            return LineWordDecoder(self)

    def __init__(self, cfg: LineWordDecoder.Config) -> None:
        self.lines, self.words, self.margin = cfg.lines.build(), cfg.words.build(), cfg.margin

    def __call__(self, logits: np.ndarray, shapes: Sequence[Sequence[int]]) -> list[Detection]:
        """N 2 H W logits and `shapes` as for `DBDecoder`."""
        lines, words = self.lines(logits, shapes), self.words(logits[:, 1:], shapes)
        return [
            replace(line, quads=self._widened(line.quads, shape[2:]), words=word)
            for line, word, shape in zip(lines, words, shapes, strict=True)
        ]

    def _widened(self, quads: np.ndarray, size: Sequence[int]) -> np.ndarray:
        """Lines (K 4 2) with their margin, inside an image of `size` (height, width); a column of letters is longer
        from its top to its bottom.
        """
        if not any(self.margin) or not len(quads):
            return quads
        sides = side_lengths(quads)
        upright = sides[:, 1] > 2 * sides[:, 0]
        turned = np.where(upright[:, None, None], np.roll(quads, 1, 1), quads)
        wide = widened(turned, *self.margin, most=_MOST_OF_WIDTH)
        wide = np.where(upright[:, None, None], np.roll(wide, -1, 1), wide)
        return np.clip(wide, 0, (size[1] - 1, size[0] - 1))


def _size(contour: np.ndarray) -> float:
    """About how many pixels are in and on an outline; its points are no measure, as an upright box has four."""
    return cv2.contourArea(contour) + 0.5 * cv2.arcLength(contour, True)


def _inside(probability: np.ndarray, points: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean over the pixels in and on an outline (M 2, whole numbers), and a mask of them from its top left on."""
    low, high = points.min(0), points.max(0) + 1
    mask = np.zeros(high[::-1] - low[::-1], np.uint8)
    cv2.fillPoly(mask, [(points - low).astype(np.int32)], 1)
    window = probability[low[1] : high[1], low[0] : high[0]]
    return float(window[mask > 0].mean()), mask


def _rectangle(mask: np.ndarray, points: np.ndarray) -> tuple[tuple[float, float], tuple[float, float], float]:
    """Centre, (width, height) and angle in degrees of the rectangle that has the area, the middle and the proportions
    (by second moments) of a region's pixels: exact for an upright one. `points` are its outline's.

    The rectangle through the outermost pixels hangs on the few that stick out: shrunk words are a few pixels high.
    """
    m = cv2.moments(mask, binaryImage=True)
    area = m["m00"]
    x, y = points.min(0)
    centre = (m["m10"] / area + float(x), m["m01"] / area + float(y))
    spread = np.array([(m["mu20"], m["mu11"]), (m["mu11"], m["mu02"])]) * (12 / area) + np.eye(2)  # of n pixels: n^2
    angle = 0.5 * math.atan2(2 * spread[0, 1], spread[0, 0] - spread[1, 1])
    w, h = _sides(spread, angle)
    if w < _LONG * h:  # moments of a square have no direction
        angle = math.radians(cv2.minAreaRect(points)[2])
        w, h = _sides(spread, angle)
    scale = math.sqrt(area / (w * h))
    return centre, (w * scale, h * scale), math.degrees(angle)


def _around(mask: np.ndarray, points: np.ndarray) -> tuple[tuple[float, float], tuple[float, float], float]:
    """As `_rectangle`, but around the outermost pixels: the rectangle through their centres, with its sides made longer
    by what gives it the area of the pixels: 1 for an upright one, less for a turned one.
    """
    (x, y), (w, h), angle = cv2.minAreaRect(points)
    half = 0.5 * (w + h)
    edge = min(max(math.sqrt(max(half * half - w * h + int(mask.sum()), 0)) - half, 0), 1)
    return (float(x), float(y)), (w + edge, h + edge), angle


def _sides(spread: np.ndarray, angle: float) -> tuple[float, float]:
    """Width along `angle` (radians) and height across it of a rectangle whose squares of sides are `spread` (2 2)."""
    c, s = math.cos(angle), math.sin(angle)
    mean, half = 0.5 * (spread[0, 0] + spread[1, 1]), 0.5 * (spread[0, 0] - spread[1, 1])
    along = half * (c * c - s * s) + 2 * spread[0, 1] * c * s
    return math.sqrt(max(mean + along, 1)), math.sqrt(max(mean - along, 1))

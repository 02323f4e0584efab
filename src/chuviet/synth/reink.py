"""Distorted copies of real lines: the writing is separated from its paper, bent, and inked anew on another sheet."""

from __future__ import annotations

import cv2
import numpy as np

from chuviet.synth.paper import Sheet, encode_jpeg, put_on


def binarize(grey: np.ndarray) -> np.ndarray:
    """Otsu's threshold: H W uint8 -> H W bool, True where there is ink (the darker class, or the rarer one)."""
    _, mask = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    ink = mask > 0
    return ~ink if ink.mean() > 0.5 else ink


def remove_rules(ink: np.ndarray, length: float = 0.35) -> np.ndarray:
    """Takes ruled lines out of a mask: thin horizontal runs longer than `length` of the width; strokes across them
    stay.

    A pixel of such a run stays where ink lies both above and below the run, so that letters are not cut through.
    """
    span = max(int(ink.shape[1] * length), 8)
    mask = ink.astype(np.uint8)
    rules = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, span), np.uint8))
    if not rules.any():
        return ink
    thick = cv2.morphologyEx(rules, cv2.MORPH_OPEN, np.ones((6, 1), np.uint8))
    rules = cv2.subtract(rules, thick)  # six rows and more are a bar, not a rule
    rest = cv2.subtract(mask, rules)
    column = np.zeros((11, 1), np.uint8)
    column[:5] = 1  # ink within five rows on one side
    above, below = cv2.dilate(rest, column), cv2.dilate(rest, column[::-1].copy())
    return (rest > 0) | ((rules > 0) & (above > 0) & (below > 0))


def distort(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Grid, perspective and optical distortion of ink strength h w float32; the canvas keeps its size."""
    h, w = ink.shape
    y, x = np.mgrid[:h, :w].astype(np.float32)
    if rng.random() < 0.8:  # grid: every knot moves by itself
        knots = (3, max(w // 60, 3))
        for grid, reach in ((x, 0.06 * h), (y, 0.05 * h)):
            grid += cv2.resize(rng.standard_normal(knots, dtype=np.float32), (w, h)) * np.float32(reach)
    if rng.random() < 0.5:  # optical: a barrel or a cushion around the middle
        k = np.float32(rng.uniform(-0.06, 0.06))
        u, v = (x - w / 2) / (w / 2), (y - h / 2) / (h / 2)
        r2 = u * u + v * v
        x, y = x + u * k * r2 * h / 2, y + v * k * r2 * h / 4
    if rng.random() < 0.7:  # perspective: the corners move
        corners = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
        moved = corners + rng.normal(0, 1, (4, 2)).astype(np.float32) * np.array([0.15 * h, 0.05 * h], np.float32)
        m = cv2.getPerspectiveTransform(corners, moved).astype(np.float32)
        d = m[2, 0] * x + m[2, 1] * y + m[2, 2]
        x, y = (m[0, 0] * x + m[0, 1] * y + m[0, 2]) / d, (m[1, 0] * x + m[1, 1] * y + m[1, 2]) / d
    return cv2.remap(ink, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)


def reink(image: np.ndarray, height: int, rng: np.random.Generator) -> bytes:
    """One distorted copy of an RGB line image (H W 3 uint8), `height` rows high, as the bytes of a JPEG file."""
    h, w = image.shape[:2]
    scale = height / h
    size = (max(round(w * scale), 8), height)
    image = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    mask = remove_rules(binarize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)))
    ink: np.ndarray = mask.astype(np.float32)
    ink = np.pad(ink, ((0, 0), (8, 8)))  # room for the ends of the line to move
    pen = rng.random()
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2, 2))
    if pen < 0.25:
        ink = cv2.dilate(ink, kernel)
    elif pen < 0.4:
        ink = 0.5 * ink + 0.5 * cv2.erode(ink, kernel)
    ink = cv2.GaussianBlur(distort(ink, rng), (0, 0), rng.uniform(0.4, 0.8))
    sheet = Sheet.draw(rng)
    return encode_jpeg(put_on(ink, sheet, rng), sheet.quality)

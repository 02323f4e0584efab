"""What is behind text: streets and rooms as a camera may see them, made of gradients, noise, shapes and patterns; and
what a camera does to a picture.

Nothing here is a photograph: the look of one comes from edges and textures of all sizes, light that changes over the
picture, and patterns that resemble writing (bricks, slats, leaves, dots) without being any.
"""

from __future__ import annotations

import cv2
import numpy as np


def scenery(h: int, w: int, rng: np.random.Generator) -> np.ndarray:
    """h w 3 float32, 0..255 RGB: a background without text."""
    canvas = gradient(h, w, rng) + clouds(h, w, rng, rng.uniform(2, 30))
    for _ in range(int(rng.integers(5, 26))):
        patch(canvas, rng)
    if rng.random() < 0.4:
        canvas = cv2.GaussianBlur(canvas, (0, 0), rng.uniform(0.5, 4))  # what is far away
        for _ in range(int(rng.integers(0, 5))):
            patch(canvas, rng)
    return canvas


def gradient(h: int, w: int, rng: np.random.Generator) -> np.ndarray:
    """Colours that change smoothly between four corners: h w 3."""
    change = rng.uniform(5, 60)
    corners = rng.uniform(30, 225) + rng.normal(0, 14, 3) + rng.normal(0, change, (2, 2, 1))
    corners = corners + rng.normal(0, 0.25 * change, (2, 2, 3))
    return cv2.resize(corners.astype(np.float32), (w, h), interpolation=cv2.INTER_LINEAR)


def clouds(h: int, w: int, rng: np.random.Generator, strength: float) -> np.ndarray:
    """Noise of four sizes, each half as strong as the coarser one: h w 3."""
    out = np.zeros((h, w, 3), np.float32)
    for cells in (4, 12, 40, 120):
        shape = (max(h * cells // w, 2), cells)
        grid = rng.normal(0, strength, (*shape, 1)) + rng.normal(0, 0.3 * strength, (*shape, 3))
        out += cv2.resize(grid.astype(np.float32), (w, h), interpolation=cv2.INTER_LINEAR)
        strength *= 0.6
    return out


def patch(canvas: np.ndarray, rng: np.random.Generator) -> None:
    """Paints one thing of any shape, colour and pattern into the canvas (h w 3 float32), in place."""
    h, w = canvas.shape[:2]
    size = np.exp(rng.uniform(np.log(0.06), np.log(0.8))) * np.array((w, h)) * rng.uniform(0.4, 1.2, 2)
    centre = rng.uniform(0, 1, 2) * (w, h)
    kind, angle = int(rng.integers(4)), rng.normal(0, 12)
    mask = np.zeros((h, w), np.uint8)
    if kind == 0:
        cv2.ellipse(mask, (tuple(centre), tuple(size), float(rng.uniform(0, 180))), 255, -1, cv2.LINE_AA)
    elif kind == 1:  # anything with corners
        around = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 8))))
        points = centre + np.stack((np.cos(around), np.sin(around)), 1) * size / 2 * rng.uniform(
            0.5, 1, (len(around), 1)
        )
        cv2.fillPoly(mask, [points.astype(np.int32)], 255, cv2.LINE_AA)
    else:
        cv2.fillPoly(mask, [cv2.boxPoints((tuple(centre), tuple(size), angle)).astype(np.int32)], 255, cv2.LINE_AA)
    x, y, bw, bh = cv2.boundingRect(mask)
    if bw < 2 or bh < 2:
        return
    window = canvas[y : y + bh, x : x + bw]
    alpha = mask[y : y + bh, x : x + bw, None].astype(np.float32) / 255
    if rng.random() < 0.3:  # a shadow, or glass
        window *= 1 - alpha * rng.uniform(0.1, 0.6)
        return
    colour = rng.uniform(15, 240) + rng.normal(0, rng.choice((6, 20, 45)), 3)
    filled = colour.astype(np.float32) + pattern(bh, bw, rng)
    window += alpha * (filled - window)
    if rng.random() < 0.3:
        contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        edge = (colour * rng.uniform(0.3, 1.4)).tolist()
        cv2.drawContours(canvas, contours, -1, edge, int(rng.integers(1, 5)), cv2.LINE_AA)


def pattern(h: int, w: int, rng: np.random.Generator) -> np.ndarray:
    """h w 3 around 0: nothing, noise, slats, bricks, dots or leaves."""
    kind, strength = int(rng.integers(7)), rng.uniform(6, 45)
    if kind < 2:
        return clouds(h, w, rng, strength / 3) if kind else np.zeros((h, w, 3), np.float32)
    y, x = np.mgrid[:h, :w].astype(np.float32)
    period = float(np.exp(rng.uniform(np.log(4), np.log(60))))
    tone = (rng.choice((-1, 1)) * (1 + rng.normal(0, 0.15, 3)) * strength).astype(np.float32)
    if kind == 2:  # slats
        angle = rng.choice((0, np.pi / 2, rng.uniform(0, np.pi)))
        wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * (2 * np.pi / period))
        return (np.sign(wave) if rng.random() < 0.5 else wave)[..., None] * tone
    if kind == 3:  # bricks, tiles, windows
        course = np.floor(y / period)
        shift = (course % 2) * period if rng.random() < 0.6 else 0.0
        length, joint = period * rng.uniform(1, 3), max(period * rng.uniform(0.05, 0.3), 1)
        gaps = ((y % period) < joint) | (((x + shift) % length) < joint)
        return gaps.astype(np.float32)[..., None] * tone
    if kind == 4:  # dots
        offset = rng.uniform(0, period, 2)
        near = np.hypot((x + offset[0]) % period - period / 2, (y + offset[1]) % period - period / 2)
        return (near < period * rng.uniform(0.1, 0.4)).astype(np.float32)[..., None] * tone
    if kind == 5:  # leaves, gravel: many small blots
        out = np.zeros((h, w), np.float32)
        for _ in range(min(int(h * w / period**2), 150)):
            axes = rng.uniform(0.1, 0.6, 2) * period
            box = (tuple(rng.uniform(0, 1, 2) * (w, h)), tuple(axes), float(rng.uniform(0, 180)))
            cv2.ellipse(out, box, float(rng.uniform(-1, 1)), -1, cv2.LINE_AA)
        return out[..., None] * tone
    out = np.zeros((h, w), np.float32)  # short strokes, in rows or anywhere: like writing, but none
    rows = rng.random() < 0.5
    for k in range(int(rng.integers(5, 60))):
        start = rng.uniform(0, 1, 2) * (w, h)
        if rows:
            start[1] = period * (k % max(int(h / period), 1))
        end = start + rng.normal(0, period / 2, 2)
        cv2.line(out, start.astype(int).tolist(), end.astype(int).tolist(), 1.0, int(rng.integers(1, 4)), cv2.LINE_AA)
    return out[..., None] * tone


def photographed(canvas: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What a camera makes of it: light, focus, motion, grain. h w 3 float32 -> uint8."""
    h, w = canvas.shape[:2]
    light = rng.uniform(0.6, 1.25, (2, 3, 1)) if rng.random() < 0.5 else rng.uniform(0.85, 1.15, (1, 1, 1))
    canvas = canvas * cv2.resize(light.astype(np.float32), (w, h)).reshape(h, w, 1)
    if rng.random() < 0.15:  # a lamp, the sun
        y, x = np.mgrid[:h, :w].astype(np.float32)
        spot = rng.uniform(0, 1, 2) * (w, h)
        reach = rng.uniform(0.05, 0.4) * w
        canvas += rng.uniform(40, 200) * np.exp(-((x - spot[0]) ** 2 + (y - spot[1]) ** 2) / reach**2)[..., None]
    blur = rng.random()
    if blur < 0.3:
        canvas = cv2.GaussianBlur(canvas, (0, 0), rng.uniform(0.4, 1.6))
    elif blur < 0.4:  # motion
        n = int(rng.integers(3, 9))
        kernel = np.zeros((n, n), np.float32)
        angle = rng.uniform(0, np.pi)
        d = 0.5 * (n - 1) * np.array((np.cos(angle), np.sin(angle)))
        cv2.line(kernel, (n / 2 - d).astype(int).tolist(), (n / 2 + d).astype(int).tolist(), 1.0, 1)
        canvas = cv2.filter2D(canvas, -1, kernel / kernel.sum())
    if rng.random() < 0.6:
        grain = rng.standard_normal((h, w, 1 if rng.random() < 0.5 else 3), np.float32)
        canvas = canvas + grain * np.float32(rng.uniform(1, 12))
    return np.clip(canvas, 0, 255).astype(np.uint8)

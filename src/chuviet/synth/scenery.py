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
    out, layer = np.zeros((h, w, 3), np.float32), np.empty((h, w, 3), np.float32)
    for cells in (4, 12, 40, 120):
        shape = (max(h * cells // w, 2), cells)
        grid = rng.normal(0, strength, (*shape, 1)) + rng.normal(0, 0.3 * strength, (*shape, 3))
        out += cv2.resize(grid.astype(np.float32), (w, h), layer, interpolation=cv2.INTER_LINEAR)
        strength *= 0.6
    return out


def paint(window: np.ndarray, alpha: np.ndarray, colour: np.ndarray, strength: float = 1.0) -> None:
    """Mixes a colour (3, or h w 3) into the window (h w 3 float32) in place, as much as alpha (h w, 0..1) says."""
    # OpenCV takes the scalar: NumPy would loop over three values at a time, which is three times slower
    mixed: np.ndarray = cv2.subtract(np.append(colour.astype(float), 0) if colour.ndim == 1 else colour, window)
    mixed *= three(alpha)
    if strength != 1:
        mixed *= np.float32(strength)
    window += mixed


def three(plane: np.ndarray) -> np.ndarray:
    """h w -> h w 3, copied: broadcasting over a last axis of three is slow."""
    return cv2.merge((plane, plane, plane))


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
    alpha = mask[y : y + bh, x : x + bw].astype(np.float32) / 255
    if rng.random() < 0.3:  # a shadow, or glass
        window *= three(1 - alpha * rng.uniform(0.1, 0.6))
        return
    colour = rng.uniform(15, 240) + rng.normal(0, rng.choice((6, 20, 45)), 3)
    paint(window, alpha, cv2.add(pattern(bh, bw, rng), np.append(colour, 0)))
    if rng.random() < 0.3:
        contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        edge = (colour * rng.uniform(0.3, 1.4)).tolist()
        cv2.drawContours(canvas, contours, -1, edge, int(rng.integers(1, 5)), cv2.LINE_AA)


def pattern(h: int, w: int, rng: np.random.Generator) -> np.ndarray:
    """h w 3 around 0: nothing, noise, slats, bricks, dots or leaves."""
    kind, strength = int(rng.integers(7)), rng.uniform(6, 45)
    if kind < 2:
        return clouds(h, w, rng, strength / 3) if kind else np.zeros((h, w, 3), np.float32)
    y, x = np.arange(h, dtype=np.float32)[:, None], np.arange(w, dtype=np.float32)[None]
    period = float(np.exp(rng.uniform(np.log(4), np.log(60))))
    tone = (rng.choice((-1, 1)) * (1 + rng.normal(0, 0.15, 3)) * strength).astype(np.float32)
    if kind == 2:  # slats
        angle = rng.choice((0, np.pi / 2, rng.uniform(0, np.pi)))
        across, down = (2 * np.pi / period) * np.cos(angle) * x, (2 * np.pi / period) * np.sin(angle) * y
        wave = np.sin(across) * np.cos(down) + np.cos(across) * np.sin(down)  # the sine of their sum, off h + w sines
        return tinted(np.sign(wave) if rng.random() < 0.5 else wave, tone)
    if kind == 3:  # bricks, tiles, windows
        shift = period if rng.random() < 0.6 else 0.0
        length, joint = period * rng.uniform(1, 3), max(period * rng.uniform(0.05, 0.3), 1)
        ends = np.concatenate(((x % length) < joint, ((x + shift) % length) < joint))  # of even and of odd courses
        return tinted(((y % period) < joint) | ends[(np.floor(y[:, 0] / period) % 2).astype(int)], tone)
    if kind == 4:  # dots
        offset = rng.uniform(0, period, 2)
        across, down = ((v + o) % period - period / 2 for v, o in zip((x, y), offset, strict=True))
        return tinted(across**2 + down**2 < (period * rng.uniform(0.1, 0.4)) ** 2, tone)
    if kind == 5:  # leaves, gravel: many small blots
        out = np.zeros((h, w), np.float32)
        for _ in range(min(int(h * w / period**2), 150)):
            axes = rng.uniform(0.1, 0.6, 2) * period
            box = (tuple(rng.uniform(0, 1, 2) * (w, h)), tuple(axes), float(rng.uniform(0, 180)))
            cv2.ellipse(out, box, float(rng.uniform(-1, 1)), -1, cv2.LINE_AA)
        return tinted(out, tone)
    out = np.zeros((h, w), np.float32)  # short strokes, in rows or anywhere: like writing, but none
    rows = rng.random() < 0.5
    for k in range(int(rng.integers(5, 60))):
        start = rng.uniform(0, 1, 2) * (w, h)
        if rows:
            start[1] = period * (k % max(int(h / period), 1))
        end = start + rng.normal(0, period / 2, 2)
        cv2.line(out, start.astype(int).tolist(), end.astype(int).tolist(), 1.0, int(rng.integers(1, 4)), cv2.LINE_AA)
    return tinted(out, tone)


def tinted(plane: np.ndarray, tone: np.ndarray) -> np.ndarray:
    """h w, of any type, times a tone (3): h w 3 float32."""
    plane = plane.astype(np.float32)
    return cv2.merge([plane * t for t in tone])


def photographed(canvas: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What a camera makes of it: light, focus, motion, grain. h w 3 float32 -> uint8."""
    h, w = canvas.shape[:2]
    light = rng.uniform(0.6, 1.25, (2, 3, 1)) if rng.random() < 0.5 else rng.uniform(0.85, 1.15, (1, 1, 1))
    canvas = canvas * three(cv2.resize(light.astype(np.float32), (w, h)))
    if rng.random() < 0.15:  # a lamp, the sun
        spot = rng.uniform(0, 1, 2) * (w, h)
        reach = rng.uniform(0.05, 0.4) * w
        across, down = (np.exp(-(((np.arange(n) - at) / reach) ** 2)) for n, at in zip((w, h), spot, strict=True))
        canvas += three((rng.uniform(40, 200) * np.outer(down, across)).astype(np.float32))
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
        grain *= np.float32(rng.uniform(1, 12))
        canvas += three(grain) if grain.shape[2] == 1 else grain
    return np.clip(canvas, 0, 255, out=canvas).astype(np.uint8)

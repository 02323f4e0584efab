"""Pictures without text that make detectors see some: walls, fences, leaves, grids, stripes, tiles, ruled paper."""

from __future__ import annotations

import cv2
import numpy as np

from chuviet.synth.camera import take
from chuviet.synth.letter import rule
from chuviet.synth.scenery import clouds, gradient, paint, photographed, scenery, three
from chuviet.synth.stamps import bars
from chuviet.synth.surface import Surface, paper

KINDS = """
    bricks fence lattice ticks grass leaves grid stripes tiles windows strokes gravel scene blank ruled boxes bars
""".split()


def negative(rng: np.random.Generator, size: tuple[int, int]) -> tuple[np.ndarray, str]:
    """h w 3 uint8 and what it shows. `size`: about how large, width and height in pixels."""
    w, h = (int(n * rng.uniform(0.6, 1.2)) for n in size)
    if rng.random() < 0.3:
        w, h = h, w
    kind = KINDS[int(rng.integers(len(KINDS)))]
    if kind in ("blank", "ruled", "boxes", "bars"):
        surface = _sheet(kind, h, w, rng)
        return (take(surface, rng).image if rng.random() < 0.6 else photographed(surface.image, rng)), kind
    canvas = scenery(h, w, rng) if kind == "scene" else _texture(kind, h, w, rng)
    if rng.random() < 0.5:
        canvas = _seen(canvas, rng)
    return photographed(np.clip(canvas, 0, 255), rng), kind


def _sheet(kind: str, h: int, w: int, rng: np.random.Generator) -> Surface:
    """Paper that nobody has written on: plain, ruled, a form of empty boxes, a page of codes."""
    surface = Surface(paper(h, w, rng, aged=0.6))
    pitch = h / rng.uniform(12, 40)
    if kind == "ruled":
        rule(surface, pitch, pitch, rng)
    for _ in range(int(rng.integers(3, 20)) if kind == "boxes" else 0):
        x, y = rng.uniform(0.03, 0.7) * w, rng.uniform(0.03, 0.9) * h
        surface.box((x, y, x + rng.uniform(0.02, 0.3) * w, y + pitch * rng.uniform(0.5, 3)), (60, 60, 60))
        surface.rule((x, y), (x + rng.uniform(0.1, 0.3) * w, y), (60, 60, 60), dotted=float(rng.choice((0, 4, 7))))
    for _ in range(int(rng.integers(1, 5)) if kind == "bars" else 0):
        x, y = rng.uniform(0.05, 0.6) * w, rng.uniform(0.05, 0.8) * h
        bars(surface, (x, y, x + rng.uniform(0.1, 0.35) * w, y + rng.uniform(0.05, 0.15) * h), rng)
    return surface


def _texture(kind: str, h: int, w: int, rng: np.random.Generator) -> np.ndarray:
    """h w 3 float32: one texture over all of it, on uneven colour."""
    base = gradient(h, w, rng) + clouds(h, w, rng, rng.uniform(2, 14))
    period = float(np.exp(rng.uniform(np.log(10), np.log(120))))
    light = rng.choice((-1, 1)) * rng.uniform(25, 110)
    colour = np.clip(base.mean((0, 1)) + light + rng.normal(0, 15, 3), 0, 255).astype(np.float32)
    mask = np.zeros((h, w), np.float32)
    y, x = np.arange(h, dtype=np.float32)[:, None], np.arange(w, dtype=np.float32)[None]
    if kind in ("bricks", "tiles"):
        long = period * (rng.uniform(1.6, 3.2) if kind == "bricks" else 1.0)
        joint = max(period * rng.uniform(0.05, 0.2), 1.0)
        course = np.floor(y / period)
        offset = (course % 2) * (0.5 * long if kind == "bricks" else 0.0)
        mask = np.maximum((y % period < joint) + 0 * x, ((x + offset) % long < joint).astype(np.float32))
        shades = rng.normal(0, rng.uniform(2, 22), (int(h / period) + 2, int(w / long) + 3)).astype(np.float32)
        base += three(shades[course.astype(int) + 0 * x.astype(int), ((x + offset) // long).astype(int)])
    elif kind == "fence":
        slat = rng.uniform(0.3, 0.75)
        mask = np.maximum((x % period < slat * period) * np.ones_like(y), 0).astype(np.float32)
        for at in rng.uniform(0.1, 0.9, 2) * h:
            mask[int(at) : int(at + 0.5 * period)] = 1
    elif kind == "grid":
        joint = max(period * rng.uniform(0.04, 0.25), 1.0)
        mask = ((x % period < joint) | (y % (period * rng.uniform(0.5, 1.5)) < joint)).astype(np.float32)
    elif kind == "stripes":
        angle = rng.uniform(0, np.pi)
        wave = np.sin((np.cos(angle) * x + np.sin(angle) * y) * 2 * np.pi / period + rng.uniform(0, 6))
        mask = (wave > rng.uniform(-0.5, 0.8)).astype(np.float32)
    elif kind == "lattice":
        joint = rng.uniform(0.08, 0.3)
        lean = rng.uniform(0.6, 1.6)
        mask = (((x + lean * y) % period < joint * period) | ((x - lean * y) % period < joint * period)).astype(
            np.float32
        )
    elif kind == "ticks":  # a ruler, a zip, a comb: short bars in rows
        band = period * rng.uniform(1, 3)
        fine = max(period * rng.uniform(0.15, 0.4), 3.0)
        share = np.where((x // fine) % 5 == 0, 0.7, 0.4)
        mask = ((x % fine < 0.4 * fine) & (y % band < share * band)).astype(np.float32)
    elif kind == "windows":
        tall = period * rng.uniform(1, 2)
        mask = ((x % period < 0.6 * period) & (y % tall < 0.65 * tall)).astype(np.float32)
        lit = rng.uniform(0.2, 1, (int(h / tall) + 2, int(w / period) + 2)).astype(np.float32)
        mask *= lit[(y // tall).astype(int) + 0 * x.astype(int), (x // period).astype(int) + 0 * y.astype(int)]
    else:
        return _blots(kind, base, period, rng)
    paint(base, cv2.GaussianBlur(mask, (0, 0), 0.6), colour)
    return base


def _blots(kind: str, base: np.ndarray, period: float, rng: np.random.Generator) -> np.ndarray:
    """Leaves, gravel and grass that cover the ground, or strokes in rows that look like writing and are none."""
    h, w = base.shape[:2]
    period = float(np.clip(period, 12, 50))
    cover = {"strokes": rng.uniform(0.7, 3), "grass": 6.0}.get(kind, rng.uniform(1.5, 6))
    count = min(int(h * w / period**2 * cover), 7000)
    tone = base.mean((0, 1)) + rng.normal(0, 30) + rng.normal(0, 12, 3)
    spread = rng.uniform(10, 45)
    lean, rows = rng.uniform(0, np.pi), max(int(h / period), 1)
    places = rng.uniform(0, 1, (count, 2)) * (w, h)
    shades = (
        tone + rng.normal(0, spread, (count, 1)) + np.linspace(-spread, spread, count)[:, None]
    )  # light ones on top
    shades = np.clip(shades + rng.normal(0, 6, (count, 3)), 0, 255)
    sizes, angles = rng.uniform(0.3, 1.0, (count, 2)) * period, rng.normal(0, 0.5, count)
    for k in range(count):
        (x, y), shade = places[k], shades[k].tolist()
        if kind == "strokes":
            y = (k % rows + 0.5 + 0.1 * angles[k]) * period
        if kind in ("strokes", "grass"):
            turn = lean + angles[k] if kind == "grass" else 4 * angles[k]
            long = sizes[k, 0] * (1.6 if kind == "grass" else 0.6)
            end = (int(x + long * np.cos(turn)), int(y + long * np.sin(turn)))
            cv2.line(base, (int(x), int(y)), end, shade, 1 + k % 2, cv2.LINE_AA)
            continue
        flat = 0.45 if kind == "leaves" else 0.8
        cv2.ellipse(base, ((x, y), (sizes[k, 0], flat * sizes[k, 1]), 180 * angles[k]), shade, -1, cv2.LINE_AA)
    return base


def _seen(canvas: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same texture from aside: turned, in perspective."""
    h, w = canvas.shape[:2]
    source = np.array([(0, 0), (w, 0), (w, h), (0, h)], np.float32)
    inner = 0.5 * (1 + rng.uniform(0.15, 0.5))
    target = (source - (w / 2, h / 2)) / inner * 0.75 + (w / 2, h / 2) + rng.normal(0, 0.12, (4, 2)) * (w, h)
    matrix = cv2.getPerspectiveTransform(source, target.astype(np.float32))
    return cv2.warpPerspective(canvas, matrix, (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)

"""What people write on printed pages: short notes where there is room, marks around and under words, corrections."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from chuviet.synth.fonts import Font
from chuviet.synth.sentences import Sentences
from chuviet.synth.strips import Pen, baseline, lay
from chuviet.synth.surface import Surface


def annotate(surface: Surface, texts: Sentences, fonts: Sequence[Font], rng: np.random.Generator) -> None:
    """One to four notes by one hand, on free places, and a ring, a line or a hook at some printed words."""
    if not surface.lines:
        return
    heights = [float(np.ptp(line.outline[:, 1])) for line in surface.lines]
    pen = Pen.draw(fonts, float(np.clip(np.median(heights) * rng.uniform(0.8, 2), 10, 80)), rng)
    for _ in range(int(rng.integers(1, 5))):
        words = texts.answer(rng).split() if rng.random() < 0.5 else texts.words(rng, int(rng.integers(1, 5)))
        strip, _ = pen.fill(words, rng, 0.5 * surface.width)
        if strip is None:
            continue
        h, w = strip.ink.shape
        for _ in range(6):
            left, top = rng.uniform(0, 1, 2) * (surface.width - w, surface.height - h)
            if free(surface, left, top, left + w, top + h):
                curve = baseline(top + strip.baseline, surface.width, rng.normal(0, 0.02), 0.1 * pen.cap, rng)
                lay(surface, strip, left, curve, pen.colour, pen.strength, surface.next_block())
                break
    for _ in range(int(rng.integers(0, 4))):
        _mark(surface, pen, rng)


def free(surface: Surface, left: float, top: float, right: float, bottom: float) -> bool:
    """Whether no line of the page reaches into a box."""
    for line in surface.lines:
        (x0, y0), (x1, y1) = line.outline.min(0), line.outline.max(0)
        if x0 < right and left < x1 and y0 < bottom and top < y1:
            return False
    return True


def bracket(surface: Surface, pen: Pen, rng: np.random.Generator) -> None:
    """A long stroke beside or around a part of the writing, as archivists and teachers draw."""
    points = np.concatenate([line.outline for line in surface.lines])
    low, high = points.min(0) - 0.8 * pen.cap, points.max(0) + 0.8 * pen.cap
    top, bottom = np.sort(rng.uniform(low[1], high[1], 2))
    if bottom - top < 4 * pen.cap:
        return
    left, right = low[0] + rng.normal(0, 0.5) * pen.cap, high[0] + rng.normal(0, 0.5) * pen.cap
    hook = rng.uniform(0.5, 6, 2) * pen.cap
    path = [(left + hook[0], top), (left, top), (left, bottom), (left + hook[1], bottom)]
    if rng.random() < 0.3:  # all around
        path += [(right, bottom), (right, top), (left + hook[0], top)]
    elif rng.random() < 0.5:  # at the right
        path = [(left + right - x, y) for x, y in path]
    corners = np.array(path)
    at = np.linspace(0, len(corners) - 1, 20 * len(corners))
    drawn = np.stack([np.interp(at, np.arange(len(corners)), corners[:, k]) for k in (0, 1)], 1)
    bumps = np.interp(at, np.linspace(0, at[-1], 12), rng.normal(0, 0.35, 12))[:, None] * pen.cap
    curve = np.round((drawn + bumps) * 16).astype(np.int32)
    tone = tuple(float(c) for c in pen.colour)
    cv2.polylines(surface.image, [curve], False, tone, max(round(pen.cap / 13), 1), cv2.LINE_AA, 4)


def _mark(surface: Surface, pen: Pen, rng: np.random.Generator) -> None:
    """A ring around a word, a line under it, or a hook beside its line."""
    line = surface.lines[int(rng.integers(len(surface.lines)))]
    quad = line.words[int(rng.integers(len(line.words)))].quad
    low, high = quad.min(0), quad.max(0)
    thick, colour = max(round(pen.cap / 11), 1), tuple(float(c) for c in pen.colour)
    kind = int(rng.integers(3))
    if kind == 0:
        centre = tuple(0.5 * (low + high))
        box = (centre, tuple(1.5 * (high - low) + rng.uniform(0, 8, 2)), float(rng.normal(0, 4)))
        cv2.ellipse(surface.image, box, colour, thick, cv2.LINE_AA)
    elif kind == 1:
        y = high[1] + 2 + rng.uniform(0, 3)
        surface.rule((low[0], y), (high[0], y + rng.normal(0, 2)), colour, thick)
    else:
        size = 0.8 * pen.cap
        x, y = max(float(line.outline[:, 0].min()) - 2 * size, 2.0), float(high[1])
        surface.rule((x, y - 0.4 * size), (x + 0.3 * size, y), colour, thick)
        surface.rule((x + 0.3 * size, y), (x + size, y - size), colour, thick)

"""Handwritten pages: letters, notes, lists and pages of single lines on ruled, squared and blank paper.

Lines may stand so close that their ascenders and descenders touch. With `RealLines` some or all lines are the ink of
real ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from chuviet.synth import stamps
from chuviet.synth.fonts import Font
from chuviet.synth.notes import annotate, bracket
from chuviet.synth.sentences import Sentences, date, person
from chuviet.synth.strips import Pen, Strip, baseline, ink_colour, lay
from chuviet.synth.surface import Family, Surface, paper
from chuviet.synth.typesetting import Look, set_text


class RealLines(Protocol):
    """Lines that people wrote, as strips of their ink; `name` is that of the image a strip comes from."""

    def __len__(self) -> int: ...
    def strip(self, index: int) -> Strip: ...
    def name(self, index: int) -> str: ...


def letter(
    texts: Sentences, fonts: Sequence[Font], families: Sequence[Family], rng: np.random.Generator,
    real: RealLines | None = None,
) -> tuple[Surface, list[str]]:  # fmt: skip
    """A page of handwriting, and the names of the real lines on it."""
    width = int(np.exp(rng.uniform(np.log(560), np.log(1500))))
    height = int(min(width * rng.uniform(0.6, 1.5), 1.9e6 / width))
    surface = Surface(paper(height, width, rng, aged=0.55))
    if real is not None and rng.random() < 0.6:
        return surface, real_page(surface, real, rng)
    cap = width / rng.uniform(28, 75) if rng.random() < 0.85 else width / rng.uniform(10, 28)
    cap = float(np.clip(cap, 9, 90))
    pen = Pen.draw(fonts, cap, rng)
    pitch = cap * float(rng.uniform(1.5, 2.0) if rng.random() < 0.45 else rng.uniform(2.0, 3.4))
    first = max(min(rng.uniform(1.5, 4) * pitch, 0.35 * height), 1.7 * cap)
    rule(surface, pitch if rng.random() < 0.8 else pitch * rng.uniform(0.5, 1.3), first + 0.12 * cap, rng)
    if rng.random() < 0.15:
        _printed_head(surface, texts, families, first - 1.4 * pitch, rng)
    _write(surface, texts, fonts, pen, pitch, first, rng)
    if rng.random() < 0.15:
        look = Look.draw(families, max(round(cap), 9), rng)
        rows = [" ".join(texts.words(rng, 5)) for _ in range(int(rng.integers(1, 4)))]
        stamps.line_stamp(surface, rows, look.family.bold, rng.uniform(0.1, 0.7, 2) * (width, height), look.size, rng)
    if rng.random() < 0.12:
        centre = rng.uniform(0.15, 0.85, 2) * (width, height)
        font = families[int(rng.integers(len(families)))].bold
        stamps.round_stamp(surface, texts.title(rng, 4).split(), font, centre, rng.uniform(1.5, 3.5) * cap, rng)
    if rng.random() < 0.08:
        stamps.holes(surface, rng)
    if rng.random() < 0.12:
        annotate(surface, texts, fonts, rng)
    if surface.lines and rng.random() < 0.12:
        bracket(surface, pen, rng)
    return surface, []


def _write(
    surface: Surface, texts: Sentences, fonts: Sequence[Font], pen: Pen, pitch: float, y: float,
    rng: np.random.Generator,
) -> None:  # fmt: skip
    """Fills the page line by line: a date or a title, paragraphs, a signature."""
    w, h = surface.width, surface.height
    margin, end = rng.uniform(0.03, 0.16) * w, w * rng.uniform(0.86, 0.985)
    slope, wander = rng.normal(0, 0.012), rng.uniform(0, 0.25) * pen.cap
    if rng.random() < 0.1:
        slope, wander = rng.normal(0, 0.06), rng.uniform(0.2, 0.7) * pen.cap
    struck = 0.02 if rng.random() < 0.3 else 0.0
    pieces = _pieces(texts, rng)
    block, words, indent = surface.next_block(), pieces.pop(0), rng.uniform(0.1, 0.55) * (end - margin)
    low = h - rng.uniform(0.3, 3) * pitch
    while y < low:
        left = margin + indent + rng.normal(0, 0.15) * pen.cap
        room = end - left - abs(rng.normal(0, 0.6)) * pen.cap * 2
        strip, used = pen.fill(words, rng, room, struck)
        words = words[max(used, 1) :]  # a word that is too long alone is left out
        if strip is not None:
            line = baseline(y, w, slope + rng.normal(0, 0.004), wander, rng)
            lay(surface, strip, max(left, 2), line, pen.colour, pen.strength, block)
        y += pitch * (1 + rng.normal(0, 0.04))
        indent = 0.0
        if strip is None or not words:
            if not pieces:
                break
            block, words = surface.next_block(), pieces.pop(0)
            indent = rng.uniform(0, 2.5) * pen.cap
            y += pitch * rng.choice((0, 0, 0.5, 1))
            if rng.random() < 0.06:
                pen = replace(Pen.draw(fonts, pen.cap, rng), colour=ink_colour(rng))
    if y + 2 * pitch < h and rng.random() < 0.5:
        left = rng.uniform(0.35, 0.65) * w
        box = (left, y, min(left + rng.uniform(5, 11) * pen.cap, w - 4), min(y + 2.2 * pitch, h - 4))
        stamps.scribble(surface, box, pen.colour, pen.cap / 11, rng)


def _pieces(texts: Sentences, rng: np.random.Generator) -> list[list[str]]:
    """What is written: each piece is a paragraph of words."""
    kind = rng.random()
    if kind < 0.3:  # a list: addresses, names, answers, each on its own line
        return [texts.address(rng).split() if rng.random() < 0.6 else texts.answer(rng).split() for _ in range(40)]
    head = [date(rng) if rng.random() < 0.5 else texts.title(rng, 6)] if rng.random() < 0.6 else []
    body = []
    for _ in range(int(rng.integers(2, 13))):
        body.append(" ".join(texts.sentence(rng) for _ in range(int(rng.integers(1, 6)))))
    tail = [person(rng)] if rng.random() < 0.3 else []
    return [piece.split() for piece in (*head, *body, *tail)]


def real_page(surface: Surface, real: RealLines, rng: np.random.Generator) -> list[str]:
    """Real lines below each other, one hand's colour or each its own: eight or so to a page, or closer. Returns their
    names.
    """
    w, h = surface.width, surface.height
    colour, strength, own = ink_colour(rng), rng.uniform(0.7, 1), rng.random() < 0.4
    chosen = [int(k) for k in rng.permutation(len(real))[:30]]
    wide = w * rng.uniform(0.75, 0.96)
    scale = wide / max(real.strip(k).ink.shape[1] for k in chosen[:8])
    tall = real.strip(chosen[0]).ink.shape[0] * scale
    pitch = tall * float(rng.uniform(0.76, 1.0) if rng.random() < 0.4 else rng.uniform(1.0, 2.2))
    y, margin = tall * rng.uniform(0.8, 1.6), rng.uniform(0.02, max(0.97 - wide / w, 0.03)) * w
    rule(surface, pitch, y + 2, rng)
    slope, wander = rng.normal(0, 0.01), rng.uniform(0, 0.12) * tall
    names, block = [], surface.next_block()
    pasted = rng.random() < 0.2 and pitch > 1.05 * tall  # crops of scans, put on a page with their paper
    for k in chosen:
        if y > h - 0.3 * tall:
            break
        strip = real.strip(k).scaled(scale * rng.uniform(0.92, 1.0))
        room = w - margin - strip.ink.shape[1] - 3
        if room > 0:
            left = margin + min(abs(rng.normal(0, 0.01)) * w, room)
            curve = baseline(y, w, slope + rng.normal(0, 0.003), wander, rng)
            ink = ink_colour(rng) if own else colour
            if pasted:
                _paste(surface, strip, left, y, rng)
            if lay(surface, strip, left, curve, ink, strength, block):
                names.append(real.name(k))
        y += pitch * rng.uniform(0.95, 1.1)
        if rng.random() < 0.15:
            block = surface.next_block()
    return names


def _paste(surface: Surface, strip: Strip, left: float, y: float, rng: np.random.Generator) -> None:
    """A piece of other paper under a line that stands at y."""
    h, w = strip.ink.shape
    tint = np.array((226, 226, 240)) if rng.random() < 0.5 else np.full(3, rng.uniform(225, 255))
    top = round(y - strip.baseline - 0.08 * h)
    surface.put(
        np.ones((round(1.16 * h), w + 8), np.float32), round(left) - 4, top, (tint + rng.normal(0, 5, 3)).tolist()
    )


def rule(surface: Surface, pitch: float, first: float, rng: np.random.Generator) -> None:
    """Rules, squares, dots, a margin, a frame; or blank paper. `first`: y of one rule, pixels."""
    kind = str(rng.choice(("blank", "lines", "lines", "squares", "fine", "dots"), p=(0.35, 0.2, 0.15, 0.15, 0.1, 0.05)))
    w, h = surface.width, surface.height
    tones = ((170, 190, 225), (200, 200, 205), (225, 170, 180), (150, 175, 200), (180, 160, 140))
    fade = rng.uniform(0.3, 1)
    tone = tuple(float(t * fade + m * (1 - fade)) for t, m in zip(tones[int(rng.integers(5))],
                 surface.image.mean((0, 1)), strict=True))  # fmt: skip
    if kind == "blank":
        return
    step = pitch if kind in ("lines", "dots") else pitch / float(rng.choice((1, 2, 2, 4)))
    step = max(step, 7)
    rows = np.arange(first % step if kind != "lines" else first - step * int(rng.integers(0, 3)), h, step)
    for y in rows:
        surface.rule((0, y), (w, y), tone, dotted=max(pitch / 9, 3) if kind == "dots" else 0.0)
    if kind in ("squares", "fine"):
        for x in np.arange(rng.uniform(0, step), w, step):
            surface.rule((x, 0), (x, h), tone)
    if kind == "fine":  # French school paper: every fourth rule is strong
        for y in np.arange(first % (4 * step), h, 4 * step):
            surface.rule((0, y), (w, y), tuple(0.8 * t for t in tone))
    if rng.random() < 0.3:
        x = rng.uniform(0.05, 0.16) * w
        surface.rule((x, 0), (x, h), (225, 120, 130))


def _printed_head(
    surface: Surface, texts: Sentences, families: Sequence[Family], room: float, rng: np.random.Generator
) -> None:
    """A printed letterhead or form number above the writing."""
    size = max(round(min(room / 3, surface.width / rng.uniform(28, 50))), 9)
    look = Look.draw(families, size, rng)
    if room > 2 * size:
        align = ("left", "centre", "right")[int(rng.integers(3))]
        place = (0.06 * surface.width, 0.4 * size, 0.88 * surface.width)
        set_text(surface, texts.title(rng, 6).split(), look.head(), place, 1.4 * size, surface.next_block(),
                 align, bottom=room)  # type: ignore[arg-type]  # fmt: skip

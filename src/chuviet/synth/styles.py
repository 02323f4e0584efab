"""Hands and sheets for lines of general text: more writers than `Hand.draw` knows, pencil on grey, and print."""

from __future__ import annotations

import dataclasses

import numpy as np

from chuviet.synth.ink import Hand
from chuviet.synth.paper import Sheet


def varied_hand(rng: np.random.Generator) -> Hand:
    """A random hand; in four of ten one or two habits are far from the middle: steep slant to either side, words that
    nearly touch, narrow or wide letters, marks far from their letters, a thin pen.
    """
    hand = Hand.draw(rng)
    if rng.random() < 0.6:
        return hand
    habits: tuple[dict[str, float], ...] = (
        {"slant": rng.uniform(0.35, 0.75)},
        {"slant": rng.uniform(-0.4, -0.15)},
        {"space": rng.uniform(0.5, 4)},
        {"stretch": rng.uniform(0.45, 0.65)},
        {"stretch": rng.uniform(1.1, 1.4), "tracking": rng.uniform(1.1, 1.4), "letters": 0.9},
        {"marks": rng.uniform(0.15, 0.25), "mark_size": rng.uniform(0.7, 1.5)},
        {"pen": -1.0, "pressure": rng.uniform(0.4, 0.75)},
        {"wander": rng.uniform(2, 3), "height_change": rng.uniform(2, 4), "size_change": rng.uniform(0.06, 0.12)},
    )
    for k in rng.permutation(len(habits))[: int(rng.integers(1, 3))]:
        hand = dataclasses.replace(hand, **habits[int(k)])
    return hand


def varied_sheet(rng: np.random.Generator) -> Sheet:
    """A random sheet; one in five is grey paper with pencil or a worn pen that is little darker than it."""
    sheet = Sheet.draw(rng)
    if rng.random() < 0.8:
        return sheet
    level = rng.uniform(120, 215)
    tint = rng.uniform(-8, 8, 3)
    paper = np.clip(level + tint, 0, 255)
    ink = np.clip(paper - rng.uniform(55, 130), 0, 255)
    return dataclasses.replace(
        sheet, paper=_colour(paper), ink=_colour(ink), grain=rng.uniform(0, 6),
        texture=str(rng.choice(("plain", "noise", "blobs"))), strength=rng.uniform(0.8, 1.1),
        shadow=min(sheet.shadow, 0.15),  # a deeper one would be darker than the ink
    )  # fmt: skip


def printed_hand(rng: np.random.Generator) -> Hand:
    """Print: the font as it is, with its words evenly spaced, hardly turned."""
    cap = rng.uniform(22, 32)
    return Hand(
        cap=cap, slant=0.0 if rng.random() < 0.9 else rng.uniform(0.1, 0.25), stretch=rng.uniform(0.9, 1.1),
        space=cap * rng.uniform(0.25, 0.6), slant_change=0.0, size_change=0.0, height_change=0.0,
        drift=rng.normal(0, 0.004), wander=0.0 if rng.random() < 0.8 else rng.uniform(0.2, 0.8), letters=0.0,
        tracking=1.0, marks=0.0, mark_size=1.0, pen=rng.uniform(-0.6, 0.5), pressure=rng.uniform(0, 0.2),
    )  # fmt: skip


def printed_sheet(rng: np.random.Generator) -> Sheet:
    """What is printed on: mostly white and black, scanned sharply or at too few dots an inch."""
    sheet = Sheet.draw(rng)
    ink = np.full(3, rng.uniform(0, 90)) if rng.random() < 0.85 else np.array(sheet.ink)
    return dataclasses.replace(
        sheet, ink=_colour(ink), rules="", blur=0.0 if rng.random() < 0.4 else rng.uniform(0.5, 2.2)
    )


def _colour(values: np.ndarray) -> tuple[float, float, float]:
    red, green, blue = (float(x) for x in values)
    return red, green, blue

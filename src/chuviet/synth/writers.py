"""Made-up writers: each has a font, a hand, a pen and a kind of paper of their own, and keeps to them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from chuviet.synth.fonts import Font
from chuviet.synth.ink import Hand, crop_line, draw_line
from chuviet.synth.paper import Sheet, encode_jpeg, put_on


@dataclasses.dataclass(frozen=True)
class Writer:
    """One made-up writer; `line` draws a text in this writer's hand."""

    font: Font
    hand: Hand
    sheet: Sheet

    @staticmethod
    def make(number: int, fonts: Sequence[Font], seed: int = 0) -> Writer:
        """Writer `number`: the families are dealt out in turn, the rest is drawn from (seed, number)."""
        rng = np.random.default_rng((seed, number))
        families = sorted({f.family for f in fonts})
        members = [f for f in fonts if f.family == families[number % len(families)]]
        hand = Hand.draw(rng)
        hand = dataclasses.replace(
            hand, cap=rng.uniform(24, 32), stretch=rng.uniform(0.75, 1.1), wander=hand.wander / 2, marks=hand.marks / 2
        )
        sheet = dataclasses.replace(Sheet.draw(rng), blur=0.0, quality=85)
        return Writer(members[int(rng.integers(len(members)))], hand, sheet)

    def line(self, text: str, rng: np.random.Generator, height: int = 64) -> bytes:
        """The JPEG bytes of one line."""
        ink = crop_line(draw_line(text, self.font.path, self.hand, rng), height, rng, margins=(0, 2, 5, 10))
        return encode_jpeg(put_on(ink, self.sheet, rng), self.sheet.quality)

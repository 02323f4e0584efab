"""What reading gives: texts of lines, places of text."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass
class Prediction:
    """One decoded sample. `confidence` is in 0..1: the geometric mean of the chosen characters' probabilities (1 if
    empty). `raw_text` is what was read before a language model had its say, None without one. `spans` are the first and
    last frame of each character of `text` (L 2) in the frames of a CTC recogniser, the first of several; None where the
    text does not fit them, and from other decoders.
    """

    index: int
    text: str
    confidence: float
    raw_text: str | None = None
    spans: np.ndarray | None = field(default=None, compare=False, repr=False)

    @property
    def answer(self) -> str:
        """What a metric compares."""
        return self.text


@dataclass
class Detection:
    """The text found in one image: `quads` K 4 2 float pixels of the original image, clockwise from the text's top
    left; `scores` K, 0..1. `texts` are what a recogniser read in them, None before one did.
    """

    index: int
    quads: np.ndarray
    scores: np.ndarray
    texts: list[str] | None = None

    @property
    def answer(self) -> Detection:
        """What a metric compares."""
        return self

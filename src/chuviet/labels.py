"""Ground truth of pages."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

PageKind = Literal["text", "lines", "words", "both"]


@dataclass
class LabelledPage:
    """A page or photo with text on it.

    `quads` is K 4 2, float pixels, clockwise from the text's top left; `ignore` (K) marks don't-care regions, whose
    text is "###". `path` is the image file; `source` the set it is from.

    `kind` says what the quads are, as far as the set tells: of a page with "both" `is_word` (K) marks the words, all
    others are lines. `outlines` (K) follow lines that bend (M 2, clockwise), None where the quad is enough.
    """

    image: np.ndarray | None  # H W 3, uint8 RGB
    quads: np.ndarray
    texts: list[str]
    ignore: np.ndarray  # K, bool
    path: str = ""
    source: str = ""
    meta: dict[str, Any] = field(default_factory=dict)
    kind: PageKind = "text"
    is_word: np.ndarray | None = None  # K, bool
    outlines: list[np.ndarray | None] | None = None

    def rows(self, of: Literal["lines", "words"]) -> np.ndarray:
        """K bool: the quads that are lines, or words. None of a page whose set has no labels of that kind."""
        if self.is_word is not None:
            return self.is_word if of == "words" else ~self.is_word
        return np.full(len(self.quads), self.kind == of)

    def taken(self, rows: np.ndarray) -> LabelledPage:
        """The page with some of its quads: `rows` are their numbers, or K bool."""
        numbers = np.arange(len(self.quads))[rows]
        return replace(
            self, quads=self.quads[numbers], texts=[self.texts[i] for i in numbers], ignore=self.ignore[numbers],
            is_word=None if self.is_word is None else self.is_word[numbers],
            outlines=None if self.outlines is None else [self.outlines[i] for i in numbers],
        )  # fmt: skip

"""Pages of handwriting, forms, documents and pictures without text, with lines and words: what `gendata_pages.py` adds
to scenes and receipts.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from chuviet.manifest import COLUMNS, SYNTHETIC_FOLD
from chuviet.synth.camera import Taken, take
from chuviet.synth.document import document
from chuviet.synth.fonts import Font
from chuviet.synth.form import form
from chuviet.synth.letter import RealLines, letter
from chuviet.synth.negative import negative
from chuviet.synth.notes import annotate
from chuviet.synth.paper import encode_jpeg
from chuviet.synth.regions import line_row
from chuviet.synth.sentences import Sentences
from chuviet.synth.surface import Family
from chuviet.synth.warp import Warp

PaperKind = Literal["letter", "form", "document", "negative"]
PAPER_KINDS: tuple[PaperKind, ...] = ("letter", "form", "document", "negative")


@dataclass(frozen=True)
class PaperRecipe:
    """How page i is made: `job(i)` returns its manifest row and its JPEG bytes.

    The row's text is the JSON list of lines in reading order (see `regions.line_row`); its `aug` is how the page was
    taken, what it shows if that has no text, by how many degrees anticlockwise it is turned, and the images of real
    lines on it, divided by semicolons.
    """

    kind: PaperKind
    texts: Sentences
    families: Sequence[Family]  # printed
    hands: Sequence[Font]  # handwritten
    seed: int = 0
    size: tuple[int, int] = (960, 640)  # about, of pictures without text
    turned: float = 0.0  # share of pages turned by 90, 180 or 270 degrees
    real: RealLines | None = None

    def job(self, index: int) -> tuple[dict[str, str], bytes]:
        rng = np.random.default_rng((self.seed, index, 11 + PAPER_KINDS.index(self.kind)))
        taken, facts = self.page(rng)
        rows = [line_row(line) for line in taken.lines]
        aug = ";".join([taken.way, *([f"turned={taken.turned}"] if taken.turned else []), *facts])
        name = f"{index // 1000:04d}/{index:07d}.jpg"
        text = json.dumps(rows, ensure_ascii=False)
        values = (name, text, "-1", str(SYNTHETIC_FOLD), f"pages_{self.kind}", "", aug)
        return dict(zip(COLUMNS, values, strict=True)), encode_jpeg(taken.image, int(rng.integers(35, 97)))

    def page(self, rng: np.random.Generator) -> tuple[Taken, list[str]]:
        """One page as it was photographed or scanned, and the other values of its manifest row."""
        if self.kind == "negative":
            image, shown = negative(rng, self.size)
            return Taken(image, [], "photo", 0, Warp(np.eye(3), (image.shape[1], image.shape[0]))), [shown]
        if self.kind == "letter":
            surface, names = letter(self.texts, self.hands, self.families, rng, self.real)
            return take(surface, rng, self.turned), ["|".join(names)] if names else []
        if self.kind == "form":
            return take(form(self.texts, self.hands, self.families, rng), rng, self.turned), []
        surface = document(self.texts, self.families, rng)
        if rng.random() < 0.12:
            annotate(surface, self.texts, self.hands, rng)
        return take(surface, rng, self.turned), []

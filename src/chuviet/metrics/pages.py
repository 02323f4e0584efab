"""How well whole pages are read: what is found, what is found and read, and the page's text in order."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass

import editdistance
import numpy as np

from chuviet.labels import LabelledPage
from chuviet.metrics.detection import DetectionMetric, compare
from chuviet.results import Detection
from chuviet.vocab import normalize


@dataclass
class PageReadingMetric:
    """Compares texts found on pages, in reading order, with labels in reading order; fractions (0.05 is 5 %).

    - ``precision``, ``recall``, ``hmean``: what is found, by the rules of `DetectionMetric` (don't-care regions too).
    - ``read_hmean``: the same, where of the matches only those with the same text count: NFC, upper and lower case
      alike, any run of blanks as one space.
    - ``wrong``: edits between the page's text and the true one over the true one's characters, of all pages together.
      The texts of a page are joined by a space; case counts. What is found in don't-care regions is left out. It is
      more than 1 where more is made up than there is; 0 where there is no text at all and none was found.
    - ``reported``: texts found on pages that have none, and ``empty``: how many such pages there are; ``count``: pages.
    """

    iou: float = 0.5
    edits: int = 0
    characters: int = 0
    reported: int = 0
    empty: int = 0

    def __post_init__(self) -> None:
        self._found = DetectionMetric(self.iou)

    def update(self, found: Detection, page: LabelledPage) -> None:
        """Adds a page. Raises ValueError when `found` has no texts, or not one for each quad."""
        if found.texts is None or len(found.texts) != len(found.quads):
            raise ValueError(f"{page.path or found.index}: {len(found.quads)} quads need a text each")
        alike = dataclasses.replace(page, texts=[_folded(text) for text in page.texts])
        self._found.update([dataclasses.replace(found, texts=[_folded(text) for text in found.texts])], [alike])
        outcome = compare(found, page, self.iou)
        read = page_text(t for t, kind in zip(found.texts, outcome.found, strict=True) if kind != "ignored")
        true = page_text(t for t, ignored in zip(page.texts, page.ignore, strict=True) if not ignored)
        self.edits += editdistance.eval(read, true)
        self.characters += len(true)
        if not np.any(~np.asarray(page.ignore, bool)):
            self.empty += 1
            self.reported += sum(kind != "ignored" for kind in outcome.found)

    def compute(self) -> dict[str, float]:
        """The metrics of all pages. Raises ValueError when there are none."""
        found = self._found.compute()
        wrong = self.edits / self.characters if self.characters else float(self.edits > 0)
        return {
            "precision": found["precision"], "recall": found["recall"], "hmean": found["hmean"],
            "read_hmean": found["e2e_hmean"], "wrong": wrong, "reported": self.reported, "empty": self.empty,
            "count": int(found["count"]),
        }  # fmt: skip


def page_text(texts: Iterable[str]) -> str:
    """The texts of a page, one after the other: NFC, any run of blanks or line ends as one space."""
    return " ".join(" ".join(normalize(text) for text in texts).split())


def _folded(text: str) -> str:
    return page_text([text]).casefold()

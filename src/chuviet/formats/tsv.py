"""TSV with Tesseract's twelve columns and five levels: page, block, paragraph, line, word."""

from __future__ import annotations

import numpy as np

from chuviet.formats.shapes import box_of, outline_of, words_of
from chuviet.formats.writer import TextWriter
from chuviet.results import Page

COLUMNS = "level page_num block_num par_num line_num word_num left top width height conf text".split()


class TsvWriter(TextWriter):
    """Only words have a text and a confidence, 0 to 100; the others have none and -1. A block is one paragraph."""

    name = "tsv"
    endings = (".tsv",)

    def head(self) -> str:
        return "\t".join(COLUMNS) + "\n"

    def body(self, page: Page, number: int) -> str:
        whole = np.array([(0, 0), (page.width, page.height)])
        rows = [_row(page, (1, number, 0, 0, 0, 0), whole)]
        for b, block in enumerate(page.blocks, 1):
            rows += [_row(page, (level, number, b, level - 2, 0, 0), block.corners) for level in (2, 3)]
            for l, line in enumerate(block, 1):
                rows.append(_row(page, (4, number, b, 1, l, 0), outline_of(line)))
                for w, word in enumerate(words_of(line), 1):
                    place = (5, number, b, 1, l, w)
                    rows.append(_row(page, place, word.corners, 100 * word.confidence, word.text))
        return "".join(rows)


def _row(page: Page, place: tuple[int, ...], points: np.ndarray, confidence: float = -1, text: str = "") -> str:
    left, top, right, bottom = box_of(points, page)
    values = [
        *place,
        left,
        top,
        right - left,
        bottom - top,
        f"{confidence:.6f}" if text else -1,
        " ".join(text.split()),
    ]
    return "\t".join(str(value) for value in values) + "\n"

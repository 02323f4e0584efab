"""Plain text: the lines in reading order, blocks apart by an empty line, pages by a form feed."""

from __future__ import annotations

from chuviet.formats.shapes import cell_text, grid_of
from chuviet.formats.writer import TextWriter, paragraphs
from chuviet.results import Block, Page


class PlainWriter(TextWriter):
    """A row of a table is one line, its cells apart by tabs."""

    name = "txt"
    endings = (".txt",)
    between = "\f"

    def body(self, page: Page, number: int) -> str:
        return paragraphs(_text(block) for block in page.blocks)


def _text(block: Block) -> str:
    grid = grid_of(block)
    if grid is None:
        return "\n".join(line.text for line in block if line.text)
    rows = ["\t".join(cell_text(cell) for cell in row) for row in grid]
    return "\n".join(row for row in rows if row.strip())

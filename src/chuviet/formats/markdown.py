"""Markdown: paragraphs, titles as headings, tables with pipes, forms line by line; pages apart by a rule."""

from __future__ import annotations

import re

from chuviet.formats.shapes import cell_text, grid_of
from chuviet.formats.writer import TextWriter, paragraphs
from chuviet.results import Block, Line, Page

#: Characters that mean something in Markdown wherever they stand.
_SPECIAL = re.compile(r"([\\`*_\[\]<>|~$&])")
#: What means something at the beginning of a line: headings, lists, rules, quotes.
_AT_START = re.compile(r"^(\d{1,9}(?=[.)](\s|$))|(?=[#+\-=:]))")


class MarkdownWriter(TextWriter):
    """CommonMark, and GitHub's tables. The first row of a table is its header."""

    name = "md"
    endings = (".md",)
    between = "\n---\n\n"

    def body(self, page: Page, number: int) -> str:
        return paragraphs(_block(block) for block in page.blocks)


def _block(block: Block) -> str:
    grid = grid_of(block)
    if grid is not None:
        return _table(grid)
    lines = [_escaped(line.text) for line in block if line.text.strip()]
    if block.kind == "title":
        return "## " + " ".join(lines) if lines else ""
    # A backslash keeps the break: the lines of a form belong to different fields.
    return ("\\\n" if block.kind == "form" else "\n").join(lines)


def _table(grid: list[list[list[Line]]]) -> str:
    rows = ["| " + " | ".join(_inline(cell_text(cell)) for cell in row) + " |" for row in grid]
    return "\n".join([rows[0], "|" + " --- |" * len(grid[0]), *rows[1:]])


def _escaped(text: str) -> str:
    """A line of text, nothing of which is taken for Markdown."""
    return _AT_START.sub(lambda m: f"{m[0]}\\", _inline(text))


def _inline(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))

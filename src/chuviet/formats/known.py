"""All output formats, and which of them a file name means."""

from __future__ import annotations

from pathlib import Path

from chuviet.errors import InputError
from chuviet.formats.alto import AltoWriter
from chuviet.formats.hocr import HocrWriter
from chuviet.formats.json_format import JsonLinesWriter, JsonWriter
from chuviet.formats.markdown import MarkdownWriter
from chuviet.formats.page_xml import PageXmlWriter
from chuviet.formats.pdf import PdfWriter
from chuviet.formats.plain import PlainWriter
from chuviet.formats.tsv import TsvWriter
from chuviet.formats.writer import PageWriter

Format = type[PageWriter]

FORMATS: dict[str, Format] = {
    writer.name: writer
    for writer in (
        PlainWriter, JsonWriter, JsonLinesWriter, TsvWriter, MarkdownWriter, HocrWriter, AltoWriter, PageXmlWriter,
        PdfWriter,
    )
}  # fmt: skip


def format_of(path: str | Path) -> Format | None:
    """The format that a file's name means by its ending, the longest that fits (`.page.xml` before `.xml`)."""
    name = Path(path).name.lower()
    fitting = [(len(end), w) for w in FORMATS.values() for end in w.endings if name.endswith(end) and name != end]
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else None


def known_format(path: str | Path, what: str = "--out") -> Format:
    """As `format_of`. Raises InputError, with all endings, for a name that means none; `what` is named in it."""
    found = format_of(path)
    if found is None:
        endings = " ".join(end for writer in FORMATS.values() for end in writer.endings)
        raise InputError(f"{what} {path}: what format is that? Names end in one of {endings}")
    return found


def named_format(name: str) -> Format:
    """The format of that name. Raises InputError, with all names, where there is none."""
    if name not in FORMATS:
        raise InputError(f"format {name!r}: one of {', '.join(FORMATS)} is expected")
    return FORMATS[name]

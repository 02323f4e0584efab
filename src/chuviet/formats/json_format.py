"""JSON: all that a page holds, and JSON lines. `pages.schema.json` beside this file describes both."""

from __future__ import annotations

import json
from typing import Any

from chuviet.formats.writer import TextWriter
from chuviet.inputs.names import printable
from chuviet.results import Page

SCHEMA = "chuviet/pages"
#: Raised when an entry changes its meaning or goes; new entries may come without that.
VERSION = 1


class JsonWriter(TextWriter):
    """One object with `schema`, `version` and `pages`; a text line, and a block, on a line of its own."""

    name = "json"
    endings = (".json",)
    mark = f'"schema": "{SCHEMA}"'.encode()
    between = ",\n"

    def head(self) -> str:
        return f'{{"schema": "{SCHEMA}", "version": {VERSION}, "pages": [\n'

    def body(self, page: Page, number: int) -> str:
        entries = as_entries(page)
        rows = {key: entries.pop(key) for key in ("lines", "blocks")}
        scalars = [f" {_dumped(key)}: {_dumped(value)}" for key, value in entries.items()]
        lists = [f" {_dumped(key)}: {_rows(value)}" for key, value in rows.items()]
        return "{" + ",".join(scalars)[1:] + ",\n" + ",\n".join(lists) + "}"

    def tail(self) -> str:
        return "\n]}\n" if self.pages else "]}\n"


class JsonLinesWriter(TextWriter):
    """One object a line and page: `schema`, `version` and the entries of the page."""

    name = "jsonl"
    endings = (".jsonl",)
    mark = JsonWriter.mark

    def body(self, page: Page, number: int) -> str:
        return _dumped({"schema": SCHEMA, "version": VERSION} | as_entries(page)) + "\n"


def as_entries(page: Page) -> dict[str, Any]:
    """`Page.as_dict`, with a name that UTF-8 can hold."""
    return page.as_dict() | {"name": printable(page.name)}


def _rows(values: list[Any]) -> str:
    return "[\n" + ",\n".join(f"  {_dumped(value)}" for value in values) + "\n ]" if values else "[]"


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)

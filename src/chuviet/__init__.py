"""chuviet: OCR that fits a size budget. Vietnamese handwriting, words in photos, text on pages.

    import chuviet

    page = chuviet.read("photo.jpg")               # a Page: page.text, page.lines, their words
    line = chuviet.LineReader().read("line.png")   # a Line of handwriting: line.text, line.confidence

Everything here is imported when it is first used; docs/python.md explains it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

if TYPE_CHECKING:
    from chuviet.errors import InputError as InputError
    from chuviet.front import load as load
    from chuviet.front import read as read
    from chuviet.front import write as write
    from chuviet.reading.detector import Detector as Detector
    from chuviet.reading.lines import LineReader as LineReader
    from chuviet.reading.pages import Reader as Reader
    from chuviet.results import Block as Block
    from chuviet.results import Detection as Detection
    from chuviet.results import Line as Line
    from chuviet.results import Page as Page
    from chuviet.results import Word as Word

_PLACES = {
    "read": "chuviet.front", "load": "chuviet.front", "write": "chuviet.front", "Reader": "chuviet.reading.pages",
    "LineReader": "chuviet.reading.lines", "Detector": "chuviet.reading.detector", "Page": "chuviet.results",
    "Block": "chuviet.results", "Line": "chuviet.results", "Word": "chuviet.results", "Detection": "chuviet.results",
    "InputError": "chuviet.errors",
}  # fmt: skip
__all__ = [
    "Block", "Detection", "Detector", "InputError", "Line", "LineReader", "Page", "Reader", "Word", "load", "read",
    "write",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_PLACES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, "__version__", "__doc__"})

"""File names: their natural order, those that are not UTF-8, those whose accents are coded in another way."""

from __future__ import annotations

import os
import re
from pathlib import Path

from chuviet.files import find_path
from chuviet.inputs.kinds import SUFFIXES

_ESCAPED = re.compile(r"\\\\|\\x[0-9a-f]{2}|\\u[0-9a-f]{4}")
_NOT_TEXT = re.compile(r"[\ud800-\udfff]|\\")


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """A sort key that orders digits by their value."""
    parts: list[str] = [""]
    for c in name:
        if parts[-1] and c.isdecimal() != parts[-1][-1].isdecimal():
            parts.append("")
        parts[-1] += c
    return [(0, int(p), p) if p.isdecimal() else (1, 0, p) for p in parts]


def list_files(folder: str | Path) -> list[Path]:
    """All files below `folder` in natural order (2.jpg before 10.jpg), without hidden files and folders."""
    found = []
    for where, folders, names in os.walk(folder):
        folders[:] = [f for f in folders if not f.startswith(".")]
        found += [Path(where, n) for n in names if not n.startswith(".")]
    return sorted(found, key=lambda p: [natural_key(part) for part in p.parts])


def list_images(folder: str | Path) -> list[Path]:
    """The files of `list_files` whose names end as images do."""
    return [p for p in list_files(folder) if p.suffix.lower() in SUFFIXES]


def counted(number: int, noun: str) -> str:
    """A number of things whose plural ends in s: "1 file", "1,200 files"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def printable(name: str) -> str:
    """A file name as text that can be written as UTF-8; `from_printable` gives the name back.

    Python keeps a byte that is not UTF-8 as a lone surrogate. It is written as ``\\xe9``, other lone surrogates (names
    of Windows) as ``\\ud800``. In these names, and in those that already look so, a backslash is doubled. All other
    names stay as they are.
    """
    if not _ESCAPED.search(name) and not any("\ud800" <= c <= "\udfff" for c in name):
        return name
    return _NOT_TEXT.sub(_escape, name)


def from_printable(text: str) -> str:
    """The file name that `printable` wrote as `text`."""
    return _ESCAPED.sub(_unescape, text)


def locate(root: Path, name: str) -> Path | None:
    """The file that a list calls `name`, seen from folder `root`; None when there is none.

    Accents may be coded in another way there than on the disk (Unicode NFC and NFD: lists from a Mac). Names as
    `printable` writes them are found, and those with backslashes between folders.
    """
    for spelling in dict.fromkeys((name, from_printable(name), name.replace("\\", "/"))):
        if _is_file(found := find_path(root / spelling)):
            return found
    return None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that is too long, or holds a null byte
        return False


def _escape(match: re.Match[str]) -> str:
    c = match[0]
    if c == "\\":
        return "\\\\"
    code = ord(c)
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"


def _unescape(match: re.Match[str]) -> str:
    found = match[0]
    if found == "\\\\":
        return "\\"
    code = int(found[2:], 16)
    return chr(code + 0xDC00) if found[1] == "x" else chr(code)

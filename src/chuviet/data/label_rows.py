"""Rows of label files as plain strings: CSVs with a header, and lists of ``path<TAB>text``; and the images they name.

Each row keeps its number in the file, so that every message names the row that an editor shows. What is wrong with
single rows is collected, so that all of it can be said at once. Imports no pandas.
"""

from __future__ import annotations

import csv
import difflib
import io
import os
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chuviet.data.files import read_lines
from chuviet.errors import InputError
from chuviet.inputs.tables import read_text
from chuviet.vocab import normalize

#: What may stand between the values of a CSV, and its name. Excel writes semicolons where the comma is a decimal point.
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}

_SHOWN = 5  # bad rows that one message names


@dataclass
class Rows:
    """The rows of a label file. `problems` are (row number, what is wrong) of rows that are not in `values`."""

    header: list[str]
    values: list[list[str]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)  # of a CSV the header is row 1, of a list the first line
    problems: list[tuple[int, str]] = field(default_factory=list)


def refuse(path: str | Path, problems: Sequence[tuple[int, str]], remedy: str = "correct or delete them") -> None:
    """Raises InputError, one line, that names the first five bad rows and counts the others; nothing for none."""
    if not problems:
        return
    ordered = sorted(problems)
    shown = "; ".join(f"row {number}: {what}" for number, what in ordered[:_SHOWN])
    more = f"; and {len(ordered) - _SHOWN} more" if len(ordered) > _SHOWN else ""
    raise InputError(f"{path}: {shown}{more}; {remedy}")


def read_csv_rows(path: str | Path, columns: Sequence[str]) -> Rows:
    """The rows of a CSV (UTF-8, or Excel's UTF-16) whose header names at least `columns`; blank lines hold no row.

    The separator is the comma, or the semicolon or tab if only with that the header has all of `columns`. Raises
    InputError for a file that cannot be read, wrong columns, or quotes that do not match.
    """
    path = Path(path)
    text = read_text(path)
    separator, header = _header(path, text, columns)
    rows = Rows(header)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    next(reader)
    number = 1
    try:
        for values in reader:
            number += 1
            if not values:
                continue  # a blank line holds no row
            if len(values) == len(header):
                rows.values.append(values)
                rows.numbers.append(number)
            else:
                rows.problems.append((number, _ragged(values, len(header), separator)))
    except csv.Error as e:
        raise InputError(f"{path}: line {reader.line_num}: not a valid CSV ({e}); check the double quotes") from e
    return rows


def read_list_rows(path: str | Path) -> Rows:
    """The lines of a ``path<TAB>text`` list as rows img_path,text; blank lines hold no row.

    Raises InputError for a file that cannot be read, a list without lines, or a CSV that is called .txt.
    """
    rows = Rows(["img_path", "text"])
    for number, line in enumerate(read_lines(path), 1):
        if not line.strip():
            continue
        name, tab, text = line.partition("\t")
        if number == 1 and (name.strip() == "img_path" or line.startswith(("img_path,", "img_path;"))):
            raise InputError(f"{path}: row 1: a header, which a list has not; if this is a CSV, call it .csv")
        if not tab:
            rows.problems.append((number, "no tab; each line is an image path, a tab, and its text"))
        elif not name.strip() or not normalize(text):
            rows.problems.append((number, f"empty {'label' if name.strip() else 'path'}"))
        else:
            rows.values.append([name.strip(), normalize(text)])
            rows.numbers.append(number)
    if not rows.values and not rows.problems:
        raise InputError(f"{path}: an empty list; each line is an image path, a tab, and its text")
    return rows


def doubled(names: Sequence[str], numbers: Sequence[int], what: str = "img_path") -> list[tuple[int, str]]:
    """A problem for every value that was given before; paths are compared as paths: ``./a.png`` is ``a.png``."""
    first: dict[str, int] = {}
    problems = []
    for name, number in zip(names, numbers, strict=True):
        key = os.path.normpath(unicodedata.normalize("NFC", name)) if what == "img_path" else name
        if key in first:
            problems.append((number, f"{what} {name!r} was given before in row {first[key]}"))
        first.setdefault(key, number)
    return problems


def real_paths(files: Sequence[str | Path]) -> Iterator[str]:
    """For each file the path that all its names share: links followed, absolute."""
    folders: dict[str, str] = {}
    for file in files:
        folder, name = os.path.split(os.fspath(file))
        if folder not in folders:
            folders[folder] = os.path.realpath(folder)
        path = os.path.join(folders[folder], name)  # noqa: PTH118 - strings: there may be a million
        yield os.path.realpath(path) if os.path.islink(path) or name in ("..", "") else path  # noqa: PTH114


def _header(path: Path, text: str, columns: Sequence[str]) -> tuple[str, list[str]]:
    """The separator, and the names in the first row."""
    headers: dict[str, list[str]] = {}
    for separator in SEPARATORS:
        try:
            first = next(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True), [])
        except csv.Error:  # a quoted name that is not followed by this separator
            continue
        headers[separator] = [name.strip() for name in first]
    for separator, header in headers.items():
        if set(columns) <= set(header):
            _check_names(path, header, columns)
            return separator, header
    likeliest = max(headers, key=lambda s: len(headers[s]), default=",")
    _check_names(path, headers.get(likeliest, []), columns)
    raise AssertionError("a header without its columns is refused")


def _check_names(path: Path, header: list[str], columns: Sequence[str]) -> None:
    if not any(header):
        raise InputError(f"{path}: an empty file; the first row must name the columns {','.join(columns)}")
    if twice := sorted(c for c, count in Counter(header).items() if count > 1):
        raise InputError(f"{path}: row 1: column {', '.join(twice[:5])} is there twice")
    missing = [c for c in columns if c not in header]
    if not missing:
        return
    hints = []
    for name in missing:
        near = difflib.get_close_matches(name.lower(), [h.lower() for h in header], n=1, cutoff=0.6)
        hints += [f"is {near[0]!r} meant to be {name!r}?"] if near else []
        hints += ["`chuviet folds` gives every row one"] if name == "fold" and not near else []
    if len(header) == 1:
        hints = ["the separator must be a comma, a semicolon or a tab"]
    if header[0].lower().startswith("sep="):
        hints = ["delete this line of Excel's; the separator is found without it"]
    hint = f"; {' '.join(hints)}" if hints else ""
    there = ", ".join(header[:20]) + (f" and {len(header) - 20} more" if len(header) > 20 else "")
    raise InputError(f"{path}: row 1: no column {', '.join(missing)}; there are: {there}{hint}")


def _ragged(values: list[str], wanted: int, separator: str) -> str:
    """What is wrong with a row of another number of values than the header."""
    name = SEPARATORS[separator]
    what = f"{len(values)} {'value' if len(values) == 1 else 'values'} under {wanted} columns"
    other = [
        SEPARATORS[s] for s in SEPARATORS if s != separator and len(values) == 1 and values[0].count(s) >= wanted - 1
    ]
    if other and wanted > 1:
        return f"{what}: separated by {other[0]}s, where the header has {name}s"
    return f"{what}; text with {name}s needs double quotes"

"""The images that a CSV or a ``path<TAB>text`` list names: read with the csv module alone, for reading only.

`chuviet.data.table` reads labels to train on and checks more.
"""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Sequence
from pathlib import Path

from chuviet.errors import InputError
from chuviet.inputs.names import locate

#: File name endings that are taken as lists of images.
TABLES = frozenset({".csv", ".tsv", ".txt"})
_SEPARATORS = (",", ";", "\t")


def listed_images(path: str | Path, columns: Sequence[str] = ("img_path",)) -> list[tuple[str, Path]]:
    """The rows of a list of images: (path as the list has it, the file that it means).

    A CSV or TSV has a header with at least `columns`, the first of which holds the paths; it is separated by commas,
    semicolons or tabs. Every line of a ``.txt`` is a path, or begins with a path and a tab. Paths start at the folder
    that `image_folder` finds. A file that is missing is given all the same: reading it says so. Raises InputError with
    file and row for a list that cannot be read or names no image, and when none of its images is there.
    """
    path = Path(path)
    text = read_text(path)
    rows = _listed(text) if path.suffix.lower() == ".txt" else _column(path, text, columns)
    if not rows:
        raise InputError(f"{path}: it names no images")
    numbers, names = zip(*rows, strict=True)
    return list(zip(names, image_files(image_folder(path, names, numbers), names), strict=True))


def image_folder(path: str | Path, names: Sequence[str], numbers: Sequence[int]) -> Path:
    """The folder that image names are relative to: that of the label file, `images/` or `training_data/images/` in it.

    It is the first of these that holds the first image which is there. Raises InputError when none holds any.
    """
    folder = Path(path).parent
    candidates = [folder, folder / "images", folder / "training_data" / "images"]
    if not len(names):
        return folder
    there = [c for c in candidates if c.is_dir()]
    for name in names:
        for candidate in there:
            if locate(candidate, name):
                return candidate
    tried = ", ".join(str(c) for c in candidates)
    which = (
        f"there is no image {names[0]}" if len(names) == 1 else f"there is none of {len(names)} images ({names[0]} ...)"
    )
    raise InputError(f"{path}: row {numbers[0]}: {which} in any of {tried}; put the images in one of these")


def image_files(folder: Path, names: Sequence[str]) -> list[Path]:
    """The file that each name means, in another Unicode form too (`inputs.names.locate`), there or not."""
    return [locate(folder, name) or folder / name for name in names]


def read_text(path: Path) -> str:
    """The text of a UTF-8 file (a byte order mark is allowed), or of Excel's UTF-16. Raises InputError for another."""
    try:
        data = path.read_bytes()
    except FileNotFoundError as e:
        raise InputError(f"{path}: no such file") from e
    except OSError as e:
        raise InputError(f"{path}: cannot be read ({e.strerror or e}); check the path") from e
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"  # Excel's "Unicode text" is UTF-16
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as e:
        raise InputError(f"{path}: not UTF-8 (byte {e.start}); save it as UTF-8 ('CSV UTF-8' in Excel)") from e


def _listed(text: str) -> list[tuple[int, str]]:
    """(row, path) of every line of a list that holds one."""
    lines = text.replace("\r\n", "\n").split("\n")
    paths = [(number, line.split("\t")[0].strip()) for number, line in enumerate(lines, 1)]
    return [(number, name) for number, name in paths if name]


def _column(path: Path, text: str, columns: Sequence[str]) -> list[tuple[int, str]]:
    """(row, value of the first of `columns`) of every row of a table; the header is row 1."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text, columns), strict=True)
    try:
        header = [h.strip() for h in next(reader, [])]
        _check_header(path, header, columns)
        at, rows = header.index(columns[0]), []
        for number, row in enumerate((r for r in reader if r), 2):
            if len(row) != len(header):
                raise InputError(
                    f"{path}: row {number} (line {reader.line_num}): {len(row)} values under {len(header)} columns; "
                    "text with the separator in it needs double quotes"
                )
            if not row[at].strip():
                raise InputError(f"{path}: row {number}: empty {columns[0]}; fill it in or delete the row")
            rows.append((number, row[at].strip()))
    except csv.Error as e:
        raise InputError(f"{path}: line {reader.line_num}: not a valid CSV ({e}); check the double quotes") from e
    return rows


def _separator(text: str, columns: Sequence[str]) -> str:
    """The separator under which the header has most of `columns`; among equals the one that comes most often."""
    header = text.split("\n", 1)[0].rstrip("\r")

    def score(mark: str) -> tuple[int, int]:
        names = [h.strip().strip('"') for h in header.split(mark)]
        return len(set(columns) & set(names)), len(names)

    return max(_SEPARATORS, key=score)


def _check_header(path: Path, header: list[str], columns: Sequence[str]) -> None:
    if not header:
        raise InputError(f"{path}: an empty file; the first row must name the columns {','.join(columns)}")
    for name in columns:
        if header.count(name) > 1:
            raise InputError(f"{path}: row 1: column {name} is there twice")
        if name not in header:
            near = difflib.get_close_matches(name, header, n=1, cutoff=0.6)
            hint = f"; is {near[0]!r} meant to be {name!r}?" if near else ""
            there = ", ".join(header[:20]) + (f" and {len(header) - 20} more" if len(header) > 20 else "")
            raise InputError(f"{path}: row 1: no column {name}; there are: {there}{hint}")

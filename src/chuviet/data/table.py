"""Label CSVs (`img_path,text,writer_id,fold,...`): read with every row checked, written whole or not at all."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from chuviet.errors import InputError
from chuviet.files import write_whole
from chuviet.manifest import ALL_FOLDS, SYNTHETIC_FOLD
from chuviet.vocab import Charset, normalize


def read_table(
    path: str | Path, columns: Sequence[str] = ("img_path", "text"), unique: str | None = "img_path"
) -> pd.DataFrame:
    """The rows of a UTF-8 CSV (a byte order mark is allowed) that has at least `columns`.

    All columns are strings, `fold` int64; `text` is NFC without outer spaces (`vocab.normalize`). Raises InputError
    with file and row (the header is row 1) for wrong columns, an empty label, a value of `unique` given twice, a fold
    that is none.
    """
    path = Path(path)
    header, rows = _read_rows(path)
    _check_columns(path, header, columns)
    frame = pd.DataFrame({h: pd.Series([row[i] for row in rows], dtype=str) for i, h in enumerate(header)})
    if "text" in frame:
        frame["text"] = pd.Series([normalize(t) for t in frame["text"]], dtype=str)
    for name in [c for c in columns if c in ("img_path", "text")]:
        if len(empty := frame.index[frame[name].str.strip() == ""]):
            what = "empty label" if name == "text" else f"empty {name}"
            raise InputError(f"{path}: {_at(empty)}: {what}; fill it in or delete the row")
    if unique in header:
        _check_unique(path, frame, str(unique))
    if "fold" in frame:
        frame["fold"] = np.array(_folds(path, frame["fold"]), dtype=np.int64)
    return frame


def image_root(csv_path: str | Path, frame: pd.DataFrame) -> Path:
    """The folder that `img_path` is relative to: the CSV's own, `images/` or `training_data/images/` beside it.

    The first of these that holds the first row's file. Raises InputError when none does.
    """
    folder = Path(csv_path).parent
    candidates = [folder, folder / "images", folder / "training_data" / "images"]
    if not len(frame):
        return folder
    first = str(frame["img_path"].iloc[0])
    for candidate in candidates:
        if (candidate / first).is_file():
            return candidate
    tried = ", ".join(str(c) for c in candidates)
    raise InputError(f"{csv_path}: row 2: there is no image {first} in any of {tried}; put the images in one of these")


def write_table(frame: pd.DataFrame, path: str | Path) -> None:
    """Writes a UTF-8 CSV, whole or not at all (`write_whole`). Raises InputError when it cannot be written."""
    text = frame.to_csv(index=False, lineterminator="\n")
    write_whole(path, text.encode("utf-8"))


def select_fold(frame: pd.DataFrame, fold: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(training rows, validation rows) of `fold`; row labels are kept.

    Validation is what has that fold; synthetic rows (`SYNTHETIC_FOLD` and above) are training only. `ALL_FOLDS`
    trains on every row and has no validation rows. Raises InputError for a fold without rows, naming those there are.
    """
    if fold == ALL_FOLDS:
        return frame, frame.iloc[:0]
    there = sorted(int(k) for k in frame["fold"].unique() if k < ALL_FOLDS)
    if fold not in there:
        raise InputError(f"there is no fold {fold}; the table has {_names(there)}, and {ALL_FOLDS} means all of them")
    held_out = frame["fold"] == fold
    return frame[~held_out], frame[held_out]


def check_charset(frame: pd.DataFrame, charset: Charset, path: str | Path) -> None:
    """Raises InputError that names the characters of `text` outside `charset`, how often they come and the first
    rows."""
    found: dict[str, list[int]] = {}
    for row, text in zip(frame.index, frame["text"], strict=True):
        for c in charset.unknown(text):
            found.setdefault(c, []).append(int(row))
    if not found:
        return
    rows = sorted({r for where in found.values() for r in where})
    names = ", ".join(f"{c!r} (U+{ord(c):04X}, {len(where)} rows)" for c, where in list(found.items())[:8])
    more = f" and {len(found) - 8} more" if len(found) > 8 else ""
    first = ", ".join(str(r + 2) for r in rows[:5])
    raise InputError(
        f"{path}: {len(rows)} of {len(frame)} labels hold characters outside the charset: {names}{more}; "
        f"first in row {first}; correct the labels or add the characters to the charset"
    )


def _read_rows(path: Path) -> tuple[list[str], list[list[str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as f:
            reader = csv.reader(f, strict=True)
            header = [name.strip() for name in next(reader, [])]
            rows = []
            for row in reader:
                if not row:
                    continue  # a blank line holds no row
                if len(row) != len(header):
                    raise InputError(
                        f"{path}: line {reader.line_num}: {len(row)} values under {len(header)} columns; "
                        "text with commas needs double quotes"
                    )
                rows.append(row)
    except FileNotFoundError as e:
        raise InputError(f"{path}: no such file") from e
    except OSError as e:
        raise InputError(f"{path}: cannot be read ({e.strerror or e})") from e
    except UnicodeDecodeError as e:
        raise InputError(f"{path}: not UTF-8 (byte {e.start}); save it as 'CSV UTF-8'") from e
    except csv.Error as e:
        raise InputError(f"{path}: line {reader.line_num}: not a valid CSV ({e}); check the double quotes") from e
    return header, rows


def _check_columns(path: Path, header: list[str], columns: Sequence[str]) -> None:
    if not header:
        raise InputError(f"{path}: an empty file; the first row must name the columns {','.join(columns)}")
    if doubled := sorted({c for c in header if header.count(c) > 1}):
        raise InputError(f"{path}: row 1: column {', '.join(doubled)} is there twice")
    missing = [c for c in columns if c not in header]
    if not missing:
        return
    hints = []
    for name in missing:
        near = difflib.get_close_matches(name.lower(), [h.lower() for h in header], n=1, cutoff=0.6)
        hints += [f"is {near[0]!r} meant to be {name!r}?"] if near else []
    if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        hints = ["the separator must be a comma"]
    hint = f"; {' '.join(hints)}" if hints else ""
    raise InputError(f"{path}: row 1: no column {', '.join(missing)}; there are: {', '.join(header)}{hint}")


def _check_unique(path: Path, frame: pd.DataFrame, column: str) -> None:
    doubled = frame.index[frame.duplicated(column)]
    if not len(doubled):
        return
    value = frame.at[doubled[0], column]
    first = frame.index[frame[column] == value][0]
    raise InputError(
        f"{path}: {_at(doubled)}: {column} {value!r} was given before in row {first + 2}; delete the doubled rows"
    )


def _folds(path: Path, values: pd.Series) -> list[int]:
    folds = []
    for row, value in enumerate(values):
        text = value.strip()
        if not (text.isascii() and text.isdigit()) or int(text) == ALL_FOLDS:
            known = f"0 to {ALL_FOLDS - 1}, or {SYNTHETIC_FOLD} for synthetic rows"
            raise InputError(
                f"{path}: row {row + 2}: fold {value!r}; folds are {known} ({ALL_FOLDS} means 'all' in a run)"
            )
        folds.append(int(text))
    return folds


def _at(rows: pd.Index) -> str:
    """'row 5', or 'row 5 (and 3 more)'."""
    more = f" (and {len(rows) - 1} more)" if len(rows) > 1 else ""
    return f"row {int(rows[0]) + 2}{more}"


def _names(folds: list[int]) -> str:
    return "folds " + ", ".join(map(str, folds)) if folds else "no real rows"

"""Label CSVs (`img_path,text,writer_id,fold,...`): read with every row checked, written whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from chuviet.data.label_rows import doubled, read_csv_rows, refuse
from chuviet.errors import InputError
from chuviet.files import write_whole
from chuviet.inputs.tables import image_folder
from chuviet.manifest import ALL_FOLDS, SYNTHETIC_FOLD
from chuviet.vocab import Charset, normalize


def read_table(
    path: str | Path,
    columns: Sequence[str] = ("img_path", "text"),
    unique: str | None = "img_path",
    problems: list[str] | None = None,
) -> pd.DataFrame:
    """The rows of a UTF-8 CSV (a byte order mark is allowed) that has at least `columns`; commas, semicolons or tabs.

    All columns are strings, `fold` int64; `text` is NFC without outer spaces (`vocab.normalize`). The index is the
    row's number minus 2 (the header is row 1). Raises InputError with file and rows for wrong columns, empty labels,
    values of `unique` given twice, folds that are none; given a list as `problems`, bad rows are left out and said
    there, one line each.
    """
    rows = read_csv_rows(path, columns)
    index = np.array(rows.numbers, dtype=np.int64) - 2
    values = rows.values
    frame = pd.DataFrame({h: pd.Series([v[i] for v in values], dtype=str) for i, h in enumerate(rows.header)})
    frame.index = pd.Index(index)
    if "text" in frame:
        frame["text"] = pd.Series([normalize(t) for t in frame["text"]], dtype=str, index=frame.index)
    return checked(frame, path, [c for c in columns if c in ("img_path", "text")], unique, rows.problems, problems)


def checked(
    frame: pd.DataFrame,
    path: str | Path,
    filled: Sequence[str],
    unique: str | None,
    bad: Sequence[tuple[int, str]],
    problems: list[str] | None = None,
) -> pd.DataFrame:
    """The frame with `fold` as numbers, its rows checked: `filled` columns hold something, `unique` no value twice.

    `bad` are the rows that were found bad before, as (number, what is wrong). See `read_table` for `problems`.
    """
    found = list(bad)
    for name in filled:
        empty = frame.index[frame[name].str.strip() == ""]
        found += [(int(i) + 2, "empty label" if name == "text" else f"empty {name}") for i in empty]
    if unique is not None and unique in frame:
        found += doubled(frame[unique].tolist(), [int(i) + 2 for i in frame.index], unique)
    if "fold" in frame:
        folds = [_fold(v) for v in frame["fold"]]
        known = f"folds are 0 to {ALL_FOLDS - 1}, or {SYNTHETIC_FOLD} or 'synthetic' ({ALL_FOLDS} means 'all' in a run)"
        rows = zip(frame.index, frame["fold"], folds, strict=True)
        found += [(int(i) + 2, f"fold {text!r}; {known}") for i, text, fold in rows if fold is None]
        frame = frame.assign(fold=np.array([-1 if k is None else k for k in folds], dtype=np.int64))
    if problems is None:
        refuse(path, found)
        return frame
    problems += [f"{path}: row {number}: {what}" for number, what in sorted(found)]
    return frame[~(frame.index + 2).isin([number for number, _ in found])]


def image_root(csv_path: str | Path, frame: pd.DataFrame) -> Path:
    """The folder that `img_path` is relative to, see `inputs.tables.image_folder`. Raises InputError for none."""
    return image_folder(csv_path, frame["img_path"].tolist(), [int(i) + 2 for i in frame.index])


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
        raise InputError(f"there is no fold {fold}; the table has {_names(there)}, and fold=all takes all of them")
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


def _fold(text: str) -> int | None:
    """The number of a fold; None for what is none."""
    text = text.strip()
    if text == "synthetic":
        return SYNTHETIC_FOLD
    return int(text) if text.isascii() and text.isdigit() and int(text) != ALL_FOLDS else None


def _names(folds: list[int]) -> str:
    return "folds " + ", ".join(map(str, folds)) if folds else "no real rows"

"""Joins the real rows and the manifests of synthetic images to one training table, with the leaks between folds
closed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from chuviet.data.label_rows import refuse
from chuviet.data.table import image_root, read_table
from chuviet.errors import InputError
from chuviet.files import read_json
from chuviet.manifest import ALL_FOLDS, AUGMENTED, JOINED, PAGES, PRINTED_STRINGS, REAL_INK, SYNTHETIC_FOLD
from chuviet.vocab import VIETNAMESE, Charset, fold_text

COLUMNS = ["img_path", "text", "writer_id", "fold", "source"]
REAL = "real"


COUNTS = ["rows", "used", "foreign", "too_long", "leaked"]


@dataclass
class Merged:
    """The joined table; how many rows of each source were used and why others were not; the texts left out as leaks,
    and the sets left out whole.
    """

    frame: pd.DataFrame
    summary: pd.DataFrame  # index: source; columns: COUNTS; foreign: with characters outside the charset
    leaked: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)  # one line each: manifest, rows, reason

    def report(self) -> str:
        """A table for the terminal, one line a source, and one line a reason."""
        lines = [f"{'source':<16}{'used':>9} of {'rows':<9}{'foreign':>9}{'too long':>9}{'leaked':>9}"]
        for name, rows, used, foreign, too_long, leaked in self.summary.itertuples():
            lines.append(f"{name:<16}{used:>9} of {rows:<9}{foreign:>9}{too_long:>9}{leaked:>9}")
        if self.leaked:
            shown = "; ".join(repr(t) for t in self.leaked[:5])
            more = f"; and {len(self.leaked) - 5} more" if len(self.leaked) > 5 else ""
            lines.append(f"left out, equal to a validation text: {shown}{more}")
        lines += [f"left out: {line}" for line in self.left_out]
        return "\n".join(lines)


def find_manifests(folder: str | Path = "synthetic_data") -> list[Path]:
    """``manifest.csv`` of every direct subfolder, by name."""
    return sorted(Path(folder).glob("*/manifest.csv"))


def merge_tables(
    train: str | Path,
    manifests: Sequence[str | Path],
    out: str | Path,
    max_length: int = 69,
    charset: str = VIETNAMESE,
    handwriting: bool = False,
) -> Merged:
    """The rows of the label CSV `train` and of `manifests`, with `img_path` relative to the folder of `out` (not
    written here).

    Texts of more than `max_length` characters are left out, and drawn texts with characters outside `charset`. A set of
    pages is left out whole, one with no text of `charset` too, and with `handwriting` one of printed strings. An
    augmented copy, or a line joined from words of real lines, has their fold and, as any other row of that fold, is out
    of the training when the fold is validated on. Synthetic rows get `SYNTHETIC_FOLD`; one whose text equals a
    validation text (a real row's, under `vocab.fold_text`) is left out. Raises InputError for a copy or joined line
    whose fold is not its source's, and for an image that two rows name.
    """
    target, train = Path(out).absolute().parent, Path(train)
    real = read_table(train, columns=("img_path", "text", "fold"))
    late = [(int(i) + 2, k) for i, k in zip(real.index, real["fold"], strict=True) if k >= ALL_FOLDS]
    refuse(train, [(row, f"fold {k}; real rows have folds 0 to 4") for row, k in late])
    merged = _Merging({fold_text(t) for t in real["text"]}, max_length, Charset(charset))
    merged.add(_relative(real, train, target).assign(source=REAL), charset_matters=False)
    for path in map(Path, manifests):
        frame = read_table(path, columns=("img_path", "text", "source"))
        if reason := reason_to_leave_out(frame, merged.charset, handwriting):
            merged.left_out.append(f"{path}: {len(frame)} rows: {reason}")
        else:
            merged.add(_relative(_with_folds(frame, path, real, train), path, target))
    return merged.result(out)


def reason_to_leave_out(frame: pd.DataFrame, charset: Charset, handwriting: bool) -> str:
    """Why the rows of a manifest are no lines to learn `charset` from, judged by their source and text; "" if they are.

    `handwriting`: printed strings (sources "printed", "captcha", "scene", "chinese") are none either.
    """
    sources, texts = sorted(set(frame["source"])), frame["text"].tolist()
    if any(s.split("_")[0] == PAGES for s in sources) or (texts and all(_is_page(t) for t in texts)):
        return "labels of pages, which train a detector (data.train of a detector's config takes its label.txt)"
    if texts and all(charset.unknown(t) for t in texts):
        strange = "".join(charset.unknown(" ".join(texts)))
        return f"no text of this charset; such as {texts[0]!r} with {strange[:10]!r}"
    if handwriting and sources and all(s.split("_")[0] in PRINTED_STRINGS for s in sources):
        return f"printed strings ({', '.join(sources)}), no handwriting; name it with --manifests to take it"
    return ""


def _is_page(text: str) -> bool:
    """Whether a text is a JSON list of regions, as the manifests of pages have it."""
    if not text.startswith("["):
        return False
    try:
        regions = read_json(text)
    except ValueError:
        return False
    return isinstance(regions, list) and all(isinstance(r, dict) for r in regions)


class _Merging:
    """The rows taken so far, and the counts of those that were not."""

    def __init__(self, held: set[str], max_length: int, charset: Charset) -> None:
        self.held, self.max_length, self.charset = held, max_length, charset
        self.parts: list[pd.DataFrame] = []
        self.counts: dict[str, dict[str, int]] = {}
        self.leaked: list[str] = []
        self.left_out: list[str] = []

    def add(self, frame: pd.DataFrame, charset_matters: bool = True) -> None:
        """Takes the rows that fit; real rows are checked against the charset by the run that trains on them."""
        strange = [charset_matters and bool(self.charset.unknown(t)) for t in frame["text"]]
        foreign = pd.Series(strange, index=frame.index, dtype=bool)
        long = frame["text"].str.len().gt(self.max_length) & ~foreign
        equal = frame["text"].map(fold_text).isin(self.held)
        leak = frame["fold"].ge(SYNTHETIC_FOLD) & equal & ~long & ~foreign
        self.leaked += frame.loc[leak, "text"].tolist()
        for name in frame["source"].unique():
            rows = frame["source"] == name
            found = {"rows": rows, "foreign": foreign & rows, "too_long": long & rows, "leaked": leak & rows}
            old = self.counts.setdefault(name, dict.fromkeys(found, 0))
            self.counts[name] = {k: old[k] + int(v.sum()) for k, v in found.items()}
        self.parts.append(frame.loc[~foreign & ~long & ~leak, COLUMNS])

    def result(self, out: str | Path) -> Merged:
        """All of it joined. Raises InputError for an image that two rows name."""
        merged = pd.concat(self.parts, ignore_index=True)
        if len(doubled := merged.index[merged.duplicated("img_path")]):
            raise InputError(
                f"{out}: {merged.at[doubled[0], 'img_path']!r} is named by two rows; was a manifest given twice?"
            )
        table = pd.DataFrame.from_dict(self.counts, orient="index")
        table["used"] = table["rows"] - table["foreign"] - table["too_long"] - table["leaked"]
        table.loc["all"] = table.sum()
        return Merged(merged, table[COUNTS].astype(int), self.leaked, self.left_out)


def _with_folds(frame: pd.DataFrame, path: Path, real: pd.DataFrame, train: Path) -> pd.DataFrame:
    """A manifest's rows with their folds set and checked."""
    real_ink = frame["source"].isin(REAL_INK)
    if real_ink.any():
        if "fold" not in frame:
            raise InputError(f"{path}: no column fold, which copies of real ink need; make it anew with its generator")
        _check_copies(path, frame[frame["source"] == AUGMENTED], real, train)
        if (joined := frame["source"] == JOINED).any():
            _check_joined(path, frame[joined], real, train)
    elif "fold" not in frame:
        frame["fold"] = SYNTHETIC_FOLD
    return frame.assign(fold=frame["fold"].where(real_ink, SYNTHETIC_FOLD))


def _check_copies(path: Path, copies: pd.DataFrame, real: pd.DataFrame, train: Path) -> None:
    """Every copy's text, writer and fold must be those of a real row: a copy in another fold would leak its source."""
    writers = real["writer_id"] if "writer_id" in real else pd.Series("-1", index=real.index)
    folds: dict[tuple[str, str], set[int]] = {}
    for text, writer, fold in zip(real["text"], writers, real["fold"], strict=True):
        folds.setdefault((text, writer), set()).add(int(fold))
    copied_writers = copies["writer_id"] if "writer_id" in copies else pd.Series("-1", index=copies.index)
    for row, text, writer, fold in zip(copies.index, copies["text"], copied_writers, copies["fold"], strict=True):
        found = folds.get((text, writer))
        remedy = f"{path} belongs to another version of {train}: make it anew with gendata_aug.py"
        if found is None:
            raise InputError(
                f"{path}: row {row + 2}: no row of {train} has the text {text!r} and writer {writer!r}; {remedy}"
            )
        if int(fold) not in found:
            raise InputError(f"{path}: row {row + 2}: fold {fold}, but its source is in fold {min(found)}; {remedy}")


def _check_joined(path: Path, lines: pd.DataFrame, real: pd.DataFrame, train: Path) -> None:
    """Every image that a joined line names in its column `aug` (separated by |) must be a real row of its fold."""
    folds = dict(zip(real["img_path"], real["fold"], strict=True))
    for row, names, fold in zip(lines.index, lines["aug"], lines["fold"], strict=True):
        for name in names.split("|"):
            if folds.get(name) != fold:
                there = f"is in fold {folds[name]}" if name in folds else "is none of its rows"
                raise InputError(
                    f"{path}: row {row + 2}: fold {fold}, but its source {name} {there}; {path} belongs to another "
                    f"version of {train}: make it anew with gendata_join.py"
                )


def _relative(frame: pd.DataFrame, path: Path, target: Path) -> pd.DataFrame:
    """`frame` with `img_path` relative to the folder `target`, and a `writer_id`."""
    root = Path(os.path.relpath(image_root(path, frame).absolute(), target))
    frame = frame.assign(img_path=[(root / p).as_posix() for p in frame["img_path"]])
    return frame if "writer_id" in frame else frame.assign(writer_id="-1")

"""Joins the real rows and the manifests of synthetic images to one training table, with the leaks between folds
closed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from chuviet.data.table import image_root, read_table
from chuviet.errors import InputError
from chuviet.manifest import ALL_FOLDS, AUGMENTED, JOINED, REAL_INK, SYNTHETIC_FOLD
from chuviet.vocab import fold_text

COLUMNS = ["img_path", "text", "writer_id", "fold", "source"]
REAL = "real"


@dataclass
class Merged:
    """The joined table; how many rows of each source were used and why others were not; the texts left out as leaks."""

    frame: pd.DataFrame
    summary: pd.DataFrame  # index: source; columns: rows, used, too_long, leaked
    leaked: list[str] = field(default_factory=list)

    def report(self) -> str:
        """A table for the terminal, one line a source, and one line a reason."""
        lines = [f"{'source':<12}{'used':>9} of {'rows':<9}{'too long':>9}{'leaked':>9}"]
        for name, rows, used, too_long, leaked in self.summary.itertuples():
            lines.append(f"{name:<12}{used:>9} of {rows:<9}{too_long:>9}{leaked:>9}")
        if self.leaked:
            shown = "; ".join(repr(t) for t in self.leaked[:5])
            more = f"; and {len(self.leaked) - 5} more" if len(self.leaked) > 5 else ""
            lines.append(f"left out, equal to a validation text: {shown}{more}")
        return "\n".join(lines)


def find_manifests(folder: str | Path = "synthetic_data") -> list[Path]:
    """``manifest.csv`` of every direct subfolder, by name."""
    return sorted(Path(folder).glob("*/manifest.csv"))


def merge_tables(train: str | Path, manifests: Sequence[str | Path], out: str | Path, max_length: int = 69) -> Merged:
    """The rows of the label CSV `train` and of `manifests`, with `img_path` relative to the folder of `out` (not
    written here).

    Texts of more than `max_length` characters are left out. An augmented copy, or a line joined from words of real
    lines, has their fold and, as any other row of that fold, is out of the training when the fold is validated on.
    Synthetic rows get `SYNTHETIC_FOLD`; one whose text equals a validation text (a real row's, under
    `vocab.fold_text`) is left out. Raises InputError for a copy or joined line whose fold is not its source's, and for
    an image that two rows name.
    """
    target = Path(out).absolute().parent
    real = read_table(train, columns=("img_path", "text", "fold"))
    if len(bad := real.index[real["fold"] >= ALL_FOLDS]):
        raise InputError(f"{train}: row {bad[0] + 2}: fold {real['fold'].iloc[bad[0]]}; real rows have folds 0 to 4")
    held = {fold_text(t) for t in real["text"]}
    parts: list[pd.DataFrame] = []
    summary: dict[str, dict[str, int]] = {}
    leaked: list[str] = []
    for frame, path in [(real, Path(train))] + [(_read_manifest(p, real, Path(train)), Path(p)) for p in manifests]:
        frame = _relative(frame, path, target)
        if path == Path(train):
            frame["source"] = REAL
        long = frame["text"].str.len() > max_length
        leak = frame["fold"].ge(SYNTHETIC_FOLD) & frame["text"].map(fold_text).isin(held) & ~long
        leaked += frame.loc[leak, "text"].tolist()
        for name in frame["source"].unique():
            rows = frame["source"] == name
            counts = {"rows": rows.sum(), "too_long": (long & rows).sum(), "leaked": (leak & rows).sum()}
            old = summary.setdefault(name, dict.fromkeys(counts, 0))
            summary[name] = {k: old[k] + v for k, v in counts.items()}
        parts.append(frame.loc[~long & ~leak, COLUMNS])
    merged = pd.concat(parts, ignore_index=True)
    if len(doubled := merged.index[merged.duplicated("img_path")]):
        raise InputError(
            f"{out}: {merged.at[doubled[0], 'img_path']!r} is named by two rows; was a manifest given twice?"
        )
    table = pd.DataFrame.from_dict(summary, orient="index")
    table["used"] = table["rows"] - table["too_long"] - table["leaked"]
    table.loc["all"] = table.sum()
    return Merged(merged, table[["rows", "used", "too_long", "leaked"]].astype(int), leaked)


def _read_manifest(path: str | Path, real: pd.DataFrame, train: Path) -> pd.DataFrame:
    """A manifest's rows with their folds set and checked."""
    path = Path(path)
    frame = read_table(path, columns=("img_path", "text", "source"))
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

"""All that is wrong with a labelled set, found before a training run does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from chuviet.data.label_rows import doubled, real_paths
from chuviet.data.lists import read_labels
from chuviet.data.table import check_charset, image_root
from chuviet.errors import InputError
from chuviet.inputs.images import read_image
from chuviet.inputs.tables import image_files
from chuviet.vocab import Charset, fold_text, frames_needed


@dataclass(frozen=True)
class Findings:
    """`problems` stop a run, `notes` are worth knowing; each is one line."""

    rows: int
    problems: list[str]
    notes: list[str]


def check_data(
    path: str | Path, charset: Charset, height: int = 40, ctc_stride: int = 4, progress: bool = False
) -> Findings:
    """Reads every row and every image of a label CSV or list. Raises InputError only when the file itself cannot be
    read.

    `height` and `ctc_stride` are those of the CTC recogniser that the lines must fit: a line of w x h pixels gives
    w * height / h / ctc_stride frames.
    """
    problems: list[str] = []
    frame = read_labels(path, problems=problems)
    rows_in_all = len(frame) + len(problems)
    try:
        root = image_root(path, frame)
    except InputError as e:
        return Findings(rows_in_all, [*problems, str(e)], _notes(frame))
    files = image_files(root, frame["img_path"].tolist())
    names = doubled(list(real_paths(files)), [int(i) + 2 for i in frame.index], "the file")
    problems += [f"{path}: row {number}: {what}" for number, what in names]
    try:
        check_charset(frame, charset, path)
    except InputError as e:
        problems.append(str(e))
    rows = list(zip(frame.index, frame["img_path"], files, frame["text"], strict=True))
    for row, name, file, text in tqdm(rows, unit="line", disable=not progress, dynamic_ncols=True):
        try:
            h, w = read_image(file).shape[:2]
        except InputError as e:
            problems.append(f"{path}: row {row + 2}: {e}")
            continue
        if charset.unknown(text):
            continue
        needed, frames = frames_needed(charset.encode(text)), round(w * height / h) // ctc_stride
        if needed > frames:
            problems.append(
                f"{path}: row {row + 2}: {name} ({w} x {h} px) gives {frames} CTC frames at height {height}, its text "
                f"of {len(text)} characters needs {needed}; is it the right image?"
            )
    return Findings(rows_in_all, problems, _notes(frame))


def _notes(frame: pd.DataFrame) -> list[str]:
    notes = []
    keys = frame["text"].map(fold_text)
    if doubled := int(keys.duplicated().sum()):
        notes.append(f"{doubled} rows repeat the text of another row (`chuviet folds` keeps equal texts in one fold)")
        if "fold" in frame:
            crossing = int((frame.groupby(keys)["fold"].nunique() > 1).sum())
            notes += (
                [f"{crossing} texts are in more than one fold: validation lines were trained on"] if crossing else []
            )
    if "writer_id" in frame and "fold" in frame:
        known = frame[~frame["writer_id"].isin(["", "-1"])]
        crossing = int((known.groupby("writer_id")["fold"].nunique() > 1).sum())
        notes += [f"{crossing} writers are in more than one fold"] if crossing else []
    lengths = frame["text"].str.len()
    if len(frame):
        notes.append(f"text length {lengths.min()} to {lengths.max()}, mean {lengths.mean():.1f}")
    return notes

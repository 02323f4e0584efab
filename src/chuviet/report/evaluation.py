"""How well labelled lines are read."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from chuviet.data.lists import read_labels
from chuviet.data.table import image_root, select_fold
from chuviet.errors import InputError
from chuviet.inputs.tables import image_files
from chuviet.metrics.recognition import RecognitionMetric, corrections
from chuviet.reading.lines import LineReader, milliseconds
from chuviet.report.frames import write_frames

_TIMED = 40  # lines at most


def evaluate(
    recognizer: LineReader,
    data: str | Path | Sequence[str],
    fold: int | None = None,
    batch_size: int = 32,
    progress: bool = False,
    ignore_space: bool = False,
    frames_file: str | Path | None = None,
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Reads the labelled lines of a CSV (of one `fold`, if given) or a list, or of several, and measures, raw and after
    lower-casing both sides; `ignore_space` takes the spaces out of both first; `frames_file` gets what
    `report.frames` keeps of each line.

    Returns {"raw": metrics, "case_insensitive": metrics, "milliseconds": the median of some lines, each alone} and the
    rows with `prediction` and `confidence` added, and with `word_confidences` where frames give them; of several files
    also {"sources": {file: raw metrics}} and the column `data`; with a language model also {"without_lm": raw metrics,
    "corrections": counts} and `raw_prediction`.
    """
    files = [str(data)] if isinstance(data, (str, Path)) else list(data)
    if len(set(files)) < len(files):
        raise InputError(f"{', '.join(files)}: a file is named twice")
    frames, paths = [], []
    for file in files:
        frame, root = _labelled(file, fold)
        frames.append(frame.assign(data=file) if len(files) > 1 else frame)
        paths += image_files(root, frame["img_path"].tolist())
    rows = pd.concat(frames, ignore_index=True) if len(files) > 1 else frames[0]
    predictions = recognizer.predict(paths, batch_size, progress)
    read, true = [p.text for p in predictions], rows["text"].tolist()
    rows = rows.assign(prediction=read, confidence=[round(p.confidence, 4) for p in predictions])
    if all(p.word_scores is not None for p in predictions):
        rows = rows.assign(word_confidences=[_written(p.word_scores) for p in predictions])
    before = [p.raw_text for p in predictions if p.raw_text is not None]
    if before:
        rows = rows.assign(raw_prediction=before)
    if ignore_space:
        read, true, before = ([t.replace(" ", "") for t in texts] for texts in (read, true, before))
    metrics: dict[str, Any] = {"raw": _measure(read, true)}
    metrics["milliseconds"] = milliseconds(recognizer, paths[:: -(-len(paths) // _TIMED)])
    if frames_file is not None:
        write_frames(recognizer, paths, rows, metrics["milliseconds"], frames_file)
    metrics["case_insensitive"] = _measure([t.lower() for t in read], [t.lower() for t in true])
    if before:
        metrics["without_lm"], metrics["corrections"] = _measure(before, true), corrections(read, before, true)
    if len(files) > 1:
        ends = [0, *itertools.accumulate(len(frame) for frame in frames)]
        spans = zip(files, itertools.pairwise(ends), strict=True)
        metrics["sources"] = {file: _measure(read[a:b], true[a:b]) for file, (a, b) in spans}
    return metrics, rows


def _labelled(file: str, fold: int | None) -> tuple[pd.DataFrame, Path]:
    """The labelled rows, and what their image paths are relative to. Raises InputError for none."""
    frame = read_labels(file, columns=("img_path", "text") if fold is None else ("img_path", "text", "fold"))
    root = image_root(file, frame)
    if fold is not None:
        frame = select_fold(frame, fold)[1]
    if not len(frame):
        raise InputError(f"{file}: no rows to evaluate" + (" (fold 5 validates on nothing)" if fold == 5 else ""))
    return frame, root


def _written(scores: np.ndarray | None) -> str:
    return " ".join(f"{score:.4f}" for score in ([] if scores is None else scores.tolist()))


def _measure(predictions: Sequence[str], targets: Sequence[str]) -> dict[str, float]:
    metric = RecognitionMetric()
    metric.update(predictions, targets)
    return metric.compute()

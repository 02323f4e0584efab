"""What a user may name as INPUT, as a list of images; and the predictions of it as a table."""

from __future__ import annotations

import glob
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from chuviet.data.lists import read_labels
from chuviet.data.table import image_root, select_fold
from chuviet.errors import InputError
from chuviet.inputs.images import list_images
from chuviet.metrics.recognition import RecognitionMetric, corrections
from chuviet.reading.lines import Recognizer, milliseconds
from chuviet.results import Prediction

_TIMED = 40  # lines at most


def find_images(source: str) -> tuple[list[str], list[Path]]:
    """(names for the output, paths) of an image, a folder (searched in depth), a glob, a CSV, or a list.

    Names are `img_path` of a CSV or list, paths below a folder, else the paths themselves. Raises InputError if nothing
    is found.
    """
    path = Path(source)
    if path.is_dir():
        paths = list_images(path)
        if not paths:
            raise InputError(f"{source}: no images in this folder (JPEG, PNG, TIFF, BMP and WebP are looked for)")
        return [p.relative_to(path).as_posix() for p in paths], paths
    if path.suffix.lower() in (".csv", ".txt"):
        frame = read_labels(path, columns=("img_path",))
        if not len(frame):
            raise InputError(f"{source}: no rows")
        root = image_root(path, frame)
        return frame["img_path"].tolist(), [root / p for p in frame["img_path"]]
    if path.is_file():
        return [source], [path]
    names = sorted(n for n in glob.glob(source, recursive=True) if Path(n).is_file())  # noqa: PTH207 - keeps names as typed
    if not names:
        raise InputError(f"{source}: no such file, folder or CSV, and no file matches it as a pattern")
    return names, [Path(n) for n in names]


def table(names: Sequence[str], predictions: Sequence[Prediction]) -> pd.DataFrame:
    """`img_path,text,confidence`, one row an image in the order of `names`; with a language model also `raw_text`."""
    frame = pd.DataFrame({
        "img_path": list(names),
        "text": [p.text for p in predictions],
        "confidence": [round(p.confidence, 4) for p in predictions],
    })  # fmt: skip
    raw = [p.raw_text for p in predictions if p.raw_text is not None]
    return frame.assign(raw_text=raw) if raw else frame


def evaluate(
    recognizer: Recognizer,
    data: str | Path | Sequence[str],
    fold: int | None = None,
    batch_size: int = 32,
    progress: bool = False,
    ignore_space: bool = False,
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Reads the labelled lines of a CSV (of one `fold`, if given) or a list, or of several, and measures, raw and after
    lower-casing both sides; `ignore_space` takes the spaces out of both first.

    Returns {"raw": metrics, "case_insensitive": metrics, "milliseconds": the median of some lines, each alone} and the
    rows with `prediction` and `confidence` added; of several files also {"sources": {file: raw metrics}} and the column
    `data`; with a language model also {"without_lm": raw metrics, "corrections": counts} and `raw_prediction`.
    """
    files = [str(data)] if isinstance(data, (str, Path)) else list(data)
    if len(set(files)) < len(files):
        raise InputError(f"{', '.join(files)}: a file is named twice")
    frames, paths = [], []
    for file in files:
        frame, root = _labelled(file, fold)
        frames.append(frame.assign(data=file) if len(files) > 1 else frame)
        paths += [root / p for p in frame["img_path"]]
    rows = pd.concat(frames, ignore_index=True) if len(files) > 1 else frames[0]
    predictions = recognizer.predict(paths, batch_size, progress)
    read, true = [p.text for p in predictions], rows["text"].tolist()
    rows = rows.assign(prediction=read, confidence=[round(p.confidence, 4) for p in predictions])
    before = [p.raw_text for p in predictions if p.raw_text is not None]
    if before:
        rows = rows.assign(raw_prediction=before)
    if ignore_space:
        read, true, before = ([t.replace(" ", "") for t in texts] for texts in (read, true, before))
    metrics: dict[str, Any] = {"raw": _measure(read, true)}
    metrics["milliseconds"] = milliseconds(recognizer, paths[:: -(-len(paths) // _TIMED)])
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


def _measure(predictions: Sequence[str], targets: Sequence[str]) -> dict[str, float]:
    metric = RecognitionMetric()
    metric.update(predictions, targets)
    return metric.compute()

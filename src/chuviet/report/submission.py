"""A folder of images read line by line as a competition does: one image at a time, each with its time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from chuviet.data.table import read_table
from chuviet.errors import InputError
from chuviet.inputs.images import list_images
from chuviet.reading.lines import BadImage, LineReader


@dataclass(frozen=True)
class Submission:
    """`frame` has the columns `id,answer,elapsed_time` (seconds), one row an image; a bad image has an empty answer."""

    frame: pd.DataFrame
    bad: list[BadImage]

    def latency(self) -> dict[str, float]:
        """Median, 95th percentile and maximum of the seconds an image took, reading the file included."""
        seconds = self.frame["elapsed_time"].to_numpy()
        return {"p50": float(np.quantile(seconds, 0.5)), "p95": float(np.quantile(seconds, 0.95)), "max": seconds.max()}

    def report(self) -> str:
        """Three lines: how many of how many were read, the latency, the first reasons of those that were not."""
        n = len(self.frame)
        lines = [f"{n - len(self.bad)} of {n} images read"]
        lines.append("seconds an image: " + ", ".join(f"{k} {v:.3f}" for k, v in self.latency().items()))
        return "\n".join(lines + [f"not read, answer left empty: {b.reason}" for b in self.bad[:20]])


def find_weights(pattern: str, folder: str | Path = ".") -> list[Path]:
    """Weights files for `pattern`: paths or globs relative to `folder`, several with commas between; each file once.

    Raises InputError for a part that finds nothing.
    """
    found: list[Path] = []
    for part in [p.strip() for p in pattern.split(",") if p.strip()]:
        path = Path(folder, part)
        anchor = Path(path.anchor)
        matches = [path] if path.is_file() else sorted(anchor.glob(str(path.relative_to(anchor))))
        if not matches:
            raise InputError(f"{part}: no weights found; train a model first (make demo does) or set CHUVIET_WEIGHTS")
        found += matches
    return list(dict.fromkeys(found))


def first_weights(patterns: Sequence[str], folder: str | Path = ".") -> list[Path]:
    """`find_weights` of the first pattern that finds anything. Raises InputError that names all when none does."""
    for pattern in patterns:
        try:
            return find_weights(pattern, folder)
        except InputError:
            continue
    raise InputError(f"no weights: looked for {', '.join(patterns)}; train a model first (make demo does)")


def image_id(path: Path, folder: Path) -> str:
    """The competition's name of an image: ``<writer>/<n>.jpg``, with forward slashes on every system."""
    return path.relative_to(folder).as_posix()


def read_folder(
    recognizer: LineReader, folder: str | Path, limit: int | None = None, progress: bool = True
) -> Submission:
    """Reads the images below `folder` (the first `limit` of them), one at a time. Raises InputError if there are none.

    A bad image gets an empty answer and is listed in the result: one broken file does not cost the whole submission.
    """
    folder = Path(folder)
    paths = list_images(folder)[:limit]
    if not paths:
        raise InputError(f"{folder}: no images in it; it should hold <writer>/<n>.jpg")
    recognizer.try_predict(paths[:1])  # the first call allocates memory and would be counted as slow
    rows, bad = [], []
    for i, path in enumerate(tqdm(paths, unit="line", disable=not progress, dynamic_ncols=True)):
        start = time.perf_counter()
        (prediction,), problems = recognizer.try_predict([path], batch_size=1)
        seconds = time.perf_counter() - start
        bad += [BadImage(i, p.reason) for p in problems]
        rows.append((image_id(path, folder), prediction.text if prediction else "", round(seconds, 4)))
    return Submission(pd.DataFrame(rows, columns=["id", "answer", "elapsed_time"]), bad)


def with_labels(frame: pd.DataFrame, labels: str | Path) -> pd.DataFrame:
    """The rows of a submission as `img_path,prediction`, and with `text` where the label CSV (if there is one) knows
    it.

    Rows that it does not know are left out when it knows any.
    """
    rows = frame.rename(columns={"id": "img_path", "answer": "prediction"})
    if not Path(labels).is_file():
        return rows
    known = read_table(labels)[["img_path", "text"]]
    joined = rows.merge(known, on="img_path", how="inner")
    return joined if len(joined) else rows

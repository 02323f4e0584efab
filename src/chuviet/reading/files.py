"""What was read, as files: tables of lines, lists of quads. Files of pages are in `chuviet.formats`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from chuviet.files import write_whole
from chuviet.inputs.sources import printable
from chuviet.results import Detection, Prediction


def write_predictions(names: Sequence[str], predictions: Sequence[Prediction], path: str | Path) -> None:
    """A UTF-8 CSV `img_path,text,confidence`, one row an image in the order of `names`; with a language model also
    `raw_text`. Names that UTF-8 cannot hold are written as `chuviet.inputs.sources.printable` says.
    """
    raw = any(p.raw_text is not None for p in predictions)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["img_path", "text", "confidence", *(["raw_text"] if raw else [])])
    for name, p in zip(names, predictions, strict=True):
        row = [printable(name), p.text, f"{round(p.confidence, 4)}"]
        writer.writerow([*row, p.text if p.raw_text is None else p.raw_text] if raw else row)
    write_whole(path, out.getvalue().encode("utf-8"))


def quads_as_json(quads: np.ndarray, scores: Sequence[float], texts: Sequence[str] | None = None) -> list[Any]:
    """`points` (whole pixels), `score` and, if it was read, `text` of every quad."""
    rows: list[dict[str, Any]] = []
    for k, (quad, score) in enumerate(zip(quads, scores, strict=True)):
        row: dict[str, Any] = {"points": np.rint(quad).astype(int).tolist(), "score": round(float(score), 4)}
        rows.append(row if texts is None else {"text": texts[k]} | row)
    return rows


def detection_as_json(found: Detection) -> list[Any]:
    """As `quads_as_json`."""
    return quads_as_json(found.quads, found.scores.tolist(), found.texts)


def write_detections(names: Sequence[str], found: Sequence[Detection], path: str | Path) -> None:
    """``name<TAB>json`` lines, as PaddleOCR and OpenOCR write what they found."""
    lines = [
        f"{printable(n)}\t{json.dumps(detection_as_json(d), ensure_ascii=False)}\n"
        for n, d in zip(names, found, strict=True)
    ]
    write_whole(path, "".join(lines).encode("utf-8"))

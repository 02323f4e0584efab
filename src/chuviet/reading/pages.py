"""Pages in, text with its place out: detection, straightened crops, recognition in batches, reading order; as files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from chuviet.files import write_whole
from chuviet.geometry import crop, reading_order
from chuviet.inputs.images import read_image
from chuviet.reading.detector import Detector
from chuviet.reading.lines import Recognizer
from chuviet.reading.words import read_crops
from chuviet.results import Detection


def read_page(
    image: np.ndarray, detector: Detector, recognizer: Recognizer, batch_size: int = 32, min_score: float = 0.0
) -> Detection:
    """The text of one page (H W 3 uint8 RGB) in reading order; `scores` are detection times recognition confidence.
    With a `min_score` above 0, quads that score less or are read as nothing are left out: what is unreadable is
    mostly no text.
    """
    found = detector.find(image)
    order = reading_order(found.quads)
    crops = [crop(image, quad) for quad in found.quads[order]]
    lines = read_crops(recognizer, crops, batch_size)
    scores = found.scores[order] * np.array([p.confidence for p in lines]).reshape(-1)
    keep = [i for i, p in enumerate(lines) if min_score <= 0 or (p.text and scores[i] >= min_score)]
    return replace(found, quads=found.quads[order[keep]], scores=scores[keep], texts=[lines[i].text for i in keep])


def read_pages(
    paths: Sequence[Path],
    detector: Detector,
    recognizer: Recognizer,
    batch_size: int = 32,
    min_score: float = 0.0,
    progress: bool = False,
) -> list[Detection]:
    """`read_page` of every file. Raises InputError for the first that cannot be read."""
    bar = tqdm(paths, unit="page", disable=not progress, dynamic_ncols=True)
    return [
        replace(read_page(read_image(p), detector, recognizer, batch_size, min_score), index=i)
        for i, p in enumerate(bar)
    ]


def as_json(detection: Detection) -> list[dict[str, Any]]:
    """`points` (whole pixels), `score` and, if it was read, `text` of every quad."""
    rows: list[dict[str, Any]] = []
    for k, (quad, score) in enumerate(zip(detection.quads, detection.scores, strict=True)):
        row: dict[str, Any] = {"points": np.rint(quad).astype(int).tolist(), "score": round(float(score), 4)}
        rows.append(row if detection.texts is None else {"text": detection.texts[k]} | row)
    return rows


def save_detections(names: Sequence[str], found: Sequence[Detection], path: str | Path) -> None:
    """``name<TAB>json`` lines, as PaddleOCR and OpenOCR write what they found."""
    lines = [f"{n}\t{json.dumps(as_json(d), ensure_ascii=False)}\n" for n, d in zip(names, found, strict=True)]
    write_whole(path, "".join(lines).encode("utf-8"))


def save_readings(names: Sequence[str], found: Sequence[Detection], path: str | Path) -> None:
    """One JSON object: by the image's name the list of its texts, each on a line of its own."""
    entries = []
    for name, d in zip(names, found, strict=True):
        rows = ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in as_json(d))
        entries.append(f" {json.dumps(name, ensure_ascii=False)}: [" + (f"\n{rows}\n ]" if rows else "]"))
    write_whole(path, ("{\n" + ",\n".join(entries) + "\n}\n").encode("utf-8"))

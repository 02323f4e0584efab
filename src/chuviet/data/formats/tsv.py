"""PaddleOCR's list of pages, ``path<TAB>JSON``, and what all label files of pages share.

Format: https://github.com/PaddlePaddle/PaddleOCR (detection data).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from chuviet.data.files import read_lines
from chuviet.data.formats.common import (
    IGNORED,
    first_missing,
    make_page,
    relative,
    short,
    written_text,
)
from chuviet.errors import InputError
from chuviet.files import read_json, write_whole
from chuviet.geometry import min_area_quad
from chuviet.labels import LabelledPage


def is_tsv(path: Path) -> bool:
    """Whether the first line that is not blank holds a tab; an empty file too, so that it is called an empty list."""
    return "\t" in next((x for x in read_lines(path) if x.strip()), "\t")


def read_tsv(path: Path, images: Path | None = None) -> list[LabelledPage]:
    """A region with more than four corners becomes the smallest rotated rectangle around them; one without
    transcription has the text ""; `difficult` is don't-care.
    """
    root, pages, rows = images or path.parent, [], []
    for row, line in enumerate(read_lines(path), 1):
        if not line.strip():
            continue
        where = f"{path}: row {row}"
        name, tab, labels = line.partition("\t")
        if not tab or not name.strip():
            raise InputError(f"{where}: each line is an image path, a tab, and a JSON list of regions")
        try:
            regions = read_json(labels)
        except ValueError as e:
            raise InputError(f"{where}: {name}: broken JSON ({e})") from e
        if not isinstance(regions, list) or not all(isinstance(r, dict) for r in regions):
            raise InputError(f"{where}: {name}: not a JSON list of regions, each with transcription and points")
        quads = [_corners(r.get("points"), f"{where}: {name}: region {i}") for i, r in enumerate(regions, 1)]
        texts = [IGNORED if r.get("difficult") is True else _text(r, where) for r in regions]
        page = make_page(root / name.strip(), quads, texts)
        outlines = [_outline(r) for r in regions]
        page.outlines = outlines if any(o is not None for o in outlines) else None
        pages.append(page)
        rows.append(row)
    if not pages:
        raise InputError(f"{path}: an empty list; each line is an image path, a tab, and a JSON list of regions")
    if (i := first_missing([page.path for page in pages])) is not None:
        raise InputError(f"{path}: row {rows[i]}: {pages[i].path}: no such image; --images names their folder")
    return pages


def _text(region: dict[str, Any], where: str) -> str:
    text = region.get("transcription") or ""
    if not isinstance(text, str):
        raise InputError(f"{where}: the transcription {text!r} is no text; put it in quotes")
    return text


def _corners(points: Any, where: str) -> np.ndarray:
    try:
        corners = np.asarray(points, np.float64)
    except (TypeError, ValueError, OverflowError) as e:
        raise InputError(f"{where}: points are not pairs of numbers") from e
    if corners.ndim != 2 or corners.shape[1] != 2 or len(corners) < 4:
        raise InputError(f"{where}: points are {corners.shape}, not four or more corners of x and y")
    return corners if len(corners) == 4 else min_area_quad(corners)


def _outline(region: dict[str, Any]) -> np.ndarray | None:
    """`polygon`, or `points` of more than four corners; None where neither has more than four."""
    points = region["polygon"] if "polygon" in region else region["points"]
    return np.asarray(points, np.float64).reshape(-1, 2) if len(points) > 4 else None


def write_tsv(pages: Sequence[LabelledPage], path: Path) -> None:
    """One line a page; JSON as UTF-8, not escaped."""
    lines = []
    for page in pages:
        regions = [
            {"transcription": written_text(t, i), "points": [[short(v) for v in corner] for corner in q]}
            for q, t, i in zip(page.quads.tolist(), page.texts, page.ignore, strict=True)
        ]
        name = relative(page.path, path.parent)
        if re.search(r"[\t\n\r]", name):
            raise InputError(f"{path}: {name!r}: an image path with a tab or line break cannot be in a list")
        lines.append(f"{name}\t{json.dumps(regions, ensure_ascii=False)}\n")
    write_whole(path, "".join(lines).encode())

"""PaddleOCR's list of pages, ``path<TAB>JSON``, and what all label files of pages share.

Format: https://github.com/PaddlePaddle/PaddleOCR (detection data).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from chuviet.data.files import read_lines
from chuviet.errors import InputError
from chuviet.files import write_whole
from chuviet.geometry import min_area_quad
from chuviet.labels import LabelledPage
from chuviet.vocab import normalize

IGNORED = "###"
_MARKS = frozenset({IGNORED, "*"})
SPLITS = ("train", "test")


def make_page(path: Path, quads: Any, texts: Sequence[str]) -> LabelledPage:
    """A page without its image, from K quads and K texts as a file has them; texts are made NFC."""
    texts = [normalize(t) for t in texts]
    ignore = np.array([t in _MARKS for t in texts], bool)
    texts = [IGNORED if t in _MARKS else t for t in texts]
    return LabelledPage(None, np.array(quads, np.float64).reshape(-1, 4, 2), texts, ignore, path=str(path))


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
            regions = json.loads(labels)
        except ValueError as e:
            raise InputError(f"{where}: {name}: broken JSON ({e})") from e
        if not isinstance(regions, list) or not all(isinstance(r, dict) for r in regions):
            raise InputError(f"{where}: {name}: not a JSON list of regions, each with transcription and points")
        quads = [_corners(r.get("points"), f"{where}: {name}: region {i}") for i, r in enumerate(regions, 1)]
        texts = [IGNORED if r.get("difficult") is True else _text(r, where) for r in regions]
        pages.append(make_page(root / name.strip(), quads, texts))
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


def check_writable(pages: Sequence[LabelledPage], path: str | Path) -> None:
    """Raises InputError for a page without a path, coordinates that are not finite, an unknown split."""
    for page in pages:
        if not page.path:
            raise InputError(f"{path}: a page has no image path; save its image first")
        if not np.isfinite(page.quads).all():
            raise InputError(f"{path}: {page.path}: coordinates that are not finite; mend the quads first")
        if page.meta.get("split", "train") not in SPLITS:
            raise InputError(f"{path}: {page.path}: split {page.meta['split']!r} is neither train nor test")


def first_missing(paths: Sequence[str]) -> int | None:
    """The position of the first path that is no file. Each folder is listed once: a look-up for every one of
    SynthText's 858,750 images would read as many inodes.
    """
    names: dict[Path, set[str]] = {}
    for i, text in enumerate(paths):
        path = Path(text)
        if path.parent not in names:
            names[path.parent] = {e.name for e in os.scandir(path.parent)} if path.parent.is_dir() else set()
        if path.name not in names[path.parent] and not path.is_file():
            return i
    return None


def relative(path: str, folder: Path) -> str:
    """An image path as it is written into a label file in `folder`; absolute where no relative one leads there."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive of Windows
        return Path(path).absolute().as_posix()


def written_text(text: str, ignore: bool) -> str:
    """The text as files have it."""
    return IGNORED if ignore else text


def short(value: float) -> int | float:
    """A coordinate to a thousandth of a pixel, an int if whole."""
    value = round(value, 3)
    return int(value) if value.is_integer() else value

"""What the label formats of pages share: pages made of what was read, checks and spellings of what is written."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from chuviet.errors import InputError
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

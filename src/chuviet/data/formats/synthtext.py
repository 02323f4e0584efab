"""Labels as SynthText has them: one ``gt.mat`` with the cells ``imnames``, ``wordBB`` (2 x 4 x words) and ``txt``.

Format: https://www.robots.ox.ac.uk/~vgg/data/scenetext/ (858,750 images, 7.3 million words).
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.io import savemat

from chuviet.data.formats.common import first_missing, make_page, relative, written_text
from chuviet.data.formats.mat import read_cells
from chuviet.errors import InputError
from chuviet.files import write_whole
from chuviet.labels import LabelledPage

NAME = "gt.mat"
#: Stands for a space inside a word, as the format divides words at spaces; alone, for a word whose text is unknown.
BLANK = "␣"
_CELLS = ("imnames", "wordBB", "txt")
_HEADER = 116  # bytes of free text that a MAT file begins with


def read_synthtext(path: Path, images: Path | None = None) -> list[LabelledPage]:
    """The pages of a gt.mat (or of the folder that holds it). Boxes of characters are not read.

    Raises InputError that names the image if it has not as many words as boxes.
    """
    path = path / NAME if path.is_dir() else path
    names, boxes, texts = _load(path)
    root = images or path.parent
    pages = []
    for row, (name, box, text) in enumerate(zip(names, boxes, texts, strict=True), 1):
        file = str(np.ravel(name)[0]).rstrip() if np.size(name) else ""
        if isinstance(box, list) or box.ndim not in (2, 3) or box.shape[:2] != (2, 4):
            raise InputError(f"{path}: row {row}: {file}: wordBB is {np.shape(box)}, not 2 x 4 x words")
        quads = np.reshape(box, (2, 4, -1)).transpose(2, 1, 0)
        words = " ".join(text if isinstance(text, list) else []).split()
        if len(words) != len(quads):
            raise InputError(f"{path}: row {row}: {file}: {len(quads)} boxes but {len(words)} words; correct its txt")
        pages.append(make_page(root / file, quads, [w.replace(BLANK, " ") for w in words]))
    if (i := first_missing([page.path for page in pages])) is not None:
        raise InputError(f"{path}: row {i + 1}: {pages[i].path}: no such image; --images names their folder")
    return pages


def write_synthtext(pages: Sequence[LabelledPage], path: Path) -> None:
    """Writes gt.mat as SynthText's own is: boxes float32, 2 x 4 for a single word. Equal pages give equal bytes."""
    path = path if path.suffix.lower() == ".mat" else path / NAME
    cells: dict[str, list[Any]] = {name: [] for name in _CELLS}
    for page in pages:
        box = np.asarray(page.quads, np.float32).reshape(-1, 4, 2).transpose(2, 1, 0)
        words = [re.sub(r"\s", BLANK, t) or BLANK for t in map(written_text, page.texts, page.ignore)]
        cells["imnames"].append(relative(page.path, path.parent))
        cells["wordBB"].append(box[..., 0] if len(words) == 1 else box)
        cells["txt"].append(np.array(words, dtype=str) if words else np.array([], dtype="U1"))
    buffer = io.BytesIO()
    savemat(buffer, {name: _cell(values) for name, values in cells.items()}, do_compression=True)
    header = b"MATLAB 5.0 MAT-file, SynthText labels by chuviet"  # scipy would put the time of writing here
    write_whole(path, header.ljust(_HEADER) + buffer.getvalue()[_HEADER:])


def _cell(values: list[Any]) -> np.ndarray:
    cell = np.empty((1, len(values)), object)
    for i, value in enumerate(values):
        cell[0, i] = value
    return cell


def _load(path: Path) -> list[list[Any]]:
    """The three cells, each N matrices."""
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        found = read_cells(path.read_bytes(), _CELLS)
    except (ValueError, OSError, MemoryError, zlib.error) as e:
        raise InputError(f"{path}: no MAT file of version 5 that can be read ({e or 'broken'})") from e
    for name in _CELLS:
        if name not in found:
            raise InputError(f"{path}: no cell {name}; SynthText's gt.mat has {', '.join(_CELLS)}")
    cells = [found.pop(name) for name in _CELLS]
    if len({len(c) for c in cells}) != 1:
        sizes = ", ".join(f"{len(c):,} {name}" for name, c in zip(_CELLS, cells, strict=True))
        raise InputError(f"{path}: {sizes}; there must be one of each for every image")
    if not cells[0]:
        raise InputError(f"{path}: an empty list")
    return cells

"""Folders of text files, one an image: what `icdar` and `lpcv` share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from chuviet.data.files import read_lines
from chuviet.data.formats.common import make_page, short, written_text
from chuviet.errors import InputError
from chuviet.files import write_whole
from chuviet.inputs.images import SUFFIXES, natural_key
from chuviet.labels import LabelledPage

Line = tuple[list[tuple[float, float]], str]  # four corners, text


def box_of(fields: Sequence[str]) -> list[tuple[float, float]]:
    numbers = [float(f) for f in fields]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def label_files(folder: Path, pattern: str) -> list[Path]:
    return sorted((p for p in folder.glob(pattern) if not p.name.startswith(".")), key=lambda p: natural_key(p.name))


def txt_page(file: Path, image: Path, parse: Callable[[str], Line]) -> LabelledPage:
    found = []
    for row, line in enumerate(read_lines(file), 1):
        if line.strip():
            try:
                found.append(parse(line))
            except ValueError as e:
                raise InputError(f"{file}: row {row}: not x1,y1,...,x4,y4,text ({e}): {line[:60]!r}") from e
    page = make_page(image, [corners for corners, _ in found], [text for _, text in found])
    page.meta["labels"] = str(file)
    return page


def write_txt(files: dict[Path, LabelledPage], folder: Path) -> None:
    others = {p.name for p in folder.glob("*.txt")} - {p.name for p in files}
    if others:
        raise InputError(
            f"{folder}: holds {len(others)} label files of other images ({min(others)} ...); empty it first"
        )
    for file, page in files.items():
        lines = [
            ",".join(str(short(v)) for v in np.ravel(q).tolist())
            + "," + re.sub(r"[\r\n]+", " ", written_text(t, i)) + "\n"
            for q, t, i in zip(page.quads, page.texts, page.ignore, strict=True)
        ]  # fmt: skip
        write_whole(file, "".join(lines).encode())


def unique_stems(pages: Sequence[LabelledPage], path: Path) -> dict[str, LabelledPage]:
    stems: dict[str, LabelledPage] = {}
    for page in pages:
        stem = Path(page.path).stem
        if stem in stems:
            raise InputError(f"{path}: {stems[stem].path} and {page.path} would share a label file; rename one")
        stems[stem] = page
    return stems


def stem_of(label: Path) -> str:
    return label.stem.removeprefix("gt_")


def images_in(folder: Path) -> list[Path]:
    """The images of a folder, not of those below it."""
    return [p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and not p.name.startswith(".")]


def by_stem(files: Iterable[Path]) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for file in files:
        found.setdefault(file.stem, []).append(file)
    return found


def image_of(found: dict[str, list[Path]], stem: str, label: Path) -> Path:
    files = found.get(stem, [])
    if len(files) != 1:
        what = f"several images of its name: {files[0]}, {files[1]}" if files else f"no image {stem}.* for it"
        raise InputError(f"{label}: {what}; --images names their folder")
    return files[0]

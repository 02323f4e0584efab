"""ICDAR: a folder of gt_STEM.txt, lines ``x1,y1,x2,y2,x3,y3,x4,y4,text``.

Format: https://rrc.cvc.uab.es/?ch=4&com=tasks (task 4.4).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from chuviet.data.formats.text_folders import (
    Line,
    box_of,
    by_stem,
    image_of,
    images_in,
    label_files,
    stem_of,
    txt_page,
    unique_stems,
    write_txt,
)
from chuviet.errors import InputError
from chuviet.inputs.images import list_images
from chuviet.labels import LabelledPage


def read_icdar(path: Path, images: Path | None = None) -> list[LabelledPage]:
    """An image belongs to a label file if its stem is that file's without ``gt_``. Images are looked for in `images`;
    else in the folder itself, else in the one folder beside it that has an image for every label file.
    """
    labels = label_files(path, "gt_*.txt") or label_files(path, "*.txt")
    if not labels:
        raise InputError(f"{path}: no label files gt_*.txt in this folder")
    wanted = [stem_of(p) for p in labels]
    if images is None:
        found = by_stem(images_in(_image_folder(path, set(wanted))))
    else:
        found = by_stem(list_images(images))
    return [txt_page(file, image_of(found, stem, file), icdar_line) for file, stem in zip(labels, wanted, strict=True)]


def _image_folder(path: Path, wanted: set[str]) -> Path:
    """The label folder itself or the one beside it that has images of all the stems `wanted`."""
    if wanted <= {p.stem for p in images_in(path)}:
        return path
    parent = path.parent if path.name else path.absolute().parent
    beside = sorted(p for p in parent.iterdir() if p.is_dir() and not p.samefile(path))
    holding = [p for p in beside if wanted <= {f.stem for f in images_in(p)}]
    if len(holding) != 1:
        several = f"{len(holding)} folders beside it have" if holding else "neither it nor a folder beside it has"
        raise InputError(f"{path}: {several} an image for each of its {len(wanted)} label files; --images names one")
    return holding[0]


def icdar_line(line: str) -> Line:
    """`line` without its end. Raises ValueError if it does not begin with eight numbers."""
    fields = line.split(",", 8)
    if len(fields) < 8:
        raise ValueError("fewer than eight numbers")
    return box_of(fields[:8]), fields[8] if len(fields) > 8 else ""


def write_icdar(pages: Sequence[LabelledPage], path: Path) -> None:
    """gt_STEM.txt for every page, UTF-8 without a byte order mark; coordinates without a point where they are whole."""
    write_txt({path / f"gt_{stem}.txt": page for stem, page in unique_stems(pages, path).items()}, path)

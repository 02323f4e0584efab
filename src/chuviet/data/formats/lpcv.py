"""LPCV 2020: train_images1/ and sample_train_annotation_txt/, the same for test; STEM.txt with lines as ICDAR's.

Lines are like those in the folders that FOTS for LPCV names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from chuviet.data.formats.common import SPLITS
from chuviet.data.formats.text_folders import (
    Line,
    box_of,
    by_stem,
    image_of,
    images_in,
    is_number,
    label_files,
    txt_page,
    unique_stems,
    write_txt,
)
from chuviet.errors import InputError
from chuviet.files import write_whole
from chuviet.inputs.images import list_images, natural_key
from chuviet.labels import LabelledPage


def lpcv_pairs(path: Path) -> list[tuple[str, Path, list[Path]]]:
    """(split, label folder, image folders) of the pairs in `path`, which may be one of the label folders itself."""
    pairs = []
    for split in SPLITS:
        name = f"sample_{split}_annotation_txt"
        folder = path if path.absolute().name == name else path / name
        if folder.is_dir():
            beside = folder.parent if folder.name else folder.absolute().parent
            pairs.append((split, folder, sorted(p for p in beside.glob(f"{split}_images*") if p.is_dir())))
    return pairs


def read_lpcv(path: Path, images: Path | None = None) -> list[LabelledPage]:
    """The pages of the root (train, then test; `meta["split"]` says which) or of one label folder. Every image must
    have a label file of its stem and the other way round; with `images` only the latter.
    """
    pairs = lpcv_pairs(path)
    if not pairs:
        raise InputError(
            f"{path}: neither has nor is a folder named sample_train_annotation_txt or sample_test_annotation_txt"
        )
    pages = []
    for split, folder, image_folders in pairs:
        found = by_stem(list_images(images) if images else [f for p in image_folders for f in images_in(p)])
        labels = label_files(folder, "*.txt")
        unlabelled = sorted(found.keys() - {p.stem for p in labels}, key=natural_key)
        if unlabelled and images is None:
            raise InputError(f"{folder}: {len(unlabelled)} images without a label file, first {found[unlabelled[0]]}")
        for file in labels:
            page = txt_page(file, image_of(found, file.stem, file), lpcv_line)
            page.meta["split"] = split
            pages.append(page)
    if not pages:
        raise InputError(f"{path}: no label files in this folder")
    return pages


def lpcv_line(line: str) -> Line:
    """Eight numbers (or four: left, top, right, bottom) and the text if any, divided by commas or else by spaces.

    Raises ValueError if it is neither.
    """
    for separator in (",", None):
        fields = line.strip().split(separator, 8)
        if len(fields) >= 8 and all(map(is_number, fields[:8])):
            return box_of(fields[:8]), fields[8] if len(fields) > 8 else ""
        fields = line.strip().split(separator, 4)
        # A single number after the fourth is a text such as a house number; several are a quad that was cut off.
        rest = re.split(r"[,\s]+", fields[4]) if len(fields) > 4 else []
        cut = len(rest) > 1 and all(map(is_number, rest))
        if len(fields) >= 4 and all(map(is_number, fields[:4])) and not cut:
            left, top, right, bottom = map(float, fields[:4])
            corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
            return corners, fields[4] if len(fields) > 4 else ""
    raise ValueError("neither eight numbers nor four")


def write_lpcv(pages: Sequence[LabelledPage], root: Path) -> None:
    """Label files, and copies of the images. The published loaders open ``STEM.jpg``, so images should be JPEG."""
    for split in SPLITS:
        part = [p for p in pages if p.meta.get("split", "train") == split]
        if not part:
            continue
        folder, image_folder = root / f"sample_{split}_annotation_txt", root / f"{split}_images1"
        stems = unique_stems(part, folder)
        write_txt({folder / f"{stem}.txt": page for stem, page in stems.items()}, folder)
        for page in part:
            target = image_folder / Path(page.path).name
            if not (target.exists() and target.samefile(page.path)):
                write_whole(target, _image_bytes(page.path), sync=False)


def _image_bytes(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as e:
        raise InputError(f"{path}: image cannot be copied ({e.strerror or e})") from e

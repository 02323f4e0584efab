"""Folders of label files, one an image: ICDAR's, and the sample layout of LPCV 2020.

Formats: https://rrc.cvc.uab.es/?ch=4&com=tasks (task 4.4); lines like those in the folders that FOTS for LPCV names.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from chuviet.data.files import read_lines
from chuviet.data.page_files import SPLITS, make_page, short, written_text
from chuviet.errors import InputError
from chuviet.files import write_whole
from chuviet.inputs.images import SUFFIXES, list_images, natural_key
from chuviet.labels import LabelledPage

Line = tuple[list[tuple[float, float]], str]  # four corners, text


# ICDAR: a folder of gt_STEM.txt, lines x1,y1,x2,y2,x3,y3,x4,y4,text


def read_icdar(path: Path, images: Path | None = None) -> list[LabelledPage]:
    """An image belongs to a label file if its stem is that file's without ``gt_``. Images are looked for in `images`;
    else in the folder itself, else in the one folder beside it that has an image for every label file.
    """
    labels = _label_files(path, "gt_*.txt") or _label_files(path, "*.txt")
    if not labels:
        raise InputError(f"{path}: no label files gt_*.txt in this folder")
    wanted = [_stem(p) for p in labels]
    if images is None:
        found = _by_stem(_images_in(_image_folder(path, set(wanted))))
    else:
        found = _by_stem(list_images(images))
    return [_txt_page(file, _image(found, stem, file), icdar_line) for file, stem in zip(labels, wanted, strict=True)]


def _image_folder(path: Path, wanted: set[str]) -> Path:
    """The label folder itself or the one beside it that has images of all the stems `wanted`."""
    if wanted <= {p.stem for p in _images_in(path)}:
        return path
    parent = path.parent if path.name else path.absolute().parent
    beside = sorted(p for p in parent.iterdir() if p.is_dir() and not p.samefile(path))
    holding = [p for p in beside if wanted <= {f.stem for f in _images_in(p)}]
    if len(holding) != 1:
        several = f"{len(holding)} folders beside it have" if holding else "neither it nor a folder beside it has"
        raise InputError(f"{path}: {several} an image for each of its {len(wanted)} label files; --images names one")
    return holding[0]


def icdar_line(line: str) -> Line:
    """`line` without its end. Raises ValueError if it does not begin with eight numbers."""
    fields = line.split(",", 8)
    if len(fields) < 8:
        raise ValueError("fewer than eight numbers")
    return _box(fields[:8]), fields[8] if len(fields) > 8 else ""


def write_icdar(pages: Sequence[LabelledPage], path: Path) -> None:
    """gt_STEM.txt for every page, UTF-8 without a byte order mark; coordinates without a point where they are whole."""
    _write_txt({path / f"gt_{stem}.txt": page for stem, page in _unique_stems(pages, path).items()}, path)


# LPCV 2020: train_images1/ and sample_train_annotation_txt/, the same for test; STEM.txt with lines as ICDAR's


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
        found = _by_stem(list_images(images) if images else [f for p in image_folders for f in _images_in(p)])
        labels = _label_files(folder, "*.txt")
        unlabelled = sorted(found.keys() - {p.stem for p in labels}, key=natural_key)
        if unlabelled and images is None:
            raise InputError(f"{folder}: {len(unlabelled)} images without a label file, first {found[unlabelled[0]]}")
        for file in labels:
            page = _txt_page(file, _image(found, file.stem, file), lpcv_line)
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
        if len(fields) >= 8 and all(map(_is_number, fields[:8])):
            return _box(fields[:8]), fields[8] if len(fields) > 8 else ""
        fields = line.strip().split(separator, 4)
        # A single number after the fourth is a text such as a house number; several are a quad that was cut off.
        rest = re.split(r"[,\s]+", fields[4]) if len(fields) > 4 else []
        cut = len(rest) > 1 and all(map(_is_number, rest))
        if len(fields) >= 4 and all(map(_is_number, fields[:4])) and not cut:
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
        stems = _unique_stems(part, folder)
        _write_txt({folder / f"{stem}.txt": page for stem, page in stems.items()}, folder)
        try:
            image_folder.mkdir(parents=True, exist_ok=True)
            for page in part:
                target = image_folder / Path(page.path).name
                if not (target.exists() and target.samefile(page.path)):
                    shutil.copyfile(page.path, target)
        except OSError as e:
            raise InputError(f"{image_folder}: image cannot be copied ({e})") from e


def _box(fields: Sequence[str]) -> list[tuple[float, float]]:
    numbers = [float(f) for f in fields]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _label_files(folder: Path, pattern: str) -> list[Path]:
    return sorted((p for p in folder.glob(pattern) if not p.name.startswith(".")), key=lambda p: natural_key(p.name))


def _txt_page(file: Path, image: Path, parse: Callable[[str], Line]) -> LabelledPage:
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


def _write_txt(files: dict[Path, LabelledPage], folder: Path) -> None:
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


def _unique_stems(pages: Sequence[LabelledPage], path: Path) -> dict[str, LabelledPage]:
    stems: dict[str, LabelledPage] = {}
    for page in pages:
        stem = Path(page.path).stem
        if stem in stems:
            raise InputError(f"{path}: {stems[stem].path} and {page.path} would share a label file; rename one")
        stems[stem] = page
    return stems


def _stem(label: Path) -> str:
    return label.stem.removeprefix("gt_")


def _images_in(folder: Path) -> list[Path]:
    """The images of a folder, not of those below it."""
    return [p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and not p.name.startswith(".")]


def _by_stem(files: Iterable[Path]) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for file in files:
        found.setdefault(file.stem, []).append(file)
    return found


def _image(found: dict[str, list[Path]], stem: str, label: Path) -> Path:
    files = found.get(stem, [])
    if len(files) != 1:
        what = f"several images of its name: {files[0]}, {files[1]}" if files else f"no image {stem}.* for it"
        raise InputError(f"{label}: {what}; --images names their folder")
    return files[0]

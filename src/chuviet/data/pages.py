"""Labels of text detection: four formats, one `LabelledPage` an image. docs/formats.md shows each of them.

`tsv` (PaddleOCR, OpenOCR), `icdar` (a folder of txt files), `synthtext` (gt.mat) and `lpcv` (the sample layout of
LPCV 2020). What a label file says is kept as it is; `chuviet.data.quads` mends it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from chuviet.data.formats import icdar, lpcv, synthtext, tsv
from chuviet.data.formats.common import check_writable
from chuviet.errors import InputError
from chuviet.labels import LabelledPage

FORMATS = ("tsv", "icdar", "synthtext", "lpcv")

_READERS: dict[str, Callable[[Path, Path | None], list[LabelledPage]]] = {
    "tsv": tsv.read_tsv,
    "icdar": icdar.read_icdar,
    "synthtext": synthtext.read_synthtext,
    "lpcv": lpcv.read_lpcv,
}
_WRITERS: dict[str, Callable[[Sequence[LabelledPage], Path], None]] = {
    "tsv": tsv.write_tsv,
    "icdar": icdar.write_icdar,
    "synthtext": synthtext.write_synthtext,
    "lpcv": lpcv.write_lpcv,
}


def read_pages(
    path: str | Path, format: str | None = None, source: str = "", images: str | Path | None = None
) -> list[LabelledPage]:
    """The pages of a label file or folder, in its order; `image` is None, `path` the image file.

    `format` is one of `FORMATS`, else found by `format_of`. `images` is the folder that image names are relative to
    (tsv, synthtext) or that the images are looked for in (icdar, lpcv); without it the label's own folder, or what the
    format prescribes. Quads are as labelled, not mended. A text of "###" or "*" marks don't-care, its text becomes
    "###".

    Raises InputError with file and row for a line that cannot be understood, a missing file or image, an empty list.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"{path}: no such file or folder")
    if images is not None and not Path(images).is_dir():
        raise InputError(f"{images}: no such folder of images")
    if format is not None and format not in FORMATS:
        raise InputError(f"{format!r} is no label format; known: {', '.join(FORMATS)}")
    pages = _READERS[format or format_of(path)](path, Path(images) if images is not None else None)
    for page in pages:
        page.source = source
    return pages


def write_pages(pages: Sequence[LabelledPage], path: str | Path, format: str) -> None:
    """Writes labels that `read_pages` reads back: the same quads (to 0.001 px), texts and don't-care marks.

    `path` is a file for tsv and synthtext (or a folder, which gets gt.mat), a folder for icdar and lpcv. Image paths
    are written relative to the label file where there is such a path. icdar has no image paths, so the images of its
    pages must differ in their names; lpcv gets a copy of the images, in the pair that `meta["split"]` names ("train"
    or "test", "train" without it).

    Raises InputError for no pages, coordinates that are not finite, names that the format cannot hold, a full disk.
    """
    if format not in FORMATS:
        raise InputError(f"{format!r} is no label format; known: {', '.join(FORMATS)}")
    if not pages:
        raise InputError(f"{path}: no pages to write")
    check_writable(pages, path)
    _WRITERS[format](pages, Path(path))


def format_of(path: str | Path) -> str:
    """The format of a label file or folder, judged by its names and first line. Raises InputError if it is none."""
    path = Path(path)
    if path.is_dir():
        if lpcv.lpcv_pairs(path):
            return "lpcv"
        if (path / synthtext.NAME).is_file():
            return "synthtext"
        if next(path.glob("gt_*.txt"), None):
            return "icdar"
    elif path.suffix.lower() == ".mat":
        return "synthtext"
    elif tsv.is_tsv(path):
        return "tsv"
    raise InputError(
        f"{path}: not seen to be {', '.join(FORMATS[:-1])} or {FORMATS[-1]} (path<TAB>JSON; a folder of gt_*.txt; "
        "gt.mat; sample_*_annotation_txt/ with its images); name the format"
    )

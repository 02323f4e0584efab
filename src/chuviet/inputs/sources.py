"""What a user names, on the command line or in Python, as single images that are loaded one after the other."""

from __future__ import annotations

import glob
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from chuviet.errors import InputError
from chuviet.inputs import pdf, pdf_process
from chuviet.inputs.images import as_image, count_frames, decode_image, read_file_object, read_image
from chuviet.inputs.kinds import HEAD, SUFFIXES, kind_of
from chuviet.inputs.limits import LIMITS, Limits
from chuviet.inputs.names import counted, from_printable, list_files, natural_key, printable
from chuviet.inputs.pdf_text import TextLayer
from chuviet.inputs.tables import TABLES, listed_images

__all__ = ["Found", "Source", "find_in_bytes", "find_sources", "from_printable", "iter_sources", "printable"]

_SOME_FRAMES = re.compile(r"(.+)#([1-9][0-9]{0,5})(?:-([1-9][0-9]{0,5}))?")
_BYTES = (bytes, bytearray, memoryview)


@dataclass(frozen=True)
class Source:
    """One image that can be loaded.

    `name` is what outputs call it: the path as typed, relative to the folder it was found in, or as a list has it;
    ``FILE#2`` for the second picture of a file that holds several; ``image 1`` for what has no name. `path` is None
    when it comes from no file. `frame` counts the pictures of the file from 1. `load` gives H W 3 uint8 RGB, reads the
    file anew each time, scales down what is very large, and raises InputError for what cannot be read. `text_layer` is
    there for pages of PDFs: the text that such a page carries, in pixels of what `load` gives.
    """

    name: str
    path: Path | None
    frame: int
    load: Callable[[], np.ndarray]
    text_layer: Callable[[], TextLayer] | None = None


@dataclass
class Found:
    """The images that were found; (name, reason) of every file of a folder that is none; (name, pages) of every file
    that has more pages than are read.
    """

    sources: list[Source] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    cut: list[tuple[str, int]] = field(default_factory=list)

    def add(self, other: Found) -> None:
        self.sources += other.sources
        self.left_out += other.left_out
        self.cut += other.cut


def find_sources(
    inputs: Sequence[str | Path], columns: Sequence[str] = ("img_path",), limits: Limits = LIMITS
) -> Found:
    """The images that `inputs` name, in their order.

    An input is an image file, a PDF (its pages), one or some pictures of a file (``FILE.pdf#3``, ``FILE.pdf#2-5``), a
    folder (all in it and below, in natural order), a pattern (``scans/*.png``), a list (see `tables.listed_images`;
    `columns` are those that a CSV must have, paths first), or ``-`` for an image or PDF on standard input. Names are
    made distinct. Images that are broken or missing from a list are found: loading them raises. Raises InputError for
    an input that is not there or holds no image.
    """
    inputs = [inputs] if isinstance(inputs, (str, Path)) else list(inputs)
    if not inputs:
        raise InputError("no input; name image files, folders, PDFs or lists of images")
    found = Found()
    for value in inputs:
        one = _of_input(str(value), columns, limits)
        if len(inputs) > 1 and _is_folder(Path(value)):  # of several, names say which folder
            one.sources = [replace(s, name=f"{str(value).rstrip('/')}/{s.name}") for s in one.sources]
        found.add(one)
    found.sources = list(_distinct(found.sources))
    return found


def find_in_bytes(data: bytes, name: str, limits: Limits = LIMITS) -> Found:
    """The images of a file's bytes, which outputs and errors call `name`. Raises InputError as `find_sources` does."""
    return _frames(data, None, kind_of(data), name, limits)


def iter_sources(source: Any, limits: Limits = LIMITS) -> Iterator[Source]:
    """The images that a Python value means, one after the other; an iterator is used as it goes.

    `source`: anything that `find_sources` takes as one input (str or Path), a value that `images.as_image` takes, or a
    list, tuple or iterator of these. PDFs and files of several pictures give all of them. What has no name is called
    ``image 1``, ``image 2`` ... by its place. Files of a folder that are no images, and pages over the limit, are named
    in a warning. Raises InputError for other values.
    """
    if isinstance(source, dict | set | frozenset) or (isinstance(source, np.ndarray) and source.dtype == object):
        raise InputError(f"{type(source).__name__} has no images in order; give a list")
    is_many = isinstance(source, (list, tuple, Iterator)) and not hasattr(source, "read")
    values: Iterable[Any] = source if is_many else [source]
    yield from _distinct(s for number, value in enumerate(values, 1) for s in _of_value(value, number, limits))


def holds_several(source: Any) -> bool:
    """Whether a value that `iter_sources` takes is meant as a list of images, were there but one in it: a list, tuple
    or iterator, a folder, a glob, a table, a PDF or its bytes.
    """
    if isinstance(source, _BYTES):
        return kind_of(bytes(source[:HEAD])) == "PDF"
    if isinstance(source, (str, Path)):
        path = Path(source)
        return not path.is_file() or path.suffix.lower() in TABLES or kind_of(_head(path)) == "PDF"
    return isinstance(source, (list, tuple, Iterator)) and not hasattr(source, "read")


def _of_value(value: Any, number: int, limits: Limits) -> Iterator[Source]:
    """The images of one value of Python's, the `number`-th."""
    name = f"image {number}"
    if isinstance(value, (str, os.PathLike)):
        found = _of_input(os.fspath(value), ("img_path",), limits)
        if found.left_out:
            first = ", ".join(printable(n) for n, _ in found.left_out[:5])
            warnings.warn(
                f"{value}: {counted(len(found.left_out), 'file')} not read, as no images: {first}", stacklevel=4
            )
        yield from _warned(found)
        return
    if isinstance(value, _BYTES) or (hasattr(value, "read") and not isinstance(value, Image.Image)):
        data = bytes(value) if isinstance(value, _BYTES) else read_file_object(value, name)
        yield from _warned(find_in_bytes(data, name, limits))
        return
    if not isinstance(value, (np.ndarray, Image.Image)):
        as_image(value, name)  # raises
    yield Source(name, None, 1, partial(as_image, value, name, limits.pixels))


def _warned(found: Found) -> list[Source]:
    """The sources, after a warning of the pages over the limit."""
    for name, pages in found.cut:
        warnings.warn(f"{printable(name)}: {counted(pages, 'more page')} not read", stacklevel=5)
    return found.sources


def _of_input(value: str, columns: Sequence[str], limits: Limits) -> Found:
    """The images of one input of the command line; InputError when there are none."""
    path = Path(value)
    if value == "-":
        return find_in_bytes(sys.stdin.buffer.read(), "stdin", limits)
    if _is_folder(path):
        return _of_folder(path, limits)
    if path.suffix.lower() in TABLES and path.is_file():
        found = Found()
        for name, file in listed_images(path, columns):
            found.add(_of_file(file, name, limits, must_exist=False))
        return found
    if not _exists(path):
        some = _SOME_FRAMES.fullmatch(value)
        if some and Path(some[1]).is_file():
            first = int(some[2])
            return _some_frames(Path(some[1]), some[1], first, int(some[3] or first), limits)
        if glob.has_magic(value):
            return _of_pattern(value, columns, limits)
        other = from_printable(value)
        if other != value and _exists(Path(other)):
            return _of_input(other, columns, limits)
        raise InputError(f"{value}: no such file or folder; check the path")
    return _of_file(path, value, limits)


def _of_pattern(pattern: str, columns: Sequence[str], limits: Limits) -> Found:
    names = sorted(glob.glob(pattern, recursive=True), key=natural_key)  # noqa: PTH207 (keeps names as typed)
    if not names:
        raise InputError(f"{pattern}: no file is named so; check the path")
    found = Found()
    for name in names:
        path = Path(name)
        if _is_folder(path) or path.suffix.lower() in TABLES:
            found.left_out.append((name, "a folder or list; name it without a pattern"))
        elif (reason := _not_an_image(path)) is None:
            found.add(_of_file(path, name, limits))
        else:
            found.left_out.append((name, reason))
    if not found.sources:
        raise InputError(f"{pattern}: none of the {len(names)} files named so is an image")
    return found


def _of_folder(folder: Path, limits: Limits) -> Found:
    """The images in `folder` and below; hidden files are passed over."""
    found = Found()
    for path in list_files(folder):
        name = path.relative_to(folder).as_posix()
        reason = _not_an_image(path)
        if reason is None:
            try:
                found.add(_of_file(path, name, limits))
            except InputError as e:  # a PDF that cannot be opened
                reason = str(e).removeprefix(f"{name}: ")
        if reason is not None:
            found.left_out.append((name, reason))
    if not found.sources:
        raise InputError(f"{folder}: there are no images in this folder{_others(found.left_out)}")
    return found


def _others(left_out: list[tuple[str, str]]) -> str:
    """What an error says of a folder's other files."""
    if not left_out:
        return ""
    first = ", ".join(f"{name} ({reason})" for name, reason in left_out[:3])
    more = f" and {len(left_out) - 3} more" if len(left_out) > 3 else ""
    return f"; there are {first}{more}"


def _of_file(path: Path, name: str, limits: Limits, must_exist: bool = True) -> Found:
    """The images of one file: one, or as many as it has pages."""
    kind = kind_of(_head(path))
    if must_exist and not path.is_file():
        raise InputError(f"{name}: neither a file nor a folder")
    return _frames(path, path, kind, name, limits)


def _frames(file: Path | bytes, path: Path | None, kind: str | None, name: str, limits: Limits) -> Found:
    """The pictures of a file (or its bytes), as far as they are to be read."""
    frames = _count(file, kind, name)
    kept = min(frames, limits.pages or frames)
    names = [name] if frames == 1 else [f"{name}#{frame}" for frame in range(1, kept + 1)]
    sources = [_source(file, path, kind, frame, called, limits) for frame, called in enumerate(names, 1)]
    return Found(sources, cut=[(name, frames - kept)] if kept < frames else [])


def _some_frames(path: Path, name: str, first: int, last: int, limits: Limits) -> Found:
    """Pictures `first` to `last` of a file, asked for as ``FILE#first-last``."""
    kind = kind_of(_head(path))
    frames = _count(path, kind, name)
    if not first <= last <= frames:
        what = "pages" if kind == "PDF" else "pictures"
        raise InputError(f"{name}#{first}{f'-{last}' if last != first else ''}: {name} has {frames} {what}")
    kept = range(first, min(last, first + (limits.pages or last) - 1) + 1)
    sources = [_source(path, path, kind, frame, f"{name}#{frame}", limits) for frame in kept]
    return Found(sources, cut=[(name, last - kept[-1])] if kept[-1] < last else [])


def _source(file: Path | bytes, path: Path | None, kind: str | None, frame: int, name: str, limits: Limits) -> Source:
    """Picture `frame` of a file, or of its bytes."""
    if kind == "PDF":
        if limits.page_seconds:
            pdf_process.start()  # beside what is loaded before the first page is drawn
        page = (limits.page_seconds, file, frame, name, limits.dpi, min(limits.pixels, pdf.MAX_PAGE_PIXELS))
        render, text = partial(pdf_process.render_page, *page), partial(pdf_process.page_text, *page)
        return Source(name, path, frame, render, text)
    if isinstance(file, bytes):
        return Source(name, path, frame, partial(decode_image, file, name, limits.pixels, frame))
    return Source(name, path, frame, partial(read_image, file, limits.pixels, frame))


def _count(file: Path | bytes, kind: str | None, name: str) -> int:
    """How many pictures a file (or its bytes) holds."""
    if kind == "PDF":
        return pdf.count_pages(file, name)
    try:
        return count_frames(file, kind)
    except InputError as e:
        raise InputError(f"{name}: {e}") from e


def _not_an_image(path: Path) -> str | None:
    """Why a file of a folder is left out; None for an image, and for a broken one: that is named when it is read."""
    kind = kind_of(_head(path))
    if kind == "HEIC":
        return "a HEIC image, which cannot be read; save it as JPEG"
    if kind or path.suffix.lower() in SUFFIXES:
        return None
    return "a broken PDF" if path.suffix.lower() == ".pdf" else "not an image"


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as f:
            return f.read(HEAD)
    except (OSError, ValueError):  # reading it whole says why
        return b""


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _distinct(sources: Iterable[Source]) -> Iterator[Source]:
    """The sources with names that come once: a doubled name gets `` (2)``, `` (3)`` behind it."""
    used: set[str] = set()
    for source in sources:
        name, number = source.name, 1
        while name in used:
            number += 1
            name = f"{source.name} ({number})"
        used.add(name)
        yield source if number == 1 else replace(source, name=name)

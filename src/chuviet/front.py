"""The front door: one call to read a page, one to write it, one to load weights."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, overload

import numpy as np
from PIL.Image import Image

from chuviet.artifact.opening import find_weights, open_artifact
from chuviet.errors import InputError
from chuviet.formats.file import PageFile
from chuviet.formats.known import known_format, named_format
from chuviet.inputs.sources import Source, iter_sources
from chuviet.reading.choice import LineChoice, open_readers
from chuviet.reading.detector import Detector
from chuviet.reading.lines import LineReader
from chuviet.reading.pages import RECOGNIZERS, Reader
from chuviet.reading.text_layer import Ocr
from chuviet.results import Page


@overload
def read(
    source: list[Any] | tuple[Any, ...] | Iterator[Any], *, min_score: float | None = None, ocr: Ocr = "auto"
) -> list[Page]: ...
@overload
def read(source: np.ndarray | Image, *, min_score: float | None = None, ocr: Ocr = "auto") -> Page: ...
@overload
def read(source: Any, *, min_score: float | None = None, ocr: Ocr = "auto") -> Any: ...
def read(source: Any, *, min_score: float | None = None, ocr: Ocr = "auto") -> Any:
    """Finds and reads all text of a page or photo with the shipped weights, in reading order.

    `source`: a path, bytes, a file object, a PIL image, or a numpy array (H W, H W 3 RGB, H W 4) gives a `Page`. A list
    or iterator of these, a folder, or a file of several pages gives a list of them. Text whose score, finding times
    reading, is below `min_score` is left out; None: below what tells text of its length from texture. `ocr`: pages of
    PDFs that have a text of their own are taken as they are ("auto"), or read as all others ("always"); "never" gives
    nothing but such texts.

    The weights are loaded once and kept. For other weights, or for lines, make a `Reader` or a `LineReader`. Raises
    InputError, one line, for what cannot be read.
    """
    return Reader(*_shipped(), min_score=min_score, ocr=ocr).read(source)


def load(weights: str | Path, *, device: str = "cpu", threads: int = 0) -> LineReader | Detector:
    """A `LineReader` or a `Detector`, whichever the weights are for: a name of shipped weights ("vi_text",
    "page_det"), a name in weights/ or a run in outputs/, or the path of an .onnx or .safetensors file (which needs
    PyTorch).

    `threads`: 0 takes all cores. Raises InputError for a file that is missing or damaged.
    """
    artifact = open_artifact(find_weights(weights), device, threads)
    return Detector(artifact) if artifact.charset is None else LineReader(artifact)


def write(pages: Page | Iterable[Page], path: str | Path, format: str | None = None, *, images: Any = None) -> None:
    """Writes one page or several (a list, or an iterator such as `Reader.pages` gives) into a file.

    Its ending says the format (docs/output.md has all), or `format` does, by its name: "txt", "json", "jsonl", "tsv",
    "md", "hocr", "alto", "page" or "pdf". The file is there when all pages are written, and replaces a former one.

    A PDF shows the pictures of the pages: `images`, whatever `read` takes, in the order of the pages; without it they
    are found by the names of the pages. Raises InputError for a format that is not known, a picture that cannot be read
    or is not that of the page, and a file that cannot be written.
    """
    chosen = known_format(path, "path") if format is None else named_format(format)
    given = [pages] if isinstance(pages, Page) else pages
    names = [page.name for page in given] if isinstance(given, Sequence) else []
    sources = None if images is None else iter_sources(images)
    file = PageFile(path, chosen, names)
    try:
        for page in given:
            file.add(page, partial(_picture, page, sources, Path(path)))
        if not file.has_pages:
            raise InputError(f"{path}: there are no pages to write")
        file.close()
    finally:
        file.abandon()


def _picture(page: Page, sources: Iterator[Source] | None, path: Path) -> np.ndarray:
    """The picture of a page, H W 3 uint8 RGB: the next of `sources`, or the one that the page is named after."""
    try:
        source = next(iter_sources(page.name) if sources is None else sources, None)
    except InputError as e:
        if sources is not None:
            raise
        raise InputError(f"{path}: there is no image called {page.name}; give the images: images=...") from e
    if source is None:
        raise InputError(f"{path}: there are fewer images than pages")
    if source.path is not None and path.exists() and source.path.samefile(path):
        raise InputError(f"{path}: it is the image of {page.name}, and would be overwritten; give another name")
    picture = source.load()
    if picture.shape[:2] != (page.height, page.width):
        size = f"{picture.shape[1]} x {picture.shape[0]}"
        raise InputError(f"{source.name}: {size} px, but the page has {page.width} x {page.height}; give its own image")
    return picture


@lru_cache(maxsize=1)
def _shipped() -> tuple[Detector, LineReader | LineChoice]:
    return Detector(), open_readers(RECOGNIZERS)

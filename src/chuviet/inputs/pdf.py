"""The pages of PDF files as images, drawn by PDFium (package `pypdfium2`, loaded when the first PDF is met)."""

from __future__ import annotations

import importlib
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from chuviet.errors import InputError
from chuviet.inputs.pdf_text import TextLayer, page_objects, text_layer

#: Dots per inch at which pages are drawn that are no scans: small print is 25 px high then.
DPI = 200
#: A page of more pixels than this at its resolution is drawn at a lower one: A2 at 200 dpi has 15 million.
MAX_PAGE_PIXELS = 40_000_000
#: The longer side of a small page has at least so many pixels, as far as 600 dpi give them; scans are drawn at their
#: own resolution, but with no more than 300 dpi or twice so many pixels.
_SMALL = 1000
_FINEST, _SCAN = 600, 300

_pdfium = threading.Lock()  # PDFium serves one thread at a time
_PASSWORD = 4  # FPDF_ERR_PASSWORD


def count_pages(source: Path | bytes, name: str) -> int:
    """The number of pages. Raises InputError for what is broken, needs a password or holds no pages."""
    with _opened(source, name) as document:
        pages = len(document)
    if not pages:
        raise InputError(f"{name}: a PDF without pages")
    return pages


def render_page(
    source: Path | bytes, page: int, name: str, dpi: float | None = None, max_pixels: int = MAX_PAGE_PIXELS
) -> np.ndarray:
    """Page `page` (from 1) as H W 3 uint8 RGB, as a viewer shows it, annotations and filled-in forms included.

    Drawn with `dpi` dots per inch; without, at the resolution of its pictures if it is a scan, else at `DPI`, small
    pages finer. With fewer dots when the page would have more than `max_pixels`. Raises InputError when the file or the
    page cannot be read.
    """
    with _page(source, page, name) as one:
        width, height, scale = _size(one, dpi, max_pixels)
        bitmap = one.render(scale=scale, may_draw_forms=True, rev_byteorder=True)
        pixels = bitmap.to_numpy()
        if pixels.ndim == 2:
            pixels = pixels[:, :, None]
        image = np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else np.array(pixels[:, :, :3])
        assert image.shape[:2] == (height, width)
        return image


def page_text(
    source: Path | bytes, page: int, name: str, dpi: float | None = None, max_pixels: int = MAX_PAGE_PIXELS
) -> TextLayer:
    """The text that page `page` (from 1) carries, in pixels of what `render_page` draws. Raises InputError as it."""
    with _page(source, page, name) as one:
        width, height, _ = _size(one, dpi, max_pixels)
        return text_layer(one, width, height)


def _size(page: Any, dpi: float | None, max_pixels: int) -> tuple[int, int, float]:
    """Width and height in pixels of a page's picture, and its pixels per point (of which there are 72 an inch)."""
    if dpi is not None and not 1 <= dpi <= 2400:
        raise InputError(f"dpi {dpi:g}: pages are drawn at 1 to 2400 dots per inch, such as {DPI}")
    width, height = page.get_size()
    scale = (_resolution(page, width, height) if dpi is None else dpi) / 72
    area = max(width, 1 / scale) * max(height, 1 / scale)
    scale = min(scale, math.sqrt(max_pixels / area))
    return math.ceil(width * scale), math.ceil(height * scale), scale


def _resolution(page: Any, width: float, height: float) -> float:
    """The dots per inch that a page is best drawn with: as fine as its finest picture if it shows nothing else."""
    objects = page_objects(page)
    pictures = [o for o in objects if o.pixels and o.area >= 0.1 * width * height]
    longer = max(width, height) / 72  # inches
    usual = max(DPI, min(_SMALL / longer, _FINEST))
    if not pictures:
        return usual
    own = max(72 * math.sqrt(o.pixels / o.area) for o in pictures)
    is_scan = sum(o.area for o in pictures) >= 0.9 * width * height and all(o.pixels or o.hidden for o in objects)
    return min(own if is_scan else max(own, usual), max(_SCAN, 2 * _SMALL / longer))


@contextmanager
def _page(source: Path | bytes, page: int, name: str) -> Iterator[Any]:
    """An open page while PDFium is ours. Raises InputError for one that is not there or cannot be drawn."""
    with _opened(source, name) as document:
        if not 1 <= page <= len(document):
            raise InputError(f"{name}: there is no page {page}; it has {len(document)}")
        try:
            yield document[page - 1]
        except (_library().PdfiumError, MemoryError, ValueError) as e:
            raise InputError(f"{name}: page {page} cannot be drawn ({e})") from e


@contextmanager
def _opened(source: Path | bytes, name: str) -> Iterator[Any]:
    """The document while PDFium is ours, closed afterwards."""
    library = _library()
    with _pdfium:
        try:
            document = library.PdfDocument(_openable(source))
        except library.PdfiumError as e:
            if getattr(e, "err_code", None) == _PASSWORD or "password" in str(e).lower():
                raise InputError(f"{name}: a PDF with a password; save it without one") from e
            raise InputError(f"{name}: a broken PDF ({str(e).rstrip('.')}); copy or export it again") from e
        except OSError as e:
            raise InputError(f"{name}: cannot be read ({e.strerror or e}); check the path") from e
        try:
            document.init_forms()
            yield document
        finally:
            document.close()


def _openable(source: Path | bytes) -> Path | bytes:
    """The path, or the file's bytes where its name is not UTF-8, which PDFium cannot open."""
    if isinstance(source, bytes) or str(source).isprintable():
        return source
    return source.read_bytes()


def _library() -> Any:
    try:
        return importlib.import_module("pypdfium2")  # slow to load, and wanted for PDFs alone
    except ImportError as e:
        raise InputError("PDF files are read with pypdfium2, which is missing: pip install pypdfium2") from e

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

#: Dots per inch at which pages are drawn: small print is 25 px high then.
DPI = 200
#: A page of more pixels than this at the dpi asked for is drawn at fewer: A2 at 200 dpi has 15 million.
MAX_PAGE_PIXELS = 40_000_000
#: A PDF of more pages than this is refused: it would be read for days.
MAX_PAGES = 10_000

_pdfium = threading.Lock()  # PDFium serves one thread at a time
_PASSWORD = 4  # FPDF_ERR_PASSWORD


def count_pages(source: Path | bytes, name: str) -> int:
    """The number of pages. Raises InputError for what is broken, needs a password, holds no or too many pages."""
    with _opened(source, name) as document:
        pages = len(document)
    if not 1 <= pages <= MAX_PAGES:
        raise InputError(f"{name}: a PDF of {pages:,} pages; 1 to {MAX_PAGES:,} are read")
    return pages


def render_page(source: Path | bytes, page: int, name: str, dpi: float = DPI) -> np.ndarray:
    """Page `page` (from 1) as H W 3 uint8 RGB, as a viewer shows it, annotations and filled-in forms included.

    Drawn with `dpi` dots per inch, and with fewer when the page would have more than `MAX_PAGE_PIXELS`. Raises
    InputError when the file or the page cannot be read.
    """
    if not 1 <= dpi <= 2400:
        raise InputError(f"dpi {dpi}: pages are drawn at 1 to 2400 dots per inch, such as {DPI}")
    with _opened(source, name) as document:
        if not 1 <= page <= len(document):
            raise InputError(f"{name}: there is no page {page}; it has {len(document)}")
        try:
            width, height = document[page - 1].get_size()  # points, 72 an inch
            scale = dpi / 72
            area = max(width, 1 / scale) * max(height, 1 / scale)
            scale = min(scale, math.sqrt(MAX_PAGE_PIXELS / area))
            bitmap = document[page - 1].render(scale=scale, may_draw_forms=True, rev_byteorder=True)
            pixels = bitmap.to_numpy()
            if pixels.ndim == 2:
                pixels = pixels[:, :, None]
            return np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else np.array(pixels[:, :, :3])
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
            raise InputError(f"{name}: a broken PDF ({e}); copy or export it again") from e
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

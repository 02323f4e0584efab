"""How much of what a user names is read: pixels of an image, pages of a file, seconds of a page."""

from __future__ import annotations

from dataclasses import dataclass

from chuviet.errors import InputError


@dataclass(frozen=True)
class Limits:
    """`pixels`: a larger image is scaled down while it is loaded, to at most so many. `pages`: of a file that has more
    the first so many are read (0: all). `dpi`: dots per inch at which pages of PDFs are drawn, None for what each page
    needs. `page_seconds`: a page of a PDF that takes more processor time is refused; such pages are drawn in a process
    of their own, which is ended then (0: in this process, without a limit). Raises InputError for values that make no
    sense.
    """

    pixels: int = 100_000_000
    pages: int = 10_000
    dpi: float | None = None
    page_seconds: float = 15.0

    def __post_init__(self) -> None:
        if self.pixels < 10_000:
            raise InputError(f"{self.pixels} pixels: an image needs 10,000 at least (100 x 100)")
        if self.pages < 0:
            raise InputError(f"{self.pages} pages: 0 (all) or a number above it is expected")
        if self.dpi is not None and not 1 <= self.dpi <= 2400:
            raise InputError(f"dpi {self.dpi:g}: pages are drawn at 1 to 2400 dots per inch, such as 200")
        if not self.page_seconds >= 0:
            raise InputError(f"{self.page_seconds:g} seconds a page: 0 (no limit) or a number above it is expected")


#: What is read where nobody says otherwise.
LIMITS = Limits()

"""A file of pages that is there whole, or not at all."""

from __future__ import annotations

from pathlib import Path

from chuviet.errors import InputError
from chuviet.files import WholeFile
from chuviet.formats.known import Format
from chuviet.formats.writer import MARK_WITHIN, Picture
from chuviet.results import Page


class PageFile:
    """Takes pages as they are read, and writes each at once. `close` makes the file, `abandon` leaves none."""

    def __init__(self, path: str | Path, format: Format, names: list[str] | None = None, sync: bool = True) -> None:
        """Nothing is written before the first page. `names`, of all images to come, are for formats that list them
        first.
        """
        self.path, self.writer, self._sync = Path(path), format(names or ()), sync
        self._file: WholeFile | None = None

    def add(self, page: Page, picture: Picture) -> None:
        """Raises InputError when it cannot be written, or the format has one page a file and this is the second."""
        if self.writer.one_page and self._file is not None:
            raise InputError(
                f"{self.path}: a file of format {self.writer.name} holds one page; give every page its own"
            )
        if self._file is None:
            self._file = WholeFile(self.path, self._sync)
            self._file.write(self.writer.start())
        self._file.write(self.writer.page(page, picture))

    @property
    def has_pages(self) -> bool:
        return self._file is not None

    def close(self) -> None:
        """Raises InputError when it cannot be written. Without a page there is no file."""
        if self._file is not None:
            self._file.write(self.writer.end())
            self._file.commit()

    def abandon(self) -> None:
        """The former file, if there was one, stays. After `close` this does nothing."""
        if self._file is not None:
            self._file.abandon()


def is_ours(path: str | Path, format: Format) -> bool:
    """Whether chuviet wrote a file, as far as it says so: plain text, TSV and Markdown don't."""
    if format.mark is None:
        return False
    try:
        with Path(path).open("rb") as f:
            return format.mark in f.read(MARK_WITHIN)
    except OSError:
        return False

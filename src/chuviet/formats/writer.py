"""What every output format is: a class that turns pages, one after the other, into the bytes of one file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

import numpy as np

from chuviet.results import Page

#: Loads the picture of a page, H W 3 uint8 RGB, when a format wants it.
Picture = Callable[[], np.ndarray]


class PageWriter:
    """Pages as the bytes of one file: `start`, then `page` for each of them, then `end`, written in this order.

    Nothing is kept of a page but what the end of the file needs, so that a thousand of them take no memory.
    """

    name: ClassVar[str]
    #: Endings of file names, the first being the one that folders get.
    endings: ClassVar[tuple[str, ...]]
    #: Whether a file holds one page at most.
    one_page: ClassVar[bool] = False
    #: Whether the bytes are UTF-8 text.
    is_text: ClassVar[bool] = True
    #: What stands among the first `MARK_WITHIN` bytes of every such file of chuviet's, and of no other program's.
    mark: ClassVar[bytes | None] = None

    def __init__(self, names: Sequence[str] = ()) -> None:
        """`names`: of all images that the file will hold, as far as they are known beforehand."""
        self.names = list(names)
        self.pages = 0

    def start(self) -> bytes:
        return b""

    def page(self, page: Page, picture: Picture) -> bytes:
        raise NotImplementedError

    def end(self) -> bytes:
        return b""


MARK_WITHIN = 1024


class TextWriter(PageWriter):
    """A format that is text, and has no pictures: `head`, `body` for each page with `between` in between, `tail`."""

    between: ClassVar[str] = ""

    def head(self) -> str:
        return ""

    def body(self, page: Page, number: int) -> str:
        """One page, the `number`-th of the file, counted from 1."""
        raise NotImplementedError

    def tail(self) -> str:
        return ""

    def start(self) -> bytes:
        return _encoded(self.head())

    def page(self, page: Page, picture: Picture) -> bytes:
        self.pages += 1
        text = self.body(page, self.pages)
        return _encoded(text if self.pages == 1 else self.between + text)

    def end(self) -> bytes:
        return _encoded(self.tail())


def paragraphs(blocks: Iterable[str]) -> str:
    """The texts of blocks, those without any left out, with an empty line between them."""
    kept = [text for text in blocks if text]
    return "\n\n".join(kept) + "\n" if kept else ""


def _encoded(text: str) -> bytes:
    """UTF-8. Half a surrogate pair, which only a damaged text can hold, becomes an escape such as ``\\ud800``."""
    return text.encode("utf-8", "backslashreplace")

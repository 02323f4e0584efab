"""JSON lines whose pages carry the picture that was read, for people whose browser cannot show the file itself."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence

import cv2
import numpy as np

from chuviet.formats.json_format import SCHEMA, VERSION, JsonLinesWriter, as_entries
from chuviet.formats.writer import Picture
from chuviet.results import Page

#: The kinds of files (`chuviet.inputs.kinds`) that every browser shows.
SHOWN = frozenset({"JPEG", "PNG", "GIF", "WEBP", "BMP"})
QUALITY = 85


class PicturedLinesWriter(JsonLinesWriter):
    """As `jsonl`, with two entries more: `of`, how many pages there are, and, if the pictures are `carried`,
    `picture`, a data URL of a JPEG of the page's size.
    """

    def __init__(self, names: Sequence[str], carried: bool) -> None:
        """`names`: of all pages."""
        super().__init__(names)
        self._carried = carried

    def page(self, page: Page, picture: Picture) -> bytes:
        self.pages += 1
        entries = {"schema": SCHEMA, "version": VERSION} | as_entries(page) | {"of": len(self.names)}
        if self._carried:
            entries |= {"picture": data_url(picture())}
        return (json.dumps(entries, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


def data_url(picture: np.ndarray) -> str:
    """A picture (H W 3 uint8 RGB) as the URL of a JPEG."""
    _, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode("ascii")

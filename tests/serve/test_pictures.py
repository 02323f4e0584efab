"""Rows of pages that carry their picture."""

from __future__ import annotations

import base64
import io
import json

import numpy as np
from PIL import Image

from chuviet.formats.json_format import JsonLinesWriter
from chuviet.results import Page
from chuviet.serve.pictures import PicturedLinesWriter


def test_rows_are_those_of_jsonl_with_the_picture_and_the_number_of_pages() -> None:
    picture = np.zeros((40, 60, 3), np.uint8)
    picture[:, 30:] = (250, 120, 10)  # orange, on the right
    pages = [Page("tờ#1", 60, 40), Page("tờ#2", 60, 40)]
    plain, writer = JsonLinesWriter(), PicturedLinesWriter([page.name for page in pages], carried=True)
    for page in pages:
        row = json.loads(writer.page(page, lambda: picture))
        head, _, data = row.pop("picture").partition(",")
        assert (head, row.pop("of")) == ("data:image/jpeg;base64", 2)
        assert row == json.loads(plain.page(page, lambda: picture))
        found = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
        assert found.shape == picture.shape
        assert np.abs(found[:, 40:].astype(int) - (250, 120, 10)).max() < 12 and found[:, :20].max() < 12


def test_pictures_that_a_browser_shows_are_not_loaded() -> None:
    def forbidden() -> np.ndarray:
        raise AssertionError("loaded")

    row = json.loads(PicturedLinesWriter(["a.jpg"], carried=False).page(Page("a.jpg", 6, 4), forbidden))
    assert row["of"] == 1 and "picture" not in row

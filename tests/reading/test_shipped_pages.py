"""`chuviet.read` with no weights named, on drawn pages: documents, columns, prices, large letters, turned pages."""

from __future__ import annotations

import editdistance
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

import chuviet

PARAGRAPH = [
    "The river runs slowly past the old stone mill where farmers",
    "once brought wheat and barley every autumn. Today the",
    "wheel stands still but visitors come from afar to walk",
    "along the quiet bank and drink coffee.",
]


def page(rows: list[tuple[int, int, int, str]], size: tuple[int, int] = (900, 700)) -> Image.Image:
    """White paper with texts: left, top, height of the letters in pixels, text."""
    image = Image.new("RGB", size, "white")
    for left, top, height, text in rows:
        ImageDraw.Draw(image).text((left, top), text, fill="black", font=ImageFont.load_default(height))
    return image


PRINTED = page([(60, 80 + 60 * i, 28, text) for i, text in enumerate(PARAGRAPH)])


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_paragraph_is_read_by_lines_whichever_side_is_up(quarters: int) -> None:
    found = chuviet.read(PRINTED.rotate(90 * quarters, expand=True))
    lines = [line.text for line in found.lines]
    assert len(lines) == 4
    assert editdistance.eval("\n".join(lines).lower(), "\n".join(PARAGRAPH).lower()) <= 8
    assert (found.angle + 90 * quarters + 5) % 360 < 10


@pytest.mark.parametrize("degrees", [20, -33])
def test_a_photo_of_a_leaning_page_is_read_by_lines(degrees: int) -> None:
    found = chuviet.read(PRINTED.rotate(degrees, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC))
    lines = [line.text for line in found.lines]
    assert editdistance.eval("\n".join(lines).lower(), "\n".join(PARAGRAPH).lower()) <= 8
    assert abs(found.angle + degrees) < 3


def test_columns_are_read_one_after_the_other() -> None:
    left = ["One column of text", "has many lines that", "end before the gap", "which is between", "it and the other"]
    right = ["Another one stands", "on the right of it", "and its lines are", "not at the height", "of those beside it"]
    rows = [(40, 80 + 50 * i, 26, text) for i, text in enumerate(left)]
    found = chuviet.read(page([*rows, *((500, 100 + 55 * i, 26, text) for i, text in enumerate(right))]))
    assert [editdistance.eval(a.text, b) <= 2 for a, b in zip(found.lines, left + right, strict=True)] == [True] * 10


def test_prices_keep_their_points() -> None:
    prices = ["3.50", "18.00", "7.25", "28.75"]
    names = ["Apple", "Orange", "Banana", "Total"]
    rows = [(60, 80 + 60 * i, 28, text) for i, text in enumerate(names)]
    found = chuviet.read(page([*rows, *((500, 80 + 60 * i, 28, text) for i, text in enumerate(prices))]))
    assert [price in found.text.split() for price in prices] == [True] * 4


@pytest.mark.parametrize("height", [24, 80, 200, 300])
def test_letters_of_any_size_are_found(height: int) -> None:
    found = chuviet.read(page([(60, 300, height, "EXIT")], (1600, 1200)))
    assert found.text == "EXIT"


def test_paper_without_text_gives_none() -> None:
    grain = np.random.default_rng(0).normal(225, 6, (700, 900, 3)).clip(0, 255).astype(np.uint8)
    assert chuviet.read(grain).text == ""

"""A page that has all that a page may have, and another one without text."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from chuviet.reading.layout import line_at
from chuviet.results import Block, Line, Page, Prediction, Word

WIDTH, HEIGHT = 1200, 900
MakeLine = Callable[..., Line]


def quad(x: float, y: float, w: float, h: float, degrees: float = 0) -> np.ndarray:
    """A rectangle w x h whose top left is at (x, y), turned clockwise around it."""
    a = math.radians(degrees)
    along, down = np.array((math.cos(a), math.sin(a))), np.array((-math.sin(a), math.cos(a)))
    start = np.array((x, y), np.float64)
    return np.array([start, start + w * along, start + w * along + h * down, start + h * down])


def line(text: str, x: float, y: float, degrees: float = 0, h: float = 40) -> Line:
    """A line of letters half as wide as high, words by their share of the letters."""
    return line_at(quad(x, y, max(len(text), 1) * h / 2, h, degrees), Prediction(0, text, 0.9), 0.9)


def wave(text: str, x: float, y: float) -> Line:
    """A line that bends: its words follow an arc, its outline has six corners."""
    words, at = [], x
    for k, word in enumerate(text.split()):
        words.append(Word(word, quad(at, y + 8 * k, 20 * len(word), 40, 4 * k), 0.8))
        at += 20 * len(word) + 15
    top = [(x, y), ((x + at) / 2, y + 10), (at - 15, y + 30)]
    bottom = [(px, py + 42) for px, py in reversed(top)]
    corners = np.array([top[0], top[-1], bottom[0], bottom[-1]], np.float64)
    return Line(text, text, corners, 0.8, tuple(words), np.array([*top, *bottom], np.float64))


@pytest.fixture
def make_line() -> MakeLine:
    """make_line(text, x, y, degrees=0, h=40)."""
    return line


@pytest.fixture
def make_page() -> Callable[[Sequence[Line]], Page]:
    """make_page(lines, angle=0): one block of text on a page of 1200 x 900."""

    def make(lines: Sequence[Line], angle: float = 0) -> Page:
        return Page("page.png", WIDTH, HEIGHT, (Block(tuple(lines)),), angle)

    return make


@pytest.fixture
def rich() -> Page:
    """A title, a paragraph with a line that bends, a table with an empty cell and one of two lines, a form."""
    title = Block((line("Giấy xác nhận", 100, 20), line("số 12/GXN", 100, 70)), "title")
    text = Block((line('Ông <Nguyễn> & "bà" *Lê* Văn_A', 100, 150), wave("sống ở Khóm Tây Phú", 100, 210)))
    cells = {(0, 0): ("Tên",), (0, 1): ("Giá | đ",), (1, 1): ("12.500",), (2, 0): ("Bánh", "mì"), (2, 1): ("9.000",)}
    placed = [
        (cell, line(t, 100 + 400 * cell[1], 400 + 100 * cell[0] + 45 * k))
        for cell, texts in cells.items()
        for k, t in enumerate(texts)
    ]
    table = Block(tuple(one for _, one in placed), "table", tuple(cell for cell, _ in placed))
    form = Block((line("1. Họ tên:", 100, 720), line("# Tây", 400, 720), line("- ngày 5/6", 100, 780, 2.5)), "form")
    return Page('thư mục/"a" & b.png', WIDTH, HEIGHT, (title, text, table, form), 1.5)


@pytest.fixture
def empty() -> Page:
    return Page("trắng.png", 300, 200)

"""Searchable PDFs: the text is the one that was read, in every reader of PDFs at hand, and lies over the picture."""

from __future__ import annotations

import io
import math
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
import pytest
from PIL import ImageFont

from chuviet.formats import glyphless
from chuviet.formats.file import PageFile
from chuviet.formats.known import FORMATS
from chuviet.results import Block, Line, Page

TEXTS = ("Số 12 Đường Nguyễn Trãi, Phường Bến Thành", "Quận 1, Thành phố Hồ Chí Minh",
         "ẩ ễ ợ ữ ỵ ằ ặ đ Đ 12.500,00 ₫", r'a b c - (d) "e" \ / <g> & % h')  # fmt: skip
MakeLine = Callable[..., Line]
MakePage = Callable[..., Page]


def save(path: Path, pages: Sequence[Page], pictures: Sequence[np.ndarray] | None = None) -> Path:
    file = PageFile(path, FORMATS["pdf"])
    for k, page in enumerate(pages):
        white = np.full((page.height, page.width, 3), 255, np.uint8)
        file.add(page, lambda k=k, white=white: white if pictures is None else pictures[k])  # type: ignore[misc]
    file.close()
    return path


def lines_of(text: str) -> list[str]:
    return [row for row in text.replace("\f", "").splitlines() if row]


def by_poppler(path: Path, *options: str) -> list[str]:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed (package poppler-utils)")
    done = subprocess.run(["pdftotext", *options, str(path), "-"], capture_output=True, encoding="utf-8")
    assert done.returncode == 0 and done.stderr == ""
    return lines_of(done.stdout)


def by_pdfium(path: Path) -> list[str]:
    return [row for page in pypdfium2.PdfDocument(path) for row in lines_of(page.get_textpage().get_text_range())]


@pytest.fixture
def turned(make_line: MakeLine, make_page: MakePage) -> Callable[..., Page]:
    """turned(degrees, texts, angle): lines below each other, all turned around the middle of the page."""

    def make(degrees: float, texts: Sequence[str] = TEXTS, angle: float = 0) -> Page:
        a = math.radians(degrees)
        turn = np.array([(math.cos(a), -math.sin(a)), (math.sin(a), math.cos(a))])
        starts = [np.array((600, 450)) + turn @ (-420, -200 + 80 * k) for k in range(len(texts))]
        return make_page([make_line(t, *start, degrees) for t, start in zip(texts, starts, strict=True)], angle)

    return make


@pytest.mark.parametrize("degrees", [0, 0.3, 0.8, -1.5, 3, -5, 8, 10, 20, -33, 45, 60])
def test_the_text_is_exact_and_found_however_it_is_turned(
    degrees: float, turned: Callable[..., Page], tmp_path: Path
) -> None:
    path = save(tmp_path / "a.pdf", [turned(degrees)])
    # PDFium takes the next line for more of this one where a slanted line ends at the height at which that begins.
    assert " ".join(by_pdfium(path)) == " ".join(TEXTS)
    page = pypdfium2.PdfDocument(path)[0].get_textpage()
    assert all(page.search(text).get_next() is not None for text in TEXTS)
    assert by_poppler(path, "-raw") == list(TEXTS) and by_poppler(path) == list(TEXTS)


@pytest.mark.parametrize("degrees", [90, -90, 180, 88, -178])
def test_a_turned_page_is_shown_upright(degrees: float, turned: Callable[..., Page], tmp_path: Path) -> None:
    path = save(tmp_path / "a.pdf", [turned(degrees, angle=degrees)])
    document = pypdfium2.PdfDocument(path)
    assert document[0].get_rotation() == round(-degrees / 90) * 90 % 360
    assert by_pdfium(path) == list(TEXTS) and by_poppler(path) == list(TEXTS)


def test_many_pages_with_their_pictures(rich: Page, empty: Page, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (9, 12, 3), dtype=np.uint8)
    colour = np.kron(coarse, np.ones((100, 100, 1), np.uint8))
    grey = np.repeat(np.kron(coarse[:2, :3, :1], np.ones((100, 100, 1), np.uint8)), 3, axis=2)
    path = save(tmp_path / "a.pdf", [rich, empty, rich], [colour, grey, colour])
    document = pypdfium2.PdfDocument(path)
    sizes = [size for page in document for size in page.get_size()]
    assert sizes == pytest.approx([842, 631.5, 842, 842 * 2 / 3, 842, 631.5])
    for page, want in zip(document, (colour, grey, colour), strict=True):
        height, width = want.shape[:2]
        shown = page.render(scale=width / page.get_size()[0], rev_byteorder=True).to_numpy()[:height, :width, :3]
        assert np.abs(shown.astype(int) - want)[50::100, 50::100].max() <= 8  # JPEG, and nothing of the text
    assert b"/DeviceGray" in path.read_bytes() and b"/DeviceRGB" in path.read_bytes()
    assert " ".join(by_pdfium(path)).split() == [word for line in rich.lines for word in line.text.split()] * 2


def test_nothing_of_the_text_is_seen(turned: Callable[..., Page], tmp_path: Path) -> None:
    shown = pypdfium2.PdfDocument(save(tmp_path / "a.pdf", [turned(7)]))[0].render(scale=2).to_numpy()
    assert shown.min() == 255
    if shutil.which("pdftoppm"):
        done = subprocess.run(["pdftoppm", "-r", "100", "-gray", str(tmp_path / "a.pdf")], capture_output=True)
        assert set(done.stdout[-1000 * 700 :]) == {255}


@pytest.mark.parametrize("angle", [0, 0.2])
def test_words_lie_over_the_picture(angle: float, turned: Callable[..., Page], tmp_path: Path) -> None:
    """Each word as PDFium places it, within a twentieth of the line's height of where it was found."""
    page = turned(angle)
    document = pypdfium2.PdfDocument(save(tmp_path / "a.pdf", [page]))
    text, scale, height = document[0].get_textpage(), 1200 / 842, document[0].get_size()[1]
    whole = text.get_text_range()
    for line in page.lines[:3]:
        at = whole.index(line.text)
        for word in line.words:
            first = whole.index(word.text, at)
            at = first + len(word.text)
            boxes = np.array([text.get_charbox(k) for k in range(first, at)])  # left, bottom, right, top
            left, top = boxes[:, 0].min() * scale, (height - boxes[:, 3].max()) * scale
            right, bottom = boxes[:, 2].max() * scale, (height - boxes[:, 1].min()) * scale
            (x0, y0), (x1, y1) = word.corners.min(0), word.corners.max(0)
            # A space is at least a fifth of the height wide, and may take it from the word's end.
            assert (left, top, bottom) == pytest.approx((x0, y0, y1), abs=4) and x1 - 10 <= right <= x1 + 4


def test_places_of_turned_words_in_poppler(turned: Callable[..., Page], tmp_path: Path) -> None:
    rows = by_poppler(save(tmp_path / "a.pdf", [turned(90, angle=90)]), "-bbox")
    words = [row.strip() for row in rows if row.strip().startswith("<word")]
    first = dict(part.split("=") for part in words[0][6 : words[0].index(">")].split())
    # The page is shown turned back: its text begins 420 left of and 200 above the middle, in pixels of 842 / 1200.
    scale = 842 / 1200
    assert words[0].endswith(">Số</word>")
    assert float(first["xMin"].strip('"')) == pytest.approx((450 - 420) * scale, abs=2)
    assert float(first["yMin"].strip('"')) == pytest.approx((600 - 200) * scale, abs=2)


def test_a_line_that_bends_is_found_word_by_word(rich: Page, tmp_path: Path) -> None:
    bent = rich.lines[3]
    path = save(tmp_path / "a.pdf", [Page("a.png", 1200, 900, (Block((bent,)),))])
    assert " ".join(by_pdfium(path)).split() == bent.text.split()
    assert sorted(" ".join(by_poppler(path, "-raw")).split()) == sorted(bent.text.split())


def test_odd_places_and_texts(tmp_path: Path) -> None:
    point = np.zeros((4, 2))
    wide = np.array([(0, 0), (1000, 0), (1000, 4), (0, 4)], np.float64)
    lines = (Line("", "", point, 0.0), Line("điểm", "", point, 1.0), Line("x" * 300, "", wide, 1.0),
             Line("𝔘 ngoài BMP", "", wide + 50, 1.0))  # fmt: skip
    path = save(tmp_path / "a.pdf", [Page("a.png", 1200, 900, (Block(lines),)), Page("b.png", 1, 70_000)])
    assert "".join(by_pdfium(path)) == "điểm" + "x" * 300 + "𝔘 ngoài BMP"


def test_words_far_apart_stay_on_their_line(make_page: MakePage, make_line: MakeLine, tmp_path: Path) -> None:
    near, far = make_line("TỔNG", 20, 300), make_line("12.500", 900, 300)
    corners = np.array([near.corners[0], far.corners[1], far.corners[2], near.corners[3]])
    both = Line("TỔNG 12.500", "", corners, 1.0, (*near.words, *far.words))
    path = save(tmp_path / "a.pdf", [make_page([both])])
    assert by_pdfium(path) == ["TỔNG 12.500"] and " ".join(by_poppler(path, "-raw")).split() == ["TỔNG", "12.500"]
    text = pypdfium2.PdfDocument(path)[0].get_textpage()
    assert text.get_charbox(5)[0] * 1200 / 842 == pytest.approx(900, abs=4)


def test_the_font_is_sound() -> None:
    ttlib: Any = pytest.importorskip("fontTools.ttLib", reason="fonttools is not installed")
    font = ttlib.TTFont(io.BytesIO(glyphless.font_file()), checkChecksums=2, lazy=False)
    names = font.getGlyphOrder()
    assert len(names) == glyphless.WIDEST + 1
    for k, name in enumerate(names):
        width, _ = font["hmtx"][name]
        assert width == 50 * max(k, 1)
        assert list(font["glyf"][name].coordinates) == [(0, -200), (width, 800)]
    assert ImageFont.truetype(io.BytesIO(glyphless.font_file()), 100).getmetrics() == (80, 20)


def test_codes_never_run_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glyphless, "_MOST_CODES", 3)
    codes = glyphless.Codes()
    assert [codes.code(c, w) for c, w in ((" ", 4), ("a", 5), ("a", 6), ("a", 5), ("a", 7), ("b", 4))] == [
        1, 2, 3, 2, 2, 1,
    ]  # fmt: skip
    assert codes.widths() == "[1 [200 250 300]]" and codes.glyph_numbers() == bytes((0, 0, 0, 4, 0, 5, 0, 6))

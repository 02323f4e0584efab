"""Text layers of PDFs: words where they are drawn, and which of them are not to be believed."""

from __future__ import annotations

import unicodedata
from typing import Any

import numpy as np
import pytest
from PIL import Image

from chuviet.inputs import pdf
from chuviet.inputs.pdf_text import TextLayer, WrittenWord


def layer(data: bytes, page: int = 1, dpi: float | None = 144) -> TextLayer:
    return pdf.page_text(data, page, "a.pdf", dpi)


def box(word: WrittenWord) -> tuple[np.ndarray, np.ndarray]:
    return word.corners.min(0), word.corners.max(0)


def ink(image: np.ndarray, word: WrittenWord, margin: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """The upright box of the dark pixels in and around a word's own."""
    low, high = box(word)
    left, top = np.maximum(np.floor(low).astype(int) - margin, 0)
    right, bottom = np.ceil(high).astype(int) + margin
    rows, columns = np.nonzero(image[top:bottom, left:right, 0] < 128)
    return np.array([columns.min() + left, rows.min() + top]), np.array([columns.max() + left, rows.max() + top])


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_words_lie_on_the_ink_of_the_drawn_page(pdf_maker: Any, rotation: int) -> None:
    maker = pdf_maker().page(300, 200, rotation)
    data = maker.text("Số nhà 12", 40, 150, 14).text("dọc phố", 250, 40, 14, angle=90).data()
    found, image = layer(data), pdf.render_page(data, 1, "a.pdf", 144)
    assert (found.height, found.width) == image.shape[:2] == ((400, 600) if rotation in (0, 180) else (600, 400))
    assert [w.text for w in found.words] == ["Số", "nhà", "12", "dọc", "phố"] and not found.doubt
    for k, word in enumerate(found.words):
        for edge, drawn in zip(box(word), ink(image, word), strict=True):
            assert np.abs(edge - drawn).max() <= 1.6, word.text
        assert word.size == pytest.approx(28, rel=1e-3)  # 14 points at two pixels each
        along = word.corners[1] - word.corners[0]
        turned = rotation - (90 if k >= 3 else 0)  # clockwise, on the screen
        expected = np.array([np.cos(np.radians(turned)), np.sin(np.radians(turned))])
        assert along / np.hypot(*along) == pytest.approx(expected, abs=1e-6)


def test_slanted_words(pdf_maker: Any) -> None:
    data = pdf_maker().page().text("nghiêng quá", 60, 60, 20, angle=20).data()
    found, image = layer(data), pdf.render_page(data, 1, "a.pdf", 144)
    assert [w.text for w in found.words] == ["nghiêng", "quá"]
    for word in found.words:
        along = word.corners[1] - word.corners[0]
        assert np.degrees(np.arctan2(along[1], along[0])) == pytest.approx(-20, abs=0.1)
        for edge, drawn in zip(box(word), ink(image, word, 0), strict=True):
            assert np.abs(edge - drawn).max() <= 12  # of 40 px: by the font's size, not by the letters
    gap = found.words[1].corners[0] - found.words[0].corners[1]
    assert 8 < np.hypot(*gap) < 22  # a blank of DejaVu Sans is .32 of 40 px


def test_text_is_composed(pdf_maker: Any) -> None:
    written = unicodedata.normalize("NFD", "Tiếng Việt") + " oﬃce"
    words = [w.text for w in layer(pdf_maker().page().text(written, 20, 100).data()).words]
    assert words == ["Tiếng", "Việt", "office"] and words[0] == unicodedata.normalize("NFC", words[0])


def test_a_jump_ends_a_word(pdf_maker: Any) -> None:
    maker = pdf_maker().page().text("ab", 20, 100).text("cd", 90, 100).text("ef", 90, 60)
    assert [w.text for w in layer(maker.data()).words] == ["ab", "cd", "ef"]


def scan(level: int = 200, size: tuple[int, int] = (600, 400)) -> Image.Image:
    return Image.new("RGB", size, (level,) * 3)


def test_text_that_is_not_seen_is_not_believed(pdf_maker: Any) -> None:
    visible = pdf_maker().page().picture(scan(), 0, 0, 300, 200).text("trên ảnh", 20, 100).data()
    assert not layer(visible).doubt and len(layer(visible).pictures) == 1
    invisible = pdf_maker().page().picture(scan(), 0, 0, 300, 200).text("trên ảnh", 20, 100, mode=3).data()
    below = pdf_maker().page().text("dưới ảnh", 20, 100).picture(scan(), 0, 0, 300, 200).data()
    for data in (invisible, below):
        found = layer(data)
        assert "invisible" in found.doubt and not found.words and len(found.hidden) == 2
    mixed = pdf_maker().page().text("một dòng chữ dài", 20, 100).text("ẩn", 20, 50, mode=3).data()
    assert not layer(mixed).doubt and [w.text for w in layer(mixed).hidden] == ["ẩn"]
    assert layer(pdf_maker().page().data()).doubt == "no text"


def test_text_that_means_nothing_is_not_believed(pdf_maker: Any) -> None:
    private = layer(pdf_maker().page().text("\ue000\ue001\ue002 \ue003 ab", 20, 100).data())
    assert "without a meaning" in private.doubt
    old = "céng hßa x· héi chñ nghÜa ViÖt Nam ®éc lËp tù do h¹nh phóc ngµy th¸ng n¨m"
    assert "before Unicode" in layer(pdf_maker().page(600).text(old, 20, 100).data()).doubt
    bullets = layer(pdf_maker().page().text("\uf0b7 một dòng bình thường có đầu mục", 20, 100).data())
    assert not bullets.doubt and bullets.words[0].text == "một"
    money = layer(pdf_maker().page().text("giá 5£ và 10m² đất tại §4 của luật", 20, 100).data())
    assert not money.doubt


def test_fonts_of_before_unicode_are_known_by_name(pdf_maker: Any) -> None:
    data = pdf_maker().page().text("CONG HOA", 20, 100, font="Helvetica").data()
    assert not layer(data).doubt
    for name in (b".VnTimeHX", b"VNI-Times"):  # as long as Helvetica
        assert "before Unicode" in layer(data.replace(b"/BaseFont /Helvetica", b"/BaseFont /" + name)
                                         .replace(b"/BaseFont/Helvetica", b"/BaseFont/" + name)).doubt  # fmt: skip


def test_pictures_and_notes_are_named(pdf_maker: Any) -> None:
    maker = pdf_maker().page().text("chữ", 20, 150).picture(scan(), 150, 50, 120, 80).picture(scan(), 5, 5, 8, 8)
    assert layer(maker.data()).pictures.round().tolist() == [[300, 140, 540, 300]]  # the small one is a sign


def test_a_scan_is_drawn_with_its_own_pixels(pdf_maker: Any) -> None:
    rng = np.random.default_rng(0)
    noise = Image.fromarray(rng.integers(0, 256, (400, 600, 3), np.uint8))
    data = pdf_maker().page(300, 200).picture(noise, 0, 0, 300, 200).text("ẩn", 9, 9, mode=3).data()
    assert np.array_equal(pdf.render_page(data, 1, "a"), np.asarray(noise))
    stamped = pdf_maker().page(300, 200).picture(noise, 0, 0, 300, 200).text("đóng dấu", 9, 9).data()
    assert pdf.render_page(stamped, 1, "a").shape[:2] == (667, 1000)  # its letters want more


@pytest.mark.parametrize(
    ("points", "pixels", "dpi"),
    [
        ((595, 842), None, 200),  # A4
        ((144, 72), None, 500),  # two inches by one: 1,000 px
        ((72, 36), None, 600),  # one inch
        ((2384, 3370), None, 200),  # A0: 62 million pixels, so fewer than at 200
        ((595, 842), (1240, 1754), 150),  # a scan of 150 dpi
        ((595, 842), (4960, 7016), 300),  # of 600: more than reading uses
        ((3000, 2000), (3000, 2000), 72),  # a photo that a program put in at 72 dpi
        ((100, 50), (2000, 1000), 1440),  # and at 1440
    ],
)
def test_resolution(pdf_maker: Any, points: tuple[int, int], pixels: tuple[int, int] | None, dpi: float) -> None:
    maker = pdf_maker().page(*points)
    if pixels:
        maker.picture(Image.new("L", pixels, 99), 0, 0, *points)
    found = layer(maker.data(), dpi=None)
    expected = min(np.array(points) * dpi / 72, key=lambda _: 0)
    if points == (2384, 3370):
        assert 39e6 < found.width * found.height <= 40.02e6
    else:
        assert found.width == pytest.approx(expected, abs=8)

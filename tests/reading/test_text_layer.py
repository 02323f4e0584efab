"""Lines of text layers, and pages that are half text and half picture."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from chuviet.errors import InputError
from chuviet.inputs import pdf
from chuviet.inputs.pdf_text import TextLayer, WrittenWord
from chuviet.inputs.sources import Source
from chuviet.reading.lines import LineReader
from chuviet.reading.pages import Reader
from chuviet.reading.text_layer import layer_of, unwritten, written_lines
from chuviet.results import Line

Save = Callable[..., Path]


def word(text: str, x: float, y: float, width: float, size: float = 20, turn: float = 0, low: float = 0) -> WrittenWord:
    """A word that stands at (x, y), turned clockwise by `turn` degrees, reaching `low` below its baseline."""
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    turned = np.array([(c, s), (-s, c)])
    corners = np.array([(0, -0.7 * size), (width, -0.7 * size), (width, low), (0, low)]) @ turned + (x, y)
    return WrittenWord(text, corners, np.array([x, y], np.float64), size)


def test_words_of_one_baseline_are_a_line() -> None:
    words = [
        word("phố", 60, 100, 30, low=5),
        word("12", 100, 100, 20),
        word("Số", 30, 100.5, 25),
        word("hai", 30, 124, 9),
    ]
    first, second = written_lines(words)  # whatever their order in the file
    assert (first.text, second.text, first.confidence) == ("Số phố 12", "hai", 1.0)
    assert first.corners == pytest.approx(np.array([(30, 86), (120, 86), (120, 105), (30, 105)]), abs=0.6)
    assert [(w.text, w.corners[0, 0], w.corners[1, 0]) for w in first.words] == [
        ("Số", 30, 55), ("phố", 60, 90), ("12", 100, 120),
    ]  # fmt: skip
    assert all(w.corners[:, 1] == pytest.approx(first.corners[:, 1]) for w in first.words)
    assert written_lines([]) == []


def test_columns_and_steps_are_lines_apart() -> None:
    apart = [word("trái", 0, 100, 40), word("phải", 71, 100, 40)]  # a gap of 31 px, over 1.5 times 20
    assert [line.text for line in written_lines(apart)] == ["trái", "phải"]
    near = [word("trái", 0, 100, 40), word("phải", 69, 100, 40)]
    assert [line.text for line in written_lines(near)] == ["trái phải"]
    steps = [word("a", 0, 100, 10), word("b", 15, 107, 10)]  # 7 px down, over 0.3 times 20
    assert [line.text for line in written_lines(steps)] == ["a", "b"]
    above = [word("đậm", 0, 100, 40), word("đậm", 1, 100, 40)]
    assert [line.text for line in written_lines(above)] == ["đậm", "đậm"]


@pytest.mark.parametrize("turn", [90, -90, 180, 30])
def test_turned_words(turn: float) -> None:
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    words = [
        word("trên", 200, 200, 40),
        word("một", 200, 200, 40, turn=turn),
        word("hai", 200 + 50 * c, 200 + 50 * s, 30, turn=turn),
    ]
    assert [line.text for line in written_lines(words)] == ["trên", "một hai"]
    line = written_lines(words)[1]
    assert line.corners == pytest.approx(word("", 200, 200, 80, turn=turn).corners)


def line(x: float, y: float, width: float = 50, height: float = 20) -> Line:
    corners = np.array([(x, y), (x + width, y), (x + width, y + height), (x, y + height)], np.float64)
    return Line("a", "a", corners, 0.9)


def test_what_pictures_hold_is_added_unless_it_is_written_too() -> None:
    layer = TextLayer(400, 400, pictures=np.array([(100.0, 100, 300, 300)]))
    inside, outside, twice, part = line(150, 150), line(20, 20), line(210, 200), line(152, 250, 10)
    written = [line(200, 204), line(120, 250, 100)]
    assert unwritten([inside, outside, twice, part], layer, written) == [inside]
    below = line(150, 175)  # the next line
    assert unwritten([below], layer, [inside]) == [below]


def page(data: bytes) -> Source:
    where = (data, 1, "a.pdf")
    return Source("a.pdf", None, 1, partial(pdf.render_page, *where), partial(pdf.page_text, *where))


def bars(size: tuple[int, int], *boxes: tuple[int, int, int, int]) -> Image.Image:
    """White paper with black bars, which the small detector takes for text."""
    image = Image.new("RGB", size, "white")
    for box in boxes:
        image.paste((0, 0, 0), box)
    return image


def test_reading_a_page_by_its_own_text(pdf_maker: Any, small_onnx: Any) -> None:
    reader = Reader(str(small_onnx.detector), str(small_onnx.word), min_score=0)
    written = page(pdf_maker().page().text("Số nhà 12", 20, 150).text("phố Huế", 20, 100).data())

    def fails() -> np.ndarray:
        raise AssertionError("drawn")

    found = reader.page(Source("a.pdf", None, 1, fails, written.text_layer))  # not even drawn
    assert found.text == "Số nhà 12\nphố Huế" and [w.confidence for w in found.words] == [1.0] * 5
    assert (found.height, found.width) == written.load().shape[:2]
    assert (
        found.angle == 0 and reader.page(page(pdf_maker().page(300, 200, 90).text("Huế", 20, 100).data())).angle == 90
    )
    always = Reader(reader.detector, reader.recognizer, min_score=0, ocr="always")
    assert "Huế" not in always.page(written).text
    with pytest.raises(InputError, match="ocr 'sometimes'"):
        Reader(reader.detector, reader.recognizer, ocr="sometimes")  # type: ignore[arg-type]


def test_a_scan_with_an_old_reading_is_read_anew(pdf_maker: Any, small_onnx: Any) -> None:
    picture = bars((600, 400), (100, 100, 300, 140))
    scan = page(pdf_maker().page().picture(picture, 0, 0, 300, 200).text("cũ", 50, 130, mode=3).data())
    readers = {ocr: Reader(str(small_onnx.detector), str(small_onnx.word), min_score=0, ocr=ocr)
               for ocr in ("auto", "never")}  # fmt: skip
    read, kept = readers["auto"].page(scan), readers["never"].page(scan)
    assert len(read) == 1 and "cũ" not in read.text and kept.text == "cũ"
    assert np.abs(read.lines[0].corners.mean(0) - (200, 120)).max() < 10
    bare = Source("b.png", None, 1, lambda: np.asarray(picture))
    assert len(readers["auto"].page(bare)) == 1 and len(readers["never"].page(bare)) == 0
    assert readers["never"].page(bare).width == 600 and layer_of(bare, "auto") is None


def test_pictures_on_a_written_page_are_read(pdf_maker: Any, save: Save, small_onnx: Any) -> None:
    picture = bars((300, 100), (50, 30, 200, 60))
    maker = pdf_maker().page(300, 200).text("trên", 20, 170).picture(picture, 60, 60, 150, 50).text("dưới", 20, 20)
    reader = Reader(str(small_onnx.detector), LineReader(save("rec.safetensors")), min_score=0)
    found = reader.page(page(maker.data()))
    assert [line.text for line in found][::2] == ["trên", "dưới"] and len(found) == 3
    scale = found.width / 300
    middle = found.lines[1].corners.mean(0) / scale
    assert middle == pytest.approx((60 + 125 / 2, 200 - (60 + 50 - 45 / 2)), abs=3)

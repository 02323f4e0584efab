"""Formats that are text: read again by other programs, compared with what was written."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import numpy as np
import pytest

from chuviet.errors import InputError
from chuviet.formats.known import FORMATS, format_of, known_format, named_format
from chuviet.results import Block, Line, Page

jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")


def no_picture() -> np.ndarray:
    raise AssertionError("a text has no picture")


def written(name: str, *pages: Page) -> str:
    """The pages in a format, as text."""
    writer = FORMATS[name]([page.name for page in pages])
    return b"".join([writer.start(), *(writer.page(page, no_picture) for page in pages), writer.end()]).decode("utf-8")


@pytest.fixture
def validate() -> Callable[[Any], None]:
    schema = json.loads(files("chuviet.formats").joinpath("pages.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema).validate


def test_json_holds_all_and_fits_its_schema(rich: Page, empty: Page, validate: Callable[[Any], None]) -> None:
    text = written("json", rich, empty, rich)
    found = json.loads(text)
    validate(found)
    assert found == {"schema": "chuviet/pages", "version": 1, "pages": [p.as_dict() for p in (rich, empty, rich)]}
    assert "Giấy xác nhận" in text and sum('"raw_text"' in row for row in text.split("\n")) == 2 * len(rich)
    validate(json.loads(written("json")))
    lines = written("jsonl", rich, empty).splitlines()
    for row, page in zip(lines, (rich, empty), strict=True):
        validate(json.loads(row))
        assert json.loads(row) == {"schema": "chuviet/pages", "version": 1} | page.as_dict()


@pytest.mark.parametrize("spoil", [
    lambda d: d.pop("version"), lambda d: d.update(version=2), lambda d: d["pages"][0].pop("angle"),
    lambda d: d["pages"][0]["lines"][0].pop("words"), lambda d: d["pages"][0]["lines"][0]["points"].pop(),
    lambda d: d["pages"][0]["lines"][0].update(confidence=1.5), lambda d: d["pages"][0]["blocks"][0].update(kind="x"),
    lambda d: d["pages"][0]["blocks"][2]["cells"][0].append(1), lambda d: d["pages"][0]["lines"][3]["outline"].clear(),
])  # fmt: skip
def test_the_schema_refuses_what_is_not_so(
    rich: Page, validate: Callable[[Any], None], spoil: Callable[[Any], Any]
) -> None:
    found = json.loads(written("json", rich))
    spoil(found)
    with pytest.raises(jsonschema.ValidationError):
        validate(found)


def test_names_and_texts_that_are_not_unicode(make_line: Callable[..., Line]) -> None:
    page = Page("\udce9.png", 900, 90, (Block((make_line("a\ud800b \x01", 0, 0),)),))
    assert json.loads(written("json", page))["pages"][0]["name"] == "\\xe9.png"
    for name in FORMATS:
        if FORMATS[name].is_text:
            written(name, page).encode("utf-8")


def test_plain_text(rich: Page, empty: Page) -> None:
    text = (
        'Giấy xác nhận\nsố 12/GXN\n\nÔng <Nguyễn> & "bà" *Lê* Văn_A\nsống ở Khóm Tây Phú\n\n'
        "Tên\tGiá | đ\n\t12.500\nBánh mì\t9.000\n\n1. Họ tên:\n# Tây\n- ngày 5/6\n"
    )
    assert written("txt", rich) == text
    assert written("txt", rich, empty, rich) == f"{text}\f\f{text}" and written("txt", empty) == ""


def test_tsv_has_tesseracts_levels(rich: Page, empty: Page) -> None:
    text = written("tsv", rich, empty)
    rows = list(csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))
    assert list(rows[0]) == (
        "level page_num block_num par_num line_num word_num left top width height conf text".split()
    )
    assert [row["level"] for row in rows if row["page_num"] == "1"].count("5") == len(rich.words)
    assert {level: sum(row["level"] == level for row in rows) for level in "1234"} == {
        "1": 2, "2": 4, "3": 4, "4": len(rich.lines),
    }  # fmt: skip
    words = [row for row in rows if row["level"] == "5"]
    assert [row["text"] for row in words] == [word.text for word in rich.words]
    assert all(0 <= float(row["conf"]) <= 100 for row in words)
    assert all(row["conf"] == "-1" and row["text"] == "" for row in rows if row["level"] != "5")
    page, block = rows[0], rows[1]
    assert [page[k] for k in ("left", "top", "width", "height")] == ["0", "0", "1200", "900"]
    # "Giấy xác nhận" has 13 letters of 20 px and begins at (100, 20); the title ends 40 px below (100, 70).
    assert [block[k] for k in ("left", "top", "width", "height")] == ["100", "20", "260", "90"]
    first = words[0]
    assert [first[k] for k in ("left", "top", "width", "height")] == ["100", "20", "80", "40"]
    numbers = [tuple(int(row[k]) for k in ("page_num", "block_num", "par_num", "line_num", "word_num")) for row in rows]
    assert numbers == sorted(numbers) and len(set(numbers)) == len(numbers)


def test_boxes_lie_within_the_page() -> None:
    corners = np.array([(-5.5, -3), (70, -3), (70, 20.2), (-5.5, 20.2)])
    page = Page("a.png", 60, 20, (Block((Line("x", "x", corners, 0.5),)),))
    for row in csv.DictReader(io.StringIO(written("tsv", page)), delimiter="\t"):
        assert [int(row[k]) for k in ("left", "top", "width", "height")] == [0, 0, 60, 20]


def rendered(text: str) -> str:
    mistune = pytest.importorskip("mistune", reason="mistune, which reads Markdown, is not installed")
    return str(mistune.create_markdown(plugins=["table", "strikethrough"])(text))


def test_markdown(rich: Page, empty: Page) -> None:
    text = written("md", rich, empty)
    blocks = text.split("\n\n")
    assert blocks[0] == "## Giấy xác nhận số 12/GXN"
    assert blocks[2] == "| Tên | Giá \\| đ |\n| --- | --- |\n|  | 12.500 |\n| Bánh mì | 9.000 |"
    html = rendered(text)
    assert re.findall(r"<h2>(.*?)</h2>", html) == ["Giấy xác nhận số 12/GXN"]
    assert "<p>Ông &lt;Nguyễn&gt; &amp; &quot;bà&quot; *Lê* Văn_A\nsống ở Khóm Tây Phú</p>" in html
    assert re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", html) == ["Tên", "Giá | đ", "", "12.500", "Bánh mì", "9.000"]
    assert "<p>1. Họ tên:<br />\n# Tây<br />\n- ngày 5/6</p>" in html


AWKWARD = (
    "1. một", "12) hai", "- ba", "+ bốn", "* năm", "# sáu", "> bảy", "===", "---", "~~~", "```", "`a`", "**b**",
    "__c__", "<br>", "&lt;", "a\\b", "[x](y)", "![z](t)", "~~d~~", "$e$", ": f", "| g | h |", "1.500", "2026",
)  # fmt: skip


@pytest.mark.parametrize("text", AWKWARD)
def test_no_text_is_taken_for_markdown(text: str, make_line: Callable[..., Line]) -> None:
    for lines in ([text], ["đầu", text], [text, "cuối"]):
        page = Page("a.png", 900, 90, (Block(tuple(make_line(t, 0, 40 * k) for k, t in enumerate(lines))),))
        plain = re.sub(r"^<p>|</p>\n$", "", rendered(written("md", page)))
        assert not re.search(r"<[a-z]", plain)
        for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
            plain = plain.replace(entity, character)
        assert plain.split("\n") == lines


def test_the_ending_says_the_format() -> None:
    names = {"a.json": "json", "a.JSONL": "jsonl", "b/c.d.txt": "txt", "a.tsv": "tsv", "a.md": "md", "a.hocr": "hocr",
             "a.html": "hocr", "a.xml": "alto", "a.alto.xml": "alto", "a.page.xml": "page", "a.pdf": "pdf"}  # fmt: skip
    for path, name in names.items():
        found = format_of(path)
        assert found is FORMATS[name] is named_format(name) and found.name == name
    for path in ("a", "a.docx", "json", ".json", "a.json.bak", "a.jpg"):
        with pytest.raises(InputError, match=r"--out .*: what format is that\? Names end in one of .txt .json .*.pdf$"):
            known_format(path)
    with pytest.raises(InputError, match="format 'docx': one of txt, json, jsonl, tsv, md, hocr, alto, page, pdf"):
        named_format("docx")


def test_a_mark_is_at_the_beginning_of_every_file_that_has_one(rich: Page) -> None:
    for name, format in FORMATS.items():
        writer = format([rich.name] * 1000)
        data = writer.start() + writer.page(rich, lambda: np.zeros((900, 1200, 3), np.uint8))
        assert format.mark is None if name in ("txt", "tsv", "md") else format.mark in data[:1024], name

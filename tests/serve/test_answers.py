"""What is read is what `chuviet read` and `chuviet predict` give, in every format, and pages come as they are read."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from PIL import Image

import chuviet
from chuviet.formats.known import FORMATS
from chuviet.serve.negotiation import MEDIA_TYPES, chosen
from chuviet.serve.refusal import Refusal

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"
#: When a file was made, which two of the formats say.
_TIME = re.compile(rb"20\d\d-\d\d-\d\dT[0-9:]+Z?")
LINES = ["form.jpg", "address.jpg", "name.jpg", "print.jpg"]


def sign() -> Image.Image:
    """The first line of docs/examples/page.jpg, 200 x 65."""
    return Image.open(EXAMPLES / "page.jpg").crop((240, 110, 640, 240)).resize((200, 65))


def encoded(image: Image.Image) -> bytes:
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


PAGE = encoded(sign())


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a photo, a TIFF of two pages, and a PDF of two pages."""
    folder, small = tmp_path_factory.mktemp("scans"), sign()
    Image.open(EXAMPLES / "page.jpg").resize((450, 310)).save(folder / "photo.png")
    small.save(folder / "two.tiff", save_all=True, append_images=[small.rotate(180)])
    small.save(folder / "two.pdf", save_all=True, append_images=[small])
    return folder


@pytest.mark.parametrize("name", ["photo.png", "two.tiff", "two.pdf"])
def test_the_json_is_that_of_chuviet_read(reading: Any, scans: Path, name: str) -> None:
    command = [sys.executable, "-m", "chuviet", "read", name, "--format", "json"]
    there = subprocess.run(command, cwd=scans, capture_output=True)
    answer = reading.client.post("/v1/read", files={"file": (name, (scans / name).read_bytes())})
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/json"
    assert answer.content == there.stdout and "RIVER" in answer.text
    schema = json.loads((ROOT / "src" / "chuviet" / "formats" / "pages.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(answer.json(), schema)


@pytest.mark.parametrize("name", [n for n in FORMATS if n != "pdf"])
def test_every_format_is_that_of_the_library(reading: Any, tmp_path: Path, name: str) -> None:
    page = replace(chuviet.Reader(threads=1).read(PAGE), name="image")
    chuviet.write(page, tmp_path / "there", name)
    asked = reading.client.post(f"/v1/read?format={name}", content=PAGE)
    accepted = reading.client.post("/v1/read", content=PAGE, headers={"accept": MEDIA_TYPES[name][0]})
    written = [_TIME.sub(b"", data) for data in (asked.content, accepted.content, (tmp_path / "there").read_bytes())]
    assert written[0] == written[1] == written[2] and b"RIVER" in written[0]
    assert asked.headers["content-type"].partition(";")[0] == MEDIA_TYPES[name][0]


def test_a_searchable_pdf(reading: Any) -> None:
    answer = reading.client.post("/v1/read", content=PAGE, headers={"accept": "application/pdf"})
    assert answer.headers["content-type"] == "application/pdf" and answer.content.startswith(b"%PDF-")
    again = reading.client.post("/v1/read?format=txt&ocr=always", content=answer.content)
    assert again.text.startswith("RIVER CAFE")


def test_options_of_a_request_are_its_own(reading: Any) -> None:
    def texts(query: str) -> int:
        return len(reading.client.post(f"/v1/read{query}", content=PAGE).json()["pages"][0]["lines"])

    assert texts("") == 1
    assert texts("?min_score=1") == 0 and texts("") == 1


def test_lines_are_those_of_chuviet_predict(reading: Any) -> None:
    images = [(EXAMPLES / "lines" / name).read_bytes() for name in LINES]
    there = chuviet.LineReader(threads=1).read(images)
    sent = [("files", (name, data)) for name, data in zip(LINES, images, strict=True)]
    answer = reading.client.post("/v1/lines", files=sent).json()
    assert (answer["schema"], answer["version"]) == ("chuviet/lines", 1)
    assert answer["lines"] == [{"name": name} | line.as_dict() for name, line in zip(LINES, there, strict=True)]
    assert "Phường Sơn Tây" in answer["lines"][1]["text"]
    (alone,) = reading.client.post("/v1/lines", content=images[1]).json()["lines"]
    assert alone["text"] == there[1].text and alone["name"] == "image"
    broken = reading.client.post("/v1/lines", files=[*sent[:1], ("files", ("bad.jpg", images[0][:900]))])
    assert broken.status_code == 422 and broken.json()["detail"].startswith("bad.jpg: truncated")
    assert reading.client.post("/v1/lines", content=b"%PDF-1.4\n").status_code == 415


def test_models_are_named_without_paths(reading: Any) -> None:
    answer = reading.client.get("/v1/models")
    names = {one["name"]: one for one in answer.json()["models"]}
    assert set(names) == {"page_det", "vi_text", "print_line", "scene_word"}
    assert [name for name, one in names.items() if one["reads_lines"]] == ["vi_text"]
    assert names["page_det"]["kind"] == "detector" and names["vi_text"]["bytes"] > 1e7
    assert "/" not in answer.text.replace("application/json", "")


@pytest.mark.parametrize(
    ("accept", "name"),
    [
        (None, "json"), ("*/*", "json"), ("", "json"), ("text/plain", "txt"), ("text/*", "txt"),
        ("application/pdf, application/json;q=0.5", "pdf"), ("application/pdf;q=0.4, application/json;q=0.5", "json"),
        ("image/png, text/markdown;q=0.2", "md"), ("application/x-ndjson", "jsonl"), ("application/alto+xml", "alto"),
        ("text/plain;q=0, application/json", "json"), ("text/plain;q=x, text/markdown", "md"),
        ("TEXT/Plain; charset=utf-8", "txt"), ("image/png", None), ("text/plain;q=0", None),
    ],
)  # fmt: skip
def test_the_format_is_the_best_that_is_accepted(accept: str | None, name: str | None) -> None:
    if name is None:
        with pytest.raises(Refusal) as refusal:
            chosen(None, accept)
        assert refusal.value.status == 406
    else:
        assert chosen(None, accept) == name and chosen("tsv", accept) == "tsv"


def test_nothing_accepted_is_said_before_anything_is_read(stub: Callable[..., Any]) -> None:
    asked = stub()
    answer = asked.client.post("/v1/read", content=b"parts 1", headers={"accept": "image/png"})
    assert answer.status_code == 406 and "application/json" in answer.json()["detail"]
    assert asked.service.metrics.bytes_received == 0


def test_what_goes_wrong_behind_the_first_page_is_a_last_line(stub: Callable[..., Any]) -> None:
    asked = stub(time_limit=0.7)
    answer = asked.client.post("/v1/read?format=jsonl", content=b"slow 100")
    lines = answer.text.splitlines()
    assert answer.status_code == 200 and 1 <= len(lines) - 1 <= 4
    last = json.loads(lines[-1])
    assert (last["schema"], last["status"]) == ("chuviet/error", 504)
    assert asked.client.post("/v1/read?format=jsonl", content=b"sleep 9").status_code == 504


def test_pages_of_a_document_are_one_line_each(reading: Any, scans: Path) -> None:
    answer = reading.client.post("/v1/read?format=jsonl", files={"file": ("two.pdf", (scans / "two.pdf").read_bytes())})
    assert answer.headers["content-type"] == "application/jsonl"
    pages = [json.loads(line) for line in answer.text.splitlines()]
    assert [page["name"] for page in pages] == ["two.pdf#1", "two.pdf#2"] and all(page["lines"] for page in pages)
    broken = reading.client.post("/v1/read?format=jsonl", content=PAGE[:3000])
    assert broken.status_code == 422


def test_no_file_is_written_for_a_request(reading: Any, scans: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not by the service: a form of several MB stays in memory. Workers must not write at all (see `worker`)."""
    import tempfile

    def refuse(*args: Any, **options: Any) -> Any:
        raise AssertionError("a temporary file")

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", refuse)
    data = io.BytesIO()
    Image.frombytes("RGB", (1000, 1000), os.urandom(3_000_000)).save(data, "PNG")
    answer = reading.client.post("/v1/read", files={"file": ("noise.png", data.getvalue())})
    assert answer.status_code == 200

"""Every status that docs/serve.md names, and what every answer says beside it."""

from __future__ import annotations

import io
import logging
import re
import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"
PAGE = (EXAMPLES / "page.jpg").read_bytes()


def picture(format: str = "PNG", size: tuple[int, int] = (40, 20), **options: Any) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", size, (255, 255, 255)).save(data, format, **options)
    return data.getvalue()


def sign() -> bytes:
    """The first line of docs/examples/page.jpg, small, as a PNG."""
    data = io.BytesIO()
    Image.open(EXAMPLES / "page.jpg").crop((240, 110, 640, 240)).resize((200, 65)).save(data, "PNG")
    return data.getvalue()


SIGN = sign()


def png_of_declared_size(width: int, height: int) -> bytes:
    """A PNG whose header says so, and whose pixels are a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def pdf_of(pages: int, box: str = "0 0 200 100", content: bytes = b"", filter: str = "") -> bytes:
    """A PDF with so many pages, all with the same content."""
    kids = " ".join(f"{k + 4} 0 R" for k in range(pages))
    page = f"<< /Type /Page /Parent 2 0 R /MediaBox [{box}] /Contents 3 0 R >>".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>".encode(),
        f"<< /Length {len(content)} {filter} >>\nstream\n".encode() + content + b"\nendstream",
        *[page] * pages,
    ]
    out, places = b"%PDF-1.4\n", []
    for number, entry in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, entry)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(out)
    size = len(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % size + table
    return out + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, start)


def tiff_with_a_large_second_page() -> bytes:
    data = io.BytesIO()
    first, second = Image.new("L", (30, 20), 255), Image.new("1", (2000, 1500), 1)
    first.save(data, "TIFF", save_all=True, append_images=[second], compression="tiff_lzw")
    return data.getvalue()


REFUSED = [
    (b"", 422, "image: an empty file (0 bytes)"),
    (b"hello, this is no image", 415, "neither an image that can be read"),
    (b"PK\x03\x04" + bytes(100), 415, "neither an image"),
    (b"\0\0\0\x18ftypheic" + bytes(100), 415, "HEIC"),
    (PAGE[:3000], 422, "truncated JPEG data"),
    (picture()[:60], 422, "truncated or broken image data"),
    (b"%PDF-1.7\n" + bytes(range(256)) * 4, 422, "a broken PDF"),
    (png_of_declared_size(60_000, 60_000), 413, "pixels"),
    (png_of_declared_size(2_000, 1_001), 413, "2000 x 1001 px; images of 2,000,000 pixels at most"),
    (png_of_declared_size(2**31 - 1, 2**31 - 1), 413, "pixels"),
    (picture("JPEG", (2001, 1000)), 413, "2001 x 1000 px"),
    (picture("GIF", (2001, 1000)), 413, "2001 x 1000 px"),
    (picture("BMP", (1001, 1001)), 200, ""),
    (tiff_with_a_large_second_page(), 413, "2000 x 1500 px"),
    (picture("TIFF", save_all=True, append_images=[Image.new("RGB", (9, 9))] * 3), 413, "4 pages; a request may"),
    (pdf_of(4), 413, "4 pages; a request may have 3"),
    (pdf_of(0), 422, "PDF"),
    (bytes(4_000_001), 413, "larger than 4 MB"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "status", "said"), REFUSED, ids=lambda v: repr(v)[:24])
def test_what_is_too_large_broken_or_of_another_kind(reading: Any, body: bytes, status: int, said: str) -> None:
    answer = reading.client.post("/v1/read", content=body)
    assert answer.status_code == status, answer.text
    if said:
        assert answer.json().keys() == {"detail"} and said in answer.json()["detail"]
        assert "\n" not in answer.json()["detail"]
    assert reading.service.pool.admitted == reading.service.pool.held == 0
    assert reading.service.metrics.replaced == 0  # nothing of this ends a worker


def test_a_pdf_whose_page_is_huge_is_drawn_small(reading: Any) -> None:
    """A page of 200 x 200 metres."""
    answer = reading.client.post("/v1/read", content=pdf_of(1, "0 0 566929 566929"))
    assert answer.status_code == 200, answer.text
    (page,) = answer.json()["pages"]
    assert 0 < page["width"] * page["height"] <= 2_100_000


def test_a_pdf_that_unpacks_to_minutes_of_drawing_is_stopped(hasty: Any) -> None:
    """44 KB of content unpack to 30 MB: two million rectangles."""
    body = pdf_of(1, content=zlib.compress(b"0 0 10 10 re f\n" * 2_000_000, 9), filter="/Filter /FlateDecode")
    assert len(body) < 100_000
    answer = hasty.client.post("/v1/read", content=body)
    assert answer.status_code == 504 and "not read within 3 seconds" in answer.json()["detail"]
    while not hasty.service.metrics.replaced or hasty.client.get("/readyz").status_code != 200:
        time.sleep(0.1)
    again = hasty.client.post("/v1/read?format=txt", content=picture())
    assert again.status_code == 200 and hasty.service.metrics.replaced == 1


def test_the_size_of_a_body_is_counted_not_believed(reading: Any) -> None:
    """A body without a declared length, in chunks, beyond the limit."""

    def chunks() -> Any:
        for _ in range(80):
            yield bytes(100_000)

    answer = reading.client.post("/v1/read", content=chunks())
    assert answer.status_code == 413 and "larger than 4 MB" in answer.json()["detail"]
    assert reading.service.pool.held == 0


def test_the_name_of_a_file_says_nothing_of_its_kind(reading: Any) -> None:
    for name, media in (("a.pdf", "application/pdf"), ("a.txt", "text/plain"), ("../../etc/passwd", "x/y")):
        answer = reading.client.post("/v1/read", files={"file": (name, picture(), media)})
        assert answer.status_code == 200 and answer.json()["pages"][0]["name"] == name.rsplit("/", 1)[-1]
    answer = reading.client.post("/v1/read", files={"file": ("a.png", b"text", "image/png")})
    assert answer.status_code == 415


@pytest.mark.parametrize(
    ("given", "said"), [("..\\..\\x.png", "x.png"), ("a\x00\x1b[31m\u202eb.png", "a[31mb.png"), ("/", "image")]
)
def test_names_are_labels_without_folders_and_control_characters(given: str, said: str) -> None:
    from chuviet.serve.bodies import called

    assert called(given) == said and called(None) == "image" and len(called("x" * 999)) == 200


def test_forms_without_a_file_or_with_too_many(reading: Any) -> None:
    post = reading.client.post
    assert post("/v1/read", data={"file": "text"}, files={}).status_code == 415  # an urlencoded form is a body
    only_text = post("/v1/read", files={"file": (None, "text")})
    assert only_text.status_code == 400 and "holds no file" in only_text.json()["detail"]
    two = post("/v1/read", files=[("file", ("a.png", picture())), ("file", ("b.png", picture()))])
    assert two.status_code == 413
    five = post("/v1/lines", files=[("files", (f"{k}.png", picture())) for k in range(5)])
    assert five.status_code == 413 and "4" in five.json()["detail"]
    many = post("/v1/lines", files=[("files", (f"{k}.png", b"")) for k in range(50)])
    assert many.status_code == 413
    broken = post("/v1/read", content=b"--x\r\nnonsense", headers={"content-type": "multipart/form-data; boundary=x"})
    assert broken.status_code == 400
    none = post("/v1/read", content=b"", headers={"content-type": "multipart/form-data"})
    assert none.status_code == 400


def test_parameters_that_make_no_sense(reading: Any) -> None:
    for query in ("format=exe", "ocr=perhaps", "min_score=2", "min_score=x"):
        answer = reading.client.post(f"/v1/read?{query}", content=picture())
        assert answer.status_code == 400 and query.partition("=")[0] in answer.json()["detail"]
    two = picture("TIFF", save_all=True, append_images=[Image.new("RGB", (30, 20))])
    answer = reading.client.post("/v1/read?format=page", content=two)
    assert answer.status_code == 400 and "format page holds one" in answer.json()["detail"]


def test_other_paths_and_methods(reading: Any) -> None:
    assert reading.client.get("/v1/read").status_code == 405
    for path in (
        "/nothing",
        "/../pyproject.toml",
        "/%2e%2e/%2e%2e/pyproject.toml",
        "/docs/..%2f..%2fapp.py",
        "/docs/x",
    ):
        assert reading.client.get(path).status_code == 404, path
    assert "/etc" not in reading.client.get("/metrics").text


def test_time_queue_and_worker(stub: Callable[..., Any]) -> None:
    asked = stub(time_limit=0.4, queue=0)
    late = asked.client.post("/v1/read", content=b"sleep 30")
    assert late.status_code == 504 and "0.4 seconds" in late.json()["detail"]
    with asked.service.pool.admission():
        full = asked.client.post("/v1/read", content=b"parts 1")
        assert full.status_code == 429 and 1 <= int(full.headers["retry-after"]) <= 60
        assert asked.client.get("/readyz").status_code in (429, 503)  # 503: the worker is still being replaced
    assert asked.client.get("/healthz").text == "ok\n"


def test_a_worker_that_a_file_ends(stub: Callable[..., Any]) -> None:
    asked = stub()
    assert asked.client.post("/v1/read", content=b"die").status_code == 422
    assert asked.client.post("/v1/read", content=b"kill").status_code == 503
    assert asked.client.post("/v1/read", content=b"fault").status_code == 500
    assert asked.client.post("/v1/read", content=b"memory").status_code == 413
    assert asked.client.post("/v1/read?format=txt", content=b"parts 2").text == "0\n1\n"


def test_bytes_in_memory_and_of_answers_are_limited(stub: Callable[..., Any]) -> None:
    asked = stub(max_mb=0.1, max_held_mb=0.15)
    asked.service.pool.held = 100_000
    assert asked.client.post("/v1/read", content=bytes(60_000)).status_code == 429
    asked.service.pool.held = 0
    assert asked.client.post("/v1/read", content=bytes(60_000)).content == bytes(60_000)
    large = asked.client.post("/v1/read?format=txt", content=b"big 400001")
    assert large.status_code == 413 and "the answer is larger" in large.json()["detail"]
    assert asked.client.post("/v1/read?format=txt", content=b"parts 1").status_code == 200


@pytest.mark.parametrize("path", ["/v1/read", "/v1/lines", "/v1/models", "/metrics"])
def test_the_token_opens_what_is_locked(stub: Callable[..., Any], path: str) -> None:
    asked = stub(token="a-token-of-some-length")
    ask: Any = asked.client.post if path in ("/v1/read", "/v1/lines") else asked.client.get
    for wrong in ({}, {"authorization": "Bearer"}, {"authorization": "Bearer a-token-of-some-lengtH"},
                  {"authorization": "Basic a-token-of-some-length"}, {"authorization": "Bearer ắ"}):  # fmt: skip
        answer = ask(path, headers={k: v.encode() for k, v in wrong.items()})
        assert answer.status_code == 401 and answer.headers["www-authenticate"] == "Bearer"
    assert ask(path, headers={"authorization": "bearer a-token-of-some-length"}).status_code == 200
    for path in ("/", "/healthz", "/readyz", "/docs", "/openapi.json"):
        assert asked.client.get(path).status_code == 200


def test_every_answer_has_the_security_headers(reading: Any, stub: Callable[..., Any]) -> None:
    locked = stub(token="a-token-of-some-length").client
    answers = [
        reading.client.get("/"), reading.client.get("/docs"), reading.client.get("/nothing"),
        reading.client.post("/v1/read", content=picture()), reading.client.post("/v1/read", content=b"x"),
        locked.post("/v1/read", content=b"parts 1"),
    ]  # fmt: skip
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self' 'wasm-unsafe-eval';" in policy and "default-src 'none'" in policy
        assert "unsafe-inline" not in policy and "http" not in policy
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert answer.headers["cross-origin-embedder-policy"] == "require-corp"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in answer.headers
    assert [a.headers["cache-control"] for a in answers] == ["no-cache"] * 3 + ["no-store"] * 3


def test_pages_name_no_other_server_and_hold_no_script_of_their_own(reading: Any) -> None:
    for path in ("/", "/docs"):
        text = reading.client.get(path).text
        assert not re.search(r"""(src|href)=["'](https?:)?//""", text)
        assert not re.search(r"<script(?![^>]*src=)[^>]*>", text)
    for name in ("docs/swagger-ui.css", "docs/swagger-ui-bundle.js", "docs/start.js"):
        answer = reading.client.get(f"/{name}")
        assert answer.status_code == 200 and len(answer.content) > 50
    assert reading.client.get("/docs/start.js").headers["content-type"].startswith("text/javascript")


def test_the_log_says_nothing_of_what_was_sent_or_read(reading: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    answer = reading.client.post("/v1/read?format=txt&min_score=0.31", files={"file": ("secret-name.jpg", SIGN)})
    assert "RIVER" in answer.text
    reading.client.post("/v1/read", files={"file": ("secret-name.jpg", PAGE[:3000])})
    reading.client.get("/secret-path?secret-query")
    own = "\n".join(r.getMessage() for r in caplog.records if r.name.startswith(("chuviet", "uvicorn")))
    assert "POST /v1/read 200" in own and "POST /v1/read 422" in own and "GET / 404" in own
    assert not re.search("secret|Garden|RIVER|0.31", own)


def test_figures(stub: Callable[..., Any]) -> None:
    asked = stub()
    for body in (b"parts 3", b"parts 3", b"die"):
        asked.client.post("/v1/read?format=txt", content=body)
    asked.client.post("/v1/lines", files=[("files", ("a", b"parts 1")), ("files", ("b", b""))])
    text = asked.client.get("/metrics").text
    figures = dict(re.findall(r"^(chuviet_\S+) ([\d.e+]+)$", text, re.MULTILINE))
    assert figures['chuviet_requests_total{route="/v1/read",status="200"}'] == "2"
    assert figures['chuviet_requests_total{route="/v1/read",status="422"}'] == "1"
    assert figures["chuviet_pages_total"] == "6" and figures["chuviet_lines_total"] == "2"
    assert figures["chuviet_received_bytes_total"] > "21" and figures["chuviet_workers_replaced_total"] == "1"
    assert figures['chuviet_request_seconds_count{route="/v1/read"}'] == "3"
    assert figures['chuviet_request_seconds_bucket{route="/v1/read",le="+Inf"}'] == "3"
    assert float(figures["chuviet_memory_bytes"]) > 1e6 and figures["chuviet_held_bytes"] == "0"
    counts = [int(n) for n in re.findall(r'bucket{route="/v1/read",le="[^"]+"} (\d+)', text)]
    assert counts == sorted(counts) and len(counts) == 12


def test_random_and_cut_bodies_get_a_status_of_their_own(reading: Any) -> None:
    rng = np.random.default_rng(0)
    heads = [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"II*\0", b"BM", b"%PDF-1.5\n", b"RIFF1234WEBP",
             b"\0\0\0\x0cjP  \r\n\x87\n", b"P6 \n", b"\0\0\0\x1cftypavif"]  # fmt: skip
    whole = [picture("PNG", (90, 60)), picture("JPEG", (90, 60)), picture("WEBP", (90, 60)), pdf_of(1)]
    bodies = [head + rng.bytes(400) for head in heads for _ in range(3)]
    bodies += [one[: int(rng.integers(1, len(one)))] for one in whole for _ in range(4)]
    for body in bodies:
        answer = reading.client.post("/v1/read", content=body)
        assert answer.status_code in (200, 413, 415, 422), (body[:20], answer.text)
    assert reading.client.post("/v1/read?format=txt", content=SIGN).text.startswith("RIVER CAFE")

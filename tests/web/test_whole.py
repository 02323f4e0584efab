"""The page of an export in Chromium, from files to downloads: no service, a file server of Python's own."""

from __future__ import annotations

import json
import re
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PIL import Image, ImageDraw, ImageFont

from chuviet.export.web import export_web

pytestmark = pytest.mark.programs

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"
#: A name as an attacker may give it, and in Vietnamese.
HOSTILE = "<img src=x onerror=alert(1)>.png"
VIETNAMESE = "Đơn xin nghỉ của chị Thuỷ.pdf"
SCANNED = ("Trang thu nhat la ban quet", "Doc lap - Tu do - Hanh phuc")
PRINTED = ("Cộng hòa xã hội chủ nghĩa Việt Nam", "Độc lập - Tự do - Hạnh phúc")


class Quiet(SimpleHTTPRequestHandler):
    """A file server without a log."""

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where an export with the page of now is served."""
    if not (WEB / "node_modules" / "vite").is_dir() or not (WEB / "node_modules" / "onnxruntime-web").is_dir():
        pytest.skip("no Vite or onnxruntime-web (npm ci in web/)")
    folder = tmp_path_factory.mktemp("web")
    vite = WEB / "node_modules" / "vite" / "bin" / "vite.js"
    command = ["node", vite, "build", "--mode", "browser", "--outDir", folder / "page", "--logLevel", "warn"]
    subprocess.run(command, cwd=WEB, check=True, capture_output=True)
    export_web(folder / "demo", runtime=WEB / "node_modules", page=folder / "page")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder / "demo")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.fixture
def see(url: str, chromium_task: dict[str, str], tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """What the page shows of files one after the other, and saves of them in some formats."""

    def give(files: Sequence[dict[str, Any]], formats: Sequence[str] = ()) -> list[dict[str, Any]]:
        task = chromium_task | {"url": url, "out": str(tmp_path), "files": files, "formats": formats}
        command = ["node", str(Path(__file__).with_name("page.mjs"))]
        done = subprocess.run(command, input=json.dumps(task), capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stderr[-2000:]
        found = json.loads(done.stdout)
        assert found["problems"] == []  # nothing was sent, nothing came from elsewhere, no script failed
        return list(found["seen"])

    return give


#: The beginning of a HEIC file.
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(400)


def scan(texts: Sequence[str]) -> Image.Image:
    """Lines of print on a sheet of 1280 x 400 pixels."""
    image = Image.new("RGB", (1280, 400), "white")
    draw = ImageDraw.Draw(image)
    for i, text in enumerate(texts):
        draw.text((60, 60 + 110 * i), text, fill=(30, 30, 60), font=ImageFont.load_default(48))
    return image


def test_a_pdf_of_a_scan_and_a_written_page_is_read_and_saved(
    see: Callable[..., Any], pdf_maker: Any, tmp_path: Path
) -> None:
    """Both pages are read, also the one that carries its text; TXT and searchable PDF have what was read."""
    width, height = (72 / 200 * side for side in (1280, 400))
    maker = pdf_maker().page(width, height)
    maker.picture(scan(SCANNED), 0, 0, width, height)
    maker.page(width, height)
    for i, text in enumerate(PRINTED):
        maker.text(text, 30, height - 40 - 45 * i, 18)
    (tmp_path / "two.pdf").write_bytes(maker.data())
    (found,) = see([{"name": VIETNAMESE, "path": str(tmp_path / "two.pdf")}], ["txt", "pdf"])
    assert (found["name"], found["state"], found["status"]) == (VIETNAMESE, "done", "Read, 2 pages")
    # pdf.js draws pages a little otherwise than PDFium.
    assert [len(page) for page in found["pages"]] == [2, 2]
    for page, texts in zip(found["pages"], (SCANNED, PRINTED), strict=True):
        assert SequenceMatcher(None, " ".join(page), " ".join(texts)).ratio() > 0.9, page
    text = Path(found["downloads"]["txt"]["path"]).read_text(encoding="utf-8")
    assert text.split() == " ".join(line for page in found["pages"] for line in page).split()
    saved = pypdfium2.PdfDocument(found["downloads"]["pdf"]["path"])
    layers = [page.get_textpage().get_text_bounded().split() for page in saved]
    assert layers == [" ".join(page).split() for page in found["pages"]]
    assert found["downloads"]["pdf"]["name"] == VIETNAMESE


def test_hostile_names_and_files_that_are_broken_empty_or_of_another_kind(
    see: Callable[..., Any], tmp_path: Path
) -> None:
    scan(SCANNED[:1]).save(tmp_path / "0.png")
    bodies = {"no.pdf": b"%PDF-1.7\nno more than this", "empty.jpg": b"", "IMG_1.HEIC": HEIC}
    files = [{"name": HOSTILE, "path": str(tmp_path / "0.png")}]
    for number, (name, body) in enumerate(bodies.items(), 1):
        path = tmp_path / str(number)
        path.write_bytes(body)
        files.append({"name": name, "path": str(path)})
    hostile, broken, empty, heic = see(files, ["txt"])
    assert (hostile["name"], hostile["state"]) == (HOSTILE, "done")
    assert not set("<>/\\") & set(hostile["downloads"]["txt"]["name"])
    for found, words in ((broken, "damaged"), (empty, "empty"), (heic, "HEIC")):
        assert found["state"] == "failed" and words in found["notice"] and found["pages"] == []


def test_a_long_pdf_is_stopped_in_the_middle_and_the_next_file_is_read(
    see: Callable[..., Any], pdf_maker: Any, tmp_path: Path
) -> None:
    maker = pdf_maker()
    for number in range(60):  # small ones, of which the first two or three are read
        maker.page(300, 60).text(f"Trang so {number + 1}", 20, 20, 18)
    (tmp_path / "long.pdf").write_bytes(maker.data())
    scan(["Mot dong"]).save(tmp_path / "next.png")
    long, following = see([
        {"name": "long.pdf", "path": str(tmp_path / "long.pdf"), "stopAfter": 2},
        {"name": "next.png", "path": str(tmp_path / "next.png")},
    ])  # fmt: skip
    stopped = re.fullmatch(r"Stopped; pages read: (\d+)", long["status"])
    assert long["state"] == "cancelled" and stopped and 2 <= int(stopped[1]) < 60
    assert len(long["pages"][0]) == 1  # what was read stays
    assert following["state"] == "done" and len(following["pages"]) == 1

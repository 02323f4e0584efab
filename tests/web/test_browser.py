"""An export in Chromium: the texts of Python; no server from the second visit on; no altered file."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from chuviet.export.web import export_web
from chuviet.reading.lines import LineReader
from chuviet.reading.pages import Reader

pytestmark = pytest.mark.programs

NODE_MODULES = Path(__file__).parents[2] / "web" / "node_modules"
TEXTS = (
    "Cong hoa xa hoi chu nghia",
    "Doc lap - Tu do - Hanh phuc",
    "So nha 25, duong Le Loi, Quan 1",
    "Ngay 14 thang 7 nam 2026",
)


def drawn(texts: tuple[str, ...], size: tuple[int, int], left: int = 40) -> Image.Image:
    """Lines of print on slightly uneven paper."""
    grain = np.random.default_rng(0).normal(0, 2, (size[1], size[0], 1))
    image = Image.fromarray(np.clip(240 + np.repeat(grain, 3, 2), 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(30)
    for i, text in enumerate(texts):
        draw.text((left, 20 + 60 * i), text, fill=(40, 40, 90), font=font)
    return image


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (NODE_MODULES / "onnxruntime-web").is_dir():
        pytest.skip("no onnxruntime-web (npm ci in web/)")
    folder = tmp_path_factory.mktemp("web") / "demo"
    export_web(folder, runtime=NODE_MODULES)
    return folder


def test_a_page_is_read_as_in_python_and_again_without_a_server(export: Path, tmp_path: Path, in_chromium: Any) -> None:
    image = drawn(TEXTS, (640, 280))
    image.save(tmp_path / "page.png")
    found = in_chromium(export, [tmp_path / "page.png"], offline=True)
    want = Reader(threads=1).read_image(np.asarray(image), "0.png").as_dict()
    online, offline = found["results"]
    for one in (online, offline):
        page = one["page"]
        assert (page.pop("schema"), page.pop("version")) == ("chuviet/pages", 1)
        assert [line["text"] for line in page["lines"]] == [line["text"] for line in want["lines"]]
        assert len(page["lines"]) == len(TEXTS) and page["blocks"][0]["kind"] == want["blocks"][0]["kind"]
        for line, other in zip(page["lines"], want["lines"], strict=True):
            assert np.abs(np.array(line["points"]) - other["points"]).max() < 0.3
            assert abs(line["confidence"] - other["confidence"]) < 0.02
            assert [word["text"] for word in line["words"]] == [word["text"] for word in other["words"]]
    assert {key: online["page"][key] for key in ("name", "width", "height")} == {
        "name": "0.png",
        "width": 640,
        "height": 280,
    }
    assert "reading" in online["stages"] and online["progress"] >= len(TEXTS)
    assert not found["isolated"] and found["offline"]["isolated"]  # by the service worker
    assert found["said"] == []


def test_lines_are_read_as_in_python(export: Path, tmp_path: Path, in_chromium: Any) -> None:
    images = [drawn((text,), (620, 70)) for text in TEXTS]
    images.append(Image.new("RGB", (300, 60), "white"))  # nothing is written there
    transparent = Image.new("RGBA", (620, 70))
    ImageDraw.Draw(transparent).text((40, 20), TEXTS[0], fill=(20, 20, 20, 255), font=ImageFont.load_default(30))
    files = [tmp_path / f"{i}.png" for i in range(len(images) + 1)]
    for image, file in zip([*images, transparent], files, strict=True):
        image.save(file)
    found = in_chromium(export, files, type="lines", isolated=True)
    want = LineReader(threads=1).predict(files)
    assert [one["line"]["text"] for one in found["results"]] == [one.text for one in want]
    assert found["isolated"] and want[-1].text and not want[-2].text


def test_a_reader_of_ones_own_is_read_with(small_onnx: Any, tmp_path: Path, in_chromium: Any) -> None:
    """One that no package holds, exported from random weights, beside the shipped detector."""
    if not (NODE_MODULES / "onnxruntime-web").is_dir():
        pytest.skip("no onnxruntime-web (npm ci in web/)")
    done = export_web(tmp_path / "demo", [str(small_onnx.line)], NODE_MODULES)
    assert done.weights == ("page_det", "line")
    files = [tmp_path / f"{i}.png" for i in range(len(TEXTS))]
    for text, file in zip(TEXTS, files, strict=True):
        drawn((text,), (620, 70)).save(file)
    found = in_chromium(tmp_path / "demo", files, type="lines")
    want = [one.text for one in LineReader(small_onnx.line, threads=1).predict(files)]
    assert [one["line"]["text"] for one in found["results"]] == want and any(want)


def test_what_is_no_image_is_said_and_an_altered_file_is_not_used(
    export: Path, tmp_path: Path, in_chromium: Any
) -> None:
    (tmp_path / "no.png").write_bytes(b"no image")
    drawn(TEXTS[:1], (400, 80)).save(tmp_path / "page.png")
    said = in_chromium(export, [tmp_path / "no.png", tmp_path / "page.png"])["results"]
    assert "not an image" in said[0]["error"] and said[1]["page"]["lines"]  # and goes on with the next
    settings = json.loads((export / "engine" / "settings.json").read_bytes())
    weights = export / settings["readers"][0]["file"]
    whole = weights.read_bytes()
    try:
        weights.write_bytes(zlib.compress(zlib.decompress(whole)[:-1] + b"x", 9))
        said = in_chromium(export, [tmp_path / "page.png"])["results"]
    finally:
        weights.write_bytes(whole)
    assert "damaged or altered" in said[0]["error"] and "page" not in said[0]


def test_reading_can_be_stopped(export: Path, tmp_path: Path, in_chromium: Any) -> None:
    drawn(TEXTS, (640, 280)).save(tmp_path / "page.png")
    found = in_chromium(export, [tmp_path / "page.png"], cancel=True)["results"][0]
    assert found["cancelled"] and "page" not in found and "error" not in found

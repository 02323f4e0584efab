"""What commands read of what INPUT names: standard input, pages of files, limits."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from chuviet.cli import main
from chuviet.commands.images import TimeLimit
from chuviet.errors import InputError


@pytest.fixture
def read(small_onnx: Any) -> list[str]:
    return ["read", "-w", str(small_onnx.detector), "-w", str(small_onnx.word), "--min-score", "0"]


def pages(path: Path, count: int) -> Path:
    """A TIFF with a black bar on every page, each a little lower."""
    sheets = []
    for k in range(count):
        sheet = Image.new("L", (160, 100), 255)
        sheet.paste(0, (20, 20 + 5 * k, 120, 40 + 5 * k))
        sheets.append(sheet)
    sheets[0].save(path, save_all=True, append_images=sheets[1:])
    return path


def stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_standard_input(
    tmp_path: Path, read: list[str], small_onnx: Any, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str], pdf_maker: Any,
) -> None:  # fmt: skip
    stdin(monkeypatch, pages(tmp_path / "a.tif", 2).read_bytes())
    assert main([*read, "-", "--out", str(tmp_path / "o.json")]) == 0
    found = json.loads((tmp_path / "o.json").read_text())["pages"]
    assert {page["name"]: len(page["lines"]) for page in found} == {"stdin#1": 1, "stdin#2": 1}
    stdin(monkeypatch, pages(tmp_path / "a.tif", 1).read_bytes())
    assert main(["predict", "-w", str(small_onnx.line), "-"]) == 0
    capsys.readouterr()
    stdin(monkeypatch, pdf_maker().page().text("phố Huế", 20, 100).data())
    assert main([*read, "-"]) == 0
    assert capsys.readouterr().out.strip() == "phố Huế"
    stdin(monkeypatch, b"")
    assert main([*read, "-"]) == 2
    assert "stdin: an empty file" in capsys.readouterr().err


def test_pages_over_the_limit_are_counted(tmp_path: Path, read: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    path, out = pages(tmp_path / "a.tif", 5), tmp_path / "o.json"
    assert main([*read, str(path), "--max-pages", "2", "--out", str(out)]) == 3
    assert f"{path}: 3 more pages not read" in capsys.readouterr().err
    assert [page["name"] for page in json.loads(out.read_text())["pages"]] == [f"{path}#1", f"{path}#2"]
    assert main([*read, f"{path}#2-4", "--out", str(out)]) == 0
    found = json.loads(out.read_text())["pages"]
    assert [page["name"] for page in found] == [f"{path}#{k}" for k in (2, 3, 4)]
    tops = [page["lines"][0]["points"][0][1] for page in found]
    assert np.abs(np.diff(tops) - 5).max() <= 1  # the pages asked for
    assert main([*read, f"{path}#4-6"]) == 2
    assert f"{path}#4-6: {path} has 5 pictures" in capsys.readouterr().err


def test_large_images_are_scaled_and_places_are_of_the_scaled_page(
    tmp_path: Path, read: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = Image.new("L", (800, 600), 255)
    sheet.paste(0, (200, 200, 600, 280))
    for name in ("a.png", "a.jpg"):
        sheet.save(tmp_path / name)
        out = tmp_path / "o.json"
        assert main([*read, str(tmp_path / name), "--max-pixels", "120000", "--out", str(out)]) == 0
        ((row,),) = [page["lines"] for page in json.loads(out.read_text())["pages"]]
        assert np.abs(np.subtract(row["points"], [(100, 100), (300, 100), (300, 140), (100, 140)])).max() <= 6
    assert main([*read, str(tmp_path / name), "--max-pixels", "99"]) == 2
    assert "10,000 at least" in capsys.readouterr().err


def test_a_time_limit_ends_it(tmp_path: Path, read: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    path, out = pages(tmp_path / "a.tif", 4), tmp_path / "o.json"
    assert main([*read, str(path), "--time-limit", "1e-9", "--out", str(out)]) == 3
    assert f"4 of 4 pages are not read, from {path}#1 on" in capsys.readouterr().err
    assert not out.exists() or not json.loads(out.read_text())["pages"]
    assert main([*read, str(path), "--time-limit", "-1"]) == 2


def test_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    for seconds, over in ((25.0, [False, False, False, True]), (0.0, [False] * 4), (20.0, [False, False, True, True])):
        now[0], seen = 100.0, []
        limit = TimeLimit(seconds)
        for _ in range(4):
            seen.append(limit.over)
            now[0] += 10  # a page takes so long
        assert seen == over
    with pytest.raises(InputError, match="time-limit nan"):
        TimeLimit(float("nan"))


def test_longest_and_ocr(tmp_path: Path, read: list[str], small_onnx: Any, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(pages(tmp_path / "a.tif", 1))
    assert main([*read, path, "--longest", "64"]) == 0
    assert main(["predict", "-w", str(small_onnx.detector), path, "--longest", "96"]) == 0
    capsys.readouterr()
    assert main(["predict", "-w", str(small_onnx.line), path, "--longest", "96"]) == 2
    assert "--longest is for the weights of a detector" in capsys.readouterr().err
    assert main([*read, path, "--longest", "5"]) == 2
    assert "longest 5: 32 to 10,000" in capsys.readouterr().err
    assert main([*read, path, "--ocr", "never"]) == 0 and not capsys.readouterr().out

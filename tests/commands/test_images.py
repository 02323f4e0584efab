"""What `predict` and `read` share: names of pictures, and what is refused before anything is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from chuviet.cli import main
from chuviet.commands.images import picture_names


def names(*given: str) -> list[str]:
    return [p.as_posix() for p in picture_names(given)]


def test_every_picture_gets_a_name_of_its_own() -> None:
    assert names("a.png", "b/a.jpeg", "b/a.png") == ["a.jpg", "b/a.jpg", "b/a.png.jpg"]
    assert names("a.png", "a.jpg", "a.png.jpg") == ["a.jpg", "a.jpg.jpg", "a.png.jpg"]
    assert names("s.pdf#1", "s.pdf#2", "s.tif#1") == ["s-1.jpg", "s-2.jpg", "s.tif-1.jpg"]
    assert names("/x/a/1.png", "/x/b/1.png") == ["a/1.jpg", "b/1.jpg"]
    many = names(*["same.png"] * 5)
    assert len(set(many)) == 5 and all(name.endswith(".jpg") for name in many)
    for up in names("../up.png", "here.png"):
        assert not Path(up).is_absolute() and ".." not in Path(up).parts


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    rng = np.random.default_rng(0)
    for name in ("a.jpg", "b.png"):
        Image.fromarray(rng.integers(0, 256, (40, 90, 3), dtype=np.uint8)).save(tmp_path / "photos" / name)
    (tmp_path / "photos" / "notes.txt").write_text("no image")
    (tmp_path / "link").symlink_to("photos")
    return tmp_path / "photos"


def test_no_output_takes_the_place_of_an_input(
    photos: Path, small_onnx: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {p.name: p.read_bytes() for p in photos.iterdir()}
    det, word = ["-w", str(small_onnx.detector)], ["-w", str(small_onnx.word)]
    for command in (["predict", *det], ["read", *det, *word]):
        for wrong in (
            ["photos", "--out", "photos/a.jpg"], ["photos/a.jpg", "--out", "link/a.jpg"],
            ["photos", "--draw", "photos"], ["link", "--draw", str(photos)], ["photos/a.jpg", "--out", "photos"],
        ):  # fmt: skip
            assert main([*command, *wrong]) == 2, wrong
            error = capsys.readouterr().err
            assert error.startswith("chuviet: error: ") and error.count("\n") == 1, wrong
        assert main([*command, "photos", "--draw", "drawn"]) == 0
        assert "1 file not read: notes.txt: not an image" in capsys.readouterr().err
        assert sorted(p.name for p in Path("drawn").iterdir()) == ["a.jpg", "b.jpg"]
    assert {p.name: p.read_bytes() for p in photos.iterdir()} == before

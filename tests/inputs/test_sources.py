from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from chuviet.errors import InputError
from chuviet.inputs.limits import Limits
from chuviet.inputs.sources import find_in_bytes, find_sources, iter_sources, printable


def picture(level: int, height: int = 6) -> Image.Image:
    return Image.new("RGB", (10, height), (level, level, level))


def save(path: Path, *levels: int) -> Path:
    """An image file with one frame per level."""
    path.parent.mkdir(parents=True, exist_ok=True)
    first, *others = [picture(level) for level in levels]
    more: dict[str, Any] = {"save_all": True, "append_images": others} if others else {}
    kind = {".jfif": "JPEG"}.get(path.suffix)
    first.save(path, kind, **more)
    return path


def names(*inputs: str | Path) -> list[str]:
    return [s.name for s in find_sources(inputs).sources]


def levels(*inputs: str | Path) -> list[int]:
    return [int(s.load()[0, 0, 0]) for s in find_sources(inputs).sources]


@pytest.mark.parametrize("ending", [".tif", ".gif", ".webp"])
def test_every_frame_is_a_source(tmp_path: Path, ending: str) -> None:
    path = save(tmp_path / f"a{ending}", 10, 120, 250)
    found = find_sources([path]).sources
    assert [s.name for s in found] == [f"{path}#1", f"{path}#2", f"{path}#3"]
    assert [(s.frame, s.path) for s in found] == [(1, path), (2, path), (3, path)]
    assert np.abs(np.array(levels(path)) - [10, 120, 250]).max() <= 3
    assert names(f"{path}#2") == [f"{path}#2"] and abs(levels(f"{path}#2")[0] - 120) <= 3
    with pytest.raises(InputError, match="has 3 pictures"):
        find_sources([f"{path}#4"])


def test_one_frame_has_the_file_s_name(tmp_path: Path) -> None:
    path = save(tmp_path / "a.tif", 10)
    assert names(path) == [str(path)] and names(f"{path}#1") == [f"{path}#1"]
    strange = save(tmp_path / "b#2.png", 77)  # a file that is called so
    assert names(strange) == [str(strange)] and levels(strange) == [77]


def test_a_folder_leaves_nothing_out_in_silence(tmp_path: Path) -> None:
    kinds = ["jpg", "jpeg", "jfif", "png", "bmp", "gif", "webp", "tif", "tiff", "ppm", "jp2"]
    for kind in kinds:
        save(tmp_path / f"a.{kind}", 50)
        save(tmp_path / "deep/er" / f"A.{kind.upper()}", 50) if kind != "jfif" else None
    (tmp_path / "a.png").rename(tmp_path / "no ending")
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "empty").touch()
    (tmp_path / "a.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(20))
    (tmp_path / "b.pdf").write_bytes(b"%PDF-1.7 broken")
    (tmp_path / "broken.png").write_bytes(b"x")
    (tmp_path / ".hidden.png").touch()
    found = find_sources([tmp_path])
    inside = [s.name for s in found.sources]
    assert {n for n in inside if "/" not in n} == {f"a.{k}" for k in kinds if k != "png"} | {"no ending", "broken.png"}
    assert {n for n in inside if "/" in n} == {f"deep/er/A.{k.upper()}" for k in kinds if k != "jfif"}
    assert {n: r.split(",")[0] for n, r in found.left_out}.keys() == {"notes.txt", "empty", "a.heic", "b.pdf"}
    assert "HEIC" in dict(found.left_out)["a.heic"]
    assert not any(str(tmp_path) in r or "\n" in r for _, r in found.left_out)
    for source in found.sources:
        if source.name == "broken.png":
            with pytest.raises(InputError, match="broken.png: not an image"):
                source.load()
        else:
            assert abs(int(source.load()[2, 2, 0]) - 50) <= 3, source.name


def test_order_and_distinct_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("in/10.png", "in/9.png", "in/a/1.png", "b/9.png", "9.png"):
        save(tmp_path / name, len(name))
    monkeypatch.chdir(tmp_path)
    assert names("in") == ["9.png", "10.png", "a/1.png"]
    assert names("in", "b", "9.png", Path("9.png")) == [
        "in/9.png",
        "in/10.png",
        "in/a/1.png",
        "b/9.png",
        "9.png",
        "9.png (2)",
    ]
    assert levels("in", "b", "9.png") == [8, 9, 10, 7, 5]
    assert names("in/*.png") == ["in/9.png", "in/10.png"] and names("**/1.png") == ["in/a/1.png"]


def test_a_pattern_names_what_it_leaves_out(tmp_path: Path) -> None:
    save(tmp_path / "a.png", 1)
    (tmp_path / "a.md").write_text("x")
    (tmp_path / "d").mkdir()
    found = find_sources([f"{tmp_path}/*"])
    assert [s.path for s in found.sources] == [tmp_path / "a.png"]
    assert [Path(n).name for n, _ in found.left_out] == ["a.md", "d"]


def test_a_csv(tmp_path: Path) -> None:
    save(tmp_path / "images/a.png", 90)
    save(tmp_path / "images/two.tif", 1, 2)
    (tmp_path / "l.csv").write_text("img_path;text\na.png;x\ngone.png;y\ntwo.tif;z\na.png;again\n")
    found = find_sources([tmp_path / "l.csv"]).sources
    assert [s.name for s in found] == ["a.png", "gone.png", "two.tif#1", "two.tif#2", "a.png (2)"]
    assert found[0].load()[0, 0, 0] == 90
    with pytest.raises(InputError, match="gone.png.*No such file"):
        found[1].load()


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="these systems refuse such names")
def test_names_that_are_no_text(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/caf\xe9.png"
    save(tmp_path / "x.png", 33).rename(os.fsdecode(raw))
    (source,) = find_sources([tmp_path]).sources
    assert printable(source.name) == r"caf\xe9.png" and source.load()[0, 0, 0] == 33
    assert levels(os.fsdecode(raw)) == [33]
    assert levels(str(tmp_path / r"caf\xe9.png")) == [33]  # as an output called it
    (tmp_path / "l.csv").write_text("img_path\ncaf\\xe9.png\n")
    assert levels(tmp_path / "l.csv") == [33]


def test_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = save(tmp_path / "a.tif", 10, 20).read_bytes()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert names("-") == ["stdin#1", "stdin#2"]


@pytest.mark.parametrize(
    ("made", "asked", "message"),
    [
        (None, "no.png", "no such file"),
        (None, "no*.png", "no file is named so"),
        ("a.md", "*.md", "none of the 1 files"),
        ("d/a.md", "d", r"no images in this folder; there are a\.md \(not an image\)"),
        ("a.md", "a.md#3", "a.md#3"),
    ],
)
def test_nothing_found_is_an_error(tmp_path: Path, made: str | None, asked: str, message: str) -> None:
    if made:
        (tmp_path / made).parent.mkdir(exist_ok=True)
        (tmp_path / made).write_text("x")
    with pytest.raises(InputError, match=message) as caught:
        sources = find_sources([str(tmp_path / asked)]).sources
        sources[0].load()  # a file named outright is found, and is no image
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="no input"):
        find_sources([])


def test_python_values(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", 40)
    two = save(tmp_path / "two.tif", 1, 2)
    array = np.full((5, 6), 99, np.uint8)
    values = [array, path, str(path), two.read_bytes(), io.BytesIO(path.read_bytes()), picture(7), two]
    found = list(iter_sources(values))
    assert [s.name for s in found] == [
        "image 1",
        str(path),
        f"{path} (2)",
        "image 4#1",
        "image 4#2",
        "image 5",
        "image 6",
        f"{two}#1",
        f"{two}#2",
    ]
    assert [int(s.load()[0, 0, 0]) for s in found] == [99, 40, 40, 1, 2, 40, 7, 1, 2]
    assert all(s.load().shape[2] == 3 for s in found)
    for value in values:
        assert [int(s.load()[0, 0, 0]) for s in iter_sources(value)] in ([99], [40], [7], [1, 2])
    assert len(list(iter_sources(tuple(values[:3])))) == 3


def test_an_open_file_alone(tmp_path: Path) -> None:
    with save(tmp_path / "a.png", 40).open("rb") as f:
        assert [s.name for s in iter_sources(f)] == ["image 1"]


def test_a_generator_is_used_as_it_goes() -> None:
    used = []

    def values() -> Iterator[np.ndarray]:
        for number in range(5):
            used.append(number)
            yield np.full((4, 4), number, np.uint8)

    sources = iter_sources(values())
    assert used == []
    assert next(sources).name == "image 1" and used == [0]
    assert [s.name for s in sources] == [f"image {n}" for n in range(2, 6)]


def test_a_folder_in_python_warns_of_what_it_leaves_out(tmp_path: Path) -> None:
    save(tmp_path / "a.png", 40)
    (tmp_path / "a.md").write_text("x")
    with pytest.warns(UserWarning, match="1 file not read, as no images: a.md"):
        assert [s.name for s in iter_sources(tmp_path)] == ["a.png"]


@pytest.mark.parametrize(
    "value", [5, None, {"a": 1}, {1, 2}, [5], [[1, 2]], np.array([None]), object(), "no.png", [b""]]
)
def test_other_values_are_said_in_one_line(value: Any) -> None:
    with pytest.raises(InputError) as caught:
        [s.load() for s in iter_sources(value)]
    assert "\n" not in str(caught.value)


def test_the_pictures_of_bytes_have_the_name_that_is_given() -> None:
    data = io.BytesIO()
    pages = [Image.new("L", (30 + k, 20), 255) for k in range(3)]
    pages[0].save(data, "TIFF", save_all=True, append_images=pages[1:])
    found = find_in_bytes(data.getvalue(), "a.tiff", Limits(pages=2))
    assert [source.name for source in found.sources] == ["a.tiff#1", "a.tiff#2"] and found.cut == [("a.tiff", 1)]
    assert [source.load().shape[1] for source in found.sources] == [30, 31]
    (broken,) = find_in_bytes(data.getvalue()[:20], "b.tiff").sources
    with pytest.raises(InputError, match="^b.tiff: "):
        broken.load()

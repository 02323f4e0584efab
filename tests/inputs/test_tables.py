from __future__ import annotations

import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from chuviet.data.table import image_root, read_table
from chuviet.errors import InputError
from chuviet.inputs.tables import listed_images


def write(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("1.png", "ảnh 2.png"):
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_separators_and_encodings(folder: Path, mark: str, encoding: str, end: str) -> None:
    rows = [("text", "img_path", "fold"), ('"Số 1, Huế; Đà Nẵng"', "1.png", "0"), ("", "ảnh 2.png", "1"), ()]
    path = write(folder, "a.csv", end.join(mark.join(r) for r in rows), encoding)
    assert listed_images(path) == [("1.png", folder / "1.png"), ("ảnh 2.png", folder / "ảnh 2.png")]


def test_a_list_of_paths_and_texts(folder: Path) -> None:
    path = write(folder, "a.txt", "1.png\tSố 1, Huế\r\n\r\nảnh 2.png\n")
    assert [name for name, _ in listed_images(path)] == ["1.png", "ảnh 2.png"]


@pytest.mark.parametrize("where", [".", "images", "training_data/images"])
def test_image_roots_and_unicode_forms(tmp_path: Path, where: str) -> None:
    root = tmp_path / where
    root.mkdir(parents=True, exist_ok=True)
    (root / "ảnh.png").touch()
    other = unicodedata.normalize("NFD", "ảnh.png")
    path = write(tmp_path, "a.csv", f"img_path\ngone.png\n{other}\n")  # the first row's image is missing
    (_, gone), (name, found) = listed_images(path)
    assert name == other and found.is_file() and not gone.exists() and gone.name == "gone.png"


def test_the_first_image_that_is_there_says_the_folder(tmp_path: Path) -> None:
    """As in training (`data.table.image_root`), also where a later one lies in a folder that is looked at sooner."""
    (tmp_path / "images").mkdir()
    (tmp_path / "images/first.png").touch()
    (tmp_path / "later.png").touch()
    path = write(tmp_path, "a.csv", "img_path,text\ngone.png,x\nfirst.png,x\nlater.png,x\n")
    assert [file.parent for _, file in listed_images(path)] == [tmp_path / "images"] * 3
    assert image_root(path, read_table(path)) == tmp_path / "images"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty file"),
        ("img_path\n", "names no images"),
        ("imgpath,text\n1.png,a\n", "no column img_path.*'imgpath'"),
        ("img_path,img_path\n1.png,a\n", "twice"),
        ("img_path,text\n1.png,a,b\n", "row 2.*3 values under 2"),
        ('img_path,text\n1.png,"a\n', "not a valid CSV"),
        ("img_path,text\n ,a\n", "row 2: empty img_path"),
        ("img_path,text\n7.png,a\n8.png,b\n", r"row 2: there is none of 2 images \(7\.png \.\.\.\) in any of"),
    ],
)
def test_one_line_says_what_is_wrong(folder: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        listed_images(write(folder, "a.csv", text))
    assert str(folder / "a.csv") in str(caught.value) and "\n" not in str(caught.value)


def test_more_columns_may_be_asked_for(folder: Path) -> None:
    path = write(folder, "a.csv", "img_path;text\n1.png;x\n")
    assert listed_images(path, ("img_path", "text"))
    with pytest.raises(InputError, match="no column fold"):
        listed_images(path, ("img_path", "fold"))


def test_not_utf8_and_missing(folder: Path) -> None:
    (folder / "a.csv").write_bytes(b"img_path\ncaf\xe9.png\n")
    with pytest.raises(InputError, match="not UTF-8"):
        listed_images(folder / "a.csv")
    with pytest.raises(InputError, match="no such file"):
        listed_images(folder / "b.csv")


def test_nothing_heavy_is_imported() -> None:
    code = (
        "import sys; import chuviet.inputs.sources, chuviet.files\n"
        "print(sorted({'torch', 'pandas', 'sklearn', 'shapely', 'scipy', 'pypdfium2'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout == "[]\n"

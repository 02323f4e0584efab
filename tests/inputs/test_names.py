from __future__ import annotations

import os
import random
import sys
import unicodedata
from pathlib import Path

import pytest

from chuviet.inputs.names import counted, from_printable, list_files, locate, natural_key, printable


def test_ordinary_names_stay_as_they_are() -> None:
    for name in ("ảnh số 1.png", "a/b.jpg", r"C:\scans\1.png", r"C:\xray\u1.png", "100%.png", ""):
        assert printable(name) == name and from_printable(name) == name


def test_bytes_that_are_no_text_can_be_written_and_read_back() -> None:
    name = os.fsdecode(b"caf\xe9.png")
    assert printable(name) == r"caf\xe9.png" and from_printable(r"caf\xe9.png") == name
    printable(name).encode()


def test_printable_is_reversible_and_never_doubles() -> None:
    """Names of all short mixtures of what has a meaning in it."""
    rng = random.Random(0)
    parts = ["\\", "x", "u", "e9", "d800", "\udce9", "\ud800", "\udfff", "a", "\\xe9", "\\\\", "ệ"]
    names = {"".join(rng.choices(parts, k=rng.randint(1, 7))) for _ in range(5_000)}
    written = {printable(n) for n in names}
    assert len(written) == len(names)
    assert all(from_printable(printable(n)) == n for n in names)
    assert all(w.encode() for w in written)


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS takes both forms for one file")
@pytest.mark.parametrize("disk", ["NFC", "NFD"])
@pytest.mark.parametrize("listed", ["NFC", "NFD"])
def test_names_in_another_unicode_form_are_found(tmp_path: Path, disk: str, listed: str) -> None:
    def form(kind: str, text: str) -> str:
        return unicodedata.normalize(kind, text)  # type: ignore[arg-type]

    file = tmp_path / form(disk, "thư mục") / form(disk, "ảnh số 1.png")
    file.parent.mkdir()
    file.touch()
    assert locate(tmp_path, form(listed, "thư mục/ảnh số 1.png")) == file
    assert locate(tmp_path, form("NFD", "thư mục/") + form("NFC", "ảnh số 1.png")) == file
    assert locate(tmp_path, str(tmp_path / form(listed, "thư mục/ảnh số 1.png"))) == file
    assert locate(tmp_path, form(listed, "thư mục")) is None
    assert locate(tmp_path, form(listed, "thư mục/ảnh số 2.png")) is None


def test_the_name_as_written_comes_first(tmp_path: Path) -> None:
    for name in (r"a\xe9.png", "b\\c.png"):
        (tmp_path / name).touch()
        assert locate(tmp_path, name) == tmp_path / name
    (tmp_path / "d").mkdir()
    (tmp_path / "d/e.png").touch()
    assert locate(tmp_path, r"d\e.png") == tmp_path / "d/e.png"
    for hopeless in ("", "x\0y", "x" * 5000, "../" * 50):
        assert locate(tmp_path, hopeless) is None


def test_natural_order_is_total() -> None:
    names = ["10", "2", "a10", "a2b", "", "²", "a", "1a", "٣"]
    assert sorted(names, key=natural_key).index("2") < sorted(names, key=natural_key).index("10")


def test_list_files_leaves_out_what_is_hidden(tmp_path: Path) -> None:
    for name in ("b/10.txt", "b/9.txt", ".git/x.png", "b/.x.png", "a.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [p.relative_to(tmp_path).as_posix() for p in list_files(tmp_path)] == ["a.png", "b/9.txt", "b/10.txt"]


def test_counted_things_have_their_plural() -> None:
    assert [counted(n, "file") for n in (0, 1, 2, 1200)] == ["0 files", "1 file", "2 files", "1,200 files"]

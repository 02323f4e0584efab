"""Outputs are checked before anything is read; texts go out on any console."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from chuviet import files
from chuviet.errors import InputError
from chuviet.files import check_folder, check_output, say, use_utf8, write_whole
from chuviet.inputs.kinds import SUFFIXES

IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "scans/deep").mkdir(parents=True)
    for name in ("photo.jpg", "labels.csv", "scans/p1.jpg", "scans/deep/p2.jpg"):
        (tmp_path / name).write_text(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(path: str | Path, *inputs: str | Path) -> bool:
    before = {p: p.stat().st_mtime_ns for p in Path().rglob("*") if p.exists()}
    try:
        check_output(path, [Path(p) for p in inputs])
        answer = False
    except InputError as e:
        assert "\n" not in str(e) and str(e).startswith("--out ")
        answer = True
    assert before == {p: p.stat().st_mtime_ns for p in Path().rglob("*") if p.exists()}  # nothing made or changed
    return answer


@pytest.mark.parametrize(
    "out", ["labels.csv", "./labels.csv", "scans/../labels.csv", "scans/deep/../../labels.csv", "{here}/labels.csv"]
)
def test_an_input_by_any_spelling(here: Path, out: str) -> None:
    out = out.format(here=here)
    assert refused(out, "labels.csv") and refused(out, here / "labels.csv") and refused("labels.csv", out)
    assert not refused(out, "photo.jpg")


def test_an_input_through_links(here: Path) -> None:
    (here / "soft.csv").symlink_to("labels.csv")
    (here / "hard.csv").hardlink_to(here / "labels.csv")
    (here / "other").symlink_to(here, target_is_directory=True)
    for out in ("soft.csv", "hard.csv", "other/labels.csv", "other/other/hard.csv"):
        assert refused(out, "labels.csv"), out
        assert refused("labels.csv", out), out


def test_an_input_that_differs_in_case_or_unicode_form(here: Path) -> None:
    assert refused("LABELS.csv", "labels.csv")  # not there: on many systems it would be the input
    assert refused("a\u0309nh.csv", "ảnh.csv") and not refused("anh.csv", "ảnh.csv")
    assert not refused("labels.json", "labels.csv")


def test_an_input_that_is_not_there_yet_counts(here: Path) -> None:
    assert refused("./new.csv", "new.csv") and not refused("new.csv", "newer.csv")


@pytest.mark.parametrize(
    "out", ["scans", ".", "..", "/", "", "photo.jpg/r.csv", "x\0y.csv", "x" * 255, "x" * 5000, "/dev/null"]
)
def test_what_cannot_be_a_file(here: Path, out: str) -> None:
    assert refused(out, "labels.csv")


def test_missing_folders_are_made_later(here: Path) -> None:
    assert not refused("new/deep/r.csv", "labels.csv") and not (here / "new").exists()
    (here / "dangling").symlink_to("nowhere")
    assert refused("dangling/r.csv", "labels.csv")


@pytest.mark.skipif(IS_ROOT, reason="root may write anywhere")
def test_no_permission(here: Path) -> None:
    (here / "scans").chmod(0o500)
    (here / "labels.csv").chmod(0o400)
    try:
        assert refused("scans/r.csv") and refused("scans/new/r.csv") and refused("labels.csv")
    finally:
        (here / "scans").chmod(0o700)


def test_no_permission_as_the_system_says_it(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for root, who may write anywhere."""
    monkeypatch.setattr(files.os, "access", lambda path, mode: "scans" not in str(path))
    assert refused("scans/r.csv") and refused("scans/new/r.csv") and not refused("r.csv")


def test_results_may_lie_beside_the_images_but_not_be_read_as_one(here: Path) -> None:
    assert not refused("scans/r.csv", "scans", "scans/p1.jpg")
    assert refused("scans/r.pdf", "scans") and refused("scans/deep/r.PNG", "scans")
    assert not refused("r.pdf", "scans") and not refused("scans/r.pdf", "scans/p1.jpg")


def folder_refused(path: str | Path, inputs: list[str], names: list[str]) -> bool:
    try:
        check_folder(path, inputs, names)
    except InputError as e:
        assert "\n" not in str(e) and str(e).startswith("--draw ")
        return True
    return False


def test_pictures_replace_no_input(here: Path) -> None:
    assert folder_refused(".", ["photo.jpg"], ["photo.jpg"])
    assert not folder_refused(".", ["photo.jpg"], ["photo.boxes.png"])
    assert folder_refused("scans", ["scans/p1.jpg"], ["p0.jpg", "P1.JPG"])
    (here / "link").symlink_to("scans")
    (here / "drawn").mkdir()
    (here / "drawn/x.png").hardlink_to(here / "photo.jpg")
    assert folder_refused("link", ["scans/p1.jpg"], ["p1.jpg"])
    assert folder_refused("drawn", ["photo.jpg"], ["x.png"])


def test_pictures_do_not_lie_where_the_next_run_reads(here: Path) -> None:
    for folder in ("scans", "scans/new", "scans/../scans/deep", str(here / "scans")):
        assert folder_refused(folder, ["scans"], ["z.png"]), folder
    assert not folder_refused("scans/.boxes", ["scans"], ["z.png"])  # hidden: never read
    assert not folder_refused("boxes", ["scans"], ["p1.jpg", "deep/p2.jpg"])
    assert not (here / "boxes").exists()


def test_names_of_pictures(here: Path) -> None:
    for names in (["a.png", "a.png"], ["a.png", "A.PNG"], ["../a.png"], [str(here / "a.png")], ["x" * 300]):
        assert folder_refused("boxes", ["photo.jpg"], names), names
    assert folder_refused("photo.jpg", [], ["a.png"]) and folder_refused("photo.jpg/x", [], ["a.png"])
    assert folder_refused(".", [], ["scans"])


def test_many_inputs_take_no_time(here: Path) -> None:
    check_folder("boxes", [f"scans/{n}.jpg" for n in range(5_000)], [f"{n}.jpg" for n in range(5_000)])


def test_endings_agree_with_what_folders_give() -> None:
    assert SUFFIXES | {".pdf"} == files._READ_FROM_FOLDERS


def test_a_checked_output_can_be_written(here: Path) -> None:
    name = "ả" * 60 + ".csv"
    check_output(f"new/{name}", ["photo.jpg"])
    write_whole(f"new/{name}", b"x")
    assert Path(f"new/{name}").read_bytes() == b"x"


TEXT = "Số 12 Nguyễn Trãi \udce9 ✓"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8", "utf-16", "cp1258"])
@pytest.mark.parametrize("how", ["say", "use_utf8"])
def test_any_console_takes_any_text(encoding: str, how: str) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, newline="")
    if how == "say":
        say(TEXT, stream)
    else:
        use_utf8(stream)
        print(TEXT, file=stream)
    stream.flush()
    out = raw.getvalue().decode("utf-8" if how == "use_utf8" else encoding)
    assert out.endswith("\n") and "12" in out and "\\udce9" in out
    if how == "use_utf8" or encoding.startswith("utf"):
        assert out == TEXT.replace("\udce9", "\\udce9") + "\n"


def test_a_terminal_keeps_its_encoding() -> None:
    class Terminal(io.TextIOWrapper):
        def isatty(self) -> bool:
            return True

    raw = io.BytesIO()
    stream = Terminal(raw, encoding="cp1252", newline="")
    use_utf8(stream)
    print("Sé ố", file=stream, flush=True)
    assert raw.getvalue() == b"S\xe9 \\u1ed1\n"


def test_streams_that_are_no_files(monkeypatch: pytest.MonkeyPatch) -> None:
    use_utf8(io.StringIO(), None)
    out = io.StringIO()
    say(TEXT, out, end="")
    assert out.getvalue().startswith("Số 12")
    monkeypatch.setattr(sys, "stdout", None)
    say("x")

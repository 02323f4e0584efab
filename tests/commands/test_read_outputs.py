"""`chuviet read`: where its results go, what is refused, and what stays when it is stopped."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
import pytest
from PIL import Image

from chuviet.cli import main
from chuviet.commands.record import NAME, Record
from chuviet.formats.known import FORMATS
from chuviet.inputs.shares import parse_shard, shares
from chuviet.reading.pages import Reader

ENDINGS = {name: format.endings[0] for name, format in FORMATS.items()}


def page_picture(seed: int = 0) -> Image.Image:
    """Three dark bars with light strokes in them, which the small weights find and read."""
    rng = np.random.default_rng(seed)
    image = np.full((120, 400, 3), 255, np.uint8)
    for x, y in ((20, 15), (220, 15), (20, 70)):
        image[y : y + 30, x : x + 150] = 0
        for at in rng.integers(x + 5, x + 140, 9):
            image[y + 5 : y + 25 : 4, at : at + 5] = 255
    return Image.fromarray(image)


@pytest.fixture
def scans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """a.png, sub/a.jpg and b.tif of three pages."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scans" / "sub").mkdir(parents=True)
    page_picture().save("scans/a.png")
    page_picture(1).save("scans/sub/a.jpg", quality=95)
    page_picture(2).save("scans/b.tif", save_all=True, append_images=[page_picture(3), page_picture(4)])
    return tmp_path / "scans"


@pytest.fixture
def read(small_onnx: Any) -> Callable[..., int]:
    """read(arguments): `chuviet read` with small weights."""

    def run(*arguments: str) -> int:
        return main(
            ["read", "-w", str(small_onnx.detector), "-w", str(small_onnx.word), "--min-score", "0", *arguments]
        )

    return run


def files_in(folder: str | Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in Path(folder).rglob("*") if p.is_file() and p.name != NAME)


Out = pytest.CaptureFixture[str]


def written_lines(text: str) -> int:
    """Lines of a page's text; blocks have an empty one between them."""
    return sum(bool(line) for line in text.split("\n"))


def test_what_is_printed_has_one_shape(scans: Path, read: Callable[..., int], capsys: Out) -> None:
    assert read("scans/a.png") == 0
    one = capsys.readouterr().out
    assert written_lines(one) == 3 and "\t" not in one
    assert read("scans") == 0
    pages = capsys.readouterr().out.split("\f")
    assert len(pages) == 5 and pages[0] == one and all(written_lines(page) == 3 for page in pages)
    for name in ("json", "jsonl", "tsv", "md", "hocr", "alto"):
        assert read("scans/b.tif", "--format", name, "--draw", "drawn") == 0
        printed = capsys.readouterr()
        assert "3 pictures" in printed.err
        assert read("scans/b.tif", "--out", f"all{ENDINGS[name]}", "--format", name) == 0
        assert "9 texts in 3 of 3 images" in capsys.readouterr().out
        if name != "alto":  # it has the time, and names the images first where it knows them
            assert Path(f"all{ENDINGS[name]}").read_text(encoding="utf-8") == printed.out
    assert [p["name"] for p in json.loads(Path("all.json").read_text())["pages"]] == [
        "scans/b.tif#1", "scans/b.tif#2", "scans/b.tif#3",
    ]  # fmt: skip


def test_a_file_for_every_input_and_format(scans: Path, read: Callable[..., int], capsys: Out) -> None:
    assert read("scans", "--format", "json,page,pdf,json", "--out", "out") == 0
    assert files_in("out") == [
        "a.json", "a.page.xml", "a.pdf", "b-1.page.xml", "b-2.page.xml", "b-3.page.xml", "b.json", "b.pdf",
        "sub/a.json", "sub/a.page.xml", "sub/a.pdf",
    ]  # fmt: skip
    assert [len(json.loads(Path(f"out/{n}.json").read_text())["pages"]) for n in ("a", "b", "sub/a")] == [1, 3, 1]
    document = pypdfium2.PdfDocument("out/b.pdf")
    texts = [line["text"] for page in json.loads(Path("out/b.json").read_text())["pages"] for line in page["lines"]]
    assert len(document) == 3
    found = " ".join(page.get_textpage().get_text_range() for page in document).split()
    assert found == " ".join(texts).split()
    page_picture(5).save("scans/a.bmp")
    assert read("scans", "scans/b.tif#2", "--format", "txt", "--out", "more/") == 0
    assert files_in("more") == ["scans/a.png.txt", "scans/a.txt", "scans/b-2 (2).txt", "scans/b.txt", "scans/sub/a.txt"]


def test_the_same_command_goes_on(
    scans: Path, read: Callable[..., int], capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    page = Reader.page

    def counted(self: Reader, source: Any, *rest: Any) -> Any:
        seen.append(source.name)
        if source.name == stop:
            raise KeyboardInterrupt
        return page(self, source, *rest)

    monkeypatch.setattr(Reader, "page", counted)
    given = ["scans", "--format", "txt,pdf", "--out", "out"]
    stop = "b.tif#3"
    assert read(*given) == 130
    assert "1 of 5 images are done, and the same command goes on" in capsys.readouterr().err
    assert files_in("out") == ["a.pdf", "a.txt"]  # nothing of b.tif, not even under another name
    stop = ""
    seen.clear()
    assert read(*given) == 0 and seen == ["b.tif#1", "b.tif#2", "b.tif#3", "sub/a.jpg"]
    assert "1 images were done before" in capsys.readouterr().out
    seen.clear()
    assert read(*given) == 0 and seen == []
    assert "5 images were done before" in capsys.readouterr().out
    assert read(*given, "--threads", "1") == 0 and seen == []  # changes no text
    # Read anew is what has changed: the settings, an image, an output that is gone; and what is asked for beside it.
    assert read(*given, "--min-score", "0.01") == 0 and len(seen) == 5
    seen.clear()
    page_picture(9).save("scans/a.png")
    Path("out/sub/a.txt").unlink()
    assert read(*given, "--min-score", "0.01") == 0 and seen == ["a.png", "sub/a.jpg"]
    seen.clear()
    assert read(*given, "--min-score", "0.01", "--draw", "drawn") == 0 and len(seen) == 5
    seen.clear()
    assert read(*given, "--min-score", "0.01", "--draw", "drawn") == 0 and seen == []
    assert read(*given, "--min-score", "0.01", "--overwrite") == 0 and len(seen) == 5


def test_what_chuviet_did_not_write_stays(scans: Path, read: Callable[..., int], capsys: Out) -> None:
    Path("out").mkdir()
    Path("out/a.txt").write_text("my notes")
    for out, given in (("out", ["--format", "txt,json"]), ("notes.txt", []), ("mine.json", []), ("mine.pdf", [])):
        if out != "out":
            Path(out).write_text("my notes")
        assert read("scans", "--out", out, *given) == 2
        error = capsys.readouterr().err
        assert "--overwrite replaces" in error and error.count("\n") == 1
    assert files_in("out") == ["a.txt"] and not Path("out", NAME).exists()
    assert all(Path(name).read_text() == "my notes" for name in ("out/a.txt", "notes.txt", "mine.json", "mine.pdf"))
    for name in ("json", "jsonl", "hocr", "alto", "pdf"):  # one of its own is replaced
        for _ in range(2):
            assert read("scans/a.png", "--out", f"own{ENDINGS[name]}") == 0
    assert read("scans", "--out", "out", "--format", "txt,json", "--overwrite") == 0
    assert read("scans", "--out", "notes.txt", "--overwrite") == 0 and Path("notes.txt").read_text().count("\f") == 4


@pytest.mark.parametrize(("given", "said"), [
    (["--out", "a.docx"], "Names end in one of .txt .json"),
    (["--out", "results"], "Names end in one of .txt .json"),
    (["--out", "scans"], "a folder; name the formats of its files, such as --format json,pdf"),
    (["--out", "new/"], "a folder; name the formats"),
    (["--out", "a.json", "--format", "docx"], "format 'docx': one of txt, json"),
    (["--out", "a.json", "--format", "pdf"], "names of format pdf end in .pdf"),
    (["--out", "a.json", "--format", "pdf,json"], "several formats go into a folder, and this is the name of a file"),
    (["--format", "txt,json"], "several formats go into a folder; name it: --out DIR"),
    (["--format", "pdf"], "cannot be printed; name a file: --out FILE.pdf"),
    (["--format", "page"], "format page has one page a file, and there are 5 images; write into a folder"),
    (["--out", "a.page.xml"], "has one page a file"),
    (["--out", "scans", "--format", "pdf"], "lies in the input folder scans; the next run would read it"),
    (["--out", "scans/new", "--format", "pdf,txt"], "lies in the input folder scans"),
    (["--out", "scans/new.pdf"], "lies in the input folder scans"),
    (["--draw", "scans/drawn"], "lies in the input folder scans"),
    (["--out", "scans/a.png/x", "--format", "txt"], "scans/a.png is a file, not a folder"),
])  # fmt: skip
def test_refused_before_anything_is_read(
    given: list[str], said: str, scans: Path, read: Callable[..., int], capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Reader, "page", lambda *_: pytest.fail("it was read"))
    before = files_in(".")
    assert read("scans", *given) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1 and files_in(".") == before


def test_texts_may_lie_beside_their_images(scans: Path, read: Callable[..., int], capsys: Out) -> None:
    assert read("scans", "--out", "scans", "--format", "txt") == 0
    assert files_in("scans") == ["a.png", "a.txt", "b.tif", "b.txt", "sub/a.jpg", "sub/a.txt"]
    assert read("scans", "--out", "scans", "--format", "txt") == 0
    assert "5 images were done before" in capsys.readouterr().out


def test_a_bad_page_in_a_folder(scans: Path, read: Callable[..., int], capsys: Out) -> None:
    Path("scans/c.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    given = ["scans", "--out", "out", "--format", "json"]
    assert read(*given) == 2
    assert "1 of 6 pages cannot be read; --skip-bad" in capsys.readouterr().err
    assert files_in("out") == ["a.json", "b.json"]
    for _ in range(2):  # what is bad is named every time
        assert read(*given, "--skip-bad") == 3
        assert "c.png" in capsys.readouterr().err
    assert files_in("out") == ["a.json", "b.json", "sub/a.json"]
    assert read("scans/c.png", "--out", "c.json", "--skip-bad") == 3
    assert "no file was written" in capsys.readouterr().out and not Path("c.json").exists()


def test_a_record_whose_last_line_was_cut(tmp_path: Path) -> None:
    record = Record(tmp_path)
    for name in ("a.txt", "b.txt"):
        record.begin(name, "1")
        (tmp_path / name).write_text("x")
        record.finish(name)
    record.begin("a.txt", "2")
    whole = (tmp_path / NAME).read_bytes()
    for length in range(len(whole) + 1):
        (tmp_path / NAME).write_bytes(whole[:length])
        found = Record(tmp_path)
        lines = [json.loads(row)[:3] for row in whole[:length].decode().split("\n")[:-1]]
        if length and whole[length : length + 1] == b"\n":  # whole but for its end
            lines.append(json.loads(whole[:length].decode().rsplit("\n", 1)[-1])[:3])
        begun_again = ["a.txt", "2", "begun"] in lines
        assert found.is_ours("a.txt") == (["a.txt", "1", "begun"] in lines)
        assert found.is_done("b.txt", "1") == (["b.txt", "1", "done"] in lines)
        assert found.is_done("a.txt", "1") == (["a.txt", "1", "done"] in lines and not begun_again)
        found.begin("c.txt", "3")
        assert Record(tmp_path).is_ours("c.txt") and not Record(tmp_path).is_done("a.txt", "2")
    (tmp_path / NAME).write_bytes(b'["a.txt", "1"]\n["a.txt", "1", "done"]\n["b.txt", "1"]\n')  # of before
    assert Record(tmp_path).is_done("a.txt", "1") and not Record(tmp_path).is_done("b.txt", "1")
    (tmp_path / NAME).write_bytes(b'[]\n7\n["b.txt"]\n{"a": 1}\n["b.txt", 2, "done"]\n\xff\xfe\n')
    assert not Record(tmp_path).is_ours("b.txt")


SLOW = """
import sys, time
from chuviet.reading import pages
from chuviet.cli import main
page = pages.Reader.page
def slow(self, source, *rest):
    time.sleep(0.1)
    return page(self, source, *rest)
pages.Reader.page = slow
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def started(small_onnx: Any, scans: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """started(arguments): a slow reading of 13 pages in a process of its own, which has begun a file, or, of a folder,
    ended its second page.
    """
    for k in range(12):
        page_picture(k).save(f"scans/sub/{k}.png")
    begun: list[subprocess.Popen[str]] = []

    def start(*given: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", SLOW, "read", "scans/sub", "-w", str(small_onnx.detector), "-w",
                   str(small_onnx.word), "--min-score", "0", *given]  # fmt: skip
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        begun.append(process)
        ending, count = (".json", 2) if "--format" in given else (".tmp", 1)
        for _ in range(600):
            written = sum(p.name.endswith(ending) for p in Path().rglob("*"))
            if written >= count or process.poll() is not None:
                return process
            time.sleep(0.05)
        raise AssertionError("nothing was written")

    yield start
    for process in begun:
        process.kill()
        process.communicate()


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_stop_leaves_whole_files_and_is_gone_on_from(
    number: signal.Signals, started: Callable[..., subprocess.Popen[str]]
) -> None:
    given = ("--out", "out", "--format", "json,pdf")
    process = started(*given)
    process.send_signal(number)
    _, error = process.communicate(timeout=60)
    left = files_in("out")
    if number == signal.SIGKILL:
        left = [name for name in left if not Path(name).name.startswith(".")]
    else:
        assert process.returncode == 130 and error.startswith("chuviet: stopped; ") and error.count("\n") == 1
    pages = [name for name in left if name.endswith(".json")]
    assert 0 < len(pages) < 13
    times = {}
    for name in pages:
        assert len(json.loads(Path("out", name).read_text())["pages"]) == 1
        times[name] = Path("out", name).stat().st_mtime_ns
    for name in left:
        if name.endswith(".pdf"):
            assert len(pypdfium2.PdfDocument(Path("out", name))) == 1
    again = started(*given)
    assert again.wait(timeout=120) == 0
    kept = [name for name in pages if Path("out", name).stat().st_mtime_ns == times[name]]
    assert len(kept) >= len(pages) - 1  # the one that was being written is not counted as done
    assert len([name for name in files_in("out") if name.endswith(".json")]) == 13


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
def test_one_file_is_there_whole_or_not(started: Callable[..., subprocess.Popen[str]]) -> None:
    process = started("--out", "all.pdf")
    process.send_signal(signal.SIGTERM)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130 and error == "chuviet: stopped\n"
    assert not [p.name for p in Path().iterdir() if "all.pdf" in p.name]


def test_a_full_disk_ends_it_in_one_line(
    scans: Path, read: Callable[..., int], capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(io.BytesIO):
        def write(self, data: Any) -> int:
            raise OSError(28, "No space left on device")

        def fileno(self) -> int:
            raise AssertionError

    opened = Path.open
    monkeypatch.setattr(
        Path, "open", lambda p, *mode, **how: Full() if p.name.endswith(".tmp") else opened(p, *mode, **how)
    )
    assert read("scans", "--out", "all.pdf") == 2
    error = capsys.readouterr().err
    assert "all.pdf: cannot be written (No space left on device); nothing was left behind" in error


def outputs(folder: str) -> dict[str, bytes]:
    names = [name for name in files_in(folder) if not name.startswith(".")]
    return {name: Path(folder, name).read_bytes() for name in names}


def test_shares_are_even_and_whole() -> None:
    assert shares([1, 1, 1, 1, 1], 2) == [0, 1, 0, 1, 0]
    assert shares([9, 1, 1, 1, 1], 3) == [0, 1, 2, 1, 2]  # who has the long file gets no other
    assert shares([], 4) == [] and shares([5, 5], 1) == [0, 0]
    for bad in ("4/4", "1", "-1/2", "a/2", "1/2/3", "²/3"):
        with pytest.raises(ValueError, match="give i/n"):
            parse_shard(bad)


def test_all_shards_together_write_what_one_run_does(
    scans: Path,
    read: Callable[..., int],
    capsys: Out,
) -> None:
    page_picture(7).save("scans/c.png")
    given = ["scans", "--format", "txt,page", "--out"]
    assert read(*given, "one", "--draw", "drawn") == 0
    for i in (2, 0, 1):
        assert read(*given, "many", "--draw", "drawn_too", "--shard", f"{i}/3") == 0
        assert "of 3 images" in (said := capsys.readouterr().out) or "of 2 images" in said or "of 1 images" in said
    assert outputs("many").keys() == outputs("one").keys() and len(outputs("one")) == 4 + 6
    for name in (n for n in outputs("one") if n.endswith(".txt")):  # PAGE has the time
        assert outputs("many")[name] == outputs("one")[name]
    assert outputs("drawn_too") == outputs("drawn")


def test_what_is_done_is_done_for_all_shards(
    scans: Path,
    read: Callable[..., int],
    capsys: Out,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[str] = []
    page = Reader.page

    def counted(self: Reader, source: Any, *rest: Any) -> Any:
        seen.append(source.name)
        if source.name == stop:
            raise KeyboardInterrupt
        return page(self, source, *rest)

    monkeypatch.setattr(Reader, "page", counted)
    given = ["scans", "--format", "txt", "--out", "out"]
    stop = "sub/a.jpg"
    assert read(*given, "--shard", "0/2") == 130 and seen == ["a.png", "sub/a.jpg"]
    stop = ""
    seen.clear()
    assert read(*given, "--shard", "0/2") == 0 and seen == ["sub/a.jpg"]
    seen.clear()
    assert read(*given) == 0 and seen == ["b.tif#1", "b.tif#2", "b.tif#3"]  # one run makes the rest
    seen.clear()
    assert read(*given, "--shard", "1/2") == 0 and seen == []
    assert read(*given, "--shard", "4/5") == 0 and seen == []  # a share without an image
    assert "0 of 0 images" in capsys.readouterr().out
    # Other settings: a file is done for those it was written with last, whoever wrote it.
    assert read(*given, "--min-score", "0.01", "--shard", "1/2") == 0
    assert read(*given, "--shard", "1/2", "--threads", "1") == 0
    assert seen == ["b.tif#1", "b.tif#2", "b.tif#3"] * 2


def test_a_share_looks_at_its_own_outputs_alone(
    scans: Path,
    read: Callable[..., int],
    capsys: Out,
) -> None:
    Path("out").mkdir()
    Path("out/a.txt").write_text("mine")
    given = ["scans", "--format", "txt", "--out", "out", "--shard"]
    assert read(*given, "1/2") == 0 and read(*given, "0/2") == 2
    assert "did not write them (out/a.txt)" in capsys.readouterr().err
    assert read("scans", "--shard", "0/2") == 2 and read("scans", "--out", "a.txt", "--shard", "0/2") == 2
    assert capsys.readouterr().err.count("shards write into one folder") == 2


def test_records_of_several_are_read_in_the_order_of_time(tmp_path: Path) -> None:
    Image.new("L", (4, 4)).save(tmp_path / "a.txt", "PNG")
    (tmp_path / ".chuviet-read.jsonl").write_text('["a.txt", "1", "begun", 30.5]\n["a.txt", "1", "done", 31]\n')
    (tmp_path / ".chuviet-read-0of2.jsonl").write_text('["a.txt", "2", "begun", 20]\n["a.txt", "2", "done", 40]\n')
    assert Record(tmp_path).is_done("a.txt", "2") and not Record(tmp_path, (1, 2)).is_done("a.txt", "1")
    with (tmp_path / ".chuviet-read-1of2.jsonl").open("w") as f:
        f.write('["a.txt", "3", "begun", 50]\n')
    assert not Record(tmp_path).is_done("a.txt", "2")

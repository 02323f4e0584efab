"""`benchmarks/readers.py`: which lines are read, what is counted, how processes answer or say why they cannot."""

import argparse
import csv
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from chuviet.errors import InputError

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
WHERE = {"PYTHONPATH": str(BENCHMARKS / "peers")}
ECHO = """
from answering import answer, given
task = given()
answer(task, lambda paths: [f"{task['greeting']} {p}" for p in paths], {"version": "7", "mb": 1.5})
"""


@pytest.fixture
def readers(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("readers")


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("peers.process")


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], Path]:
    def write(source: str) -> Path:
        path = tmp_path / "peer.py"
        path.write_text(source)
        return path

    return write


def label_file(folder: Path, folds: list[int] | None, count: int) -> Path:
    """Noise with the texts "line 0", "line 1" and so on; a list where there are no folds."""
    rng = np.random.default_rng(0)
    rows = []
    for i in range(count):
        Image.fromarray(rng.integers(0, 255, (16, 60), dtype=np.uint8)).save(folder / f"{i}.png")
        rows.append([f"{i}.png", f"line {i}", *([folds[i]] if folds else [])])
    if folds is None:
        (folder / "labels.txt").write_text("".join(f"{a}\t{b}\n" for a, b in rows), encoding="utf-8")
        return folder / "labels.txt"
    with (folder / "labels.csv").open("w", encoding="utf-8", newline="") as f:
        csv.writer(f).writerows([["img_path", "text", "fold"], *rows])
    return folder / "labels.csv"


def test_a_fold_is_taken_where_rows_have_folds(readers: ModuleType, tmp_path: Path) -> None:
    table = label_file(tmp_path, [0, 1, 0, 6, 1], 5)
    found = readers.labelled("hand", table, fold=0)
    assert (found.name, found.texts) == ("hand", ["line 0", "line 2"])
    assert found.paths == [str(tmp_path / "0.png"), str(tmp_path / "2.png")]
    assert len(readers.labelled("hand", table).texts) == 5
    with pytest.raises(InputError, match="no fold 3"):
        readers.labelled("hand", table, fold=3)


def test_drawn_rows_and_lists_have_no_fold_and_count_whole(readers: ModuleType, tmp_path: Path) -> None:
    assert len(readers.labelled("drawn", label_file(tmp_path, [6] * 3, 3), fold=0).texts) == 3
    assert len(readers.labelled("list", label_file(tmp_path, None, 4), fold=0).texts) == 4


def test_rows_are_spread_over_the_set(readers: ModuleType, tmp_path: Path) -> None:
    table = label_file(tmp_path, None, 5)
    assert readers.labelled("x", table, rows=3).texts == ["line 0", "line 2", "line 4"]
    assert len(readers.labelled("x", table, rows=60).texts) == 5


def test_names_of_sets_and_peers(readers: ModuleType, tmp_path: Path) -> None:
    assert readers.named_path("hand=some/labels.csv") == ("hand", Path("some/labels.csv"))
    assert readers.named_path(str(tmp_path / "wills" / "manifest.csv"))[0] == "wills"
    assert readers.known_peer(f"trueocr={sys.executable}") == ("trueocr", sys.executable)
    with pytest.raises(argparse.ArgumentTypeError, match="not one of asterocr"):
        readers.known_peer(f"otherocr={sys.executable}")
    with pytest.raises(argparse.ArgumentTypeError, match="Python of the peer"):
        readers.known_peer("trueocr")


def side(readers: ModuleType, texts: dict[int, str], ms: dict[int, float]) -> object:
    return readers.Side(None, {"mb": 3.456}, texts, ms, {i: 2 * v for i, v in ms.items()})


def test_what_is_counted(readers: ModuleType) -> None:
    """Two edits of ten characters: a mark, a case. Neither NFD nor white space at the ends counts; inner spaces do."""
    lines = readers.LineSet("s", ["a", "b", "c"], ["Số 1", "ab", "Ba c"])
    read = {4: "So\u0302\u0301 1 ", 5: "Ab", 6: "Bà c"}
    row = readers.measured(lines, "one", side(readers, read, {4: 1.0, 5: 9.0, 6: 2.0}), 4)
    assert row["cer"] == pytest.approx(2 / 10)
    assert row["wer"] == pytest.approx(2 / 5)
    assert row["exact"] == pytest.approx(1 / 3)
    assert (row["ms"], row["cpu_ms"], row["lines"]) == (2.0, 4.0, 3)
    spaced = readers.LineSet("s", ["a"], ["a b"])
    assert readers.measured(spaced, "one", side(readers, {0: "a  b"}, {0: 1.0}), 0)["cer"] == pytest.approx(1 / 3)


def test_case_is_put_aside_where_the_name_says_so(readers: ModuleType) -> None:
    """ "ĐÀ" and "đà" are then equal, "đa" has one edit of two."""
    for name, wrong in (("receipts", 3), ("receipts^", 1)):
        lines = readers.LineSet(name, ["a", "b"], ["ĐÀ", "đà"])
        row = readers.measured(lines, "one", side(readers, {0: "đà", 1: "đa"}, {0: 1.0, 1: 1.0}), 0)
        assert row["cer"] == pytest.approx(wrong / 4), name
    assert readers.named_path("receipts^=labels.csv") == ("receipts^", Path("labels.csv"))


def test_tables(readers: ModuleType) -> None:
    row = {"set": "hand", "lines": 367, "system": "A", "cer": 0.04123, "wer": 0.5, "exact": 1.0, "ms": 9.96,
           "cpu_ms": 8.0, "mb": 3.456}  # fmt: skip
    rows = [row, row | {"system": "B", "cer": 0.5}, row | {"set": "print", "lines": 60, "cer": 1.25}]
    rows.append(rows[-1] | {"system": "B", "cer": 0.0})
    assert readers.error_table(rows).splitlines() == [
        "| CER | hand (367) | print (60) |", "| --- | --- | --- |",
        "| A | 4.12 % | 125.00 % |", "| B | 50.00 % | 0.00 % |",
    ]  # fmt: skip
    assert readers.table(rows).splitlines()[2] == (
        "| hand | 367 | A | 4.12 % | 50.0 % | 100.0 % | 10.0 | 8.0 | 3.5 |"
    )  # fmt: skip


def test_a_process_answers(process: ModuleType, script: Callable[[str], Path]) -> None:
    peer = process.Process(
        [sys.executable, str(script(ECHO))], {"paths": ["a", "b", "c"], "greeting": "hello"}, WHERE
    )  # fmt: skip
    assert peer.ask("about") == {"version": "7", "mb": 1.5}
    alone, together = peer.ask("one 1 3"), peer.ask("all 0 3")
    assert alone["texts"] == ["hello b", "hello c"]
    assert together["texts"] == ["hello a", "hello b", "hello c"]
    assert [len(alone[k]) for k in ("ms", "cpu")] == [2, 2]
    assert [len(together[k]) for k in ("ms", "cpu")] == [1, 1]
    peer.close()
    assert peer.process.returncode == 0


def test_what_a_peer_prints_does_not_end_up_among_its_answers(
    process: ModuleType, script: Callable[[str], Path]
) -> None:
    noisy = ECHO.replace("lambda paths: [", "lambda paths: [print('loading') or ")
    peer = process.Process([sys.executable, str(script(noisy))], {"paths": ["a"], "greeting": "hi"}, WHERE)
    assert peer.ask("one 0 1")["texts"] == ["hi a"]
    peer.close()


def test_a_failed_download_is_named(process: ModuleType, script: Callable[[str], Path]) -> None:
    source = "from answering import given, weights_from\ngiven()\nwith weights_from('example.org'): raise OSError('no')"
    with pytest.raises(process.NotStarted) as e:
        process.Process([sys.executable, str(script(source))], {"paths": ["a"]}, WHERE)
    assert e.value.reason == "its weights need example.org, which could not be reached (OSError)"
    assert "could not be started: its weights need example.org" in str(e.value)


def test_a_process_that_ends_before_it_reads_its_task(process: ModuleType, script: Callable[[str], Path]) -> None:
    """The task is larger than what a pipe holds."""
    with pytest.raises(process.NotStarted, match="could not be started"):
        process.Process([sys.executable, str(script("raise SystemExit(3)"))], {"paths": ["a" * 100] * 10_000})


def test_a_peer_that_cannot_start_does_not_stop_the_others(
    readers: ModuleType, script: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {"good": ("Good", str(script(ECHO)), {"greeting": "x"}), "bad": ("Bad", str(tmp_path / "bad.py"), {})}
    (tmp_path / "bad.py").write_text("print('its weights need a hub')")
    (tmp_path / "answering.py").write_text((BENCHMARKS / "peers" / "answering.py").read_text())
    monkeypatch.setattr(readers, "KNOWN", known)
    given = [
        "-w",
        "micro_16",
        "--tesseract",
        "no",
        "--peer",
        f"bad={sys.executable}",
        "--peer",
        f"good={sys.executable}",
    ]
    image = label_file(tmp_path, None, 1).with_name("0.png")
    sides, missing = readers.start(readers.arguments().parse_args(given), [str(image)])
    assert list(sides) == ["chuviet micro_16", "Good 7"]
    assert missing == {"Bad": "its weights need a hub"}
    lines = readers.LineSet("s", [str(image)], ["x"])
    readers.ask(sides, lines, 0)
    assert sides["Good 7"].texts == {0: f"x {image}"}
    for one in sides.values():
        one.process.close()


def test_weights_with_a_language_model_are_read_twice(readers: ModuleType, tmp_path: Path) -> None:
    image = label_file(tmp_path, None, 1).with_name("0.png")
    given = readers.arguments().parse_args(["-w", "vi_text", "--tesseract", "no"])
    sides, _ = readers.start(given, [str(image)])
    assert list(sides) == ["chuviet vi_text, no language model", "chuviet vi_text"]
    network, whole = (s.about["mb"] for s in sides.values())
    assert 1 < network < whole - 1
    assert [s.about["language_model"] for s in sides.values()] == [False, True]
    for one in sides.values():
        one.process.close()


def test_weights_that_left_out_another_fold_are_named(readers: ModuleType) -> None:
    sides = {"old": readers.Side(None, {"left_out": 0}), "all": readers.Side(None, {"left_out": 5}),
             "peer": readers.Side(None, {"mb": 1.0})}  # fmt: skip
    assert readers.seen(sides, 0) == ["all: its notes do not say that fold 0 was left out of its training"]
    assert [line.partition(":")[0] for line in readers.seen(sides, 1)] == ["old", "all"]
    assert readers.seen(sides, None) == []


def test_the_command(tmp_path: Path) -> None:
    table, out = label_file(tmp_path, [0, 1, 1], 3), tmp_path / "out.json"
    command = [sys.executable, str(BENCHMARKS / "readers.py"), "-w", "micro_16", "--tesseract", "no", "--fold", "1",
               "--data", f"noise={table}", "--out", str(out)]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=dict(os.environ))
    written = json.loads(out.read_text(encoding="utf-8"))
    assert "| CER | noise (2) |" in done.stdout
    (row,) = written["rows"]
    assert (row["set"], row["system"], row["lines"]) == ("noise", "chuviet micro_16", 2)
    assert row["mb"] == pytest.approx(0.037104)
    assert written["circumstances"]["fold"] == 1
    assert written["not_started"] == {}
    twice = subprocess.run([*command, "--data", f"noise={table}"], capture_output=True, text=True, check=False)
    assert twice.returncode == 1
    assert "two sets have this name" in twice.stderr

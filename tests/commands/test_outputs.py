"""No command replaces what it reads."""

from pathlib import Path

import pytest

from chuviet.cli import main

COMMANDS = {
    "evaluate out": ["evaluate", "-w", "w.onnx", "--data", "a.csv", "--out", "./a.csv"],
    "evaluate json": ["evaluate", "-w", "w.onnx", "--data", "a.csv", "--json", "link.csv"],
    "evaluate weights": ["evaluate", "-w", "w.onnx", "--data", "a.csv", "--out", "w.onnx"],
    "folds": ["folds", "--data", "a.csv", "--out", "sub/../a.csv"],
    "check": ["check", "--data", "a.csv", "--pages", "b.txt[0:0.5]", "--clean", "b.txt"],
    "lm": ["lm", "--text", "b.txt", "--labels", "a.csv", "--out", "b.txt"],
    "pack": ["pack", "w.onnx", "--lm", "b.txt", "--out", "b.txt"],
    "export": ["export", "-w", "w.onnx", "--check", "a.csv", "--out", "w.onnx"],
    "prune": ["prune", "-w", "w.onnx", "--out", "w.onnx"],
    "reject": ["reject", "-w", "w.onnx", "--data", "b.txt", "--out", "b.txt"],
    "report": ["report", "a.csv", "--out", "a.csv"],
    "lm general": ["lm", "--general", "b.txt", "--out", "b.txt"],
    "calibrate": ["calibrate", "a.csv", "-w", "w.onnx", "--out", "w.onnx"],
    "convert": ["convert", "tsv", "b.txt", "--to", "tsv", "--out", "b.txt"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_an_output_that_is_an_input_is_refused_before_anything_is_read(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    for file in ("a.csv", "b.txt", "w.onnx"):
        (tmp_path / file).write_text(f"{file} as it was")  # none can be read: nothing gets that far
    (tmp_path / "link.csv").symlink_to("a.csv")
    assert main(COMMANDS[name]) == 2
    assert "would be overwritten" in capsys.readouterr().err
    assert all((tmp_path / f).read_text() == f"{f} as it was" for f in ("a.csv", "b.txt", "w.onnx"))


def test_an_output_that_cannot_be_written_is_said_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main(["folds", "--data", str(tmp_path / "no.csv"), "--out", str(tmp_path / "file" / "x.csv")]) == 2
    assert "--out" in capsys.readouterr().err

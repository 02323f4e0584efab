"""Commands that find text and read pages, from weights file to the files that users get."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from chuviet.artifact.metadata import Artifact
from chuviet.artifact.opening import open_artifact
from chuviet.cli import main
from chuviet.commands import weights as loading
from chuviet.reading.detector import Detector

Save = Callable[..., Path]
WordsPage = tuple[Path, np.ndarray]


def test_commands(
    tmp_path: Path, save: Save, detector_file: Path, words_page: WordsPage, capsys: pytest.CaptureFixture[str]
) -> None:
    weights, (path, quads) = detector_file, words_page
    target = [{"transcription": "a", "points": np.rint(q).astype(int).tolist()} for q in quads]
    (tmp_path / "label.txt").write_text(f"page.png\t{json.dumps(target)}\n")
    det, rec, out = str(weights), str(save("rec.safetensors")), tmp_path / "out.txt"
    assert main(["predict", "-w", det, str(path), "--out", str(out), "--draw", str(tmp_path / "drawn")]) == 0
    name, rows = out.read_text().rstrip("\n").split("\t")
    assert name == str(path) and {"points", "score"} == set(json.loads(rows)[0])
    assert Image.open(tmp_path / "drawn" / "page.jpg").size == (480, 300)
    assert main(["read", str(path), "-w", rec, "-w", det, "--min-score", "0", "--out", str(tmp_path / "r.json")]) == 0
    (page,) = json.loads((tmp_path / "r.json").read_text())["pages"]
    assert page["name"] == str(path) and page["lines"] and {"text", "points", "words"} <= set(page["lines"][0])
    capsys.readouterr()
    label = str(tmp_path / "label.txt")
    assert main(["evaluate", "-w", det, "-w", rec, "--data", label, "--json", str(tmp_path / "m.json")]) == 0
    assert "e2e hmean" in capsys.readouterr().out
    metrics = json.loads((tmp_path / "m.json").read_text())["all"]
    assert metrics["truths"] == 4 and 0 <= metrics["hmean"] <= 1
    for wrong, said in (
        (["predict", "-w", det, "-w", rec, str(path)], "`chuviet read` does both"),
        (["predict", "-w", det, "-w", det, str(path)], "two detectors"),
        (["predict", "-w", rec, "--draw", "d", str(path)], "--draw is for the weights of a detector"),
        (["evaluate", "-w", det, "--data", f"{label}[0.5:0.2]"], "lies between 0 and 1"),
        (["predict", "-w", det, str(path), "--decoder", "beam"], "--decoder is for the weights of a recogniser"),
        (["predict", "-w", det, str(path), "--batch-size", "2"], "--batch-size is for the weights of a recogniser"),
        (["evaluate", "-w", det, "--data", label, "--fold", "0"], "--fold is for lines"),
        (["evaluate", "-w", det, "-w", rec, "--data", label, "--ignore-space"], "--ignore-space is for lines"),
        (["evaluate", "-w", det, "--data", label, "--min-score", "0.1"], "--min-score is for the weights of a recog"),
        (["evaluate", "-w", det, "--data", label, "--frame", "64"], "--frame is for a detector with a rejector"),
        (["evaluate", "-w", rec, "--data", label, "--min-score", "0"], "--min-score is for the weights of a detector"),
        (["export", "-w", det, "--check", label, "--calibrate", label], "--calibrate is for int8"),
        (["export", "-w", det, "--tolerance", "0.1"], "--tolerance is for int8"),
        (["export", "-w", det, "--precision", "int8", "--check", label, "--calibrate", label], "and in --check"),
    ):
        assert main(wrong) == 2
        assert said in capsys.readouterr().err
    assert main(["export", "-w", det, "--check", label, "--out", str(tmp_path / "d.onnx")]) == 0
    assert "hmean on" in capsys.readouterr().out
    assert len(Detector(tmp_path / "d.onnx").predict([path])) == 1


@pytest.fixture
def photos(tmp_path: Path, words_page: WordsPage) -> Path:
    """The same page four times under names that are easily taken for each other, and labels of two of them."""
    page, quads = words_page
    rows = [{"transcription": "a", "points": np.rint(q).astype(int).tolist()} for q in quads]
    photos = tmp_path / "photos"
    for name in ("a/1.png", "b/1.png", "b/1.bmp", "b/2.png"):
        (photos / name).parent.mkdir(parents=True, exist_ok=True)
        Image.open(page).save(photos / name)
    for split in "ab":
        (photos / split / "label.txt").write_text(f"1.png\t{json.dumps(rows if split == 'a' else rows[:1])}\n")
    return photos


def drawn(folder: Path) -> list[str]:
    names = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    assert all(Image.open(folder / name).size == (480, 300) for name in names)
    return names


def test_a_folder_of_photos_by_torch_and_by_its_onnx_file(
    photos: Path, detector_file: Path, tmp_path: Path, save: Save, capsys: pytest.CaptureFixture[str]
) -> None:
    det = str(detector_file)
    assert main(["export", "-w", det, "--out", str(tmp_path / "det.onnx")]) == 0
    found = {}
    for name in ("det.safetensors", "det.onnx"):
        out, pictures = tmp_path / f"{name}.txt", tmp_path / f"{name}.drawn"
        command = ["predict", "-w", str(tmp_path / name), str(photos), "--out", str(out), "--draw", str(pictures)]
        assert main(command) == 0
        assert drawn(pictures) == ["a/1.jpg", "b/1.jpg", "b/1.png.jpg", "b/2.jpg"]
        rows = dict(line.split("\t") for line in out.read_text().splitlines())
        assert list(rows) == ["a/1.png", "b/1.bmp", "b/1.png", "b/2.png"] and len(set(rows.values())) == 1
        found[name] = json.loads(rows["a/1.png"])
    first, second = found.values()
    assert len(first) == len(second) > 0
    for one, other in zip(first, second, strict=True):
        assert np.abs(np.subtract(one["points"], other["points"])).max() <= 1
        assert one["score"] == pytest.approx(other["score"], abs=2e-3)
    for source in (str(photos / "*/1.png"), str(photos)):  # absolute names lose the folder that all are in
        into = tmp_path / f"read{len(source)}"
        assert main(["read", source, "-w", det, "-w", str(save("rec.safetensors")), "--draw", str(into)]) == 0
        assert drawn(into)[:2] == ["a/1.jpg", "b/1.jpg"]
    assert "4 pictures" in capsys.readouterr().err


def test_evaluate_tells_several_label_files_apart(
    photos: Path, detector_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    det = str(detector_file)
    first, second = (str(photos / split / "label.txt") for split in "ab")
    command = ["evaluate", "-w", det, "--data", first, "--data", second]
    assert main([*command, "--json", str(tmp_path / "m.json"), "--draw", str(tmp_path / "drawn")]) == 0
    said = capsys.readouterr().out
    assert "a/label.txt" in said and "b/label.txt" in said and "2 pictures" in said
    assert drawn(tmp_path / "drawn") == ["a/1.jpg", "b/1.jpg"]
    result = json.loads((tmp_path / "m.json").read_text())
    assert result["data"] == [first, second]
    assert [result[k]["truths"] for k in ("a/label.txt", "b/label.txt", "all")] == [4, 1, 5]
    errors = result["errors"]
    assert set(errors) == {"a/label.txt", "b/label.txt", "all"}
    for side in ("truths", "found"):
        for kind, n in errors["all"][side].items():
            assert n == errors["a/label.txt"][side][kind] + errors["b/label.txt"][side][kind]
    assert sum(errors["a/label.txt"]["truths"].values()) == 4 - result["a/label.txt"]["matched"]
    assert main([*command, "--data", first]) == 2 and "named twice" in capsys.readouterr().err
    (photos / "c" / "a").mkdir(parents=True)  # another a/label.txt, so both go by their whole names
    for name in ("1.png", "label.txt"):
        (photos / "c" / "a" / name).write_bytes((photos / "a" / name).read_bytes())
    third = str(photos / "c" / "a" / "label.txt")
    assert main(["evaluate", "-w", det, "--data", first, "--data", third, "--json", str(tmp_path / "m.json")]) == 0
    assert {first, third} < set(json.loads((tmp_path / "m.json").read_text()))


def test_read_without_weights_takes_the_shipped_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_onnx: Any, words_page: WordsPage
) -> None:
    named: list[Path] = []

    def opened(path: Path, device: str, threads: int) -> Artifact:
        named.append(path)
        return open_artifact(small_onnx.detector if path.stem == "page_det" else small_onnx.word, device, threads)

    monkeypatch.setattr(loading, "open_artifact", opened)
    monkeypatch.chdir(tmp_path)  # no weights/ here: the shipped ones are found
    assert main(["read", str(words_page[0]), "--min-score", "0", "--out", "r.json"]) == 0
    assert [path.stem for path in named] == ["page_det", "vi_text", "print_line", "scene_word"]
    assert all(path.is_file() for path in named) and len(json.loads(Path("r.json").read_text())["pages"]) == 1


def test_a_bad_page_stops_or_is_named(
    photos: Path, tmp_path: Path, small_onnx: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    (photos / "a" / "0.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    det, word = str(small_onnx.detector), str(small_onnx.word)
    for command in (["predict", "-w", det], ["read", "-w", det, "-w", word]):
        out = tmp_path / ("o" if command[0] == "predict" else "o.json")
        given = [*command, str(photos), "--out", str(out)]
        assert main(given) == 2
        said = capsys.readouterr().err
        assert "0.png: " in said and "1 of 5 pages cannot be read; --skip-bad" in said and not out.exists()
        assert main([*given, "--skip-bad"]) == 3
        said = capsys.readouterr()
        assert "left out: " in said.err and "0.png" in said.err and "in 4 of 5 images" in said.out
        out.unlink()

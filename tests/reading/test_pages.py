"""Detectors and readers of pages, from weights file to files that users get."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from chuviet.batch import Output
from chuviet.cli import main
from chuviet.commands import weights as loading
from chuviet.decode.db import DBDecoder
from chuviet.errors import InputError
from chuviet.export.detector import export_detector
from chuviet.export.graph import Refused
from chuviet.labels import LabelledPage
from chuviet.models.dbnet import DBNet
from chuviet.models.fpn import FPN
from chuviet.polygons import iou
from chuviet.preprocess.page import PagePreprocess
from chuviet.pytorch.artifact import load_artifact, save_artifact
from chuviet.reading.detector import Detector, load_detector
from chuviet.reading.lines import LineReader
from chuviet.reading.pages import as_json, read_page, save_readings
from chuviet.results import Detection

MODEL = DBNet.Config(
    backbone="resnet10t", pretrained=False, options=(("channels", (8, 16, 24, 32)),), neck=FPN.Config(width=16)
)


class Dark(torch.nn.Module):
    """Finds what is darker than half, without any training."""

    def forward(self, batch: Any) -> Output:
        return Output(logits=-20 * (batch.images.mean(1, keepdim=True) + 0.0))


def words_page(folder: Path) -> tuple[Path, np.ndarray]:
    """A white page with four black bars for words in two slanted lines, and their quads in reading order."""
    image, quads = np.full((300, 480, 3), 255, np.uint8), []
    for x, y in ((30, 40), (250, 52), (40, 150), (260, 163)):
        quad = np.array([(x, y), (x + 150, y + 8), (x + 149, y + 38), (x - 1, y + 30)], np.float64)
        cv2.fillPoly(image, [quad.astype(np.int32)], (0, 0, 0))
        quads.append(quad)
    Image.fromarray(image).save(folder / "page.png")
    return folder / "page.png", np.array(quads)


def detector(folder: Path) -> Detector:
    """`Dark` in the place of a trained network; an unclip ratio of almost 0: its regions are not shrunk."""
    path = detector_file(folder, replace(DBDecoder.Config(), unclip=1e-6))
    found = load_detector(path)
    found.model = Dark()
    return found


def detector_file(folder: Path, decoder: DBDecoder.Config | None = None) -> Path:
    torch.manual_seed(0)
    path = folder / "det.safetensors"
    save_artifact(
        path, model=MODEL.build(), model_cfg=MODEL, preprocess_cfg=PagePreprocess.Config(longest=320),
        decoder_cfg=decoder or DBDecoder.Config(threshold=0.0, box_threshold=0.0), charset=None, metrics={},
    )  # fmt: skip
    return path


def test_quads_are_those_of_the_original_image(tmp_path: Path) -> None:
    path, quads = words_page(tmp_path)
    (found,) = detector(tmp_path).predict([path])  # the network sees 320 x 200
    overlap = iou(quads, found.quads)
    assert overlap.shape == (4, 4) and overlap.max(1).min() > 0.85 and (found.scores > 0.9).all()


def test_a_page_is_read_in_reading_order_from_straightened_crops(tmp_path: Path, save: Callable[..., Path]) -> None:
    path, quads = words_page(tmp_path)
    recognizer, seen = LineReader(save("rec.safetensors")), []
    original = recognizer.predict

    def predict(crops: list[np.ndarray], *rest: Any) -> Any:
        seen.extend(crops)
        return original(crops, *rest)

    recognizer.predict = predict  # type: ignore[method-assign, assignment]
    image = np.asarray(Image.open(path))
    page = read_page(image, detector(tmp_path), recognizer)
    assert iou(quads, page.quads).argmax(1).tolist() == [0, 1, 2, 3]
    for crop in seen:
        assert abs(crop.shape[1] - 150) < 8 and abs(crop.shape[0] - 30) < 6
        assert crop[3:-3, 3:-3].mean() < 40  # the bar fills its crop: nothing of the slant is left
    assert page.texts is not None and [p.text for p in original(seen)] == page.texts
    assert set(as_json(page)[0]) == {"text", "points", "score"}
    limit = float(np.sort(page.scores)[1])  # the weakest goes, and what is read as nothing
    strong = read_page(image, detector(tmp_path), recognizer, min_score=limit)
    expected = [(t, s) for t, s in zip(page.texts, page.scores, strict=True) if t and s >= limit]
    assert (
        list(zip(strong.texts or (), strong.scores, strict=True)) == expected and len(strong.quads) == len(expected) < 4
    )
    blank = read_page(np.full((64, 64, 3), 255, np.uint8), detector(tmp_path), recognizer)
    assert len(blank.quads) == 0 and blank.texts == []


def test_a_slim_model_and_its_onnx_file_find_what_the_whole_one_finds(tmp_path: Path) -> None:
    weights, (path, _) = detector_file(tmp_path), words_page(tmp_path)
    done = export_detector(load_artifact(weights), tmp_path / "det.onnx")
    assert done.different == 0 and done.pages == 4 and done.hmean == {}
    files = [load_detector(p).predict([path])[0] for p in (weights, tmp_path / "det.onnx")]
    assert len(files[0].quads) == len(files[1].quads) > 0
    assert np.abs(files[0].quads - files[1].quads).max() < 1
    whole = load_artifact(weights).model(load_detector(weights).batch(np.asarray(Image.open(path)))).logits
    slim = load_detector(weights)
    assert torch.allclose(slim.model(slim.batch(np.asarray(Image.open(path)))).logits, whole[:, :1], atol=1e-4)


def test_int8_needs_labels_and_is_judged_by_hmean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    artifact, (path, quads) = load_artifact(detector_file(tmp_path)), words_page(tmp_path)
    with pytest.raises(InputError, match="give labelled ones with --check"):
        export_detector(artifact, tmp_path / "x.onnx", "int8")
    page = LabelledPage(None, quads, list("abcd"), np.zeros(4, bool), str(path))
    done = export_detector(artifact, tmp_path / "x.onnx", "int8", [page] * 5, tolerance=1.0)
    assert (done.calibrated, done.pages) == (1, 4) and done.size > 0
    assert list(done.hmean) == list(done.milliseconds) == ["PyTorch fp32", "ONNX fp32", "ONNX int8"]
    with pytest.raises(InputError, match="not judged on what it is calibrated on"):
        export_detector(artifact, tmp_path / "x.onnx", "int8", [page])
    from chuviet.export import detector as module

    values = iter((0.9, 0.8, 0.5))
    monkeypatch.setattr(module, "_hmean", lambda found, pages: next(values))
    image = np.asarray(Image.open(path))
    with pytest.raises(Refused, match=r"hmean falls from 0\.9000 to 0\.5000") as refused:
        export_detector(artifact, tmp_path / "y.onnx", "int8", [page], calibrate=[image])
    assert refused.value.report.hmean["ONNX fp32"] == 0.8
    assert not (tmp_path / "y.onnx").exists()


def test_commands(tmp_path: Path, save: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    weights, (path, quads) = detector_file(tmp_path), words_page(tmp_path)
    truth = [{"transcription": "a", "points": np.rint(q).astype(int).tolist()} for q in quads]
    (tmp_path / "label.txt").write_text(f"page.png\t{json.dumps(truth)}\n")
    det, rec, out = str(weights), str(save("rec.safetensors")), tmp_path / "out.txt"
    assert main(["predict", "-w", det, str(path), "--out", str(out), "--draw", str(tmp_path / "drawn")]) == 0
    name, rows = out.read_text().rstrip("\n").split("\t")
    assert name == str(path) and {"points", "score"} == set(json.loads(rows)[0])
    assert Image.open(tmp_path / "drawn" / "page.jpg").size == (480, 300)
    assert main(["read", str(path), "-w", rec, "-w", det, "--min-score", "0", "--out", str(tmp_path / "r.json")]) == 0
    result = json.loads((tmp_path / "r.json").read_text())
    assert list(result) == [str(path)] and {"text", "points", "score"} == set(result[str(path)][0])
    capsys.readouterr()
    label = str(tmp_path / "label.txt")
    assert main(["evaluate", "-w", det, "-w", rec, "--data", label, "--json", str(tmp_path / "m.json")]) == 0
    assert "e2e hmean" in capsys.readouterr().out
    figures = json.loads((tmp_path / "m.json").read_text())["all"]
    assert figures["truths"] == 4 and 0 <= figures["hmean"] <= 1
    for wrong, said in (
        (["read", str(path), "-w", rec], "no detector is named"),
        (["predict", "-w", det, "-w", rec, str(path)], "`chuviet read` does both"),
        (["predict", "-w", det, "-w", det, str(path)], "two detectors"),
        (["predict", "-w", rec, "--draw", "d", str(path)], "--draw is for the weights of a detector"),
        (["evaluate", "-w", det, "--data", f"{label}[0.5:0.2]"], "lies between 0 and 1"),
        (["predict", "-w", det, str(path), "--skip-bad"], "--skip-bad is for lines"),
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
    assert len(load_detector(tmp_path / "d.onnx").predict([path])) == 1


def test_detections_keep_their_index() -> None:
    found = Detection(3, np.zeros((0, 4, 2)), np.zeros(0))
    assert found.answer is found and as_json(found) == []


def two_folders(folder: Path) -> Path:
    """The same page four times under names that are easily taken for each other, and labels of two of them."""
    page, quads = words_page(folder)
    rows = [{"transcription": "a", "points": np.rint(q).astype(int).tolist()} for q in quads]
    photos = folder / "photos"
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
    tmp_path: Path, save: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    photos, det = two_folders(tmp_path), str(detector_file(tmp_path))
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
    assert "4 pictures" in capsys.readouterr().out


def test_evaluate_tells_several_label_files_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photos, det = two_folders(tmp_path), str(detector_file(tmp_path))
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
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, save: Callable[..., Path]
) -> None:
    named, original = [], loading.load_weights

    def load_weights(path: Path, device: Any) -> Any:
        named.append(path)
        return original(detector_file(tmp_path) if path.stem == "text_det" else save("rec.safetensors"), device)

    monkeypatch.setattr(loading, "load_weights", load_weights)
    monkeypatch.chdir(tmp_path)  # no weights/ here: the checkout's own are found
    assert main(["read", str(words_page(tmp_path)[0]), "--out", "r.json"]) == 0
    assert [path.name for path in named] == ["text_det.safetensors", "scene_word.safetensors"]
    assert all(path.is_file() for path in named) and json.loads(Path("r.json").read_text())


def test_readings_have_a_line_a_text(tmp_path: Path) -> None:
    quads = np.array([[(0, 0), (9.6, 0), (9.6, 5), (0, 5)], [(0, 9), (9, 9), (9, 15), (0, 15)]])
    found = [Detection(0, quads, np.array([0.5, 0.25]), ["Huế", 'a"b']), Detection(1, quads[:0], np.zeros(0), [])]
    save_readings(["á.png", "none.png"], found, tmp_path / "r.json")
    text = (tmp_path / "r.json").read_text(encoding="utf-8")
    assert text.splitlines() == [
        "{",
        ' "á.png": [',
        '  {"text": "Huế", "points": [[0, 0], [10, 0], [10, 5], [0, 5]], "score": 0.5},',
        '  {"text": "a\\"b", "points": [[0, 9], [9, 9], [9, 15], [0, 15]], "score": 0.25}',
        " ],",
        ' "none.png": []',
        "}",
    ]
    assert json.loads(text)["á.png"][1]["text"] == 'a"b'

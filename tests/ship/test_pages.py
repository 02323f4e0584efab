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

from chuviet.cli import main
from chuviet.data.detection import PagePreprocess
from chuviet.decode.db import DBDecoder
from chuviet.geometry import iou
from chuviet.models.dbnet import DBNet
from chuviet.models.fpn import FPN
from chuviet.ship.artifact import load_artifact, save_artifact
from chuviet.ship.detector import Detector, load_detector
from chuviet.ship.export_detector import export_detector
from chuviet.ship.inference import load
from chuviet.ship.pages import as_json, read_page
from chuviet.types import Detection, InputError, Output, Page

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
    recognizer, seen = load(save("rec.safetensors")), []
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
    assert done.different == 0 and done.pages == 4 and done.hmean is None
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
    page = Page(None, quads, list("abcd"), np.zeros(4, bool), str(path))
    done = export_detector(artifact, tmp_path / "x.onnx", "int8", [page], tolerance=1.0)
    assert done.hmean is not None and done.size > 0
    from chuviet.ship import export_detector as module

    values = iter((0.9, 0.5))
    monkeypatch.setattr(module, "_hmean", lambda found, pages: next(values))
    with pytest.raises(InputError, match=r"hmean falls from 0\.9000 to 0\.5000"):
        export_detector(load_artifact(detector_file(tmp_path)), tmp_path / "y.onnx", "int8", [page])
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
    ):
        assert main(wrong) == 2
        assert said in capsys.readouterr().err
    assert main(["export", "-w", det, "--check", label, "--out", str(tmp_path / "d.onnx")]) == 0
    assert "hmean on" in capsys.readouterr().out
    assert len(load_detector(tmp_path / "d.onnx").predict([path])) == 1


def test_detections_keep_their_index() -> None:
    found = Detection(3, np.zeros((0, 4, 2)), np.zeros(0))
    assert found.answer is found and as_json(found) == []

"""Detectors and readers of pages: places in the original image, reading order, and what is left out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from chuviet.errors import InputError
from chuviet.geometry import crop
from chuviet.polygons import iou
from chuviet.pytorch.artifact import SavedModel
from chuviet.pytorch.network import as_artifact
from chuviet.reading.detector import Detector
from chuviet.reading.files import quads_as_json, write_detections, write_predictions
from chuviet.reading.joining import FoundLine
from chuviet.reading.lines import LineReader
from chuviet.reading.pages import Reader, as_detection, is_text_page
from chuviet.results import Detection, Prediction

Save = Callable[..., Path]
WordsPage = tuple[Path, np.ndarray]


def test_quads_are_those_of_the_original_image(dark: SavedModel, words_page: WordsPage) -> None:
    path, quads = words_page
    (found,) = Detector(as_artifact(dark)).predict([path])  # the network sees 320 x 200
    overlap = iou(quads, found.quads)
    assert overlap.shape == (4, 4) and overlap.max(1).min() > 0.85 and (found.scores > 0.9).all()


def test_a_page_is_read_in_reading_order_from_straightened_crops(
    dark: SavedModel, words_page: WordsPage, save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, quads = words_page
    recognizer, seen = LineReader(save("rec.safetensors")), []
    original = recognizer.predict

    def predict(crops: list[np.ndarray], *rest: Any) -> list[Prediction]:
        seen.extend(crops)
        return original(crops, *rest)

    monkeypatch.setattr(recognizer, "predict", predict)
    reader = Reader(Detector(as_artifact(dark)), recognizer, min_score=0)
    page = reader.read(path)
    found = as_detection(page)
    assert (page.name, page.width, page.height) == (str(path), 480, 300)
    assert iou(quads, found.quads).argmax(1).tolist() == [0, 1, 2, 3]
    for one in seen:
        assert abs(one.shape[1] - 150) < 10 and abs(one.shape[0] - 30) < 7
        assert one[3:-3, 4:-4].mean() < 40  # the bar fills its crop: nothing of the slant is left
    seen = seen[:4]  # upside down they may be read as well
    assert [p.text for p in original(seen)] == found.texts == page.text.split("\n") == [str(line) for line in page]
    score = Detector(as_artifact(dark)).predict(path)[0].scores
    read = [p.confidence for p in original(seen)]
    assert found.scores == pytest.approx(sorted(score)[0] * np.array(read), rel=0.02)  # finding times reading

    limit = float(np.sort(found.scores)[1])  # the weakest goes, and what is read as nothing
    strong = Reader(reader.detector, recognizer, min_score=limit).read(path)
    assert [(line.text, line.confidence) for line in strong] == [
        (t, s) for t, s in zip(found.texts or (), found.scores, strict=True) if t and s >= limit
    ]
    assert len(strong) < 4
    blank = reader.read(np.full((64, 64, 3), 255, np.uint8))
    assert len(blank) == 0 and blank.text == "" and as_detection(blank).texts == []


def test_a_line_of_a_page_is_the_quad_that_was_found(dark: SavedModel, words_page: WordsPage, save: Save) -> None:
    path, _ = words_page
    reader = Reader(as_artifact(dark), save("rec.safetensors"), min_score=0)
    image = np.asarray(Image.open(path))
    for line in reader.read(path):
        again = reader.recognizer.read(crop(image, line.corners))
        assert again.text == line.text and again.raw_text == line.raw_text


def test_weights_of_the_other_kind_are_refused(save: Save, detector_file: Path) -> None:
    with pytest.raises(InputError, match="the weights of a recogniser, not of a detector"):
        Reader(save("rec.safetensors"))
    with pytest.raises(InputError, match="the weights of a detector, not of a recogniser"):
        Reader(detector_file, detector_file)


def test_files_of_what_was_read(tmp_path: Path) -> None:
    quads = np.array([[(0, 0), (9.6, 0), (9.6, 5), (0, 5)], [(0, 9), (9, 9), (9, 15), (0, 15)]])
    found = [Detection(0, quads, np.array([0.5, 0.25])), Detection(1, quads[:0], np.zeros(0))]
    write_detections(["á.png", "b.png"], found, tmp_path / "d.txt")
    first, second = (tmp_path / "d.txt").read_text(encoding="utf-8").splitlines()
    name, rows = first.split("\t")
    assert name == "á.png" and json.loads(rows) == quads_as_json(quads, [0.5, 0.25]) and second == "b.png\t[]"

    write_predictions(["á,1.png", "b.png"], [Prediction(0, 'a "b"', 0.5), Prediction(1, "", 1.0)], tmp_path / "p.csv")
    assert (tmp_path / "p.csv").read_text(encoding="utf-8") == (
        'img_path,text,confidence\n"á,1.png","a ""b""",0.5\nb.png,,1.0\n'
    )
    write_predictions(["a.png"], [Prediction(0, "Huế", 0.5, "Hue")], tmp_path / "p.csv")
    assert (tmp_path / "p.csv").read_text(encoding="utf-8").splitlines()[1] == "a.png,Huế,0.5,Hue"


@pytest.mark.parametrize(
    ("text", "confidence", "kept"),
    [("abc", 0.7, True), ("ab", 0.79, False), ("ab", 0.8, True), ("abcde", 0.69, False), ("", 1.0, False),
     ("abcdef", 0.55, True), ("nine char", 0.54, False), ("ten of all", 0.3, True), ("ten of all", 0.29, False)],
)  # fmt: skip
def test_short_texts_need_more_to_be_kept(text: str, confidence: float, kept: bool) -> None:
    reader = Reader.__new__(Reader)
    line = Prediction(0, text, confidence / 0.8)
    reader.min_score = None
    assert reader._is_kept(line, 0.8 + 1e-12) is kept
    reader.min_score = 0.6
    assert reader._is_kept(line, 0.8 + 1e-12) is (text != "" and confidence >= 0.6)
    reader.min_score = 0.0
    assert reader._is_kept(line, 0.8)


@pytest.mark.parametrize(
    ("longer", "text", "likelihood", "kept"),
    [(10, "1", 0.5, True), (10, "1", 0.49, False), (9, "1", 0.79, False), (9, "1", 0.8, True),
     (10, "five!", 0.5, True), (10, "nine char", 0.49, False), (10, "ten of all", 0.3, True)],
)  # fmt: skip
def test_short_texts_need_less_on_a_page_of_text(longer: int, text: str, likelihood: float, kept: bool) -> None:
    reader = Reader.__new__(Reader)
    reader.min_score = None
    # One more long text is read too doubtfully to count.
    texts = [Prediction(0, "ten of all", 0.3)] * longer + [Prediction(0, "ten of all", 0.29), Prediction(0, text, 0.9)]
    found = [FoundLine(np.zeros((4, 2)), 1.0, None)] * len(texts)
    among_text = is_text_page(found, texts)
    assert among_text is (longer == 10)
    assert reader._is_kept(Prediction(0, text, likelihood), 1.0, among_text) is kept
    reader.min_score = 0.8
    assert reader._is_kept(Prediction(0, text, likelihood), 1.0, among_text) is (likelihood >= 0.8)


def test_calibrated_confidences_change_nothing_of_what_is_kept() -> None:
    reader = Reader.__new__(Reader)
    sure, doubtful = np.full(4, 0.9), np.full(4, 0.4)
    reader.min_score = None
    for scores, kept in ((sure, True), (doubtful, False)):
        line = Prediction(0, "abcd", 0.95, scores=scores)  # as a calibration may have it
        assert line.likelihood == pytest.approx(scores[0]) and reader._is_kept(line, 0.8) is kept
    reader.min_score = 0.7  # what a user asks for is compared with what is reported
    assert reader._is_kept(Prediction(0, "abcd", 0.95, scores=doubtful), 0.8)
    assert Prediction(0, "abcd", 0.6).likelihood == 0.6 and Prediction(0, "", 1.0, scores=np.zeros(0)).likelihood == 1.0

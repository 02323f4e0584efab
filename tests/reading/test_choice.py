"""Which reader reads a line."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from chuviet.errors import InputError
from chuviet.geometry import part_of
from chuviet.preprocess.line import LinePreprocess
from chuviet.preprocess.scene import ScenePreprocess
from chuviet.pytorch.artifact import SavedModel
from chuviet.pytorch.network import as_artifact
from chuviet.reading.choice import (
    LINES,
    PRINT,
    WORDS,
    Calibration,
    LineChoice,
    calibration_of,
    open_readers,
    read_crops,
    reads_better,
    vietnamese_share,
)
from chuviet.reading.detector import Detector
from chuviet.reading.lines import LineReader
from chuviet.reading.pages import Reader
from chuviet.results import Detection, Prediction
from chuviet.vocab import Charset


def reader(readings: dict[int, tuple[str, float]], preprocess: Any = None) -> Any:
    """Reads images by their grey level, and notes how many it was asked for."""
    asked: list[int] = []

    def predict(images: list[np.ndarray], batch_size: int) -> list[Prediction]:
        levels = [int(image[0, 0, 0]) for image in images]
        asked.extend(levels)
        return [Prediction(i, *readings[level]) for i, level in enumerate(levels)]

    cfg = preprocess or LinePreprocess.Config()
    return SimpleNamespace(artifacts=(SimpleNamespace(preprocess_cfg=cfg, lm=1),), predict=predict, asked=asked)


def crops(count: int) -> list[np.ndarray]:
    return [np.full((10, 20, 3), level, np.uint8) for level in range(count)]


def test_the_reading_that_is_worth_most_is_kept_and_sure_lines_are_read_once() -> None:
    first = reader({0: ("sure", 0.9), 1: ("unsure", 0.5), 2: ("bad", 0.1), 3: ("", 1.0)})
    second = reader({1: ("other", 0.4), 2: ("good", 0.8), 3: ("dot", 0.01)})
    # Worth of the first: 1 + 10 log c; 0.9 gives -0.05, above the other's offset of -1, so that it is not asked.
    choice = LineChoice([first, second], [Calibration(1.0, 10.0), Calibration(-1.0, 5.0)])
    found = choice.predict(crops(4))
    # 1 + 10 log 0.5 = -5.93 and -1 + 5 log 0.4 = -5.58; an empty text is worth less than any other.
    assert [(p.index, p.text, p.confidence) for p in found] == [
        (0, "sure", 0.9), (1, "other", 0.4), (2, "good", 0.8), (3, "dot", 0.01)
    ]  # fmt: skip
    assert first.asked == [0, 1, 2, 3] and second.asked == [1, 2, 3]
    assert read_crops(choice, crops(4)) == found
    assert choice.predict([]) == []


def test_readers_of_words_are_not_asked_for_long_lines() -> None:
    lines, scene = reader({0: ("a line", 0.1), 1: ("x", 0.1)}), reader({0: ("no", 0.9), 1: ("word", 0.9)})
    scene.artifacts[0].preprocess_cfg = ScenePreprocess.Config()
    wide = [np.full((10, width, 3), level, np.uint8) for level, width in enumerate((101, 100))]
    readers, calibrations = [lines, scene], [Calibration(0.0, 1.0)] * 2

    def read(one: Any, asked: Sequence[int]) -> list[Prediction]:
        found: list[Prediction] = one.predict([wide[i] for i in asked], 8)
        return found

    assert [p.text for p in LineChoice(readers, calibrations).choose([10.1, 10.0], read)] == ["a line", "word"]
    assert scene.asked == [1]
    assert [p.text for p in LineChoice([scene], calibrations[:1]).choose([10.1], read)] == ["no"]  # who else?


def test_a_line_that_no_reader_reads_is_empty() -> None:
    empty = reader({0: ("", 1.0)})
    assert [(p.text, p.confidence) for p in LineChoice([empty, empty]).predict(crops(1))] == [("", 1.0)]


def test_calibrations_by_kind_and_one_for_each_reader() -> None:
    lines, words = reader({}), reader({}, ScenePreprocess.Config())
    assert (calibration_of(lines), calibration_of(words)) == (LINES, WORDS)
    assert LineChoice([lines, words]).calibrations == (LINES, WORDS)
    assert LINES.worth(Prediction(0, "a", 1.0)) == LINES.offset
    assert LINES.worth(Prediction(0, "a", 0.0)) > -math.inf == LINES.worth(Prediction(0, "", 1.0))
    with pytest.raises(InputError, match="1 calibrations for 2 readers"):
        LineChoice([lines, words], [LINES])
    with pytest.raises(InputError, match="no readers"):
        LineChoice([])


def test_weights_of_one_charset_are_an_ensemble_and_of_two_a_choice(save: Callable[..., Path]) -> None:
    a, b = save("a.safetensors"), save("b.safetensors", seed=1)
    other = save("c.safetensors", charset=Charset("abc "))
    alone = open_readers([a, b])
    assert isinstance(alone, LineReader) and len(alone.artifacts) == 2
    choice = open_readers([a, other, b])
    assert isinstance(choice, LineChoice)
    assert [len(r.artifacts) for r in choice.readers] == [2, 1]
    blank = np.full((20, 80, 3), 255, np.uint8)
    assert [p.text for p in choice.predict([blank])] == [""]
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 255, (20, w, 3), dtype=np.uint8) for w in (60, 90, 130)]
    single = [r.predict(noise) for r in choice.readers]
    for k, prediction in enumerate(choice.predict(noise)):
        assert prediction.index == k and prediction.text in {read[k].text for read in single}


def test_on_a_page_each_reader_gets_what_it_knows(dark: SavedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader of words gets the detector's words, one of lines the line."""
    image = np.full((100, 300, 3), 255, np.uint8)
    widths: dict[str, list[int]] = {"lines": [], "words": []}

    def noting(name: str, text: str, confidence: float, cfg: Any) -> Any:
        def predict(images: list[np.ndarray], batch_size: int) -> list[Prediction]:
            widths[name] += [image.shape[1] for image in images]
            return [Prediction(i, text, confidence) for i in range(len(images))]

        return SimpleNamespace(artifacts=(SimpleNamespace(preprocess_cfg=cfg, lm=1),), predict=predict)

    choice = LineChoice([
        noting("lines", "ab", 0.2, LinePreprocess.Config()), noting("words", "cd", 0.9, ScenePreprocess.Config())
    ])  # fmt: skip
    line = np.array([(20, 20), (220, 20), (220, 40), (20, 40)], np.float64)
    words = np.stack([part_of(line, 0, 0.4), part_of(line, 0.5, 1)])
    found = Detection(0, line[None], np.ones(1), words=Detection(0, words, np.ones(2)))
    detector = Detector(as_artifact(dark))
    monkeypatch.setattr(detector, "find", lambda image, index=0: found)
    page = Reader(detector, choice).read_image(image)
    assert page.text == "cd cd"
    assert set(widths["lines"]) == {200} and set(widths["words"]) == {80, 100}


def test_print_in_other_languages_is_read_by_the_reader_of_print() -> None:
    """All lines of a page or none: it must be surer of the whole, agree about most letters, and not be Vietnamese."""

    def read_with(first: list[tuple[str, float]], other: list[tuple[str, float]]) -> list[str]:
        readers = [reader(dict(enumerate(first))), reader(dict(enumerate(other)))]
        readers[1].artifacts[0].lm = None
        choice = LineChoice(readers)
        assert choice.calibrations == (LINES, PRINT)
        return [one.text for one in choice.predict(crops(len(first)))]

    receipt = [("TOTAI 12.50", 0.8), ("CASH", 0.9), ("THANK Y0U", 0.7)]
    sharp = [("TOTAL 12.50", 0.9), ("CASE", 0.8), ("THANK YOU", 0.8)]
    assert read_with(receipt, sharp) == [text for text, _ in sharp]
    # 11 log(.9 / .8) + 4 log(.8 / .9) + 9 log(.8 / .7) = 2.03; with .7 for the first line it is -0.74.
    assert read_with(receipt, [("TOTAL 12.50", 0.7), *sharp[1:]]) == [text for text, _ in receipt]
    assert read_with(receipt, [("+O7A1", 0.99), ("CASH", 0.99), ("7HMKVDO", 0.99)]) == [text for text, _ in receipt]
    bill = [("Tổng cộng 12.50", 0.7), ("CASH", 0.9)]  # 2 of 12 letters are Vietnamese alone
    assert read_with(bill, [("Tong cong 12.50", 0.99), ("CASH", 0.99)]) == [text for text, _ in bill]
    assert vietnamese_share([Prediction(0, "Tổng", 1.0), Prediction(1, "a1 Đ.", 1.0)]) == pytest.approx(2 / 6)
    assert vietnamese_share([Prediction(0, "1.0", 1.0)]) == 0
    assert not reads_better([Prediction(0, "", 1.0)], [Prediction(0, "", 0.5)])

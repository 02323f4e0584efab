"""Wide crops of a page, cut into words for a reader of words."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from chuviet.artifact.opening import find_weights
from chuviet.data.pages import read_pages
from chuviet.geometry import crop
from chuviet.inputs.images import read_image
from chuviet.metrics.recognition import RecognitionMetric
from chuviet.preprocess.line import LinePreprocess
from chuviet.preprocess.scene import ScenePreprocess
from chuviet.reading.lines import LineReader
from chuviet.reading.words import read_words, split_words
from chuviet.results import Prediction

DATA = Path(os.environ.get("CHUVIET_DATA", "data"))


def line(words: tuple[int, ...], blank: int = 14, letter: int = 8, gap: int = 3) -> np.ndarray:
    """Black bars on white for the letters of words, `gap` px between letters, `blank` px between words; 30 px high."""
    columns = [False] * 4
    for n in words:
        columns += ([True] * letter + [False] * gap) * n
        columns += [False] * (blank - gap)
    image = np.full((30, len(columns), 3), 255, np.uint8)
    image[5:25, np.array(columns)] = 0
    return image


def test_blanks_between_words_are_wider_than_those_between_letters() -> None:
    image = line((3, 1, 5))
    # Words end at 4 + 33 - 3, and after 14 px the next begin, 8 px and 14 px later the last: cut half way.
    for seen in (image, 255 - image):
        parts = split_words(seen)
        assert [p.shape[1] for p in parts] == [41, 22, image.shape[1] - 63]
        assert np.array_equal(np.concatenate(parts, 1), seen)
    assert len(split_words(line((3, 4), blank=8))) == 1  # 8 px are not 0.3 of 30
    assert len(split_words(line((12,), gap=12))) == 1  # letters set wide
    assert len(split_words(line((2, 1)))) == 1  # not wide
    for blank in (np.full((20, 90, 3), 255, np.uint8), np.zeros((2, 90, 3), np.uint8), line((9,))):
        assert len(split_words(blank)) == 1


def reader(preprocess: Any) -> Any:
    """Reads the width of each image; nothing in narrow ones."""

    def predict(images: list[np.ndarray], batch_size: int) -> list[Prediction]:
        texts = [str(im.shape[1]) if im.shape[1] > 24 else "" for im in images]
        return [Prediction(i, t, 0.5 if t == "41" else 0.25 if t else 1.0) for i, t in enumerate(texts)]

    return SimpleNamespace(artifacts=(SimpleNamespace(preprocess_cfg=preprocess),), predict=predict)


def test_a_reader_of_words_gets_words_and_a_reader_of_lines_lines() -> None:
    crops = [line((3, 1, 5)), line((2, 1))]
    widths = [str(c.shape[1]) for c in crops]
    found = read_words(reader(ScenePreprocess.Config()), crops)
    assert [(p.index, p.text) for p in found] == [(0, f"41 {crops[0].shape[1] - 63}"), (1, widths[1])]
    assert found[0].confidence == pytest.approx(0.5**0.5 * 0.25**0.5)  # two characters each
    assert found[1].confidence == 0.25
    assert [p.text for p in read_words(reader(LinePreprocess.Config()), crops)] == widths
    assert read_words(reader(ScenePreprocess.Config()), []) == []


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "count", "less"),
    [("sroie/train_label.txt", 4, 0.04), ("icdar2015/text_localization/train_icdar2015_label.txt", 20, -0.01)],
)
def test_what_it_does_to_the_error_rate(name: str, count: int, less: float) -> None:
    if not (DATA / name).is_file():
        pytest.skip(f"no {name} in {DATA}")
    recognizer = LineReader(find_weights("scene_word"))
    crops, texts = [], []
    for page in read_pages(DATA / name)[:count]:
        image = read_image(page.path)
        crops += [crop(image, quad) for quad in page.quads[~page.ignore]]
        texts += [t for t, ignored in zip(page.texts, page.ignore, strict=True) if not ignored]
    rates = []
    for found in (recognizer.predict(crops), read_words(recognizer, crops)):
        metric = RecognitionMetric()
        metric.update([p.text for p in found], texts)
        rates.append(metric.compute()["cer"])
    assert rates[1] < rates[0] - less

"""Words cut out of pages: `chuviet convert --to crops`, and `chuviet check --pages`, which finds them again."""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from chuviet.cli import main
from chuviet.data.crops import rows_of_pages, write_crops
from chuviet.data.lists import read_list
from chuviet.data.pages import write_pages
from chuviet.inputs.images import read_image
from chuviet.labels import LabelledPage

BOXES = [(20, 10, 100, 34), (20, 50, 80, 74), (20, 90, 100, 114), (150, 20, 152, 22)]
TEXTS = ["one", "two", "###", ""]


def words(path: Path, seed: int) -> LabelledPage:
    """A noisy page with a word that can be read in each of the first two boxes."""
    noise = np.random.default_rng(seed).normal(120, 12, (130, 160, 3))
    image = np.clip(noise, 0, 255).astype(np.uint8)
    for (x0, _, _, y1), text in zip(BOXES[:2], TEXTS, strict=False):
        shift = seed % 3 - 1
        cv2.putText(image, text, (x0 + 3, y1 - 5 + shift), cv2.FONT_HERSHEY_SIMPLEX, 0.9 + 0.1 * shift, (250,) * 3, 2)
    Image.fromarray(image).save(path)
    quads = np.array([[(a, b), (c, b), (c, d), (a, d)] for a, b, c, d in BOXES], np.float64)
    return LabelledPage(None, quads, list(TEXTS), np.array([t == "###" for t in TEXTS]), path=str(path))


@pytest.fixture
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[LabelledPage]:
    monkeypatch.chdir(tmp_path)
    return [words(tmp_path / f"{i}.png", i) for i in range(2)]


def test_crops_are_the_words_that_can_be_read(pages: list[LabelledPage], tmp_path: Path) -> None:
    assert write_crops(pages, tmp_path / "out") == 4
    rows = read_list(tmp_path / "out" / "labels.txt")
    assert rows["text"].tolist() == ["one", "two"] * 2
    crop = read_image(tmp_path / "out" / rows["img_path"].iloc[1])
    page = read_image(pages[0].path)
    assert crop.shape == (24, 60, 3) and np.abs(crop.astype(int) - page[50:74, 20:80]).mean() < 1


def test_rows_cut_out_of_pages_are_found_whatever_their_size(pages: list[LabelledPage], tmp_path: Path) -> None:
    first, other = read_image(pages[0].path), read_image(words(tmp_path / "other.png", 5).path)
    images = {
        "same": first[10:35, 20:101],
        "larger": cv2.resize(first[10:35, 20:101], (162, 60)),
        "another": other[10:35, 20:101],
        "wrong text": first[10:35, 20:101],
    }
    for name, image in images.items():
        Image.fromarray(image).save(tmp_path / f"{name}.png")
    texts = ["one", "one", "one", "two"]
    frame = pd.DataFrame({"img_path": [f"{name}.png" for name in images], "text": texts}, index=[0, 3, 4, 9])
    assert rows_of_pages(frame, tmp_path, pages[:1]).to_dict() == {0: True, 3: True, 4: False, 9: False}
    assert not rows_of_pages(frame, tmp_path, []).any()


def test_a_list_is_cleaned_of_what_is_measured_on(
    pages: list[LabelledPage], capsys: pytest.CaptureFixture[str]
) -> None:
    write_pages(pages, "all.txt", "tsv")
    write_pages(pages[:1], "held.txt", "tsv")
    assert main(["convert", "tsv", "all.txt", "--to", "crops", "--out", "set"]) == 0
    assert capsys.readouterr().out == "set/labels.txt: 4 words\n"
    check = ["check", "--data", "set/labels.txt", "--charset", "ascii", "--pages", "held.txt"]
    assert main([*check, "--clean", "new/clean.txt"]) == 0
    out = capsys.readouterr().out
    assert "note: 2 rows are words of pages in held.txt" in out and "new/clean.txt: 2 rows\n" in out
    assert Path("new/clean.txt").read_text() == "../set/00001/0.png\tone\n../set/00001/1.png\ttwo\n"
    assert main(["check", "--data", "set/labels.txt", "--clean", "x.txt"]) == 2
    assert "name the pages too" in capsys.readouterr().err

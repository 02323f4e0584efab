"""Lines cut out of labelled pages: straightened, without their neighbours' ink, whole documents held out."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from chuviet.data.page_lines import CutRecipe, PageLine, cut_page_line, hand_of, is_held_out, load_page_lines
from chuviet.errors import InputError
from chuviet.vocab import VIETNAMESE

PAPER, INK, OTHER = 240, 10, 60


def page() -> tuple[np.ndarray, PageLine]:
    """A page with a slanted bar, and a blot beside it that lies in its quad but not in its polygon."""
    quad = np.array([(40, 60), (340, 90), (336, 130), (36, 100)], np.float32)
    image = np.full((200, 400, 3), PAPER, np.uint8)
    cv2.line(image, (60, 84), (310, 109), (INK,) * 3, 6)
    cv2.circle(image, (300, 92), 4, (OTHER,) * 3, -1)
    polygon = np.array([(44, 74), (320, 101), (320, 118), (44, 92)], np.float32)
    return image, PageLine("images/A_1-0.jpg", "abc", quad, polygon)


def test_a_line_is_straight_and_alone() -> None:
    image, line = page()
    cut = cut_page_line(image, line, height=64)
    h, w = cut.shape[:2]
    assert h <= 64 and 5 < w / h < 9
    grey = cut[:, :, 0].astype(int)
    rows = [np.flatnonzero(grey[:, x] < 120).mean() for x in (w // 4, 3 * w // 4)]
    assert abs(rows[0] - rows[1]) < 2
    above = grey[: h // 4, w // 2 :]
    assert (above > 200).all()  # the blot


def test_documents_are_held_out_whole() -> None:
    assert hand_of("images/AD78_0005-1.jpg") == "AD78_0005"
    assert is_held_out("images/AD78_0005-1.jpg") == is_held_out("other/AD78_0005-2.jpg")
    share = np.mean([is_held_out(f"{n:05d}-0.jpg") for n in range(900)])
    assert 0.07 < share < 0.16


def labels(path: Path, texts: list[str], names: list[str]) -> None:
    quad = [[2, 2], [60, 2], [60, 20], [2, 20]]
    with path.open("w", encoding="utf-8") as f:
        for name in names:
            f.write(f"{name}\t{json.dumps([{'transcription': t, 'points': quad} for t in texts])}\n")


def test_unfit_lines_are_counted(tmp_path: Path) -> None:
    names = [f"{n:05d}-0.jpg" for n in range(30)]
    labels(tmp_path / "label.txt", ["Je l’ai dit", "reçu", "###", "^rature"], names)
    train, counts = load_page_lines(tmp_path / "label.txt", VIETNAMESE)
    test, _ = load_page_lines(tmp_path / "label.txt", VIETNAMESE, "test")
    assert len(train) + len(test) == 30 and train and test
    assert {line.text for line in train} == {"Je l'ai dit"}
    assert not {line.image for line in train} & {line.image for line in test}
    assert counts["charset"] == counts["don't care"] == counts["editors"] == len(train)
    (tmp_path / "label.txt").write_text("a.jpg\t[{}]\n", encoding="utf-8")
    with pytest.raises(InputError, match="row 1: not an image path"):
        load_page_lines(tmp_path / "label.txt", VIETNAMESE)


def test_a_set_of_lines(tmp_path: Path) -> None:
    image, line = page()
    (tmp_path / "images").mkdir()
    Image.fromarray(image).save(tmp_path / line.image)
    row, data = CutRecipe([line], tmp_path, "pagelines").job(0)
    assert row["text"] == "abc" and row["writer_id"] == "A_1" and row["aug"] == line.image
    assert data == CutRecipe([line], tmp_path, "pagelines").job(0)[1]

"""Two lines in one image are told from one."""

from __future__ import annotations

import csv
import itertools
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from chuviet.inputs.images import read_image
from chuviet.preprocess.line import LinePreprocess
from chuviet.reading.stacked import gap_between_lines, is_stacked

DATA = Path(os.environ.get("CHUVIET_DATA", "data"))
PREPROCESS = LinePreprocess.Config(trim=True).build()
TEXTS = ["Ế Ề Ễ ÂẤN ĐỘ, Quyển Mỹ Đình", "đường Nguyễn Thị Minh Khai", "Ấp 3, Xã Phước Lý, Huyện Cần Giuộc, Long An",
         "gập ghềnh quý giá, yêu quý", "1.250.000 đ; 14:35", "aaaaa ooooo nnnnn"]  # fmt: skip
FONTS = ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"]


def lines(*texts: str, font: str = FONTS[0], leading: float = 1.3, slope: float = 0.0, ruled: int = 0) -> np.ndarray:
    """Black print, ink on paper as `LinePreprocess` gives it (0 paper)."""
    face = ImageFont.truetype(font, 30)
    width = int(max(map(face.getlength, texts))) + 20
    image = Image.new("RGB", (width, int(30 * leading * (len(texts) - 1)) + 46), "white")
    draw = ImageDraw.Draw(image)
    for k, text in enumerate(texts):
        draw.text((10, 4 + 30 * leading * k), text, "black", face)
    for y in range(ruled // 2, image.height, ruled) if ruled else ():
        draw.line((0, y, width, y), (60, 60, 90), 1)
    padded = cv2.copyMakeBorder(np.array(image), 8, 8, 0, 0, cv2.BORDER_CONSTANT, value=(255, 255, 255))
    turn = cv2.getRotationMatrix2D((width / 2, len(padded) / 2), slope, 1)
    turned = cv2.warpAffine(padded, turn, padded.shape[1::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return 255 - PREPROCESS.prepare(turned)


@pytest.mark.parametrize("font", FONTS)
def test_one_line_with_marks_above_and_below_is_one(font: str) -> None:
    for text in TEXTS:
        for slope in (0, 1.5):
            assert not is_stacked(lines(text, font=font, slope=slope)), text
        assert not is_stacked(lines(text * 3, font=font)), text


@pytest.mark.parametrize("font", FONTS)
def test_two_lines_and_three_are_several(font: str) -> None:
    for k, text in enumerate(TEXTS):
        other = TEXTS[k - 1]
        for slope in (0, 1.5):
            assert is_stacked(lines(text, other, font=font, slope=slope)), (text, other)
        if text != TEXTS[-1]:  # without ascenders: the blanks between three such lines are a third of all
            assert is_stacked(lines(text, other, text, font=font, leading=1.4)), (text, other)


def test_a_short_second_line_counts_and_ruled_lines_do_not() -> None:
    assert is_stacked(lines(TEXTS[2], "Hà Nội"))
    assert not any(is_stacked(lines(text, ruled=22)) for text in TEXTS)


def test_narrow_and_blank_images_are_not_several() -> None:
    assert not is_stacked(lines(":")) and not is_stacked(lines("="))
    assert not is_stacked(np.zeros((40, 300), np.uint8)) and not is_stacked(np.full((40, 300), 255, np.uint8))


def plain_gap(rows: np.ndarray) -> float:
    """As `gap_between_lines`, of the rows' ink along one direction, row by row."""
    rows = np.convolve(rows, (0.25, 0.5, 0.25), "same")
    gaps = [1.0]
    for cut in range(6, 42):
        above, below = rows[: cut + 1].sum(), rows[cut + 1 :].sum()
        if min(above, below) < 0.06 * rows.sum() or not rows.sum():
            continue
        mass, heights = np.cumsum(rows), []
        for start, end in ((0.05 * above, 0.95 * above), (above + 0.05 * below, above + 0.95 * below)):
            heights.append(int((mass < end).sum() - (mass < start).sum()) + 1)
        fullest = min(rows[:cut].max(), rows[cut + 1 :].max())
        if min(heights) >= 0.45 * max(heights) and fullest > 0:
            gaps.append(float(rows[cut] / fullest))
    return min(gaps)


def test_gaps_are_those_of_each_direction_row_by_row() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        ink = (255 * (rng.random((48, 128)) < rng.uniform(0.02, 0.4, (48, 1)))).astype(np.uint8)
        ink[:, : rng.integers(0, 40)] = 0  # above this share of a row is a ruled line
        gaps = []
        for fall in range(-20, 21, 4):
            along = np.zeros((48, 128))
            for column, rise in enumerate(np.rint(fall * np.linspace(-0.5, 0.5, 128)).astype(int).tolist()):
                for row in range(max(-rise, 0), min(48 - rise, 48)):
                    along[row, column] = ink[row + rise, column]
            gaps.append(plain_gap(along.sum(1)))
        assert gap_between_lines(ink) == pytest.approx(min(gaps), abs=1e-6)


@pytest.mark.real_data
def test_no_real_line_is_several_and_nearly_all_pairs_are() -> None:
    table = DATA / "vi_handwriting" / "train_folds.csv"
    if not table.is_file():
        pytest.skip(f"no {table}")
    with table.open(encoding="utf-8", newline="") as file:
        names = [row["img_path"] for row in csv.DictReader(file)][::12]
    inks = [255 - LinePreprocess.Config().build().prepare(read_image(table.parent / "images" / n)) for n in names]
    assert sum(map(is_stacked, inks)) == 0
    width = min(ink.shape[1] for ink in inks)
    pairs = [np.concatenate([a[:, :width], b[:, :width]]) for a, b in itertools.pairwise(inks)]
    assert np.mean([is_stacked(pair) for pair in pairs]) > 0.95

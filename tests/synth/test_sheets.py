"""Pages that whole readers are measured on: what is where the labels say, in their order."""

import itertools

import cv2
import numpy as np
import pytest
from PIL import ImageFont

from chuviet.synth.fonts import default_fonts
from chuviet.synth.sheets import free_rectangle, printed_page, sheet_of_lines, turned, worn, wrapped
from chuviet.vocab import VIETNAMESE

SENTENCES = [f"Câu số {n} của tập này kể về một ngày ở Huế, rồi về nhà." for n in range(40)]


def covered(shape: tuple[int, ...], regions: list[dict], grow: int = 0) -> np.ndarray:
    """h w bool: what lies in the regions, grown by some pixels."""
    mask = np.zeros(shape[:2], np.uint8)
    for region in regions:
        cv2.fillPoly(mask, [np.round(region["points"]).astype(np.int32)], 1)
    return cv2.dilate(mask, np.ones((2 * grow + 1, 2 * grow + 1), np.uint8)).astype(bool)


@pytest.fixture(scope="module")
def families() -> list[tuple[str, str, str]]:
    return [(font.path, font.path, font.path) for font in default_fonts(VIETNAMESE)]


def test_a_sheet_has_all_lines_where_it_says() -> None:
    rng = np.random.default_rng(0)
    lines = []
    for k in range(8):
        line = np.full((64, 500 + 90 * k, 3), 255, np.uint8)
        line[20:44, 30:-30] = 10 * k
        lines.append(line)
    sheet, regions = sheet_of_lines(lines, [str(k) for k in range(8)], rng)
    assert [r["transcription"] for r in regions] == list("01234567")
    boxes = np.array([r["points"] for r in regions])
    assert (np.diff(boxes[:, 0, 1]) > 0).all() and (boxes[1:, 0, 1] >= boxes[:-1, 2, 1]).all()  # none over another
    assert boxes.min() >= 0 and (boxes.max((0, 1)) <= sheet.shape[1::-1]).all()
    assert not (sheet.max(-1) < 200)[~covered(sheet.shape, regions)].any()
    for k, (left, top) in enumerate(boxes[:, 0].astype(int)):
        right, bottom = boxes[k, 2].astype(int)
        assert 0.89 < (right - left) / lines[k].shape[1] < 1.21
        assert abs(int(sheet[(top + bottom) // 2, (left + right) // 2, 0]) - 10 * k) < 8  # its pixels


@pytest.mark.parametrize("columns", [1, 2])
def test_a_printed_page_has_its_text_in_order_and_in_its_boxes(families: list, columns: int) -> None:
    image, regions = printed_page(SENTENCES, families, np.random.default_rng(columns), columns, size=(700, 500))
    assert not (image[..., 0] < 128)[~covered(image.shape, regions, 1)].any()
    for region in regions:
        (left, top), (right, bottom) = np.array(region["points"])[[0, 2]].astype(int)
        assert (image[top:bottom, left:right] < 128).any()
    body = [r for r in regions if max(x for x, _ in r["points"]) < 350] if columns == 2 else regions[1:]
    text = " ".join(r["transcription"] for r in body)
    assert any(text in " ".join(SENTENCES[n:] + SENTENCES[:n]) for n in range(len(SENTENCES)))
    if columns == 2:
        left_of_page = [r["points"][0][0] < 340 for r in regions if r["points"][1][0] < 350 or r["points"][0][0] > 350]
        assert [side for side, _ in itertools.groupby(left_of_page)] == [True, False]


def test_rows_are_as_wide_as_they_may_be() -> None:
    font = ImageFont.truetype(default_fonts(VIETNAMESE)[0].path, 24)
    words = "một hai ba bốn năm sáu bảy tám chín mười".split()
    rows = wrapped(words, font, 150, indent=60)
    assert " ".join(rows).split() == words and len(rows) > 2
    assert font.getlength(rows[0]) <= 90 and all(font.getlength(row) <= 150 for row in rows)
    for row, after in itertools.pairwise(rows[1:]):
        assert font.getlength(f"{row} {after.split()[0]}") > 150


@pytest.mark.parametrize("degrees", [90, 180, 270, 17.0, -30.0, 1.2])
def test_corners_turn_with_the_page(degrees: float) -> None:
    image = np.full((200, 320, 3), 250, np.uint8)
    image[40:70, 30:200] = 0
    image[40:70, 30:60, 1:] = 255  # the text begins in red
    region = {"transcription": "a", "points": [[30, 40], [200, 40], [200, 70], [30, 70]]}
    seen, (moved,) = turned(image, [region], degrees)
    points = np.array(moved["points"])
    dark = seen.min(-1) < 100
    inside = covered(seen.shape, [moved])
    assert (dark & inside).sum() / (dark | inside).sum() > 0.93
    begin = points[[0, 3]].mean(0) * 0.92 + points[[1, 2]].mean(0) * 0.08
    assert seen[round(begin[1]), round(begin[0])].tolist()[1] > 200
    assert np.linalg.norm(points[1] - points[0]) == pytest.approx(170, abs=0.3)
    angle = np.rad2deg(np.arctan2(*(points[1] - points[0])[::-1]))
    assert (angle - degrees + 180) % 360 - 180 == pytest.approx(0, abs=0.1)


def test_noise_is_all_that_wears_a_page() -> None:
    image = np.full((60, 80, 3), 200, np.uint8)
    seen = worn(image, np.random.default_rng(5))
    assert seen.shape == image.shape and seen.dtype == np.uint8
    assert 1 < seen.std() < 45 and abs(seen.mean() - 200) < 4


def test_the_free_rectangle_is_the_largest() -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        low = rng.integers(0, 14, (int(rng.integers(0, 5)), 2))
        size = rng.integers(1, 5, low.shape)
        quads = np.array([[(x, y), (x + w, y), (x + w, y + h), (x, y + h)]
                          for (x, y), (w, h) in zip(low, size, strict=True)], float).reshape(-1, 4, 2)  # fmt: skip
        taken = np.zeros((12, 16), bool)
        for quad in quads.astype(int):
            taken[max(quad[0, 1] - 1, 0) : quad[2, 1] + 1, max(quad[0, 0] - 1, 0) : quad[2, 0] + 1] = True
        best = max((y1 - y0) * (x1 - x0) for y0, y1 in itertools.combinations(range(13), 2)
                   for x0, x1 in itertools.combinations(range(17), 2) if not taken[y0:y1, x0:x1].any())  # fmt: skip
        left, top, right, bottom = free_rectangle(16, 12, quads, margin=1)
        assert not taken[top:bottom, left:right].any()
        assert (right - left) * (bottom - top) == best
    assert free_rectangle(10, 10, np.array([[(0, 0), (10, 0), (10, 10), (0, 10)]], float)) == (0, 0, 0, 0)

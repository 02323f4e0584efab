"""Second looks at a page: which sizes are looked at, and how what they find becomes one."""

from __future__ import annotations

import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from chuviet.geometry import height_of
from chuviet.reading.scales import LOW, _Seen, find_at_scales, lost_detail, merge, strips_of
from chuviet.results import Detection

Box = tuple[float, float, float, float]


def quad(left: float, top: float, right: float, bottom: float) -> np.ndarray:
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float64)


def seen(scale: float, *boxes: tuple[Box, float]) -> _Seen:
    quads = np.array([quad(*box) for box, _ in boxes]).reshape(-1, 4, 2)
    return _Seen(quads, np.array([score for _, score in boxes]), scale)


def boxes(quads: np.ndarray) -> list[list[float]]:
    return np.concatenate([quads.min(1), quads.max(1)], 1).round().tolist() if len(quads) else []


class Bars:
    """A detector that finds black bars which are 10 to 100 px high in what it sees, and notes what it saw."""

    def __init__(self, longest: int) -> None:
        self.longest, self.looks = longest, []  # type: ignore[var-annotated]

    def __call__(self, image: np.ndarray, longest: int) -> Detection:
        height, width = image.shape[:2]
        scale = min(longest / max(height, width), 2.0)
        self.looks.append((height, round(width * scale)))
        dark = (image[:, :, 0] < 128).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(dark)
        found = [quad(x, y, x + w, y + h) for x, y, w, h, _ in stats[1:] if 10 <= h * scale <= 100]
        return Detection(0, np.array(found).reshape(-1, 4, 2), np.full(len(found), 0.9))


def page(height: int, width: int, *bars: Box) -> np.ndarray:
    """White paper with bars: whole in the red channel, which `Bars` sees, and with strokes as wide as letters' in the
    others.
    """
    image = np.full((height, width, 3), 255, np.uint8)
    for bar in bars:
        left, top, right, bottom = (int(x) for x in bar)
        stroke = np.arange(right - left) // max((bottom - top) // 5, 1) % 2 == 0
        image[top:bottom, left:right, 0] = 0
        image[top:bottom, left:right][:, stroke] = 0
    return image


def test_letters_of_300_and_of_10_px_on_one_page() -> None:
    small = [(200.0, 2000.0 + 40 * k, 900.0, 2010.0 + 40 * k) for k in range(5)]
    middle, large = (200.0, 1200.0, 900.0, 1260.0), (200.0, 300.0, 1500.0, 600.0)
    image = page(3000, 2000, large, middle, *small)
    look = Bars(1000)
    assert len(look(image, 1000).quads) == 2 and not look.looks.clear()
    found = find_at_scales(look, image, 1000)  # a third of the page: 100, 20 and 3 px
    assert sorted(boxes(found.quads)) == sorted(list(b) for b in (large, middle, *small))
    whole, coarse, *strips = look.looks
    assert whole == (3000, 667) and coarse == (3000, 167) and {w for _, w in strips} == {2000}
    assert sum(h for h, _ in strips) < 1500  # the blank half of the page is not looked at


def test_ordinary_pages_are_looked_at_twice() -> None:
    look = Bars(1000)
    found = find_at_scales(look, page(1000, 800, (100, 100, 700, 130)), 1000)
    assert look.looks == [(1000, 800), (1000, 200)] and boxes(found.quads) == [[100, 100, 700, 130]]
    look.looks.clear()
    find_at_scales(look, page(3000, 2000, (300, 300, 1500, 360)), 1000)  # large, and nothing small on it
    assert len(look.looks) == 2
    assert boxes(find_at_scales(look, page(60, 80), 1000).quads) == []


def test_texture_costs_one_strip_and_most_is_a_limit() -> None:
    rng = np.random.default_rng(0)
    look = Bars(500)
    noise = rng.integers(0, 2, (1500, 1500, 1), np.uint8).repeat(3, 2) * np.uint8(255)
    find_at_scales(lambda image, longest: Detection(len(look(image[:1], longest).quads), *none()), noise, 500)
    assert len(look.looks) == 3  # the page, a quarter, one strip
    rows = [(100.0, 20.0 + 30 * k, 1400.0, 32.0 + 30 * k) for k in range(45)]
    look.looks.clear()
    find_at_scales(look, page(1500, 1500, *rows), 500, strips=3)
    assert len(look.looks) == 5


def none() -> tuple[np.ndarray, np.ndarray]:
    return np.zeros((0, 4, 2)), np.zeros(0)


def test_strips_cover_the_page_and_overlap() -> None:
    strips = strips_of(3000, 2000, 1000, 1.0)  # 500 rows of 2,000 px have a million, as a square of 1,000
    assert strips[0] == (0, 500) and strips[-1] == (2500, 3000) and len(strips) == 8
    for (_, end), (start, _) in itertools.pairwise(strips):
        assert 100 <= end - start <= 150
    assert strips_of(300, 2000, 1000, 1.0) == [(0, 300)]


def test_of_one_text_the_better_seen_counts() -> None:
    whole = ((0.0, 0.0, 400.0, 100.0), 0.8)  # 50 px of the network's at half size
    stroke = ((10.0, 0.0, 40.0, 100.0), 0.99)  # 200 px at twice the size: 0.99 * 80 / 200
    quads, scores = merge([seen(0.5, whole), seen(2.0, stroke)])
    assert boxes(quads) == [[0, 0, 400, 100]] and scores.tolist() == [0.8]
    blob = ((0.0, 0.0, 400.0, 100.0), 0.7)
    lines = [((0.0, 5.0 + 24 * k, 400.0, 21.0 + 24 * k), 0.9) for k in range(4)]
    quads, _ = merge([seen(0.5, blob), seen(1.0, *lines)])
    assert boxes(quads) == [[round(x) for x in box] for box, _ in lines]
    two = lines[1], lines[2]  # a third of it, but seen well: it merged them, whatever its score
    quads, _ = merge([seen(0.5, (blob[0], 0.99)), seen(1.0, *two)])
    assert boxes(quads) == [[round(x) for x in box] for box, _ in two]
    dot = ((380.0, 80.0, 400.0, 100.0), 0.95)  # a small part, well seen: the whole takes its place
    quads, _ = merge([seen(0.5, whole), seen(1.0, dot)])
    assert boxes(quads) == [[0, 0, 400, 100]]
    apart = [((0.0, 200.0, 90.0, 230.0), 0.7)]
    assert len(merge([seen(0.5, whole), seen(1.0, *apart)])[0]) == 2


def test_parts_of_a_line_are_joined_and_one_look_stays_as_it_is() -> None:
    left, right = ((0.0, 0.0, 300.0, 30.0), 0.9), ((260.0, 2.0, 500.0, 31.0), 0.8)
    quads, scores = merge([seen(1.0, left), seen(1.0, right)])
    assert len(quads) == 1 and np.abs(boxes(quads)[0] - np.array((0, 0, 500, 31))).max() <= 2 and scores[0] == 0.9
    assert quads[0, 1, 0] > quads[0, 0, 0] + 400  # still from left to right
    inside = ((100.0, 4.0, 200.0, 28.0), 0.95)  # a word of the line
    quads, _ = merge([seen(1.0, left), seen(1.0, inside)])
    assert np.abs(boxes(quads)[0] - np.array((0, 0, 300, 30))).max() <= 2
    both = seen(1.0, left, right)
    assert merge([both, seen(1.0)])[0] is both.quads


def test_lost_detail() -> None:
    image = page(400, 400)
    image[100:140, 100:140:4] = 0  # strokes of 1 px, 4 px apart, become grey
    nothing = seen(0.25)
    lost = lost_detail(image, nothing)
    assert lost.shape == (100, 100) and lost[25:35, 25:35].mean() > 0.5
    lost[24:36, 24:36] = False
    assert not lost.any()
    covered = lost_detail(image, seen(0.25, ((96.0, 96.0, 144.0, 144.0), 0.9)))
    assert LOW <= 48 * 0.25 and not covered.any()
    assert not lost_detail(page(400, 400, (50, 50, 300, 200)), nothing).any()  # large things lose nothing


def test_the_shipped_detector_finds_all_sizes() -> None:
    """As in case 14: letters of 200 px, and of 10 px on the same page."""
    import matplotlib

    from chuviet.preprocess.page import PagePreprocess
    from chuviet.reading.detector import Detector

    font = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
    sheet = Image.new("RGB", (1400, 1800), "white")
    pen = ImageDraw.Draw(sheet)
    large, small = (ImageFont.truetype(font, size) for size in (280, 15))
    pen.text((60, 60), "EXIT 24", "black", large)
    for k in range(3):
        pen.text((200, 1000 + 50 * k), "nhà số 12 phố Huế quận Hai Bà Trưng", "black", small)
    detector = Detector("text_det_db")

    def look(image: np.ndarray, longest: int) -> Detection:
        detector.preprocess = PagePreprocess.Config(longest=longest).build()
        return detector.find(image)

    image = np.asarray(sheet)
    once = look(image, 640)
    found = find_at_scales(look, image, 640)
    heights = np.sort(height_of(found.quads))
    large = int((heights > 100).sum())  # "EXIT 24" or its two words
    assert len(once.quads) < 4 and len(heights) == 3 + large and large in (1, 2)
    assert (heights[:3] > 10).all() and (heights[:3] < 30).all() and (heights[3:] < 350).all()


@pytest.mark.parametrize("cut", [True, False])
def test_what_a_strip_cuts_is_left_to_the_next(cut: bool) -> None:
    rows = [(100.0, 20.0 + 40 * k, 1400.0, 32.0 + 40 * k) for k in range(35)]
    image = page(1500, 1500, *(rows if cut else rows[::3]))
    found = find_at_scales(Bars(600), image, 600)
    assert sorted(boxes(found.quads)) == sorted([list(row) for row in (rows if cut else rows[::3])])

"""Handwritten strips: boxes hold the words' ink, on the strip and on a curved baseline; cuts of lines of ink."""

import cv2
import numpy as np
import pytest

from chuviet.synth.cutting import clean, strip_of, word_spans
from chuviet.synth.fonts import default_fonts
from chuviet.synth.strips import Pen, Strip, baseline, lay, placed
from chuviet.synth.surface import Surface
from chuviet.vocab import VIETNAMESE

FONTS = default_fonts(VIETNAMESE)


def pen(cap: float = 24) -> Pen:
    return Pen.draw(FONTS[:1], cap, np.random.default_rng(1))


@pytest.mark.parametrize("cap", [12, 24, 60])
def test_boxes_of_a_strip_hold_its_ink(cap: float) -> None:
    strip = pen(cap).strip("Số nhà 12 Đường".split(), np.random.default_rng(0))
    assert strip is not None and [box[0] for box in strip.words] == ["Số", "nhà", "12", "Đường"]
    rest = strip.ink.copy()
    for _, left, top, right, bottom in strip.words:
        rows, columns = ((max(round(a + 0.5) - 1, 0), round(b + 0.5) + 1) for a, b in ((top, bottom), (left, right)))
        rest[slice(*rows), slice(*columns)] = 0
        assert 0.5 * cap < bottom - top < 2.4 * cap
    assert rest.max() < 0.4


def test_a_struck_word_leaves_ink_and_no_text() -> None:
    rng = np.random.default_rng(3)
    strips = [pen().strip("một hai ba bốn năm".split(), rng, struck=0.4) for _ in range(8)]
    words = [len(s.words) for s in strips if s]
    assert min(words) < 5 and pen().strip(["một"], rng, struck=1.0) is None


def test_words_follow_the_baseline() -> None:
    """A strip of full blocks on a slope of 0.2: the quads are known, and the page is dark in them and nowhere else."""
    strip = Strip(np.zeros((20, 100), np.float32), 15.0, [("a", 9.5, 4.5, 39.5, 14.5), ("b", 59.5, 4.5, 89.5, 14.5)])
    strip.ink[5:15, 10:40] = strip.ink[5:15, 60:90] = 1
    surface = Surface(np.full((90, 160, 3), 255, np.float32))

    def slope(x: np.ndarray) -> np.ndarray:
        return 30 + 0.2 * x

    line = lay(surface, strip, 20, slope, (0, 0, 0), 1.0, block=2)
    assert line is not None and surface.lines == [line] and line.handwritten and line.block == 2
    # the strip's row y is at 30 + 0.2 x + y - 15, its column x at x + 20
    assert line.words[0].quad == pytest.approx(np.array([(29.5, 25.4), (59.5, 31.4), (59.5, 41.4), (29.5, 35.4)]))
    assert line.corners == pytest.approx(np.array([(29.5, 25.4), (109.5, 41.4), (109.5, 51.4), (29.5, 35.4)]))
    inside = np.zeros((90, 160), np.uint8)
    for word in line.words:
        cv2.fillPoly(inside, [np.round(word.quad * 16).astype(np.int32)], 1, shift=4)
    dark = surface.image[..., 0] < 128
    assert (dark & (cv2.dilate(inside, np.ones((3, 3), np.uint8)) == 0)).sum() == 0
    assert (~dark & (cv2.erode(inside, np.ones((3, 3), np.uint8)) > 0)).sum() == 0


def test_outlines_hold_all_words_of_a_wavy_line() -> None:
    for seed in range(10):
        rng = np.random.default_rng(seed)
        strip = pen().strip("Phường Trần Phú Quận năm giờ đêm".split(), rng)
        assert strip is not None
        line = placed(strip, 30.0, baseline(200, 800, 0.02, 8, rng), 0)
        outline = line.outline.astype(np.float32)
        for word in line.words:
            assert min(cv2.pointPolygonTest(outline, p, True) for p in word.quad.astype(float)) > -1.0


def test_a_strip_without_room_is_not_drawn() -> None:
    surface = Surface(np.full((60, 100, 3), 255, np.float32))
    strip = Strip(np.ones((20, 80), np.float32), 15.0, [("a", -0.5, -0.5, 79.5, 19.5)])
    for left, y in ((10, 10), (30, 30), (10, 58)):
        assert lay(surface, strip, left, lambda x, y=y: np.full(np.shape(x), float(y)), (0, 0, 0), 1, 0) is None
    assert not surface.lines and surface.image.min() == 255
    assert lay(surface, strip, 10, lambda x: np.full(np.shape(x), 30.0), (0, 0, 0), 1, 0)


def blocks(*spans: tuple[int, int], height: int = 20) -> np.ndarray:
    ink = np.zeros((height, max(b for _, b in spans)), np.float32)
    for a, b in spans:
        ink[2 : height - 2, a:b] = 1
    return ink


def test_cuts_lie_in_the_wide_gaps() -> None:
    """Letters 8 wide and 2 apart; words 10 apart: three words of 2, 4 and 1 letters."""
    ink = blocks((0, 8), (10, 18), (28, 36), (38, 46), (48, 56), (58, 66), (76, 84))
    strip = strip_of(ink, "ab cdeo n")
    assert strip is not None
    assert [box[1::2] for box in strip.words] == [(-0.5, 17.5), (27.5, 65.5), (75.5, 83.5)]
    assert word_spans(ink[2:18] > 0, ["abcd"]) == [(0, 84)]


def test_a_comma_that_stands_apart_goes_to_the_word_before() -> None:
    ink = blocks((0, 8), (10, 18), (40, 48), (50, 58), (60, 68))
    ink[14:20, 26:28] = 1  # eight behind its word, twelve before the next
    strip = strip_of(ink, "ab, cde")
    assert strip is not None and strip.words[0][3] == 27.5 and strip.words[1][1] == 39.5


def test_dirt_is_removed_and_blank_lines_are_none() -> None:
    ink = blocks((5, 13), (30, 38))
    ink[0, 20] = 1
    ink[:, 0] = 0.2
    assert clean(ink)[0, 20] == 0 and clean(ink)[:, 0].max() == 0 and clean(ink)[5, 6] == 1
    assert strip_of(np.zeros((20, 60), np.float32), "một") is None and strip_of(ink, "một hai ba bốn năm sáu") is None

"""Distorted crops of pages: the quads move with the pixels, words stay whole, one seed gives one result."""

import cv2
import numpy as np
import pytest

from chuviet.data.page_augment import PageAugment, in_window, paste_words
from chuviet.geometry import min_area_quad, signed_area
from chuviet.labels import LabelledPage
from chuviet.polygons import iou

PLAIN = {"colour": 0.0, "blur": 0.0, "noise": 0.0, "copy_paste": 0.0}


def page(seed: int = 0, words: int = 12) -> LabelledPage:
    """White words (filled quads) on black, apart from each other."""
    rng = np.random.default_rng(seed)
    image, quads = np.zeros((480, 640, 3), np.uint8), []
    for k in range(words):
        x, y = 20 + 150 * (k % 4), 30 + 140 * (k // 4)
        quad = np.array([(x, y), (x + 90, y + 6), (x + 88, y + 36), (x - 2, y + 30)], np.float64) + rng.uniform(
            0, 20, 2
        )
        cv2.fillPoly(image, [np.rint(quad).astype(np.int32)], (255, 255, 255))
        quads.append(quad)
    return LabelledPage(image, np.array(quads), [f"w{k}" for k in range(words)], np.zeros(words, bool))


@pytest.mark.parametrize("flip", [0.0, 1.0])
def test_quads_move_with_the_pixels(flip: float) -> None:
    augment = PageAugment.Config(size=320, rotate=20, scale=(0.7, 1.5), flip=flip, **PLAIN).build()
    checked = 0
    for seed in range(6):
        out = augment(page(seed), np.random.default_rng(seed))
        assert out.image is not None and out.image.shape == (320, 320, 3)
        for quad, ignore in zip(out.quads, out.ignore, strict=True):
            if ignore:
                continue
            mask = np.zeros((320, 320), np.uint8)
            cv2.fillPoly(mask, [np.rint(quad).astype(np.int32)], 1)
            mask = cv2.dilate(mask, np.ones((9, 9), np.uint8))
            ink = cv2.findNonZero(((out.image.min(2) > 200) & (mask > 0)).astype(np.uint8))
            assert iou(quad[None], min_area_quad(ink)[None])[0, 0] > 0.8
            checked += 1
    assert checked > 8


def test_same_seed_same_result_and_another_seed_another() -> None:
    augment = PageAugment.Config(size=256).build()
    a, b, c = (augment(page(), np.random.default_rng(s), lambda: page(1)) for s in (3, 3, 4))
    assert a.image is not None and b.image is not None and c.image is not None
    assert np.array_equal(a.image, b.image) and np.array_equal(a.quads, b.quads) and a.texts == b.texts
    assert not np.array_equal(a.image, c.image)


def test_words_that_the_edge_cuts_are_unwanted_and_those_outside_are_gone() -> None:
    quads = np.array([[(x, 10), (x + 50, 10), (x + 50, 30), (x, 30)] for x in (10, 80, 200)], np.float64)
    page = LabelledPage(None, quads, ["a", "b", "c"], np.zeros(3, bool))
    seen = in_window(page, 100, 100)
    assert seen.texts == ["a", "b"] and seen.ignore.tolist() == [False, True] and len(seen.quads) == 2


def test_of_a_line_that_the_edge_cuts_the_rest_is_a_line() -> None:
    quads = np.array([[(x, 10), (x + 50, 10), (x + 50, 30), (x, 30)] for x in (10, 80, 99, 200)], np.float64)
    page = LabelledPage(None, quads, list("abcd"), np.array([False, False, False, False]), kind="lines")
    seen = in_window(page, 100, 100)
    assert seen.texts == ["a", "b", "c"] and not seen.ignore.any()
    both = LabelledPage(None, quads, list("abcd"), page.ignore, kind="both", is_word=np.array([0, 1, 0, 1], bool))
    seen = in_window(both, 100, 100)
    assert seen.texts == ["a", "b", "c"] and seen.ignore.tolist() == [False, True, False]
    assert seen.is_word is not None and seen.is_word.tolist() == [False, True, False]


def test_outlines_go_with_their_lines() -> None:
    quads = np.array([[(20, 20), (120, 20), (120, 40), (20, 40)]], float)
    page = LabelledPage(np.full((100, 200, 3), 255, np.uint8), quads, ["a"], np.zeros(1, bool), kind="lines")
    page.outlines = [np.array([(20, 20), (70, 25), (120, 20), (120, 40), (70, 45), (20, 40)], float)]
    for seed in range(8):
        out = PageAugment.Config(size=160, quarter=0.5, flip=0.5).build()(page, np.random.default_rng(seed))
        assert out.outlines is not None and out.outlines[0] is not None
        corners = out.outlines[0][[0, 2, 3, 5]]
        np.testing.assert_allclose(np.sort(corners, 0), np.sort(out.quads[0], 0), atol=1e-6)
        assert signed_area(out.quads)[0] > 0


def test_crops_nearly_always_hold_a_whole_word() -> None:
    augment = PageAugment.Config(size=200, scale=(1.0, 1.0), empty=0.0, **PLAIN).build()
    crops = [augment(page(s), np.random.default_rng(s)) for s in range(40)]
    assert sum((~c.ignore).any() for c in crops) >= 38
    cut = sum(c.ignore.sum() for c in crops) / sum(len(c.ignore) for c in crops)
    anywhere = PageAugment.Config(size=200, scale=(1.0, 1.0), empty=1.0, **PLAIN).build()
    others = [anywhere(page(s), np.random.default_rng(s)) for s in range(40)]
    assert cut < 0.7 * sum(c.ignore.sum() for c in others) / sum(len(c.ignore) for c in others)


def test_pasted_words_come_with_their_pixels_and_touch_no_other() -> None:
    empty = LabelledPage(np.full((480, 640, 3), 90, np.uint8), page().quads[:3], ["a", "b", "c"], np.zeros(3, bool))
    out = paste_words(empty, page(2), np.random.default_rng(0))
    assert len(out.quads) > 3 and out.texts[3:] != [] and out.image is not None
    for quad in out.quads[3:]:
        x, y = np.rint(quad.mean(0)).astype(int)
        assert out.image[y, x].tolist() == [255, 255, 255]
    overlap = iou(out.quads, out.quads) - np.eye(len(out.quads))
    assert overlap.max() < 1e-9 and empty.image is not None and (empty.image == 90).all()

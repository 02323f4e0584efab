"""Quads from probability maps: round trips through DBNet's targets, and what the decoder leaves out."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

from chuviet.data.targets_db import DBTargets
from chuviet.decode.db import DBDecoder, LineWordDecoder, _around, _rectangle
from chuviet.polygons import iou
from chuviet.results import Detection


def rectangle(x: float, y: float, w: float, h: float, degrees: float) -> np.ndarray:
    """A rotated rectangle around (x, y), clockwise from its top left."""
    a = np.deg2rad(degrees)
    turn = np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
    return np.array([(-w, -h), (w, -h), (w, h), (-w, h)]) / 2 @ turn + (x, y)


def decode(maps: np.ndarray, shapes: list[tuple[int, int, int, int]], **options: float) -> list[Detection]:
    """Probabilities N H W -> Detections."""
    p = np.clip(maps.astype(np.float32), 1e-4, 1 - 1e-4)
    return DBDecoder.Config(**options).build()(np.log(p / (1 - p))[:, None], shapes)  # type: ignore[arg-type]


@pytest.mark.parametrize("shrink", [0.4, 0.6])
@pytest.mark.parametrize("size", [(120, 30), (60, 24), (40, 12), (30, 12), (24, 16), (24, 12)])
def test_round_trip_at_every_angle(size: tuple[int, int], shrink: float) -> None:
    rng = np.random.default_rng(0)
    decoder = DBDecoder.Config(unclip=0, shrink=shrink).build()
    targets = DBTargets.Config(shrink=shrink).build()
    places = np.mgrid[70:560:140, 70:280:140].reshape(2, -1).T
    for degrees in range(-45, 46, 3):
        quads = np.stack([rectangle(*(at + rng.random(2)), *size, degrees) for at in places])
        text = targets(quads, np.zeros(len(quads), bool), (280, 560))["text"]
        found, _ = decoder.regions(text.astype(np.float32))
        overlap = iou(quads, found)
        # Sides along the rows of pixels: nobody can tell 5.3 from 6.7 rows. Elsewhere each part of a pixel shows.
        along_pixels = abs(degrees) in (0, 45) and min(size) < 20
        assert overlap.shape == (8, 8) and overlap.max(1).min() > (0.8 if along_pixels else 0.9), degrees
        assert overlap.max(1).mean() > 0.9, degrees
        if abs(degrees) < 45:  # there, either side may be the top
            assert np.linalg.norm(found[overlap.argmax(1)] - quads, axis=-1).max() < 5


@pytest.mark.parametrize("measure", [_rectangle, _around])
def test_an_upright_region_is_measured_exactly(measure: Callable[..., Any]) -> None:
    for w, h in ((18, 6), (6, 18), (7, 7), (40, 3), (1, 5)):
        points = np.array([(10, 20), (9 + w, 20), (9 + w, 19 + h), (10, 19 + h)], np.int32)
        corners = cv2.boxPoints(measure(np.ones((h, w), np.uint8), points))
        assert corners.min(0) == pytest.approx((9.5, 19.5), abs=1e-4)
        assert corners.max(0) == pytest.approx((9.5 + w, 19.5 + h), abs=1e-4)


def test_the_largest_regions_are_those_looked_at() -> None:
    probability = np.zeros((96, 96), np.float32)
    probability[60:90, 10:90] = 0.9  # an outline of four points
    for k in range(5):  # and circles of many
        cv2.circle(probability, (10 + 18 * k, 20), 6, 0.9, -1)
    quads, _ = DBDecoder.Config(limit=1).build().regions(probability)
    assert len(quads) == 1 and quads[0, :, 1].min() > 40
    assert len(DBDecoder.Config().build().regions(probability)[0]) == 6


def test_maps_are_scaled_back_to_the_original_image_and_padding_is_not_looked_at() -> None:
    probability = np.zeros((1, 64, 96), np.float32)
    probability[0, 10:20, 20:60] = 0.9
    probability[0, 50:60, 20:60] = 0.9  # below the 48 rows of content
    both = decode(np.concatenate([0 * probability, probability]), [(64, 96, 64, 96), (48, 96, 96, 288)])
    assert [d.index for d in both] == [0, 1] and len(both[0].quads) == 0
    found = both[1]
    # 40 x 10 pixels from (19.5, 9.5), grown by 40 * 10 * 1.5 / 100 = 6 at each side.
    expected = np.array([(13.5, 3.5), (65.5, 3.5), (65.5, 25.5), (13.5, 25.5)]) * (3, 2)
    assert found.quads.shape == (1, 4, 2) and np.abs(found.quads[0] - expected).max() < 0.1
    assert found.scores[0] == pytest.approx(0.9, abs=1e-3)


def test_faint_and_tiny_regions_are_no_text() -> None:
    probability = np.zeros((1, 64, 64), np.float32)
    probability[0, 10:20, 10:40] = 0.5  # above the pixel threshold, below the region's
    probability[0, 30, 10:12] = 0.9  # two pixels
    assert len(decode(probability, [(64, 64, 64, 64)])[0].quads) == 0
    assert len(decode(probability, [(64, 64, 64, 64)], box_threshold=0.4)[0].quads) == 1
    assert len(decode(probability, [(64, 64, 64, 64)], smallest=1)[0].quads) == 1  # grown to 4 x 3


def test_targets_mark_small_and_unwanted_text_as_neither_text_nor_background() -> None:
    quads = np.stack([rectangle(40, 20, 60, 20, 0), rectangle(40, 60, 60, 6, 0), rectangle(40, 100, 60, 20, 0)])
    maps = DBTargets.Config().build()(quads, np.array([False, False, True]), (128, 96))
    assert maps["text"][20, 40] == 1 and maps["text_mask"][20, 40] == 1
    for y in (60, 100):
        assert maps["text"][y, 40] == 0 and maps["text_mask"][y, 40] == 0
    # Shrunk by 60 * 20 * (1 - 0.16) / 160 = 6.3 to 47.4 x 7.4 from (16.3, 16.3): the centres in it.
    assert maps["text"].sum() == 47 * 7
    # On the outline the threshold is 0.7, half way in or out (3.15 px) 0.5, beyond the band 0.3.
    assert maps["threshold"][10, 40] == pytest.approx(0.7, abs=1e-5)
    assert maps["threshold"][7, 40] == pytest.approx(0.7 - 0.4 * 3 / 6.3, abs=1e-3)
    assert maps["threshold"][20, 40] == pytest.approx(0.3) and maps["threshold_mask"][20, 90] == 0


def test_no_quads_at_all() -> None:
    maps = DBTargets.Config().build()(np.zeros((0, 4, 2)), np.zeros(0, bool), (32, 64))
    assert maps["text"].sum() == 0 and maps["text_mask"].all() and not maps["threshold_mask"].any()
    assert len(decode(maps["text"][None].astype(np.float32), [(32, 64, 32, 64)])[0].quads) == 0


def test_lines_and_words_have_a_map_each() -> None:
    line, words = rectangle(100, 40, 160, 24, 3), [rectangle(60, 38, 70, 24, 3), rectangle(150, 43, 50, 24, 3)]
    maps = [
        DBTargets.Config(shrink=shrink).build()(np.array(quads), np.zeros(len(quads), bool), (80, 200))["text"]
        for quads, shrink in (([line], 0.6), (words, 0.4))
    ]
    logits = np.where(np.array(maps), 9.0, -9.0).astype(np.float32)[None]
    (found,) = LineWordDecoder.Config().build()(logits, [(80, 200, 160, 400)])
    assert found.words is not None and (len(found.quads), len(found.words.quads)) == (1, 2)
    assert iou(found.quads, np.array([line]) * 2)[0, 0] > 0.9
    assert iou(found.words.quads, np.array(words) * 2).max(0).min() > 0.85


def test_lines_get_a_margin_of_their_height_but_words_do_not() -> None:
    level, column = rectangle(100, 40, 120, 20, 0), rectangle(20, 40, 12, 60, 0)
    maps = DBTargets.Config(shrink=0.6).build()(np.array([level, column]), np.zeros(2, bool), (80, 200))["text"]
    logits = np.where(np.array([maps, maps]), 9.0, -9.0).astype(np.float32)[None]
    shapes = [(80, 200, 160, 400)]
    (plain,) = LineWordDecoder.Config().build()(logits, shapes)
    (wide,) = LineWordDecoder.Config(margin=(0.2, 0.1)).build()(logits, shapes)
    assert plain.words is not None and wide.words is not None
    np.testing.assert_array_equal(wide.words.quads, plain.words.quads)
    for before, after in zip(plain.quads, wide.quads, strict=True):
        (w, h), grown = np.ptp(before, 0), np.ptp(after, 0) - np.ptp(before, 0)
        ends, above = (grown[0], grown[1]) if w > h else (grown[1], grown[0])
        assert ends == pytest.approx(0.4 * min(w, h), rel=0.01) and above == pytest.approx(0.2 * min(w, h), rel=0.01)
    edge = rectangle(100, 10, 196, 16, 0)  # no further than the image
    maps = DBTargets.Config(shrink=0.6).build()(np.array([edge]), np.zeros(1, bool), (80, 200))["text"]
    logits = np.where(np.array([maps, maps]), 9.0, -9.0).astype(np.float32)[None]
    (found,) = LineWordDecoder.Config(margin=(0.5, 0.5)).build()(logits, shapes)
    assert found.quads.min() == 0 and found.quads[..., 0].max() == 399

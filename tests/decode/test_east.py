"""Boxes of FOTS: quads come back from ideal maps; merging and suppression against plain loops; scale, edges, time."""

import time

import numpy as np
import pytest

from chuviet.data.targets_east import EastTargets
from chuviet.decode.east import EastDecoder, merge_rows, paired_intersection, paired_iou, suppress
from chuviet.polygons import intersections, iou
from chuviet.rboxes import to_boxes
from chuviet.results import Detection

CROP = 640.0


def box(cx: float, cy: float, w: float, h: float, degrees: float = 0.0) -> np.ndarray:
    t = np.radians(degrees)
    turn = np.array([[np.cos(t), np.sin(t)], [-np.sin(t), np.cos(t)]])
    return np.array([(-w, -h), (w, -h), (w, h), (-w, h)]) / 2 @ turn + (cx, cy)


def ideal(quads: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The logits that a model without fault gives: inverse sigmoids of the targets."""
    maps = EastTargets.Config().build()(quads, np.zeros(len(quads), bool), shape)
    geometry = np.concatenate((maps["geometry"][:4] / CROP, maps["geometry"][4:] / (np.pi / 2) + 0.5))
    score = np.where(maps["score"] > 0, 0.95, 0.02)
    p = np.clip(np.concatenate((score, geometry)), 1e-6, 1 - 1e-6)
    return np.log(p / (1 - p)).astype(np.float32)[None]


def decode(logits: np.ndarray, shapes: tuple[int, int, int, int], **changes: float) -> Detection:
    found = EastDecoder.Config(**changes).build()(logits, [shapes])  # type: ignore[arg-type]
    assert len(found) == 1 and found[0].index == 0
    return found[0]


def assert_same(found: np.ndarray, quads: np.ndarray, at_least: float = 0.9) -> None:
    assert len(found) == len(quads)
    overlap = iou(found, quads)
    assert np.array_equal(np.sort(overlap.argmax(1)), np.arange(len(quads))) and overlap.max(1).min() > at_least


@pytest.mark.parametrize("degrees", range(-45, 46, 5))
def test_round_trip_at_every_angle_and_for_small_words(degrees: int) -> None:
    quads = np.array([
        box(150, 120, 160, 40, degrees), box(330, 150, 90, 24, degrees), box(180, 300, 200, 60, -degrees),
        box(350.3, 301.7, 24, 12, degrees), box(400, 80, 12, 24, degrees), box(60, 350, 24, 12, degrees),
        box(430, 350, 33, 30, degrees),
    ])  # fmt: skip
    found = decode(ideal(quads, (416, 480)), (416, 480, 416, 480))
    assert_same(found.quads, quads, 0.98)
    assert np.allclose(found.scores, 0.95, atol=1e-3)
    if abs(degrees) < 45:  # corners start at the text's top left
        nearest = quads[iou(found.quads, quads).argmax(1)]
        wide = np.linalg.norm(nearest[:, 1] - nearest[:, 0], axis=1) > np.linalg.norm(
            nearest[:, 2] - nearest[:, 1], axis=1
        )
        assert np.abs(found.quads - nearest)[wide].max() < 1


def test_quads_are_in_original_pixels_inside_the_image_and_never_in_the_padding() -> None:
    quads = np.array([box(60, 40, 60, 20), box(0, 90, 60, 20), box(180, 60, 30, 20), box(100, 150, 40, 20)])
    found = decode(ideal(quads, (192, 224)), (128, 160, 256, 480))  # content 128 x 160 of an image 256 x 480
    assert found.quads.min() >= 0 and found.quads[..., 0].max() <= 479 and found.quads[..., 1].max() <= 255
    inside = np.clip(quads[:2] * (3, 2), 0, (479, 255))
    assert_same(found.quads, inside, 0.98)


def test_nothing_found_in_nothing() -> None:
    found = decode(np.full((1, 6, 16, 16), -9.0, np.float32), (64, 64, 64, 64))
    assert found.quads.shape == (0, 4, 2) and found.scores.shape == (0,)


def test_two_cells_that_name_different_sides_as_top_agree() -> None:
    quad = box(50, 50, 40, 20, 45)
    seen = np.stack([quad, np.roll(quad, 1, 0), np.roll(quad, -1, 0)])
    merged, totals, counts = merge_rows(seen, np.array([0.9, 0.8, 1.0]), np.ones((3, 4)), np.zeros(3, int), 0.5)
    assert np.allclose(merged, quad[None]) and np.allclose(totals, 2.7) and counts.tolist() == [3]


def test_ends_follow_the_cells_beside_them() -> None:
    """A line of 200 px: every cell sees both ends a tenth of their distance too close."""
    cells = np.arange(5)[:, None] * (40, 0) + (20, 10)  # x 20 to 180
    distances = np.stack([np.full(5, 10), 200 - cells[:, 0], np.full(5, 10), cells[:, 0]], 1) * 0.9
    maps = np.full((6, 5, 50), -9.0, np.float32)
    maps[0, 2, 4::10] = 9.0  # cells at x 17.5, 57.5 ...: half a cell and a pixel beside those above
    share = distances.T / 640
    maps[1:5, 2, 4::10] = np.log(share / (1 - share))
    maps[5] = 0.0
    (plain,), _ = EastDecoder.Config(near=1e6).build().boxes(maps)
    (close,), _ = EastDecoder.Config().build().boxes(maps)
    short = 200 - np.stack([plain, close])[:, 1:3, 0].max(1) + np.stack([plain, close])[:, (0, 3), 0].min(1)
    assert short[0] == pytest.approx(20, abs=1) and short[1] < 8


def random_boxes(count: int, seed: int, spread: float = 60) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return to_boxes(rng.uniform(0, spread, (count, 2)), rng.uniform(2, 30, (count, 4)), rng.uniform(-0.78, 0.78, count))


def test_overlap_of_pairs_agrees_with_shapely() -> None:
    a, b = random_boxes(300, 0), random_boxes(300, 1)
    exact = np.array([intersections(a[i : i + 1], b[i : i + 1])[0, 0] for i in range(300)])
    assert (exact == 0).sum() > 20 and np.allclose(paired_intersection(a, b), exact, atol=1e-6)
    # Equal, nearly equal, one in the other, sharing sides, apart by nothing.
    assert np.allclose(paired_iou(a, np.roll(a, 1, 1)), 1)
    assert np.allclose(paired_iou(a, a + np.random.default_rng(2).normal(0, 1e-12, a.shape)), 1)
    square = box(0, 0, 10, 10)[None]
    assert np.allclose(paired_iou(square, box(0, 0, 10, 5)[None]), 0.5)
    assert np.allclose(paired_iou(square, box(10, 0, 10, 10)[None]), 0)
    assert np.allclose(paired_iou(square, box(0, 0, 0, 0)[None]), 0)


@pytest.mark.parametrize("seed", range(4))
def test_merging_and_suppression_agree_with_plain_loops(seed: int) -> None:
    """Cells of a few texts with noise, some far off, in rows."""
    rng = np.random.default_rng(seed)
    texts = np.stack([box(30 + 60 * i, 20 + 7 * i, 50, 18, 10 * i) for i in range(4)])
    rows = np.sort(rng.integers(0, 6, 80))
    quads = texts[np.sort(rng.integers(0, 4, 80).reshape(8, 10), 1).ravel()] + rng.normal(0, 1.5, (80, 4, 2))
    quads = np.where(rng.random((80, 1, 1)) < 0.1, random_boxes(80, seed, 200), quads)
    scores = rng.uniform(0.8, 1, 80)
    runs = [[0]]
    for i in range(1, 80):
        if rows[i] == rows[i - 1] and iou(quads[i - 1 : i], quads[i : i + 1])[0, 0] > 0.5:
            runs[-1].append(i)
        else:
            runs.append([i])
    weights = rng.uniform(0.1, 1, (80, 4))
    merged, totals, counts = merge_rows(quads, scores, weights, rows, 0.5)
    assert counts.tolist() == [len(r) for r in runs] and 10 < len(runs) < 60
    assert np.allclose(totals, [scores[r].sum() for r in runs])
    assert np.allclose(merged, [(quads[r] * weights[r][..., None]).sum(0) / weights[r].sum(0)[:, None] for r in runs])

    order = np.argsort(-totals, kind="stable")
    ranked, expected = merged[order], []
    for i in range(len(ranked)):
        if all(iou(ranked[i : i + 1], ranked[j : j + 1])[0, 0] <= 0.2 for j in expected):
            expected.append(i)
    assert suppress(ranked, 0.2).tolist() == expected


def test_ten_thousand_cells_take_a_fraction_of_a_second() -> None:
    quads = np.array([box(90 + 200 * x, 60 + 110 * y, 170, 90) for x in range(8) for y in range(12)])
    logits = ideal(quads, (1344, 1632))
    noise = 0.05 * np.random.default_rng(0).standard_normal(logits.shape, np.float32)
    cells = int((logits[0, 0] > 0).sum())
    assert cells > 10_000
    start = time.process_time()  # other work on the machine does not count
    found = decode(logits + noise, (1344, 1632, 1344, 1632))
    assert time.process_time() - start < 0.8
    assert_same(found.quads, quads, 0.9)

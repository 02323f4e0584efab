"""Targets of FOTS: cells worked out by hand, brute force over random quads, and the rules of the mask."""

import cv2
import numpy as np

from chuviet.data.targets_east import EastTargets
from chuviet.geometry import min_area_quad
from chuviet.polygons import iou
from chuviet.rboxes import angles_of, cell_centres, level, to_boxes, to_distances

TARGETS = EastTargets.Config().build()


def box(cx: float, cy: float, w: float, h: float, degrees: float = 0.0) -> np.ndarray:
    """A turned rectangle in order, made without the code under test."""
    t = np.radians(degrees)
    turn = np.array([[np.cos(t), np.sin(t)], [-np.sin(t), np.cos(t)]])
    return np.array([(-w, -h), (w, -h), (w, h), (-w, h)]) / 2 @ turn + (cx, cy)


def targets(quads: list[np.ndarray], ignore: list[bool] | None = None, shape: tuple[int, int] = (128, 128)) -> tuple:
    maps = TARGETS(np.array(quads).reshape(-1, 4, 2), np.array(ignore or [False] * len(quads), bool), shape)
    return maps["score"][0], maps["geometry"], maps["mask"][0]


def test_by_hand() -> None:
    # 20 high, 40 wide from (8, 8): sides move inwards by 6 px, to (14, 14)-(42, 22). Centres lie at 1.5, 5.5, 9.5 ...
    quad = np.array([(8, 8), (48, 8), (48, 28), (8, 28)], float)
    score, geometry, mask = targets([quad], shape=(40, 62))
    assert score.shape == mask.shape == (10, 16) and geometry.shape == (5, 10, 16)
    expected = np.zeros((10, 16), int)
    expected[4:6, 4:11] = 1  # rows 17.5 and 21.5, columns 17.5 to 41.5
    expected_mask = np.ones((10, 16), int)
    expected_mask[2:7, 2:12] = 0  # centres 9.5 to 25.5, and 9.5 to 45.5
    assert np.array_equal(score, expected) and np.array_equal(mask, expected_mask | expected)
    assert np.allclose(geometry[:, 4, 4], [9.5, 30.5, 10.5, 9.5, 0.0])
    assert np.all(geometry[:, score == 0] == 0)


def test_brute_force_on_random_quads() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        quad = box(*rng.uniform(30, 100, 2), rng.uniform(24, 70), rng.uniform(14, 24), rng.uniform(-44, 44))
        quad += rng.uniform(-2, 2, (4, 2))
        score, geometry, mask = targets([quad])
        rectangle = min_area_quad(quad)
        lengths = np.linalg.norm(np.roll(quad, -1, 0) - quad, axis=1)
        inset = 0.3 * min(lengths[0] + lengths[2], lengths[1] + lengths[3]) / 2
        for y in range(32):
            for x in range(32):
                p = np.array([4 * x + 1.5, 4 * y + 1.5])
                depth = cv2.pointPolygonTest(quad.astype(np.float32), tuple(p), True)  # to the sides, from inside
                if min(abs(depth), abs(depth - inset)) < 1e-3:
                    continue
                assert score[y, x] == (depth >= inset) and mask[y, x] == (depth < 0 or depth >= inset)
                if score[y, x]:
                    for side in range(4):
                        a, b = rectangle[side], rectangle[(side + 1) % 4]
                        d = abs(np.cross(np.append(b - a, 0), np.append(p - a, 0))[2]) / np.linalg.norm(b - a)
                        assert abs(geometry[side, y, x] - d) < 1e-3
                    along = rectangle[1] - rectangle[0]
                    assert abs(geometry[4, y, x] - np.arctan2(along[1], along[0])) < 1e-6


def test_distances_and_boxes_are_inverses_at_every_angle() -> None:
    for degrees in np.arange(-45, 45.1, 5):
        quad = box(60, 50, 40, 12, degrees)
        assert np.isclose(np.degrees(angles_of(quad)), degrees)
        points = np.array([(60, 50), (62, 53), (10, 0)], float)
        quads = np.repeat(quad[None], 3, 0)
        assert np.allclose(to_boxes(points, to_distances(points, quads), angles_of(quads)), quads)
        assert np.allclose(to_distances(points, quads)[0], [6, 20, 6, 20])
        assert to_distances(points, quads)[2].min() < 0


def test_of_a_text_turned_by_more_than_45_degrees_another_side_is_the_top() -> None:
    for degrees, top in ((30, 30), (50, -40), (90, 0), (-60, 30), (-90, 0), (170, -10)):
        for start in range(4):
            boxes = level(np.roll(box(50, 50, 40, 12, degrees), start, 0)[None])
            assert np.allclose(np.degrees(angles_of(boxes)), top)
        assert np.allclose(np.degrees(targets([box(64, 64, 60, 24, degrees)])[1][4, 16, 16]), top, atol=1e-2)


def test_mask_of_dont_care_and_of_small_texts() -> None:
    score, geometry, mask = targets([box(40, 40, 60, 20), box(40, 90, 30, 7.5), box(100, 90, 6, 30)],
                                    [True, False, False])  # fmt: skip
    assert not score.any() and not geometry.any()
    assert mask[10, 10] == mask[22, 10] == mask[22, 25] == 0  # in each of the three
    assert mask[0, 0] == 1 and mask.mean() > 0.8


def test_texts_keep_their_cells_inside_dont_care_regions_and_inside_larger_texts() -> None:
    large, small = box(64, 64, 110, 100), box(64, 64, 40, 20)
    alone = targets([small])[0]
    for ignore in (True, False):
        for order in (slice(None), slice(None, None, -1)):
            score, geometry, mask = targets([large, small][order], [ignore, False][order])
            assert np.all(score[alone == 1] == 1) and np.all(mask[alone == 1] == 1)
            heights = (geometry[0] + geometry[2])[alone == 1]
            assert np.allclose(heights, 20, atol=1e-3)


def test_no_text_that_is_high_enough_goes_without_a_cell() -> None:
    rng = np.random.default_rng(1)
    for _ in range(300):
        quad = box(*rng.uniform(30, 90, 2), rng.uniform(8.01, 30), 8.01, rng.uniform(-45, 45))
        score, geometry, mask = targets([quad])
        y, x = np.nonzero(score)
        assert len(y) and mask[y, x].all() and geometry[:4, y, x].min() > 0
        boxes = to_boxes(cell_centres(np.stack((x, y), 1), 4), geometry[:4, y, x].T, geometry[4, y, x])
        assert iou(boxes, quad[None]).min() > 0.99


def test_no_text_and_texts_beyond_the_edges() -> None:
    score, geometry, mask = targets([])
    assert not score.any() and mask.all() and score.dtype == mask.dtype == np.uint8 and geometry.dtype == np.float32
    score, geometry, mask = targets([box(-50, -50, 40, 20), box(300, 60, 40, 20), box(0, 60, 60, 20)])
    assert score[:, :8].any() and not score[:, 8:].any() and mask[:, 8:].all()
    y, x = np.argwhere(score)[0]
    assert np.isclose(geometry[3, y, x], 4 * x + 1.5 + 30, atol=1e-3)  # to the side beyond the edge


def test_order_of_corners_does_not_matter() -> None:
    quad = box(60, 60, 50, 20, 30)
    first = TARGETS(quad[None], np.zeros(1, bool), (128, 128))
    for other in (np.roll(quad, 1, 0), np.roll(quad, 2, 0), quad[::-1]):
        maps = TARGETS(other[None], np.zeros(1, bool), (128, 128))
        assert all(np.allclose(maps[k], first[k], atol=1e-4) for k in maps)

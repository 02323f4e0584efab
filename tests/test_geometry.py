"""Numbers worked out by hand, and round trips over random rectangles."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import shapely

from chuviet import geometry, polygons


def box(x: float, y: float, w: float, h: float, degrees: float = 0.0) -> np.ndarray:
    """A rectangle with its top left at (x, y), turned about its centre (clockwise on the screen)."""
    quad = np.array([(x, y), (x + w, y), (x + w, y + h), (x, y + h)], float)
    a = np.deg2rad(degrees)
    turn = np.array([(np.cos(a), np.sin(a)), (-np.sin(a), np.cos(a))])
    return (quad - quad.mean(0)) @ turn + quad.mean(0)


def test_area_is_positive_clockwise_on_the_screen() -> None:
    quads = np.stack([box(3, 4, 10, 2), box(3, 4, 10, 2)[::-1]])
    assert geometry.signed_area(quads).tolist() == [20, -20]
    assert geometry.side_lengths(quads[0]).tolist() == [10, 2, 10, 2]
    assert geometry.height_of(np.array([(0, 0), (9, 0), (9, 6), (0, 4)], float)) == 5


@pytest.mark.parametrize("degrees", [-44.9, -20, 0, 7, 44.9])
def test_order_is_found_again_from_shuffled_corners(degrees: float) -> None:
    rng = np.random.default_rng(3)
    for _ in range(30):
        h = rng.uniform(4, 40)
        quad = box(*rng.uniform(0, 300, 2), h * rng.uniform(1.01, 9), h, degrees)
        assert np.allclose(geometry.order_quad(rng.permutation(quad)), quad)
        assert np.allclose(geometry.min_area_quad(rng.permutation(quad)), quad, atol=0.02)


def test_order_follows_the_long_side_of_a_steep_word_and_keeps_an_upright_letter_upright() -> None:
    assert np.allclose(geometry.order_quad(box(0, 0, 90, 20, 60)[[2, 0, 3, 1]]), box(0, 0, 90, 20, 60))
    assert np.allclose(geometry.order_quad(box(0, 0, 8, 30, 10)[[2, 0, 3, 1]]), box(0, 0, 8, 30, 10))


def test_overlaps_by_hand() -> None:
    # b lies with 5 x 10 of its 10 x 10 in the 10 x 10 of a: 50 of 150. The third touches a at a side alone.
    a, others = box(0, 0, 10, 10)[None], np.stack([box(5, 0, 10, 10), box(0, 0, 10, 5), box(10, 0, 10, 10)])
    common = polygons.overlaps(a, others)
    assert common.iou[0] == pytest.approx([1 / 3, 0.5, 0])
    assert common.of_a[0] == pytest.approx([0.5, 0.5, 0]) and common.of_b[0] == pytest.approx([0.5, 1, 0])
    assert np.array_equal(polygons.iou(a, others), common.iou)
    assert polygons.intersections(a, others)[0] == pytest.approx([50, 50, 0])


def test_overlaps_of_quads_that_cross_themselves_or_have_no_area() -> None:
    bow = np.array([(0, 0), (10, 10), (10, 0), (0, 10)], float)  # two triangles of 25
    tail = np.array([(0, 0), (10, 0), (5, 0), (5, 5)], float)  # a triangle of 12.5 and a line
    flat, point = box(0, 0, 10, 0), np.full((4, 2), 3.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        common = polygons.overlaps(box(0, 0, 10, 10)[None], np.stack([bow, tail, flat, point]))
    assert common.iou[0] == pytest.approx([0.5, 0.125, 0, 0])
    assert common.of_b[0] == pytest.approx([1, 1, 0, 0])
    assert all(isinstance(s, shapely.Polygon | shapely.MultiPolygon) for s in polygons.polygons(np.stack([bow, tail])))
    for a, b in ((0, 3), (3, 0), (0, 0)):
        assert polygons.overlaps(np.zeros((a, 4, 2)), np.zeros((b, 4, 2))).iou.shape == (a, b)


def test_growing_moves_sides_and_shrinking_takes_it_back() -> None:
    one = shapely.polygons(box(10, 10, 40, 20)[None])
    (shape,), _ = polygons.grow(one, np.array([5.0]))
    assert shape.bounds == pytest.approx((5, 5, 55, 35))
    assert shape.area == pytest.approx(40 * 20 + 2 * 5 * 60 + np.pi * 25, rel=1e-3)  # round corners
    small, _ = polygons.grow(one, np.array([-5.0]))
    assert small[0].equals(shapely.box(15, 15, 45, 25))
    corners = np.asarray(polygons.grow(small, np.array([5.0]))[0][0].exterior.coords)
    assert np.allclose(geometry.min_area_quad(corners), box(10, 10, 40, 20), atol=1e-3)
    dumbbell = shapely.Polygon(
        [(0, 0), (9, 0), (9, 4), (20, 4), (20, 0), (40, 0), (40, 10), (20, 10), (20, 6), (9, 6), (9, 10), (0, 10)]
    )
    several = np.array([shapely.box(0, 0, 40, 10), dumbbell, shapely.box(0, 0, 40, 20)])
    left, whose = polygons.grow(several, np.array([-6.0, -2, -6]))
    assert whose.tolist() == [1, 2] and left[0].bounds == (22, 2, 38, 8)  # the larger end
    assert left[1].bounds == (6, 6, 34, 14)


def test_offset_by_hand() -> None:
    found = geometry.offset(np.stack([box(0, 0, 40, 10), np.zeros((4, 2))]), 1.5)
    assert found.tolist() == [pytest.approx(400 * 1.5 / 100), 0]


def test_crop_takes_the_very_pixels_and_straightens() -> None:
    image = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    assert np.array_equal(geometry.crop(image, box(10, 5, 40, 20)), image[5:25, 10:50])
    turned = np.rot90(image, -1)  # clockwise: what was the top left is the top right
    quad = np.array([(60 - 1 - 5, 10), (60 - 1 - 5, 50), (60 - 1 - 25, 50), (60 - 1 - 25, 10)], float)
    assert np.array_equal(geometry.crop(turned, quad), image[5:25, 10:50])
    assert geometry.crop(image, np.zeros((4, 2))).shape == (2, 2, 3)


def test_a_quad_is_widened_by_shares_of_its_height() -> None:
    level = np.array([(10, 20), (110, 20), (110, 40), (10, 40)], float)
    np.testing.assert_allclose(geometry.widened(level, 0.5, 0.1), [(0, 18), (120, 18), (120, 42), (0, 42)])
    upright = np.array([(40, 10), (40, 110), (20, 110), (20, 10)], float)  # turned by 90 degrees
    np.testing.assert_allclose(geometry.widened(upright, 0.5, 0.1), [(42, 0), (42, 120), (18, 120), (18, 0)])
    np.testing.assert_allclose(
        geometry.widened(np.array([level, upright]), 0.5, 0.1)[1], geometry.widened(upright, 0.5, 0.1)
    )


def test_a_narrow_quad_is_widened_by_a_share_of_its_width_at_most() -> None:
    narrow = np.array([(20, 20), (30, 20), (30, 40), (20, 40)], float)
    np.testing.assert_allclose(geometry.widened(narrow, 0.5, 0.1, 0.15)[:2], [(18.5, 18), (31.5, 18)])
    np.testing.assert_allclose(geometry.widened(narrow, 0.05, 0.1, 0.15)[:2], [(19, 18), (31, 18)])

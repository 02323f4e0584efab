"""Pages that are bent, seen in perspective and turned: a pixel is seen where `points` says."""

import cv2
import numpy as np
import pytest

from chuviet.synth.camera import photo_warp, scan_warp, take
from chuviet.synth.fonts import default_fonts
from chuviet.synth.regions import box_line
from chuviet.synth.surface import Surface, Type
from chuviet.synth.typesetting import set_text
from chuviet.synth.warp import Bend, Warp, bend_of
from chuviet.vocab import VIETNAMESE

SIZE = (300, 420)
MARKS = np.stack(np.meshgrid(np.arange(40, 270, 55), np.arange(40, 400, 60)), -1).reshape(-1, 2)


def seen(image: np.ndarray, near: np.ndarray) -> np.ndarray:
    """The centre of the bright pixels within six of a place."""
    x, y = (round(float(v)) for v in near)
    part = image[max(y - 6, 0) : y + 7, max(x - 6, 0) : x + 7].astype(float)
    rows, columns = np.mgrid[
        max(y - 6, 0) : max(y - 6, 0) + part.shape[0], max(x - 6, 0) : max(x - 6, 0) + part.shape[1]
    ]
    return np.array([(columns * part).sum(), (rows * part).sum()]) / part.sum()


def worst(warp: Warp) -> float:
    """How far, in pixels, dots on a page are seen from where `points` puts them."""
    page = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    for x, y in MARKS:
        page[y - 1 : y + 2, x - 1 : x + 2] = 255
    h, w = warp.size[::-1]
    image = warp.picture(page, np.zeros((h, w, 3), np.uint8))[..., 0]
    places = warp.points(MARKS)
    inside = ((places > 8) & (places < np.array(image.shape[::-1]) - 9)).all(1)
    assert inside.sum() > 5
    return max(float(np.abs(seen(image, p) - p).max()) for p in places[inside])


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
@pytest.mark.parametrize("upright", [False, True])
def test_dots_are_seen_where_points_says(quarters: int, upright: bool) -> None:
    length, width = SIZE[::-1] if upright else SIZE
    bend = bend_of(np.array([0, 25, 40, 10.0]), length, width, 0.4, upright)
    matrix = np.array([[0.9, 0.1, 20], [-0.05, 0.95, 30], [1e-4, -5e-5, 1]])
    assert worst(Warp(matrix, (330, 440), bend, quarters)) < 0.25
    assert worst(Warp(matrix, (330, 440), None, quarters)) < 0.25


def test_dots_are_seen_where_points_says_in_random_pictures() -> None:
    for seed in range(12):
        rng = np.random.default_rng(seed)
        assert worst(photo_warp(SIZE, seed % 4, rng)) < 0.35
        assert worst(scan_warp(SIZE, seed % 4, rng)) < 0.35


def test_a_bend_of_known_tables_and_its_inverse() -> None:
    bend = Bend(np.array([0.0, 10, 20]), np.array([0.0, 6, 20]), np.array([1.0, 2, 1]), np.array([0.0, 5, 0]))
    assert bend.points(np.array([[5.0, 4], [10, 4], [15, 8]])).tolist() == [[3, 8.5], [6, 13], [13, 14.5]]
    rng = np.random.default_rng(0)
    points = rng.uniform(0, 20, (50, 2))
    assert np.abs(bend.inverse(bend.points(points)) - points).max() < 1e-9


def test_a_flat_page_is_not_bent() -> None:
    points = np.array([[0.0, 0], [100, 50], [299, 419]])
    assert np.abs(bend_of(np.zeros(4), 300, 420, 0.5).points(points) - points).max() < 1e-9


def test_a_bend_keeps_the_length_of_the_paper() -> None:
    """Seen from far above, a slope of 3 in 5 is seen at 4 fifths of its length."""
    bend = bend_of(np.linspace(0, 60, 20), 100, 1, 0.0)
    unmagnified = (bend.across - 50) / bend.scale
    assert unmagnified[-2] - unmagnified[1] == pytest.approx(80, rel=1e-6)


def test_what_changes_with_a_line_lies_inside_its_outline() -> None:
    """Pictures of a page with and without one of its lines, taken alike, differ where the line is said to be."""
    font, ways = default_fonts(VIETNAMESE)[0].path, set()
    for seed in range(14):
        surface = Surface(np.full((420, 300, 3), 255, np.float32))
        words = "Hà Nội một ngày đầu thu trời xanh gió mát người đi lại đông vui trên phố".split()
        set_text(surface, words, Type(font, 20), (40, 120, 220), 34.0, 0)
        full = take(surface, np.random.default_rng(seed), turned=0.5)
        quad = surface.lines[1].quad.round().astype(int)
        surface.image[quad[0, 1] - 1 : quad[2, 1] + 2, quad[0, 0] - 1 : quad[2, 0] + 2] = 255
        without = take(surface, np.random.default_rng(seed), turned=0.5)
        change = np.abs(full.image.astype(int) - without.image).max(2).astype(float)
        change[change < 30] = 0
        mask = np.zeros(change.shape, np.uint8)
        cv2.fillPoly(mask, [full.lines[1].outline.round().astype(np.int32)], 1)
        near, inner = cv2.dilate(mask, np.ones((5, 5), np.uint8)), cv2.erode(mask, np.ones((5, 5), np.uint8))
        assert change[near > 0].sum() > 0.97 * change.sum() > 0, (seed, full.way)
        rows = np.flatnonzero((change * (inner > 0)).any(1))
        assert len(rows) and change[inner > 0].sum() > 0.5 * change.sum()
        ways.add((full.way, full.warp.bend is not None))
    assert {("file", False), ("scan", False), ("photo", False), ("photo", True)} <= ways


def test_pictures_hold_the_lines_that_are_wholly_on_them() -> None:
    """A page with three bars: where a line's quad is, the picture is dark."""
    kept = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        surface = Surface(np.full((420, 300, 3), 255, np.float32))
        for y in (60, 200, 340):
            surface.put(np.ones((20, 160), np.float32), 70, y, (0, 0, 0))
            surface.lines.append(box_line([("bar", 69.5, y - 0.5, 229.5, y + 19.5)], 0))
        taken = take(surface, rng, turned=0.5)
        grey = taken.image.mean(2)
        for line in taken.lines:
            (x0, y0), (x1, y1) = line.quad[0], line.quad[2]
            inner = [
                line.quad.mean(0),
                0.8 * line.quad[0] + 0.2 * line.quad[2],
                0.2 * line.quad[0] + 0.8 * line.quad[2],
            ]
            values = [grey[round(float(y)), round(float(x))] for x, y in inner]
            assert max(values) < np.percentile(grey, 50) - 20, (seed, taken.way, values)
            assert np.hypot(x1 - x0, y1 - y0) > 100
            kept += 1
    assert kept >= 33

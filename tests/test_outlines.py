"""Bent lines: straight crops of what was bent in the test, and outlines of regions whose shape is known."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from chuviet.geometry import crop
from chuviet.outlines import bent_outline, crop_bent, halves
from chuviet.reading.lines import LineReader

TEXT = "Số 12 Nguyễn Trãi, Phường 2, Quận 5"
HEIGHT, MARGIN = 56, 60


def flat_line() -> np.ndarray:
    """A printed line that fills its image."""
    font = ImageFont.truetype("DejaVuSans.ttf", 36)
    width = int(font.getlength(TEXT)) + 20
    image = Image.new("RGB", (width, HEIGHT), "white")
    ImageDraw.Draw(image).text((10, 4), TEXT, "black", font)
    return np.array(image)


def bend(flat: np.ndarray, middle: Callable[[np.ndarray], np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A page on which a line runs along y = middle(x), x from 0 to 1 of the page's width; the tops and bottoms of
    the line at 40 places. The page is drawn backwards: each of its pixels asks the nearest place of the curve.
    """
    h, w = flat.shape[:2]
    t = np.linspace(0, 1, 4000)
    curve = np.stack([MARGIN + t * w, middle(t)], 1)
    reached = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))])
    scale = w / reached[-1]
    curve = (curve - curve[0]) * scale + curve[0]
    curve[:, 1] += MARGIN + h - curve[:, 1].min()
    reached = reached * scale
    tangents = np.gradient(curve, axis=0)
    tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)
    normals = np.stack([-tangents[:, 1], tangents[:, 0]], 1)
    size = np.ceil(curve.max(0) + MARGIN + h).astype(int)
    x, y = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    near = np.clip(np.searchsorted(curve[:, 0], x), 0, len(t) - 1)
    for _ in range(6):  # the foot of each pixel on the curve
        ahead = (x - curve[near, 0]) * tangents[near, 0] + (y - curve[near, 1]) * tangents[near, 1]
        near = np.clip(near + np.rint(ahead / w * len(t)).astype(int), 0, len(t) - 1)
    across = (x - curve[near, 0]) * normals[near, 0] + (y - curve[near, 1]) * normals[near, 1]
    outside = (np.abs(ahead) > 3) & ((near == 0) | (near == len(t) - 1))
    page = cv2.remap(flat, np.where(outside, -9, reached[near]).astype(np.float32), (across + h / 2).astype(np.float32),
                     cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT, borderValue=(255, 255, 255))  # fmt: skip
    some = np.linspace(0, len(t) - 1, 40).astype(int)
    return page, curve[some] - normals[some] * h / 2, curve[some] + normals[some] * h / 2


CURVES = {
    "sine": lambda t: 35 * np.sin(2 * np.pi * t),
    "half a sine": lambda t: -60 * np.sin(np.pi * t),
    "arc": lambda t: 90 - 90 * np.sqrt(np.maximum(1 - (1.4 * t - 0.7) ** 2, 0)) * 2.5,
    "slope and wave": lambda t: 120 * t + 20 * np.sin(3 * np.pi * t),
}


@pytest.fixture(scope="module")
def reader() -> LineReader:
    return LineReader("vi_text", decoder="greedy", threads=1)


@pytest.mark.parametrize("name", CURVES)
def test_a_bent_line_is_read_as_the_flat_one(reader: LineReader, name: str) -> None:
    flat = flat_line()
    page, top, bottom = bend(flat, CURVES[name])
    straight = crop_bent(page, top, bottom)
    assert abs(straight.shape[0] - HEIGHT) <= 1 and abs(straight.shape[1] - flat.shape[1]) <= 3
    same = cv2.resize(straight, flat.shape[1::-1])
    assert np.corrcoef(same[6:-6, 6:-6].ravel(), flat[6:-6, 6:-6].ravel())[0, 1] > 0.85
    mask = np.zeros(page.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.rint(np.concatenate([top, bottom[::-1]])).astype(np.int32)], 1)
    outline = bent_outline(mask)
    assert outline is not None
    found = crop_bent(page, *halves(outline))
    texts = [line.text for line in reader.predict([flat, straight, found])]
    assert texts == [TEXT] * 3


def test_the_outline_of_a_region_is_that_of_the_band() -> None:
    x = np.linspace(20, 420, 60)
    y = 60 + 25 * np.sin((x - 20) / 400 * 2 * np.pi)
    slope = 25 * 2 * np.pi / 400 * np.cos((x - 20) / 400 * 2 * np.pi)
    normals = np.stack([-slope, np.ones(60)], 1) / np.hypot(1, slope)[:, None]
    middle = np.stack([x, y], 1)
    mask = np.zeros((130, 440), np.uint8)
    cv2.fillPoly(mask, [np.rint(np.concatenate([middle - 10 * normals, (middle + 10 * normals)[::-1]])).astype(int)], 1)
    for grow in (0.0, 4.0):
        outline = bent_outline(mask, grow)
        assert outline is not None and len(outline) % 2 == 0
        top, bottom = halves(outline)
        between = 0.5 * (top + bottom)
        expected = 60 + 25 * np.sin((between[:, 0] - 20) / 400 * 2 * np.pi)
        assert np.abs(between[1:-1, 1] - expected[1:-1]).max() < 1.2
        assert np.linalg.norm(bottom - top, axis=1) == pytest.approx(20 + 2 * grow, abs=2)
        assert between[[0, -1], 0] == pytest.approx([20 - grow, 420 + grow], abs=6.5)  # its ends slant
        assert (top[:, 1] < bottom[:, 1]).all() and (np.diff(top[:, 0]) > 0).all()


@pytest.mark.parametrize("degrees", [0, 8, -25, 60])
def test_a_straight_line_needs_no_outline(degrees: float) -> None:
    mask = np.zeros((500, 500), np.uint8)
    corners = cv2.boxPoints(((250.0, 250.0), (380.0, 26.0), degrees))
    cv2.fillPoly(mask, [np.rint(corners).astype(np.int32)], 1)
    assert bent_outline(mask) is None
    # The middle of a parabola that sags by s leaves its best straight line by two thirds of s; 0.15 of 26 px are 3.9.
    turn, half = cv2.getRotationMatrix2D((250, 250), -degrees, 1), np.array([0, 13])
    for sag, bent in ((4.0, False), (9.0, True)):
        t = np.linspace(-1, 1, 60)
        along = np.stack([250 + 190 * t, 250 + sag * (t**2 - 0.5)], 1)
        band = np.concatenate([along - half, (along + half)[::-1]])
        band = band @ turn[:, :2].T + turn[:, 2]
        mask[:] = 0
        cv2.fillPoly(mask, [np.rint(band).astype(np.int32)], 1)
        assert (bent_outline(mask) is not None) == bent


def test_regions_that_are_no_lines_have_no_outline() -> None:
    assert bent_outline(np.zeros((20, 20), np.uint8)) is None
    dot = np.zeros((20, 20), np.uint8)
    dot[8:11, 8:11] = 1
    assert bent_outline(dot) is None
    ring = np.zeros((200, 200), np.uint8)
    cv2.circle(ring, (100, 100), 80, 1, 12)
    assert bent_outline(ring) is None or len(bent_outline(ring)) % 2 == 0  # type: ignore[arg-type]


def test_two_points_a_side_are_cut_out_as_a_quad_is() -> None:
    rng = np.random.default_rng(0)
    image = cv2.GaussianBlur(rng.integers(0, 255, (120, 200, 3), dtype=np.uint8), (0, 0), 3)
    quad = np.array([(30, 40), (150, 60), (144, 96), (24, 76)], np.float64)  # a rectangle, near enough
    expected, found = crop(image, quad), crop_bent(image, quad[:2], quad[[3, 2]])
    assert expected.shape == found.shape
    assert np.abs(expected.astype(int) - found).max() <= 3

"""The engine's image operations against OpenCV's on random images: the same numbers, or one grey level off in a few
pixels of warps, whose places OpenCV computes in single precision.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from chuviet.geometry import crop, min_area_quad
from chuviet.preprocess import line
from chuviet.reading.pieces import pieces_of, rows_of
from chuviet.reading.scales import _common
from chuviet.reading.upright import levelled
from chuviet.reading.words import split_words


def noise(rng: np.random.Generator, height: int, width: int, channels: int = 3) -> np.ndarray:
    return rng.integers(0, 256, (height, width, channels)[: 2 + (channels > 1)], dtype=np.uint8)


def test_resizing_is_opencvs(engine: Any) -> None:
    rng = np.random.default_rng(0)
    calls: list[tuple[Any, ...]] = []
    wanted = []
    for k in range(24):
        image = noise(rng, int(rng.integers(4, 90)), int(rng.integers(4, 160)), (1, 3)[k % 2])
        if k % 3 == 2:
            image = image.astype(np.float32)
        height, width = (int(rng.integers(2, 2 * side)) for side in image.shape[:2])
        if k % 4 == 3:  # whole numbers of pixels become one
            image = image[: image.shape[0] // 4 * 4, : image.shape[1] // 2 * 2].copy()
            height, width = image.shape[0] // (2, 4)[k % 8 // 4], image.shape[1] // 2
        for name, mode in (("resizeArea", cv2.INTER_AREA), ("resizeLinear", cv2.INTER_LINEAR)):
            if name == "resizeLinear" and image.dtype == np.float32:
                continue  # no float image is enlarged so
            calls.append(("image/resize", name, engine.picture(image), width, height))
            wanted.append(cv2.resize(image, (width, height), interpolation=mode))
    for call, found, want in zip(calls, engine.call(*calls), wanted, strict=True):
        tolerance = 1e-3 if want.dtype == np.float32 else 0
        assert np.abs(engine.array(found).astype(float) - want).max() <= tolerance, call[1:]


def test_filters_are_opencvs(engine: Any) -> None:
    rng = np.random.default_rng(1)
    image = noise(rng, 37, 91)
    levels = image.astype(np.float32)
    mask = (noise(rng, 40, 60, 1) > 60).astype(np.uint8)
    grey, wide, mean, blurred, turned, far = engine.call(
        ("image/filters", "toGrey", engine.picture(image)),
        ("image/filters", "dilate", engine.picture(image), 4),
        ("image/filters", "boxBlur", engine.picture(image), 4),
        ("image/filters", "gaussianBlur", engine.picture(levels), 18, 6),
        ("image/filters", "quarterTurn", engine.picture(image)),
        ("image/distance", "distanceTransform", mask, 60, 40),
    )
    assert np.array_equal(engine.array(grey), cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))
    assert np.array_equal(engine.array(wide), cv2.dilate(image, np.ones((9, 9), np.uint8)))
    assert np.array_equal(engine.array(mean), cv2.blur(image, (9, 9), borderType=cv2.BORDER_REPLICATE))
    assert np.array_equal(engine.array(turned), np.rot90(image))
    gaussian = cv2.GaussianBlur(levels, (37, 37), 6.0, borderType=cv2.BORDER_REPLICATE)
    assert np.abs(engine.array(blurred) - gaussian).max() < 1e-3
    assert np.abs(far.reshape(40, 60) - cv2.distanceTransform(mask, cv2.DIST_L2, 3)).max() < 1e-3


def test_warps_are_opencvs_but_for_one_level_in_few_pixels(engine: Any) -> None:
    rng = np.random.default_rng(2)
    image = noise(rng, 300, 500)
    calls: list[tuple[Any, ...]] = []
    wanted = []
    for k in range(6):
        quad = np.array([(50, 60), (350, 80), (345, 130), (48, 115)]) + rng.normal(0, 8, (4, 2))
        if k == 5:  # reaches out of the image
            quad += (180, 200)
        wanted.append(crop(image, quad))
        calls.append(("geometry", "crop", engine.picture(image), quad.tolist()))
    found = [engine.array(one) for one in engine.call(*calls)]
    leans = (-38.0, 11.5)
    for lean in leans:
        level, _ = levelled(image, lean)
        wanted.append(level)
        turned = engine.one("reading/upright", "levelled", engine.picture(image), lean)
        found.append(engine.array(turned["level"]))
    for one, want in zip(found, wanted, strict=True):
        off = np.abs(one.astype(int) - want)
        assert off.max() <= 1 and (off > 0).mean() < 0.0005


def test_outlines_are_opencvs_in_its_order(engine: Any) -> None:
    rng = np.random.default_rng(3)
    calls: list[tuple[Any, ...]] = []
    wanted = []
    for k in range(12):
        height, width = (int(rng.integers(3, 60)) for _ in range(2))
        smooth = cv2.GaussianBlur(rng.random((height, width)).astype(np.float32), (0, 0), (0.01, 1, 2)[k % 3])
        binary = (smooth > np.median(smooth)).astype(np.uint8)
        found, _ = cv2.findContours(binary, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        wanted.append([contour.reshape(-1, 2) for contour in found])
        calls.append(("image/outline", "findOutlines", binary, width, height))
    assert engine.call(*calls) == [[c.tolist() for c in contours] for contours in wanted]
    outlines = [contour for contours in wanted for contour in contours]
    filled = engine.call(*[("image/outline", "filled", contour.tolist()) for contour in outlines])
    for contour, region in zip(outlines, filled, strict=True):
        mask = np.zeros((np.ptp(contour[:, 1]) + 1, np.ptp(contour[:, 0]) + 1), np.uint8)
        cv2.fillPoly(mask, [contour - contour.min(0)], 1)
        assert np.array_equal(region["mask"], mask.ravel())


def test_rectangles_are_opencvs(engine: Any) -> None:
    rng = np.random.default_rng(4)
    quads = [
        cv2.boxPoints(((x, y), (w, h), angle)).astype(float)
        for x, y, w, h, angle in rng.uniform((0, 0, 5, 5, -90), (50, 50, 60, 60, 90), (60, 5))
    ]
    pairs = list(zip(quads[::2], quads[1::2], strict=True))
    around = engine.call(*[("geometry", "minAreaQuad", [*a.tolist(), *b.tolist()]) for a, b in pairs])
    common = engine.call(*[("image/rectangle", "commonArea", a.tolist(), b.tolist()) for a, b in pairs])
    for (a, b), quad, area in zip(pairs, around, common, strict=True):
        assert np.abs(np.array(quad) - min_area_quad(np.concatenate([a, b]))).max() < 1e-3
        assert abs(area - _common(a, b)) < 1e-2


def drawn_line(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Strokes on uneven paper, with wide margins now and then."""
    paper = np.linspace(200, 240, width)[None, :, None] + rng.normal(0, 2, (height, width, 3))
    image = np.clip(paper, 0, 255).astype(np.uint8)
    top, start = int(rng.integers(0, height // 2)), int(rng.integers(0, width // 3))
    for x in range(start, width - 20, 12):
        ends = [(x + int(rng.integers(0, 10)), top + int(rng.integers(0, height // 2))) for _ in range(3)]
        cv2.polylines(image, [np.array(ends, np.int32)], False, (60, 50, 120), 2, cv2.LINE_AA)
    return image


def test_lines_are_prepared_as_in_python(engine: Any) -> None:
    rng = np.random.default_rng(5)
    images = [drawn_line(rng, int(rng.integers(30, 130)), int(rng.integers(200, 2500))) for _ in range(8)]
    images[1] = 255 - images[1]
    blank = np.clip(rng.normal(220, 3, (60, 400, 3)), 0, 255).astype(np.uint8)
    config = line.LinePreprocess.Config(trim=True)
    told = {"trim": True, "normalize": True, "height": 40, "width": None, "max_width": 1600, "min_width": 16}
    prepared = engine.call(*[("preprocess/line", "prepareLine", told, engine.picture(image)) for image in images])
    sizes = engine.call(*[("reading/pieces", "rowsOf", engine.picture(image)) for image in images])
    blanks = engine.call(*[("preprocess/line", "isBlank", engine.picture(image)) for image in [*images, blank]])
    for image, found, rows in zip(images, prepared, sizes, strict=True):
        ready = config.build().prepare(image)
        assert np.array_equal(engine.array(found), ready)
        assert tuple(rows) == rows_of(image)
        pieces = engine.one("reading/pieces", "piecesOf", engine.picture(255 - ready))
        assert [(p["left"], p["right"], p["space"]) for p in pieces] == [
            (p.left, p.right, p.space) for p in pieces_of(255 - ready)
        ]
    assert blanks == [line.is_blank(image) for image in [*images, blank]] and blanks[-1] and not any(blanks[:-1])


def test_words_are_cut_where_python_cuts_them(engine: Any) -> None:
    rng = np.random.default_rng(6)
    for _ in range(4):
        image = drawn_line(rng, 40, 400)
        image[:, 150:200] = image[:, 300:320] = 230
        words = [engine.array(word) for word in engine.one("reading/words", "splitWords", engine.picture(image))]
        wanted = split_words(image)
        assert len(words) == len(wanted) > 1
        assert all(np.array_equal(word, want) for word, want in zip(words, wanted, strict=True))

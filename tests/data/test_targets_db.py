"""DBNet's targets of all quads at once against one quad after the other, as plainly as it can be written."""

import cv2
import numpy as np
import pytest
import shapely

from chuviet.data.targets_db import DBTargets


def by_loops(quads: np.ndarray, ignore: np.ndarray, shape: tuple[int, int], shrink: float) -> dict[str, np.ndarray]:
    """The default maps of quads without self-crossings."""
    text, text_mask = np.zeros(shape, np.uint8), np.ones(shape, np.uint8)
    band, band_mask = np.zeros(shape), np.zeros(shape, np.uint8)
    y, x = np.mgrid[: shape[0], : shape[1]]
    points = shapely.points(x, y)
    for quad, skip in zip(quads, ignore, strict=True):
        outline = shapely.Polygon(quad)
        distance = outline.area * (1 - shrink**2) / outline.length
        inner = largest(outline.buffer(-distance, join_style="mitre"))
        top, right, _, left = (np.linalg.norm(quad[(k + 1) % 4] - quad[k]) for k in range(4))
        if skip or inner.is_empty or min((left + right) / 2, top) < 8:
            cv2.fillPoly(text_mask, [np.rint(quad).astype(np.int32)], 0)
            continue
        text |= shapely.contains(inner, points).astype(np.uint8)
        outer = np.asarray(largest(outline.buffer(distance)).exterior.coords)
        filled = np.zeros(shape, np.uint8)
        low = np.clip(np.floor(outer.min(0)), 0, shape[::-1])
        cv2.fillPoly(filled, [(np.rint(outer - low) + low).astype(np.int32)], 1)
        band_mask |= filled
        nearest = shapely.distance(outline.exterior, points)
        band = np.maximum(band, np.clip(1 - nearest / distance, 0, 1) * filled)
    return {"text": text, "text_mask": text_mask, "threshold": 0.3 + 0.4 * band, "threshold_mask": band_mask}


def largest(shape: shapely.Geometry) -> shapely.Polygon:
    return max(getattr(shape, "geoms", [shape]), key=lambda piece: piece.area)


@pytest.mark.parametrize("shrink", [0.4, 0.6])
def test_all_at_once_as_one_by_one(shrink: float) -> None:
    rng, targets = np.random.default_rng(3), DBTargets.Config(shrink=shrink).build()
    for spread in (0.0, 1.5, 3.0):  # px that corners are off; texts lie on each other and leave the image
        at, sizes, angles = rng.uniform(-20, 130, (12, 2)), rng.uniform(4, 60, (12, 2)), rng.uniform(-3, 3, 12)
        corners = sizes[:, None] * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) / 2
        turns = np.stack([np.cos(angles), np.sin(angles), -np.sin(angles), np.cos(angles)], 1).reshape(12, 2, 2)
        quads = corners @ turns + at[:, None] + rng.normal(0, spread, (12, 4, 2))
        quads = quads[shapely.is_valid(shapely.polygons(quads))]
        ignore = rng.random(len(quads)) < 0.2
        found, wanted = targets(quads, ignore, (110, 120)), by_loops(quads, ignore, (110, 120), shrink)
        assert found["text"].any() and not found["text_mask"].all() and len(quads) > 8
        assert found.keys() == wanted.keys() and found["threshold"].dtype == np.float32
        for name in ("text", "text_mask", "threshold_mask"):
            assert found[name].dtype == np.uint8 and np.array_equal(found[name], wanted[name]), name
        assert np.abs(found["threshold"] - wanted["threshold"]).max() < 1e-5


def test_a_bow_tie_and_a_point_break_nothing() -> None:
    bow = [(10, 10), (60, 10), (10, 60), (60, 60)]
    maps = DBTargets.Config().build()(np.array([bow, [(5, 5)] * 4], float), np.zeros(2, bool), (80, 80))
    # Clockwise area less the other one: 0, so it is not shrunk; the larger triangle stays, half of it 25 x 50 pixels.
    assert 500 < maps["text"].sum() < 700 and not maps["text_mask"][5, 5]

"""Percentiles by counting are those by sorting."""

import numpy as np
import pytest

from chuviet.preprocess.levels import count_levels, median_of_rows, percentile_of

LEVELS = np.arange(256, dtype=np.float32)


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (2, 3), (7, 8), (40, 333)])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_percentiles_are_those_of_numpy(shape: tuple[int, int], kind: type) -> None:
    rng = np.random.default_rng(0)
    for highest in (1, 4, 256):
        image = rng.integers(0, highest, shape, dtype=np.uint8)
        counts = count_levels(image)
        assert counts.tolist() == np.bincount(image.ravel(), minlength=256).tolist()
        values = np.maximum(LEVELS - 1.5, 0).astype(kind)
        for percent in (0, 1, 50, 99, 100):
            got = percentile_of(counts, percent, values)
            assert got.dtype == kind and got == pytest.approx(np.percentile(values[image], percent), rel=1e-6)


def test_levels_of_every_other_pixel_are_counted() -> None:
    image = np.arange(24, dtype=np.uint8).reshape(4, 6)
    assert np.flatnonzero(count_levels(image[::2, ::2])).tolist() == [0, 2, 4, 12, 14, 16]


@pytest.mark.parametrize("width", [1, 2, 3, 8, 301])
def test_medians_are_those_of_numpy(width: int) -> None:
    values = np.random.default_rng(1).normal(size=(5, width)).astype(np.float32)
    assert np.array_equal(median_of_rows(values), np.median(values, axis=1, keepdims=True))

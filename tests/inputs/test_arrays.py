from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from chuviet.errors import InputError
from chuviet.inputs.images import as_image

RGB = np.random.default_rng(0).integers(0, 256, (7, 9, 3), np.uint8)
RGB[0, 0], RGB[0, 1] = 0, 255  # the whole range is used
GREY = np.ascontiguousarray(RGB[:, :, 0])


@pytest.mark.parametrize(
    ("values", "allowed"),
    [
        (RGB, 0),
        (RGB.astype(np.int32), 0),
        (RGB.astype(np.int64), 0),
        (RGB.astype(np.uint16), 0),  # no value over 255: 8-bit levels in a wider type
        (RGB.astype(np.uint16) * 257, 0),
        (RGB.astype(np.uint32) * 257, 0),
        (RGB.astype(np.float32), 0),
        (RGB.astype(np.float64) / 255, 0),
        ((RGB / 255).astype(np.float16), 1),
        ((RGB / 255 * 1.02 - 0.01).astype(np.float32), 4),  # the overshoot of a resize
        (np.asfortranarray(RGB), 0),
        (RGB[::-1][::-1], 0),
        (np.dstack([RGB, np.full((7, 9), 255, np.uint8)]), 0),
    ],
    ids=lambda v: str(v.dtype) if isinstance(v, np.ndarray) else "",
)
def test_every_type(values: np.ndarray, allowed: int) -> None:
    out = as_image(values)
    assert out.dtype == np.uint8 and out.shape == (7, 9, 3) and out.flags.c_contiguous
    assert np.abs(out.astype(int) - RGB).max() <= allowed


@pytest.mark.parametrize("shape", [(7, 9), (7, 9, 1)])
def test_grey_is_repeated(shape: tuple[int, ...]) -> None:
    out = as_image(GREY.reshape(shape))
    assert all(np.array_equal(out[:, :, c], GREY) for c in range(3))


def test_bool_is_black_and_white() -> None:
    assert np.array_equal(as_image(GREY > 99)[:, :, 1], np.where(GREY > 99, 255, 0))


def test_white_ink_with_alpha_is_shown() -> None:
    rgba = np.full((20, 50, 4), 255, np.uint8)
    rgba[:, :, 3] = 0
    rgba[8:12, 10:40, 3] = 255
    for values in (rgba, rgba / 255, rgba.astype(np.uint16) * 257):
        out = as_image(values)
        assert out[0, 0].max() == 0 and out[10, 20].min() == 255


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((3, 7, 9)), "transpose"),
        (np.zeros((2, 7, 9, 3)), "one by one"),
        (np.zeros((7, 9, 2)), "shape"),
        (np.zeros(7), "shape"),
        (np.zeros((0, 9, 3), np.uint8), "no pixels"),
        (np.full((7, 9), -1), "-1"),
        (np.full((7, 9), 70_000), "70000"),
        (np.full((7, 9), 1000.0), "1000"),
        (np.full((7, 9), -0.5), "-0.5"),
        (np.full((7, 9), np.nan), "no numbers"),
        (np.full((7, 9), 1j), "complex"),
        (np.full((7, 9), "a"), "type"),
        (np.full((7, 9), None), "type"),
        (5, "int is no image"),
        (None, "NoneType is no image"),
        ([RGB], "list is no image"),
        (io.StringIO("abc"), "rb"),
        ("no.png", "no.png"),
        (b"", "empty"),
        (b"nonsense", "not an image"),
    ],
)
def test_what_is_no_image_is_said_in_one_line(values: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        as_image(values, "line 3")
    assert "\n" not in str(caught.value)
    assert (
        str(caught.value).startswith("no.png" if values == "no.png" else "line 3: ")
        if isinstance(values, str)
        else True
    )


def test_every_way_to_give_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(RGB).save(path)
    data = path.read_bytes()
    with path.open("rb") as f:
        assert np.array_equal(as_image(f), RGB)
    for value in (str(path), path, data, bytearray(data), memoryview(data), io.BytesIO(data), Image.open(path)):
        assert np.array_equal(as_image(value), RGB)


def test_a_pil_image_is_not_changed() -> None:
    picture = Image.fromarray(RGB).convert("P")
    as_image(picture)
    assert picture.mode == "P"


def test_a_broken_pil_image_is_an_input_error() -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)).save(buffer, "PNG")
    with pytest.raises(InputError, match="truncated"):
        as_image(Image.open(io.BytesIO(buffer.getvalue()[:3000])))

"""What holds no writing is called blank, and nothing else is."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from chuviet.inputs.images import read_image
from chuviet.preprocess.line import is_blank

DATA = Path(os.environ.get("CHUVIET_DATA", Path(__file__).parents[2] / "../shared/data"))
RNG = np.random.default_rng(0)


def grain(height: int = 64, width: int = 700, sigma: float = 4, size: float = 0, base: int = 235) -> np.ndarray:
    """Paper with grain of `sigma` grey levels, its specks `size` px wide."""
    noise = RNG.normal(0, 1, (height, width, 3))
    noise = cv2.GaussianBlur(noise, (0, 0), size) if size else noise
    return np.clip(base + noise / noise.std() * sigma, 0, 255).astype(np.uint8)


def as_jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    return cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)


@pytest.mark.parametrize("level", [0, 20, 128, 255])
@pytest.mark.parametrize("shape", [(64, 700), (12, 30), (2, 2), (1, 50), (300, 40), (40, 4000)])
def test_plain_paper(level: int, shape: tuple[int, int]) -> None:
    assert is_blank(np.full((*shape, 3), level, np.uint8))


@pytest.mark.parametrize("base", [25, 120, 200, 240])
@pytest.mark.parametrize("size", [0, 0.7, 1.5, 3])
@pytest.mark.parametrize("sigma", [1, 3, 8, 12])
def test_grain(sigma: float, size: float, base: int) -> None:
    for height, width in ((64, 700), (71, 1103), (48, 500)):
        paper = grain(height, width, sigma, size, base)
        assert is_blank(paper) and is_blank(as_jpeg(paper, 75)) and is_blank(as_jpeg(paper, 25 if sigma <= 8 else 40))


def test_shading() -> None:
    y, x = np.mgrid[0:64, 0:700]
    for shade in (
        250 - x / 5,
        250 - 2 * y,
        150 + 90 * np.sin(x / 120),
        60 + 0.15 * x + y,
        255 * np.exp(-((x - 300) ** 2) / 6e4),
    ):
        paper = np.repeat(np.clip(shade, 0, 255)[:, :, None], 3, axis=2)
        assert is_blank(paper.astype(np.uint8))
        assert is_blank(np.clip(paper + RNG.normal(0, 3, paper.shape), 0, 255).astype(np.uint8))


@pytest.mark.parametrize("colour", [(150, 170, 220), (60, 60, 60), (230, 120, 120)])
@pytest.mark.parametrize("thick", [1, 2, 3])
def test_a_ruled_line_alone(colour: tuple[int, int, int], thick: int) -> None:
    paper = grain(sigma=2)
    cv2.line(paper, (0, 50), (699, 50), colour, thick)
    assert is_blank(paper)


def dash(paper: np.ndarray, ink: int) -> None:
    cv2.line(paper, (300, 33), (318, 32), (ink,) * 3, 2, cv2.LINE_AA)


def comma(paper: np.ndarray, ink: int) -> None:
    cv2.line(paper, (300, 48), (297, 55), (ink,) * 3, 2, cv2.LINE_AA)


def dot(paper: np.ndarray, ink: int) -> None:
    cv2.circle(paper, (300, 48), 2, (ink,) * 3, -1, cv2.LINE_AA)


def thin(paper: np.ndarray, ink: int) -> None:
    cv2.putText(paper, "So 12 Le Loi", (30, 45), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (ink,) * 3, 1, cv2.LINE_AA)


def ruled(paper: np.ndarray, ink: int) -> None:
    cv2.line(paper, (0, 52), (699, 52), (150, 170, 220), 2)
    cv2.putText(paper, "7", (30, 45), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (ink,) * 3, 2, cv2.LINE_AA)


@pytest.mark.parametrize("draw", [dash, comma, dot, thin, ruled], ids=lambda f: f.__name__)
@pytest.mark.parametrize("contrast", [60, 100, 200])
def test_little_ink_is_no_blank(draw: Callable[[np.ndarray, int], None], contrast: int) -> None:
    for sigma in (0, 1, 3):
        paper = grain(sigma=sigma)
        draw(paper, 235 - contrast)
        assert not is_blank(paper) and not is_blank(255 - paper) and not is_blank(as_jpeg(paper, 60))


def test_pencil_on_clean_paper() -> None:
    paper = grain(sigma=1)
    thin(paper, 205)
    assert not is_blank(paper)


def test_words_that_fill_their_crop() -> None:
    word = np.full((24, 60, 3), 120, np.uint8)
    cv2.putText(word, "PHO", (1, 21), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (150, 150, 150), 3, cv2.LINE_AA)
    assert not is_blank(word)
    word = np.full((24, 60, 3), (0, 127, 0), np.uint8)  # as bright as its ink
    cv2.putText(word, "PHO", (1, 21), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (200, 26, 0), 2, cv2.LINE_AA)
    assert not is_blank(word)


def test_the_image_is_not_changed() -> None:
    paper = grain()
    before = paper.copy()
    is_blank(paper)
    assert np.array_equal(paper, before)


@pytest.mark.real_data
def test_no_real_line_or_word_is_blank() -> None:
    lines, words = DATA / "vi_handwriting", DATA / "scene_words"
    if not lines.is_dir() or not words.is_dir():
        pytest.skip(f"no real images in {DATA}")
    with (lines / "train_folds.csv").open(encoding="utf-8-sig", newline="") as f:
        paths = [lines / "images" / row["img_path"] for row in csv.DictReader(f)]
    listed = (words / "val.txt").read_text(encoding="utf-8").splitlines()
    paths += [words / line.split("\t")[0] for line in listed if line]
    assert len(paths) == 1_838 + 646
    assert [p for p in paths if is_blank(read_image(p))] == []

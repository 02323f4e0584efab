import cv2
import numpy as np
import pytest

from chuviet.data.line_augment import LineAugment
from chuviet.errors import InputError
from chuviet.preprocess.line import LinePreprocess, separate_ink, trim_rows


def line(paper: tuple[int, int, int], ink: tuple[int, int, int], width: int = 300) -> np.ndarray:
    image = np.full((64, width, 3), paper, np.uint8)
    cv2.putText(image, "abc xyz", (10, 44), cv2.FONT_HERSHEY_SIMPLEX, 1.2, ink, 2, cv2.LINE_AA)
    return image


def test_ink_and_paper_of_any_colour_become_alike() -> None:
    reference = separate_ink(line((255, 255, 255), (0, 0, 0))).astype(int)
    looks = [((225, 225, 240), (70, 70, 190)), ((240, 235, 210), (120, 120, 120)), ((30, 60, 30), (240, 240, 240))]
    for paper, ink in looks:
        other = separate_ink(line(paper, ink)).astype(int)
        assert np.abs(other - reference).mean() < 6, (paper, ink)


def test_shadow_is_taken_out() -> None:
    image = line((250, 250, 250), (20, 20, 20))
    shade = np.linspace(1.0, 0.5, image.shape[1])[None, :, None]
    out = separate_ink((image * shade).astype(np.uint8))
    ink = separate_ink(image) < 60
    assert np.median(out[~ink]) > 240 and np.median(out[ink]) < 60


def test_blank_paper_stays_blank() -> None:
    rng = np.random.default_rng(0)
    noise = (240 + rng.normal(0, 2, (64, 200, 3))).clip(0, 255).astype(np.uint8)
    assert separate_ink(noise).min() > 100
    assert np.all(separate_ink(np.full((64, 200, 3), 255, np.uint8)) == 255)


def test_resize_keeps_the_aspect_ratio_or_pads_to_the_fixed_width() -> None:
    grey = np.zeros((64, 640), np.uint8)
    assert LinePreprocess.Config(height=32).build().resize(grey).shape == (32, 320)
    fixed = LinePreprocess.Config(height=32, width=400).build().resize(grey)
    assert fixed.shape == (32, 400) and np.all(fixed[:, 320:] == 255) and np.all(fixed[:, :320] == 0)
    assert LinePreprocess.Config(height=32, width=200).build().resize(grey).shape == (32, 200)


def test_rows_without_ink_are_trimmed_and_half_are_kept() -> None:
    grey = np.full((100, 400), 255, np.uint8)
    assert trim_rows(grey) is grey  # blank
    grey[30:80, 10:390] = 0
    assert np.array_equal(trim_rows(grey), grey[26:84])  # 4 rows of 100 above and below
    grey[5, 100] = 100  # a speck is less than half a per cent of the ink
    assert np.array_equal(trim_rows(grey), grey[26:84])
    for row, start in ((0, 0), (50, 25), (99, 50)):  # a dash, wherever it is, keeps half of its rows
        dash = np.full((100, 400), 255, np.uint8)
        dash[row, 50:90] = 0
        assert np.array_equal(trim_rows(dash), dash[start : start + 50])


def test_trimmed_lines_are_alike_whatever_their_margins() -> None:
    image = line((250, 250, 250), (20, 20, 20))[10:60]
    wide = cv2.copyMakeBorder(image, 8, 2, 0, 0, cv2.BORDER_REPLICATE)
    trim = LinePreprocess.Config(height=40, trim=True).build()
    a, b = trim(image), trim(wide)
    assert a.shape[0] == b.shape[0] == 40 and abs(a.shape[1] - b.shape[1]) <= 0.06 * a.shape[1]
    assert np.abs(a.astype(int) - cv2.resize(b, a.shape[::-1])).mean() < 12
    assert a.shape[1] > LinePreprocess.Config(height=40).build()(image).shape[1]


@pytest.mark.parametrize(
    "bad", [np.zeros((64, 100), np.uint8), np.zeros((64, 100, 3), np.float32), np.zeros((1, 9, 3), np.uint8)]
)
def test_wrong_images_are_refused(bad: np.ndarray) -> None:
    with pytest.raises(InputError):
        LinePreprocess.Config().build()(bad)


def test_augmentation_follows_its_generator_and_keeps_the_writing() -> None:
    grey = separate_ink(line((255, 255, 255), (0, 0, 0)))
    augment = LineAugment.Config().build()
    a, b = (augment(grey, np.random.default_rng((1, 2, 3))) for _ in range(2))
    assert np.array_equal(a, b)
    ink = (255 - grey).sum()
    kept = [(255 - augment(grey, np.random.default_rng(i))).sum() / ink for i in range(100)]
    assert 0.5 < np.median(kept) < 2 and min(kept) > 0.2
    assert len({augment(grey, np.random.default_rng(i)).tobytes() for i in range(20)}) > 15

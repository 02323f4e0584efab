"""Lines that are very long, or in wide margins: where they are cut, and that their frames are joined again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from chuviet.cli import main
from chuviet.preprocess.line import LinePreprocess
from chuviet.preprocess.scene import ScenePreprocess
from chuviet.reading.layout import line_of
from chuviet.reading.lines import LineReader, is_clear
from chuviet.reading.pieces import Piece, Pieces, pieces_of, prepare, rows_of
from chuviet.results import Prediction

ADDRESS = "Số 12 Nguyễn Trãi, Phường 2, Quận 5, TP Hồ Chí Minh"


def printed(text: str, left: int = 10, right: int = 10, above: int = 8, below: int = 8, size: int = 32) -> np.ndarray:
    font = ImageFont.truetype("DejaVuSans.ttf", size)
    width, height = int(font.getlength(text)) + left + right, sum(font.getmetrics()) + above + below
    image = Image.new("RGB", (width, height), "white")
    ImageDraw.Draw(image).text((left, above), text, (20, 20, 90), font)
    return np.array(image)


def bars(*words: tuple[int, int], width: int, height: int = 20) -> np.ndarray:
    """Ink in the given columns, three of each four."""
    ink = np.zeros((height, width), np.uint8)
    for start, end in words:
        ink[4:16, start:end] = 255
        ink[:, start:end][:, ::4] = 0
    return ink


def test_cuts_lie_in_the_last_blank_that_is_near_enough() -> None:
    # 20 high: pieces of 600 columns at most and of 300 at least. Blanks at 280..290, 500..512 and 560..564.
    ink = bars((0, 280), (290, 500), (512, 560), (564, 900), width=900)
    (first, second) = pieces_of(ink)
    assert (first.left, second.right, second.left) == (0, 900, first.right) and second.space
    assert 503 <= first.right < 512  # no ink within 3 columns
    assert pieces_of(bars((0, 590), width=600)) == [Piece(0, 600)]
    assert pieces_of(np.zeros((20, 2000), np.uint8)) == [Piece(0, 2000)]


def test_without_blanks_a_line_is_cut_without_a_space_and_ruled_lines_are_no_ink() -> None:
    ink = np.full((20, 1300), 0, np.uint8)
    ink[5:15] = np.random.default_rng(0).integers(100, 255, (10, 1300), dtype=np.uint8)
    pieces = pieces_of(ink)
    assert len(pieces) >= 3 and not any(p.space for p in pieces)
    assert [p.left for p in pieces] == [0, *(p.right for p in pieces[:-1])] and pieces[-1].right == 1300
    ruled = bars((0, 500), (512, 900), width=900)
    ruled[18] = 255
    assert pieces_of(ruled) == pieces_of(bars((0, 500), (512, 900), width=900))


def test_wide_margins_are_cut_away_and_what_has_no_ink_is_dropped() -> None:
    assert pieces_of(bars((400, 500), width=550)) == [Piece(381, 550)]  # 401 are over 8 heights of 20
    assert pieces_of(bars((100, 500), width=550)) == [Piece(0, 550)]
    far = pieces_of(bars((0, 300), (1700, 1800), width=1800))
    assert far[0] == Piece(0, 320) and 1680 <= far[-1].left <= 1698 and len(far) == 2 and far[1].space


def test_frames_are_joined_with_blanks_and_a_space() -> None:
    frames = [np.full((4, 3), -1.0, np.float32), np.full((2, 3), -2.0, np.float32)]
    line = Pieces([], [Piece(20, 60), Piece(80, 100, True)], 120)
    whole = line.joined(frames, 2)
    # A frame every 10 columns: 2 before, 4, 2 between, 2, 2 behind.
    assert np.exp(whole).round(3).argmax(1).tolist() == [0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0]
    assert np.array_equal(whole[2:6], frames[0]) and np.array_equal(whole[8:10], frames[1])
    touching = Pieces([], [Piece(0, 40), Piece(40, 60, True)], 60)
    assert len(touching.joined(frames, 2)) == 7 and len(touching.joined(frames, None)) == 6
    alone = Pieces([], [Piece(0, 40)], 40)
    assert alone.joined(frames[:1], 2) is frames[0]


def test_rows_of_wide_margins_but_not_of_a_dash() -> None:
    text = printed("Quận 5, Hà Nội", above=200, below=150)
    top, bottom = rows_of(text)
    ink = np.flatnonzero((text < 128).any((1, 2)))
    assert ink[0] - 0.5 * len(ink) < top < ink[0] and ink[-1] < bottom < ink[-1] + 0.5 * len(ink)
    for text in (printed("Quận 5"), printed("—", above=200, below=150), np.full((50, 300, 3), 255, np.uint8)):
        assert rows_of(text) == (0, len(text))


def test_ordinary_lines_are_prepared_as_before() -> None:
    rng = np.random.default_rng(0)
    for preprocess in (LinePreprocess.Config(trim=True).build(), ScenePreprocess.Config().build()):
        for image in (
            printed(ADDRESS),
            printed("Hà Nội", right=150),
            rng.integers(0, 255, (40, 90, 3), dtype=np.uint8),
        ):
            ready = prepare(preprocess, image, True)
            assert np.array_equal(ready.images[0], preprocess(image)) and len(ready.images) == 1
    assert len(prepare(LinePreprocess.Config().build(), printed(ADDRESS * 4), False).images) == 1


@pytest.fixture(scope="module")
def reader() -> LineReader:
    return LineReader("vi_text", decoder="greedy", threads=1)


def test_a_long_line_reads_as_its_parts_and_its_words_keep_their_places(reader: LineReader) -> None:
    image = printed("; ".join([ADDRESS] * 4))
    found = reader.predict([image])[0]
    said = found.text.replace(";", ",").split("Minh, ")
    assert [part.removesuffix("Minh").strip() for part in said] == [ADDRESS.removesuffix("Minh").strip()] * 4
    words = line_of(image, found).words
    fourths = [word.corners[0, 0] / image.shape[1] for word in words if word.text == "Trãi,"]
    assert np.diff(fourths) == pytest.approx([0.251] * 3, abs=0.01)  # a "; " less than a fourth
    beam = LineReader("vi_text", threads=1).predict([image])[0]
    assert beam.text.count("Nguyễn Trãi, Phường 2, Quận 5") == 4


def test_margins_do_not_matter(reader: LineReader) -> None:
    images = [printed(ADDRESS), printed(ADDRESS, 600, 500, 150, 130), printed(ADDRESS, right=3000)]
    found = reader.predict(images)
    assert [p.text for p in found] == [ADDRESS] * 3
    places = [line_of(image, p).words[2].corners[:2, 0] for image, p in zip(images, found, strict=True)]
    assert places[1] - places[0] == pytest.approx([590, 590], abs=16)
    assert places[2] - places[0] == pytest.approx([0, 0], abs=16)


def test_blank_crops_read_as_nothing(reader: LineReader) -> None:
    sizes = ((40, 300), (40, 4000), (400, 900), (3, 90))
    assert [p.text for p in reader.predict([np.full((*size, 3), 230, np.uint8) for size in sizes])] == [""] * 4


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_each_line_of_many_keeps_its_place_among_blank_and_bad_ones(threads: int) -> None:
    """So many that threads read them in several groups, large ones first."""
    reader = LineReader("vi_text", decoder="greedy", threads=threads)
    images = [printed(f"Quận {k}{k + 3}") for k in range(37)]
    for k in (0, 9, 36):
        images[k] = np.full((40, 300, 3), 230, np.uint8)
    alone = [reader.predict([image])[0].text for image in images]
    assert len(set(alone)) == 35 and alone[0] == alone[9] == alone[36] == ""
    for k in (8, 35):
        images[k] = np.zeros((1, 1, 3), np.uint8)
    found, bad = reader.try_predict(images)
    assert [b.index for b in bad] == [8, 35] and found[8] is found[35] is None
    assert [(p.index, p.text) for p in found if p] == [(k, t) for k, t in enumerate(alone) if k not in (8, 35)]
    for count in range(4):
        assert [p.text for p in reader.predict(images[1 : 1 + count])] == alone[1 : 1 + count]


def test_several_lines_in_one_image_are_said(reader: LineReader, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    one = printed(ADDRESS)
    other = printed("Phường Bến Nghé, Quận 1, Hà Nội", right=400)[:, : one.shape[1]]
    both = np.concatenate([one, other])
    two, good = tmp_path / "two.png", tmp_path / "one.png"
    Image.fromarray(both).save(two)
    Image.fromarray(one).save(good)
    assert [p.stacked for p in reader.predict([one, both])] == [False, True]
    with pytest.warns(UserWarning, match=r"two\.png: seems to hold several lines"):
        reader.read(two)
    assert main(["predict", str(two), str(good), "-w", "vi_text", "--decoder", "greedy"]) == 0
    said = capsys.readouterr()
    assert said.err.count("\n") == 1 and "two.png" in said.err and "`chuviet read`" in said.err
    assert ADDRESS in said.out


def test_only_what_is_read_with_doubt_is_looked_at_again(reader: LineReader) -> None:
    """A network reads something in any grain of paper, and in two lines at once."""
    clear = [Prediction(0, "Số 1/2", 0.9), Prediction(0, "1234", 0.99)]
    unclear = [Prediction(0, "1 - 23", 0.99), Prediction(0, "Số 12", 0.89), Prediction(0, "", 1.0)]
    assert [is_clear(one) for one in (*clear, *unclear)] == [True, True, False, False, False]
    rng = np.random.default_rng(0)
    grains = [np.clip(235 + rng.normal(0, s, (64, w, 3)), 0, 255).astype(np.uint8) for s in (3, 8) for w in (300, 700)]
    assert {p.text for p in reader.predict(grains)} == {""}

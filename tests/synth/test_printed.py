"""Printed strings: seeded, in the asked characters, told apart by case, split into test and training."""

from pathlib import Path

import numpy as np
import pytest

from chuviet.commands.synthesis import read_words
from chuviet.errors import InputError
from chuviet.synth.fonts import default_fonts
from chuviet.synth.printed import PrintedRecipe, Style, _neighbours, _turn, plain, scene
from chuviet.vocab import ASCII, CHINESE, PRINTED

FONTS = [f for f in default_fonts(ASCII) if f.family == "DejaVuSansMono"]


@pytest.mark.parametrize("style", ["plain", "scene", "captcha"])
def test_same_seed_same_bytes(style: Style) -> None:
    recipe = PrintedRecipe(style=style, source=style, alphabet=PRINTED, fonts=FONTS, seed=3)
    rows, files = zip(*(recipe.job(i) for i in (0, 1, 0)), strict=True)
    assert files[0] == files[2] != files[1] and rows[0] == rows[2]
    assert PrintedRecipe(style=style, source=style, alphabet=PRINTED, fonts=FONTS, seed=4).job(0)[1] != files[0]


def test_rows_name_text_fold_and_font() -> None:
    recipe = PrintedRecipe(style="plain", source="printed", alphabet="abc", fonts=FONTS, test=2, shortest=3, longest=3)
    rows = [recipe.job(i)[0] for i in range(4)]
    assert [r["fold"] for r in rows] == ["0", "0", "1", "1"]
    assert all(len(r["text"]) == 3 and set(r["text"]) <= set("abc") for r in rows)
    assert {r["font"] for r in rows} == {"DejaVuSansMono"} and len({r["text"] for r in rows}) > 1


def test_words_come_from_the_list_in_any_case() -> None:
    recipe = PrintedRecipe(style="plain", source="w", alphabet=PRINTED, fonts=FONTS, words=["Exit", "24h"])
    texts = {recipe.job(i)[0]["text"] for i in range(60)}
    assert texts == {"Exit", "EXIT", "exit", "24h", "24H"}


def test_word_lists_are_read_plain_or_with_labels(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("zoo\ncafe\n")
    (tmp_path / "labels.txt").write_text("1.jpg\tTaxi, 24 h\n2.jpg\tzoo\n")
    (tmp_path / "labels.csv").write_text("img_path,text\n1.jpg,Taxi\n")
    found = [[w for w in read_words(tmp_path / name) if w] for name in ("plain", "labels.txt", "labels.csv")]
    assert found == [["zoo", "cafe"], ["Taxi, 24 h", "zoo"], ["Taxi"]]


@pytest.mark.parametrize("text", ["I", ".", "Disestablished"])
def test_scenes_of_narrow_and_wide_texts_are_drawn(text: str) -> None:
    for seed in range(30):
        image = scene(text, FONTS[0].path, 32, np.random.default_rng(seed))
        assert image.dtype == np.uint8 and image.ndim == 3 and min(image.shape[:2]) >= 4


def test_small_letters_are_drawn_smaller_than_capitals() -> None:
    """Cut to its ink an x would look like an X."""

    def ink(text: str) -> int:
        image = plain(text, FONTS[0].path, 32, np.random.default_rng(0)).mean(2)
        return int((image.min(axis=1) < image.max() - 60).sum())

    assert ink("xxxx") < 0.8 * ink("XXXX")


def test_a_text_that_no_font_can_write_is_named() -> None:
    recipe = PrintedRecipe(style="plain", source="c", alphabet=CHINESE, fonts=FONTS)
    with pytest.raises(InputError, match="no font covers"):
        recipe.job(0)
    assert len(CHINESE) == 376 == len(set(CHINESE)) and CHINESE[0] == "啊"


def test_a_turned_text_keeps_its_ink_and_fills_its_new_box() -> None:
    ink, near = np.ones((20, 60), np.float32), np.zeros((60, 180), np.float32)
    near[5:15, 60:120] = 1.0  # a bar above the text's middle third
    turned, around = _turn(ink, near, 30.0)
    wide, high = 60 * np.cos(np.pi / 6) + 20 * 0.5, 20 * np.cos(np.pi / 6) + 60 * 0.5
    assert turned.shape == pytest.approx((high, wide), abs=2) and around.shape == tuple(3 * n for n in turned.shape)
    assert turned.sum() == pytest.approx(ink.sum(), rel=0.02) and around.sum() == pytest.approx(near.sum(), rel=0.02)
    h, w = turned.shape
    text = np.zeros_like(around)
    text[h : 2 * h, w : 2 * w] = turned
    assert (text * around).sum() < 0.02 * near.sum()  # it is still beside the text
    centre = np.argwhere(around > 0.5).mean(0) - (1.5 * h, 1.5 * w)
    assert centre == pytest.approx((-20 * np.cos(np.pi / 6), -20 * 0.5), abs=1)  # anticlockwise: up and to the left


def test_neighbours_stay_off_the_text() -> None:
    for seed in range(20):
        near = _neighbours("Exit 24", FONTS[0].path, (40, 120), np.random.default_rng(seed))
        assert near.shape == (120, 360) and not near[40:80, 120:240].any()

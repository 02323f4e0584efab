"""Letters put together are what Pillow draws: the samples of a seed do not depend on who draws them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from chuviet.synth import glyphs
from chuviet.synth.corpus import Verse
from chuviet.synth.dataset import LineRecipe
from chuviet.synth.fonts import default_fonts
from chuviet.vocab import VIETNAMESE

FONTS = default_fonts(VIETNAMESE)
WORDS = ["Ấp", "AVATAR,", "Nguyễn", "fjord", "Đường", "12/3B", "Ộ", "y"]


@pytest.mark.parametrize("path", [f.path for f in FONTS[::3]])
def test_words_are_as_pillow_draws_them(path: str) -> None:
    font = glyphs.load(path)
    for word in WORDS:
        assert glyphs.box_of(word, path) == font.getbbox(word, anchor="ls")
        assert glyphs.starts_of(word, path) == [font.getlength(word[:i]) for i in range(len(word))]
        for x in (10, -5, 60):  # in the middle, and over the edges
            image = Image.new("L", (120, 70))
            ImageDraw.Draw(image).text((x, 50), word, fill=255, font=font, anchor="ls")
            ours = np.zeros((70, 120), np.uint8)
            glyphs.write(ours, word, x, 50, path)
            assert np.array_equal(ours, np.asarray(image))


@pytest.mark.parametrize("path", [f.path for f in FONTS[::3]])
def test_letters_at_any_place_are_as_pillow_draws_them(path: str) -> None:
    rng, font = np.random.default_rng(0), glyphs.load(path)
    for word in WORDS:
        image, ours, edge = Image.new("L", (260, 100)), np.zeros((100, 260), np.uint8), 0
        x = 10.0
        for letter in word:
            y = 60 + rng.choice((rng.normal(), 0.5, 31.5 / 64, 32.5 / 64))  # 1/64 and half pixels are rounded
            ImageDraw.Draw(image).text((x, y), letter, fill=255, font=font, anchor="ls")
            edge = glyphs.write_letter(ours, letter, x, y, path, edge)
            x += font.getlength(letter) * rng.uniform(0.5, 1.1)  # some letters overlap
            x = rng.choice((x, np.floor(x) + 31.5 / 64))
        assert np.array_equal(ours, np.asarray(image))


def test_fonts_do_not_depend_on_what_was_drawn_before() -> None:
    few = [replace(f, family="few", covers=frozenset("abc ")) for f in FONTS[:1]]
    recipes = [LineRecipe(Verse(), [*few, *FONTS[1:]], "poems", VIETNAMESE, seed=1, shortest=10) for _ in range(2)]
    forth = [recipes[0].job(i) for i in range(12)]
    assert [recipes[1].job(i) for i in reversed(range(12))] == forth[::-1]
    names = {row["font"] for row, _ in forth}
    assert len(names) > 3 and Path(FONTS[0].path).stem not in names

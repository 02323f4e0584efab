"""Printed strings: seeded, in the asked characters, told apart by case, split into test and training."""

import numpy as np
import pytest

from chuviet.synth.fonts import default_faces
from chuviet.synth.printed import PrintedRecipe, Style, plain
from chuviet.types import InputError
from chuviet.vocab import ASCII, CHINESE, PRINTED

FACES = [f for f in default_faces(ASCII) if f.family == "DejaVuSansMono"]


@pytest.mark.parametrize("style", ["plain", "scene", "captcha"])
def test_same_seed_same_bytes(style: Style) -> None:
    recipe = PrintedRecipe(style=style, source=style, alphabet=PRINTED, faces=FACES, seed=3)
    rows, files = zip(*(recipe.job(i) for i in (0, 1, 0)), strict=True)
    assert files[0] == files[2] != files[1] and rows[0] == rows[2]
    assert PrintedRecipe(style=style, source=style, alphabet=PRINTED, faces=FACES, seed=4).job(0)[1] != files[0]


def test_rows_name_text_fold_and_font() -> None:
    recipe = PrintedRecipe(style="plain", source="printed", alphabet="abc", faces=FACES, test=2, shortest=3, longest=3)
    rows = [recipe.job(i)[0] for i in range(4)]
    assert [r["fold"] for r in rows] == ["0", "0", "1", "1"]
    assert all(len(r["text"]) == 3 and set(r["text"]) <= set("abc") for r in rows)
    assert {r["font"] for r in rows} == {"DejaVuSansMono"} and len({r["text"] for r in rows}) > 1


def test_words_come_from_the_list_in_any_case() -> None:
    recipe = PrintedRecipe(style="plain", source="w", alphabet=PRINTED, faces=FACES, words=["Exit", "24h"])
    texts = {recipe.job(i)[0]["text"] for i in range(60)}
    assert texts == {"Exit", "EXIT", "exit", "24h", "24H"}


def test_small_letters_are_drawn_smaller_than_capitals() -> None:
    """Cut to its ink an x would look like an X."""

    def ink(text: str) -> int:
        image = plain(text, FACES[0].path, 32, np.random.default_rng(0)).mean(2)
        return int((image.min(axis=1) < image.max() - 60).sum())

    assert ink("xxxx") < 0.8 * ink("XXXX")


def test_a_text_that_no_face_can_write_is_named() -> None:
    recipe = PrintedRecipe(style="plain", source="c", alphabet=CHINESE, faces=FACES)
    with pytest.raises(InputError, match="no font covers"):
        recipe.job(0)
    assert len(CHINESE) == 376 == len(set(CHINESE)) and CHINESE[0] == "啊"

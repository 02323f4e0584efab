"""Drawn sets: the same bytes with any workers and shards, resumed after a stop; unusable fonts are not used."""

import csv
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

from chuviet.errors import InputError
from chuviet.inputs.shares import parse_shard
from chuviet.synth.corpus import Verse
from chuviet.synth.dataset import LineRecipe, join_shards, write_set
from chuviet.synth.fonts import capitals_only, characters, clips, default_fonts, load_fonts
from chuviet.synth.ink import Hand, crop_line, draw_line
from chuviet.synth.paper import Sheet, put_on
from chuviet.synth.reink import binarize, remove_rules
from chuviet.vocab import VIETNAMESE


@pytest.fixture(scope="module")
def recipe() -> LineRecipe:
    return LineRecipe(Verse(), default_fonts(VIETNAMESE), "poems", VIETNAMESE, seed=5, shortest=10)


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name.count("-") == 0
    }


def test_workers_and_shards_give_the_same_files(recipe: LineRecipe, tmp_path: Path) -> None:
    write_set(recipe.job, 12, tmp_path / "one")
    write_set(recipe.job, 12, tmp_path / "two", workers=2)
    for i in range(3):
        write_set(recipe.job, 12, tmp_path / "shards", shard=(i, 3))
        assert (join_shards(tmp_path / "shards", 12) is not None) == (i == 2)
    assert files(tmp_path / "one") == files(tmp_path / "two") == files(tmp_path / "shards")
    assert len(files(tmp_path / "one")) == 13


def test_an_interrupted_set_goes_on(recipe: LineRecipe, tmp_path: Path) -> None:
    class Stop(Exception):
        pass

    made = []

    def stops(index: int) -> tuple[dict[str, str], bytes]:
        made.append(index)
        if len(made) == 5:
            raise Stop
        return recipe.job(index)

    with pytest.raises(Stop):
        write_set(stops, 8, tmp_path / "a")
    assert not (tmp_path / "a" / "manifest.csv").exists()
    made.clear()
    made += [-1] * 10
    write_set(stops, 8, tmp_path / "a")
    assert made[10:] == [4, 5, 6, 7]
    write_set(recipe.job, 8, tmp_path / "b")
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_manifest_rows_are_training_only_and_fit_the_budget(recipe: LineRecipe, tmp_path: Path) -> None:
    with write_set(recipe.job, 6, tmp_path).open(encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
    assert list(rows[0]) == ["img_path", "text", "writer_id", "fold", "source", "font", "aug"]
    for row in rows:
        assert row["fold"] == "6" and 10 <= len(row["text"]) <= 69
        assert cv2.imread(str(tmp_path / row["img_path"])).shape[0] == 64


def test_another_seed_is_another_set(recipe: LineRecipe) -> None:
    assert recipe.job(3)[1] != replace(recipe, seed=6).job(3)[1]


def test_a_font_without_the_characters_is_not_used(recipe: LineRecipe, tmp_path: Path) -> None:
    source = Path(recipe.fonts[0].path)
    with TTFont(source) as font:
        cut = Subsetter(Options())
        cut.populate(text="abc ")
        cut.subset(font)
        font.save(tmp_path / "few.ttf")
    assert characters(tmp_path / "few.ttf") >= set("abc") and "ệ" not in characters(tmp_path / "few.ttf")
    few = load_fonts(tmp_path, VIETNAMESE)
    assert len(few) == 1 and few[0].can_write("abc") and not few[0].can_write("ệ")
    mixed = replace(recipe, fonts=[*few, recipe.fonts[1]])
    assert {mixed.job(i)[0]["font"] for i in range(8)} == {Path(recipe.fonts[1].path).stem}
    with pytest.raises(InputError, match="no font covers"):
        replace(recipe, fonts=few).job(0)


def test_a_font_that_clips_stacked_accents_is_found(recipe: LineRecipe, tmp_path: Path) -> None:
    source = Path(recipe.fonts[0].path)
    assert not clips(source, "ẤỄỘ")
    with TTFont(source) as font:  # the accents gone: the glyph of A stands in for that of Ấ
        for table in font["cmap"].tables:
            if 0x1EA4 in table.cmap:
                table.cmap[0x1EA4] = table.cmap[0x41]
        font.save(tmp_path / "cut.ttf")
    assert clips(tmp_path / "cut.ttf", "Ấ")


def test_a_font_of_capitals_alone_is_not_used_for_small_letters(recipe: LineRecipe, tmp_path: Path) -> None:
    source = Path(recipe.fonts[0].path)
    assert not capitals_only(source)
    font = TTFont(source)
    for table in font["cmap"].tables:
        for letter in "abcdefghijklmnopqrstuvwxyz":
            if ord(letter) in table.cmap:
                table.cmap[ord(letter)] = table.cmap[ord(letter.upper())]
    font.save(tmp_path / "capitals.ttf")
    assert capitals_only(tmp_path / "capitals.ttf")
    (font,) = load_fonts(tmp_path, "abcABC1")
    assert font.covers == set("ABC1") and not font.can_write("Ab")


def test_shard_option() -> None:
    assert parse_shard("2/5") == (2, 5)
    for bad in ("5/5", "1", "a/b", "-1/2"):
        with pytest.raises(ValueError, match="i/n"):
            parse_shard(bad)


def test_ink_is_darker_than_paper_and_slant_leans_right(recipe: LineRecipe) -> None:
    rng = np.random.default_rng(0)
    plain = Hand(slant=0.0, wander=0.0, pressure=0.0, letters=0.0, slant_change=0.0, size_change=0.0, height_change=0.0)
    path = recipe.fonts[0].path
    upright, leaning = (draw_line("llll", path, replace(plain, slant=s), np.random.default_rng(1)) for s in (0.0, 0.4))

    def lean(ink: np.ndarray) -> float:
        rows = np.flatnonzero(ink.max(axis=1) > 0.5)
        top, bottom = (np.flatnonzero(ink[r] > 0.5).mean() for r in (rows[2], rows[-3]))
        return float(top - bottom)

    assert abs(lean(upright)) < 1.5 and lean(leaning) > 5
    image = put_on(crop_line(upright, 64, rng), Sheet(), rng)
    assert image.dtype == np.uint8 and image.shape[0] == 64 and image.min() < 60 and np.median(image) == 255


def test_rules_are_removed_and_strokes_across_them_stay() -> None:
    ink = np.zeros((60, 400), bool)
    ink[30:32] = True  # the rule
    ink[10:50, 100:104] = True  # a stroke across it
    out = remove_rules(ink)
    assert out[10:50, 101:103].all()
    assert out[:, 150:].sum() == 0


def test_otsu_finds_dark_ink() -> None:
    grey = np.full((40, 100), 220, np.uint8)
    grey[10:20, 10:30] = 60
    assert binarize(grey).sum() == 200

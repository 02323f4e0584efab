"""Drawn lines of general text: seeded, within the charset and length, with test sentences that training never draws."""

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from chuviet.errors import InputError
from chuviet.synth.corpus import LONGEST, Ward
from chuviet.synth.dataset import LineRecipe, write_set
from chuviet.synth.entries import ENTRIES
from chuviet.synth.fonts import default_fonts
from chuviet.synth.general import SHARES, GeneralText, Unit, is_held_out, line_piece, load_sentences, load_units
from chuviet.synth.styles import printed_hand, printed_sheet, varied_hand, varied_sheet
from chuviet.vocab import VIETNAMESE

WARDS = [
    Ward("Hà Nội", "HN", "Ba Đình", "Quận", "Kim Mã", "Phường", ("Giảng Võ",)),
    Ward("Nghệ An", "NA", "Đô Lương", "Huyện", "Bồi Sơn", "Xã"),
]
UNITS = [Unit("Phường Hoàn Kiếm", "Thành phố Hà Nội"), Unit("Xã Mường Xén", "Tỉnh Nghệ An")]
SENTENCES = [f"Câu thứ {n} nói về một việc rất bình thường của làng quê ngày xưa." for n in range(400)]


def drawn(texts: GeneralText, count: int, seed: int = 3) -> list[str]:
    return [texts.text(i, np.random.default_rng((seed, i))) for i in range(count)]


def test_texts_are_seeded_and_fit() -> None:
    texts = GeneralText(WARDS, UNITS, SENTENCES)
    first = drawn(texts, 400)
    assert first == drawn(GeneralText(WARDS, UNITS, SENTENCES), 400)
    assert first != drawn(texts, 400, seed=4)
    assert all(0 < len(t) <= LONGEST and set(t) <= set(VIETNAMESE) for t in first)
    assert sum("Câu" in t or "CÂU" in t or "việc" in t for t in first) > 100


@pytest.mark.parametrize("kind", SHARES)
def test_every_kind_can_be_drawn_alone(kind: str) -> None:
    texts = drawn(GeneralText(WARDS, UNITS, kinds=(kind,)), 60)
    assert len(set(texts)) > 15
    assert all(0 < len(t) <= LONGEST and set(t) <= set(VIETNAMESE) for t in texts)


def test_new_addresses_have_a_unit_and_no_district() -> None:
    texts = drawn(GeneralText(WARDS, UNITS, kinds=("new_address",)), 80)
    assert all("hoàn kiếm" in t.lower() or "mường xén" in t.lower() for t in texts)
    assert not any("ba đình" in t.lower() or "đô lương" in t.lower() for t in texts)


def test_the_parts_of_a_mixed_address_come_from_several_places() -> None:
    texts = drawn(GeneralText(WARDS, UNITS, kinds=("mixed_address",)), 80)
    assert any("ba đình" in t.lower() and "nghệ an" in t.lower() for t in texts)


def test_test_sentences_are_never_drawn_for_training(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("\n".join([*SENTENCES, SENTENCES[0], ""]), encoding="utf-8")
    train, test = load_sentences([path]), load_sentences([path], "test")
    assert not set(train) & set(test)
    assert sorted([*train, *test]) == sorted(SENTENCES)
    assert 0.02 < len(test) / len(SENTENCES) < 0.09
    assert all(is_held_out(s) for s in test)
    with pytest.raises(InputError, match="cannot be read"):
        load_sentences([tmp_path / "absent.txt"])
    path.write_text(test[0], encoding="utf-8")
    with pytest.raises(InputError, match="no sentence of the train part"):
        load_sentences([path])


def test_a_piece_is_neighbouring_words() -> None:
    sentence = " ".join(f"từ{n}" for n in range(60))
    starts = Counter()
    for seed in range(50):
        piece = line_piece(sentence, np.random.default_rng(seed))
        assert f" {piece} " in f" {sentence} "
        assert 8 <= len(piece) <= LONGEST
        starts[piece.startswith("từ0 ")] += 1
    assert starts[True] and starts[False]
    assert line_piece("Một", np.random.default_rng(0)) == "Một"


def test_units_are_read(tmp_path: Path) -> None:
    path = tmp_path / "wards.tsv"
    path.write_text("ward_code\tward\tprovince\n1\tPhường Ba Đình\tThành phố Hà Nội\n", encoding="utf-8")
    assert load_units(path) == [Unit("Phường Ba Đình", "Thành phố Hà Nội")]
    path.write_text("ward,province\n", encoding="utf-8")
    with pytest.raises(InputError, match="needs the columns ward and province"):
        load_units(path)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(InputError, match="no kind 'poetry'"):
        GeneralText(WARDS, UNITS, kinds=("poetry",))


def test_entries_are_short_lines_of_text() -> None:
    for entry in ENTRIES.values():
        texts = [entry(i, np.random.default_rng(i)) for i in range(200)]
        assert all(t == t.strip() and t for t in texts)
        assert len(set(texts)) > 60


def test_a_set_is_drawn_by_hand_and_in_print(tmp_path: Path) -> None:
    for name, hand, sheet in (("text", varied_hand, varied_sheet), ("text_printed", printed_hand, printed_sheet)):
        recipe = LineRecipe(
            GeneralText(WARDS, UNITS, SENTENCES), default_fonts(VIETNAMESE), name, VIETNAMESE, seed=2, shortest=3,
            hand=hand, sheet=sheet,
        )  # fmt: skip
        write_set(recipe.job, 6, tmp_path / name)
        with (tmp_path / name / "manifest.csv").open(encoding="utf-8", newline="") as f:
            rows = list(csv.DictReader(f))
        assert [r["source"] for r in rows] == [name] * 6
        assert all((tmp_path / name / r["img_path"]).stat().st_size > 500 for r in rows)
        assert recipe.job(3) == recipe.job(3)

import json
import unicodedata
from pathlib import Path

import numpy as np
import pytest

from chuviet.errors import InputError
from chuviet.synth.corpus import Addresses, Verse, Ward, load_poems, load_wards, piece, place_tone, syllables
from chuviet.vocab import VIETNAMESE


@pytest.mark.parametrize(
    ("base", "tone", "old", "new"),
    [("hoa", "\u0300", "hòa", "hoà"), ("thuy", "\u0301", "thúy", "thuý"), ("hoan", "\u0300", "hoàn", "hoàn"),
     ("mua", "\u0300", "mùa", "mùa"), ("quy", "\u0301", "quý", "quý"), ("gia", "\u0300", "già", "già"),
     ("nguyên", "\u0303", "nguyễn", "nguyễn"),
     ("đương", "\u0300", "đường", "đường"), ("gi", "\u0300", "gì", "gì"), ("ngoai", "\u0300", "ngoài", "ngoài")],
)  # fmt: skip
def test_tone_placement(base: str, tone: str, old: str, new: str) -> None:
    assert place_tone(base, tone, old=True) == old
    assert place_tone(base, tone, old=False) == new


def test_every_letter_with_every_tone_occurs_in_built_syllables() -> None:
    lower = {c for c in VIETNAMESE if c.isalpha() and c == c.lower()} - set("fjwz")
    for old in (True, False):
        built = syllables(old)
        assert set("".join(built)) == lower
        assert all(unicodedata.is_normalized("NFC", s) for s in built)


def test_verse_deals_out_every_syllable() -> None:
    verse = Verse()
    texts = " ".join(verse.text(i, np.random.default_rng(i)) for i in range(2 * len(verse.syllables) // 4))
    seen = set(texts.lower().translate(str.maketrans("", "", ",;:.!?")).split())
    assert len(set(verse.syllables) - seen) < 0.02 * len(verse.syllables)


def test_the_first_texts_name_all_wards_then_all_streets() -> None:
    wards = [
        Ward("Hà Nội", "HN", "Ba Đình", "Quận", f"Phường{i}x", "Phường", (f"Phố{i}a", f"Phố{i}b")[: i % 3])
        for i in range(60)
    ]
    addresses = Addresses(wards)
    pairs = len(addresses.order)
    texts = [addresses.text(i, np.random.default_rng((3, i))).lower() for i in range(pairs)]
    assert pairs == 80 and all(unicodedata.is_normalized("NFC", t) for t in texts)
    for ward in wards:
        assert any(ward.name.lower() in t for t in texts[: len(wards)])
        for street in ward.streets:
            assert any(ward.name.lower() in t and street.lower() in t for t in texts)
    later = [addresses.text(i, np.random.default_rng((3, i))).lower() for i in range(pairs, 2 * pairs)]
    assert sum("phường" in t for t in later) > sum("phố" in t for t in later) > 0  # free: some have one or neither
    assert sum("phố" in t for t in later) < pairs
    free = Addresses(wards, cover=False)
    assert [free.text(i, np.random.default_rng((3, i))).lower() for i in range(pairs, 2 * pairs)] == later
    assert [free.text(i, np.random.default_rng((3, i))).lower() for i in range(pairs)] != texts


def test_names_that_hardly_fit_are_covered_too() -> None:
    long = Ward("Hà Nội", "", "Quận " + "d" * 10, "Thành phố", "Ðức W" + "a" * 14, "Phường", ("s" * 19 + "’x",))
    text = Addresses([long]).text(0, np.random.default_rng(0))
    assert len(text) <= 69 and "s" * 19 + "'x" in text and "Đức W" + "a" * 14 in text and "d" * 10 in text
    longer = Ward("Hà Nội", "", "Quận " + "d" * 30, "", "W" + "a" * 19, "Phường", ("s" * 20,))
    assert Addresses([longer]).text(0, np.random.default_rng(0)) == f"{'s' * 20}, {'W' + 'a' * 19}, Hà Nội"


def test_vietnam_dataset_folder_and_the_package(tmp_path: Path) -> None:
    province = {"name": "Hà Nội", "code": "HN", "district": [
        {"name": "Ba Đình", "pre": "Quận",
         "ward": [{"name": "Cống Vị", "pre": "Phường"}, {"name": "Kim Mã", "pre": "Phường"}],
         "street": ["A", "B", "C"]}]}  # fmt: skip
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "HN.json").write_text(json.dumps(province), encoding="utf-8")
    wards = load_wards(tmp_path)
    assert [(w.name, w.streets) for w in wards] == [("Cống Vị", ("A", "C")), ("Kim Mã", ("B",))]
    (tmp_path / "data" / "X.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="X.json: not a province file"):
        load_wards(tmp_path)
    with pytest.raises(InputError, match="no province files"):
        load_wards(tmp_path / "nothing")
    packaged = load_wards(None)
    assert len(packaged) > 10_000 and len({w.province for w in packaged}) == 63
    assert {"Phường", "Xã", "Thị trấn"} <= {w.kind for w in packaged}


def test_poems_are_lines(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text('title,content\nT,"Trăm năm trong cõi người ta,<\n>Chữ tài"\n', encoding="utf-8")
    assert load_poems(path) == ["Trăm năm trong cõi người ta,", "Chữ tài"]
    path.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="title,content"):
        load_poems(path)


def test_piece_is_part_of_the_text() -> None:
    for i in range(50):
        assert piece("một hai ba bốn năm", np.random.default_rng(i)) in "một hai ba bốn năm"

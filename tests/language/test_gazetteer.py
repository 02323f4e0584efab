import numpy as np
import pytest

from chuviet.errors import InputError
from chuviet.language.edits import Names, edit_distances
from chuviet.language.gazetteer import District, Gazetteer
from chuviet.language.ngram import NGram
from chuviet.language.spelling import both_tones, fields, name_key
from chuviet.vocab import VIETNAMESE, Charset

PLACES = Gazetteer(
    [
        District("Bình Phước", "Huyện", "Bù Đốp", (("Xã", "Thiện Hưng"), ("Xã", "Tân Tiến"))),
        District("Bình Phước", "Huyện", "Lộc Ninh", (("Xã", "Lộc Thái"),), ("Nguyễn Tất Thành",)),
        District("Hồ Chí Minh", "Quận", "8", (("Phường", "7"), ("Phường", "10")), ("Bùi Minh Trực", "3/2")),
        District("Phú Yên", "", "Tuy Hoà", (("Phường", "Phú Lâm"),)),
    ]
)
CHARSET = Charset(VIETNAMESE)


@pytest.mark.parametrize(
    ("a", "b"),
    [("Xã Thiện Hưng", "thiện hưng"), ("Phường 07", "P.7"), ("P 7", "7"), ("TP. Hồ Chí Minh", "Hồ Chí Minh"),
     ("Thành phố Huế", "Huế"), ("Hoà Bình", "hòa bình"), ("Đắk Lắk", "Đắc Lắc"), ("Plei Ku", "Pleiku"),
     ("Đắk R'Lấp", "Đắk RLấp"), ("Thừa Thiên - Huế", "Thừa Thiên Huế"), ("Phường V", "Phường 5")],
)  # fmt: skip
def test_spellings_of_one_name_have_onename_key(a: str, b: str) -> None:
    assert name_key(a) == name_key(b)


@pytest.mark.parametrize(("a", "b"), [("Hòa", "Họa"), ("Quận 1", "Quận 10"), ("Tân Phú", "Tân Phù"), ("Hà", "Hạ")])
def test_other_names_have_other_keys(a: str, b: str) -> None:
    assert name_key(a) != name_key(b)


def test_a_name_that_begins_like_a_kind_is_whole() -> None:
    assert name_key("Phan Rí") == "phanrí".replace("í", "i\u0301") and name_key("Quảng Trị") != name_key("ảng Trị")


def test_parts_end_at_commas_and_before_kinds() -> None:
    text = "Số 5 , Phường Hùng Thắng Thành phố Hạ Long, Quảng Ninh."
    found = [text[a:b] for a, b in fields(text)]
    assert found == ["Số 5", "Phường Hùng Thắng", "Thành phố Hạ Long", "Quảng Ninh."]
    capitals = "Xã Tân Hưng Thị Xã Bình Long, Thị Trấn"
    assert [capitals[a:b] for a, b in fields(capitals)] == ["Xã Tân Hưng", "Thị Xã Bình Long", "Thị Trấn"]
    assert fields("") == fields(" , . ,") == []


def test_parts_that_belong_together_are_counted() -> None:
    counts = {
        "12, Xã Thiện Hưng, Huyện Bù Đốp, Bình Phước": 3,
        "12, Xã Thiện Hưng, H. Lộc Ninh, Bình Phước": 2,  # the ward is another district's
        "12, Xã Lộc Thái, Huyện Lộc Ninh, Phú Yên": 0,
        "5 Nguyễn Tất Thành, Xã Lộc Thái, Huyện Lộc Ninh, Bình Phước": 4,
        "295A Bùi Minh Trực, Phường 07, Quận 8, TP Hồ Chí Minh": 4,
        "đường 3/2, Quận 8, TP Hồ Chí Minh": 3,  # a street without its ward
        "Phường Phú Lâm Tuy Hòa, Phú Yên": 0,  # no comma, and no kind to part them by
        "Bình Phước": 0,
        "": 0,
    }
    assert {text: PLACES.known(text) for text in counts} == counts


def test_the_nearest_combination_comes_first_and_kinds_stay_as_they_were_read() -> None:
    found = PLACES.places("ấp 2, xã Thiện Hương, Huyện Bù Đốp, Binh Phước")
    assert found[0] == "ấp 2, xã Thiện Hưng, Huyện Bù Đốp, Bình Phước"
    assert all(PLACES.known(text) >= 3 and text.startswith("ấp 2, ") for text in found)
    garbled = PLACES.places("ấp 2, Kã Thiện Hương, Huyện Bù Đốp, Bình Phước")
    assert "ấp 2, Xã Thiện Hưng, Huyện Bù Đốp, Bình Phước" in garbled  # the kind could not be read


def test_capitals_and_small_letters_stay() -> None:
    assert PLACES.places("ấp 2, xã thiện hương, Huyện Bù Đốp, Bình Phước")[0].startswith("ấp 2, xã thiện hưng,")
    assert PLACES.places("ẤP 2, XÃ THIỆN HƯƠNG, HUYỆN BÙ ĐỐP, BÌNH PHƯỚC")[0].startswith("ẤP 2, XÃ THIỆN HƯNG,")
    assert PLACES.streets("5 BÀI MINH TRỰC, P. 7, Q. 8, TP HỒ CHÍ MINH")[0].startswith("5 BÙI MINH TRỰC,")
    assert PLACES.places("12, P. 7, Q. 3, Hồ Chí Minh")[0] == "12, P. 7, Q. 8, Hồ Chí Minh"


def test_both_ways_to_place_a_tone_are_offered() -> None:
    found = PLACES.places("Phường Phú Lân, TP Tuy Hoá, Phú Yên")
    assert found[:2] == ["Phường Phú Lâm, TP Tuy Hoà, Phú Yên", "Phường Phú Lâm, TP Tuy Hòa, Phú Yên"]
    assert both_tones("Thanh Hoá, Thủy Quý") == ["Thanh Hoá, Thủy Quý", "Thanh Hóa, Thuỷ Quý"]
    assert both_tones("Hà Nội") == ["Hà Nội"]


BOTH_MAPS = Gazetteer([
    *PLACES.districts,
    District("Hà Nội", "Quận", "Ba Đình", (("Phường", "Cống Vị"),)),
    District("Hà Nội", "", "", (("Phường", "Ba Đình"), ("Phường", "Hoàn Kiếm"))),
    District("Kiên Giang", "", "", (("Đặc khu", "Phú Quốc"),)),
])  # fmt: skip


def test_wards_of_the_new_map_lie_straight_in_their_provinces() -> None:
    counts = {
        "5 Hàng Bạc, Phường Hoàn Kiếm, Thành phố Hà Nội": 2,
        "P. Hoàn Kiếm, Hà Nội": 2,
        "Phường Cống Vị, Quận Ba Đình, Hà Nội": 3,  # the old map
        "Phường Cống Vị, Hà Nội": 0,
        "Phường Hoàn Kiếm, Bình Phước": 0,
        "Đặc khu Phú Quốc, Kiên Giang": 2,
        "Hà Nội": 0,
    }
    assert {text: BOTH_MAPS.known(text) for text in counts} == counts
    assert PLACES.known("P. Hoàn Kiếm, Hà Nội") == 0
    assert BOTH_MAPS.places("5 Hàng Bạc, P. Hoàn Kiểm, Hà Nội")[0] == "5 Hàng Bạc, P. Hoàn Kiếm, Hà Nội"
    assert "Hoàn Kiểm" not in "".join(BOTH_MAPS.places("P. Hoàn Kiểm, Hà Nội"))
    assert all(BOTH_MAPS.known(text) for text in BOTH_MAPS.places("Phường Hoàng Kiếm, TP Hà Nộ"))
    assert Gazetteer.from_array(BOTH_MAPS.to_array()).known("P. Hoàn Kiếm, Hà Nội") == 2


@pytest.mark.parametrize("text", ["", "Bình Phước", "một hai ba bốn, năm sáu bảy tám, chín mười", "a, b", "x, y, z"])
def test_what_is_no_such_address_is_left_alone(text: str) -> None:
    assert PLACES.places(text) == PLACES.streets(text) == []


def test_a_street_is_looked_for_in_its_own_district() -> None:
    assert PLACES.streets("295A Bài Minh Trục, Phường 7, Quận 8, TP Hồ Chí Minh") == [
        "295A Bùi Minh Trực, Phường 7, Quận 8, TP Hồ Chí Minh"
    ]
    assert PLACES.streets("15 đường 312, Phường 7, Quận 8, Hồ Chí Minh")[0].startswith("15 đường 3/2, ")
    assert PLACES.streets("295A Bài Minh Trực, Xã Lộc Thái, Huyện Lộc Ninh, Bình Phước") == []
    assert PLACES.streets("295A Bùi Minh Trực, Phường 7, Quận 8, TP Hồ Chí Minh") == []  # it is one already


def test_a_gazetteer_comes_back_from_its_bytes_alone_and_with_a_language_model() -> None:
    data = PLACES.to_array()
    assert data.dtype == np.uint8 and Gazetteer.from_array(data).districts == PLACES.districts
    with pytest.raises(InputError, match="no gazetteer"):
        Gazetteer.from_array(np.arange(20, dtype=np.uint8))
    lm = NGram.train(["Bình Phước", "Phú Yên"], CHARSET, 3)
    assert NGram.from_tensors(lm.to_tensors()).gazetteer is None
    lm.gazetteer = PLACES
    back = NGram.from_tensors(lm.to_tensors()).gazetteer
    assert back is not None and back.districts == PLACES.districts


@pytest.mark.parametrize("native", ["0", "1"])
@pytest.mark.parametrize("seed", range(3))
def test_edit_distances_are_those_of_the_textbook(seed: int, native: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In Python, and in C where that was compiled."""
    monkeypatch.setenv("CHUVIET_NATIVE", native)

    def distance(a: str, b: str) -> int:
        row = list(range(len(b) + 1))
        for i, x in enumerate(a, 1):
            before, row[0] = row[0], i
            for j, y in enumerate(b, 1):
                before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (x != y))
        return row[-1]

    rng = np.random.default_rng(seed)
    words = ["".join(rng.choice(list("abđ\u0301"), rng.integers(0, 9))) for _ in range(60)]
    groups = [Names(words[:20]), Names(words[20:21]), Names([]), Names(words[21:])]
    for text in ["", "ab", "đ" * 30, *words[:10]]:
        assert edit_distances(text, groups).tolist() == [distance(text, w) for w in words]
    assert edit_distances("a", []).tolist() == edit_distances("a", [Names([])]).tolist() == []


def test_a_district_in_two_entries_is_one() -> None:
    twice = Gazetteer([
        District("Huế", "Huyện", "A Lưới", (("Xã", "Hồng Hạ"),), ("Lê Lợi",)),
        District("Huế", "Thị xã", "A Lưới", (("Xã", "Hồng Vân"),)),
    ])  # fmt: skip
    assert twice.known("Lê Lợi, Xã Hồng Hạ, A Lưới, Huế") == 4 and twice.known("Xã Hồng Vân, A Lưới, Huế") == 3
    assert "Xã Hồng Vân, Thị xã A Lưới, Huế" in twice.places("Xã Hồng Vấn, Huyện A Lướt, Huế")

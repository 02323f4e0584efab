import numpy as np
import pytest
import torch

from chuviet.commands.language import gazetteer, respelt
from chuviet.decode.ctc import CTCBeam, log_likelihoods
from chuviet.errors import InputError
from chuviet.language.gazetteer import District, Gazetteer, _fields, _key, _tones
from chuviet.language.ngram import NGram
from chuviet.synth.corpus import Ward
from chuviet.vocab import BLANK, VIETNAMESE, Charset

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
def test_spellings_of_one_name_have_one_key(a: str, b: str) -> None:
    assert _key(a) == _key(b)


@pytest.mark.parametrize(("a", "b"), [("Hòa", "Họa"), ("Quận 1", "Quận 10"), ("Tân Phú", "Tân Phù"), ("Hà", "Hạ")])
def test_other_names_have_other_keys(a: str, b: str) -> None:
    assert _key(a) != _key(b)


def test_a_name_that_begins_like_a_kind_is_whole() -> None:
    assert _key("Phan Rí") == "phanrí".replace("í", "i\u0301") and _key("Quảng Trị") != _key("ảng Trị")


def test_parts_end_at_commas_and_before_kinds() -> None:
    text = "Số 5 , Phường Hùng Thắng Thành phố Hạ Long, Quảng Ninh."
    found = [text[a:b] for a, b in _fields(text)]
    assert found == ["Số 5", "Phường Hùng Thắng", "Thành phố Hạ Long", "Quảng Ninh."]
    capitals = "Xã Tân Hưng Thị Xã Bình Long, Thị Trấn"
    assert [capitals[a:b] for a, b in _fields(capitals)] == ["Xã Tân Hưng", "Thị Xã Bình Long", "Thị Trấn"]
    assert _fields("") == _fields(" , . ,") == []


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
    assert _tones("Thanh Hoá, Thủy Quý") == ["Thanh Hoá, Thủy Quý", "Thanh Hóa, Thuỷ Quý"]
    assert _tones("Hà Nội") == ["Hà Nội"]


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


def test_wards_are_put_together_by_district() -> None:
    wards = [
        Ward("Phú Yên", "PY", "Tuy Hoà", "Thành phố", "1", "Phường", ("Lê Lợi", "Trần Phú")),
        Ward("Phú Yên", "PY", "Tuy Hoà", "Thành phố", "2", "Phường", ("Lê Lợi",)),
    ]
    (district,) = gazetteer(wards).districts
    assert district.wards == (("Phường", "1"), ("Phường", "2")) and district.streets == ("Lê Lợi", "Trần Phú")


def test_places_are_spelt_as_most_labels_spell_them() -> None:
    wards = [
        Ward("Phú Yên", "PY", "Tuy Hòa", "Thành phố", "Hòa Hiệp", "Phường", ("Hòa Lợi",)),
        Ward("Phú Yên", "PY", "Đông Hòa", "Thị xã", "Hòa Tân", "Xã"),
    ]
    lines = [
        "1 Hoà Lợi, Phường Hoà Hiệp, TP Tuy Hoà, Phú Yên",
        "2 Hoà Lợi, P.Hòa Hiệp, TP Tuy Hoà, Phú Yên",
        "3 Hoà Lợi, P.Hoà Hiệp, Thành phố Tuy Hòa, Phú Yên",
        "4, Phường Hoà Hiệp, THÀNH PHỐ TUY HÒA, PHÚ YÊN",
        "XÃ HOÀ TÂN, TX ĐÔNG HOÀ, PHÚ YÊN",  # capitals say nothing
        "Tổ 5, X. Hoà Tân, Thị Xã Đông Hòa, Phú Yên",  # kinds seen once stay
        "Huyện Đông Hoà, Bình Phước",  # no such place
    ]
    first, second = respelt(wards, lines)
    assert first == Ward("Phú Yên", "PY", "Tuy Hoà", "TP", "Hoà Hiệp", "Phường", ("Hòa Lợi",))
    assert second == Ward("Phú Yên", "PY", "Đông Hòa", "Thị xã", "Hoà Tân", "Xã")
    assert respelt(wards, []) == wards


@pytest.mark.parametrize("seed", range(4))
def test_likelihoods_are_those_of_torch(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    log_probs = (torch.randn(14, 6, generator=generator) * 3).log_softmax(-1)
    texts = [[], [0], [1, 1], [0, 1, 2, 3, 4], [2, 2, 2, 2], [4, 3, 4, 3, 4, 3, 4], [1] * 7]
    found = log_likelihoods(log_probs.numpy(), texts)
    for ids, value in zip(texts, found, strict=True):
        loss = torch.nn.functional.ctc_loss(
            log_probs.double()[:, None], torch.tensor([ids], dtype=torch.long) + 1, torch.tensor([14]),
            torch.tensor([len(ids)]), reduction="sum",
        )  # fmt: skip
        assert value == pytest.approx(-float(loss), abs=1e-6)
    assert log_likelihoods(log_probs.numpy(), [[1] * 8]) == -np.inf  # needs 15 frames


def test_the_decoder_takes_the_place_that_frames_and_gazetteer_agree_on() -> None:
    meant, read = "Xã Thiện Hưng, Huyện Bù Đốp, Bình Phước", "Xã Thiện Hông, Huyện Bù Đốp, Bình Phước"
    lm = NGram.train([meant, read], CHARSET, 3)

    def frames(doubt: float) -> np.ndarray:
        """What was read, each character for two frames, with `doubt` that letters of the name are those meant."""
        rows = []
        for a, b in zip(CHARSET.encode(read), CHARSET.encode(meant), strict=True):
            row = np.full(len(CHARSET) + 1, 1e-6)
            row[b + 1] += doubt
            row[a + 1] += 1 - doubt
            blank = np.full(len(CHARSET) + 1, 1e-6)
            blank[BLANK] = 1
            rows += [row, blank]
        probs = np.array(rows)
        return np.log(probs / probs.sum(1, keepdims=True)).astype(np.float32)

    beam = CTCBeam.Config(alpha=0, beta=0, place=2.0).build(CHARSET, lm)
    read_text = CHARSET.decode(beam.search(frames(0.2)))
    assert read_text == read
    lm.gazetteer = PLACES
    # One letter differs: log odds of -0.8 at a doubt of 0.3, of -6.9 at 0.001; one more part in its place is worth 2.
    assert beam._likeliest([frames(0.3)], [read, *PLACES.places(read)]) == meant
    assert beam._likeliest([frames(0.001)], [read, *PLACES.places(read)]) == read

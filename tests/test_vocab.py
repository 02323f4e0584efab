import unicodedata

import pytest

from chuviet.vocab import VIETNAMESE, Charset, CharsetError, fold_text, frames_needed, normalize

# The competition's order, as the design card lists it.
LETTERS = (
    "aAàÀảẢãÃáÁạẠăĂằẰẳẲẵẴắẮặẶâÂầẦẩẨẫẪấẤậẬbBcCdDđĐeEèÈẻẺẽẼéÉẹẸêÊềỀểỂễỄếẾệỆfFgGhHiIìÌỉỈĩĨíÍịỊjJkKlLmMnNoOòÒỏỎõÕóÓọỌ"
    "ôÔồỒổỔỗỖốỐộỘơƠờỜởỞỡỠớỚợỢpPqQrRsStTuUùÙủỦũŨúÚụỤưƯừỪửỬữỮứỨựỰvVwWxXyYỳỲỷỶỹỸýÝỵỴzZ"
)
REST = "0123456789!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ "
CHARSET = Charset(VIETNAMESE)


def test_the_229_characters_in_order() -> None:
    assert VIETNAMESE == LETTERS + REST
    assert len(CHARSET) == len(set(VIETNAMESE)) == 229


def test_every_letter_has_six_tones_in_both_cases() -> None:
    for vowel in "aăâeêioôơuưy":
        for tone in ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"):
            letter = unicodedata.normalize("NFC", vowel + tone)
            assert len(letter) == 1
            assert not CHARSET.unknown(letter + letter.upper())


def test_encode_and_decode_are_inverse() -> None:
    for text in ("Số 12/5 Đường Nguyễn Thị Minh Khai, P. Bến Nghé", VIETNAMESE.strip(), ""):
        assert CHARSET.decode(CHARSET.encode(text)) == text
    assert CHARSET.encode("aAà") == [0, 1, 2]


def test_nfd_text_is_the_same_text() -> None:
    text = "Thừa Thiên Huế, ở Đắk Lắk"
    nfd = unicodedata.normalize("NFD", text)
    assert len(nfd) > len(text)
    assert CHARSET.encode(nfd) == CHARSET.encode(text)
    assert CHARSET.unknown(nfd) == []


def test_unknown_characters_are_named_not_dropped() -> None:
    with pytest.raises(CharsetError, match=r"'ñ' \(U\+00F1\), '€' \(U\+20AC\), in 'señor 5€ ñ'"):
        CHARSET.encode("señor 5€ ñ")
    assert CHARSET.unknown("señor\n") == ["ñ"]  # white space at the ends is not text
    assert CHARSET.unknown("a\nb") == ["\n"]


def test_normalize_keeps_inner_text() -> None:
    assert normalize("  a\u00a0b\tc  d\n") == "a b c  d"
    assert normalize("Ô\u0302") == "Ô\u0302"  # no single letter for it, so two characters remain


def test_texts_are_equal_after_folding_case_space_and_form() -> None:
    assert fold_text("  Quận  1,\tTP HCM ") == fold_text(unicodedata.normalize("NFD", "quận 1, tp hcm"))
    assert fold_text("Quận 1") != fold_text("Quân 1")


def test_ids_outside_the_set_are_an_error() -> None:
    for ids in ([-1], [229], [0, 500]):
        with pytest.raises(IndexError):
            CHARSET.decode(ids)


def test_a_charset_is_distinct_and_nfc() -> None:
    with pytest.raises(CharsetError, match="doubled: \\['a'\\]"):
        Charset("aba")
    with pytest.raises(CharsetError, match="distinct"):
        Charset("")
    with pytest.raises(CharsetError, match="NFC"):
        Charset("a\u0323\u0302")


def test_frames_that_ctc_needs() -> None:
    assert [frames_needed(x) for x in ([], [4], [1, 2, 3], [1, 1], [1, 1, 1, 2, 2], [1, 2, 1])] == [0, 1, 3, 3, 8, 3]

from chuviet.language.training import gazetteer, respelt, select_lines
from chuviet.synth.corpus import Ward
from chuviet.vocab import VIETNAMESE, Charset


def test_lines_are_chosen_and_those_left_out_are_counted() -> None:
    found = select_lines(
        ["Xã A, Huyện B"], ["Hà Nội", "Phố ☃"], ["  Huế ", "", "ha  noi", "HÀ  NỘI"], Charset(VIETNAMESE), 2, ["hà nội"]
    )
    assert found.lines == ["Xã A, Huyện B", "Huế", "ha  noi"]
    assert (found.given, found.outside, found.odd) == (8, 2, ["☃"])


def test_wards_are_put_together_by_district() -> None:
    wards = [
        Ward("Phú Yên", "PY", "Tuy Hoà", "Thành phố", "1", "Phường", ("Lê Lợi", "Trần Phú")),
        Ward("Phú Yên", "PY", "Tuy Hoà", "Thành phố", "2", "Phường", ("Lê Lợi",)),
    ]
    (district,) = gazetteer(wards).districts
    both = gazetteer(wards, [("Phường Ba Đình", "Thành phố Hà Nội"), ("Xã Đại Lãnh", "Khánh Hòa")])
    assert both.districts[0] == district and both.known("Lê Lợi, Phường 1, Tuy Hoà, Phú Yên") == 4
    assert [(d.province, d.name, d.wards) for d in both.districts[1:]] == [
        ("Hà Nội", "", (("Phường", "Ba Đình"),)), ("Khánh Hòa", "", (("Xã", "Đại Lãnh"),)),
    ]  # fmt: skip
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

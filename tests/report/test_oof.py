from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from chuviet.data.table import write_table
from chuviet.errors import InputError
from chuviet.report import oof, plots
from chuviet.report.page import write_page


@pytest.fixture
def frame(tmp_path: Path) -> pd.DataFrame:
    """Five lines; edits by hand: 0, 1 (tone), 2 (đ>d, missing space), 3 (all of "Huế" unread), 1 (case)."""
    rows = [
        ("0.png", "Hà Nội", "Hà Nội", 0, "real"),
        ("1.png", "Phố Huế", "Phố Huệ", 0, "real"),
        ("2.png", "đi đâu", "đidâu", 1, "real"),
        ("3.png", "Huế", "", 1, "demo"),
        ("4.png", "a b c d e f", "a B c d e f", 1, "demo"),
    ]
    table = pd.DataFrame(rows, columns=["img_path", "text", "prediction", "fold", "source"])
    write_table(table, tmp_path / "oof.csv")
    for i in range(4):  # the last image is missing
        Image.fromarray(np.full((20, 80, 3), 200, np.uint8)).save(tmp_path / f"{i}.png")
    return oof.read_oof(tmp_path / "oof.csv")


def test_distances(frame: pd.DataFrame) -> None:
    assert frame["distance"].tolist() == [0, 1, 2, 3, 1]
    assert frame["length"].tolist() == [6, 7, 6, 3, 11]


def test_overall_and_groups(frame: pd.DataFrame) -> None:
    table = oof.overall(frame)
    assert table.loc["cer", "raw"] == pytest.approx(7 / 33) and table.loc["cer", "case-insensitive"] == pytest.approx(
        6 / 33
    )
    assert table.loc["accuracy"].tolist() == [0.2, 0.4]
    folds = oof.by_group(frame, "fold")
    assert folds.index.tolist() == [0, 1] and folds["lines"].tolist() == [2, 3]
    assert folds["cer"].tolist() == pytest.approx([1 / 13, 6 / 20])
    assert oof.by_group(frame, "background").empty


def test_length_classes(frame: pd.DataFrame) -> None:
    table = oof.by_length(frame, (6, 10))
    assert table.index.astype(str).tolist() == ["1-6", "7-10", "over 10"]
    assert table["lines"].tolist() == [3, 1, 1]
    assert table["cer"].tolist() == pytest.approx([5 / 15, 1 / 7, 1 / 11])


@pytest.mark.parametrize(("true", "read", "kind"), [
    ("ế", "ề", "tone mark"), ("ế", "ê", "tone mark"), ("ế", "é", "vowel mark"), ("ơ", "o", "vowel mark"),
    ("ế", "e", "vowel and tone mark"), ("đ", "d", "đ/d"), ("D", "Đ", "đ/d"), ("a", "A", "case"), ("Ế", "ế", "case"),
    ("a", "o", "base letter"), ("m", "n", "base letter"), ("d", "a", "base letter"), (" ", "", "space"),
    ("", " ", "space"), (" ", "a", "space"), ("a", "", "missing"), ("", "a", "inserted"), ("1", "7", "digit"),
    ("l", "1", "digit"), (",", ".", "punctuation"), ("i", "/", "punctuation"), ("ư", "u", "vowel mark"),
])  # fmt: skip
def test_error_kind(true: str, read: str, kind: str) -> None:
    assert oof.error_kind(true, read) == kind


def test_error_kinds_add_up_to_all_edits(frame: pd.DataFrame) -> None:
    table = oof.error_kinds(frame)
    assert table["edits"].to_dict() == {"missing": 3, "tone mark": 1, "đ/d": 1, "space": 1, "case": 1}
    assert table["share"].sum() == pytest.approx(1)
    assert table.loc["đ/d", "commonest"] == "đ>d 1" and table.loc["space", "commonest"] == "␣>∅ 1"


def test_characters(frame: pd.DataFrame) -> None:
    table = oof.characters(frame, least=2)
    assert table.loc["ế"].to_dict() == {"seen": 2, "misread": 2, "as": "ệ 1  ∅ 1", "share": 1.0}
    assert table.loc["đ", ["seen", "misread"]].tolist() == [2, 1]
    assert "i" not in table.index  # seen twice, never misread


def test_tone_confusion_counts_aligned_vowels() -> None:
    frame = pd.DataFrame({"text": ["á ế o", "b"], "prediction": ["à ề o", "a"]})
    table = oof.tone_confusion(frame)
    assert table.loc["acute", "grave"] == 2 and table.loc["none", "none"] == 1 and table.to_numpy().sum() == 3


def test_worst(frame: pd.DataFrame) -> None:
    assert oof.worst(frame, 3)["img_path"].tolist() == ["3.png", "2.png", "1.png"]


def test_no_rows(tmp_path: Path) -> None:
    (tmp_path / "oof.csv").write_text("img_path,text,prediction\n")
    with pytest.raises(InputError, match="no rows"):
        oof.read_oof(tmp_path / "oof.csv")


def test_marked() -> None:
    assert plots.marked("Phố Huế", "Phố Huệ") == "Phố Hu[ệ]"
    assert plots.marked("abc", "ac") == "a[_]c"
    assert plots.marked("a", "abc") == "a[bc]"
    assert plots.marked("abc", "abc") == "abc" and plots.marked("", "") == ""


def test_figures_and_page(frame: pd.DataFrame, tmp_path: Path) -> None:
    for figure in (
        plots.bars(oof.by_group(frame, "fold")),
        plots.heat(oof.tone_confusion(frame)),
        plots.lines(frame, tmp_path, columns=2),
        plots.lines(frame.drop(columns="text").head(1), tmp_path),
        plots.histogram([0.1, 0.2, 0.4], "seconds", {"p50": 0.2}),
    ):
        assert plots.to_png(figure, dpi=40).startswith(b"\x89PNG")
    write_page(frame, tmp_path, tmp_path / "page.html", "a <title>", count=5)
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "a &lt;title&gt;" in page and "tone mark" in page and "data:image/png;base64," in page
    assert "21.21 %" in page  # the CER over all lines, 7 / 33


def test_suspects_are_confident_and_different_the_worst_first() -> None:
    frame = pd.DataFrame({
        "img_path": list("abcde"), "text": ["abcdefghij"] * 5,
        "prediction": ["abcdefghij", "abcdefghiX", "abcdeXXXXX", "XXXXXXXXXX", "abcdefgXXX"],
        "confidence": [0.99, 0.9, 0.9, 0.4, 0.95], "distance": [0, 1, 5, 10, 3], "length": [10] * 5,
    })  # fmt: skip
    found = oof.suspects(frame)
    assert found["img_path"].tolist() == ["c", "e", "b"]  # .45, .285, .09; d is read without confidence
    assert found["suspicion"].tolist() == pytest.approx([0.45, 0.285, 0.09])

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pandas as pd
import pytest

from chuviet.data.table import check_charset, image_root, read_table, select_fold, write_table
from chuviet.errors import InputError
from chuviet.vocab import Charset


def csv(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "labels.csv"
    path.write_bytes(text.encode(encoding))
    return path


def fails(path: Path, **options: object) -> str:
    with pytest.raises(InputError) as caught:
        read_table(path, **options)  # type: ignore[arg-type]
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    return str(caught.value)


def test_reads_strings_and_folds(tmp_path: Path) -> None:
    path = csv(tmp_path, 'img_path,text,writer_id,fold\n007/1.jpg,"Số 3, Hà Nội",007,0\n8/NA.jpg,NA,,6\n')
    frame = read_table(path)
    assert frame["img_path"].tolist() == ["007/1.jpg", "8/NA.jpg"]
    assert frame["text"].tolist() == ["Số 3, Hà Nội", "NA"]  # NA is a word here, not a missing value
    assert frame["writer_id"].tolist() == ["007", ""]
    assert frame["fold"].tolist() == [0, 6] and frame["fold"].dtype == "int64"


def test_bom_and_crlf(tmp_path: Path) -> None:
    frame = read_table(csv(tmp_path, "img_path,text\r\na.jpg,Huế\r\n", "utf-8-sig"))
    assert frame.columns.tolist() == ["img_path", "text"] and frame["text"].tolist() == ["Huế"]


def test_nfd_becomes_nfc(tmp_path: Path) -> None:
    nfd = unicodedata.normalize("NFD", "Nguyễn Huệ")
    assert nfd != "Nguyễn Huệ"
    assert read_table(csv(tmp_path, f"img_path,text\na.jpg,  {nfd}\u00a0\n"))["text"].tolist() == ["Nguyễn Huệ"]


def test_wrong_columns_are_named_with_a_suggestion(tmp_path: Path) -> None:
    message = fails(csv(tmp_path, "image_path,label\na.jpg,x\n"))
    assert "no column img_path, text" in message and "image_path, label" in message
    assert "is 'image_path' meant to be 'img_path'?" in message
    assert "comma, a semicolon or a tab" in fails(csv(tmp_path, "img_path|text\na.jpg|x\n"))
    message = fails(csv(tmp_path, "img_path;label\na.jpg;x\n"))
    assert "no column text; there are: img_path, label" in message
    with pytest.raises(InputError, match="no column fold; there are: img_path, text; `chuviet folds` gives every row"):
        read_table(csv(tmp_path, "img_path,text\na.jpg,x\n"), columns=("img_path", "text", "fold"))
    assert "delete this line" in fails(csv(tmp_path, "sep=;\nimg_path;text\na.jpg;x\n"))
    assert "twice" in fails(csv(tmp_path, "img_path,text,text\na.jpg,x,y\n"))
    assert "empty file" in fails(csv(tmp_path, ""))


def test_missing_file(tmp_path: Path) -> None:
    assert "no such file" in fails(tmp_path / "none.csv")


def test_empty_label_says_the_row(tmp_path: Path) -> None:
    message = fails(csv(tmp_path, "img_path,text\na.jpg,x\nb.jpg,\u00a0 \nc.jpg,\n"))
    assert "row 3: empty label; row 4: empty label;" in message


def test_doubled_rows_name_both(tmp_path: Path) -> None:
    message = fails(csv(tmp_path, "img_path,text\na.jpg,x\nb.jpg,y\na.jpg,z\n"))
    assert "row 4" in message and "'a.jpg'" in message and "row 2" in message
    assert len(read_table(csv(tmp_path, "img_path,text\na.jpg,x\na.jpg,z\n"), unique=None)) == 2


@pytest.mark.parametrize("separator", [";", "\t"])
def test_semicolons_and_tabs_of_excel_are_taken(tmp_path: Path, separator: str) -> None:
    rows = [("img_path", "text", "fold"), ("w/0.png", "Phường 2, Quận 5", "1"), ("w/1.png", '"a; ""b"" c"', "0")]
    path = csv(tmp_path, "\r\n".join(separator.join(row) for row in rows) + "\r\n", "utf-8-sig")
    frame = read_table(path, columns=("img_path", "text", "fold"))
    assert frame.to_numpy().tolist() == [["w/0.png", "Phường 2, Quận 5", 1], ["w/1.png", 'a; "b" c', 0]]
    quoted = csv(tmp_path, f'"img_path"{separator}"text"\na.jpg{separator}x\n')
    assert read_table(quoted)["text"].tolist() == ["x"]
    path = csv(tmp_path, f"img_path{separator}text\na.jpg{separator}x{separator}y\n")
    assert f"text with {'semicolon' if separator == ';' else 'tab'}s needs double quotes" in fails(path)


def test_the_utf_16_of_excel_is_taken(tmp_path: Path) -> None:
    path = csv(tmp_path, "img_path\ttext\r\na.jpg\tĐường số 3\r\n", "utf-16")
    assert read_table(path)["text"].tolist() == ["Đường số 3"]


def test_a_comma_wins_where_the_header_has_all_columns_with_it(tmp_path: Path) -> None:
    frame = read_table(csv(tmp_path, "img_path,text,a;b\nx.jpg,1;2,3;4\n"))
    assert frame.to_numpy().tolist() == [["x.jpg", "1;2", "3;4"]]


def test_bad_rows_of_every_kind_are_named_at_once_by_the_row_that_an_editor_shows(tmp_path: Path) -> None:
    rows = "a.jpg,x,0\n\nb.jpg,,1\n./a.jpg,y,0\nc.jpg,z,9x\nd.jpg\ne.jpg,v,2\n"
    path = csv(tmp_path, f"img_path,text,fold\n{rows}")
    message = fails(path)
    for part in ("row 4: empty label", "row 5: img_path './a.jpg' was given before in row 2", "row 6: fold '9x'",
                 "row 7: 1 value under 3 columns"):  # fmt: skip
        assert part in message
    problems: list[str] = []
    frame = read_table(path, problems=problems)
    assert frame["img_path"].tolist() == ["a.jpg", "e.jpg"] and (frame.index + 2).tolist() == [2, 8]
    assert [p.split(": ")[1] for p in problems] == ["row 4", "row 5", "row 6", "row 7"]
    many = csv(tmp_path, "img_path,text\n" + "".join(f"{i}.jpg,\n" for i in range(9)))
    assert "row 6: empty label; and 4 more; correct or delete them" in fails(many)


@pytest.mark.parametrize("fold", ["x", "", "1.0", "-1", "5", "²"])
def test_bad_fold(tmp_path: Path, fold: str) -> None:
    message = fails(csv(tmp_path, f"img_path,text,fold\na.jpg,x,0\nb.jpg,y,{fold}\n"))
    assert f"row 3: fold {fold!r}" in message


def test_ragged_row_unclosed_quote_and_encoding(tmp_path: Path) -> None:
    message = fails(csv(tmp_path, "img_path,text\na.jpg,x\nb.jpg,1, Huế\nc.jpg;y\n"))
    assert "row 3: 3 values under 2 columns; text with commas needs double quotes" in message
    assert "row 4: 1 value under 2 columns: separated by semicolons, where the header has commas" in message
    assert "double quotes" in fails(csv(tmp_path, 'img_path,text\na.jpg,"x\n'))
    assert "not UTF-8" in fails(csv(tmp_path, "img_path,text\na.jpg,Hu\u00e9\n", "latin-1"))


def test_image_root_takes_the_first_folder_that_fits(tmp_path: Path) -> None:
    path = csv(tmp_path, "img_path,text\n1/0.jpg,x\n")
    frame = read_table(path)
    with pytest.raises(InputError, match=r"row 2: there is no image 1/0\.jpg"):
        image_root(path, frame)
    for folder in ("training_data/images", "images", "."):  # the later in this list, the sooner looked at
        (tmp_path / folder / "1").mkdir(parents=True)
        (tmp_path / folder / "1/0.jpg").touch()
        assert image_root(path, frame) == tmp_path / folder


def test_image_root_is_that_of_the_first_image_that_is_there(tmp_path: Path) -> None:
    path = csv(tmp_path, f"img_path,text\n{'x' * 300}.jpg,too long a name\ngone.jpg,x\nthere.jpg,y\n")
    (tmp_path / "images").mkdir()
    (tmp_path / "images/there.jpg").touch()
    assert image_root(path, read_table(path)) == tmp_path / "images"
    (tmp_path / "images/there.jpg").unlink()
    with pytest.raises(InputError, match=r"row 3: there is none of 2 images \(gone\.jpg \.\.\.\) in any of"):
        image_root(path, read_table(path)[1:])


def test_write_and_read_round_trip(tmp_path: Path) -> None:
    frame = pd.DataFrame({"img_path": ["a.jpg", "b.jpg"], "text": ['1, "x" Huế', "y"], "fold": [0, 6]})
    write_table(frame, tmp_path / "new/out.csv")
    assert read_table(tmp_path / "new/out.csv").to_dict("list") == frame.to_dict("list")
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["out.csv"]


def test_full_disk_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "out.csv"
    frame = pd.DataFrame({"img_path": ["a.jpg"], "text": ["x"]})
    write_table(frame, path)
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match=r"out\.csv.*No space left"):
        write_table(frame.assign(text="other"), path)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def table(folds: list[int]) -> pd.DataFrame:
    return pd.DataFrame({"img_path": [f"{i}.jpg" for i in range(len(folds))], "fold": folds})


def test_select_fold() -> None:
    frame = table([0, 1, 2, 1, 6, 7])
    train, valid = select_fold(frame, 1)
    assert train.index.tolist() == [0, 2, 4, 5] and valid.index.tolist() == [1, 3]
    train, valid = select_fold(frame, 5)
    assert len(train) == 6 and valid.empty and list(valid.columns) == list(frame.columns)


@pytest.mark.parametrize("fold", [3, 6, -1, 7])
def test_a_fold_that_is_not_there(fold: int) -> None:
    with pytest.raises(InputError, match=rf"no fold {fold}; the table has folds 0, 1, 2"):
        select_fold(table([0, 1, 2, 6]), fold)


def test_check_charset_counts_and_names(tmp_path: Path) -> None:
    frame = pd.DataFrame({"text": ["ab", "aβ", "cb", "ββ"]})
    check_charset(frame, Charset("abcβ"), "x.csv")
    with pytest.raises(InputError) as caught:
        check_charset(frame, Charset("ab"), "x.csv")
    message = str(caught.value)
    assert message.startswith("x.csv: 3 of 4 labels") and "'β' (U+03B2, 2 rows)" in message
    assert "'c' (U+0063, 1 rows)" in message and "row 3, 4, 5" in message and "\n" not in message


def test_drawn_rows_may_say_synthetic_for_their_fold(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("img_path,text,fold\na.png,x,0\nb.png,y,synthetic\nc.png,z,6\n")
    assert read_table(tmp_path / "t.csv")["fold"].tolist() == [0, 6, 6]
    (tmp_path / "t.csv").write_text("img_path,text,fold\na.png,x,all\n")
    with pytest.raises(InputError, match=r"row 2: fold 'all'; folds are 0 to 4, or 6 or 'synthetic'"):
        read_table(tmp_path / "t.csv")

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pandas as pd
import pytest

from chuviet.data.merge import find_manifests, merge_tables
from chuviet.data.table import image_root, read_table, select_fold, write_table
from chuviet.errors import InputError

SCRIPT = Path(__file__).parents[1] / "prepare_ext_data.py"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Three real lines, two copies, and three synthetic lines of which one is a validation text and one too long."""
    put(tmp_path / "train_folds.csv", tmp_path / "training_data/images", [
        ("1/0.jpg", "Hà Nội", "1", 0), ("1/1.jpg", "Huế", "1", 0), ("2/0.jpg", "Phố Huế", "2", 4),
    ])  # fmt: skip
    put(tmp_path / "synthetic_data/aug/manifest.csv", tmp_path / "synthetic_data/aug", [
        ("a0.jpg", "Hà Nội", "1", 0, "aug"), ("a1.jpg", "Phố Huế", "2", 4, "aug"),
    ])  # fmt: skip
    put(tmp_path / "synthetic_data/address/manifest.csv", tmp_path / "synthetic_data/address", [
        ("0.jpg", "HÀ  nội", "-1", 6, "address"), ("1.jpg", "x" * 70, "-1", 6, "address"),
        ("2.jpg", "x" * 69, "-1", 6, "address"),
    ])  # fmt: skip
    return tmp_path


def put(path: Path, images: Path, rows: list[tuple[object, ...]]) -> None:
    columns = ["img_path", "text", "writer_id", "fold", "source"][: len(rows[0])]
    write_table(pd.DataFrame(rows, columns=columns), path)
    for row in rows:
        (images / str(row[0])).parent.mkdir(parents=True, exist_ok=True)
        (images / str(row[0])).touch()


def merge(project: Path, out: str = "train_ext3.csv"):  # type: ignore[no-untyped-def]
    return merge_tables(project / "train_folds.csv", find_manifests(project / "synthetic_data"), project / out)


def test_rows_sources_and_folds(project: Path) -> None:
    merged = merge(project)
    got = merged.frame[["img_path", "fold", "source"]].to_numpy().tolist()
    assert got == [
        ["training_data/images/1/0.jpg", 0, "real"], ["training_data/images/1/1.jpg", 0, "real"],
        ["training_data/images/2/0.jpg", 4, "real"], ["synthetic_data/address/2.jpg", 6, "address"],
        ["synthetic_data/aug/a0.jpg", 0, "aug"], ["synthetic_data/aug/a1.jpg", 4, "aug"],
    ]  # fmt: skip
    assert merged.leaked == ["HÀ  nội"]
    assert merged.summary.loc["address"].to_dict() == {
        "rows": 3, "used": 1, "foreign": 0, "too_long": 1, "leaked": 1}  # fmt: skip
    assert merged.summary.loc["all"].to_dict() == {
        "rows": 8, "used": 6, "foreign": 0, "too_long": 1, "leaked": 1}  # fmt: skip
    assert "HÀ  nội" in merged.report() and "1 of 3" in merged.report()


def drawn(project: Path, name: str, source: str, texts: list[str]) -> Path:
    """A drawn set of the name with its manifest beside the others."""
    folder = project / "synthetic_data" / name
    put(folder / "manifest.csv", folder, [(f"{i}.jpg", t, "-1", 6, source) for i, t in enumerate(texts)])
    return folder / "manifest.csv"


def test_sets_for_other_purposes_are_left_out_and_named(project: Path) -> None:
    before = merge(project)
    page = json.dumps([{"transcription": "Phở", "points": [[1, 1], [9, 1], [9, 5], [1, 5]]}], ensure_ascii=False)
    drawn(project, "pages_scene", "pages_scene", [page, "[]"])
    drawn(project, "mine", "mine", [page])
    drawn(project, "chinese", "chinese", ["字字", "学字"])
    printed = drawn(project, "captcha", "captcha", ["aB3x", "77", "Zz"])
    mixed = drawn(project, "mixed", "mixed", ["Đèo Ngang", "字 Ngang", "[]"])
    manifests = find_manifests(project / "synthetic_data")
    merged = merge_tables(project / "train_folds.csv", manifests, project / "e.csv", handwriting=True)
    assert set(merged.frame["text"]) - set(before.frame["text"]) == {"Đèo Ngang", "[]"}
    assert merged.summary.loc["mixed"].to_dict() == {"rows": 3, "used": 2, "foreign": 1, "too_long": 0, "leaked": 0}
    said = {Path(x.split(": ")[0]).parent.name: x.split(": ", 1)[1] for x in merged.left_out}
    assert said.keys() == {"pages_scene", "mine", "chinese", "captcha"}
    assert "2 rows: labels of pages" in said["pages_scene"] and "1 rows: labels of pages" in said["mine"]
    assert "2 rows: no text of this charset; such as '字字'" in said["chinese"]
    assert "3 rows: printed strings (captcha)" in said["captcha"]
    assert all(f"left out: {x}" in merged.report() for x in merged.left_out)
    asked_for = merge_tables(project / "train_folds.csv", [printed, mixed], project / "e.csv")
    assert asked_for.summary.loc["captcha", "used"] == 3 and asked_for.left_out == []


@pytest.mark.parametrize(("fold", "sources", "error"), [
    (0, "1/0.jpg|1/1.jpg", ""),
    (4, "1/0.jpg|2/0.jpg", "row 2: fold 4, but its source 1/0.jpg is in fold 0"),
    (0, "9/9.jpg", "its source 9/9.jpg is none of its rows"),
])  # fmt: skip
def test_a_joined_line_belongs_to_the_fold_of_all_its_words(project: Path, fold: int, sources: str, error: str) -> None:
    folder = project / "synthetic_data/joined"
    put(folder / "manifest.csv", folder, [("j0.jpg", "Nội Huế", "-1", fold, "joined")])
    write_table(read_table(folder / "manifest.csv").assign(aug=sources), folder / "manifest.csv")
    if error:
        with pytest.raises(InputError, match=error):
            merge(project)
        return
    train, valid = select_fold(merge(project).frame, 0)
    assert "joined" not in set(train["source"]) and "joined" in set(valid["source"])
    assert "joined" in set(select_fold(merge(project).frame, 4)[0]["source"])


def test_no_text_of_the_training_rows_is_validated_on(project: Path) -> None:
    for fold in (0, 4):
        train, valid = select_fold(merge(project).frame, fold)
        assert not set(train["text"].str.lower()) & set(valid["text"].str.lower())


def test_written_table_finds_its_images_from_another_folder(project: Path) -> None:
    out = project / "deep/er/ext.csv"
    write_table(merge(project, "deep/er/ext.csv").frame, out)
    frame = read_table(out)
    root = image_root(out, frame)
    assert all((root / p).is_file() for p in frame["img_path"])


def test_a_copy_outside_its_sources_fold_is_an_error(project: Path) -> None:
    put(
        project / "synthetic_data/aug/manifest.csv",
        project / "synthetic_data/aug",
        [("a0.jpg", "Hà Nội", "1", 3, "aug")],
    )
    with pytest.raises(InputError, match="row 2: fold 3, but its source is in fold 0"):
        merge(project)


def test_a_copy_without_source_is_an_error(project: Path) -> None:
    put(
        project / "synthetic_data/aug/manifest.csv",
        project / "synthetic_data/aug",
        [("a0.jpg", "Đà Lạt", "1", 0, "aug")],
    )
    with pytest.raises(InputError, match="row 2: no row of .*'Đà Lạt'"):
        merge(project)


def test_a_manifest_given_twice_is_an_error(project: Path) -> None:
    twice = [project / "synthetic_data/address/manifest.csv"] * 2
    with pytest.raises(InputError, match="given twice"):
        merge_tables(project / "train_folds.csv", twice, project / "out.csv")


def test_script(project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    main = runpy.run_path(str(SCRIPT))["main"]
    monkeypatch.chdir(project)
    assert main([]) == 0
    assert "train_ext3.csv: 6 rows, from train_folds.csv and 2 of 2 manifests" in capsys.readouterr().out
    assert len(read_table("train_ext3.csv")) == 6
    assert main(["--train", "none.csv"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("prepare_ext_data: error: none.csv: no such file") and error.count("\n") == 1
    monkeypatch.chdir(project / "deep" if (project / "deep").exists() else project / "training_data")
    assert main([]) == 2 and "no manifests" in capsys.readouterr().err

"""`chuviet convert` as a user runs it."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from chuviet.cli import main
from chuviet.data.pages import FORMATS, read_pages
from chuviet.options.training import PAGE_FORMATS


@pytest.fixture
def labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two images in photos/, gt/ with a quad that is sound, one that runs backwards, and one outside."""
    monkeypatch.chdir(tmp_path)
    for name in ("gt", "photos", "copy"):
        Path(name).mkdir()
    for name in ("a.jpg", "b.jpg"):
        Image.new("RGB", (100, 80)).save(Path("photos", name))
        Image.new("RGB", (100, 80)).save(Path("copy", name))
    Path("gt/gt_a.txt").write_text("10,10,60,12,60,30,10,28,one, two\n10,40,10,60,50,60,50,40,###\n")
    Path("gt/gt_b.txt").write_text("200,10,260,12,260,30,200,28,gone\n")
    return tmp_path


def test_every_format_is_reached_from_every_other(labels: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert PAGE_FORMATS == FORMATS
    source = ["icdar", "gt", "--images", "photos"]
    for format, out in (("synthtext", "gt.mat"), ("lpcv", "sample"), ("tsv", "labels.txt"), ("icdar", "gt2")):
        assert main(["convert", *source, "--to", format, "--out", out]) == 0
        said = capsys.readouterr()
        assert said.out == f"{out}: 2 pages, 2 texts (1 don't-care)\n"
        first, *files = said.err.splitlines()
        assert first.startswith(f"{source[1]}: ")
        if source[1] == "gt":
            assert first == "gt: 1 of 3 quads mended (1 reversed), 1 dropped (1 outside)"
            assert files == [
                "  gt/gt_a.txt: 1 of 2 quads mended (1 reversed), 0 dropped",
                "  gt/gt_b.txt: 0 of 1 quads mended, 1 dropped (1 outside)",
            ]
        else:
            assert not files
        source = [format, out]
    one, two = read_pages("gt2", images="photos")
    assert one.texts == ["one, two", "###"] and not two.texts
    assert one.quads[1].tolist() == [[10, 40], [50, 40], [50, 60], [10, 60]]
    assert main(["convert", "icdar", "gt", "--images", "photos", "--to", "tsv", "--out", "raw.txt", "--raw"]) == 0
    assert capsys.readouterr() == ("raw.txt: 2 pages, 3 texts (1 don't-care)\n", "")
    assert np.array_equal(read_pages("raw.txt")[1].quads[0, 0], (200, 10))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["icdar", "gt", "--to", "tsv", "--out", "l.txt"], "gt: 2 folders beside it have an image for each"),
        (["icdar", "gt", "--images", "photos", "--to", "tsv"], "--to FORMAT and --out PATH are needed"),
        (["tsv", "none.txt", "--to", "icdar", "--out", "x"], "none.txt: no such file"),
        (["baidu", "train.list", "--to", "tsv"], "convert baidu: --to, --out, --images and --raw are for"),
        (["baidu", "train.list"], "train.list: no such file"),
    ],
)
def test_mistakes_are_one_line(
    labels: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main(["convert", *arguments]) == 2
    said = capsys.readouterr().err
    assert said.startswith("chuviet: error: ") and message in said and said.count("\n") == 1


def test_baidu_is_as_it_was(labels: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("train.list").write_text("".join(f"{100 + i}\t48\timg{i}.jpg\t字{i}\n" for i in range(40)))
    assert main(["convert", "baidu", "train.list", "--valid", "0.1", "--seed", "0"]) == 0
    assert capsys.readouterr().out == "valid.txt: 4 rows\ntrain.txt: 36 rows\n"
    assert len(Path("train.txt").read_text().splitlines()) == 36

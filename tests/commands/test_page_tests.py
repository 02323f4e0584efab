"""gendata_page_tests.py as a user runs it, on a few made-up rows."""

import json
import runpy
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from chuviet.data.page_lines import is_held_out
from chuviet.data.pages import read_pages

ROOT = Path(__file__).parents[2]
BOX = [[10, 10], [90, 10], [90, 30], [10, 30]]


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Runs the script in an empty folder, with made-up data: ten lines, wills by thirty hands, a photo."""
    data = tmp_path / "data"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHUVIET_DATA", str(data))
    _write(data / "vi_handwriting/images", [f"l{n}.jpg" for n in range(10)], (64, 500))
    rows = [f"l{n}.jpg,Dòng {n},-1,{int(n == 9)},paper\n" for n in range(10)]
    table = "img_path,text,writer_id,fold,background\n" + "".join(rows)
    (data / "vi_handwriting/train_folds.csv").write_text(table, encoding="utf-8")
    _labels(data / "pages_wills/label.txt", [f"images/AN_{n:04d}-{k}.jpg" for n in range(30) for k in range(2)])
    _labels(data / "icdar2015/text_localization/val_icdar2015_label.txt", ["ch4/ic15tr_1.jpg", "ch4/ic15tr_300.jpg"])

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["gendata_page_tests.py", *arguments])
        with pytest.raises(SystemExit) as end:
            runpy.run_path(str(ROOT / "synthetic_data" / "gendata_page_tests.py"), run_name="__main__")
        return int(end.value.code or 0)  # type: ignore[arg-type]

    return run


def _write(folder: Path, names: list[str], size: tuple[int, int]) -> None:
    image = np.full((*size, 3), 240, np.uint8)
    image[size[0] // 3 : size[0] // 2, 20:-20:3] = 60
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / name), image)


def _labels(path: Path, names: list[str]) -> None:
    _write(path.parent, names, (400, 520))
    regions = json.dumps([{"transcription": "a", "points": BOX, "polygon": BOX}])
    path.write_text("".join(f"{name}\t{regions}\n" for name in names), encoding="utf-8")


def test_two_sheets_of_the_lines_of_one_fold(script: Callable[..., int], tmp_path: Path) -> None:
    assert script("--kinds", "hand", "hand_white") == 0
    pages = read_pages("synthetic_data/eval_pages/hand/label.txt")
    assert [len(page.texts) for page in pages] == [8, 1]
    assert sorted(t for page in pages for t in page.texts) == [f"Dòng {n}" for n in range(9)]  # not fold 1's
    first = Path(pages[0].path).read_bytes()
    assert script("--kinds", "hand", "--limit", "1") == 0
    again = read_pages("synthetic_data/eval_pages/hand/label.txt")
    assert len(again) == 1 and Path(again[0].path).read_bytes() == first
    assert not Path(pages[1].path).exists()  # of the set that was there before


def test_labelled_pages_stay_as_they_are(script: Callable[..., int], tmp_path: Path) -> None:
    assert script("--kinds", "wills") == 0
    lines = Path("synthetic_data/eval_pages/wills/label.txt").read_text(encoding="utf-8").splitlines()
    names = [line.split("\t")[0] for line in lines]
    assert 0 < len(names) < 30 and all(is_held_out(name) for name in names)
    assert json.loads(lines[0].split("\t")[1])[0]["polygon"] == BOX
    source = tmp_path / "data/pages_wills" / names[0]
    assert Path("synthetic_data/eval_pages/wills", names[0]).read_bytes() == source.read_bytes()


def test_parts_of_photos_without_text(script: Callable[..., int]) -> None:
    assert script("--kinds", "empty", "--limit", "2") == 0
    pages = read_pages("synthetic_data/eval_pages/empty/label.txt")
    assert [Path(page.path).name.split("_")[0] for page in pages] == ["part", "drawn"]  # 300 shows letters
    assert not any(page.texts for page in pages)
    assert cv2.imread(pages[0].path).shape == (400 - 42, 520, 3)  # below the label and its margin


def test_no_page_of_a_kind_is_an_error(script: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert script("--kinds", "hand", "--fold", "3") == 2
    assert "hand: no page" in capsys.readouterr().err


def test_missing_fonts_are_named(script: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert script("--kinds", "print", "--fonts", "data") == 2
    assert "apt-get install fonts-" in capsys.readouterr().err

"""gendata_text.py and gendata_pagelines.py as a user runs them, a few samples each."""

import csv
import json
import runpy
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
Script = Callable[..., int]


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Script:
    """Runs a script of synthetic_data/ in an empty folder, with one process."""
    monkeypatch.chdir(tmp_path)

    def run(name: str, *arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", [name, "--workers", "1", *arguments])
        with pytest.raises(SystemExit) as end:
            runpy.run_path(str(ROOT / "synthetic_data" / f"{name}.py"), run_name="__main__")
        return int(end.value.code or 0)  # type: ignore[arg-type]

    return run


def rows(manifest: Path) -> list[dict[str, str]]:
    with manifest.open(encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def test_text_is_drawn_without_any_data(script: Script, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert script("gendata_text", "--count", "8", "--seed", "4") == 0
    first = rows(tmp_path / "synthetic_data/text/manifest.csv")
    assert len(first) == 8 and {r["source"] for r in first} == {"text"}
    recipe = json.loads((tmp_path / "synthetic_data/text/recipe.json").read_text())
    assert recipe["seed"] == "4" and recipe["part"] == "train" and recipe["kinds"] == "all"
    assert script("gendata_text", "--count", "8", "--seed", "4", "--kinds", "date") == 2
    assert "--kinds was all, now date" in capsys.readouterr().err


def test_text_of_a_file_in_print_and_in_pieces(script: Script, tmp_path: Path) -> None:
    sentences = [f"Dòng thứ {n} của tập văn bản này dài hơn một chút" for n in range(100)]
    (tmp_path / "text.txt").write_text("\n".join(sentences), encoding="utf-8")
    given = ("--text", "text.txt", "--kinds", "sentence", "--count", "6")
    assert script("gendata_text", *given, "--printed") == 0
    assert script("gendata_text", *given, "--words") == 0
    printed, words = (
        rows(Path("synthetic_data/text_printed/manifest.csv")),
        rows(Path("synthetic_data/text_words/manifest.csv")),
    )
    assert {r["source"] for r in printed} == {"text_printed"} and {r["source"] for r in words} == {"text_words"}
    assert max(len(r["text"].split()) for r in words) <= 4
    assert script("gendata_text", "--text", "absent.txt") == 2


def test_lines_are_cut_out_of_pages(script: Script, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = np.full((60, 200, 3), 230, np.uint8)
    cv2.putText(image, "bonjour", (10, 35), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (30, 30, 30), 2)
    region = {"transcription": "bonjour", "points": [[5, 5], [150, 5], [150, 45], [5, 45]]}
    with (tmp_path / "label.txt").open("w", encoding="utf-8") as f:
        for n in range(20):
            cv2.imwrite(str(tmp_path / f"{n:02d}-0.jpg"), image)
            f.write(f"{n:02d}-0.jpg\t{json.dumps([region, {**region, 'transcription': 'ça'}])}\n")
    assert script("gendata_pagelines", "--pages", "label.txt") == 0
    assert "charset" in capsys.readouterr().err
    assert script("gendata_pagelines", "--pages", "label.txt", "--part", "test") == 0
    train, test = (rows(Path(f"synthetic_data/{name}/manifest.csv")) for name in ("pagelines", "pagelines_test"))
    assert len(train) + len(test) == 20 and train and test
    assert not {r["writer_id"] for r in train} & {r["writer_id"] for r in test}

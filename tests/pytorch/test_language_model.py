"""A language model from labels to the weights file that reads with it."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from chuviet.cli import main
from chuviet.decode.ctc import CTCBeam, CTCGreedy
from chuviet.inputs.images import read_image
from chuviet.language.ngram import NGram
from chuviet.language.rescore import rescorers_of
from chuviet.models.ctc import LineCTC
from chuviet.preprocess.line import LinePreprocess
from chuviet.pytorch.artifact import load_artifact, save_artifact
from chuviet.reading.lines import LineReader
from chuviet.vocab import VIETNAMESE, Charset


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    rows = [(f"{i}.jpg", text, i % 2) for i, text in enumerate(["Hà Nội", "Hà Đông", "Phố Huế", "Hà Tĩnh"] * 5)]
    pd.DataFrame(rows, columns=["img_path", "text", "fold"]).to_csv(tmp_path / "labels.csv", index=False)
    return tmp_path / "labels.csv"


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    cfg = LineCTC.Config(height=16, stem=8, widths=(8, 8, 24), depths=(1, 1, 1), heads=2, expand=1)
    charset = Charset(VIETNAMESE)
    save_artifact(
        tmp_path / "w.safetensors", model=cfg.build(len(charset)).eval(), model_cfg=cfg, charset=charset,
        preprocess_cfg=LinePreprocess.Config(height=16), decoder_cfg=CTCGreedy.Config(), metrics={"cer": 0.1},
    )  # fmt: skip
    return tmp_path / "w.safetensors"


def test_leave_out_keeps_a_fold_out(labels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "lm.safetensors")
    assert (
        main(["lm", "--labels", str(labels), "--leave-out", "1", "--order", "3", "--min-count", "1", "--out", out]) == 0
    )
    said = capsys.readouterr().out
    assert "on the 10 lines of fold 1" in said and "order 3, 200 lines" in said  # 10 labels of fold 0, 20 times
    lm = NGram.load(out)
    assert lm.score("Phố Huế") > lm.score("Hà Đông") + 2  # "Đông" has only been in fold 1


def test_packed_model_reads_by_beam_and_keeps_the_raw_text(
    labels: Path, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lm, packed = str(tmp_path / "lm.safetensors"), str(tmp_path / "packed.safetensors")
    assert main(["lm", "--labels", str(labels), "--addresses", "30", "--order", "4", "--out", lm]) == 0
    assert main(["pack", str(weights), "--lm", lm, "--alpha", "0.7", "--beam-width", "5", "--out", packed]) == 0
    artifact = load_artifact(packed)
    assert artifact.decoder_cfg == CTCBeam.Config(width=5, alpha=0.7, beta=2.0) and artifact.lm is not None
    assert artifact.lm.score("Hà Nội") == NGram.load(lm).score("Hà Nội")
    assert artifact.notes["greedy_metrics"] == {"cer": 0.1} and artifact.metrics == {}
    pixels = np.random.default_rng(0).integers(0, 256, (32, 200, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    assert main(["predict", "-w", packed, str(tmp_path / "a.png"), "--out", str(tmp_path / "p.csv")]) == 0
    table = pd.read_csv(tmp_path / "p.csv", keep_default_na=False)
    assert list(table.columns) == ["img_path", "text", "confidence", "raw_text"]
    labelled, found = tmp_path / "one.csv", tmp_path / "found.csv"
    pd.DataFrame([("a.png", "Hà Nội")], columns=["img_path", "text"]).to_csv(labelled, index=False)
    capsys.readouterr()
    assert main(["evaluate", "-w", packed, "--data", str(labelled), "--out", str(found)]) == 0
    row = pd.read_csv(found, keep_default_na=False).iloc[0]
    assert (row["prediction"], row["raw_prediction"]) == (table["text"][0], table["raw_text"][0])
    changed = int(row["prediction"] != row["raw_prediction"])
    assert f"the language model changed {changed} lines: " in capsys.readouterr().out
    image = read_image(tmp_path / "a.png")
    assert table["raw_text"][0] == LineReader(weights).predict([image])[0].text
    cfg = CTCBeam.Config(width=5, alpha=0.7, beta=2.0)
    beam = cfg.build(artifact.charset, *rescorers_of(NGram.load(lm), cfg))
    recognizer = LineReader(packed)
    recognizer._decoder = beam
    assert table["text"][0] == recognizer.predict([image])[0].text
    assert LineReader(packed, decoder="greedy").predict([image])[0].raw_text is None


def test_refusals_are_one_line(
    weights: Path, labels: Path, tmp_path: Path, save: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    lm = str(tmp_path / "lm.safetensors")
    assert main(["lm", "--out", lm]) == 2 and "nothing to learn from" in capsys.readouterr().err
    assert main(["lm", "--labels", str(labels), "--order", "2", "--out", lm]) == 0
    assert main(["pack", str(save("small.safetensors")), "--lm", lm]) == 2
    assert "another charset" in capsys.readouterr().err
    assert main(["pack", str(save("s2s.safetensors", "attention")), "--lm", lm]) == 2
    assert "attention model" in capsys.readouterr().err
    assert main(["pack", str(weights), "--lm", str(tmp_path / "none")]) == 2
    assert "none: no such file" in capsys.readouterr().err
    assert main(["pack", str(weights), "--lm", lm, "--out", str(tmp_path / "mine.onnx")]) == 2
    assert "pack writes .safetensors files; `chuviet export` makes an ONNX file" in capsys.readouterr().err
    assert main(["pack", str(weights), "--lm", str(weights)]) == 2
    assert "w.safetensors: weights without a language model; `chuviet lm` makes one" in capsys.readouterr().err
    (tmp_path / "text.safetensors").write_text("none of it")
    assert main(["pack", str(weights), "--lm", str(tmp_path / "text.safetensors")]) == 2
    assert "text.safetensors is no safetensors file" in capsys.readouterr().err


def test_a_reader_takes_over_the_language_model_of_another_with_its_settings(
    labels: Path, weights: Path, tmp_path: Path
) -> None:
    lm, first, second, third = (str(tmp_path / f"{name}.safetensors") for name in ("lm", "first", "second", "third"))
    assert main(["lm", "--labels", str(labels), "--order", "4", "--out", lm]) == 0
    settings = ["--alpha", "0.3", "--alpha-style", "0.1", "--temperature", "1.5", "--beam-width", "7", "--place", "0"]
    assert main(["pack", str(weights), "--lm", lm, *settings, "--out", first]) == 0
    assert main(["export", "-w", first, "--out", str(tmp_path / "first.onnx")]) == 0
    before = load_artifact(first)
    (tmp_path / "run").mkdir()
    shutil.copy(weights, tmp_path / "run" / "weights.safetensors")  # a run's folder stands for the weights in it
    assert main(["pack", str(tmp_path / "run"), "--lm", first]) == 0
    assert load_artifact(tmp_path / "run" / "weights.lm.safetensors").decoder_cfg == before.decoder_cfg
    for other in (first, str(tmp_path / "first.onnx")):
        assert main(["pack", str(weights), "--lm", other, "--out", second]) == 0
        taken = load_artifact(second)
        assert taken.decoder_cfg == before.decoder_cfg and taken.lm is not None
        assert taken.lm.score("Hà Nội") == NGram.load(lm).score("Hà Nội")
    assert main(["pack", str(weights), "--lm", first, "--beam-width", "9", "--place", "2", "--out", third]) == 0
    assert load_artifact(third).decoder_cfg == replace(before.decoder_cfg, width=9, place=2.0)

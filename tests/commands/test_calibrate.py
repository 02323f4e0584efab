"""`chuviet calibrate`: from tables of read lines to the confidences of a reader."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from chuviet.cli import main
from chuviet.decode.confidence import calibrated, word_score
from chuviet.pytorch.artifact import load_artifact
from chuviet.reading.layout import word_spans
from chuviet.reading.lines import LineReader


def table(path: Path, seed: int) -> Path:
    """Lines of five words of which as many are right as the confidences, halved in log odds, say."""
    rng = np.random.default_rng(seed)
    rows = []
    for k in range(200):
        given = rng.uniform(0.05, 0.995, 5)
        right = rng.random(5) < [calibrated(c, (0.5, 0.0)) for c in given]
        read = [f"w{i}" if r else f"x{i}" for i, r in enumerate(right)]
        rows.append((f"{k}.jpg", "w0 w1 w2 w3 w4", " ".join(read), 0.5, " ".join(f"{c:.4f}" for c in given)))
    columns = ["img_path", "text", "prediction", "confidence", "word_confidences"]
    pd.DataFrame(rows, columns=columns).to_csv(path, index=False)
    return path


def test_a_reader_gets_the_calibration_of_its_tables(
    tmp_path: Path, save: Callable[..., Path], pictures: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    tables = [str(table(tmp_path / f"{k}.csv", k)) for k in range(3)]
    weights, out = save("rec.safetensors"), tmp_path / "calibrated.safetensors"
    assert main(["calibrate", *tables, "-w", str(weights), "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "each table was judged by what was fitted on the rest" in said and "of the lines" in said
    calibration = load_artifact(out).decoder_cfg.calibration
    assert calibration == pytest.approx((0.5, 0.0), abs=0.12)
    for before, after in zip(LineReader(weights).predict(pictures), LineReader(out).predict(pictures), strict=True):
        assert after.text == before.text and before.scores is not None and after.word_scores is not None
        expected = [calibrated(word_score(before.scores[a:b]), calibration) for a, b in word_spans(before.text)]
        assert after.word_scores == pytest.approx(np.array(expected), abs=1e-9)
        assert after.confidence == pytest.approx(np.mean(expected) if expected else before.confidence)


def test_one_table_is_judged_by_halves_and_refusals_are_one_line(
    tmp_path: Path, save: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    one = str(table(tmp_path / "one.csv", 7))
    assert main(["calibrate", one, "--right", "0.9"]) == 0
    assert "each half was judged" in capsys.readouterr().out
    assert main(["calibrate", one, "--out", str(tmp_path / "w.safetensors")]) == 2
    assert "--weights and --out go together" in capsys.readouterr().err
    attention = str(save("s2s.safetensors", "attention"))
    assert main(["calibrate", one, "-w", attention, "--out", str(tmp_path / "w.safetensors")]) == 2
    assert "no recogniser with CTC frames" in capsys.readouterr().err

"""Recognisers measured on labelled sets."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from chuviet.cli import main
from chuviet.data.table import write_table
from chuviet.errors import InputError
from chuviet.metrics.recognition import RecognitionMetric
from chuviet.reading.lines import LineReader
from chuviet.report.evaluation import evaluate


def test_several_label_files_are_measured_together_and_each(
    tmp_path: Path, save: Callable[..., Path], pictures: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    weights = save("rec.safetensors")
    names = [p.relative_to(tmp_path).as_posix() for p in pictures]
    read = [p.text for p in LineReader(weights).predict(pictures)]
    texts = [" ".join(t.split()) or "a" for t in read[:3]] + ["b"] * 4
    files = [str(tmp_path / name) for name in ("one.csv", "two.csv")]
    for file, part in zip(files, (slice(0, 3), slice(3, 7)), strict=True):
        write_table(pd.DataFrame({"img_path": names[part], "text": texts[part]}), file)
    command = ["evaluate", "-w", str(weights), "--data", files[0], "--data", files[1]]
    assert main([*command, "--json", str(tmp_path / "m.json"), "--out", str(tmp_path / "rows.csv")]) == 0
    metrics = json.loads((tmp_path / "m.json").read_text())
    assert metrics["data"] == files and [metrics["sources"][f]["count"] for f in files] == [3, 4]
    for measured, part in ((metrics["raw"], slice(0, 7)), (metrics["sources"][files[1]], slice(3, 7))):
        alone = RecognitionMetric()
        alone.update(read[part], texts[part])
        assert measured == pytest.approx(alone.compute())
    rows = pd.read_csv(tmp_path / "rows.csv", keep_default_na=False)
    assert rows["data"].tolist() == [files[0]] * 3 + [files[1]] * 4 and rows["prediction"].tolist() == read
    said = capsys.readouterr().out
    assert f"{files[1]}: 4 lines, cer {metrics['sources'][files[1]]['cer']:.4f}" in said and "7 lines of" in said
    single, frame = evaluate(LineReader(weights), files[0])
    assert "sources" not in single and "data" not in frame and single["raw"] == metrics["sources"][files[0]]
    with pytest.raises(InputError, match="named twice"):
        evaluate(LineReader(weights), [files[0], files[0]])

"""The notebooks define nothing, and run from top to bottom on files made here."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest
import torch
from nbclient import NotebookClient
from PIL import Image

from chuviet import config
from chuviet.artifact.budget import check_budget
from chuviet.data.table import write_table
from chuviet.errors import InputError
from chuviet.pytorch.artifact import save_artifact
from chuviet.vocab import Charset

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted(
    [ROOT / "inference.ipynb", *(ROOT / "notebooks").glob("*.ipynb"), *(ROOT / "kaggle").glob("*.ipynb")]
)


def execute(name: str) -> list[Any]:
    book = nbformat.read(ROOT / name, as_version=4)
    client = NotebookClient(book, timeout=300, resources={"metadata": {"path": str((ROOT / name).parent)}})
    client.execute()
    return [o for cell in book.cells if cell.cell_type == "code" for o in cell.outputs]


def printed(outputs: list[Any]) -> str:
    return "".join(o.text for o in outputs if o.output_type == "stream" and o.name == "stdout")


def pictures(outputs: list[Any]) -> int:
    return sum("image/png" in o.get("data", {}) for o in outputs)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.name)
def test_notebooks_define_nothing(path: Path) -> None:
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            nodes = ast.walk(ast.parse(cell.source))
            named = [type(n).__name__ for n in nodes if isinstance(n, (ast.ClassDef, ast.FunctionDef, ast.Lambda))]
            assert not named, f"{path.name}: {named} belong in src/chuviet"


def lines(folder: Path) -> None:
    for i in range(3):
        path = folder / f"{i % 2}/{i}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((60, 150 + 20 * i, 3), 240, np.uint8)).save(path)


def test_both_design_card_models_in_inference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Untrained, but of full size: their fp16 weights must fit 47.3 MB together and answer every image."""
    for name in ("b1_384_f5", "b2_256_f5"):
        exp = config.load(name, ROOT / "configs")
        charset = Charset(exp.data.charset)
        torch.manual_seed(0)
        model = config.replace(exp.model, pretrained=False).build(len(charset))
        model.classify.bias.data[2] = 50.0  # ends every line at once: what counts here is that it runs
        save_artifact(
            tmp_path / f"{name}.safetensors",
            model=model,
            model_cfg=exp.model,
            preprocess_cfg=exp.data.preprocess,
            decoder_cfg=exp.decoder,
            charset=charset,
            metrics={},
        )
    lines(tmp_path / "images")
    (tmp_path / "images/0/broken.jpg").write_bytes(b"\xff\xd8\xff")
    monkeypatch.setenv("CHUVIET_WEIGHTS", str(tmp_path / "*.safetensors"))
    monkeypatch.setenv("CHUVIET_IMAGES", str(tmp_path / "images"))
    monkeypatch.setenv("CHUVIET_SUBMISSION", str(tmp_path / "submission.csv"))
    monkeypatch.setenv("CHUVIET_LIMIT_MB", "47.3")
    outputs = execute("inference.ipynb")
    assert "2 members, 47.0" in printed(outputs) and "of 47.3 MB" in printed(outputs)
    assert "3 of 4 images read" in printed(outputs) and "broken.jpg: " in printed(outputs) and pictures(outputs) == 2
    table = pd.read_csv(tmp_path / "submission.csv", keep_default_na=False)
    assert list(table.columns) == ["id", "answer", "elapsed_time"]
    assert table["id"].tolist() == ["0/0.jpg", "0/2.jpg", "0/broken.jpg", "1/1.jpg"]
    with pytest.raises(InputError, match="over the limit of 47 MB"):
        check_budget(sorted(tmp_path.glob("*.safetensors")), 47)


def test_oof_analysis_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines(tmp_path / "images")
    rows = [("0/0.jpg", "Hà Nội", "Hà Nộ1", 0, "real"), ("1/1.jpg", "Phố Huế", "Phó Huế", 1, "real"),
            ("0/2.jpg", "đi", "đi", 1, "real")]  # fmt: skip
    write_table(pd.DataFrame(rows, columns=["img_path", "text", "prediction", "fold", "source"]), tmp_path / "oof.csv")
    monkeypatch.setenv("CHUVIET_OOF", str(tmp_path / "oof.csv"))
    monkeypatch.setenv("CHUVIET_LABELS", str(tmp_path / "oof.csv"))
    outputs = execute("notebooks/oof_analysis.ipynb")
    assert "3 lines of" in printed(outputs) and "2 edits" in printed(outputs) and pictures(outputs) == 3
    tables = "".join(o.data.get("text/plain", "") for o in outputs if o.output_type == "execute_result")
    assert "vowel mark" in tables and "0.1333" in tables  # CER 2 / 15

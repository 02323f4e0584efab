"""The notebooks of `kaggle/` on what `kaggle/pack.py` packs, in processes without a network: training that is stopped
and goes on in a second kernel, and a submission by its weights.

Slow, and packing needs a network for the build's packages: `make wheel-test`, which CI runs.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest
from nbclient import NotebookClient
from PIL import Image

from chuviet.data.table import write_table

ROOT = Path(__file__).parents[1]
SMALL = "train.epochs=1 train.device=cpu train.precision=fp32 data.batch=2 data.workers=0"
REAL = "data.sources=('real',) data.draw=()"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("kaggle") / "chuviet"
    done = subprocess.run([sys.executable, ROOT / "kaggle" / "pack.py", "--out", out], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six lines of two folds: lines/train_folds.csv, the images in lines/images/<writer>."""
    folder, rows = tmp_path_factory.mktemp("lines"), []
    rng = np.random.default_rng(0)
    for i in range(6):
        path = folder / "images" / str(i % 2) / f"{i}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(150, 256, (40, 160 + 20 * i, 3), dtype=np.uint8)).save(path)
        rows.append((f"{i % 2}/{i}.jpg", f"Số {i}", i % 2, i % 2))
    write_table(pd.DataFrame(rows, columns=["img_path", "text", "writer_id", "fold"]), folder / "train_folds.csv")
    return folder


class Kernel:
    """A working folder, and the packages of the environment with those that a notebook installs: in `packages`."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, **settings: object) -> None:
        self.folder, self.packages = folder, folder / "packages"
        self.packages.mkdir(parents=True)
        monkeypatch.setenv("PIP_TARGET", str(self.packages))
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT / "tests" / "offline"), str(self.packages)]))
        for name, value in settings.items():
            monkeypatch.setenv(f"CHUVIET_{name}", str(value))

    def execute(self, name: str) -> str:
        """What the notebook prints."""
        book = nbformat.read(ROOT / "kaggle" / name, as_version=4)
        NotebookClient(book, timeout=900, resources={"metadata": {"path": str(self.folder)}}).execute()
        outputs: list[Any] = [o for cell in book.cells if cell.cell_type == "code" for o in cell.outputs]
        return "".join(o.text for o in outputs if o.output_type == "stream")


def test_nothing_is_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Kernel(tmp_path, monkeypatch)
    for code in ("socket.create_connection(('192.0.2.1', 80), 1)", "socket.create_connection(('example.org', 80), 1)"):
        done = subprocess.run([sys.executable, "-c", f"import socket; {code}"], capture_output=True, text=True)
        assert "no network here" in done.stderr


def test_training_goes_on_in_the_next_kernel_and_its_weights_make_a_submission(
    dataset: Path, lines: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = f"{SMALL} {REAL} init={dataset}/vi_line_ptr.safetensors"
    settings = {"DATASET": dataset, "LABELS": lines / "train_folds.csv", "FOLDS": "0,1", "OPTIONS": options}
    first = Kernel(tmp_path / "first", monkeypatch, SESSION_MINUTES=1e-5, EARLIER="", **settings)
    printed = first.execute("train.ipynb")
    assert "NOT DONE YET" in printed and not list(first.folder.glob("outputs/*/fold*/weights.safetensors"))

    second = Kernel(tmp_path / "second", monkeypatch, SESSION_MINUTES=60, EARLIER=first.folder, **settings)
    printed = second.execute("train.ipynb")
    assert "NOT DONE YET" not in printed and "accuracy" in printed
    weights = sorted(second.folder.glob("outputs/line_192_f0/fold*/weights.safetensors"))
    assert len(weights) == 2 and (second.folder / "browse.html").is_file()
    assert len(pd.read_csv(second.folder / "outputs/line_192_f0/oof.csv")) == 6

    members = ",".join(map(str, [weights[0], *weights]))
    third = Kernel(tmp_path / "third", monkeypatch, DATASET=dataset, WEIGHTS=members, IMAGES=lines / "images")
    printed = third.execute("submit.ipynb")
    assert "3 votes, 6.9" in printed and "6 of 6 images read" in printed
    assert f"of {third.packages / 'chuviet'}" in printed  # the wheel's, not the checkout's
    table = pd.read_csv(third.folder / "submission.csv", keep_default_na=False)
    assert list(table.columns) == ["id", "answer", "elapsed_time"]
    assert table["id"].tolist() == sorted(f"{i % 2}/{i}.jpg" for i in range(6))

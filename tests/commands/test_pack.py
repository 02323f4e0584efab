"""`chuviet pack` on folders of every kind: weights, or one line that says what is wrong."""

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from chuviet import config
from chuviet.commands.pack import run as pack
from chuviet.config import ConfigError
from chuviet.data.recognition import LineData
from chuviet.decode.ctc import CTCGreedy
from chuviet.errors import InputError
from chuviet.experiment import Experiment
from chuviet.losses.ctc import CTCLoss
from chuviet.models.ctc import LineCTC
from chuviet.preprocess.line import LinePreprocess
from chuviet.pytorch.artifact import describe
from chuviet.runs import run
from chuviet.train.checkpoint import load_checkpoint, save_checkpoint
from chuviet.train.engine import Train


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a run of one epoch on three lines of noise."""
    rng, rows = np.random.default_rng(0), []
    for i, text in enumerate(("ab", "bc", "ca")):
        Image.fromarray(rng.integers(0, 256, (16, 60, 3), dtype=np.uint8)).save(tmp_path / f"{i}.png")
        rows.append(f"{i}.png\t{text}\n")
    (tmp_path / "l.txt").write_text("".join(rows))
    exp = Experiment(
        model=LineCTC.Config(height=16, stem=8, widths=(8, 8, 24), depths=(1, 1, 1), heads=2),
        loss=CTCLoss.Config(), decoder=CTCGreedy.Config(),
        data=LineData.Config(csv=str(tmp_path / "l.txt"), charset="abc", batch=3, workers=0,
                             preprocess=LinePreprocess.Config(height=16)),
        train=Train(epochs=1, device="cpu", precision="fp32"),
    )  # fmt: skip
    run("a", exp, tmp_path / "outputs")
    return tmp_path / "outputs/a/fold5"


def packed(folder: Path, **options: Any) -> dict[str, Any]:
    """What `chuviet pack` writes."""
    given = {"run": str(folder), "out": str(folder / "p.safetensors"), "keep": None, "precision": "fp32", "lm": None}
    assert pack(Namespace(**(given | options))) == 0
    return describe(folder / "p.safetensors")


def test_pack_takes_the_charset_that_the_weights_were_trained_for(folder: Path) -> None:
    """A config.json that another run has replaced since, with more characters, is not believed."""
    exp = json.loads((folder / "config.json").read_text())
    exp["data"]["charset"] = "xyz!"
    (folder / "config.json").write_text(json.dumps(exp))
    assert packed(folder)["charset"] == "abc"


def spoil_config(folder: Path, text: str | bytes) -> None:
    (folder / "config.json").write_bytes(text if isinstance(text, bytes) else text.encode())


def spoil_checkpoint(folder: Path, **changes: Any) -> None:
    state = load_checkpoint(folder / "checkpoint.pt") | changes
    save_checkpoint(folder / "checkpoint.pt", {k: v for k, v in state.items() if v is not ...})


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "null", b"\xff\xfe", '{"type": 5}', '{"type": "os:system"}',
                                  '{"type": "chuviet.train.engine:Train"}'])  # fmt: skip
def test_a_broken_or_foreign_config_is_one_line(folder: Path, text: str | bytes) -> None:
    spoil_config(folder, text)
    with pytest.raises(InputError, match=r"config\.json: (cannot be read|not the config of a run)"):
        packed(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"position": ...}, r"checkpoint\.pt: not a checkpoint of a run of this project \(no position in it\)"),
        ({"model": ..., "ema": ...}, r"\(no model, ema in it\)"),
        ({"model": {"weight": torch.zeros(2)}}, "weights are not of the model in .*config.json"),
        ({"model": 3}, "weights are not of the model"),
        ({"ema": 1.5}, "weights are not of the model"),
        ({"position": "x"}, "weights are not of the model"),
        ({"best": None}, "weights are not of the model"),
        ({"facts": {"charset": "abcd"}}, "weights are not of the model"),
    ],
)
def test_a_broken_or_foreign_checkpoint_is_one_line(folder: Path, changes: dict[str, Any], message: str) -> None:
    spoil_checkpoint(folder, **changes)
    with pytest.raises(InputError, match=message) as caught:
        packed(folder)
    assert "\n" not in str(caught.value) and not (folder / "p.safetensors").exists()


def test_other_folders_are_named(folder: Path, tmp_path: Path) -> None:
    for other in (tmp_path, tmp_path / "gone", folder / "weights.safetensors"):
        with pytest.raises(InputError, match="not the folder of a run: no config.json in it"):
            packed(folder, run=str(other))
    torch.save([1, 2], folder / "checkpoint.pt")
    with pytest.raises(InputError, match="not a checkpoint of a run"):
        packed(folder)
    (folder / "checkpoint.pt").unlink()
    with pytest.raises(InputError, match=r"checkpoint\.pt: no checkpoint of a run, to pack weights from"):
        packed(folder)


def test_a_config_of_another_model_is_one_line(folder: Path) -> None:
    exp = config.from_json(json.loads((folder / "config.json").read_text()))
    for changes in ({"model.widths": (8, 8, 32)}, {"model": CTCLoss.Config()}, {"model": Train()}):
        spoil_config(folder, json.dumps(config.to_json(config.replace(exp, **changes))))
        with pytest.raises((InputError, ConfigError), match="weights are not of the model in .*config.json"):
            packed(folder)

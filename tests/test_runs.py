"""Whole runs of the configs as they are, on a handful of lines: they train, are packed, and start from each other."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from chuviet import config
from chuviet.config import ConfigError
from chuviet.data.table import write_table
from chuviet.runs import run, run_folder
from chuviet.ship.artifact import load_artifact, without_pretrained
from chuviet.ship.detector import Detector
from chuviet.ship.inference import load
from chuviet.ship.reading import evaluate

CONFIGS = Path(__file__).parent.parent / "configs"
TEXTS = ["Số 9", "Hà Nội", "Phố Huế", "Đà Lạt"]


def labelled_lines(folder: Path, sources: tuple[str, ...]) -> Path:
    """Four lines of each source, fold by number (drawn ones: 6), as train_ext3.csv."""
    rng, rows = np.random.default_rng(0), []
    for source in sources:
        for i, text in enumerate(TEXTS):
            name = f"{source}{i}.png"
            Image.fromarray(rng.integers(150, 256, (40, 200 + 30 * i, 3), dtype=np.uint8)).save(folder / name)
            rows.append((name, text, -1, i % 5 if source in ("real", "aug") else 6, source))
    write_table(
        pd.DataFrame(rows, columns=["img_path", "text", "writer_id", "fold", "source"]), folder / "train_ext3.csv"
    )
    return folder / "train_ext3.csv"


@pytest.mark.parametrize("name", ["b1_384", "b2_256"])
def test_design_card_configs_pretrain_and_fine_tune(name: str, tmp_path: Path) -> None:
    csv = labelled_lines(tmp_path, ("real", "aug", "address", "poems"))
    width = config.load(f"{name}_f5", CONFIGS).data.preprocess.width // 4  # all of it would only take longer
    small = {
        "data.preprocess.width": width,
        "model.pretrained": False,
        "data.csv": str(csv),
        "data.batch": 2,
        "data.workers": 0,
        "train.epochs": 1,
    }
    few = {"data.draw": (("aug", 2), ("address", 1), ("poems", 1))}
    drawn = config.replace(config.load(f"{name}_ptr_f5", CONFIGS), **small, **few)
    assert run(f"{name}_ptr_f5", drawn, tmp_path) == {}  # fold 5 validates on nothing
    first = load_artifact(run_folder(f"{name}_ptr_f5", 5, tmp_path) / "weights.safetensors")
    assert first.notes["sources"] == ["address", "aug", "poems"]

    average = {"train.average": (1,), "train.batchnorm_batches": 1}
    real = config.replace(config.load(f"{name}_f5", CONFIGS), **small, **average)
    with pytest.raises(ConfigError, match="was trained on aug rows of fold 0"):
        run(f"{name}_f5", config.replace(real, fold=0), tmp_path)
    run(f"{name}_f5", real, tmp_path)
    lines = (run_folder(f"{name}_f5", 5, tmp_path) / "metrics.jsonl").read_text().splitlines()
    assert np.isfinite(json.loads(lines[0])["loss"])
    second = load_artifact(run_folder(f"{name}_f5", 5, tmp_path) / "weights.safetensors").model
    moved = [n for n, p in second.named_parameters() if not torch.equal(p, first.model.state_dict()[n])]
    assert len(moved) > 0.9 * len(list(second.parameters()))


@pytest.mark.parametrize("name", ["rec_ctc", "rec_conv_ctc", "rec_gtc", "rec_gtc_nrtr", "rec_gtc_distillation"])
def test_scene_text_configs_ship_a_plain_model_that_reads_as_training_reported(name: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for part, words in {"train": ["Exit", "OPEN 24", "a-b", "x"], "valid": ["Taxi", "B 2", "no!"]}.items():
        for i, _ in enumerate(words):
            Image.fromarray(rng.integers(0, 256, (40, 100, 3), dtype=np.uint8)).save(tmp_path / f"{part}{i}.jpg")
        (tmp_path / f"{part}.txt").write_text("".join(f"{part}{i}.jpg\t{w}\n" for i, w in enumerate(words)))
    exp = config.load(name, CONFIGS)
    guided = {"rec_gtc": "model.student", "rec_gtc_nrtr": "model.student"}
    student = (guided | {"rec_gtc_distillation": "model.member.student"}).get(name, "model")
    exp = config.replace(exp, **{
        f"{student}.pretrained": False,
        "data.csv": str(tmp_path / "train.txt"), "data.valid": str(tmp_path / "valid.txt"),
        "data.batch": 2, "data.workers": 0, "train.epochs": 1, "train.validate_every": 0, "train.precision": "fp32",
    })  # fmt: skip

    metrics = run(name, exp, tmp_path)
    weights = run_folder(name, 0, tmp_path) / "weights.safetensors"
    model = load_artifact(weights).model
    assert type(model).__name__ == "SceneCTC" and not any("guide" in n for n in model.state_dict())
    again, _ = evaluate(load(weights), str(tmp_path / "valid.txt"), None, 2)
    assert again["raw"]["cer"] == pytest.approx(metrics["cer"], abs=0.35)  # fp16 weights of an untrained model


SMALL = (
    "micro",
    "line",
    "demo",
    "scene",
    "rec_small",
    "rec_ctc_s",
    "rec_conv_ctc_s",
    "rec_gtc_s",
    "rec_gtc_distillation_s",
)


@pytest.mark.parametrize("name", sorted(p.stem for p in CONFIGS.glob("*.py") if p.stem.startswith(SMALL)))
def test_every_small_config_takes_steps(name: str, tmp_path: Path) -> None:
    exp = config.load(name, CONFIGS)
    rng, characters = np.random.default_rng(0), exp.data.characters().characters
    rows = []
    for i in range(6):
        Image.fromarray(rng.integers(0, 256, (40, 160 + 20 * i, 3), dtype=np.uint8)).save(tmp_path / f"{i}.png")
        rows.append((f"{i}.png", "".join(rng.choice(list(characters.replace(" ", "")), 5)), -1, i % 2, "real"))
    table = pd.DataFrame(rows, columns=["img_path", "text", "writer_id", "fold", "source"])
    write_table(table, tmp_path / "labels.csv")
    exp = config.replace(exp, **{
        "data.csv": str(tmp_path / "labels.csv"), "data.valid": "", "data.mix": (), "data.sources": (), "data.draw": (),
        "data.batch": 2, "data.workers": 0, "train.epochs": 1, "train.precision": "fp32", "init": "", "init_parts": (),
    })  # fmt: skip
    metrics = run(name, exp, tmp_path)
    folder = run_folder(name, exp.fold, tmp_path)
    first = json.loads((folder / "metrics.jsonl").read_text().splitlines()[0])
    assert np.isfinite(first["loss"]) and ("cer" in metrics) == (exp.fold != 5)
    assert len(load_artifact(folder / "weights.safetensors").charset) == len(characters)


def labelled_pages(folder: Path) -> Path:
    """Four photos of 96 x 96 px with a word in two of them."""
    rng, lines = np.random.default_rng(0), []
    for i in range(4):
        Image.fromarray(rng.integers(0, 256, (96, 96, 3), dtype=np.uint8)).save(folder / f"p{i}.png")
        word = {"transcription": "word", "points": [[10, 30], [80, 30], [80, 60], [10, 60]]}
        lines.append(f"p{i}.png\t{json.dumps([word] if i % 2 else [])}\n")
    (folder / "pages.txt").write_text("".join(lines))
    return folder / "pages.txt"


DETECTORS = [p.stem for p in sorted(CONFIGS.glob("*.py")) if p.stem.startswith(("repvit", "resnet18", "fots"))]


@pytest.mark.parametrize("name", DETECTORS)
def test_every_detector_config_takes_steps(name: str, tmp_path: Path) -> None:
    exp = config.load(name, CONFIGS)
    pages = str(labelled_pages(tmp_path))
    exp = config.replace(exp, **{
        "model": without_pretrained(exp.model), "data.train": ((pages, 1.0),), "data.valid": ((pages, 1.0),),
        "data.augment.size": 64, "data.preprocess.longest": 64, "data.batch": 2, "data.workers": 0,
        "train.epochs": 1, "train.precision": "fp32", "init": "", "init_parts": (),
    })  # fmt: skip
    metrics = run(name, exp, tmp_path)
    folder = run_folder(name, exp.fold, tmp_path)
    first = json.loads((folder / "metrics.jsonl").read_text().splitlines()[0])
    assert np.isfinite(first["loss"]) and metrics["count"] == 4 and metrics["truths"] == 2
    assert len((folder / "found.txt").read_text().splitlines()) == 4
    artifact = load_artifact(folder / "weights.safetensors")
    assert artifact.charset is None and artifact.notes["sources"] == [f"{tmp_path.name}/pages.txt"]
    assert len(Detector(artifact).predict([tmp_path / "p1.png"])) == 1


def test_a_run_starts_from_parts_of_another_run(tmp_path: Path) -> None:
    pages = str(labelled_pages(tmp_path))
    small = {"data.train": ((pages, 1.0),), "data.valid": (), "data.augment.size": 64, "data.batch": 2,
             "data.workers": 0, "train.epochs": 1, "train.precision": "fp32", "init": ""}  # fmt: skip
    run("first", config.replace(config.load("fots_light_small", CONFIGS), **small), tmp_path)
    gate = config.replace(config.load("fots_light_rejector_small", CONFIGS), **small | {"init": "first"})
    run("gate", gate, tmp_path)
    before, after = (load_artifact(run_folder(n, 5, tmp_path) / "weights.safetensors").model for n in ("first", "gate"))
    kept = after.detector.state_dict()  # type: ignore[union-attr, operator]
    assert all(torch.equal(v, kept[k]) for k, v in before.state_dict().items())  # trained on, but frozen
    with pytest.raises(ConfigError, match="no 'neck' in"):
        run("gate", config.replace(gate, init_parts=("neck",)), tmp_path)


@pytest.mark.parametrize("name", ["rec_ctc", "rec_conv_ctc"])
def test_two_processes_train_a_scene_config_as_one_does(name: str, tmp_path: Path) -> None:
    rng, words = np.random.default_rng(0), ["Exit", "OPEN", "a-b", "x"]  # one step: Adam magnifies rounding in the next
    for i in range(len(words)):
        Image.fromarray(rng.integers(0, 256, (40, 100, 3), dtype=np.uint8)).save(tmp_path / f"{i}.jpg")
    for part, chosen in {"train": range(4), "valid": range(3)}.items():
        (tmp_path / f"{part}.txt").write_text("".join(f"{i}.jpg\t{words[i]}\n" for i in chosen))
    records = {}
    for processes in (1, 2):
        out = tmp_path / str(processes)
        command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", str(processes), "train.py", "-C",
                   name, "--root", str(out), f"data.csv={tmp_path}/train.txt", f"data.valid={tmp_path}/valid.txt",
                   "data.batch=4", "data.workers=0", "data.concat=null", "data.preprocess.width=112",
                   "model.backbone=resnet10t", "model.pretrained=false", "model.dropout=0", "train.epochs=1",
                   "train.precision=fp32", "train.device=cpu", "train.threads=1"]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=CONFIGS.parent)
        assert done.returncode == 0, done.stderr[-2000:]
        folder = run_folder(name, 0, out)
        records[processes] = [json.loads(x) for x in (folder / "metrics.jsonl").read_text().splitlines()]
        assert len(pd.read_csv(folder / "oof.csv")) == 3  # every validation row once
    assert records[2][0]["loss"] == pytest.approx(records[1][0]["loss"], rel=1e-4)

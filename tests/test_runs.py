"""Whole runs of the configs as they are, on a handful of lines: they train, are packed, and start from each other."""

import dataclasses
import json
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from chuviet import config, runs
from chuviet.config import ConfigError
from chuviet.data.detection import read_set
from chuviet.data.recognition import LineData
from chuviet.data.seen import count_seen
from chuviet.data.table import write_table
from chuviet.data.targets_lines import LineWordTargets
from chuviet.errors import InputError
from chuviet.experiment import Experiment
from chuviet.losses.ctc import CTCLoss
from chuviet.losses.distilled import DistillationLoss
from chuviet.metrics.detection import DetectionMetric
from chuviet.models.attention_heads import NRTR
from chuviet.models.ctc import LineCTC
from chuviet.models.distilled import Distilled
from chuviet.models.gtc import GTC
from chuviet.preprocess.line import LinePreprocess
from chuviet.pytorch.artifact import load_artifact, resave_artifact, without_pretrained
from chuviet.reading.detector import Detector
from chuviet.reading.lines import LineReader
from chuviet.report.evaluation import evaluate
from chuviet.runs import init_path, run, run_folder, run_folds, start_from
from chuviet.train.engine import Train
from chuviet.train.lock import folder_lock
from chuviet.train.same_run import check_same_run
from chuviet.train.session import Session

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
    few = {"data.mix": ("aug:2", "address:1", "poems:1")}
    drawn = config.replace(config.load(f"{name}_ptr_f5", CONFIGS), **small, **few)
    assert run(f"{name}_ptr_f5", drawn, tmp_path) == {}  # fold 5 validates on nothing
    first = load_artifact(run_folder(f"{name}_ptr_f5", 5, tmp_path) / "weights.safetensors")
    assert first.notes["sources"] == ["address", "aug", "poems"]

    average = {"train.average": (1,), "train.batchnorm_batches": 1}
    real = config.replace(config.load(f"{name}_f5", CONFIGS), **small, **average)
    with pytest.raises(ConfigError, match="was trained on 1 of the 1 rows of fold 0"):  # through its copy
        run(f"{name}_f5", config.replace(real, fold=0), tmp_path)
    run(f"{name}_f5", real, tmp_path)
    lines = (run_folder(f"{name}_f5", 5, tmp_path) / "metrics.jsonl").read_text().splitlines()
    assert np.isfinite(json.loads(lines[0])["loss"])
    second = load_artifact(run_folder(f"{name}_f5", 5, tmp_path) / "weights.safetensors").model
    moved = [n for n, p in second.named_parameters() if not torch.equal(p, first.model.state_dict()[n])]
    assert len(moved) > 0.9 * len(list(second.parameters()))


def test_attention_beside_ctc_ships_the_reader_alone(tmp_path: Path) -> None:
    csv = labelled_lines(tmp_path, ("real", "text"))
    small = {"data.preprocess.width": 256, "data.csv": str(csv), "data.batch": 2, "data.workers": 0}
    few = {"data.mix": ("text:4", "real")}
    drawn = config.replace(config.load("b1_384_small_ptr_f0", CONFIGS), **small, **few)
    run("first", drawn, tmp_path)
    weights = run_folder("first", 0, tmp_path) / "weights.safetensors"
    model = load_artifact(weights).model
    assert type(model).__name__ == "Seq2Seq" and not any("ctc" in name for name in model.state_dict())

    real = config.replace(config.load("b1_384_small_f0", CONFIGS), **small, **few, init=str(weights))
    run("second", real, tmp_path)
    lines = (run_folder("second", 0, tmp_path) / "metrics.jsonl").read_text().splitlines()
    assert np.isfinite(json.loads(lines[0])["loss"])


def assert_reads_as_reported(weights: Path, labels: Path, fold: int | None, metrics: dict[str, float]) -> None:
    """`chuviet evaluate` of the file gives every figure that the run gave, to the last digit."""
    again, rows = evaluate(LineReader(weights), str(labels), fold, 2)
    assert again["raw"] == {k: v for k, v in metrics.items() if k != "loss"} == load_metrics(weights)
    if (oof := weights.with_name("oof.csv")).exists():
        table = pd.read_csv(oof, keep_default_na=False, dtype=str)
        assert dict(zip(table["img_path"], table["prediction"], strict=True)) == dict(
            zip(rows["img_path"], rows["prediction"], strict=True)
        )


def load_metrics(weights: Path) -> dict[str, float]:
    return {k: v for k, v in load_artifact(weights).metrics.items() if k != "loss"}


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
    with_lstm = ("rec_gtc", "rec_gtc_distillation")  # torch has none in bf16 on a processor without it
    exp = config.replace(exp, **{
        f"{student}.pretrained": False,
        "data.csv": str(tmp_path / "train.txt"), "data.valid": str(tmp_path / "valid.txt"),
        "data.batch": 2, "data.workers": 0, "train.epochs": 1, "train.validate_every": 0,
        "train.precision": "auto" if name in with_lstm else "bf16",
    })  # fmt: skip

    metrics = run(name, exp, tmp_path)
    weights = run_folder(name, 0, tmp_path) / "weights.safetensors"
    model = load_artifact(weights).model
    assert type(model).__name__ == "BackboneCTC" and not any("guide" in n for n in model.state_dict())
    assert_reads_as_reported(weights, tmp_path / "valid.txt", None, metrics)


SMALL = (
    "micro",
    "line",
    "lcnet",
    "repvit_flat",
    "repvit_words",
    "demo",
    "scene",
    "rec_small",
    "rec_ctc_s",
    "rec_conv_ctc_s",
    "rec_gtc_s",
    "rec_gtc_distillation_s",
)


@pytest.mark.parametrize("name", sorted(p.stem for p in CONFIGS.rglob("*.py") if p.stem.startswith(SMALL)))
def test_every_small_config_takes_steps(name: str, tmp_path: Path) -> None:
    exp = config.load(name, CONFIGS)
    rng, characters = np.random.default_rng(0), exp.data.characters().characters
    rows = []
    for i in range(6):
        # Strokes: noise may be blank to a reader, or several lines.
        image = np.full((40, 160 + 20 * i, 3), 230, np.uint8)
        image[8:32, rng.random(image.shape[1] // 4).repeat(4) < 0.4] = 20
        Image.fromarray(image).save(tmp_path / f"{i}.png")
        rows.append((f"{i}.png", "".join(rng.choice(list(characters.replace(" ", "")), 5)), -1, i % 2, "real"))
    table = pd.DataFrame(rows, columns=["img_path", "text", "writer_id", "fold", "source"])
    write_table(table, tmp_path / "labels.csv")
    exp = config.replace(exp, **{
        "data.csv": str(tmp_path / "labels.csv"), "data.valid": "", "data.mix": (),
        "data.batch": 2, "data.workers": 0, "train.epochs": 1, "train.precision": "fp32", "init": "", "init_parts": (),
        "train.average": (1,) if exp.train.average else (),
    })  # fmt: skip
    if isinstance(exp.model, Distilled.Config):
        run("teacher", config.replace(exp, model=exp.model.student, loss=CTCLoss.Config()), tmp_path)
        exp = config.replace(exp, **{"model.teacher": "teacher"})
    metrics = run(name, exp, tmp_path)
    folder = run_folder(name, exp.fold, tmp_path)
    first = json.loads((folder / "metrics.jsonl").read_text().splitlines()[0])
    assert np.isfinite(first["loss"]) and ("cer" in metrics) == (exp.fold != "all")
    assert len(load_artifact(folder / "weights.safetensors").charset) == len(characters)
    if metrics:
        assert_reads_as_reported(folder / "weights.safetensors", tmp_path / "labels.csv", exp.fold, metrics)


def labelled_pages(folder: Path) -> Path:
    """Four photos of 96 x 96 px with a word in two of them."""
    rng, lines = np.random.default_rng(0), []
    for i in range(4):
        Image.fromarray(rng.integers(0, 256, (96, 96, 3), dtype=np.uint8)).save(folder / f"p{i}.png")
        word = {"transcription": "word", "points": [[10, 30], [80, 30], [80, 60], [10, 60]]}
        lines.append(f"p{i}.png\t{json.dumps([word] if i % 2 else [])}\n")
    (folder / "pages.txt").write_text("".join(lines))
    return folder / "pages.txt"


DETECTORS = [
    p.stem for p in sorted(CONFIGS.rglob("*.py")) if p.stem.startswith(("repvit_db", "resnet18", "fots", "page_"))
]


@pytest.mark.parametrize("name", DETECTORS)
def test_every_detector_config_takes_steps(name: str, tmp_path: Path) -> None:
    exp = config.load(name, CONFIGS)
    pages = str(labelled_pages(tmp_path))
    pages = f"words:{pages}" if isinstance(exp.data.targets, LineWordTargets.Config) else pages
    exp = config.replace(exp, **{
        "model": without_pretrained(exp.model), "data.mix": (pages,), "data.valid": (pages,),
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
    targets, metric = read_set(pages), DetectionMetric()
    metric.update(Detector(folder / "weights.safetensors").predict([page.path for page in targets]), targets)
    assert metric.compute() == {k: v for k, v in metrics.items() if k != "loss"}


def test_a_run_starts_from_parts_of_another_run(tmp_path: Path) -> None:
    pages = str(labelled_pages(tmp_path))
    small = {"data.mix": (pages,), "data.valid": (), "data.augment.size": 64, "data.batch": 2,
             "data.workers": 0, "train.epochs": 1, "train.precision": "fp32", "init": ""}  # fmt: skip
    run("first", config.replace(config.load("fots_light_small", CONFIGS), **small), tmp_path)
    gate = config.replace(config.load("fots_light_rejector_small", CONFIGS), **small | {"init": "first"})
    run("gate", gate, tmp_path)
    before, after = (load_artifact(run_folder(n, 5, tmp_path) / "weights.safetensors").model for n in ("first", "gate"))
    kept = after.detector.state_dict()  # type: ignore[union-attr, operator]
    assert all(torch.equal(v, kept[k]) for k, v in before.state_dict().items())  # trained on, but frozen
    with pytest.raises(ConfigError, match="no 'neck' in"):
        run("gate", config.replace(gate, init_parts=("neck",)), tmp_path)


@pytest.mark.programs
@pytest.mark.parametrize("name", ["rec_conv_ctc"])
def test_two_processes_train_a_scene_config_as_one_does(name: str, tmp_path: Path) -> None:
    # One step, for Adam magnifies rounding in the next: five rows at batch=4, whose last would be too few for two.
    rng, words = np.random.default_rng(0), ["Exit", "OPEN", "a-b", "x", "Taxi", "held"]
    for i in range(len(words)):
        Image.fromarray(rng.integers(0, 256, (40, 100, 3), dtype=np.uint8)).save(tmp_path / f"{i}.jpg")
    for part, chosen in {"train": range(5), "valid": range(5, 6)}.items():  # one row for two processes
        (tmp_path / f"{part}.txt").write_text("".join(f"{i}.jpg\t{words[i]}\n" for i in chosen))
    records = {}
    for processes in (1, 2):
        out = tmp_path / str(processes)
        command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", str(processes), "train.py", "-C",
                   name, "--root", str(out), f"data.csv={tmp_path}/train.txt", f"data.valid={tmp_path}/valid.txt",
                   "data.batch=4", "data.workers=0", "data.concat=null", "data.preprocess.width=112",
                   "model.backbone=resnet10t", "model.pretrained=false", "model.dropout=0", "train.epochs=1",
                   "train.precision=fp32", "train.device=cpu", "train.threads=1"]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, cwd=CONFIGS.parent)
        assert done.returncode == 0, done.stderr[-2000:]
        folder = run_folder(name, 0, out)
        records[processes] = [json.loads(x) for x in (folder / "metrics.jsonl").read_text().splitlines()]
        assert len(pd.read_csv(folder / "oof.csv")) == 1  # every validation row once
    assert records[2][0]["loss"] == pytest.approx(records[1][0]["loss"], rel=1e-4)


@pytest.mark.programs
def test_two_processes_train_a_detector_as_one_does(tmp_path: Path) -> None:
    pages = labelled_pages(tmp_path)
    train, valid = f"{pages}[:0.75]", f"{pages}[:0.25]"  # three pages at batch=2; one to validate on
    records = {}
    for processes in (1, 2):
        out = tmp_path / str(processes)
        command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", str(processes), "train.py", "-C",
                   "fots_light_ptr_small", "--root", str(out), f"data.train=(('{train}', 1.0),)",
                   f"data.valid=(('{valid}', 1.0),)", "data.augment.size=64", "data.preprocess.longest=64",
                   "data.batch=2", "data.workers=0", "train.epochs=1", "train.precision=fp32", "train.device=cpu",
                   "train.threads=1", "init="]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, cwd=CONFIGS.parent)
        assert done.returncode == 0, done.stderr[-2000:]
        folder = run_folder("fots_light_ptr_small", 5, out)
        records[processes] = json.loads((folder / "metrics.jsonl").read_text().splitlines()[0])
        assert len((folder / "found.txt").read_text().splitlines()) == 1
    assert records[2]["loss"] == pytest.approx(records[1]["loss"], rel=1e-4)


def tiny(csv: Path) -> Experiment:
    """`line_192_f0` made small, for one epoch on the CPU."""
    return config.replace(
        config.load("line_192_f0", CONFIGS),
        model=LineCTC.Config(height=16, stem=8, widths=(8, 8, 24), depths=(1, 1, 1), heads=2),
        data=LineData.Config(csv=str(csv), preprocess=LinePreprocess.Config(height=16), batch=2, workers=0),
        train=Train(epochs=1, device="cpu", precision="fp32"),
        init="",
    )


def test_weights_that_saw_the_validation_list_are_refused(tmp_path: Path) -> None:
    lines = labelled_lines(tmp_path, ("real",))
    frame = pd.read_csv(lines)
    names = [str(tmp_path / f"{part}.txt") for part in ("train", "valid")]
    for name, rows in zip(names, (frame[2:], frame[:2]), strict=True):
        Path(name).write_text("".join(f"{r.img_path}\t{r.text}\n" for r in rows.itertuples()), encoding="utf-8")
    exp = tiny(lines)
    lists = config.replace(exp, **{"data.csv": "", "data.mix": (f"{names[0]}:100%",), "data.valid": names[1]})
    run("on_all", config.replace(lists, fold=5), tmp_path)
    with pytest.raises(ConfigError, match=r"was trained on 2 of the 2 rows of fold 0"):
        run("next", config.replace(lists, fold=0, init="on_all"), tmp_path)
    run("as_list", config.replace(lists, fold=5, **{"data.mix": (names[1],), "data.valid": ""}), tmp_path)
    with pytest.raises(ConfigError, match=r"was trained on .*valid\.txt rows of fold 0"):
        run("next", config.replace(lists, fold=0, init="as_list"), tmp_path)


def test_weights_that_saw_other_real_rows_are_no_fault_and_what_they_saw_is_handed_on(tmp_path: Path) -> None:
    for folder in ("theirs", "mine"):
        (tmp_path / folder).mkdir()
    theirs = tiny(labelled_lines(tmp_path / "theirs", ("real",)))
    csv = labelled_lines(tmp_path / "mine", ("real",))
    rows = pd.read_csv(csv)
    for name in rows["img_path"]:
        (csv.parent / name).rename(csv.parent / f"my_{name}")
    write_table(rows.assign(img_path="my_" + rows["img_path"]), csv)
    mine = tiny(csv)
    run("theirs", config.replace(theirs, fold=5), tmp_path)
    run("mine", config.replace(mine, fold=0, init="theirs/fold5"), tmp_path)  # "real" both, and yet other lines
    notes = load_artifact(run_folder("mine", 0, tmp_path) / "weights.safetensors").notes
    assert count_seen(pd.read_csv(theirs.data.csv), notes) == 4 and count_seen(pd.read_csv(csv), notes) == 3
    for exp, start in ((mine, "mine/fold0"), (theirs, "mine/fold0")):
        with pytest.raises(ConfigError, match="was trained on 1 of the 1 rows of fold 1"):
            run("next", config.replace(exp, fold=1, init=start), tmp_path)
    run("next", config.replace(mine, fold=0, init="mine/fold0"), tmp_path)
    lesson = config.replace(taught(mine, "theirs/fold5"), fold=0)
    run("taught", lesson, tmp_path)
    notes = load_artifact(run_folder("taught", 0, tmp_path) / "weights.safetensors").notes
    assert count_seen(pd.read_csv(theirs.data.csv), notes) == 4


def test_drawn_lines_beside_real_ones_in_a_table_are_not_taken_for_these(tmp_path: Path) -> None:
    exp = tiny(labelled_lines(tmp_path, ("real", "text", "joined")))
    for name, mix, seen in (("drawn", ("text",), False), ("made_of_real", ("joined",), True)):
        run(name, config.replace(exp, fold=5, **{"data.mix": mix}), tmp_path)
        notes = load_artifact(run_folder(name, 5, tmp_path) / "weights.safetensors").notes
        assert count_seen(pd.read_csv(exp.data.csv), notes) == (4 if seen else 0)
        after = config.replace(exp, fold=0, init=f"{name}/fold5", **{"data.mix": ("real",)})
        with pytest.raises(ConfigError, match="was trained on 1 of the 1 rows") if seen else nullcontext():
            run("next", after, tmp_path)


def test_weights_of_before_rows_were_noted_are_held_to_their_sources(tmp_path: Path) -> None:
    exp = tiny(labelled_lines(tmp_path, ("real",)))
    run("all", config.replace(exp, fold=5), tmp_path)
    path = run_folder("all", 5, tmp_path) / "weights.safetensors"
    saved = load_artifact(path)
    resave_artifact(dataclasses.replace(saved, notes={k: v for k, v in saved.notes.items() if k != "rows"}), path)
    with pytest.raises(ConfigError, match="was trained on real rows of fold 0"):
        run("next", config.replace(exp, fold=0, init="all/fold5"), tmp_path)
    run("all_on", config.replace(exp, fold=5, init="all/fold5"), tmp_path)
    assert "rows" not in load_artifact(run_folder("all_on", 5, tmp_path) / "weights.safetensors").notes


def test_a_guided_run_starts_from_a_plain_recogniser(tmp_path: Path) -> None:
    exp = config.replace(tiny(labelled_lines(tmp_path, ("real",))), fold=5)
    run("plain", exp, tmp_path)
    student: Any = exp.model
    guided = config.replace(
        exp, model=GTC.Config(student=student, guide=NRTR.Config(hidden=16, layers=1, heads=2)), init="plain"
    )
    data, task = guided.build()
    model: Any = task.model
    before = {k: v.clone() for k, v in model.guide.state_dict().items()}
    assert "all weights copied" in start_from(model, data, guided, tmp_path)
    plain = load_artifact(run_folder("plain", 5, tmp_path) / "weights.safetensors").model.state_dict()
    assert all(torch.equal(plain[k], v) for k, v in model.student.state_dict().items())
    assert all(torch.equal(before[k], v) for k, v in model.guide.state_dict().items())
    deeper = config.replace(guided, **{"model.student.depths": (1, 1, 2)})
    with pytest.raises(ConfigError, match="of another model"):
        start_from(deeper.build()[1].model, data, deeper, tmp_path)


def taught(exp: Experiment, teacher: str) -> Experiment:
    """A run of the same model, twice as much by the teacher as by the labels."""
    model = Distilled.Config(student=exp.model, teacher=teacher)
    return config.replace(exp, model=model, loss=DistillationLoss.Config(teach=2.0))


def test_a_taught_run_ships_the_student_and_leaves_the_teacher_as_it_is(tmp_path: Path) -> None:
    exp = config.replace(tiny(labelled_lines(tmp_path, ("real",))), fold=0)
    run("teacher", exp, tmp_path)
    before = load_artifact(run_folder("teacher", 0, tmp_path) / "weights.safetensors")
    lesson = taught(exp, "teacher")
    assert run("taught", lesson, tmp_path)["count"] > 0
    after = load_artifact(run_folder("taught", 0, tmp_path) / "weights.safetensors")
    assert after.model_cfg == exp.model and after.model.state_dict().keys() == before.model.state_dict().keys()
    kept = torch.load(run_folder("taught", 0, tmp_path) / "checkpoint.pt", weights_only=True)["model"]
    assert all(torch.equal(kept[f"teacher.{k}"], v) for k, v in before.model.state_dict().items())
    assert any(not torch.equal(kept[f"student.{k}"], v) for k, v in before.model.state_dict().items())
    run("taught", config.replace(lesson, resume=True, **{"train.epochs": 2}), tmp_path)


def test_a_teacher_that_saw_the_fold_or_reads_other_lines_is_refused(tmp_path: Path) -> None:
    exp = tiny(labelled_lines(tmp_path, ("real",)))
    run("all", config.replace(exp, fold=5), tmp_path)
    run("one", config.replace(exp, fold=1), tmp_path)
    for teacher, why in (
        ("", r"model\.teacher: the weights to learn from are missing"),
        ("gone", r"model\.teacher=gone: .* is not there"),
        ("all", "was trained on 1 of the 1 rows of fold 0"),
        ("one/fold1", "was trained on 1 of the 1 rows of fold 0"),
    ):
        with pytest.raises(ConfigError, match=why):
            run("taught", config.replace(taught(exp, teacher), fold=0), tmp_path)
    other = config.replace(taught(exp, "one"), fold=1, **{"data.preprocess.trim": True})
    with pytest.raises(ConfigError, match="reads other characters, or lines prepared in another way"):
        run("taught", other, tmp_path)


def test_resume_wins_over_init_and_needs_a_checkpoint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exp = tiny(labelled_lines(tmp_path, ("real",)))
    with pytest.raises(InputError, match=r"checkpoint\.pt: no checkpoint to resume from; start without resume=true"):
        run("a", config.replace(exp, resume=True), tmp_path)
    with pytest.raises(ConfigError, match=r"init=gone\.safetensors: no such file"):
        run("a", config.replace(exp, init="gone.safetensors"), tmp_path)
    run("a", exp, tmp_path)
    before = torch.load(run_folder("a", 0, tmp_path) / "checkpoint.pt", weights_only=True)
    capsys.readouterr()
    # Nothing left to train: the weights stay those of the checkpoint, and where it once started from is not looked for.
    run("a", config.replace(exp, resume=True, init="gone.safetensors"), tmp_path)
    after = load_artifact(run_folder("a", 0, tmp_path) / "weights.safetensors").model.state_dict()
    assert all(torch.equal(v.half().float(), after[k].float()) for k, v in before["model"].items())
    assert "starts from" not in capsys.readouterr().out


def test_folds_that_were_not_begun_begin_when_the_others_are_resumed(tmp_path: Path) -> None:
    exp = config.replace(tiny(labelled_lines(tmp_path, ("real",))), resume=True)
    with pytest.raises(InputError, match="no checkpoint to resume from"):
        run_folds("a", exp, [0, 1], tmp_path)
    run("a", config.replace(exp, resume=False), tmp_path)
    assert run_folds("a", exp, [0, 1], tmp_path).index.tolist() == ["fold 0", "fold 1", "all"]


def test_predictions_of_numbers_stay_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run_of_numbers(name: str, exp: Experiment, root: Path, session: Session) -> dict[str, float]:
        rows = pd.DataFrame({"img_path": ["1.png"], "text": ["007"], "fold": [exp.fold], "prediction": ["007"]})
        write_table(rows, run_folder(name, exp.fold, root) / "oof.csv")
        return {"cer": 0.0}

    monkeypatch.setattr(runs, "run", run_of_numbers)
    metrics = run_folds("a", tiny(tmp_path / "l.csv"), [0, 1], tmp_path)
    assert metrics.loc["all", "accuracy"] == 1.0
    assert "1.png,007,1,007" in (tmp_path / "a/oof.csv").read_text()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_what_an_earlier_run_made_stays_until_all_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    exp = tiny(labelled_lines(tmp_path, ("real",)))
    run("a", exp, tmp_path)
    run("a", config.replace(exp, fold=5), tmp_path)
    folder = run_folder("a", 0, tmp_path)
    before = contents(folder)
    broken = tmp_path / "broken.csv"
    broken.write_text("img_path,text,fold\ngone.png,x,0\n")
    for changes in (
        {"data.csv": str(tmp_path / "typo.csv")}, {"data.csv": str(broken)}, {"init": "gone.safetensors"},
        {"init": "a/fold5"}, {"init": "a/foldx"},
        {"data.charset": "abc"}, {"train.keep": "ema"}, {"train.frozen": ("bakbone",)},
        {"init": "a", "model.widths": (8, 8, 32)}, {"data.valid": str(tmp_path / "train_ext3.csv")},
    ):  # fmt: skip
        with pytest.raises((InputError, ConfigError)):
            run("a", config.replace(exp, **changes), tmp_path)
        assert contents(folder) == before, changes

    def interrupted(*given: Any) -> None:
        begin = given[6]
        begin()
        raise KeyboardInterrupt

    monkeypatch.setattr(runs, "fit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run("a", exp, tmp_path)
    assert contents(folder) == before  # the weights are there until others replace them, and the lock is gone
    assert "weights.safetensors: an earlier run's, until this one ends" in capsys.readouterr().out


def test_a_run_trains_on_from_the_weights_in_its_own_folder(tmp_path: Path) -> None:
    exp = tiny(labelled_lines(tmp_path, ("real",)))
    run("a", exp, tmp_path)
    weights = run_folder("a", 0, tmp_path) / "weights.safetensors"
    first = load_artifact(weights).model.state_dict()
    for init in ("a", "a/fold0", str(weights)):
        run("a", config.replace(exp, init=init, **{"optim.lr": 0.0}), tmp_path)
        again = load_artifact(weights).model.state_dict()
        names = dict(load_artifact(weights).model.named_parameters())
        assert all(torch.equal(first[name], again[name]) for name in names)


def test_shipped_weights_to_start_from_are_found_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    exp = config.load("demo_ptr_f5")
    assert exp.init == "weights/vi_line_ptr.safetensors" and init_path(exp, tmp_path).samefile(
        CONFIGS.parent / exp.init
    )
    (tmp_path / "weights").mkdir()
    (tmp_path / exp.init).touch()
    assert init_path(exp, tmp_path) == Path(exp.init)  # one's own comes first


def test_a_folder_that_another_process_trains_in_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exp = tiny(labelled_lines(tmp_path, ("real",)))
    with folder_lock(run_folder("a", 0, tmp_path)):
        for resume in (False, True):
            with pytest.raises(InputError, match=r"fold0: process \d+ trains here since"):
                run("a", config.replace(exp, resume=resume), tmp_path)
        run("a", config.replace(exp, fold=1), tmp_path)
        monkeypatch.setenv("RANK", "1")  # the second process of torchrun: the first one has the lock
        run("a", exp, tmp_path)
    assert not run_folder("a", 0, tmp_path).joinpath("config.json").exists()
    monkeypatch.delenv("RANK")
    run("a", exp, tmp_path)
    assert not list(tmp_path.rglob("run.lock*"))


def test_a_refused_resume_says_why_and_changes_no_file(tmp_path: Path) -> None:
    lines = labelled_lines(tmp_path, ("real",))
    letters = "".join(sorted(set("".join(TEXTS))))
    exp = config.replace(tiny(lines), **{"data.charset": letters})
    run("a", exp, tmp_path)
    folder = run_folder("a", 0, tmp_path)
    before = contents(folder)
    resumed = config.replace(exp, resume=True, **{"train.epochs": 2})
    write_table(pd.read_csv(lines), tmp_path / "other.csv")
    for changes, message in (
        ({"data.charset": letters[::-1]}, r"another charset \(" + repr(letters)),
        ({"data.charset": letters + "z"}, r"another charset"),
        ({"data.preprocess.height": 24}, r"another data\.preprocess\.height \(16, now 24\)"),
        ({"model.heads": 4}, r"another model\.heads \(2, now 4\)"),
        ({"data.csv": str(tmp_path / "other.csv")}, r"another data\.csv"),
        ({"data.sources": ("real",), "model.heads": 1}, r"another model\.heads .*, data\.mix \(\(\), now"),
    ):
        with pytest.raises(InputError, match=message):
            run("a", config.replace(resumed, **changes), tmp_path)
        assert contents(folder) == before
    (tmp_path / "letters.txt").write_text("\n".join(letters))
    relative = str(lines.parent / "." / "x" / ".." / lines.name)
    (lines.parent / "x").mkdir()
    run("a", config.replace(resumed, **{
        "data.csv": relative, "data.dictionary": str(tmp_path / "letters.txt"), "model.dropout": 0.3, "optim.lr": 1e-4,
    }), tmp_path)  # fmt: skip


def test_the_charset_is_that_of_the_checkpoint_whatever_config_json_says(tmp_path: Path) -> None:
    """A dictionary file may change under the same name, a config.json may be replaced."""
    exp, letters = tiny(labelled_lines(tmp_path, ("real",))), sorted(set("".join(TEXTS)) - {" "})
    dictionary = tmp_path / "letters.txt"
    dictionary.write_text("\n".join(letters))
    exp = config.replace(exp, **{"data.dictionary": str(dictionary)})
    run("a", exp, tmp_path)
    dictionary.write_text("\n".join(reversed(letters)))
    before = contents(run_folder("a", 0, tmp_path))
    with pytest.raises(InputError, match=r"checkpoint\.pt: was made with another charset \(.* number 1 was "):
        run("a", config.replace(exp, resume=True), tmp_path)
    assert contents(run_folder("a", 0, tmp_path)) == before


def test_how_much_of_a_set_an_epoch_has_may_change_on_a_resume_and_which_sets_may_not(tmp_path: Path) -> None:
    exp = tiny(tmp_path / "t.csv")
    before = config.replace(exp, **{"data.mix": ("real", "joined:5", "a.txt:3", "b.txt:4")})
    same = config.replace(exp, **{"data.mix": ("joined:9", "real", "a.txt", "b.txt:4")})
    check_same_run(before, same, tmp_path)
    for other in (("real", "a.txt", "b.txt"), ("real", "joined", "b.txt", "a.txt"), ()):
        with pytest.raises(InputError, match=r"another data\.mix"):
            check_same_run(before, config.replace(exp, **{"data.mix": other}), tmp_path)


def test_fold_all_is_fold_5_in_files_folders_and_on_the_command_line(tmp_path: Path) -> None:
    exp = tiny(tmp_path / "t.csv")
    assert run_folder("a", "all", tmp_path) == run_folder("a", 5, tmp_path) == tmp_path / "a" / "fold5"
    everything = config.override(exp, ["fold=all"])
    assert everything == config.override(exp, ["fold=5"]) == config.replace(exp, fold=5) != exp
    stored = config.to_json(everything)
    assert stored["fold"] == "all" and config.from_json(stored | {"fold": 5}) == everything
    (tmp_path / "a" / "fold5").mkdir(parents=True)
    (tmp_path / "a" / "fold5" / "weights.safetensors").touch()
    assert init_path(config.replace(exp, init="a"), tmp_path) == tmp_path / "a" / "fold5" / "weights.safetensors"


def test_folds_of_pages_are_refused(tmp_path: Path) -> None:
    exp = config.load("fots_light_ptr_small", CONFIGS)
    with pytest.raises(ConfigError, match="--folds: pages have no folds"):
        run_folds("a", exp, [0, 1], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_broken_image_ends_a_run_with_workers_in_one_line(tmp_path: Path) -> None:
    csv = labelled_lines(tmp_path, ("real",))
    whole = (tmp_path / "real2.png").read_bytes()
    (tmp_path / "real2.png").write_bytes(whole[: len(whole) // 2])
    command = [sys.executable, "train.py", "-C", "line_192_f0", "--root", str(tmp_path / "out"), f"data.csv={csv}",
               "data.workers=1", "data.sources=('real',)", "data.draw=()", "data.batch=2", "train.epochs=1", "init=",
               "train.device=cpu", "train.threads=1"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=CONFIGS.parent)
    said = [x for x in done.stderr.splitlines() if x.startswith("chuviet: error: ")]
    assert done.returncode == 2 and len(said) == 1 and "real2.png" in said[0], done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("train", "message"),
    [
        ({"keep": "average"}, "needs train.average"),
        ({"keep": "average", "average": (1, 5)}, "epoch 5 of 1"),
        ({"keep": "ema"}, "needs train.ema"),
    ],
)
def test_weights_to_keep_that_would_not_be_there(train: dict[str, object], message: str, tmp_path: Path) -> None:
    exp = tiny(labelled_lines(tmp_path, ("real",)))
    with pytest.raises(ConfigError, match=message):
        run("a", config.replace(exp, train=config.replace(exp.train, **train)), tmp_path)


def test_weights_and_checkpoints_of_another_shape(tmp_path: Path) -> None:
    exp = tiny(labelled_lines(tmp_path, ("real",)))
    run("a", exp, tmp_path)
    wider = config.replace(exp, **{"model.widths": (8, 8, 32)})
    with pytest.raises(ConfigError, match="is of another model than this config's"):
        run("b", config.replace(wider, init="a"), tmp_path)
    with pytest.raises(InputError, match=r"begun with another model\.widths \(\(8, 8, 24\), now \(8, 8, 32\)\)"):
        run("a", config.replace(wider, resume=True), tmp_path)
    (run_folder("a", 0, tmp_path) / "config.json").unlink()
    with pytest.raises(InputError, match=r"checkpoint\.pt: of another model or optimiser"):
        run("a", config.replace(wider, resume=True), tmp_path)


def test_a_line_of_the_log_that_a_full_disk_cut_is_no_hindrance(tmp_path: Path) -> None:
    exp = tiny(labelled_lines(tmp_path, ("real",)))
    run("a", exp, tmp_path)
    log = run_folder("a", 0, tmp_path) / "metrics.jsonl"
    log.write_text(log.read_text() + '{"epoch": 1, "fi')
    run("a", config.replace(exp, resume=True), tmp_path)
    assert [json.loads(x)["epoch"] for x in log.read_text().splitlines()] == [1, 1]


def test_weights_of_another_charset_give_the_rows_of_shared_characters(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exp = tiny(labelled_lines(tmp_path, ("real",)))
    first = config.replace(exp, **{"data.charset": "".join(sorted(set("".join(TEXTS)))), "fold": 5})
    run("a", first, tmp_path)
    second = config.replace(exp, init="a", fold=5, **{"optim.lr": 0.0})
    run("b", second, tmp_path)
    assert "charset differs" in capsys.readouterr().out
    a, b = (load_artifact(run_folder(n, 5, tmp_path) / "weights.safetensors") for n in "ab")
    row_a, row_b = a.charset.characters.index("ộ"), b.charset.characters.index("ộ")
    one, other = a.model.state_dict()["classify.weight"], b.model.state_dict()["classify.weight"]
    assert torch.equal(one[1 + row_a], other[1 + row_b])

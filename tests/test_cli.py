"""The commands as a user runs them: what they print and write, and one line with exit code 2 for every mistake."""

from __future__ import annotations

import dataclasses
import importlib
import json
import re
import shlex
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from chuviet import cli, config
from chuviet.artifact import budget
from chuviet.cli import main
from chuviet.commands import export, folds
from chuviet.data.recognition import LineData
from chuviet.data.seen import fingerprints, rows_note
from chuviet.data.table import read_table, write_table
from chuviet.decode.ctc import CTCGreedy
from chuviet.errors import InputError
from chuviet.experiment import Experiment
from chuviet.losses.ctc import CTCLoss
from chuviet.models.attention_heads import NRTR
from chuviet.models.backbone_ctc import BackboneCTC
from chuviet.models.ctc import LineCTC
from chuviet.models.gtc import GTC, Mutual
from chuviet.options.help import DESCRIPTION, EXAMPLES
from chuviet.preprocess.line import LinePreprocess
from chuviet.preprocess.scene import ScenePreprocess
from chuviet.pytorch.artifact import load_artifact, resave_artifact, save_artifact, without_pretrained
from chuviet.reading.lines import LineReader, milliseconds
from chuviet.train.checkpoint import save_checkpoint
from chuviet.vocab import Charset

CONFIG = """
from chuviet.data.recognition import LineData
from chuviet.preprocess.line import LinePreprocess
from chuviet.decode.ctc import CTCGreedy
from chuviet.experiment import Experiment
from chuviet.losses.ctc import CTCLoss
from chuviet.models.ctc import LineCTC
from chuviet.train.engine import Train

cfg = Experiment(
    model=LineCTC.Config(height=16, stem=8, widths=(8, 8, 24), depths=(1, 1, 1), heads=2),
    loss=CTCLoss.Config(),
    decoder=CTCGreedy.Config(),
    data=LineData.Config(csv="labels.csv", preprocess=LinePreprocess.Config(height=16),
                        batch=4, workers=0, augment=None),
    train=Train(epochs=1, device="cpu", precision="fp32"),
    fold=0,
)
"""

Fails = Callable[..., str]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with eight labelled lines of four writers, a config, and untrained weights."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    rows = []
    for i in range(8):
        name = f"images/{i // 2}/{i}.png"
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        pixels = np.full((32, 200 + 8 * i, 3), 245, np.uint8)
        pixels[8:24, rng.integers(4, 190, 20)] = 30
        Image.fromarray(pixels).save(name)
        rows.append((name, f"số {i} Huế", str(i // 2), i // 4))
    write_table(pd.DataFrame(rows, columns=["img_path", "text", "writer_id", "fold"]), "labels.csv")
    Path("configs").mkdir()
    Path("configs/tiny_f0.py").write_text(CONFIG)
    weights("w.safetensors")
    return tmp_path


def weights(name: str, seed: int = 0, characters: str = "số Huế0123", sources: Sequence[str] = ()) -> None:
    torch.manual_seed(seed)
    cfg = LineCTC.Config(height=16, stem=8, widths=(8, 8, 24), depths=(1, 1, 1), heads=2)
    charset = Charset(characters)
    save_artifact(name, model=cfg.build(len(charset)), model_cfg=cfg, preprocess_cfg=LinePreprocess.Config(height=16),
                  decoder_cfg=CTCGreedy.Config(), charset=charset, metrics={},
                  notes={"sources": list(sources)})  # fmt: skip


@pytest.fixture
def fails(capsys: pytest.CaptureFixture[str]) -> Fails:
    """Runs a command that must fail with exit code 2 and one line on stderr, which is returned."""

    def run(*args: str) -> str:
        capsys.readouterr()
        assert main(list(args)) == 2
        error = capsys.readouterr().err
        found = [x for x in error.splitlines() if x.startswith("chuviet: error: ")]
        assert len(found) == 1 and "Traceback" not in error
        return found[0]

    return run


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("raed x.jpg", "chuviet: error: no command 'raed'; did you mean read? (chuviet -h lists what there is)"),
        ("zzz", "chuviet: error: no command 'zzz' (chuviet -h lists what there is)"),
        ("read x.jpg --foramt json",
         "chuviet read: error: no option --foramt; did you mean --format? (chuviet read -h lists what there is)"),
        ("read x.jpg --min_score=3",
         "chuviet read: error: no option --min_score; did you mean --min-score? (chuviet read -h lists what there is)"),
        ("summary -C demo_f0 optim.lr=1 --depth 2 --zzz 1",
         "chuviet summary: error: no option --zzz (chuviet summary -h lists what there is)"),
        ("train -C line_192_f0 --fold 0",  # evaluate has it; a beginning stands for no option
         "chuviet train: error: no option --fold; did you mean --folds? (chuviet train -h lists what there is)"),
        ("check --data x.csv more", "chuviet check: error: too much: more (chuviet check -h lists what there is)"),
        ("read",
         "chuviet read: error: the following arguments are required: INPUT (chuviet read -h lists what there is)"),
    ],
)  # fmt: skip
def test_a_mistyped_command_or_option_gets_one_line_with_the_nearest(
    given: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(given.split())
    assert stopped.value.code == 2 and capsys.readouterr().err == said + "\n"


def commands() -> list[str]:
    actions: Any = cli.parser()._subparsers
    return list(actions._group_actions[0].choices)


def test_every_example_of_the_help_is_a_command_line_that_is_understood() -> None:
    """Those of `chuviet COMMAND -h` and of `chuviet -h`, without running them; each command has one of its own."""
    assert set(EXAMPLES) == set(commands())
    for command, text in [*EXAMPLES.items(), ("", DESCRIPTION)]:
        seen = set()
        for line in re.sub(r"\\\n\s*", "", text).splitlines():
            words = shlex.split(re.split(r"\s{2,}(?=\S)", line.strip())[0]) if " chuviet " in f" {line}" else []
            if line.startswith("  ") and words[:1] == ["chuviet"]:
                args = cli._parsed(words[1:])
                seen.add(args.command)
        assert (command in seen) if command else len(seen) > 4


@pytest.mark.parametrize("command", commands())
def test_every_command_has_a_module_that_runs_it(command: str) -> None:
    assert callable(importlib.import_module(f"chuviet.commands.{command}").run)


def test_predict_every_kind_of_input(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    expected = {f"{i // 2}/{i}.png": p.text for i, p in enumerate(LineReader("w.safetensors").predict(paths()))}
    for source, prefix in (("images", ""), ("labels.csv", "images/"), ("images/*/*.png", "images/")):
        assert main(["predict", "-w", "w.safetensors", source, "--out", "p.csv", "--batch-size", "3"]) == 0
        table = pd.read_csv("p.csv", keep_default_na=False)
        assert list(table.columns) == ["img_path", "text", "confidence"]
        assert dict(zip(table["img_path"], table["text"], strict=True)) == {prefix + k: v for k, v in expected.items()}
        assert table["confidence"].between(0, 1).all()
    capsys.readouterr()
    assert main(["predict", "-w", "w.safetensors", "images/1/3.png"]) == 0
    text, confidence, milliseconds = capsys.readouterr().out.rstrip("\n").split("\t")
    assert text == expected["1/3.png"] and 0 <= float(confidence) <= 1
    assert float(milliseconds.removesuffix(" ms")) > 0
    assert main(["predict", "-w", "w.safetensors", "images/1/3.png", "images/0"]) == 0
    rows = [line.split("\t")[:2] for line in capsys.readouterr().out.splitlines()]
    assert rows == [
        ["images/1/3.png", expected["1/3.png"]],
        *([f"images/0/{i}.png", expected[f"0/{i}.png"]] for i in (0, 1)),
    ]
    assert main(["predict", "-w", "w.safetensors", "images"]) == 0
    assert capsys.readouterr().out.splitlines()[3].split("\t")[:2] == ["1/3.png", expected["1/3.png"]]


def paths() -> list[Path]:
    return [Path(f"images/{i // 2}/{i}.png") for i in range(8)]


def test_predict_mistakes(project: Path, fails: Fails) -> None:
    assert "nothing*.jpg: no file is named so" in fails("predict", "-w", "w.safetensors", "nothing*.jpg")
    assert "none.jpg: no such file or folder" in fails("predict", "-w", "w.safetensors", "none.jpg")
    for limit in ([], ["--limit-mb", "50"]):
        assert "none.safetensors: no such file" in fails("predict", "-w", "none.safetensors", "images", *limit)
    one = "images/0/0.png"
    before = Path(one).read_bytes()
    assert one in fails("predict", "-w", "w.safetensors", "images", "--out", one) and Path(one).read_bytes() == before
    assert "--out configs" in fails("predict", "-w", "w.safetensors", "images", "--out", "configs")
    torch.save({"x": torch.zeros(1)}, "old.pth")
    assert "old.pth: a pickle" in fails("predict", "-w", "old.pth", "images")
    weights("other.safetensors", characters="xyz")
    assert "different charsets" in fails("predict", "-w", "w.safetensors", "-w", "other.safetensors", "images")
    over = fails("predict", "-w", "w.safetensors", "images", "--limit-mb", "0.01")
    assert "over the limit of 0.01 MB" in over
    Path("empty").mkdir()
    assert "no images in this folder" in fails("predict", "-w", "w.safetensors", "empty")
    assert "--device nowhere" in fails("predict", "-w", "w.safetensors", "images", "--device", "nowhere")
    Path("bad.csv").write_text("path,text\na.png,x\n")
    assert "no column img_path" in fails("predict", "-w", "w.safetensors", "bad.csv")


def test_the_size_limit_is_for_ensembles(project: Path, fails: Fails, monkeypatch: pytest.MonkeyPatch) -> None:
    weights("v.safetensors", seed=1)
    size = Path("w.safetensors").stat().st_size / 1e6
    monkeypatch.setattr(budget, "LIMIT_MB", 1.5 * size)
    ensemble = ("predict", "-w", "w.safetensors", "-w", "v.safetensors", "images")
    assert "over the limit" in fails(*ensemble)
    assert main([*ensemble, "--limit-mb", "0"]) == 0
    monkeypatch.setattr(budget, "LIMIT_MB", 0.5 * size)
    for command in (["predict", "images"], ["evaluate", "--data", "labels.csv"]):
        assert main([*command, "-w", "w.safetensors"]) == 0


def test_milliseconds_are_those_of_different_lines_on_a_warm_model(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, read = LineReader("w.safetensors"), []

    def slow_at_first(images: Sequence[Path]) -> list[Any]:
        read.append(images[0])
        time.sleep(1.0 if len(read) == 1 else 0.001)
        return []

    monkeypatch.setattr(reader, "predict", slow_at_first)
    assert 1 <= milliseconds(reader, paths()) < 500
    assert read[1:] == paths() and read[0] != read[1]


@pytest.mark.parametrize(("given", "tolerance"), [([], 0.005), (["--tolerance", "0"], 0.0)])
def test_a_tolerance_of_zero_is_one(
    given: list[str], tolerance: float, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def export_onnx(*args: Any) -> Any:
        seen.append(args[5])
        raise InputError("seen")

    monkeypatch.setattr(export.lines, "export_onnx", export_onnx)
    assert main(["export", "-w", "w.safetensors", "--precision", "int8", "--check", "labels.csv", *given]) == 2
    assert seen == [tolerance]


def test_a_refused_export_says_what_was_measured(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["export", "-w", "w.safetensors", "--precision", "int8", "--check", "labels.csv", "--tolerance", "-9"]
    assert main(given) == 2
    out, error = capsys.readouterr()
    assert "the CER rises" in error and "int8 ranges from 2 images, judged on 6 others" in out
    for name in ("PyTorch fp32", "ONNX fp32", "ONNX int8"):
        assert out.count(name) == 2  # CER and milliseconds


def test_a_bad_image_stops_predict_or_is_named(project: Path, fails: Fails, capsys: pytest.CaptureFixture[str]) -> None:
    Path("images/1/2.png").write_bytes(b"")
    message = fails("predict", "-w", "w.safetensors", "images", "--out", "p.csv")
    assert "images/1/2.png: an empty file" in message and "1 of 8" in message and not Path("p.csv").exists()
    assert main(["predict", "-w", "w.safetensors", "images", "--out", "p.csv", "--skip-bad"]) == 3
    out = capsys.readouterr()
    assert "left out: images/1/2.png: an empty file" in out.err and "7 of 8 lines read" in out.out
    assert len(pd.read_csv("p.csv")) == 7


def test_evaluate_writes_what_it_prints(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reader = LineReader("w.safetensors")
    true = read_table("labels.csv")["text"].tolist()
    write_table(read_table("labels.csv").assign(text=[p.text or "s" for p in reader.predict(paths())]), "perfect.csv")
    assert main(["evaluate", "-w", "w.safetensors", "--data", "labels.csv", "--fold", "1", "--json", "m.json"]) == 0
    metrics = json.loads(Path("m.json").read_text())
    assert (
        metrics["raw"]["count"] == 4
        and metrics["fold"] == 1
        and set(metrics["raw"]) == set(metrics["case_insensitive"])
    )
    out = capsys.readouterr().out
    assert f"cer       {metrics['raw']['cer']:>9.4f}" in out and metrics["raw"]["cer"] > 0.3
    assert f"takes {metrics['milliseconds']:.1f} ms" in out and metrics["milliseconds"] > 0
    assert main(["evaluate", "-w", "w.safetensors", "--data", "labels.csv", "--out", "rows.csv"]) == 0
    assert read_table("rows.csv")["text"].tolist() == true and "prediction" in read_table("rows.csv")


def test_evaluate_says_what_the_weights_were_trained_on(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights("seen.safetensors", sources=["real", "words/train.txt"])
    Path("words").mkdir()
    for name in ("words/train.txt", "words/test.txt"):
        Path(name).write_text(f"{Path(paths()[0]).absolute()}\tsố\n")
        assert main(["evaluate", "-w", "seen.safetensors", "--data", name]) == 0
        noted = f"chuviet: note: seen.safetensors was trained on {name}\n" in capsys.readouterr().err
        assert noted == (name == "words/train.txt")


def test_evaluate_says_how_many_of_the_lines_the_weights_have_learnt(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = read_table("labels.csv")
    saved = load_artifact("w.safetensors")
    notes = saved.notes | rows_note(fingerprints(labels[:3]))
    resave_artifact(dataclasses.replace(saved, notes=notes), "learnt.safetensors")
    assert main(["evaluate", "-w", "learnt.safetensors", "--data", "labels.csv"]) == 0
    assert f"learnt.safetensors has learnt 3 of these {len(labels)} lines" in capsys.readouterr().err
    for row, said in ((2, True), (3, False)):
        write_table(labels[row : row + 1], "one.csv")
        assert main(["evaluate", "-w", "learnt.safetensors", "--data", "one.csv"]) == 0
        assert ("has learnt 1 of these 1 lines" in capsys.readouterr().err) == said


def test_evaluate_mistakes(project: Path, fails: Fails) -> None:
    run = ("evaluate", "-w", "w.safetensors", "--data")
    assert "there is no fold 3; the table has folds 0, 1" in fails(*run, "labels.csv", "--fold", "3")
    assert "fold 5 validates on nothing" in fails(*run, "labels.csv", "--fold", "5")
    assert "none.csv: no such file" in fails(*run, "none.csv")


def test_folds(project: Path, fails: Fails, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["folds", "--data", "labels.csv", "--folds", "4", "--out", "f.csv"]) == 0
    assert "fold 0: 2, fold 1: 2, fold 2: 2, fold 3: 2" in capsys.readouterr().out
    frame = read_table("f.csv")
    assert frame.groupby("writer_id")["fold"].nunique().max() == 1 and frame["fold"].nunique() == 4
    assert "no column who" in fails("folds", "--data", "labels.csv", "--group", "who", "--out", "f.csv")
    texts = ["Hà Nội", "hà  nội", "a", "b", "c", "d"]
    write_table(pd.DataFrame({"img_path": [f"{i}.jpg" for i in range(6)], "text": texts}), "plain.csv")
    capsys.readouterr()
    assert main(["folds", "--data", "plain.csv", "--folds", "3", "--out", "f.csv"]) == 0
    assert "0 known values of writer_id; fold 0: 2, fold 1: 2, fold 2: 2" in capsys.readouterr().out
    found = read_table("f.csv")
    assert found["fold"][0] == found["fold"][1] and set(found["writer_id"]) == {"-1"}
    assert "cannot fill 5 folds" in fails("folds", "--data", "labels.csv", "--out", "f.csv")


def test_check_lists_every_problem(project: Path, fails: Fails, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--data", "labels.csv"]) == 0
    assert "8 rows, no problem" in capsys.readouterr().out
    frame = read_table("labels.csv")
    frame.loc[0, "text"] = "Huế β"
    frame.loc[1, "text"] = "aa" * 60
    write_table(frame, "labels.csv")
    Path("images/1/2.png").unlink()
    Path("images/1/3.png").write_bytes(Path("images/1/3.png").read_bytes()[:60])
    assert main(["check", "--data", "labels.csv"]) == 2
    out = capsys.readouterr()
    assert "'β' (U+03B2, 1 rows)" in out.out and "row 3: images/0/1.png (208 x 32 px) gives 65 CTC frames" in out.out
    assert "row 4: images/1/2.png: cannot be read" in out.out and "row 5: images/1/3.png: truncated" in out.out
    assert "chuviet: error: labels.csv: 4 problems in 8 rows" in out.err


def test_check_notes_leaks(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = read_table("labels.csv")
    frame.loc[7, ["text", "writer_id"]] = ["SỐ 0 huế", "0"]
    write_table(frame, "labels.csv")
    assert main(["check", "--data", "labels.csv"]) == 0
    out = capsys.readouterr().out
    assert "1 rows repeat" in out and "1 texts are in more than one fold" in out and "1 writers are in more" in out


def test_summary(project: Path, fails: Fails, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["summary", "-C", "tiny_f0", "--width", "80"]) == 0
    out = capsys.readouterr().out
    model = LineCTC.Config(height=16, stem=8, widths=(8, 8, 24), depths=(1, 1, 1), heads=2).build(229)
    assert f"LineCTC: {sum(p.numel() for p in model.parameters()):,} parameters" in out and "16 x 80 px" in out
    assert "nearest: configs" in fails("summary", "-C", "tiny_f1") or "tiny_f0" in fails("summary", "-C", "tiny_f1")
    assert "did you mean 'model'" in fails("summary", "-C", "tiny_f0", "modle=1")
    assert "did you mean 'model'" in fails("summary", "optim.lr=1", "-C", "tiny_f0", "modle=1")
    for wrong in ("tiny_f1", "--modle=1"):
        with pytest.raises(SystemExit):
            main(["summary", "optim.lr=1", "-C", "tiny_f0", wrong])


def test_train_folds_report_pack_and_evaluate(project: Path, fails: Fails, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "train.epochs=2", "-C", "tiny_f0", "--folds", "0,1", "train.epochs=1"]) == 0
    assert "fold 1" in capsys.readouterr().out
    oof = read_table("outputs/tiny_f0/oof.csv")
    assert sorted(oof["img_path"]) == sorted(read_table("labels.csv")["img_path"]) and "prediction" in oof

    assert main(["report", "outputs/tiny_f0/oof.csv", "--worst", "2"]) == 0
    assert "worst 2 lines" in Path("outputs/tiny_f0/report.html").read_text(encoding="utf-8")
    shutil.copy("outputs/tiny_f0/oof.csv", "oof.csv")
    assert (
        main(["report", "oof.csv", "--data", "labels.csv", "--out", "again.html"]) == 0 and Path("again.html").exists()
    )
    capsys.readouterr()
    shutil.copy("oof.csv", "more.csv")
    assert main(["report", "oof.csv", "more.csv", "--data", "labels.csv", "--out", "both.html"]) == 0
    assert f"both.html: {2 * len(oof)} lines" in capsys.readouterr().out
    assert Path("both.html").exists()

    run = Path("outputs/tiny_f0/fold0")
    packed = run / "packed.safetensors"
    assert main(["pack", str(run), "--out", str(packed)]) == 0
    args = ["evaluate", "--data", "labels.csv", "--fold", "0", "-w"]
    for file in (run / "weights.safetensors", packed):
        assert main([*args, str(file), "--json", f"{file}.json"]) == 0
    first, second = (json.loads(Path(f"{f}.json").read_text())["raw"] for f in (run / "weights.safetensors", packed))
    assert first == second  # one epoch, no average: the run packed its last weights too
    assert "holds no ema weights" in fails("pack", str(run), "--keep", "ema")
    assert "not the folder of a run" in fails("pack", "images")
    shutil.rmtree(run)


@pytest.mark.parametrize("mutual", [False, True])
def test_pack_of_an_unfinished_guided_run_ships_the_recogniser_alone(mutual: bool, tmp_path: Path) -> None:
    student = BackboneCTC.Config(backbone="resnet10t", neck="svtr")  # pretrained: its ImageNet weights are not needed
    member = GTC.Config(student=student, guide=NRTR.Config(hidden=16, layers=1, heads=2))
    exp = Experiment(
        model=Mutual.Config(member=member) if mutual else member, loss=CTCLoss.Config(), decoder=CTCGreedy.Config(),
        data=LineData.Config(preprocess=ScenePreprocess.Config(height=32)),
    )  # fmt: skip
    torch.manual_seed(0)
    trained: Any = without_pretrained(exp.model)
    model = trained.build(len(exp.charset or ()))
    run = tmp_path / "fold0"
    run.mkdir()
    (run / "config.json").write_text(json.dumps(config.to_json(exp)))
    position = {"ema": None, "best": (None, {}), "position": (2, 0, 9, 0.0)}
    save_checkpoint(run / "checkpoint.pt", position | {"model": model.state_dict()})
    assert main(["pack", str(run), "--precision", "fp32"]) == 0
    packed = load_artifact(run / "weights.safetensors")
    assert packed.model_cfg == without_pretrained(student)
    for name, value in model.candidates()[0].state_dict().items():
        assert torch.equal(packed.model.state_dict()[name], value)


def test_train_mistakes(project: Path, fails: Fails) -> None:
    for text in ("0-5", "x", "0,0", "3-"):
        assert f"--folds {text}" in fails("train", "-C", "tiny_f0", "--folds", text)
    assert "there is no fold 3" in fails("train", "-C", "tiny_f0", "fold=3")
    assert "python train.py -C other" in fails("train", "-C", "tiny_f0", "init=other")
    frame = read_table("labels.csv")
    write_table(frame.assign(text=["Huế β", *frame["text"][1:]]), "labels.csv")
    assert "'β' (U+03B2" in fails("train", "-C", "tiny_f0")


def test_ctrl_c_is_130(project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(folds, "run", interrupted)
    assert main(["folds", "--data", "labels.csv", "--out", "f.csv"]) == 130
    assert capsys.readouterr().err == "chuviet: interrupted\n"

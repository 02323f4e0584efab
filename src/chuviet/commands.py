"""What the commands of `chuviet.cli` do, each in one function; errors of the user end in one line on stderr."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from chuviet import config
from chuviet.config import ConfigError
from chuviet.data.check import check_data
from chuviet.data.files import write_whole
from chuviet.data.folds import make_folds
from chuviet.data.table import image_root, read_table, write_table
from chuviet.experiment import Experiment
from chuviet.report import oof, page, summary
from chuviet.runs import run, run_folds
from chuviet.ship import reading
from chuviet.ship.artifact import save_artifact
from chuviet.ship.budget import check_budget
from chuviet.ship.inference import Recognizer, load
from chuviet.train.checkpoint import load_checkpoint
from chuviet.train.engine import Interrupted
from chuviet.types import InputError
from chuviet.vocab import VIETNAMESE, Charset, CharsetError

OK, BAD_INPUT, PARTLY, INTERRUPTED = 0, 2, 3, 130


def run_command(args: Namespace) -> int:
    """Runs `args.command`. Returns the exit code; raises what the commands raise."""
    return COMMANDS[args.command](args)


def guarded(args: Namespace) -> int:
    """`run_command` with the user's errors as one line on stderr: exit code 2, or 130 after Ctrl-C or a signal."""
    try:
        return run_command(args)
    except (InputError, ConfigError, CharsetError) as e:
        print(f"chuviet: error: {' '.join(str(e).split())}", file=sys.stderr)
        return BAD_INPUT
    except Interrupted as e:
        print(f"chuviet: {e}", file=sys.stderr)
        return INTERRUPTED
    except KeyboardInterrupt:
        print("chuviet: interrupted", file=sys.stderr)
        return INTERRUPTED


def predict(args: Namespace) -> int:
    recognizer = _recognizer(args)
    names, paths = reading.find_images(args.input)
    progress = args.out is not None and len(paths) > 1
    predictions, bad = recognizer.try_predict(paths, args.batch_size, progress)
    if bad and not args.skip_bad:
        more = f" ({len(bad)} of {len(paths)} images cannot be read; --skip-bad reads the others)"
        raise InputError(bad[0].reason + (more if len(paths) > 1 else ""))
    for b in bad:
        print(f"chuviet: left out: {b.reason}", file=sys.stderr)
    read = [(n, p) for n, p in zip(names, predictions, strict=True) if p is not None]
    if args.out:
        write_table(reading.table([n for n, _ in read], [p for _, p in read]), args.out)
        print(f"{args.out}: {len(read)} of {len(names)} lines read")
    else:
        for name, prediction in read:
            print(f"{name}\t{prediction.text}\t{prediction.confidence:.3f}" if len(names) > 1 else prediction.text)
    return PARTLY if bad else OK


def evaluate(args: Namespace) -> int:
    recognizer = _recognizer(args)
    metrics, rows = reading.evaluate(recognizer, args.data, args.fold, args.batch_size, progress=True)
    if args.out:
        write_table(rows, args.out)
    if args.json:
        where = {"data": str(args.data), "fold": args.fold, "weights": args.weights}
        write_whole(args.json, (json.dumps(where | metrics, indent=1) + "\n").encode())
    raw, lower = metrics["raw"], metrics["case_insensitive"]
    print(f"{'':<10}{'raw':>9}{'case-insensitive':>19}")
    for name in [k for k in raw if k not in ("count", "cer_nocase")]:
        print(f"{name:<10}{raw[name]:>9.4f}{lower[name]:>19.4f}")
    print(f"{raw['count']:.0f} lines of {args.data}" + ("" if args.fold is None else f", fold {args.fold}"))
    return OK


def train(args: Namespace) -> int:
    exp, root, name = _experiment(args), Path(args.root), Path(args.config).stem
    if args.folds is None:
        run(name, exp, root)
        return OK
    metrics = run_folds(name, exp, _fold_list(args.folds), root)
    if not metrics.empty:
        columns = [c for c in ("count", "cer", "cer_nocase", "wer", "accuracy", "ned", "score") if c in metrics]
        print(metrics[columns].to_string(float_format=lambda v: f"{v:.4f}", formatters={"count": "{:.0f}".format}))
    return OK


def folds(args: Namespace) -> int:
    frame = read_table(args.data, columns=("img_path", "text", args.group))
    out = make_folds(frame, args.group, args.folds, args.seed)
    write_table(out, args.out)
    sizes = ", ".join(f"fold {k}: {n}" for k, n in out["fold"].value_counts().sort_index().items())
    print(f"{args.out}: {len(out)} rows, {out[args.group].nunique()} values of {args.group}; {sizes}")
    return OK


def check(args: Namespace) -> int:
    found = check_data(args.data, Charset(VIETNAMESE), height=args.height, progress=True)
    for problem in found.problems[: args.show]:
        print(problem)
    if len(found.problems) > args.show:
        print(f"... and {len(found.problems) - args.show} more problems")
    for note in found.notes:
        print(f"note: {note}")
    if found.problems:
        raise InputError(f"{args.data}: {len(found.problems)} problems in {found.rows} rows, listed above")
    print(f"{args.data}: {found.rows} rows, no problem")
    return OK


def summarise(args: Namespace) -> int:
    exp = _experiment(args)
    model_cfg: Any = exp.model
    if hasattr(model_cfg, "pretrained"):  # shapes are asked for, not weights
        model_cfg = config.replace(model_cfg, pretrained=False)
    model = model_cfg.build(len(exp.data.charset))
    preprocess = exp.data.preprocess
    width = args.width or preprocess.width or 18 * preprocess.height
    table = summary.layers(model, args.depth)
    shown = {"share": "{:.1%}".format, "parameters": "{:,}".format, "fp16_mb": "{:.3f}".format}
    print(table.to_string(formatters=shown))
    work = summary.multiply_adds(model, preprocess.height, width)
    size = f"{summary.count(model):,} parameters, {summary.megabytes(model):.2f} MB in fp16 (10^6 bytes)"
    print(f"{type(model).__name__}: {size}")
    print(f"{work / 1e6:,.0f} M multiply-adds for a line of {preprocess.height} x {width} px")
    return OK


def pack(args: Namespace) -> int:
    folder = Path(args.run)
    exp = _saved_experiment(folder)
    state = load_checkpoint(folder / "checkpoint.pt")
    keep = args.keep or ("ema" if state["ema"] else "last")
    weights = {"last": state["model"], "ema": state["ema"] and state["ema"][0], "best": state["best"][1]}[keep]
    if not weights:
        raise InputError(f"{folder}/checkpoint.pt: holds no {keep} weights; the run's config keeps none")
    model_cfg: Any = exp.model
    charset = Charset(exp.data.charset)
    built = config.replace(model_cfg, pretrained=False) if hasattr(model_cfg, "pretrained") else model_cfg
    model = built.build(len(charset))
    model.load_state_dict(weights)
    out = Path(args.out or folder / "weights.safetensors")
    epochs = int(state["position"][0])
    size = save_artifact(
        out, model=model, model_cfg=exp.model, preprocess_cfg=exp.data.preprocess, decoder_cfg=exp.decoder,
        charset=charset, metrics={}, precision=args.precision,
        notes={"run": folder.parent.name, "fold": exp.fold, "sources": list(exp.data.sources) or ["real", "aug"],
               "keep": keep, "epochs": epochs},
    )  # fmt: skip
    print(f"{out}: {size / 1e6:.2f} MB, {keep} weights after {epochs} epochs of {exp.train.epochs}")
    return OK


def report(args: Namespace) -> int:
    frame = oof.read_oof(args.oof)
    data = Path(args.data) if args.data else Path(args.oof)
    root = image_root(data, frame)
    out = Path(args.out) if args.out else Path(args.oof).with_name("report.html")
    page.write_page(frame, root, out, f"Out-of-fold lines of {Path(args.oof).resolve().parent.name}", args.worst)
    print(oof.overall(frame).to_string(float_format=lambda v: f"{v:.4f}"))
    print(f"{out}: {len(frame)} lines")
    return OK


COMMANDS: dict[str, Callable[[Namespace], int]] = {
    "predict": predict, "evaluate": evaluate, "train": train, "folds": folds, "check": check, "summary": summarise,
    "pack": pack, "report": report,
}  # fmt: skip


def _recognizer(args: Namespace) -> Recognizer:
    if args.limit_mb > 0:
        check_budget(args.weights, args.limit_mb)
    device = args.device if args.device != "auto" else ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        target = torch.device(device)
        torch.empty(0, device=target)
    except (RuntimeError, AssertionError) as e:  # torch says "no CUDA" by AssertionError
        raise InputError(f"--device {device}: not there ({str(e).splitlines()[0]}); use cpu or auto") from e
    return load(args.weights, target, args.decoder, args.beam_width)


def _experiment(args: Namespace) -> Experiment:
    exp = config.override(config.load(args.config), args.overrides)
    if not isinstance(exp, Experiment):
        raise ConfigError(f"{args.config}: its cfg is a {type(exp).__qualname__}, not an Experiment")
    return exp


def _saved_experiment(folder: Path) -> Experiment:
    try:
        exp = config.from_json(json.loads((folder / "config.json").read_text(encoding="utf-8")))
    except OSError as e:
        raise InputError(f"{folder}: not the folder of a run: no config.json in it") from e
    except ValueError as e:
        raise InputError(f"{folder}/config.json: cannot be read ({e})") from e
    if not isinstance(exp, Experiment):
        raise InputError(f"{folder}/config.json: not the config of a run")
    return exp


def _fold_list(text: str) -> list[int]:
    """'0-4' or '0,2,3' as numbers."""
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise InputError(f"--folds {text}: write 0-4 or 0,2,3")
        found += range(int(first), int(last or first) + 1)
    if not found or len(set(found)) < len(found) or max(found) > 4:
        raise InputError(f"--folds {text}: folds 0 to 4, each once; fold=5 (all rows) is a run of its own")
    return found

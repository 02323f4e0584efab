"""Commands about runs: training them, what their models are made of, packing an unfinished one."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from chuviet import config
from chuviet.commands import OK, Stopped
from chuviet.commands.language import attach
from chuviet.config import ConfigError
from chuviet.errors import InputError
from chuviet.experiment import Experiment
from chuviet.manifest import REAL_INK
from chuviet.pytorch.artifact import save_artifact, without_pretrained
from chuviet.report import summary
from chuviet.runs import CHECKPOINT, CONFIG, run, run_folds, saved_experiment
from chuviet.train.checkpoint import load_checkpoint
from chuviet.train.engine import Interrupted
from chuviet.vocab import Charset


def train(args: Namespace) -> int:
    exp, root, name = _experiment(args), Path(args.root), Path(args.config).stem
    folds = None if args.folds is None else _fold_list(args.folds)
    try:
        if folds is None:
            run(name, exp, root)
            return OK
        metrics = run_folds(name, exp, folds, root)
    except Interrupted as e:
        raise Stopped(str(e)) from e
    if not metrics.empty:
        columns = [c for c in ("count", "cer", "cer_nocase", "wer", "accuracy", "ned", "score") if c in metrics]
        print(metrics[columns].to_string(float_format=lambda v: f"{v:.4f}", formatters={"count": "{:.0f}".format}))
    return OK


def summarise(args: Namespace) -> int:
    exp = _experiment(args)
    model_cfg: Any = without_pretrained(getattr(exp.model, "shipped", exp.model))
    model = model_cfg.build(len(exp.charset or ()))
    shape = _input_shape(exp, args.width)
    table = summary.layers(model, shape, args.depth)
    shown = {"share": "{:.1%}".format, "parameters": "{:,}".format, "multiply_adds": "{:,}".format,
             "fp16_mb": "{:.3f}".format}  # fmt: skip
    print(table.to_string(formatters=shown))
    work = summary.multiply_adds(model, shape)
    size = f"{summary.count(model):,} parameters, {summary.megabytes(model):.2f} MB in fp16 (10^6 bytes)"
    print(f"{type(model).__name__}: {size}")
    print(f"{work / 1e6:,.0f} M multiply-adds for an image of {shape[1]} x {shape[2]} px")
    if hasattr(exp.model, "shipped"):
        trained = summary.count(without_pretrained(exp.model).build(len(exp.charset or ())))
        print(f"trained as a part of {type(exp.model).__qualname__.split('.')[0]}: {trained:,} parameters")
    return OK


def _input_shape(exp: Experiment, width: int | None) -> tuple[int, int, int]:
    """Channels, height and width in pixels of an image that the model sees: a square of a page, or a line."""
    preprocess: Any = exp.data.preprocess
    if exp.charset is None:
        return 3, width or 640, width or 640
    width = width or preprocess.width or 18 * preprocess.height
    pixels, _ = preprocess.build().collate([preprocess.build()(np.full((preprocess.height, width, 3), 255, np.uint8))])
    return pixels.shape[1], preprocess.height, width


def pack(args: Namespace) -> int:
    if args.lm:
        return attach(args)
    folder = Path(args.run)
    exp, path = saved_experiment(folder), folder / CHECKPOINT
    state = load_checkpoint(path, ("model", "ema", "best", "position"), "no checkpoint of a run, to pack weights from")
    stored = state.get("facts", {}).get("charset")  # what the weights were trained for, whatever config.json says
    charset = Charset(stored) if stored else exp.charset
    try:
        keep = args.keep or ("ema" if state["ema"] else "last")
        weights = {"last": state["model"], "ema": state["ema"] and state["ema"][0], "best": state["best"][1]}[keep]
        epochs = int(state["position"][0])
        model = _trained(exp, charset, weights) if weights else None
    except (RuntimeError, ValueError, TypeError, KeyError, IndexError, AttributeError) as e:
        why = str(e).strip().splitlines()[-1].strip() if str(e).strip() else type(e).__name__
        raise InputError(f"{path}: its weights are not of the model in {folder / CONFIG} ({why})") from e
    if model is None:
        raise InputError(f"{path}: holds no {keep} weights; the run's config keeps none")
    out = Path(args.out or folder / "weights.safetensors")
    size = save_artifact(
        out, model=model, model_cfg=getattr(exp.model, "shipped", exp.model),
        preprocess_cfg=exp.data.preprocess, decoder_cfg=exp.decoder, charset=charset, metrics={},
        precision=args.precision,
        notes={"run": folder.parent.name, "fold": exp.fold, "keep": keep, "epochs": epochs,
               "sources": list(getattr(exp.data, "sources", ())) or ["real", *REAL_INK]},
    )  # fmt: skip
    print(f"{out}: {size / 1e6:.2f} MB, {keep} weights after {epochs} epochs of {exp.train.epochs}")
    return OK


def _trained(exp: Experiment, charset: Charset | None, weights: dict[str, Any]) -> nn.Module:
    """What a run ships of the model that it trains; of several candidates the first: none was validated."""
    cfg: Any = without_pretrained(exp.model)
    model: nn.Module = cfg.build(len(charset or ()))
    model.load_state_dict(weights)
    candidates: Any = getattr(model, "candidates", None)
    return candidates()[0] if candidates else model


def _experiment(args: Namespace) -> Experiment:
    exp = config.override(config.load(args.config), args.overrides)
    if not isinstance(exp, Experiment):
        raise ConfigError(f"{args.config}: its cfg is a {type(exp).__qualname__}, not an Experiment")
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


COMMANDS: dict[str, Callable[[Namespace], int]] = {"train": train, "summary": summarise, "pack": pack}

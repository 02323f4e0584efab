"""`chuviet pack`: weights from the checkpoint of an unfinished run, or with a language model beside them."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from torch import nn

from chuviet.commands import OK
from chuviet.commands.lm import attach, safetensors_path
from chuviet.data.configs import LineDataConfig
from chuviet.data.mix import REST, read_mix
from chuviet.errors import InputError
from chuviet.experiment import Experiment
from chuviet.manifest import REAL_INK, fold_number
from chuviet.models.protocols import candidates_of, shipped_config
from chuviet.pytorch.artifact import save_artifact, without_pretrained
from chuviet.run_files import CHECKPOINT, CONFIG
from chuviet.runs import saved_experiment
from chuviet.train.checkpoint import load_checkpoint
from chuviet.vocab import Charset


def run(args: Namespace) -> int:
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
    out = safetensors_path(args.out or folder / "weights.safetensors")
    sources = [part.name for part in read_mix(exp.data.mix)] if isinstance(exp.data, LineDataConfig) else []
    size = save_artifact(
        out, model=model, model_cfg=shipped_config(exp.model), preprocess_cfg=exp.data.preprocess,
        decoder_cfg=exp.decoder, charset=charset, metrics={}, precision=args.precision,
        notes={"run": folder.parent.name, "fold": fold_number(exp.fold), "keep": keep, "epochs": epochs,
               "sources": ["real", *REAL_INK] if REST in sources or not sources else sources},
    )  # fmt: skip
    print(f"{out}: {size / 1e6:.2f} MB, {keep} weights after {epochs} epochs of {exp.train.epochs}")
    return OK


def _trained(exp: Experiment, charset: Charset | None, weights: dict[str, Any]) -> nn.Module:
    """What a run ships of the model that it trains; of several candidates the first: none was validated."""
    cfg: Any = without_pretrained(exp.model)
    model: nn.Module = cfg.build(len(charset or ()))
    model.load_state_dict(weights)
    return candidates_of(model)[0]

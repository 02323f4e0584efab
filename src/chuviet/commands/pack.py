"""`chuviet pack`: weights from the checkpoint of an unfinished run, or with a language model beside them."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

from torch import nn

from chuviet import config
from chuviet.commands import OK
from chuviet.commands.lm import attach
from chuviet.errors import InputError
from chuviet.experiment import Experiment
from chuviet.manifest import REAL_INK
from chuviet.models.protocols import candidates_of, shipped_config
from chuviet.pytorch.artifact import save_artifact, without_pretrained
from chuviet.train.checkpoint import load_checkpoint


def run(args: Namespace) -> int:
    if args.lm:
        return attach(args)
    folder = Path(args.run)
    exp = _saved_experiment(folder)
    state = load_checkpoint(folder / "checkpoint.pt")
    keep = args.keep or ("ema" if state["ema"] else "last")
    weights = {"last": state["model"], "ema": state["ema"] and state["ema"][0], "best": state["best"][1]}[keep]
    if not weights:
        raise InputError(f"{folder}/checkpoint.pt: holds no {keep} weights; the run's config keeps none")
    out = Path(args.out or folder / "weights.safetensors")
    epochs = int(state["position"][0])
    size = save_artifact(
        out, model=_trained(exp, weights), model_cfg=shipped_config(exp.model),
        preprocess_cfg=exp.data.preprocess, decoder_cfg=exp.decoder, charset=exp.charset, metrics={},
        precision=args.precision,
        notes={"run": folder.parent.name, "fold": exp.fold, "keep": keep, "epochs": epochs,
               "sources": list(getattr(exp.data, "sources", ())) or ["real", *REAL_INK]},
    )  # fmt: skip
    print(f"{out}: {size / 1e6:.2f} MB, {keep} weights after {epochs} epochs of {exp.train.epochs}")
    return OK


def _trained(exp: Experiment, weights: dict[str, Any]) -> nn.Module:
    """What a run ships of the model that it trains; of several candidates the first: none was validated."""
    cfg: Any = without_pretrained(exp.model)
    model: nn.Module = cfg.build(len(exp.charset or ()))
    model.load_state_dict(weights)
    return candidates_of(model)[0]


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

"""`chuviet summary`: what the model of a config is made of."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

import numpy as np

from chuviet.commands import OK
from chuviet.commands.configs import experiment_of
from chuviet.config import title
from chuviet.experiment import Experiment
from chuviet.models.protocols import ShipsAnother, shipped_config
from chuviet.pytorch.artifact import without_pretrained
from chuviet.report import summary


def run(args: Namespace) -> int:
    exp = experiment_of(args)
    model_cfg: Any = without_pretrained(shipped_config(exp.model))
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
    if isinstance(exp.model, ShipsAnother):
        trained = summary.count(without_pretrained(exp.model).build(len(exp.charset or ())))
        print(f"trained as a part of {title(exp.model)}: {trained:,} parameters")
    return OK


def _input_shape(exp: Experiment, width: int | None) -> tuple[int, int, int]:
    """Channels, height and width in pixels of an image that the model sees: a square of a page, or a line."""
    preprocess: Any = exp.data.preprocess
    if exp.charset is None:
        return 3, width or 640, width or 640
    width = width or preprocess.width or 18 * preprocess.height
    pixels, _ = preprocess.build().collate([preprocess.build()(np.full((preprocess.height, width, 3), 255, np.uint8))])
    return pixels.shape[1], preprocess.height, width

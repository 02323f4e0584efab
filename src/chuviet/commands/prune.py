"""Commands that make weights smaller."""

from __future__ import annotations

import copy
import time
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from chuviet.artifact.opening import find_weights
from chuviet.batch import Batch
from chuviet.commands import OK
from chuviet.compress.prune import example, prune, traced
from chuviet.models.protocols import Slimmable
from chuviet.pytorch.artifact import SavedModel, load_artifact, resave_artifact
from chuviet.report import summary

SIDE = 640  # pixels of the page that a detector is timed on


def run(args: Namespace) -> int:
    before = load_artifact(find_weights(args.weights))
    after = prune(before, args.ratio, args.round_to, args.keep_residual)
    size = resave_artifact(after, args.out)
    batch = example(before, SIDE)
    models = [_shipped(a) for a in (before, after)]
    times = milliseconds(models, batch)
    shape = (batch.images.shape[1], batch.images.shape[2], batch.images.shape[3])
    print(f"{'':6}{'parameters':>12}{'MB fp16':>9}{'M multiply-adds':>17}{'ms, 1 thread':>14}")
    rows = [
        (summary.count(m), summary.megabytes(m), summary.multiply_adds(m, shape) / 1e6, ms)
        for m, ms in zip(models, times, strict=True)
    ]
    for name, (count, megabytes, work, ms) in zip(("before", "after"), rows, strict=True):
        print(f"{name:6}{count:12,}{megabytes:9.2f}{work:17,.0f}{ms:14.1f}")
    less = [a / b for a, b in zip(*rows, strict=True)]
    print(f"{'times':6}{less[0]:12.2f}{less[1]:9.2f}{less[2]:17.2f}{less[3]:14.2f}")
    print(f"one image of {shape[1]} x {shape[2]} px, as the model is shipped")
    print(f"{args.out}: {size / 1e6:.2f} MB; train it again: python train.py -C CONFIG init={args.out}")
    return OK


@torch.inference_mode()
def milliseconds(models: Sequence[nn.Module], batch: Batch, rounds: int = 5) -> list[float]:
    """The median time of each model for one batch on one thread; the models take turns."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    times: list[list[float]] = [[] for _ in models]
    for turn in range(rounds + 1):
        for model, own in zip(models, times, strict=True):
            start = time.perf_counter()
            traced(model, batch)
            if turn:  # the first one warms up
                own.append(1e3 * (time.perf_counter() - start))
    torch.set_num_threads(threads)
    return [float(np.median(own)) for own in times]


def _shipped(saved: SavedModel) -> nn.Module:
    model: Any = copy.deepcopy(saved.model)
    return model.slim() if isinstance(model, Slimmable) else model

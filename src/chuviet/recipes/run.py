"""What every recipe takes beside the arguments of its own system: data, optimiser, length and start of a run."""

from __future__ import annotations

import dataclasses
import difflib
import sys
import typing
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, TypedDict

from chuviet.config import Config, ConfigError, title, with_values
from chuviet.data.configs import Concat
from chuviet.experiment import Experiment
from chuviet.manifest import Fold
from chuviet.origin import Origin, calling
from chuviet.train.configs import Optim, Train
from chuviet.typed import coerced, fits


class Run(TypedDict, total=False):
    """Arguments of every recipe. What they mean is said where their keys are: `Experiment`, `Optim`, `Train`, and the
    configs of `chuviet.data`.
    """

    fold: Fold
    init: str
    init_parts: Sequence[str]
    mix: Sequence[str]
    batch: int
    workers: int
    lr: float
    betas: tuple[float, float]
    eps: float
    weight_decay: float
    decoupled: bool
    schedule: Literal["linear", "cosine", "constant"]
    warmup: float
    final: float
    epochs: int
    minutes: float
    session_minutes: float
    seed: int
    device: Literal["auto", "cpu", "cuda"]
    precision: Literal["auto", "fp32", "bf16", "fp16"]
    frozen: Sequence[str]
    accumulate: int
    clip: float
    ema: float
    average: Sequence[int]
    batchnorm_batches: int
    keep: Literal["average", "ema", "last", "best"]
    validate_every: int
    checkpoint_minutes: float
    threads: int
    more: Mapping[str, Any]  # any other key of the tree: {"data.augment.invert": 0.0}


class LineRun(Run, total=False):
    """Of recognisers, also these of `LineDataConfig`."""

    csv: str
    valid: str
    charset: str
    dictionary: str
    space: bool
    augment: Config | None
    concat: Concat | None
    bucket: int
    bad_labels: Literal["refuse", "leave_out"]


class PageRun(Run, total=False):
    """Of detectors, also the sets that they are validated on."""

    valid: Sequence[str]


#: Argument -> the dotted key that it sets: the field of the same name.
KEYS: dict[str, str] = {
    **{name: name for name in ("fold", "init", "init_parts")},
    **{f.name: f"optim.{f.name}" for f in dataclasses.fields(Optim)},
    **{f.name: f"train.{f.name}" for f in dataclasses.fields(Train)},
    **{name: f"data.{name}" for name in ("mix", "batch", "workers", "csv", "valid", "charset", "dictionary", "space",
                                         "augment", "concat", "bucket", "bad_labels")},
}  # fmt: skip


def filled(base: Experiment, run: Mapping[str, Any], **own: Mapping[str, Any]) -> Experiment:
    """`base`, a recipe's tree, with what its caller gave. To be called by a recipe alone.

    `own` are the recipe's arguments, each with the keys that it sets: first the one that it is about, then those that
    follow from it. Raises ConfigError for an argument that is none, and for a value of another type.
    """
    call, recipe = calling(2), sys._getframe(1).f_code.co_name
    values: dict[str, Any] = {}
    origins: dict[str, Origin] = {}
    for argument, keys in own.items():
        for i, (key, value) in enumerate(keys.items()):
            values[key], origins[key] = value, Origin(argument, call, i > 0, recipe)
    for key, argument, value in _of_run(run, recipe, own):
        values[key] = tuple(value) if isinstance(value, (list, range)) else value
        origins[key] = Origin(argument, call, False, recipe)
    made = with_values(base, values, origins)
    _check_types(made)
    return made


def _of_run(run: Mapping[str, Any], recipe: str, own: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """(key, argument, value) of what was given beside a recipe's own arguments."""
    for argument, value in run.items():
        if argument == "more":
            yield from ((key, key, v) for key, v in value.items())
        elif argument in KEYS:
            yield KEYS[argument], argument, value
        else:
            near = difflib.get_close_matches(argument, [*own, *KEYS], n=1, cutoff=0.5)
            meant = f"; did you mean {near[0]!r}?" if near else ""
            raise ConfigError(f"{recipe}() takes no {argument!r}{meant}")


def _check_types(node: Config, prefix: str = "") -> None:
    """Raises ConfigError for a value that its field can't hold."""
    hints = typing.get_type_hints(type(node))
    for f in dataclasses.fields(node):
        value = getattr(node, f.name)
        if not fits(coerced(value, hints[f.name]), hints[f.name]):
            expected = getattr(hints[f.name], "__name__", hints[f.name])
            raise ConfigError(f"{prefix}{f.name}={value!r}: {title(node)} expects {expected}")
        if isinstance(value, Config):
            _check_types(value, f"{prefix}{f.name}.")

"""The config that a command is given. Read and checked without PyTorch."""

from __future__ import annotations

from argparse import Namespace

from chuviet import config
from chuviet.config import ConfigError
from chuviet.experiment import Experiment


def experiment_of(args: Namespace) -> Experiment:
    """The config that `-C` names, with its overrides. Raises ConfigError for one of another kind, or that cannot be."""
    exp = config.override(config.load(args.config), args.overrides)
    if not isinstance(exp, Experiment):
        raise ConfigError(f"{args.config}: its cfg is a {config.title(exp)}, not an Experiment")
    exp.check()
    return exp

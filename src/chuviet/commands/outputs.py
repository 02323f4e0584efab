"""Outputs of commands that would replace one of their inputs, or cannot be written: refused before anything is read."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path

from chuviet.artifact.opening import find_weights
from chuviet.errors import InputError
from chuviet.files import check_output

#: Of each command the options that name files to write, and those that name what is read. `predict` and `read` check
#: the images that they find, in `chuviet.commands.images`.
OPTIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "evaluate": (("out", "json", "frames"), ("data", "weights")),
    "folds": (("out",), ("data",)),
    "check": (("clean",), ("data", "oof", "pages")),
    "lm": (("out",), ("labels", "text", "general", "wards", "verse")),
    "pack": (("out",), ("run", "lm")),
    "export": (("out",), ("weights", "check", "calibrate")),
    "prune": (("out",), ("weights",)),
    "reject": (("out",), ("weights", "data", "check")),
    "ensemble": (("json",), ()),
    "report": (("out",), ("oof", "data")),
    "calibrate": (("out",), ("rows", "weights")),
}


def check_outputs(args: Namespace) -> None:
    """Raises InputError for an output that is an input, by whatever name, or that cannot be written."""
    outputs, inputs = OPTIONS.get(args.command, ((), ()))
    read = [path for option in inputs for path in _paths(option, getattr(args, option))]
    for option in outputs:
        if out := getattr(args, option):
            check_output(out, read, f"--{option}")


def _paths(option: str, given: str | list[str] | None) -> Iterable[Path]:
    """The files and folders that an option names, as far as they are there; labels without the slice behind them."""
    for name in [given] if isinstance(given, str) else given or ():
        path = Path(name.partition("[")[0])
        if path.exists():
            yield path
        elif option == "weights":
            try:
                yield find_weights(name)
            except InputError:  # said by the command itself
                continue

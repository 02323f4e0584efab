"""`chuviet config`: what a config comes to and where each value is from, or a list of all configs. No PyTorch here."""

from __future__ import annotations

import textwrap
from argparse import Namespace
from typing import Any

from chuviet import config
from chuviet.commands import OK
from chuviet.commands.configs import experiment_of
from chuviet.errors import InputError
from chuviet.files import say
from chuviet.recipes.explain import Value, explained, first_line

#: Columns that a value may take; longer ones go on in the next line.
WIDTH = 44


def run(args: Namespace) -> int:
    if args.list:
        return _list()
    if not args.config:
        raise InputError("name a config, such as b1_384_f5, or give --list for all of them")
    exp = experiment_of(args)
    path = config.find(args.config, config.config_folders())
    say(f"{path}: {first_line(path)}")
    rows = explained(exp)
    widest = max(len(row.key) for row in rows)
    for row in rows:
        _print(row, widest)
    return OK


def _list() -> int:
    """All configs, those of the folder at hand before those of the checkout, in the order in which they are found."""
    seen: set[str] = set()
    rows = []
    for folder in config.config_folders():
        for path in config.files_in(folder):
            if path.stem not in seen:  # one's own of the same name comes first
                seen.add(path.stem)
                rows.append((path.relative_to(folder).with_suffix("").as_posix(), first_line(path)))
    if not rows:
        raise InputError("no folder configs here, and none beside the package: this is for a checkout of chuviet")
    widest = max(len(name) for name, _ in rows)
    for name, what in rows:
        say(f"{name:<{widest}}  {what}")
    return OK


def _print(row: Value, widest: int) -> None:
    """A row of the table; parts of a tuple that is too long for it have a line each."""
    first, *more = _written(row.value)
    say(f"{row.key:<{widest}}  {first:<{WIDTH}}  {row.source}")
    for line in more:
        say(f"{'':<{widest}}  {line}")


def _written(value: Any) -> list[str]:
    """A value as the command line takes it, in lines."""
    if isinstance(value, tuple):
        flat = all(not isinstance(v, tuple) for v in value)
        text = ",".join(map(str, value)) if flat and value else str(value)
        if len(text) > WIDTH and flat and any(len(str(v)) > 12 for v in value):
            return [f"{v}," for v in value[:-1]] + [str(value[-1])]
        return textwrap.wrap(text, WIDTH, break_on_hyphens=False) if flat and " " in text else _cut(text)
    text = str(value) if value != "" else "''"
    return [f"{text[: WIDTH - 20]}... ({len(text)} characters)"] if len(text) > 2 * WIDTH else [text]


def _cut(text: str) -> list[str]:
    """A long list of numbers in lines, cut behind commas."""
    lines, line = [], ""
    for part in text.replace(", ", ",").replace(",", ",\0").split("\0"):
        if line and len(line + part) > WIDTH:
            lines.append(line)
            line = ""
        line += part
    return [*lines, line]

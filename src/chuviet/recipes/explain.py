"""What a config comes to: every value of its tree with the line that set it."""

from __future__ import annotations

import ast
import dataclasses
import os
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from chuviet.config import Config, to_json
from chuviet.origin import Call, Origin, origins_of


class Value(NamedTuple):
    """A leaf of a tree, or a node, whose value is its kind."""

    key: str
    value: Any
    source: str


def explained(tree: Config) -> list[Value]:
    """Every value of a config, in the order of its fields, and where it is from."""
    origins = origins_of(tree)
    recipe = next((f"recipe {origin.recipe}" for origin in origins.values() if origin.recipe), "the config")
    return list(_values(tree, "", origins, recipe))


def _values(node: Config, prefix: str, origins: Mapping[str, Origin], recipe: str) -> Iterator[Value]:
    for f in dataclasses.fields(node):
        key, value = prefix + f.name, getattr(node, f.name)
        origin = _nearest(key, origins)
        if origin is not None:
            source = _said(origin, recipe)
        else:
            source = "default" if value == f.default else recipe
        if isinstance(value, Config):
            yield Value(key, to_json(value)["type"], source)
            yield from _values(value, f"{key}.", origins, recipe)
        else:
            yield Value(key, value, source)


def _nearest(key: str, origins: Mapping[str, Origin]) -> Origin | None:
    """What set a key, or the part of the tree that it is in."""
    while key:
        if key in origins:
            return origins[key]
        key = key.rpartition(".")[0]
    return None


def _said(origin: Origin, recipe: str) -> str:
    if origin.call is None:
        return "command line"
    line = lines_of(origin.call).get(origin.argument)
    if line is None:  # an argument that was not given
        return recipe if not origin.recipe else f"recipe {origin.recipe}"
    place = f"{_short(origin.call.file)}:{line}"
    return f"{place}, follows from {origin.argument}" if origin.derived else place


@cache
def lines_of(call: Call) -> dict[str, int]:
    """The line of each argument of a call, also of those in dictionaries: ``**{"optim.lr": 1e-4}``, ``more={...}``."""
    try:
        tree = ast.parse(Path(call.file).read_text(encoding="utf-8"))
    except (OSError, SyntaxError):
        return {}
    found: dict[str, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (node.lineno, node.end_lineno) == (call.first, call.last):
            for keyword in node.keywords:
                found |= {keyword.arg: keyword.value.lineno} if keyword.arg else {}
                inside = keyword.value if keyword.arg in (None, "more") else None
                for key in inside.keys if isinstance(inside, ast.Dict) else ():
                    if isinstance(key, ast.Constant):
                        found[str(key.value)] = key.lineno
    return found


def _short(file: str) -> str:
    """A file's name from the folder at hand, or in full where that is shorter."""
    near = os.path.relpath(file)
    return near if len(near) < len(file) else file


def first_line(path: Path) -> str:
    """The first line of a config file's docstring; "" without one. The file is not run."""
    try:
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    except (OSError, SyntaxError, UnicodeDecodeError):
        return "cannot be read"
    return (text or "").partition("\n")[0]

"""Whether a run that is resumed is the one that was begun: the same model, charset and data."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chuviet.config import Config
from chuviet.data.configs import LineDataConfig
from chuviet.data.files import find_data
from chuviet.data.mix import read_mix
from chuviet.errors import InputError
from chuviet.train.state import first_difference
from chuviet.vocab import CharsetError

#: What a resumed run must share with the one that was begun: these keys of its config and all below them.
_DEFINING = ("model", "data.csv", "data.valid", "data.mix", "data.preprocess", "data.targets")


def check_same_run(before: Any, now: Any, out: Path) -> None:
    """Raises InputError if a run that is resumed has another model, charset or data than it was begun with.

    `before` and `now` are experiments. The characters count, not whether they are from a string or a dictionary file;
    they are also compared with those in the checkpoint (`train.state`), which no edited file changes.
    """
    changes = [c for c in _changes(before, now) if not _harmless(*c)]
    was, characters = _characters(before.data), _characters(now.data)
    if was and characters and was != characters:
        changes.insert(0, ("charset", was, characters))
    if not changes:
        return
    said = [f"{key} ({_was_and_is(was, now)})" for key, was, now in changes[:3]]
    more = f" and {len(changes) - 3} more" if len(changes) > 3 else ""
    raise InputError(
        f"{out}: the run was begun with another {', '.join(said)}{more}; resume with its own config, "
        "or start without resume=true"
    )


def _characters(data: Any) -> str:
    """The characters that a recogniser's data have; "" for those of a detector, or a dictionary that is gone."""
    try:
        return data.characters().characters if isinstance(data, LineDataConfig) else ""
    except (InputError, CharsetError):
        return ""


def _changes(before: Any, now: Any, key: str = "") -> Iterator[tuple[str, Any, Any]]:
    """(dotted key, former value, new value) where two configs differ."""
    if before == now:
        return
    if not isinstance(before, Config) or type(before) is not type(now):
        yield key, before, now
        return
    for f in dataclasses.fields(before):
        yield from _changes(getattr(before, f.name), getattr(now, f.name), f"{key}.{f.name}".removeprefix("."))


def _names(mix: tuple[str, ...]) -> list[str]:
    """The sets of a mix: files in their order, which numbers the rows; sources of the CSV have none."""
    parts = read_mix(mix)
    return [part.name for part in parts if part.is_file] + sorted(part.name for part in parts if not part.is_file)


def _was_and_is(was: Any, now: Any) -> str:
    long = isinstance(was, str) and isinstance(now, str) and len(was + now) > 60
    return first_difference(was, now) if long else f"{was!r}, now {now!r}"


def _harmless(key: str, was: Any, now: Any) -> bool:
    """Whether a run may go on with this change: of what does not define it, or of a file's path alone."""
    if not any(key == d or key.startswith(f"{d}.") for d in _DEFINING):
        return True
    last = key.rpartition(".")[2]
    if key.startswith("model.") and (last == "pretrained" or last.startswith("drop")):
        return True
    if key == "data.mix":  # which sets, and of pages in which order; how much of them an epoch has is free
        return _names(was) == _names(now)
    if key in ("data.csv", "data.valid") and isinstance(was, str) and was and now:
        old, new = find_data(was), find_data(now)  # moved, or written another way
        return old.samefile(new) if old.exists() and new.exists() else old.name == new.name
    return False

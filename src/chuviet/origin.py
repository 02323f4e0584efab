"""Where the values of a config tree come from: which call in which file set them.

`chuviet.config.replace` and the recipes note it on the tree that they return, beside its fields: two trees of the same
values are equal wherever these come from. `chuviet config` prints it.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Mapping
from types import FrameType
from typing import Any, NamedTuple

_NOTED = "_origins"


class Call(NamedTuple):
    """A call in a file: its first and last line, from 1."""

    file: str
    first: int
    last: int


class Origin(NamedTuple):
    """What set a value: an argument of a call. `derived`: it follows from that argument, which has a key of its own.
    Without a call: the command line.
    """

    argument: str
    call: Call | None = None
    derived: bool = False
    recipe: str = ""  # the function that is called, if it is a recipe


def calling(depth: int) -> Call:
    """The call that is under way in the function `depth` frames above the one that asks."""
    frame: FrameType = sys._getframe(depth + 1)
    position = next(itertools.islice(frame.f_code.co_positions(), frame.f_lasti // 2, None))
    first, last = position[0] or frame.f_lineno, position[1] or frame.f_lineno
    return Call(frame.f_code.co_filename, first, last)


def origins_of(tree: Any) -> dict[str, Origin]:
    """Dotted key -> what set it, or the part of the tree below it."""
    return dict(getattr(tree, _NOTED, {}))


def note(tree: Any, before: Mapping[str, Origin], changed: Mapping[str, Origin]) -> None:
    """Notes on `tree` the origins that it had `before`, and those of the keys that were `changed`."""
    inside = tuple(f"{key}." for key in changed)
    kept = {key: origin for key, origin in before.items() if not key.startswith(inside)} if inside else before
    object.__setattr__(tree, _NOTED, {**kept, **changed})

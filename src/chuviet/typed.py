"""Values against annotations: whether a field may hold a value, and text from the command line as such a value."""

from __future__ import annotations

import ast
import types
import typing
from typing import Any


def parsed(text: str, hint: Any) -> Any:
    """`text` as a value of the annotated type `hint`; a tuple may come as a,b and a tuple of one as its element.

    Raises ValueError that says what was expected.
    """
    try:
        value = ast.literal_eval(text)
        words: tuple[str, ...] = (text,)
    except (ValueError, SyntaxError):
        value = {"true": True, "false": False, "none": None, "null": None}.get(text.lower(), text)
        words = tuple(text.split(","))
    for reading in (value, text, words, (value,)):  # `text`: fold=0 for a string field
        reading = coerced(reading, hint)
        if fits(reading, hint):
            return reading
    if typing.get_origin(hint) is typing.Literal:
        raise ValueError(f"expected one of {', '.join(map(str, typing.get_args(hint)))}")
    wanted = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}.get(
        hint, f"a value of {getattr(hint, '__name__', hint)}"
    )
    raise ValueError(f"expected {wanted}, got {type(value).__name__}")


def coerced(value: Any, hint: Any) -> Any:
    """`value` with lists as tuples, and whole numbers as floats where `hint` is a float; else as it is."""
    if isinstance(value, list):
        value = tuple(value)
    if fits(value, hint):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and fits(float(value), hint):
        return float(value)
    if isinstance(value, tuple) and typing.get_origin(hint) is tuple:
        args = typing.get_args(hint)
        args = args[:1] * len(value) if args[1:] == (Ellipsis,) else args
        if len(args) == len(value):
            return tuple(coerced(v, a) for v, a in zip(value, args, strict=True))
    return value


def fits(value: Any, hint: Any) -> bool:
    """Whether `value` is of the annotated type `hint`."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return any(fits(value, a) for a in args)
    if origin is typing.Literal:
        return value in args and not isinstance(value, bool)
    if origin is tuple:
        if not isinstance(value, tuple):
            return False
        if len(args) == 2 and args[1] is Ellipsis:
            return all(fits(v, args[0]) for v in value)
        return len(value) == len(args) and all(fits(v, a) for v, a in zip(value, args, strict=True))
    if hint is None or hint is type(None):
        return value is None
    if hint is Any:
        return True
    if hint in (int, float) and isinstance(value, bool):
        return False
    return isinstance(value, hint)

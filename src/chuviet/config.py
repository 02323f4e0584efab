"""Configs: frozen keyword-only dataclass trees, loaded from a Python file, overridden by dotted keys, kept as JSON.

A config file defines one module-level ``cfg``. A component is chosen by the *type* of its nested config
(``model=Seq2Seq.Config(...)``), so a config in JSON names its types, and `from_json` only ever builds dataclasses
that live inside the ``chuviet`` package: a file from a stranger cannot name anything else.
"""

from __future__ import annotations

import ast
import dataclasses
import difflib
import importlib
import runpy
import types
import typing
from pathlib import Path
from typing import Any, TypeVar

from chuviet.kinds import FORMER_FIELDS, name_of, place_of

T = TypeVar("T")


class ConfigError(ValueError):
    """A config that cannot be loaded, overridden or rebuilt; the message is one line for the user."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Base of every config node. Fields hold numbers, strings, tuples, None and other `Config`s; nothing live."""


#: The checkout that this package runs from; of an installed wheel a folder without configs and weights.
CHECKOUT = Path(__file__).resolve().parents[2]


def load(name: str | Path, folder: str | Path | None = None) -> Any:
    """Returns `cfg` of a config file.

    `name` is either a path, with or without ``.py``, or a bare name such as ``b2_256_f5``, looked up in `folder`;
    without one in ``configs`` of the folder at hand, then in that of the checkout that this package runs from. Raises
    ConfigError (with the nearest names) when there is none.
    """
    path = find(name, [Path("configs"), CHECKOUT / "configs"] if folder is None else [Path(folder)])
    scope = runpy.run_path(str(path), run_name=f"config:{path.stem}")
    if not isinstance(scope.get("cfg"), Config):
        raise ConfigError(f"{path} defines no `cfg` that is a chuviet Config")
    return scope["cfg"]


def find(name: str | Path, folders: typing.Sequence[Path]) -> Path:
    """The config file that `name` means: a path, or a name looked up in `folders`. Raises ConfigError."""
    file = Path(name) if Path(name).suffix == ".py" else Path(f"{name}.py")
    places = [file] if Path(name).suffix == ".py" else [*(folder / file for folder in folders), file]
    for path in places:
        if path.is_file():
            return path
    known = sorted({p.stem for folder in folders for p in folder.glob("*.py") if not p.stem.startswith("_")})
    near = difflib.get_close_matches(file.stem, known, n=3, cutoff=0.5)
    names = f"nearest: {', '.join(near)}" if near else f"known: {', '.join(known)}"
    looked = f", nor in {places[1].parent}" if len(folders) > 1 and len(places) > 1 else ""
    raise ConfigError(f"no config {places[0]}{looked}; {names}")


def parent(path: str, name: str) -> Any:
    """`cfg` of the sibling config `name`; a child file calls ``parent(__file__, "b2_256_ptr_f5")`` and `replace`s."""
    return load(Path(path).with_name(f"{name}.py"))


def replace(cfg: T, **changes: Any) -> T:
    """`dataclasses.replace` that also takes dotted keys: ``replace(cfg, **{"optim.lr": 1e-4})``."""
    for key, value in changes.items():
        head, _, rest = key.partition(".")
        _field(cfg, head, key)
        if rest:
            value = replace(getattr(cfg, head), **{rest: value})
        cfg = dataclasses.replace(cfg, **{head: value})  # type: ignore[type-var]
    return cfg


def override(cfg: T, assignments: typing.Sequence[str]) -> T:
    """Applies ``a.b=value`` strings, each checked against the annotation of the field. Raises ConfigError."""
    for item in assignments:
        key, eq, text = item.partition("=")
        if not eq:
            raise ConfigError(f"override {item!r} is not of the form key=value")
        node: Any = cfg
        *parts, last = key.split(".")
        for part in parts:
            _field(node, part, key, cfg)
            node = getattr(node, part)
        hint = typing.get_type_hints(type(node)).get(_field(node, last, key, cfg).name)
        cfg = replace(cfg, **{key: _parse(text, hint, key)})
    return cfg


def check_ranges(cfg: Config, **ranges: tuple[float, float]) -> None:
    """Raises ConfigError where a field, or a number of a tuple, lies outside its range; None lies in all of them.

    For ``__post_init__`` of what weights files hold: a stranger's config may ask for any size.
    """
    for name, (low, high) in ranges.items():
        value = getattr(cfg, name)
        numbers = value if isinstance(value, tuple) else () if value is None else (value,)
        if not all(low <= number <= high for number in numbers):  # NaN too
            raise ConfigError(f"{type(cfg).__qualname__}: {name}={value}: {low:g} to {high:g} is possible")


def to_json(cfg: Any) -> Any:
    """A config tree as JSON-ready values; every node carries its ``"type"``: a kind of `chuviet.kinds`, else
    ``module:Qualified.Name``.
    """
    if isinstance(cfg, Config):
        node = {"type": name_of(place_of_type(type(cfg)))}
        return node | {f.name: to_json(getattr(cfg, f.name)) for f in dataclasses.fields(cfg)}
    if isinstance(cfg, (tuple, list)):
        return [to_json(v) for v in cfg]
    if cfg is None or isinstance(cfg, (bool, int, float, str)):
        return cfg
    raise ConfigError(f"a config holds {type(cfg).__name__}; only numbers, strings, tuples and configs are allowed")


def from_json(data: Any) -> Any:
    """The inverse of `to_json`. Only dataclasses below the `chuviet` package are built; else ConfigError."""
    if isinstance(data, list):
        return tuple(from_json(v) for v in data)
    if not isinstance(data, dict):
        return data
    fields = dict(data)
    name = str(fields.pop("type", ""))
    module, _, qualname = place_of(name).partition(":")
    if not module.startswith("chuviet."):
        raise ConfigError(f"the type {name!r} does not live in chuviet, so it is not built")
    try:
        kind: Any = importlib.import_module(module)
        for part in qualname.split("."):
            kind = getattr(kind, part)
    except (ImportError, AttributeError) as e:
        raise ConfigError(f"unknown config type {name!r}: {e}") from e
    if not (isinstance(kind, type) and issubclass(kind, Config)):
        raise ConfigError(f"{name!r} is not a config type")
    former = FORMER_FIELDS.get(place_of_type(kind), {})
    fields = {former.get(k, k): v for k, v in fields.items()}
    known = {f.name for f in dataclasses.fields(kind)}
    if extra := sorted(set(fields) - known):
        raise ConfigError(f"{name} has no field {', '.join(extra)}: written by another version of chuviet?")
    hints = typing.get_type_hints(kind)
    values = {k: _coerce(from_json(v), hints[k]) for k, v in fields.items()}
    if wrong := [f"{k}={v!r}" for k, v in values.items() if not _fits(v, hints[k])]:
        raise ConfigError(f"{name} can't hold {', '.join(wrong)}: written by another version of chuviet?")
    try:
        return kind(**values)
    except TypeError as e:  # fields without a default that are not there
        raise ConfigError(f"{name}: {e}") from e


def place_of_type(kind: type) -> str:
    """Where a config type lives, as `chuviet.kinds` writes it: ``module:Qualified.Name``."""
    return f"{kind.__module__}:{kind.__qualname__}"


def _field(node: Any, name: str, key: str, root: Any = None) -> dataclasses.Field[Any]:
    """The field `name` of `node`. Raises ConfigError that suggests a name, from elsewhere in the tree `root` too."""
    fields = {f.name: f for f in dataclasses.fields(node)} if isinstance(node, Config) else {}
    if name not in fields:
        renamed = FORMER_FIELDS.get(place_of_type(type(node)), {}).get(name)
        near = [key.removesuffix(name) + renamed] if renamed else _suggestions(key, name, list(fields), _keys(root))
        meant = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
        raise ConfigError(f"unknown key {key!r}: {type(node).__qualname__} has no {name!r}{meant}")
    return fields[name]


def _suggestions(key: str, name: str, here: list[str], everywhere: list[str]) -> list[str]:
    """Keys that may be meant: those called alike elsewhere, else the nearest name here, else the nearest elsewhere."""
    last = key.rpartition(".")[2]
    if same := [k for k in everywhere if k.rpartition(".")[2] == last and name in (last, key)]:
        return same[:3]
    if near := difflib.get_close_matches(name, here, n=1, cutoff=0.6):
        return near
    names = {k.rpartition(".")[2]: k for k in reversed(everywhere)}  # of several keys of a name the first
    if near := difflib.get_close_matches(last, names, n=1, cutoff=0.75):
        return [names[near[0]]]
    return difflib.get_close_matches(name, here, n=1, cutoff=0.0)


def _keys(node: Any, prefix: str = "") -> list[str]:
    """The dotted keys of all fields of a tree."""
    found = []
    for f in dataclasses.fields(node) if isinstance(node, Config) else ():
        found += [prefix + f.name, *_keys(getattr(node, f.name), f"{prefix}{f.name}.")]
    return found


def _parse(text: str, hint: Any, key: str) -> Any:
    """`text` as a value of the annotated type `hint`; a tuple may come as a,b and a tuple of one as its element."""
    try:
        value = ast.literal_eval(text)
        words: tuple[str, ...] = (text,)
    except (ValueError, SyntaxError):
        value = {"true": True, "false": False, "none": None, "null": None}.get(text.lower(), text)
        words = tuple(text.split(","))
    for reading in (value, text, words, (value,)):  # `text`: fold=0 for a string field
        reading = _coerce(reading, hint)
        if _fits(reading, hint):
            return reading
    raise ConfigError(f"{key}={text}: expected {getattr(hint, '__name__', hint)}, got {type(value).__name__}")


def _coerce(value: Any, hint: Any) -> Any:
    """`value` with lists as tuples, and whole numbers as floats where `hint` is a float; else as it is."""
    if isinstance(value, list):
        value = tuple(value)
    if _fits(value, hint):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and _fits(float(value), hint):
        return float(value)
    if isinstance(value, tuple) and typing.get_origin(hint) is tuple:
        args = typing.get_args(hint)
        args = args[:1] * len(value) if args[1:] == (Ellipsis,) else args
        if len(args) == len(value):
            return tuple(_coerce(v, a) for v, a in zip(value, args, strict=True))
    return value


def _fits(value: Any, hint: Any) -> bool:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, a) for a in args)
    if origin is typing.Literal:
        return value in args
    if origin is tuple:
        if not isinstance(value, tuple):
            return False
        if len(args) == 2 and args[1] is Ellipsis:
            return all(_fits(v, args[0]) for v in value)
        return len(value) == len(args) and all(_fits(v, a) for v, a in zip(value, args, strict=True))
    if hint is None or hint is type(None):
        return value is None
    if hint is Any:
        return True
    if hint in (int, float) and isinstance(value, bool):
        return False
    return isinstance(value, hint)

"""Configs: frozen keyword-only dataclass trees, loaded from a Python file, overridden by dotted keys, kept as JSON.

A config file defines one module-level ``cfg``. A component is chosen by the *type* of its nested config
(``model=Seq2Seq.Config(...)``), so a config in JSON names its types, and `from_json` only ever builds dataclasses
that live inside the ``chuviet`` package: a file from a stranger cannot name anything else.
"""

from __future__ import annotations

import dataclasses
import difflib
import importlib
import itertools
import re
import runpy
import sys
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from chuviet.kinds import FORMER_FIELDS, name_of, place_of
from chuviet.origin import Origin, calling, note, origins_of
from chuviet.typed import coerced, fits, parsed

T = TypeVar("T")


class ConfigError(ValueError):
    """A config that cannot be loaded, overridden or rebuilt; the message is one line for the user."""


class Former(NamedTuple):
    """A key of earlier versions: what it held, and how the value of today's `key` follows from that and its own."""

    key: str
    hint: Any
    convert: Callable[[Any, Any], Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Base of every config node. Fields hold numbers, strings, tuples, None and other `Config`s; nothing live."""

    @classmethod
    def former(cls) -> Mapping[str, Former]:
        """Keys of earlier versions, and keys that held other values, in the order in which they are converted."""
        return {}


#: What Python says of a call that lacks an argument.
_LACKING = re.compile(r"(\w+)\(\) missing .*?'(\w+)'.*")

#: The checkout that this package runs from; of an installed wheel a folder without configs and weights.
CHECKOUT = Path(__file__).resolve().parents[2]


def load(name: str | Path, folder: str | Path | None = None) -> Any:
    """Returns `cfg` of a config file.

    `name` is either a path, with or without ``.py``, or a bare name such as ``b2_256_f5``, looked up in `folder` and
    the folders inside it; without one in ``configs`` of the folder at hand, then in that of the checkout that this
    package runs from. Raises ConfigError (with the nearest names) when there is none.
    """
    return _run(find(name, config_folders() if folder is None else [Path(folder)]))


def _run(path: Path) -> Any:
    try:
        scope = runpy.run_path(str(path), run_name=f"config:{path.stem}")
    except TypeError as e:
        if not (lacking := _LACKING.fullmatch(str(e))):
            raise
        given = re.findall(r"(\w+)\s*=", path.read_text(encoding="utf-8"))
        near = difflib.get_close_matches(lacking[2], given, n=1)
        meant = f"; is {near[0]!r} meant to be it?" if near else ""
        raise ConfigError(f"{path}: {lacking[1]}() is called without {lacking[2]!r}{meant}") from e
    if not isinstance(scope.get("cfg"), Config):
        raise ConfigError(f"{path} defines no `cfg` that is a chuviet Config")
    return scope["cfg"]


def config_folders() -> list[Path]:
    """Where names of configs are looked up: below the folder at hand, then in the checkout."""
    return [Path("configs"), CHECKOUT / "configs"]


def files_in(folder: Path) -> list[Path]:
    """The config files of a folder, those at its top first."""
    found = (p for p in folder.rglob("*.py") if not p.stem.startswith("_"))
    return sorted(found, key=lambda p: (len(p.parts), p))


def find(name: str | Path, folders: Sequence[Path]) -> Path:
    """The config file that `name` means: a path, or NAME or FOLDER/NAME looked up in `folders`. Raises ConfigError."""
    is_path = Path(name).suffix == ".py"
    file = Path(name) if is_path else Path(f"{name}.py")
    for path in itertools.chain([file] if is_path else (), _places(file, folders), [file]):
        if path.is_file():
            return path
    known = sorted({p.stem for folder in folders for p in files_in(folder)})
    near = difflib.get_close_matches(file.stem, known, n=3, cutoff=0.5)
    names = f"nearest: {', '.join(near)}" if near else f"known: {', '.join(known)}"
    if not known:
        names = "there are no configs at all: to train, pip install '.[train]' in a checkout"
    looked = f", nor in {folders[1]}" if len(folders) > 1 else ""
    raise ConfigError(f"no config {file if is_path else folders[0] / file}{looked}; {names}")


def _places(file: Path, folders: Sequence[Path]) -> Iterator[Path]:
    """The files called so in `folders`, from the first to the last, those at the top of each before others."""
    for folder in folders:
        for path in files_in(folder):
            if path.parts[-len(file.parts) :] == file.parts:
                yield path


def parent(path: str, name: str) -> Any:
    """`cfg` of the config `name` beside the file `path`, or else anywhere in its folder ``configs``, or where `load`
    looks; a child file calls ``parent(__file__, "b2_256_ptr_f5")`` and `replace`s.
    """
    beside = Path(path).with_name(f"{name}.py")
    if beside.is_file():
        return load(beside)
    root = next((folder for folder in Path(path).resolve().parents if folder.name == "configs"), beside.parent)
    return _run(find(name, [root, *config_folders()]))


def replace(cfg: T, **changes: Any) -> T:
    """`dataclasses.replace` that also takes dotted keys: ``replace(cfg, **{"optim.lr": 1e-4})``; and those of earlier
    versions. Notes where it was called, see `chuviet.origin`.
    """
    call = calling(1)
    return _noted(cfg, changes, {key: Origin(key, call) for key in changes})


def with_values(cfg: T, values: Mapping[str, Any], origins: Mapping[str, Origin]) -> T:
    """`cfg` with the values of dotted keys, each of which comes from somewhere."""
    return _noted(cfg, values, origins)


def _noted(cfg: T, values: Mapping[str, Any], origins: Mapping[str, Origin]) -> T:
    changed, keys = cfg, {}
    for key, value in values.items():
        changed, today = _changed(changed, key, value, key)
        keys[today] = origins[key]
    if isinstance(changed, Config):
        note(changed, origins_of(cfg), keys)
    return changed


def _changed(node: Any, key: str, value: Any, whole: str) -> tuple[Any, str]:
    """`node` with `value` at the dotted `key`, a part of the key `whole`; and the key that it has today."""
    head, _, rest = key.partition(".")
    if rest:
        _field(node, head, whole)
        inner, today = _changed(getattr(node, head), rest, value, whole)
        return dataclasses.replace(node, **{head: inner}), f"{head}.{today}"
    if former := _former(node, head, value):
        converted = former.convert(getattr(node, former.key), coerced(value, former.hint))
        return dataclasses.replace(node, **{former.key: converted}), former.key
    _field(node, head, whole)
    return dataclasses.replace(node, **{head: value}), head


def _former(node: Any, name: str, value: Any) -> Former | None:
    """The former key `name` of `node`, if that is none of today's, or is one but held such values as `value`."""
    former = node.former().get(name) if isinstance(node, Config) else None
    if former is None or not fits(coerced(value, former.hint), former.hint):
        return None
    hint = typing.get_type_hints(type(node)).get(name)
    return None if hint is not None and fits(coerced(value, hint), hint) else former


def override(cfg: T, assignments: Sequence[str]) -> T:
    """Applies ``a.b=value`` strings, each checked against the annotation of the field. Raises ConfigError.

    Keys of earlier versions are converted, and what they are now is said in one line on stderr.
    """
    for item in assignments:
        key, eq, text = item.partition("=")
        if not eq:
            raise ConfigError(f"override {item!r} is not of the form key=value")
        node: Any = cfg
        *parts, last = key.split(".")
        for part in parts:
            _field(node, part, key, cfg)
            node = getattr(node, part)
        value = _value(node, last, key, text, cfg)
        if former := _former(node, last, value):
            today = former.convert(getattr(node, former.key), value)
            last, value = former.key, today
            now = ".".join([*parts, last])
            said = ",".join(map(str, today)) if isinstance(today, tuple) else today
            print(f"{key} is now written {now}; this one is {now}={said or '()'}", file=sys.stderr)
            key = now
        cfg = with_values(cfg, {key: value}, {key: Origin(item)})
    return cfg


def _value(node: Any, name: str, key: str, text: str, root: Any) -> Any:
    """`text` as a value of the field, or former field, `name` of `node`. Raises ConfigError."""
    if former := node.former().get(name) if isinstance(node, Config) else None:
        try:
            return parsed(text, former.hint)
        except ValueError:
            pass  # a value of today, or of neither
    hint = typing.get_type_hints(type(node)).get(_field(node, name, key, root).name)
    try:
        return parsed(text, hint)
    except ValueError as e:
        raise ConfigError(f"{key}={text}: {e}") from e


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
    known = {f.name for f in dataclasses.fields(kind)} | set(kind.former())
    if extra := sorted(set(fields) - known):
        raise ConfigError(f"{name} has no field {', '.join(extra)}: written by another version of chuviet?")
    hints = typing.get_type_hints(kind) | dict.fromkeys(kind.former(), Any)
    values = {k: coerced(from_json(v), hints[k]) for k, v in fields.items()}
    if wrong := [f"{k}={v!r}" for k, v in values.items() if not fits(v, hints[k])]:
        raise ConfigError(f"{name} can't hold {', '.join(wrong)}: written by another version of chuviet?")
    return _today(kind, name, values)


def _today(kind: type[Config], name: str, values: dict[str, Any]) -> Config:
    """A config of `kind` with `values`, among which those of earlier versions are converted. Raises ConfigError."""
    hints, former = typing.get_type_hints(kind), kind.former()
    old = {k: v for k, v in values.items() if k in former and not (k in hints and fits(coerced(v, hints[k]), hints[k]))}
    try:
        cfg = kind(**{k: coerced(v, hints[k]) for k, v in values.items() if k not in old})
    except TypeError as e:  # fields without a default that are not there
        raise ConfigError(f"{name}: {e}") from e
    for key in (k for k in former if k in old):
        value = coerced(old[key], former[key].hint)
        if not fits(value, former[key].hint):
            raise ConfigError(f"{name} can't hold {key}={value!r}: written by another version of chuviet?")
        converted = former[key].convert(getattr(cfg, former[key].key), value)
        cfg = dataclasses.replace(cfg, **{former[key].key: converted})
    return cfg


def title(cfg: Any) -> str:
    """What a config is of, such as LineCTC, for messages."""
    return type(cfg).__qualname__.removesuffix("Config").removesuffix(".") or "Config"


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
        raise ConfigError(f"unknown key {key!r}: {title(node)} has no {name!r}{meant}")
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

"""What travels in a weights file beside the weights: configs, charset, metrics; and the object that it is read to.

The metadata are one JSON object: format version, configs of model, preprocessing and decoder with their kinds
(`chuviet.kinds`), charset (empty: a detector), metrics, notes, git revision, precision, SHA-256 of the weights.
"""

from __future__ import annotations

import dataclasses
import os
import subprocess
from pathlib import Path
from typing import Any

from chuviet.artifact.network import DecodingNetwork, FrameNetwork, MapNetwork, Network, SteppingNetwork
from chuviet.config import Config, ConfigError, from_json, place_of_type
from chuviet.errors import InputError
from chuviet.kinds import name_of, place_of
from chuviet.language.ngram import NGram
from chuviet.vocab import Charset

FORMAT = 1
#: Of a config in a file: the largest number, and the most entries of a list.
_LARGEST_NUMBER, _MOST_ENTRIES = 100_000, 10_000
#: The decoders of each interface, by their kinds.
_DECODERS: dict[type, set[str]] = {
    FrameNetwork: {"ctc_greedy", "ctc_beam"}, SteppingNetwork: {"attention_greedy", "attention_beam"},
    DecodingNetwork: {"decoded_in_graph"}, MapNetwork: {"db_boxes", "line_word_boxes", "east_boxes"},
}  # fmt: skip
#: The entries and their types in JSON.
FIELDS: dict[str, type] = {
    "format": int, "model": dict, "preprocess": dict, "decoder": dict, "charset": str, "metrics": dict, "notes": dict,
    "revision": str, "precision": str, "sha256": str,
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Artifact:
    """What a weights file held, ready to run."""

    path: Path
    network: Network
    model: dict[str, Any]  # the model's config as JSON; "type" is its kind
    preprocess_cfg: Config
    decoder_cfg: Config
    charset: Charset | None  # None: a detector
    metrics: dict[str, float]
    notes: dict[str, Any]
    revision: str
    precision: str
    size: int  # bytes
    lm: NGram | None = None  # the character language model that came with it

    def __post_init__(self) -> None:
        """Raises InputError for parts that do not belong together."""
        interface = next(kind for kind in _DECODERS if isinstance(self.network, kind))
        wanted = {"page_image"} if interface is MapNetwork else {"line_image", "scene_image"}
        for cfg, kinds in ((self.decoder_cfg, _DECODERS[interface]), (self.preprocess_cfg, wanted)):
            if name_of(place_of_type(type(cfg))) not in kinds:
                raise InputError(
                    f"{self.path}: a {type(cfg).__qualname__} does not belong to its network; "
                    f"{', '.join(sorted(kinds))} do"
                )
        if (self.charset is None) != (interface is MapNetwork):
            raise InputError(f"{self.path}: a detector has no charset, and a recogniser has one; it has parts of both")

    @property
    def kind(self) -> str:
        """The kind of the model, such as "line_ctc"."""
        return str(self.model["type"])


def check_metadata(path: Path, metadata: Any, fields: dict[str, type], remedy: str) -> dict[str, Any]:
    """The metadata. Raises InputError where an entry is missing, of another type, or of another version's format."""
    if not isinstance(metadata, dict):
        raise InputError(f"{path}: its metadata is damaged (a {type(metadata).__name__}, not entries); {remedy}")
    missing = [f for f in fields if f not in metadata]
    if missing or metadata["format"] != FORMAT:
        why = f"no {', '.join(missing)}" if missing else f"format {metadata['format']}, this version reads {FORMAT}"
        raise InputError(f"{path}: made by another version of chuviet ({why}); use that version or {remedy}")
    for name, kind in fields.items():
        if not isinstance(metadata[name], kind):
            found = type(metadata[name]).__name__
            raise InputError(f"{path}: its metadata is damaged ({name} is a {found}, not a {kind.__name__}); {remedy}")
    if not all(isinstance(v, (int, float)) for v in metadata["metrics"].values()):
        raise InputError(f"{path}: its metadata is damaged (metrics that are no numbers); {remedy}")
    return metadata


def read_config(path: Path, metadata: dict[str, Any], part: str, home: str) -> Any:
    """One config of a file's metadata, of a type that lives in `home`. Raises InputError for any other."""
    kind = str(metadata[part].get("type", ""))
    if not place_of(kind).startswith(home):  # before anything is imported for it
        raise InputError(f"{path}: its {part} is {kind[:100]!r}, which is none of {home}*")
    try:
        cfg = from_json(metadata[part])
        check_numbers(cfg)
    except (ConfigError, TypeError, ValueError, RecursionError) as e:
        raise InputError(f"{path}: its {part} cannot be built: {first_line(e)}") from e
    if not (type(cfg).__module__.startswith(home) and hasattr(cfg, "build")):
        raise InputError(
            f"{path}: its {part} is {type(cfg).__module__}:{type(cfg).__qualname__}, which is none of {home}*"
        )
    return cfg


def check_numbers(value: Any) -> None:
    """Raises ConfigError for numbers in a config that no network has: what is built from them would fill the memory."""
    if isinstance(value, Config):
        for entry in dataclasses.fields(value):
            check_numbers(getattr(value, entry.name))
    elif isinstance(value, tuple):
        if len(value) > _MOST_ENTRIES:
            raise ConfigError(f"{len(value)} entries in a list")
        for one in value:
            check_numbers(one)
    elif isinstance(value, (int, float)) and not abs(value) <= _LARGEST_NUMBER:  # NaN too
        raise ConfigError(f"the number {value:g}" if isinstance(value, float) else "a number of over 100,000")


def git_revision() -> str:
    """Commit of the checkout that this package runs from, with ``-dirty`` for uncommitted changes of its source;
    "unknown" outside one.
    """
    root = Path(__file__).resolve().parents[3]
    if not (root / ".git").exists():
        return "unknown"
    git = ["git", "-C", os.fspath(root)]
    try:
        commit = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True, timeout=10)
        changed = subprocess.run([*git, "status", "--porcelain", "--untracked-files=no", "--", "src", "configs"],
                                 capture_output=True, text=True, check=True, timeout=10)  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return commit.stdout.strip() + ("-dirty" if changed.stdout.strip() else "")


def first_line(e: Exception) -> str:
    """The first line of an exception's message, 200 characters at most."""
    return str(e).strip().splitlines()[0][:200] if str(e).strip() else type(e).__name__

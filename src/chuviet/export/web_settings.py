"""What the reader in the browser is told: the settings of the weights, and every number of this package that it uses.

No number is written down twice. The engine (web/engine) asks for the constants of a module by their names here.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np

from chuviet import __version__
from chuviet.artifact.metadata import Artifact
from chuviet.artifact.network import FrameNetwork, MapNetwork
from chuviet.config import to_json
from chuviet.decode.ctc import CTCBeam, CTCGreedy
from chuviet.decode.db import LineWordDecoder
from chuviet.errors import InputError
from chuviet.formats import json_format
from chuviet.language.levels import MODULUS, from_code
from chuviet.reading.choice import LINES, PRINT, WORDS

#: The modules whose constants are handed on.
MODULES = (
    "decode.alignment", "decode.confidence", "decode.ctc", "decode.db", "decode.doubt", "geometry",
    "language.gazetteer", "language.levels", "language.ngram", "language.rescore", "language.spelling",
    "preprocess.line", "preprocess.page", "preprocess.scene", "reading.blocks", "reading.choice", "reading.cutting",
    "reading.flatten", "reading.gutters", "reading.halving", "reading.joining", "reading.lines", "reading.order",
    "reading.pages", "reading.pieces", "reading.scales", "reading.stacked", "reading.upright", "reading.wide_set",
    "reading.words",
)  # fmt: skip
_MANY = 2048  # numbers: longer arrays are tables that are made anew


def settings(detector: Artifact, readers: Sequence[Sequence[Artifact]], files: dict[str, str]) -> dict[str, Any]:
    """What the engine needs to know. `readers`: the members of each; `files`: by the names of the weights the files
    that they lie in.

    Raises InputError for weights that the browser cannot run.
    """
    if not isinstance(detector.network, MapNetwork) or not isinstance(detector.decoder_cfg, LineWordDecoder.Config):
        raise InputError(f"{detector.path}: the browser runs detectors of lines and words alone, such as page_det")
    return {
        "version": __version__,
        "schema": {"schema": json_format.SCHEMA, "version": json_format.VERSION},
        "detector": _weights(detector, files),
        "readers": [_reader(members, files) for members in readers],
        "calibrations": {name: vars(one) for name, one in (("lines", LINES), ("words", WORDS), ("print", PRINT))},
        "codes": from_code(np.arange(256)).tolist(),
        "constants": {name: constants_of(importlib.import_module(f"chuviet.{name}")) for name in MODULES},
    }


def constants_of(module: ModuleType) -> dict[str, Any]:
    """The constants of a module, as values for JSON: numbers, texts, and rows and tables of them; a pattern as its
    text.
    """
    found = {name: _value(value) for name, value in vars(module).items() if re.fullmatch(r"_?[A-Z][A-Z0-9_]*", name)}
    return {name: value for name, value in found.items() if value is not None}


def _reader(members: Sequence[Artifact], files: dict[str, str]) -> dict[str, Any]:
    """The one member of a reader. Raises InputError for what the browser cannot run."""
    first = members[0]
    if len(members) > 1:
        raise InputError(f"{first.path} and {members[1].path}: an ensemble; the browser runs one of them")
    if not isinstance(first.network, FrameNetwork) or not isinstance(
        first.decoder_cfg, CTCBeam.Config | CTCGreedy.Config
    ):
        raise InputError(f"{first.path}: an attention model; the browser runs CTC models alone")
    if first.lm is not None and first.lm.modulus != MODULUS:
        raise InputError(f"{first.path}: its language model is stored as older versions did; make and pack it anew")
    return _weights(first, files)


def _weights(artifact: Artifact, files: dict[str, str]) -> dict[str, Any]:
    charset = artifact.charset.characters if artifact.charset else ""
    return {
        "name": artifact.path.stem, "file": files[artifact.path.stem], "charset": charset,
        "preprocess": to_json(artifact.preprocess_cfg), "decoder": to_json(artifact.decoder_cfg),
        "language_model": artifact.lm is not None,
    }  # fmt: skip


def _value(value: Any) -> Any:
    """A value for JSON; None for what is none."""
    if isinstance(value, np.ndarray):
        return value.tolist() if value.size <= _MANY else None
    if isinstance(value, re.Pattern):
        return value.pattern
    if isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (tuple, list)):
        items = [_value(one) for one in value]
        return None if any(one is None for one in items) else items
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        items = [_value(one) for one in value.values()]
        return None if any(one is None for one in items) else dict(zip(value, items, strict=True))
    return None

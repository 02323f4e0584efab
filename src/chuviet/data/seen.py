"""Which real rows weights have learnt from, so that no run and no report measures them on those unawares.

A row's fingerprint is four bytes of a hash of its image's name, folders aside, and its text: a set that was moved is
still known, and another one with a name or a text in common is not taken for it. Weights files carry the fingerprints
of their training rows in their notes ("rows"), and hand them on to what is trained from them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pandas as pd

ROWS = "rows"  # the note's name


def fingerprints(frame: pd.DataFrame) -> np.ndarray:
    """N, uint32: one for each row of `frame`, by its columns img_path and text."""
    hashes = [_hash(str(name), str(text)) for name, text in zip(frame["img_path"], frame["text"], strict=True)]
    return np.array(hashes, np.uint32)


def rows_note(*known: np.ndarray | None) -> dict[str, str]:
    """The note of all these fingerprints together; none if those of one part are not known."""
    if any(rows is None for rows in known):
        return {}
    every = np.unique(np.concatenate([rows for rows in known if rows is not None])) if known else np.zeros(0)
    return {ROWS: base64.b64encode(every.astype("<u4").tobytes()).decode("ascii")}


def noted_rows(notes: dict[str, Any]) -> np.ndarray | None:
    """The fingerprints in the notes of weights, sorted; None if they hold none, or no sound ones."""
    try:
        data = base64.b64decode(str(notes[ROWS]), validate=True)
        return np.frombuffer(data, "<u4")
    except (KeyError, binascii.Error, ValueError):
        return None


def count_seen(frame: pd.DataFrame, notes: dict[str, Any]) -> int | None:
    """How many rows of `frame` the weights with these notes have learnt from; None if the notes don't say."""
    rows = noted_rows(notes)
    return None if rows is None else int(np.isin(fingerprints(frame), rows).sum())


def _hash(name: str, text: str) -> int:
    key = f"{PurePosixPath(name.replace(chr(92), '/')).name}\t{text}".encode()
    return int.from_bytes(hashlib.blake2b(key, digest_size=4).digest(), "little")

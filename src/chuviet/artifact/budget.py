"""The size limit of a submission: the weights of all its members together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from chuviet.errors import InputError

#: The Kalapa task's limit, in units of 10^6 bytes.
LIMIT_MB = 50.0


def total_size(paths: Sequence[str | Path]) -> int:
    """Bytes of all files together. A file given twice counts once. Raises InputError for one that is not there."""
    unique = list(dict.fromkeys(Path(p).resolve() for p in paths))
    for path in unique:
        if not path.is_file():
            raise InputError(f"{path}: no such weights file")
    return sum(p.stat().st_size for p in unique)


def check_budget(paths: Sequence[str | Path], limit_mb: float | None = None) -> int:
    """Returns the bytes of all files together. Raises InputError that lists them and their sum when it is over
    `limit_mb` (`LIMIT_MB` if it is None)."""
    limit_mb = LIMIT_MB if limit_mb is None else limit_mb
    total = total_size(paths)
    if total > limit_mb * 1e6:
        unique = list(dict.fromkeys(Path(p).resolve() for p in paths))
        parts = " + ".join(f"{p.parent.name}/{p.name} {p.stat().st_size / 1e6:.2f}" for p in unique)
        raise InputError(f"{parts} = {total / 1e6:.2f} MB: over the limit of {limit_mb:g} MB; leave one out")
    return total

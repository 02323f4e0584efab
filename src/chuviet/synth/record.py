"""What a set on disk was made with: a small JSON file beside its samples.

Without it a second run with another seed, other fonts or another corpus would take the samples of the first for its
own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from chuviet.errors import InputError
from chuviet.files import read_json, write_whole
from chuviet.synth.fonts import Font

RECORD = "recipe.json"
#: Samples and lists of a set: what `claim(fresh=True)` removes, and nothing else.
_MADE = ("[0-9][0-9][0-9][0-9]/[0-9][0-9][0-9][0-9][0-9][0-9][0-9].jpg", "manifest*.csv", "manifest*.partial", RECORD)


def claim(out: Path, recipe: Mapping[str, object], fresh: bool = False) -> None:
    """Keeps `out` for samples of one recipe, named by the options that change them: writes the record, or compares it.

    With `fresh` the samples of another recipe are removed. Raises InputError, which names the options that differ.
    """
    wanted = {name: str(value) for name, value in recipe.items()}
    there = _read(out / RECORD)
    if there == wanted:
        return
    if there is not None or any(out.glob("manifest*")):
        if not fresh:
            raise InputError(f"{out}: {_difference(there, wanted)}; name another --out, or draw it anew with --fresh")
        for path in [p for pattern in _MADE for p in out.glob(pattern)]:
            path.unlink(missing_ok=True)
    write_whole(out / RECORD, (json.dumps(wanted, ensure_ascii=False, indent=1) + "\n").encode())


def digest(parts: Iterable[str | bytes]) -> str:
    """Twelve hexadecimal digits that change with any of `parts`."""
    total = hashlib.sha256()
    for part in parts:
        total.update(hashlib.sha256(part.encode() if isinstance(part, str) else part).digest())
    return total.hexdigest()[:12]


def describe_fonts(fonts: Sequence[Font]) -> str:
    """How many, and a digest of their names and files; the same wherever the folder lies."""
    parts = [p for f in fonts for p in (f.family, Path(f.path).name, Path(f.path).read_bytes())]
    return f"{len(fonts)} faces ({digest(parts)})"  # "faces": recipe.json of sets drawn before 0.2 has the word


def _read(path: Path) -> dict[str, str] | None:
    try:
        values = read_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as e:
        raise InputError(f"{path}: cannot be read ({e}); it says what the samples beside it were made with") from e
    return {str(k): str(v) for k, v in values.items()}


def _difference(there: Mapping[str, str] | None, wanted: Mapping[str, str]) -> str:
    if there is None:
        return f"holds samples without a {RECORD}, which would say what they were made with"
    names = [n for n in dict.fromkeys([*wanted, *there]) if there.get(n) != wanted.get(n)]
    told = ", ".join(f"--{n} was {there.get(n, 'absent')}, now {wanted.get(n, 'absent')}" for n in names)
    return f"its samples were made with other options ({told})"

"""Files that are there whole or not at all, and files whose names are written in another Unicode form."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

from chuviet.errors import InputError


def write_whole(path: str | Path, data: bytes, sync: bool = True) -> None:
    """Writes `data` to a temporary name beside `path`, syncs, renames: until then the old file stays as it was.

    Makes missing folders. Without `sync` a power cut may lose it: for files by the thousand that can be made again.
    Raises InputError (one line) when it cannot be written: a full disk, no permission.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as f:
            f.write(data)
            if sync:
                f.flush()
                os.fsync(f.fileno())
        temporary.replace(path)
    except OSError as e:
        if path.parent.is_dir():
            temporary.unlink(missing_ok=True)
        state = "the former file is untouched" if path.is_file() else "nothing was left behind"
        raise InputError(f"{path}: cannot be written ({e.strerror or e}); {state}") from e
    except BaseException:  # Ctrl-C while writing: no half file stays, and the interrupt goes on
        temporary.unlink(missing_ok=True)
        raise


def find_path(path: str | Path) -> Path:
    """Returns the file or folder that `path` means: itself, or the one whose name differs in its Unicode form alone.

    A Mac writes "ả" as two characters (NFD), others as one (NFC): the same name for a reader, another one for a file
    system. Returns `path` as it is where there is neither.
    """
    path = Path(path)
    if str(path).isascii() or _is_there(path):
        return path
    found = Path(path.anchor)
    for name in path.parts[1:] if path.anchor else path.parts:
        found = _same_name(found, name) or found / name
    return found if _is_there(found) else path


def _same_name(folder: Path, name: str) -> Path | None:
    """The entry of `folder` that is called `name` in some Unicode form."""
    for form in dict.fromkeys((name, unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name))):
        if _is_there(folder / form):
            return folder / form
    try:
        entries = sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return None
    # Windows keyboards write "ế" as "ê" and an accent, which is neither of the two forms.
    key = unicodedata.normalize("NFC", name)
    return next((folder / e for e in entries if unicodedata.normalize("NFC", e) == key), None)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that is too long, a folder that may not be looked into
        return False

"""Files that are there whole or not at all."""

from __future__ import annotations

import os
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

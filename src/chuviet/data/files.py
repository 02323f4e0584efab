"""Where data are looked for; text files by lines; files that are there whole or not at all (`chuviet.files`)."""

from __future__ import annotations

import os
from pathlib import Path

from chuviet.errors import InputError


def find_data(name: str | Path) -> Path:
    """The file or folder that `name` means: as it stands, else below the folder that CHUVIET_DATA names."""
    path, root = Path(name), os.environ.get("CHUVIET_DATA")
    return Path(root) / path if root and not path.exists() and (Path(root) / path).exists() else path


def read_lines(path: str | Path) -> list[str]:
    """The lines of a UTF-8 file, with or without a byte order mark, ended by LF or CR LF. Raises InputError."""
    try:
        return Path(path).read_bytes().decode("utf-8-sig").replace("\r\n", "\n").split("\n")
    except FileNotFoundError as e:
        raise InputError(f"{path}: no such file") from e
    except UnicodeDecodeError as e:
        raise InputError(f"{path}: not UTF-8 (byte {e.start}); save it as UTF-8") from e
    except OSError as e:
        raise InputError(f"{path}: cannot be read ({e.strerror or e})") from e

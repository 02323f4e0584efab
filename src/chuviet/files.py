"""Files that are there whole or not at all, outputs that replace no input, names in any Unicode form, texts that any
console takes.
"""

from __future__ import annotations

import contextlib
import glob
import json
import os
import sys
import time
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from chuviet.errors import InputError

#: Endings of files that a run over a folder reads as input; see `inputs.kinds.SUFFIXES`.
_READ_FROM_FOLDERS = frozenset(
    ".jpg .jpeg .jpe .jfif .png .bmp .tif .tiff .webp .gif .ppm .pgm .pbm .pnm .jp2 .j2k .avif .pdf".split()
)

_LEFT = 3600.0  # seconds without a write after which a temporary file is that of a killed process


def write_whole(path: str | Path, data: bytes, sync: bool = True) -> None:
    """Writes `data` to a temporary name beside `path`, syncs, renames: until then the old file stays as it was.

    Makes missing folders. Without `sync` a power cut may lose it: for files by the thousand that can be made again.
    Raises InputError (one line) when it cannot be written: a full disk, no permission.
    """
    file = WholeFile(path, sync)
    try:
        file.write(data)
        file.commit()
    finally:
        file.abandon()


class WholeFile:
    """A file that is written bit by bit to a temporary name beside `path`, and gets its name by `commit`: until then
    the old file stays as it was. `abandon`, to be called in any case, removes what was not committed.

    Makes missing folders. Every method raises InputError (one line) when the file cannot be written.
    """

    def __init__(self, path: str | Path, sync: bool = True) -> None:
        """`sync`: as in `write_whole`."""
        self.path, self._sync = Path(path), sync
        self._temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}.tmp")
        self._file: BinaryIO | None = None
        with self._explained():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if sync:
                self._remove_leftovers()
            self._file = self._temporary.open("wb")

    def write(self, data: bytes) -> None:
        assert self._file is not None
        with self._explained():
            self._file.write(data)

    def commit(self) -> None:
        assert self._file is not None
        with self._explained():
            self._file.flush()
            if self._sync:
                os.fsync(self._file.fileno())
            self._file.close()
            self._temporary.replace(self.path)
            self._file = None

    def abandon(self) -> None:
        """After `commit` this does nothing."""
        if self._file is not None:
            with contextlib.suppress(OSError):  # closing writes what is left, and the disk may be full
                self._file.close()
            self._file = None
            self._temporary.unlink(missing_ok=True)

    def _remove_leftovers(self) -> None:
        """Removes temporary files of this name whose process was killed: nobody has written to them for an hour. Not
        where there may be thousands: without `sync`.
        """
        for left in self.path.parent.glob(f".{glob.escape(self.path.name)}.*.tmp"):
            with contextlib.suppress(OSError):
                if time.time() - left.stat().st_mtime > _LEFT:
                    left.unlink()

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as e:
            self.abandon()
            state = "the former file is untouched" if self.path.is_file() else "nothing was left behind"
            raise InputError(f"{self.path}: cannot be written ({e.strerror or e}); {state}") from e


def read_json(text: str | bytes) -> Any:
    """JSON of a stranger. Raises ValueError, for brackets that go deeper than Python follows too."""
    try:
        return json.loads(text)
    except RecursionError as e:
        raise ValueError("its brackets go too deep") from e


def check_output(path: str | Path, inputs: Iterable[str | Path], what: str = "--out") -> None:
    """Raises InputError when writing file `path` would lose something or fail; to be called before anything is read.

    Refused: a path that is one of the files `inputs` (by another spelling or case, through symbolic or hard links), a
    folder, a device, a write-protected file, a name that cannot be written, a place without permission; and an image or
    PDF inside one of the folders among `inputs`, where the next run would read it. Creates nothing. `what` is the
    option that an error names.
    """
    path = Path(path)
    known = _Inputs(inputs)
    _check_file(path, what)
    if known.has(path):
        raise InputError(f"{what} {path}: it is one of the inputs, and would be overwritten; give another name")
    if path.suffix.lower() in _READ_FROM_FOLDERS and (folder := known.folder_around(path)):
        raise InputError(
            f"{what} {path}: lies in the input folder {folder}; the next run would read it; write elsewhere"
        )


def check_folder(
    path: str | Path, inputs: Iterable[str | Path], names: Iterable[str | Path], what: str = "--draw"
) -> None:
    """Raises InputError when writing the files `names` into folder `path` would lose something or fail.

    `names` are relative to `path`. Refused: what `check_output` refuses for any of them; a folder that lies in one of
    the folders among `inputs` (hidden ones aside), where the next run would read the images or PDFs among `names`;
    names that lead out of the folder, or that come twice (case and Unicode form aside: they are one file on many
    systems).
    """
    path, names = Path(path), list(names)
    known = _Inputs(inputs)
    if path.exists() and not path.is_dir():
        raise InputError(f"{what} {path}: it is a file; give a folder")
    would_be_read = any(Path(name).suffix.lower() in _READ_FROM_FOLDERS for name in names)
    if would_be_read and (folder := known.folder_around(path / "x")):
        raise InputError(
            f"{what} {path}: lies in the input folder {folder}; the next run would read it; give another folder"
        )
    _check_writable(path, path, what)
    written: dict[str, str | Path] = {}
    for name in names:
        target = path / name
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise InputError(f"{what} {path}: {name} would be written outside this folder")
        if known.has(target):
            raise InputError(
                f"{what} {path}: {target} is one of the inputs, and would be overwritten; give a new folder"
            )
        if target.is_dir():
            raise InputError(f"{what} {path}: {target} is a folder; give another one")
        _check_name(target, what)
        if (other := written.get(_folded(str(name)))) is not None:
            raise InputError(f"{what} {path}: {other} and {name} would be written to one file; read them apart")
        written[_folded(str(name))] = name


def say(text: str, stream: TextIO | None = None, end: str = "\n") -> None:
    """Prints `text` on `stream` (standard output), whatever its encoding is.

    Characters that the encoding lacks are written as backslash escapes; `use_utf8` makes that rare.
    """
    out = sys.stdout if stream is None else stream
    if out is None:  # a process without a console
        return
    encoding = getattr(out, "encoding", None) or "utf-8"
    out.write((text + end).encode(encoding, "backslashreplace").decode(encoding))


def use_utf8(*streams: TextIO | None) -> None:
    """Lets streams (standard output and error) write UTF-8, and backslash escapes for names that are no text.

    A terminal keeps its own encoding, with backslash escapes for what that lacks. To be called once, by the command.
    """
    for stream in streams or (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if stream is None or reconfigure is None:  # replaced by something that is no file, as in tests and notebooks
            continue
        if stream.isatty():
            reconfigure(errors="backslashreplace")
        else:
            reconfigure(encoding="utf-8", errors="backslashreplace")


class _Inputs:
    """Input files and folders, to be asked whether a path is one of them or lies in one."""

    def __init__(self, paths: Iterable[str | Path]) -> None:
        self._ids: set[tuple[int, int]] = set()
        self._folded: set[str] = set()
        self._folders: dict[Path, Path] = {}
        parents: dict[Path, str] = {}
        for given in paths:
            path = Path(given)
            if path.parent not in parents:  # resolving each of ten thousand files takes long
                parents[path.parent] = os.path.realpath(path.parent)
            self._folded.add(_folded(os.path.join(parents[path.parent], path.name)))  # noqa: PTH118 (fast)
            if found := _identity(path):
                self._ids.add(found)
            if path.is_dir():
                self._folders[Path(os.path.realpath(path))] = path

    def has(self, path: Path) -> bool:
        """Whether `path` is one of them. One that does not exist is compared by its name, case aside."""
        if found := _identity(path):
            return found in self._ids
        return _folded(os.path.realpath(path)) in self._folded

    def folder_around(self, path: Path) -> Path | None:
        """The folder among them, as given, that `path` lies in, hidden folders in between aside."""
        real = Path(os.path.realpath(path))
        for folder, given in self._folders.items():
            if real.is_relative_to(folder) and real != folder:
                between = real.relative_to(folder).parts
                if not any(part.startswith(".") for part in between):
                    return given
        return None


def _identity(path: Path) -> tuple[int, int] | None:
    """What is the same for two names of one file; None when there is no file."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _check_file(path: Path, what: str) -> None:
    """Raises InputError when `path` cannot be written as a file."""
    _check_name(path, what)
    if path.is_dir():
        raise InputError(f"{what} {path}: it is a folder; give the name of a file")
    if path.exists() and not path.is_file():
        raise InputError(f"{what} {path}: it is a device, not a file; give the name of a file")
    if path.exists() and not os.access(path, os.W_OK):
        raise InputError(f"{what} {path}: it is write-protected; give another name")
    _check_writable(path.parent, path, what)


def _check_name(path: Path, what: str) -> None:
    """Raises InputError when a file cannot have this name, or the longer temporary one that it is written to first."""
    if not path.name:
        raise InputError(f"{what} {path}: no file name; give the name of a file")
    try:
        os.fsencode(path)
        here, missing = path.parent, [f".{path.name}.{os.getpid()}.tmp"]
        while not here.exists():
            missing.append(here.name)
            here = here.parent
        for name in missing:  # names that are too long raise only where the folder exists
            _check_allowed(here / name)
    except (OSError, ValueError) as e:
        reason = e.strerror if isinstance(e, OSError) and e.strerror else e
        raise InputError(f"{what} {path}: cannot be written ({reason}); give another name") from e


def _check_allowed(path: Path) -> None:
    """Raises OSError for a name that the file system refuses; there need be no such file."""
    with contextlib.suppress(
        FileNotFoundError, NotADirectoryError
    ):  # `_check_writable` says where a file is in the way
        path.lstat()


def _check_writable(folder: Path, path: Path, what: str) -> None:
    """Raises InputError when no file can be made in `folder`, or the folder itself cannot."""
    here = folder
    while not here.exists():
        if here.is_symlink():
            raise InputError(f"{what} {path}: {here} is a link that leads nowhere; give another folder")
        here = here.parent
    if not here.is_dir():
        raise InputError(f"{what} {path}: {here} is a file, not a folder; give another folder")
    if not os.access(here, os.W_OK | os.X_OK):
        made = "" if here == folder else f", so {folder} cannot be made"
        raise InputError(f"{what} {path}: no permission to write in {here}{made}; give another folder")


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

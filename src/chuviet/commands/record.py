"""What `chuviet read` wrote into a folder: so a stopped reading goes on, and no file of another origin is replaced."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chuviet.errors import InputError
from chuviet.inputs.sources import Source

#: The record's name in the folder. Hidden files are never read as input.
NAME = ".chuviet-read.jsonl"


class Record:
    """A file of JSON lines: ``[name, mark]`` when a file is begun, ``[name, mark, "done"]`` when it is whole.

    A mark stands for the settings and the input that a file was made from. Lines are added, never changed, so a stop at
    any moment, `kill -9` included, leaves a record that is true; a last line that was cut is passed over.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._marks: dict[str, str] = {}
        self._done: dict[str, str] = {}
        self._is_cut = False  # the last line: a power cut, a full disk
        try:
            text = (self.folder / NAME).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return
        self._is_cut = not text.endswith("\n")
        for line in text.split("\n"):
            self._take(line)

    def is_ours(self, name: str) -> bool:
        """Whether a file of the folder was written by `chuviet read`, with whatever settings."""
        return name in self._marks

    def is_done(self, name: str, mark: str) -> bool:
        """Whether a file is there, whole, and made from the same input with the same settings."""
        return self._done.get(name) == mark and (self.folder / name).is_file()

    def begin(self, name: str, mark: str) -> None:
        """To be called before a file is written."""
        self._marks[name] = mark
        self._done.pop(name, None)
        self._add([name, mark])

    def finish(self, name: str) -> None:
        """To be called when it is written."""
        self._done[name] = self._marks[name]
        self._add([name, self._marks[name], "done"])

    def _take(self, line: str) -> None:
        try:
            entry = json.loads(line)
        except ValueError:
            return
        match entry:
            case [str(name), str(mark)]:
                self._marks[name] = mark
                self._done.pop(name, None)
            case [str(name), str(mark), "done"]:
                self._marks[name] = self._done[name] = mark

    def _add(self, entry: list[str]) -> None:
        path = self.folder / NAME
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as f:
                if self._is_cut:
                    f.write(b"\n")
                f.write(json.dumps(entry).encode("ascii") + b"\n")
            self._is_cut = False
        except OSError as e:
            raise InputError(f"{path}: cannot be written ({e.strerror or e})") from e


def mark_of(settings: dict[str, Any], sources: Sequence[Source]) -> str:
    """What tells the same reading of the same images from another: settings, names, and size and time of the file."""
    path = sources[0].path
    state: list[int] = []
    if path is not None:
        try:
            found = path.stat()
            state = [found.st_size, found.st_mtime_ns]
        except OSError:  # reading it says why
            pass
    known = json.dumps([settings, [s.name for s in sources], state], sort_keys=True, default=str)
    return hashlib.sha256(known.encode("utf-8", "surrogatepass")).hexdigest()[:16]

"""What `chuviet read` wrote into a folder: so a stopped reading goes on, and no file of another origin is replaced."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from chuviet.errors import InputError
from chuviet.inputs.sources import Source

#: The record's name in the folder. Hidden files are never read as input.
NAME = ".chuviet-read.jsonl"
_ALL = ".chuviet-read*.jsonl"
_DONE = "done"


class Record:
    """A file of JSON lines: ``[name, mark, "begun", seconds]`` when a file is begun, and with "done" when it is whole;
    seconds since 1970.

    A mark stands for the settings and the input that a file was made from. Lines are added, never changed, so a stop at
    any moment, `kill -9` included, leaves a record that is true; a last line that was cut is passed over. Each shard
    (i, n) has a file of its own, so that no two machines write to one; what any of them did is known to all that start
    later.
    """

    def __init__(self, folder: str | Path, shard: tuple[int, int] = (0, 1)) -> None:
        self.folder = Path(folder)
        self._path = self.folder / (NAME if shard[1] == 1 else f".chuviet-read-{shard[0]}of{shard[1]}.jsonl")
        self._marks: dict[str, str] = {}
        self._done: dict[str, str] = {}
        self._is_cut = False  # the last line: a power cut, a full disk
        entries = [entry for path in sorted(self.folder.glob(_ALL)) for entry in self._entries(path)]
        for _, name, mark, done in sorted(entries, key=lambda entry: entry[0]):
            self._marks[name] = mark
            if done:
                self._done[name] = mark
            else:
                self._done.pop(name, None)

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
        self._add(name, "begun")

    def finish(self, name: str) -> None:
        """To be called when it is written."""
        self._done[name] = self._marks[name]
        self._add(name, _DONE)

    def _entries(self, path: Path) -> Iterator[tuple[float, str, str, bool]]:
        """(seconds, name, mark, whether it was done) of a record's lines; those of before had no time."""
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return
        if path == self._path:
            self._is_cut = not text.endswith("\n")
        for line in text.split("\n"):
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            match entry:
                case [str(name), str(mark)]:
                    yield 0, name, mark, False
                case [str(name), str(mark), "done"]:
                    yield 0, name, mark, True
                case [str(name), str(mark), "begun" | "done" as what, int() | float() as seconds]:
                    yield seconds, name, mark, what == _DONE

    def _add(self, name: str, what: str) -> None:
        path, entry = self._path, [name, self._marks[name], what, round(time.time(), 3)]
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

"""Where `chuviet read` writes: standard output, one file, or a folder with a file for every input and format."""

from __future__ import annotations

import re
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from chuviet.commands.images import file_names
from chuviet.commands.record import Record, mark_of
from chuviet.errors import InputError
from chuviet.files import check_folder, check_output, say
from chuviet.formats.file import PageFile, is_ours
from chuviet.formats.known import FORMATS, Format, format_of, known_format, named_format
from chuviet.formats.writer import Picture
from chuviet.inputs.shares import shares
from chuviet.inputs.sources import Source
from chuviet.results import Page


class Sink(Protocol):
    """What takes pages: see `formats.file.PageFile`."""

    def add(self, page: Page, picture: Picture) -> None: ...
    def close(self) -> None: ...
    def abandon(self) -> None: ...


@dataclass
class Target:
    """One output; `path` None is standard output. `names` are those of its images, as far as they are known. `sync`: as
    in `files.write_whole`.
    """

    format: Format
    path: Path | None
    names: list[str]
    sync: bool = True

    def open(self) -> Sink:
        return Printed(self.format) if self.path is None else PageFile(self.path, self.format, self.names, self.sync)


@dataclass
class Document:
    """Images that go into the same files. `targets` take all its pages; `by_page` has a list of targets for each page,
    for formats of one page a file. `mark`: see `commands.record`. `is_ours`: whether it belongs to the shard at hand.
    """

    sources: list[Source]
    targets: list[Target]
    by_page: list[list[Target]] = field(default_factory=list)
    mark: str = ""
    is_ours: bool = True

    def all_targets(self) -> list[Target]:
        return [*self.targets, *(target for targets in self.by_page for target in targets)]


class Printed:
    """Pages on standard output, as they are read."""

    def __init__(self, format: Format) -> None:
        self.writer = format()

    def add(self, page: Page, picture: Picture) -> None:
        start = b"" if self.writer.pages else self.writer.start()
        self._say(start + self.writer.page(page, picture))

    def close(self) -> None:
        if self.writer.pages:
            self._say(self.writer.end())

    def abandon(self) -> None:
        pass

    def _say(self, data: bytes) -> None:
        say(data.decode("utf-8"), end="")
        if sys.stdout is not None:
            sys.stdout.flush()


class PageOutputs:
    """The outputs that `--out`, `--format`, `--overwrite` and `--shard` ask for."""

    def __init__(self, args: Namespace, settings: Callable[[], dict[str, Any]]) -> None:
        """Raises InputError for a name or a format that is not known, before anything is looked for. `settings`: what
        the texts depend on beside the images.
        """
        self.out: str | None = args.out
        self._overwrite, self._settings = args.overwrite, settings
        self.formats, self.is_folder = _chosen(args.out, args.format)
        self.documents: list[Document] = []
        self._shard: tuple[int, int] = args.shard
        if self._shard[1] > 1 and not self.is_folder:
            raise InputError("--shard: shards write into one folder; name it and its formats: --format json --out DIR")
        self._record = Record(args.out, self._shard) if self.is_folder else None

    def plan(self, sources: Sequence[Source], inputs: Sequence[Path]) -> None:
        """Fills `documents`. Raises InputError for outputs that are inputs, that cannot be written, or that are there
        and not chuviet's.
        """
        if self.is_folder:
            self._plan_folder(sources, inputs)
            return
        (format,) = self.formats
        path = None if self.out is None else Path(self.out)
        if path is not None:
            check_output(path, inputs)
            if not self._overwrite and _holds_something(path) and not is_ours(path, format):
                raise InputError(f"--out {path}: is there, and may not be chuviet's; --overwrite replaces it")
        if format.one_page and len(sources) > 1:
            raise InputError(
                f"format {format.name} has one page a file, and there are {len(sources)} images; write into a folder: "
                f"--format {format.name} --out DIR"
            )
        self.documents = [Document(list(sources), [Target(format, path, [s.name for s in sources])])]

    def is_done(self, document: Document) -> bool:
        """Whether an earlier run wrote all of a document, from the same images with the same settings."""
        if self._record is None or self._overwrite or document.sources[0].path is None:
            return False
        return all(self._record.is_done(self._name(t), document.mark) for t in document.all_targets())

    def begin(self, document: Document) -> None:
        """Notes that the files of a document are about to be written."""
        if self._record is not None:
            for target in document.all_targets():
                self._record.begin(self._name(target), document.mark)

    def finish(self, document: Document) -> None:
        """Notes that they are written."""
        if self._record is not None:
            for target in document.all_targets():
                self._record.finish(self._name(target))

    def _plan_folder(self, sources: Sequence[Source], inputs: Sequence[Path]) -> None:
        assert self.out is not None and self._record is not None
        folder, groups = Path(self.out), _grouped(sources)
        settings = self._settings()
        self.documents = [Document(group, [], [[] for _ in group], mark_of(settings, group)) for group in groups]
        for format in self.formats:
            ending = format.endings[0]
            if format.one_page:
                pages = [targets for document in self.documents for targets in document.by_page]
                for source, targets, name in zip(
                    sources, pages, file_names((s.name for s in sources), ending), strict=True
                ):
                    targets.append(Target(format, folder / name, [source.name], sync=False))
                continue
            names = file_names((_group_name(group) for group in groups), ending)
            for document, name in zip(self.documents, names, strict=True):
                target = Target(format, folder / name, [s.name for s in document.sources], sync=False)
                document.targets.append(target)
        i, n = self._shard
        for document, share in zip(self.documents, shares([len(group) for group in groups], n), strict=True):
            document.is_ours = share == i
        targets = [target for document in self.documents if document.is_ours for target in document.all_targets()]
        check_folder(folder, inputs, [self._name(target) for target in targets], "--out")
        others = [t.path for t in targets if t.path and t.path.exists() and not self._record.is_ours(self._name(t))]
        if others and not self._overwrite:
            raise InputError(
                f"--out {folder}: {len(others)} of its files would be replaced, and chuviet read did not write them "
                f"({', '.join(str(path) for path in others[:3])}); --overwrite replaces them"
            )

    def _name(self, target: Target) -> str:
        assert target.path is not None and self.out is not None
        return target.path.relative_to(self.out).as_posix()


def _chosen(out: str | None, names: str | None) -> tuple[list[Format], bool]:
    """The formats, and whether they go into a folder."""
    formats = [named_format(name.strip()) for name in names.split(",")] if names else []
    formats = list(dict.fromkeys(formats))
    if out is None:
        if len(formats) > 1:
            raise InputError(f"--format {names}: several formats go into a folder; name it: --out DIR")
        if formats and not formats[0].is_text:
            raise InputError(f"--format {names}: cannot be printed; name a file: --out FILE{formats[0].endings[0]}")
        return formats or [FORMATS["txt"]], False
    is_folder = out.endswith(("/", "\\")) or Path(out).is_dir()
    if not formats:
        if is_folder:
            raise InputError(f"--out {out}: a folder; name the formats of its files, such as --format json,pdf")
        return [known_format(out)], False
    if is_folder or format_of(out) is None:
        return formats, True
    if len(formats) > 1:
        raise InputError(f"--out {out}: several formats go into a folder, and this is the name of a file")
    if not Path(out).name.lower().endswith(formats[0].endings):
        raise InputError(f"--out {out}: names of format {formats[0].name} end in {' or '.join(formats[0].endings)}")
    return formats, False


def _grouped(sources: Sequence[Source]) -> list[list[Source]]:
    """The images by the file that they are from, pages of one file together."""
    groups: list[list[Source]] = []
    for source in sources:
        before = groups[-1][-1] if groups else None
        is_next = before is not None and source.frame == before.frame + 1 and source.path == before.path
        if is_next and before is not None and _base(source.name) == _base(before.name):
            groups[-1].append(source)
        else:
            groups.append([source])
    return groups


def _group_name(group: Sequence[Source]) -> str:
    return group[0].name if len(group) == 1 else _base(group[0].name)


def _base(name: str) -> str:
    """The name of a page's file: ``a.pdf#2`` is of ``a.pdf``, ``a.pdf#2 (2)`` of ``a.pdf (2)``."""
    return re.sub(r"#\d+(?=( \(\d+\))?$)", "", name)


def _holds_something(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0

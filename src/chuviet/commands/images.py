"""What `predict` and `read` share: the images that INPUT names, checks of the outputs, pictures."""

from __future__ import annotations

import io
import itertools
import math
import os
import re
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from PIL import Image

from chuviet.errors import InputError
from chuviet.files import check_folder, check_output, say, write_whole
from chuviet.inputs.limits import Limits
from chuviet.inputs.names import counted
from chuviet.inputs.sources import Found, Source, find_sources, printable
from chuviet.reading.pictures import draw
from chuviet.results import Detection

T = TypeVar("T")


def sources_of(args: Namespace, check: Callable[[Sequence[Source], Sequence[Path]], None] | None = None) -> Found:
    """The images that `args.input` names. Says on stderr which files of a folder are no images, and which have more
    pages than are read. Raises InputError before anything is read for an output that is one of the inputs, or cannot be
    written. `check`, given the images and the files and folders that are read, does so for `args.out`; without it that
    is one file.
    """
    found = find_sources(args.input, limits=Limits(args.max_pixels, args.max_pages, args.dpi, args.page_seconds))
    inputs = [Path(name) for name in args.input if Path(name).exists()]
    inputs += [s.path for s in found.sources if s.path is not None]
    if check is not None:
        check(found.sources, inputs)
    elif args.out:
        check_output(args.out, inputs)
    if getattr(args, "draw", None):
        check_folder(args.draw, inputs, [str(p) for p in picture_names([s.name for s in found.sources])])
    if found.left_out:
        shown = "; ".join(f"{printable(name)}: {why}" for name, why in found.left_out[:10])
        more = f"; and {len(found.left_out) - 10} more" if len(found.left_out) > 10 else ""
        say(f"chuviet: {counted(len(found.left_out), 'file')} not read: {shown}{more}", sys.stderr)
    for name, pages in found.cut:
        say(f"chuviet: {printable(name)}: {counted(pages, 'more page')} not read (--max-pages)", sys.stderr)
    return found


class TimeLimit:
    """`seconds` from when it was made (0: all of them)."""

    def __init__(self, seconds: float) -> None:
        if not seconds >= 0:
            raise InputError(f"--time-limit {seconds:g}: 0 (no limit) or a number above it is expected")
        self._end = time.monotonic() + seconds if seconds else math.inf

    @property
    def over(self) -> bool:
        return time.monotonic() >= self._end


def read_each(
    sources: Iterable[Source], read: Callable[[Source], T], skip: bool
) -> tuple[list[tuple[Source, T]], list[str]]:
    """What `read` gives for each image, and why the others cannot be read. The first of those ends it unless `skip`."""
    done: list[tuple[Source, T]] = []
    bad: list[str] = []
    for source in sources:
        try:
            done.append((source, read(source)))
        except InputError as e:
            bad.append(str(e))
            if not skip:
                break
    return done, bad


def say_bad(reasons: Sequence[str], of: int, skip: bool, what: str = "images") -> None:
    """Names images that cannot be read on stderr. Raises InputError unless they are to be skipped."""
    if reasons and not skip:
        more = f" ({len(reasons)} of {of} {what} cannot be read; --skip-bad reads the others)" if of > 1 else ""
        for reason in reasons[1:20]:
            say(f"chuviet: {reason}", sys.stderr)
        raise InputError(reasons[0] + more)
    for reason in reasons:
        say(f"chuviet: left out: {reason}", sys.stderr)


def save_picture(folder: str, name: Path, source: Source, found: Detection) -> None:
    """The picture with what was found on it."""
    data = io.BytesIO()
    Image.fromarray(draw(source.load(), found)).save(data, "JPEG", quality=90)
    write_whole(Path(folder, name), data.getvalue(), sync=False)


def picture_names(names: Iterable[str]) -> list[Path]:
    """A .jpg for every image; see `file_names`."""
    return file_names(names, ".jpg")


def file_names(names: Iterable[str], ending: str) -> list[Path]:
    """A file for every image, each another one: the image's name with another ending, below the folder that all are in
    unless all names lead downwards; of one image its last part. With ending .jpg, what would be a second a.jpg is
    a.png.jpg, a third a.png.2.jpg; a.pdf#2, a page of several, is a-2.jpg.
    """
    names = list(names)
    if len(names) == 1:
        names = [Path(names[0]).name]
    elif any(Path(name).is_absolute() or ".." in Path(name).parts for name in names):
        whole = [Path(os.path.normpath(Path(name).absolute())) for name in names]
        top = os.path.commonpath([path.parent for path in whole])
        names = [str(path.relative_to(top)) for path in whole]
    taken: dict[Path, None] = {}
    for name in names:
        page = re.fullmatch(r"(.+)#(\d+)( \(\d+\))?", name)
        path, number = (Path(page[1]), f"-{page[2]}{page[3] or ''}") if page else (Path(name), "")
        numbered = (Path(f"{path}{number}.{k}{ending}") for k in itertools.count(2))
        first = (Path(f"{path.with_suffix('')}{number}{ending}"), Path(f"{path}{number}{ending}"))
        taken[next(choice for choice in itertools.chain(first, numbered) if choice not in taken)] = None
    return list(taken)

"""`chuviet read`: all text of pages and photos, found and read."""

from __future__ import annotations

import signal
import sys
import threading
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tqdm import tqdm

from chuviet import __version__
from chuviet.artifact.opening import find_weights
from chuviet.commands import OK, PARTLY, Stopped
from chuviet.commands.images import TimeLimit, picture_names, save_picture, say_bad, sources_of
from chuviet.commands.page_outputs import PageOutputs, Sink, Target
from chuviet.commands.weights import load_for_pages
from chuviet.errors import InputError
from chuviet.files import say
from chuviet.inputs.sources import Source, printable
from chuviet.reading import detector as detectors
from chuviet.reading import pages as readers
from chuviet.reading.pages import Reader, as_detection

#: Options that change no text: all others, those of later versions too, are settings.
_NO_SETTINGS = {"batch_size", "command", "default", "device", "draw", "format", "input", "limit_mb", "out", "overwrite",
                "parser", "shard", "skip_bad", "threads", "time_limit", "weights"}  # fmt: skip


@dataclass
class _Tally:
    """What became of the images."""

    read: int = 0
    texts: int = 0
    before: int = 0  # read by an earlier run
    kept: int = 0  # in files that are whole, should the command be stopped
    drawn: int = 0
    seconds: float = 0.0
    bad: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)  # names of images that are not begun in time


def run(args: Namespace) -> int:
    outputs = PageOutputs(args, lambda: _settings(args))
    inputs = sources_of(args, outputs.plan)
    limit = TimeLimit(args.time_limit)
    pictures = picture_names(s.name for s in inputs.sources) if args.draw else []
    sources = [source for document in outputs.documents if document.is_ours for source in document.sources]
    detector, recognizer = load_for_pages(args, [detectors.DEFAULT, *readers.RECOGNIZERS])
    # Where one of the two is named, the other one is the shipped one.
    reader = Reader(detector or detectors.DEFAULT, recognizer or readers.RECOGNIZERS, min_score=args.min_score,
                    ocr=args.ocr, longest=args.longest, threads=args.threads)  # fmt: skip
    tally = _Tally()
    show = args.out and len(sources) > 1 and sys.stderr is not None and sys.stderr.isatty()
    try:
        with _terminable(), tqdm(total=len(sources), unit="page", disable=not show, dynamic_ncols=True) as bar:
            _read_all(args, reader, outputs, pictures, tally, bar, limit)
    except KeyboardInterrupt:
        kept = tally.kept + tally.before
        more = f"; {kept} of {len(sources)} images are done, and the same command goes on" if kept else ""
        raise Stopped(f"stopped{more}") from None
    say_bad(tally.bad, len(sources), args.skip_bad, "pages")
    if tally.late:
        late = f"{len(tally.late)} of {len(sources)} pages are not read, from {printable(tally.late[0])} on"
        say(f"chuviet: {late} (--time-limit)", sys.stderr)
    _sum_up(args, tally, len(sources))
    return PARTLY if tally.bad or tally.late or inputs.cut else OK


def _read_all(
    args: Namespace, reader: Reader, outputs: PageOutputs, pictures: Sequence[Path], tally: _Tally, bar: Any,
    limit: TimeLimit,
) -> None:  # fmt: skip
    """Reads document by document and page by page; ends at the first bad image unless they are skipped, and begins no
    page after its time.
    """
    first = 0
    for document in outputs.documents:
        drawn = pictures[first : first + len(document.sources)]
        first += len(document.sources)
        if not document.is_ours:
            continue
        if outputs.is_done(document) and all(Path(args.draw, name).is_file() for name in drawn):
            tally.before += len(document.sources)
            bar.update(len(document.sources))
            continue
        if limit.over:
            tally.late += [source.name for source in document.sources]
            continue
        bad_before, late_before = len(tally.bad), len(tally.late)
        outputs.begin(document)
        with ExitStack() as stack:
            opened = {id(target): _opened(target, stack) for target in document.all_targets()}
            for k, source in enumerate(document.sources):
                if limit.over:
                    tally.late.append(source.name)
                    continue
                targets = [*document.targets, *(document.by_page[k] if document.by_page else ())]
                _read_one(args, reader, source, [opened[id(t)] for t in targets], drawn[k : k + 1], tally)
                bar.update()
                if tally.bad and not args.skip_bad:
                    return
            for sink in opened.values():
                sink.close()
        if (len(tally.bad), len(tally.late)) == (bad_before, late_before) and outputs.is_folder:
            outputs.finish(document)
            tally.kept += len(document.sources)


def _opened(target: Target, stack: ExitStack) -> Sink:
    sink = target.open()
    stack.callback(sink.abandon)
    return sink


def _read_one(
    args: Namespace, reader: Reader, source: Source, sinks: Sequence[Sink], drawn: Sequence[Path], tally: _Tally
) -> None:
    start = time.perf_counter()
    try:
        page = reader.page(source, args.batch_size)
    except InputError as e:
        tally.bad.append(str(e))
        return
    tally.seconds += time.perf_counter() - start
    for sink in sinks:
        sink.add(page, source.load)
    for name in drawn:
        save_picture(args.draw, name, source, as_detection(page))
    tally.drawn += len(drawn)
    tally.read += 1
    tally.texts += len(page)


def _sum_up(args: Namespace, tally: _Tally, images: int) -> None:
    if args.out:
        took = f", {1e3 * tally.seconds / tally.read:.0f} ms an image" if tally.read else ""
        before = f"; {tally.before} images were done before" if tally.before else ""
        none = "; no file was written" if not tally.read + tally.before else ""
        say(f"{args.out}: {tally.texts} texts in {tally.read} of {images} images{took}{before}{none}")
    if args.draw:
        say(f"{args.draw}: {tally.drawn} pictures", None if args.out else sys.stderr)


def _settings(args: Namespace) -> dict[str, Any]:
    """What the texts depend on beside the images: version, options and weights."""
    files = [find_weights(name) for name in [*args.weights, detectors.DEFAULT, *readers.RECOGNIZERS]]
    options = {key: value for key, value in vars(args).items() if key not in _NO_SETTINGS}
    weights = [[path.name, path.stat().st_size, path.stat().st_mtime_ns] for path in files]
    return options | {"version": __version__, "weights": weights}


@contextmanager
def _terminable() -> Iterator[None]:
    """Ends by SIGTERM as by Ctrl-C: half-written files are removed."""

    def stop(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():  # Python allows it nowhere else
        yield
        return
    former = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)

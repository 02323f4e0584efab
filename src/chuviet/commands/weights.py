"""What the weights options name, loaded: a detector, a recogniser (an ensemble if there are several), or both."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from chuviet.artifact.budget import check_budget
from chuviet.artifact.metadata import Artifact
from chuviet.artifact.opening import find_weights, open_artifact
from chuviet.errors import InputError
from chuviet.files import say
from chuviet.reading.choice import LineChoice, open_readers
from chuviet.reading.detector import Detector
from chuviet.reading.lines import LineReader


def load_all(args: Namespace, default: Sequence[str]) -> tuple[Detector | None, LineReader | None]:
    """The detector and the recogniser among the weights (`default` where none are named). Raises InputError for two
    detectors, and for files over the size limit: that of `args`, or of an ensemble.
    """
    detector, readers = _opened(args, default)
    return detector, LineReader(readers, decoder=args.decoder, beam_width=args.beam_width) if readers else None


def load_for_pages(args: Namespace, default: Sequence[str]) -> tuple[Detector | None, LineReader | LineChoice | None]:
    """As `load_all`, but recognisers may be of different charsets: each line decides between them."""
    detector, readers = _opened(args, default)
    return detector, open_readers(readers, decoder=args.decoder, beam_width=args.beam_width) if readers else None


def _opened(args: Namespace, default: Sequence[str]) -> tuple[Detector | None, list[Artifact]]:
    files = [find_weights(name) for name in args.weights or default]
    if args.limit_mb is not None and args.limit_mb > 0:
        check_budget(files, args.limit_mb)
    opened = {path: open_artifact(path, args.device, args.threads) for path in files}
    artifacts = [opened[path] for path in files]
    detectors = [a for a in artifacts if a.charset is None]
    readers = [a for a in artifacts if a.charset is not None]
    if len(detectors) > 1:
        raise InputError(f"{detectors[0].path} and {detectors[1].path}: two detectors; name one")
    if args.limit_mb is None and len(readers) > 1:
        check_budget(files)
    longest = getattr(args, "longest", None)  # of the commands that have it
    return Detector(detectors[0], longest=longest) if detectors else None, readers


def check_options(args: Namespace, detector: Detector | None, reader: LineReader | None) -> None:
    """Raises InputError for an option that the kind of the weights would ignore."""
    if detector is not None:
        _refuse(args, ("ignore_space", "fold", "frames"), f"for lines; {detector.artifact.path} finds text on pages")
    else:
        _refuse(args, ("draw", "min_score", "frame", "longest"), "for the weights of a detector; a line has no quads")
    if reader is None:
        options = ("decoder", "beam_width", "batch_size", "min_score")
        _refuse(args, options, "for the weights of a recogniser, and none are named")
    if detector is not None and detector.artifact.kind != "rejector":
        _refuse(args, ("frame",), f"for a detector with a rejector; {detector.artifact.path} has none")


def say_if_trained_on(data: Sequence[str], detector: Detector | None, reader: LineReader | None) -> None:
    """Says on stderr which of the label files `data` the weights were trained on, by their notes: metrics on those do
    not say how unseen images are read.
    """
    artifacts: list[Artifact] = [*(reader.artifacts if reader else ()), *([detector.artifact] if detector else ())]
    for a in artifacts:
        for name in data:
            if any(f"/{Path(name).as_posix()}".endswith(f"/{source}") for source in a.notes.get("sources", ())):
                say(f"chuviet: note: {a.path} was trained on {name}", sys.stderr)


def _refuse(args: Namespace, options: Sequence[str], why: str) -> None:
    for name in options:
        if getattr(args, name, None) != args.default(name):
            raise InputError(f"--{name.replace('_', '-')} is {why}")

"""What the weights options name, loaded: a detector, a recogniser (an ensemble if there are several), or both."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

import torch

from chuviet.artifact.budget import check_budget
from chuviet.artifact.find import find_weights
from chuviet.errors import InputError
from chuviet.models.rejector import Rejector
from chuviet.reading.detector import Detector
from chuviet.reading.lines import Recognizer, load_weights


def load_all(args: Namespace, default: Sequence[str]) -> tuple[Detector | None, Recognizer | None]:
    """The detector and the recogniser among the weights (`default` where none are named). Raises InputError for two
    detectors, and for files over the size limit: that of `args`, or of an ensemble.
    """
    files = [find_weights(name) for name in args.weights or default]
    if args.limit_mb is not None and args.limit_mb > 0:
        check_budget(files, args.limit_mb)
    target = _device(args.device)
    artifacts = [load_weights(path, target) for path in files]
    detectors = [a for a in artifacts if a.charset is None]
    readers = [a for a in artifacts if a.charset is not None]
    if len(detectors) > 1:
        raise InputError(f"{detectors[0].path} and {detectors[1].path}: two detectors; name one")
    if args.limit_mb is None and len(readers) > 1:
        check_budget(files)
    recognizer = Recognizer(readers, args.decoder, args.beam_width) if readers else None
    return Detector(detectors[0]) if detectors else None, recognizer


def check_options(args: Namespace, detector: Detector | None, recognizer: Recognizer | None) -> None:
    """Raises InputError for an option that the kind of the weights would ignore."""
    if detector is not None:
        _refuse(args, ("skip_bad", "ignore_space", "fold"), f"for lines; {detector.artifact.path} finds text on pages")
    else:
        _refuse(args, ("draw", "min_score", "frame"), "for the weights of a detector; a line has no quads")
    if recognizer is None:
        options = ("decoder", "beam_width", "batch_size", "min_score")
        _refuse(args, options, "for the weights of a recogniser, and none are named")
    if detector is not None and not isinstance(detector.model, Rejector):
        _refuse(args, ("frame",), f"for a detector with a rejector; {detector.artifact.path} has none")


def say_if_trained_on(data: Sequence[str], detector: Detector | None, recognizer: Recognizer | None) -> None:
    """Says on stderr which of the label files `data` the weights saw in training, as their notes have it: figures of
    those are none of what they never saw.
    """
    artifacts = [*(recognizer.artifacts if recognizer else ()), *([detector.artifact] if detector else ())]
    for a in artifacts:
        for name in data:
            if any(f"/{Path(name).as_posix()}".endswith(f"/{source}") for source in a.notes.get("sources", ())):
                print(f"chuviet: note: {a.path} was trained on {name}", file=sys.stderr)


def _refuse(args: Namespace, options: Sequence[str], why: str) -> None:
    for name in options:
        if getattr(args, name, None) != args.default(name):
            raise InputError(f"--{name.replace('_', '-')} is {why}")


def _device(name: str) -> torch.device:
    name = name if name != "auto" else ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        target = torch.device(name)
        torch.empty(0, device=target)
    except (RuntimeError, AssertionError) as e:  # torch says "no CUDA" by AssertionError
        raise InputError(f"--device {name}: not there ({str(e).splitlines()[0]}); use cpu or auto") from e
    return target

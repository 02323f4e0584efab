"""`chuviet export`: weights as an ONNX file, and what it was found to be worth beside PyTorch."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from chuviet.artifact.opening import find_weights
from chuviet.commands import OK
from chuviet.data.detection import read_set
from chuviet.data.lists import read_labels
from chuviet.errors import InputError
from chuviet.export import detector as detectors
from chuviet.export import lines
from chuviet.export.graph import CALIBRATION
from chuviet.export.verdict import JUDGED, Refused
from chuviet.inputs.images import read_image
from chuviet.inputs.sources import Source, find_sources
from chuviet.labels import LabelledPage
from chuviet.pytorch.artifact import SavedModel, load_artifact

#: Lines of --check that are read, at most.
CHECKED = 500


def run(args: Namespace) -> int:
    if args.calibrate and args.precision != "int8":
        raise InputError(f"--calibrate is for int8; {args.precision} needs no ranges")
    if args.tolerance is not None and args.precision not in JUDGED:
        raise InputError(f"--tolerance is for {' and '.join(JUDGED)}; how far {args.precision} may differ is fixed")
    if args.runtime:
        raise InputError("--runtime is for --to web")
    if len(args.weights) != 1:
        raise InputError("-w FILE: one weights file is expected")
    path = find_weights(args.weights[0])
    saved = load_artifact(path)
    out = Path(args.out or path.with_suffix(".onnx" if path.suffix != ".onnx" else f".{args.precision}.onnx"))
    if out.suffix.lower() != ".onnx":
        raise InputError(f"--out {out}: an ONNX file ends in .onnx")
    call = _lines if saved.charset else _pages
    try:
        summary, metrics = call(args, saved, out)
    except Refused as e:
        for line in _metrics(e.report, args.check):
            print(line)
        raise
    print(f"{out}: {summary}")
    for line in metrics:
        print(line)
    return OK


def _lines(args: Namespace, saved: SavedModel, out: Path) -> tuple[str, list[str]]:
    texts: list[str] = []
    sources = find_sources([args.check]).sources[:CHECKED] if args.check else []
    images = [source.load() for source in sources]
    if args.check and Path(args.check).suffix.lower() in (".csv", ".txt"):
        texts = read_labels(args.check, columns=("img_path", "text"))["text"].tolist()[: len(images)]
    calibrate = _others(find_sources([args.calibrate]).sources, sources) if args.calibrate else []
    tolerance = lines.TOLERANCE if args.tolerance is None else args.tolerance
    done = lines.export_onnx(saved, out, args.precision, images, texts, tolerance, calibrate)
    summary = (
        f"{done.size / 1e6:.2f} MB, {args.precision}; {done.different} of {done.lines} lines read otherwise than by "
        "PyTorch"
    )
    return summary, _metrics(done, args.check)


def _pages(args: Namespace, saved: SavedModel, out: Path) -> tuple[str, list[str]]:
    targets = _check_pages(args.check) if args.check else []
    calibrate: list[np.ndarray] = []
    if args.calibrate:
        given, judged = ([_source(page) for page in pages] for pages in (_check_pages(args.calibrate), targets))
        calibrate = _others(given, judged)
    tolerance = detectors.TOLERANCE if args.tolerance is None else args.tolerance
    done = detectors.export_detector(saved, out, args.precision, targets, tolerance, calibrate)
    summary = (
        f"{done.size / 1e6:.2f} MB, {args.precision}; on {done.different} of {done.pages} pages something else is "
        "found than by PyTorch"
    )
    return summary, _metrics(done, args.check)


def _metrics(done: lines.Report | detectors.DetectorReport, check: str) -> list[str]:
    """What was measured, one line each."""
    if isinstance(done, lines.Report):
        what, count, error, scores = "image", done.lines, "CER", done.cer
    else:
        what, count, error, scores = "page", done.pages, "hmean", done.hmean
    found = []
    if done.calibrated:
        found.append(f"int8 ranges from {done.calibrated} {what}s, judged on {count} others")
    if scores:
        found.append(f"{error} on {check}: " + ", ".join(f"{score:.4f} {name}" for name, score in scores.items()))
    times = done.milliseconds
    theirs, *_, ours = times.values()
    shown = ", ".join(f"{ms:.1f} ms {name}" for name, ms in times.items())
    return [*found, f"one {what}: {shown} ({theirs / ours:.1f} times as fast)"]


def _check_pages(source: str) -> list[LabelledPage]:
    """Labelled pages, or plain images without labels; 100 of them at most."""
    path = Path(source)
    if path.suffix.lower() in (".txt", ".mat"):
        return read_set(source)[:100]
    none = np.zeros((0, 4, 2))
    files = [str(s.path) for s in find_sources([source]).sources if s.path is not None]
    return [LabelledPage(None, none, [], np.zeros(0, bool), name) for name in files[:100]]


def _source(page: LabelledPage) -> Source:
    path = Path(page.path)
    return Source(page.path, path, 1, lambda: read_image(path))


def _others(sources: Sequence[Source], judged: Sequence[Source]) -> list[np.ndarray]:
    """The images that int8 ranges are taken from. Raises InputError for one that int8 would be judged on too."""
    taken, seen = sources[:CALIBRATION], {s.path.resolve() for s in judged if s.path}
    if both := [s.name for s in taken if s.path and s.path.resolve() in seen]:
        raise InputError(f"{both[0]}: in --calibrate and in --check; int8 is not judged on what it is calibrated on")
    return [source.load() for source in taken]

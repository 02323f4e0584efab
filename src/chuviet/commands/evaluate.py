"""`chuviet evaluate`: how well weights read labelled lines, or find and read labelled pages."""

from __future__ import annotations

import dataclasses
import io
import json
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from PIL import Image
from tqdm import tqdm

from chuviet.commands import OK
from chuviet.commands.images import picture_names
from chuviet.commands.weights import check_options, load_all, say_if_trained_on
from chuviet.compress import rejection
from chuviet.data.detection import read_set
from chuviet.data.seen import count_seen
from chuviet.data.table import write_table
from chuviet.errors import InputError
from chuviet.files import check_folder, say, write_whole
from chuviet.inputs.images import read_image
from chuviet.labels import LabelledPage
from chuviet.metrics.detection import DetectionMetric
from chuviet.pytorch.artifact import load_artifact
from chuviet.reading import lines
from chuviet.reading.detector import Detector
from chuviet.reading.files import write_detections
from chuviet.reading.lines import LineReader
from chuviet.reading.pages import Reader, as_detection
from chuviet.report import detection as pictures
from chuviet.report.evaluation import evaluate
from chuviet.results import Detection


def run(args: Namespace) -> int:
    detector, reader = load_all(args, [lines.DEFAULT])
    check_options(args, detector, reader)
    say_if_trained_on(args.data, detector, reader)
    if detector is not None:
        return _evaluate_pages(args, detector, reader)
    assert reader is not None
    metrics, rows = evaluate(
        reader, args.data, args.fold, args.batch_size, progress=True, ignore_space=args.ignore_space,
        frames_file=args.frames,
    )  # fmt: skip
    _say_if_learnt(rows, reader)
    if args.out:
        write_table(rows, args.out)
    if args.json:
        where = {"data": args.data, "fold": args.fold, "weights": args.weights}
        write_whole(args.json, (json.dumps(where | metrics, indent=1) + "\n").encode())
    raw, lower = metrics["raw"], metrics["case_insensitive"]
    print(f"{'':<10}{'raw':>9}{'case-insensitive':>19}")
    for name in [k for k in raw if k not in ("count", "cer_nocase")]:
        print(f"{name:<10}{raw[name]:>9.4f}{lower[name]:>19.4f}")
    print(f"{raw['count']:.0f} lines of {', '.join(args.data)}" + ("" if args.fold is None else f", fold {args.fold}"))
    print(f"one line alone takes {metrics['milliseconds']:.1f} ms (median)")
    if "corrections" in metrics:
        made = metrics["corrections"]
        print(f"the language model changed {made['changed']} lines: {made['better']} better, {made['worse']} worse, "
              f"{made['same']} as wrong as before; cer without it {metrics['without_lm']['cer']:.4f}")  # fmt: skip
    for name, part in metrics.get("sources", {}).items():
        print(f"{name}: {part['count']:.0f} lines, cer {part['cer']:.4f}, accuracy {part['accuracy']:.4f}")
    return OK


def _say_if_learnt(rows: pd.DataFrame, reader: LineReader) -> None:
    """Says on stderr how many of these lines (img_path, text) the weights have learnt from, by their notes."""
    for a in reader.artifacts:
        if count := count_seen(rows, a.notes):
            say(
                f"chuviet: note: {a.path} has learnt {count} of these {len(rows)} lines: the figures do not say how "
                "unseen lines are read",
                sys.stderr,
            )


def _evaluate_pages(args: Namespace, detector: Detector, recognizer: LineReader | None) -> int:
    """Pages: a detector is among the weights."""
    targets = _read_sets(args.data)
    paths = [Path(page.path) for page in targets]
    if recognizer is None:
        found = detector.predict(paths, progress=True)
    else:
        reader = Reader(detector, recognizer, min_score=args.min_score)
        bar = tqdm(paths, unit="page", dynamic_ncols=True)
        found = [as_detection(reader.read_image(read_image(p), "", args.batch_size), i) for i, p in enumerate(bar)]
    metric = DetectionMetric()
    metric.update(found, targets)
    metrics = metric.by_source() | {"all": metric.compute()}
    errors = metric.errors_by_source() | {"all": metric.errors()}
    gate = None
    if detector.artifact.kind == "rejector" and detector.artifact.path.suffix == ".safetensors":
        gate = rejection.measure(load_artifact(detector.artifact.path), targets, args.frame)
    if args.json:
        result = {"data": args.data, "weights": args.weights} | metrics | {"errors": errors}
        result |= {"rejector": dataclasses.asdict(gate)} if gate else {}
        write_whole(args.json, (json.dumps(result, indent=1) + "\n").encode())
    if args.out:
        write_detections([page.path for page in targets], found, args.out)
    print(pictures.table(metrics).to_string(float_format=lambda v: f"{v:.4f}"))
    print(pictures.error_table(errors).to_string())
    if gate:
        print(gate)
    if args.draw:
        _draw(args.draw, found, targets)
    return OK


def _read_sets(names: Sequence[str]) -> list[LabelledPage]:
    """The pages of label files, in their order; each file's have a `source` of their own."""
    if twice := [name for name, n in Counter(names).items() if n > 1]:
        raise InputError(f"--data {twice[0]}: named twice")
    sets = [read_set(name) for name in names]
    short = Counter(found[0].source for found in sets)
    for name, found in zip(names, sets, strict=True):
        source = found[0].source if short[found[0].source] == 1 else name
        for page in found:
            page.source = source
    return [page for found in sets for page in found]


def _draw(folder: str, found: Sequence[Detection], targets: Sequence[LabelledPage]) -> None:
    """Pictures of what was found beside the ground truth, named as the images."""
    paths = [Path(page.path).absolute() for page in targets]
    names = picture_names(str(path) for path in paths)
    check_folder(folder, paths, [str(name) for name in names])
    for name, path, d, target in zip(names, paths, found, targets, strict=True):
        drawn = io.BytesIO()
        Image.fromarray(pictures.draw(read_image(path), d, target)).save(drawn, "JPEG", quality=90)
        write_whole(Path(folder, name), drawn.getvalue(), sync=False)
    print(f"{folder}: {len(found)} pictures")

"""Commands about pages: finding text, reading it, and measuring both."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image

from chuviet.artifact.find import find_weights
from chuviet.commands import OK
from chuviet.commands.weights import load_all
from chuviet.compress import rejection
from chuviet.data.detection import read_set
from chuviet.errors import InputError
from chuviet.files import write_whole
from chuviet.inputs.images import read_image
from chuviet.labels import LabelledPage
from chuviet.metrics.detection import DetectionMetric
from chuviet.models.rejector import Rejector
from chuviet.pytorch.artifact import resave_artifact
from chuviet.reading import pages
from chuviet.reading.detector import Detector
from chuviet.reading.lines import Recognizer, load_weights
from chuviet.report import detection as pictures
from chuviet.report import evaluation as reading
from chuviet.results import Detection

#: The shipped weights that `chuviet read` takes where none are named.
DETECTOR, RECOGNIZER = "text_det", "scene_word"


def predict(args: Namespace, detector: Detector) -> int:
    """What `chuviet predict` does with a detector's weights."""
    names, paths = reading.find_images(args.input)
    start = time.perf_counter()
    found = detector.predict(paths, progress=len(paths) > 1)
    took = 1e3 * (time.perf_counter() - start) / len(paths)
    if args.out:
        pages.save_detections(names, found, args.out)
        print(f"{args.out}: {sum(len(d.quads) for d in found)} texts in {len(names)} images, {took:.1f} ms an image")
    else:
        for name, d in zip(names, found, strict=True):
            print(f"{name}\t{json.dumps(pages.as_json(d), ensure_ascii=False)}")
    _draw(args.draw, names, paths, found)
    return OK


def read(args: Namespace) -> int:
    detector, recognizer = load_all(args, [DETECTOR, RECOGNIZER])
    if detector is None or recognizer is None:
        missing, default = ("detector", DETECTOR) if detector is None else ("recogniser", RECOGNIZER)
        raise InputError(f"read needs a detector and a recogniser: no {missing} is named; add -w {default}")
    names, paths = reading.find_images(args.input)
    start = time.perf_counter()
    found = pages.read_pages(paths, detector, recognizer, args.batch_size, args.min_score, progress=len(paths) > 1)
    took = 1e3 * (time.perf_counter() - start) / len(paths)
    if args.out:
        pages.save_readings(names, found, args.out)
        print(f"{args.out}: {sum(len(d.quads) for d in found)} texts in {len(names)} images, {took:.0f} ms an image")
    else:
        for name, d in zip(names, found, strict=True):
            for text, score in zip(d.texts or (), d.scores, strict=True):
                print(f"{name}\t{text}\t{score:.3f}" if len(names) > 1 else f"{text}\t{score:.3f}")
    _draw(args.draw, names, paths, found)
    return OK


def evaluate(args: Namespace, detector: Detector, recognizer: Recognizer | None) -> int:
    """What `chuviet evaluate` does when a detector is among the weights."""
    truths = _read_sets(args.data)
    paths = [Path(page.path) for page in truths]
    if recognizer is None:
        found = detector.predict(paths, progress=True)
    else:
        found = pages.read_pages(paths, detector, recognizer, args.batch_size, args.min_score, progress=True)
    metric = DetectionMetric()
    metric.update(found, truths)
    figures = metric.by_source() | {"all": metric.compute()}
    errors = metric.errors_by_source() | {"all": metric.errors()}
    gate = rejection.measure(detector.artifact, truths, args.frame) if isinstance(detector.model, Rejector) else None
    if args.json:
        result = {"data": args.data, "weights": args.weights} | figures | {"errors": errors}
        result |= {"rejector": dataclasses.asdict(gate)} if gate else {}
        write_whole(args.json, (json.dumps(result, indent=1) + "\n").encode())
    if args.out:
        pages.save_detections([page.path for page in truths], found, args.out)
    print(pictures.table(figures).to_string(float_format=lambda v: f"{v:.4f}"))
    print(pictures.error_table(errors).to_string())
    if gate:
        print(gate)
    _draw(args.draw, [str(p.absolute()) for p in paths], paths, found, truths)
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


def reject(args: Namespace) -> int:
    artifact = load_weights(find_weights(args.weights))
    chosen = rejection.choose_threshold(artifact, read_set(args.data), args.frame, args.recall)
    threshold = chosen.model_cfg.threshold  # type: ignore[attr-defined]
    print(f"threshold {threshold:.3f}: the highest that {args.recall:.2%} of the frames with text in {args.data} pass")
    for name in dict.fromkeys([args.data, args.check or args.data]):
        print(f"{name}: {rejection.measure(chosen, read_set(name), args.frame)}")
    size = resave_artifact(chosen, args.out)
    print(f"{args.out}: {size / 1e6:.2f} MB")
    return OK


def _draw(
    folder: str | None,
    names: Sequence[str],
    paths: Sequence[Path],
    found: Sequence[Detection],
    truths: Sequence[LabelledPage | None] = (),
) -> None:
    """Pictures of what was found, named as the images, below `folder` (if there is one)."""
    if not folder:
        return
    for name, path, d, truth in zip(_picture_names(names), paths, found, truths or [None] * len(found), strict=True):
        out = Path(folder, name)
        out.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pictures.draw(read_image(path), d, truth)).save(out, quality=90)
    print(f"{folder}: {len(found)} pictures")


def _picture_names(names: Sequence[str]) -> list[Path]:
    """A .jpg for every image, each another one: its name, below the folder that all are in unless all names lead
    downwards. What would be a second a.jpg is a.png.jpg, a third a.png.2.jpg.
    """
    if any(Path(name).is_absolute() or ".." in Path(name).parts for name in names):
        whole = [Path(os.path.normpath(Path(name).absolute())) for name in names]
        top = os.path.commonpath([path.parent for path in whole])
        names = [str(path.relative_to(top)) for path in whole]
    taken: dict[Path, None] = {}
    for name in names:
        numbered = (Path(f"{name}.{k}.jpg") for k in itertools.count(2))
        choices = itertools.chain([Path(name).with_suffix(".jpg"), Path(f"{name}.jpg")], numbered)
        taken[next(path for path in choices if path not in taken)] = None
    return list(taken)


COMMANDS: dict[str, Callable[[Namespace], int]] = {"read": read, "reject": reject}

"""Detectors as ONNX files, checked on real pages against what they were made from."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from chuviet.artifact.onnx_file import load_onnx
from chuviet.batch import Batch
from chuviet.errors import InputError
from chuviet.export.graph import Precision, calibration_rows, describe, in_precision, skip_unless, trace
from chuviet.export.lines import drawn_strings
from chuviet.export.verdict import Verdict
from chuviet.files import write_whole
from chuviet.inputs.images import read_image
from chuviet.labels import LabelledPage
from chuviet.metrics.detection import DetectionMetric
from chuviet.models.rejector import NOTHING, Rejector
from chuviet.polygons import iou
from chuviet.pytorch.artifact import SavedModel
from chuviet.pytorch.network import TorchMaps, as_artifact
from chuviet.reading.detector import Detector
from chuviet.results import Detection

#: Share of the pages on which a quad may differ from all of PyTorch's.
DIFFERENT = {"fp32": 0.0, "fp16": 0.05}
#: How much the hmean of int8 may be below PyTorch's.
TOLERANCE = 0.01
#: Two quads are the same from this intersection over union on.
SAME = 0.95


@dataclass(frozen=True)
class DetectorReport:
    """What an export was found to be worth: `milliseconds` (median of one page, network and decoding) and `hmean`
    (empty without labels) of "PyTorch fp32", "ONNX int8" and so on. That of int8 has "ONNX fp32" between the two.
    """

    size: int  # bytes
    pages: int
    calibrated: int  # other pages, that int8 ranges were taken from
    different: int  # pages on which something else was found
    milliseconds: dict[str, float]
    hmean: dict[str, float]


def export_detector(
    saved: SavedModel, out: str | Path, precision: Precision = "fp32", pages: Sequence[LabelledPage] = (),
    tolerance: float = TOLERANCE, calibrate: Sequence[np.ndarray] = (),
) -> DetectorReport:  # fmt: skip
    """Writes `out` after finding the text of `pages` (or of drawn strings) with PyTorch and ONNX Runtime. int8 takes
    its ranges from `calibrate`, or else from some of `pages`, which are then not judged on.

    Raises Refused, and leaves no file, when more pages differ than `DIFFERENT` allows, or when an int8 model's hmean
    on the labelled pages is more than `tolerance` below PyTorch's.
    """
    if precision == "int8" and pages and not len(calibrate):
        taken = set(calibration_rows(len(pages)))
        calibrate = [read_image(page.path) for i, page in enumerate(pages) if i in taken]
        pages = [page for i, page in enumerate(pages) if i not in taken]
    labelled = any(len(page.quads) for page in pages)
    if precision == "int8" and not labelled:
        raise InputError("int8 is calibrated and judged on real pages: give labelled ones with --check")
    theirs = Detector(as_artifact(saved))
    assert isinstance(theirs.network, TorchMaps)
    model = theirs.network.model
    images = [read_image(page.path) for page in pages] or [_page_of(strings) for strings in _sixes(drawn_strings())]
    graph = detector_graph(model)
    detectors = {"PyTorch fp32": theirs}
    if precision == "int8":
        plain = _finish(onnx.load_from_string(graph.SerializeToString()), saved, model, "fp32")
        detectors["ONNX fp32"] = Detector(load_onnx(plain, saved.path))
    feeds = ({"images": np.ascontiguousarray(theirs.prepare(image)[0])} for image in calibrate)
    data = _finish(in_precision(graph, precision, feeds), saved, model, precision)
    detectors[f"ONNX {precision}"] = Detector(load_onnx(data, saved.path))
    timed = {name: _timed(detector, images) for name, detector in detectors.items()}
    want, *_, got = (found for found, _ in timed.values())
    report = DetectorReport(
        len(data), len(images), len(calibrate), different=sum(not _same(a, b) for a, b in zip(want, got, strict=True)),
        milliseconds={name: ms for name, (_, ms) in timed.items()},
        hmean={name: _hmean(found, pages) for name, (found, _) in timed.items()} if labelled else {},
    )  # fmt: skip
    Verdict(
        precision, report.different, report.pages, DIFFERENT, "pages", "hmean", report.hmean, rising=False,
        tolerance=tolerance,
    ).check(str(saved.path), report)  # fmt: skip
    write_whole(out, data)
    return report


def _finish(graph: onnx.ModelProto, saved: SavedModel, model: nn.Module, precision: Precision) -> bytes:
    """The file. In place."""
    if isinstance(model, Rejector):
        skip_unless(graph, "text", model.cfg.threshold, (model.detector.channels, 1, 1), NOTHING)
    return describe(graph, saved, precision, saved.decoder_cfg)


def detector_graph(model: nn.Module) -> onnx.ModelProto:
    """images N 3 H W -> logits N C H/s W/s; batch, height and width are dynamic. That of a `Rejector` has a second
    output, text N, and runs whole whatever it is.
    """
    axes = {0: "batch", 2: "height", 3: "width"}
    out = {0: "batch", 2: "rows", 3: "columns"}
    example = torch.zeros(1, 3, 96, 128)
    outputs = {"logits": out, "text": {0: "batch"}} if isinstance(model, Rejector) else {"logits": out}
    return trace(_Maps(model), (example,), ["images"], list(outputs), {"images": axes, **outputs})


class _Maps(nn.Module):
    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        output = self.model(Batch(images, torch.zeros(1), torch.zeros(1)))
        return (output.logits, output.extra["text"]) if isinstance(self.model, Rejector) else (output.logits,)


def _timed(detector: Detector, images: Sequence[np.ndarray]) -> tuple[list[Detection], float]:
    """What is found on every image, and the median of milliseconds."""
    found, times = [], []
    for i, image in enumerate([images[0], *images]):  # the first one warms up
        start = time.perf_counter()
        found.append(detector.find(image, i - 1))
        times.append(1e3 * (time.perf_counter() - start))
    return found[1:], float(np.median(times[1:]))


def _same(a: Detection, b: Detection) -> bool:
    """Whether every quad of one has its own in the other, and every word."""
    if len(a.quads) != len(b.quads):
        return False
    if a.words is not None and b.words is not None and not _same(a.words, b.words):
        return False
    matches = iou(a.quads, b.quads) >= SAME
    return bool(matches.any(0).all() and matches.any(1).all())


def _hmean(found: Sequence[Detection], pages: Sequence[LabelledPage]) -> float:
    metric = DetectionMetric()
    metric.update(found, pages)
    return metric.compute()["hmean"]


def _sixes(strings: Sequence[np.ndarray]) -> list[Sequence[np.ndarray]]:
    return [strings[i : i + 6] for i in range(0, len(strings), 6)]


def _page_of(strings: Sequence[np.ndarray]) -> np.ndarray:
    """Drawn strings below each other on white."""
    width = max(s.shape[1] for s in strings) + 40
    page = np.full((sum(s.shape[0] + 20 for s in strings) + 20, width, 3), 255, np.uint8)
    top = 20
    for s in strings:
        page[top : top + s.shape[0], 20 : 20 + s.shape[1]] = s
        top += s.shape[0] + 20
    return page

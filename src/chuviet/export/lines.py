"""Recognisers as ONNX files, checked against what they were made from.

A file needs nothing beside it: charset, preprocessing, decoder and language model lie in its metadata. A CTC model's
graph gives logits and the frames of each line; that of a model which `ReadsUnpadded` takes images without padding. An
attention model's graph holds its decoder loop (an ONNX Loop whose body is one traced step) and gives characters. Batch
and width are dynamic everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from chuviet.artifact.network import FrameNetwork
from chuviet.artifact.onnx_file import load_onnx
from chuviet.batch import Batch
from chuviet.decode.attention import AttentionGreedy, DecodedInGraph
from chuviet.errors import InputError
from chuviet.export.graph import Precision, calibration_rows, describe, in_precision, trace
from chuviet.export.loop import decoder_loop
from chuviet.export.verdict import JUDGED, Verdict
from chuviet.files import write_whole
from chuviet.metrics.recognition import RecognitionMetric
from chuviet.models.protocols import ReadsUnpadded, StepModel
from chuviet.pytorch.artifact import SavedModel
from chuviet.pytorch.network import as_artifact
from chuviet.reading.lines import LineReader, milliseconds
from chuviet.synth.fonts import default_fonts
from chuviet.synth.printed import plain
from chuviet.vocab import PRINTED

BATCHES = (1, 3, 8)  # batch sizes that an attention model is checked with
#: Share of the lines whose text may differ from PyTorch's.
DIFFERENT = {"fp32": 0.0, "fp16": 0.02}
#: How much the CER of int8 may be above PyTorch's.
TOLERANCE = 0.005


@dataclass(frozen=True)
class Report:
    """What an export was found to be worth: `milliseconds` (median of one image) and `cer` (empty without labels) of
    "PyTorch fp32", "ONNX int8" and so on. That of int8 and int8-linear has "ONNX fp32" between the two.
    """

    size: int  # bytes
    lines: int
    calibrated: int  # other lines, that int8 ranges were taken from
    different: int  # lines read differently by any batch size
    milliseconds: dict[str, float]
    cer: dict[str, float]


def export_onnx(
    saved: SavedModel,
    out: str | Path,
    precision: Precision = "fp32",
    images: Sequence[np.ndarray] = (),
    texts: Sequence[str] = (),
    tolerance: float = TOLERANCE,
    calibrate: Sequence[np.ndarray] = (),
) -> Report:
    """Writes `out` after reading `images` (or drawn strings) through PyTorch and ONNX Runtime in several batch sizes.
    int8 takes its ranges from `calibrate`, or else from some of `images`, which are then not read.

    Raises Refused, and leaves no file, when more lines differ than `DIFFERENT` allows, or when the CER of int8 or
    int8-linear on the labelled images is more than `tolerance` above PyTorch's. Raises InputError for int8-linear of a
    model without linear layers, and of one with attention, which reads several lines at once.
    """
    steps = isinstance(saved.model, StepModel)
    if precision in JUDGED and not (len(images) and len(texts)):
        raise InputError(f"{precision} is judged on real lines: give labelled ones with --check")
    if precision == "int8-linear" and steps:
        raise InputError("int8-linear is for CTC models, which read line by line; take fp32, fp16 or int8")
    if precision == "int8" and not len(calibrate):
        taken = set(calibration_rows(len(images)))
        calibrate = [image for i, image in enumerate(images) if i in taken]
        images = [image for i, image in enumerate(images) if i not in taken]
        texts = [text for i, text in enumerate(texts) if i not in taken]
    images = list(images) or drawn_strings()
    if steps:
        stored: Any = saved.decoder_cfg
        saved = replace(saved, decoder_cfg=AttentionGreedy.Config(max_length=stored.max_length))
    decoder = DecodedInGraph.Config() if steps else saved.decoder_cfg
    graph = attention_graph(saved) if steps else ctc_graph(saved)
    preprocess: Any = saved.preprocess_cfg
    prepare = preprocess.build()
    readers = {"PyTorch fp32": LineReader(as_artifact(saved))}
    if precision in JUDGED:
        plain = describe(onnx.load_from_string(graph.SerializeToString()), saved, "fp32", decoder)
        readers["ONNX fp32"] = LineReader(load_onnx(plain, saved.path))
    graph = in_precision(graph, precision, (_feed(prepare, image, graph) for image in calibrate))
    data = describe(graph, saved, precision, decoder)
    readers[f"ONNX {precision}"] = LineReader(load_onnx(data, saved.path))
    report = _compare(readers, images, texts, len(data), len(calibrate))
    Verdict(
        precision, report.different, report.lines, DIFFERENT, "lines", "CER", report.cer, rising=True,
        tolerance=tolerance,
    ).check(str(saved.path), report)  # fmt: skip
    write_whole(out, data)
    return report


def drawn_strings(count: int = 24, seed: int = 0) -> list[np.ndarray]:
    """Printed strings of 1 to 47 letters: what an export is checked on where there are no real lines."""
    font = next(f for f in default_fonts(PRINTED) if f.family == "DejaVuSans")
    images = []
    for i in range(count):
        rng = np.random.default_rng((seed, i))
        text = "".join(rng.choice(list(PRINTED), 2 * i + 1))
        images.append(plain(text, font.path, int(rng.integers(24, 96)), rng))
    return images


def ctc_graph(saved: SavedModel) -> onnx.ModelProto:
    """images N C H W, widths N -> logits N T V, lengths N; without widths and lengths for a model that reads images
    without padding in a way of its own.
    """
    images, widths = _example(saved)
    if isinstance(saved.model, ReadsUnpadded):
        return trace(
            _Unpadded(saved.model), (images,), ["images"], ["logits"],
            {"images": {0: "batch", 3: "width"}, "logits": {0: "batch", 1: "frames"}},
        )  # fmt: skip
    return trace(
        _Frames(saved.model), (images, widths), ["images", "widths"], ["logits", "lengths"],
        {"images": {0: "batch", 3: "width"}, "widths": {0: "batch"}, "logits": {0: "batch", 1: "frames"},
         "lengths": {0: "batch"}},
    )  # fmt: skip


def attention_graph(saved: SavedModel) -> onnx.ModelProto:
    """images N C H W, widths N -> ids N L (pad after the end), log_probs N L of the chosen characters.

    The encoder's graph, then a Loop over traced steps until every line has ended or has the longest length.
    """
    model: Any = saved.model
    decoder: Any = saved.decoder_cfg
    axes = {"images": {0: "batch", 3: "width"}, "widths": {0: "batch"}}
    return decoder_loop(_Encode(model), _example(saved), ["images", "widths"], axes, model, int(decoder.max_length))


class _Frames(nn.Module):
    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor, widths: Tensor) -> tuple[Tensor, Tensor]:
        output = self.model(Batch(images, widths, widths))
        return output.logits, output.lengths


class _Unpadded(nn.Module):
    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        return self.model.read_unpadded(images)


class _Encode(nn.Module):
    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor, widths: Tensor) -> tuple[Tensor, ...]:
        return self.model.encode(Batch(images, widths, widths))


def _example(saved: SavedModel) -> tuple[Tensor, Tensor]:
    preprocess: Any = saved.preprocess_cfg
    prepare = preprocess.build()
    images, widths = prepare.collate([prepare(im) for im in drawn_strings(12)[9:11]])
    return torch.from_numpy(images), torch.from_numpy(widths)


def _feed(prepare: Any, image: np.ndarray, graph: onnx.ModelProto) -> dict[str, np.ndarray]:
    """What a graph is given for one image."""
    pixels, widths = prepare.collate([prepare(image)])
    if len(graph.graph.input) == 1:
        return {"images": np.ascontiguousarray(pixels[..., : widths[0]])}
    return {"images": np.ascontiguousarray(pixels), "widths": widths}


def _compare(
    readers: dict[str, LineReader], images: Sequence[np.ndarray], texts: Sequence[str], size: int, calibrated: int
) -> Report:
    """The first of `readers` is PyTorch, the last one the file."""
    # The same batches for all: the padding beside a line has a little influence on an attention model. CTC models
    # in ONNX files are run line by line.
    sizes = (1,) if isinstance(list(readers.values())[-1].artifacts[0].network, FrameNetwork) else BATCHES
    read = {name: [[p.text for p in r.predict(images, batch_size=n)] for n in sizes] for name, r in readers.items()}
    want, *_, got = (list(zip(*batches, strict=True)) for batches in read.values())
    few = images[:: max(len(images) // 12, 1)]
    return Report(
        size, len(images), calibrated, different=sum(a != b for a, b in zip(want, got, strict=True)),
        milliseconds={name: milliseconds(r, few) for name, r in readers.items()},
        cer={name: _cer(batches[0], texts) for name, batches in read.items()} if len(texts) else {},
    )  # fmt: skip


def _cer(read: Sequence[str], true: Sequence[str]) -> float:
    metric = RecognitionMetric()
    metric.update(list(read), list(true))
    return metric.compute()["cer"]

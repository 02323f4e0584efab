"""ONNX graphs: traced from PyTorch, converted to another precision, described by metadata.

Traced with torch's TorchScript exporter: it writes a GRU as the one ONNX operator that it is, where the exporter on
torch.export unrolls it to a fixed width and fails.
"""

from __future__ import annotations

import io
import itertools
import json
import tempfile
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from chuviet.artifact import wire
from chuviet.artifact.metadata import FORMAT, git_revision
from chuviet.artifact.onnx_file import LM_PREFIX, METADATA_KEY
from chuviet.config import Config, to_json
from chuviet.decode.attention import DecodedInGraph
from chuviet.errors import InputError
from chuviet.pytorch.artifact import SavedModel
from chuviet.pytorch.onnx_weights import FULL_WEIGHTS, HALF, MODEL, shared_weights
from chuviet.vocab import SPECIALS

Precision = Literal["fp32", "fp16", "int8", "int8-linear"]
OPSET = 18
_SMALL = 64  # numbers: smaller tensors are not worth a node
_SEVEN_BITS = 63  # the largest magnitude
#: Images that int8 ranges are taken from: the results of every layer on all of them are in memory at once.
CALIBRATION = 64


def calibration_rows(count: int) -> list[int]:
    """Which of `count` images int8 ranges are taken from where no others are given: a quarter, spread evenly, at most
    `CALIBRATION`. Raises InputError if none would be left to judge on.
    """
    if count < 2:
        raise InputError("int8 is not judged on what it is calibrated on: give several with --check, or --calibrate")
    wanted = min(max(count // 4, 1), CALIBRATION)
    return [round((k + 0.5) * count / wanted - 0.5) for k in range(wanted)]


def trace(
    module: nn.Module, inputs: tuple[Tensor, ...], names: list[str], outputs: list[str], axes: dict[str, dict[int, str]]
) -> onnx.ModelProto:
    file: Any = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecation, and traced shapes: the check reads many of them
        torch.onnx.export(
            module.eval(), inputs, file, dynamo=False, input_names=names, output_names=outputs, dynamic_axes=axes,
            opset_version=OPSET, training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False,
        )  # fmt: skip
    return onnx.load_from_string(file.getvalue())


def in_precision(
    graph: onnx.ModelProto, precision: Precision, feeds: Iterable[dict[str, np.ndarray]]
) -> onnx.ModelProto:
    """The graph as it is (fp32), in fp16, in int8 with ranges from the first `CALIBRATION` of `feeds`, or with its
    linear layers alone in int8. Raises InputError for a graph without linear layers where they are to be in int8.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tools' own deprecations
        if precision == "fp16":
            return _half(graph)
        if precision == "int8-linear":
            quantise_linear(graph)
        return _quantised(graph, feeds) if precision == "int8" else graph


def describe(graph: onnx.ModelProto, saved: SavedModel, precision: Precision, decoder: Config) -> bytes:
    """The file: the graph with all that `load_onnx` needs beside the weights. In place.

    fp32 weights that fp16 holds exactly are stored as such and cast as they are loaded, where the precision keeps all
    weights (`FULL_WEIGHTS`): half the bytes, the same arithmetic. Weights that training left in fp32 stay so.
    """
    stored = {t.name.removeprefix(MODEL): numpy_helper.to_array(t) for t in graph.graph.initializer
              if t.name.startswith(MODEL)}  # fmt: skip
    if precision in FULL_WEIGHTS:
        store_in_half(graph)
    if saved.lm is not None:
        tensors = saved.lm.to_tensors()
        graph.graph.initializer.extend(numpy_helper.from_array(v, LM_PREFIX + k) for k, v in tensors.items())
    helper.set_model_props(graph, {})
    graph.producer_name = "chuviet"
    charset = saved.charset.characters if saved.charset else ""
    special = SPECIALS if isinstance(decoder, DecodedInGraph.Config) else 1
    metadata = {
        "format": FORMAT, "model": to_json(saved.model_cfg), "preprocess": to_json(saved.preprocess_cfg),
        "decoder": to_json(decoder), "charset": charset, "classes": len(charset) + special if charset else 0,
        "metrics": saved.metrics, "notes": saved.notes, "revision": git_revision(), "precision": precision,
        "shared": shared_weights(stored, saved.model) if precision in FULL_WEIGHTS else {},
        "sha256": wire.read_model(graph.SerializeToString(), METADATA_KEY).digest,
    }  # fmt: skip
    helper.set_model_props(graph, {METADATA_KEY: json.dumps(metadata, ensure_ascii=False)})
    return graph.SerializeToString()


def store_in_half(graph: onnx.ModelProto) -> None:
    """Stores fp32 initializers that fp16 holds exactly in fp16, with a node that casts each back. In place."""
    body = graph.graph
    kept, casts = [], []
    for tensor in body.initializer:
        values = numpy_helper.to_array(tensor)
        exact = tensor.data_type == TensorProto.FLOAT and values.size >= _SMALL
        with np.errstate(over="ignore"):
            half = values.astype(np.float16) if exact else values
        if exact and np.array_equal(half.astype(np.float32), values):
            kept.append(numpy_helper.from_array(half, tensor.name + HALF))
            casts.append(helper.make_node("Cast", [tensor.name + HALF], [tensor.name], to=TensorProto.FLOAT))
        else:
            kept.append(tensor)
    nodes = [*casts, *body.node]
    body.ClearField("initializer")
    body.initializer.extend(kept)
    body.ClearField("node")
    body.node.extend(nodes)


def quantise_linear(graph: onnx.ModelProto) -> None:
    """Makes every multiplication by the weights of a linear layer one of int8, in place: weights of seven bits with a
    scale for each output, activations of eight with the range that they have in this run, so that nothing is
    calibrated. Weights stay in the file as they are: ONNX Runtime rounds them as it opens it.

    Seven bits, because processors without VNNI add pairs of products in 16 bits, which eight would overflow. Sums of
    floats differ in the last digit from one machine to another; where a number lies between two steps, that moves it
    by a step, so that texts which are nearly as likely may change. A run should hold a single image, whose range
    depends on no other. Raises InputError for a graph without linear layers.
    """
    body = graph.graph
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in body.initializer}
    stored = {node.output[0]: node.input[0] for node in body.node
              if node.op_type == "Transpose" and node.input[0] in arrays}  # fmt: skip
    nodes, scales = [], []
    for node in body.node:
        if node.op_type != "MatMul" or node.input[1] not in stored:
            nodes.append(node)
            continue
        x, w = node.input
        highest = np.abs(arrays[stored[w]].astype(np.float32)).max(axis=1)  # of each output, whose weights are a row
        scale = np.where(highest > 0, highest, 1).astype(np.float32) / np.float32(_SEVEN_BITS)
        names = ("w_scale", "w_zero", "w_int8", "x_uint8", "x_scale", "x_zero", "sums", "sums_fp32", "scale")
        w_scale, w_zero, w_int8, x_uint8, x_scale, x_zero, sums, floats, both = (
            f"{node.output[0]}.{name}" for name in names
        )
        scales += [
            numpy_helper.from_array(scale, w_scale),
            numpy_helper.from_array(np.zeros(len(scale), np.int8), w_zero),
        ]
        nodes += [
            helper.make_node("QuantizeLinear", [w, w_scale, w_zero], [w_int8], axis=1),
            helper.make_node("DynamicQuantizeLinear", [x], [x_uint8, x_scale, x_zero]),
            helper.make_node("MatMulInteger", [x_uint8, w_int8, x_zero, w_zero], [sums]),
            helper.make_node("Cast", [sums], [floats], to=TensorProto.FLOAT),
            helper.make_node("Mul", [x_scale, w_scale], [both]),
            helper.make_node("Mul", [floats, both], [node.output[0]]),
        ]
    if not scales:
        raise InputError("no linear layers that could be in int8; take fp32, fp16 or int8")
    body.initializer.extend(scales)
    body.ClearField("node")
    body.node.extend(nodes)


def skip_unless(graph: onnx.ModelProto, score: str, threshold: float, otherwise: tuple[int, ...], value: float) -> None:
    """Makes all of the graph that its output `score` (N) does not need run only where some score reaches `threshold`;
    else its first output is `value` in the shape (N, *otherwise). `score` is an output no longer. In place.
    """
    body, first = graph.graph, graph.graph.output[0].name
    makers = {name: node for node in body.node for name in node.output}
    early, wanted = set(), [score]
    while wanted:
        name = wanted.pop()
        if name in makers and name not in early:
            early.update(makers[name].output)
            wanted.extend(makers[name].input)
    late = [node for node in body.node if node.output[0] not in early]
    nodes = [node for node in body.node if node.output[0] in early]
    for node in late:
        for names in (node.input, node.output):
            for i, name in enumerate(names):
                names[i] = f"{first}_run" if name == first else name
    outputs = [helper.make_tensor_value_info(f"{first}_{n}", TensorProto.FLOAT, None) for n in ("run", "skipped")]
    run, skipped = outputs[:1], outputs[1:]
    blank = [
        helper.make_node("Shape", [score], ["skipped_rows"]),
        helper.make_node("Concat", ["skipped_rows", "skipped_rest"], ["skipped_shape"], axis=0),
        helper.make_node("Expand", ["skipped_value", "skipped_shape"], [skipped[0].name]),
    ]
    body.initializer.extend([
        numpy_helper.from_array(np.array(otherwise, np.int64), "skipped_rest"),
        numpy_helper.from_array(np.array(value, np.float32), "skipped_value"),
        numpy_helper.from_array(np.array(threshold, np.float32), "skipped_threshold"),
    ])  # fmt: skip
    nodes += [
        helper.make_node("ReduceMax", [score], ["highest_score"], keepdims=0),
        helper.make_node("Less", ["highest_score", "skipped_threshold"], ["all_skipped"]),
        helper.make_node(
            "If", ["all_skipped"], [first], then_branch=helper.make_graph(blank, "skipped", [], skipped),
            else_branch=helper.make_graph(late, "run", [], run),
        ),
    ]  # fmt: skip
    outputs = [output for output in body.output if output.name != score]
    for field, values in (("node", nodes), ("output", outputs), ("value_info", [])):
        body.ClearField(field)
        getattr(body, field).extend(values)


def _half(graph: onnx.ModelProto) -> onnx.ModelProto:
    """fp16 weights and arithmetic; inputs and outputs stay fp32."""
    from onnxruntime.transformers.float16 import convert_float_to_float16

    return convert_float_to_float16(graph, keep_io_types=True, disable_shape_infer=False)


def _quantised(graph: onnx.ModelProto, feeds: Iterable[dict[str, np.ndarray]]) -> onnx.ModelProto:
    """int8 weights (one scale a channel) and activations, whose ranges are taken from the images.

    Processors without VNNI add pairs of int8 products in 16 bits, which overflow: there weights have seven bits.
    """
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Images(CalibrationDataReader):
        def __init__(self) -> None:
            self.feeds = itertools.islice(feeds, CALIBRATION)

        def get_next(self) -> dict[str, np.ndarray] | None:
            return next(self.feeds, None)

    with tempfile.TemporaryDirectory() as folder:
        plain_file, ready, small = (str(Path(folder) / f"{n}.onnx") for n in ("plain", "ready", "small"))
        onnx.save(graph, plain_file)
        quant_pre_process(plain_file, ready, skip_symbolic_shape=True)
        quantize_static(
            ready, small, Images(), quant_format=QuantFormat.QDQ, per_channel=True, activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8, reduce_range=not torch.cpu._is_vnni_supported(),
            op_types_to_quantize=["Conv", "MatMul", "Gemm"],
        )  # fmt: skip
        return onnx.load(small)

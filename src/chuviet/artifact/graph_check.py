"""What a graph may hold: ONNX files come from strangers, and ONNX Runtime runs whatever it knows.

Refused are operators outside a list, functions, weights that lie in other files, tensors that claim more numbers than
they have bytes, sizes and repetitions beyond reason, loops that need not end. A graph is a program all the same: who
opens files of strangers limits the memory of the process (``ulimit -v``), as `chuviet serve` does.

Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from chuviet.artifact.wire import fields, packed_integers

#: Operators of the networks that timm and this package build, and of what PyTorch's exporter makes of them.
OPERATORS = frozenset(
    """
    Abs Add And ArgMax ArgMin Attention AveragePool BatchNormalization Cast CastLike Ceil Celu Clip Concat Constant
    ConstantOfShape Conv ConvInteger ConvTranspose Cos CumSum DepthToSpace DequantizeLinear Div Dropout
    DynamicQuantizeLinear Einsum Elu Equal Erf Exp Expand Flatten Floor GRU Gather GatherElements GatherND Gelu Gemm
    GlobalAveragePool GlobalLpPool GlobalMaxPool Greater GreaterOrEqual GridSample GroupNormalization HardSigmoid
    HardSwish Hardmax Identity If InstanceNormalization IsInf IsNaN LRN LSTM LayerNormalization LeakyRelu Less
    LessOrEqual Log LogSoftmax Loop LpNormalization LpPool MatMul MatMulInteger Max MaxPool Mean
    MeanVarianceNormalization Min Mish Mod Mul Neg NonZero Not OneHot Or PRelu Pad Pow QLinearConv QLinearMatMul
    QuantizeLinear RMSNormalization RNN Range Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax
    ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape Resize RotaryEmbedding Round
    ScatterElements ScatterND Selu Shape Sigmoid Sign Sin Size Slice Softmax Softplus Softsign SpaceToDepth Split
    Sqrt Squeeze Sub Sum Swish Tanh ThresholdedRelu Tile TopK Transpose Trilu Unsqueeze Where Xor
    """.split()
)
#: Numbers of a tensor that constants ask for, and factors by which they enlarge one.
_MOST, _LARGEST_FACTOR = 1 << 26, 4096
#: Attributes that are widths in pixels.
_WIDTHS = frozenset({b"pads", b"strides", b"dilations", b"kernel_shape", b"output_padding", b"output_shape"})
_LARGEST_WIDTH = 4096
_LONGEST_LOOP = 4096
_DEEPEST = 4  # graphs within graphs
#: By operator: which input is a shape, and the most that the product of its numbers may be.
_SIZES = {"ConstantOfShape": ((0, _MOST),), "Expand": ((1, _MOST),), "Tile": ((1, _LARGEST_FACTOR),),
          "Resize": ((2, _LARGEST_FACTOR), (3, _MOST)), "Upsample": ((1, _LARGEST_FACTOR),)}  # fmt: skip
_NUMBERS = {1: "<f4", 6: "<i4", 7: "<i8"}

Constants = dict[str, np.ndarray]


class GraphError(ValueError):
    """A graph that is not run; the message says why."""


@dataclass
class _Node:
    kind: str = ""
    domain: str = ""
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    attributes: list[memoryview] = field(default_factory=list)


def check_model(data: bytes) -> None:
    """Raises GraphError for a file that asks for more than computing; ValueError or IndexError for no ONNX file."""
    for number, _, value, _ in fields(memoryview(data)):
        if number == 25:
            raise GraphError("operators that it defines itself")
        if number == 7:
            _check_graph(value, {}, 0, False)


def _check_graph(graph: memoryview, outer: Mapping[str, np.ndarray], depth: int, in_loop: bool) -> None:
    """`outer`: the small constants of the graphs around it."""
    if depth > _DEEPEST:
        raise GraphError(f"graphs within graphs, over {_DEEPEST} of them")
    constants, nodes = dict(outer), []
    for number, _, value, _ in fields(graph):
        if number == 1:
            nodes.append(_node(value))
        elif number == 5:
            constants |= _tensor(value)
        elif number == 15:
            raise GraphError("sparse weights")
    for node in nodes:
        if node.domain not in ("", "ai.onnx") or node.kind not in OPERATORS:
            name = ".".join(part for part in (node.domain, node.kind) if part)
            raise GraphError(f"the operator {name[:60]!r}, which no network of chuviet has")
        _check_attributes(node, constants, depth, in_loop or node.kind == "Loop")
        _check_sizes(node, constants)
        if node.kind == "Loop":
            _check_loop(node, constants, in_loop)


def _node(data: memoryview) -> _Node:
    node = _Node()
    for number, _, value, _ in fields(data):
        if number == 1:
            node.inputs.append(_text(value))
        elif number == 2:
            node.outputs.append(_text(value))
        elif number == 4:
            node.kind = _text(value)
        elif number == 5:
            node.attributes.append(value)
        elif number == 7:
            node.domain = _text(value)
    return node


def _check_attributes(node: _Node, constants: Constants, depth: int, in_loop: bool) -> None:
    """Graphs and tensors in attributes; the tensor of a Constant joins the `constants`, in place."""
    for attribute in node.attributes:
        name, numbers = b"", list[int]()
        for number, _, value, integer in fields(attribute):
            if number == 1:
                name = bytes(value)
            elif number == 8:
                numbers += packed_integers(value) if len(value) else [integer]
            elif number in (5, 10):
                found = _tensor(value)
                if node.kind == "Constant" and found and node.outputs:
                    constants[node.outputs[0]] = next(iter(found.values()))
            elif number in (6, 11):
                _check_graph(value, constants, depth + 1, in_loop)
            elif number in (22, 23):
                raise GraphError("sparse weights")
        if name in _WIDTHS and any(n >= _LARGEST_WIDTH for n in numbers):  # those below 0 are huge ones here
            raise GraphError(f"{name.decode()} of {max(numbers):.3g} in {node.kind}")


def _tensor(data: memoryview) -> Constants:
    """The tensor by its name if it is a small one of numbers. Raises GraphError for one that lies elsewhere, or claims
    more numbers than it has bytes.
    """
    name, kind, raw, dims, others = "", 0, memoryview(b""), list[int](), list[int]()
    for number, _, value, integer in fields(data):
        if number == 1:
            dims += packed_integers(value) if len(value) else [integer]
        elif number == 2:
            kind = integer
        elif number == 7:
            others += packed_integers(value) if 0 < len(value) <= 512 else [integer]
        elif number == 8:
            name = _text(value)
        elif number == 9:
            raw = value
        elif number == 13 or (number == 14 and integer):
            raise GraphError("weights that lie in another file, which is not opened")
    if (count := math.prod(dims)) > 8 * len(data):
        raise GraphError(f"the tensor {name[:60]!r} claims {count:.3g} numbers in {len(data):,} bytes")
    if len(raw) > 512 or kind not in _NUMBERS:
        return {}
    return {name: np.frombuffer(raw, _NUMBERS[kind]) if len(raw) else np.array(others, np.float64)}


def _check_sizes(node: _Node, constants: Constants) -> None:
    """Raises GraphError where a constant asks for a tensor that no page needs."""
    for place, most in _SIZES.get(node.kind, ()):
        values = constants.get(node.inputs[place]) if place < len(node.inputs) else None
        if values is not None and math.prod(abs(float(v)) for v in values) > most:
            raise GraphError(f"a {node.kind} to {' x '.join(f'{v:g}' for v in values.tolist())[:80]}")
    if node.kind == "Pad" and len(node.inputs) > 1:
        values = constants.get(node.inputs[1])
        if values is not None and values.size and float(np.abs(values.astype(np.float64)).max()) > _LARGEST_WIDTH:
            raise GraphError(f"a Pad of {values.max()}")


def _check_loop(node: _Node, constants: Constants, in_loop: bool) -> None:
    """A loop has a number of rounds that is said in the file, and none within it."""
    rounds = constants.get(node.inputs[0]) if node.inputs else None
    if rounds is None or rounds.size != 1 or not 0 <= int(rounds[0]) <= _LONGEST_LOOP or in_loop:
        raise GraphError("a loop that need not end" if not in_loop else "a loop within a loop")


def _text(value: memoryview) -> str:
    return bytes(value).decode("utf-8", "replace")

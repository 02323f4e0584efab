"""How weights are stored in an exported graph: fp32 arithmetic from half the bytes, where nothing changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from chuviet.artifact.onnx_file import OnnxFrames, load_onnx
from chuviet.errors import InputError
from chuviet.export.graph import describe, quantise_linear, store_in_half
from chuviet.export.lines import attention_graph, ctc_graph
from chuviet.pytorch.artifact import SavedModel, load_artifact
from chuviet.pytorch.network import network_of
from chuviet.vocab import Charset

Save = Callable[..., Path]


def run(graph: onnx.ModelProto, feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(graph.SerializeToString(), options).run(None, feeds)  # type: ignore[no-any-return]


def feeds_of(saved: SavedModel, images: list[np.ndarray]) -> dict[str, np.ndarray]:
    preprocess: Any = saved.preprocess_cfg
    prepare = preprocess.build()
    pixels, widths = prepare.collate([prepare(image) for image in images])
    return {"images": np.ascontiguousarray(pixels), "widths": widths}


@pytest.mark.parametrize("kind", ["ctc", "word", "scene", "attention"])
def test_outputs_are_the_same_bit_for_bit_and_the_file_is_half(
    kind: str, save: Save, scribbles: Callable[..., list[np.ndarray]]
) -> None:
    """Weights of a file are fp16: all that the graph holds of them is exact in it."""
    saved = load_artifact(save("w.safetensors", kind=kind, height=32))
    plain = attention_graph(saved) if kind == "attention" else ctc_graph(saved)
    half = onnx.load_from_string(plain.SerializeToString())
    store_in_half(half)
    onnx.checker.check_model(half)
    feeds = feeds_of(saved, scribbles((40, 120, 200)))
    feeds = {i.name: feeds[i.name] for i in plain.graph.input}
    for want, got in zip(run(plain, feeds), run(half, feeds), strict=True):
        assert want.dtype == got.dtype and np.array_equal(want, got)
    weights = sum(len(t.raw_data) for t in plain.graph.initializer)
    stored = sum(len(t.raw_data) for t in half.graph.initializer)
    assert stored < 0.6 * weights
    assert len(plain.SerializeToString()) - len(half.SerializeToString()) > 0.8 * (weights - stored)


def test_what_fp16_does_not_hold_stays_in_fp32() -> None:
    rng = np.random.default_rng(0)
    exact = rng.normal(size=(8, 16)).astype(np.float16).astype(np.float32)
    arrays = {
        "exact": exact, "finer": rng.normal(size=(8, 16)).astype(np.float32), "larger": exact * 1e6,
        "one of them": np.where(np.arange(128).reshape(8, 16) == 77, np.float32(1 / 3), exact),
        "few": exact[:1, :8], "whole": np.arange(128).reshape(8, 16),
    }  # fmt: skip
    graph = helper.make_model(helper.make_graph(
        [helper.make_node("Identity", [name], [f"{name} out"]) for name in arrays], "g", [],
        [helper.make_tensor_value_info(f"{n} out", helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
         for n, a in arrays.items()],
        [numpy_helper.from_array(a, n) for n, a in arrays.items()],
    ), opset_imports=[helper.make_opsetid("", 18)])  # fmt: skip
    graph.ir_version = 9
    store_in_half(graph)
    halved = {t.name for t in graph.graph.initializer if t.data_type == TensorProto.FLOAT16}
    assert halved == {"exact.half"}
    for want, got in zip(arrays.values(), run(graph, {}), strict=True):
        assert want.dtype == got.dtype and np.array_equal(want, got)


def linear(weights: np.ndarray, shape: list[int | str]) -> onnx.ModelProto:
    """x -> x times the weights (outputs x inputs), as the exporter writes a linear layer."""
    nodes = [
        helper.make_node("Transpose", ["w"], ["w turned"], perm=[1, 0]),
        helper.make_node("MatMul", ["x", "w turned"], ["y"]),
    ]
    ends = [
        helper.make_tensor_value_info(n, TensorProto.FLOAT, s)
        for n, s in (("x", shape), ("y", [*shape[:-1], len(weights)]))
    ]
    graph = helper.make_model(
        helper.make_graph(nodes, "g", ends[:1], ends[1:], [numpy_helper.from_array(weights, "w")]),
        opset_imports=[helper.make_opsetid("", 18)],
    )
    graph.ir_version = 9
    return graph


def test_linear_layers_in_int8_by_hand() -> None:
    """Weights 1.26 and -0.63 have the scale .02 (63 steps); x from -1 to 1.55 the scale .01 and the zero 100."""
    graph = linear(np.array([[1.26, -0.63], [0, 0]], np.float32), [1, 2, 2])
    quantise_linear(graph)
    onnx.checker.check_model(graph)
    x = np.array([[[1.55, -1], [0.504, 0.246]]], np.float32)
    (y,) = run(graph, {"x": x})
    # -0.63 is -31.5 steps, which is rounded to the even -32; 0.504 is read as 0.50, 0.246 as 0.25
    want = [[1.55 * 1.26 + 1 * 0.64, 0], [0.50 * 1.26 - 0.25 * 0.64, 0]]
    assert y[0] == pytest.approx(np.array(want), abs=1e-5)


def test_linear_layers_in_int8_beside_numpy() -> None:
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(40, 192)).astype(np.float32) * rng.uniform(0.1, 9, (40, 1)).astype(np.float32)
    graph = linear(weights, [1, "frames", 192])
    quantise_linear(graph)
    for frames in (1, 7, 90):
        x = rng.normal(2, 3, (1, frames, 192)).astype(np.float32)
        low, high = min(x.min(), 0), max(x.max(), 0)
        step = np.float32((high - low) / 255)
        zero = np.rint(-low / step)
        steps = np.clip(np.rint(x / step) + zero, 0, 255) - zero
        scale = np.abs(weights).max(1) / np.float32(63)
        want = (steps @ np.rint(weights / scale[:, None]).T.astype(np.float64)) * (step * scale)
        (got,) = run(graph, {"x": x})
        assert np.abs(got - want).max() < 1e-3 * np.abs(want).max()
        assert np.abs(got - x @ weights.T).max() < 0.03 * np.abs(want).max()


def test_a_graph_without_linear_layers_has_none_in_int8(save: Save) -> None:
    graph = ctc_graph(load_artifact(save("w.safetensors", kind="ctc", height=32)))
    kept = [node for node in graph.graph.node if node.op_type != "MatMul"]
    graph.graph.ClearField("node")
    graph.graph.node.extend(kept)
    with pytest.raises(InputError, match="no linear layers"):
        quantise_linear(graph)


def test_weights_of_a_file_with_linear_layers_in_int8_are_those_it_was_made_of(
    save: Save, scribbles: Callable[..., list[np.ndarray]], tmp_path: Path
) -> None:
    saved = load_artifact(save("w.safetensors", kind="ctc", height=32))
    graph = ctc_graph(saved)
    quantise_linear(graph)
    (tmp_path / "w.onnx").write_bytes(describe(graph, saved, "int8-linear", saved.decoder_cfg))
    back = load_artifact(tmp_path / "w.onnx")
    want, got = saved.model.state_dict(), back.model.state_dict()
    assert want.keys() == got.keys() and all(
        np.array_equal(want[k], got[k]) for k in want if not k.endswith("num_batches_tracked")
    )
    feeds = feeds_of(saved, scribbles((40, 120, 200)))
    theirs: Any = network_of(saved.model)
    network: Any = load_onnx(tmp_path / "w.onnx", threads=1).network
    for plain, frames in zip(theirs.frames(**feeds), network.frames(**feeds), strict=True):
        assert 1e-6 < np.abs(plain - frames).max() < 0.03 * np.abs(plain).max()


@pytest.mark.parametrize(
    ("kind", "inputs"), [("ctc", ["images"]), ("word", ["images"]), ("scene", ["images", "widths"])]
)
def test_an_exported_file_is_a_reader_of_the_same_frames(
    kind: str, inputs: list[str], save: Save, scribbles: Callable[..., list[np.ndarray]]
) -> None:
    """As shipped: with metadata, stored in half, run by ONNX Runtime with the options of reading. A
    LineCTC's graph takes images without padding, which the reader cuts off.
    """
    saved = load_artifact(save("w.safetensors", kind=kind, height=32, charset=Charset("abcdeố123")))
    back = load_onnx(describe(ctc_graph(saved), saved, "fp32", saved.decoder_cfg), "w.onnx", threads=1)
    assert isinstance(back.network, OnnxFrames) and back.precision == "fp32" and back.notes == {"run": "t"}
    assert [i.name for i in back.network.session.get_inputs()] == inputs
    feeds = feeds_of(saved, scribbles((40, 120, 200)))
    theirs: Any = network_of(saved.model)
    for want, got in zip(theirs.frames(**feeds), back.network.frames(**feeds), strict=True):
        assert want.shape == got.shape and np.abs(want - got).max() < 1e-3

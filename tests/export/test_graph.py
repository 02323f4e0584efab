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
from chuviet.export.graph import describe, store_in_half
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

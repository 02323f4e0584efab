"""The protobuf fields of ONNX files, beside the onnx package as a second implementation; and damage at any place."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import helper, numpy_helper

from chuviet.artifact import wire
from chuviet.artifact.onnx_file import LM_PREFIX, METADATA_KEY, load_onnx
from chuviet.errors import InputError

TYPES = ("float32", "uint8", "int8", "int16", "int32", "int64", "float16", "uint32", "uint64")


def model(seed: int = 0) -> onnx.ModelProto:
    """A graph with tensors of every type, two of them without elements or dimensions, and some metadata."""
    rng = np.random.default_rng(seed)
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])], "g",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["n"])],
        [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, ["n"])],
    )  # fmt: skip
    for name in TYPES:
        shape = tuple(rng.integers(1, 20, int(rng.integers(1, 4))).tolist())
        array = rng.integers(0, 100, shape).astype(name)
        graph.initializer.append(numpy_helper.from_array(array, f"{LM_PREFIX}{name}"))
    graph.initializer.append(numpy_helper.from_array(np.zeros((0, 3), np.float32), f"{LM_PREFIX}empty"))
    graph.initializer.append(numpy_helper.from_array(np.array(2.5, np.float32), f"{LM_PREFIX}scalar"))
    graph.initializer.append(numpy_helper.from_array(np.ones(7, np.float32), "another"))
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    made.ir_version = 9
    helper.set_model_props(made, {"key": "Huế " * 200, "other": "", "third": "x"})
    return made


@pytest.mark.parametrize("seed", range(3))
def test_it_reads_what_the_onnx_package_reads(seed: int) -> None:
    made = model(seed)
    file = wire.read_model(made.SerializeToString(), "key", (LM_PREFIX,))
    assert file.properties == {p.key: p.value for p in made.metadata_props}
    theirs = {t.name: numpy_helper.to_array(t) for t in made.graph.initializer if t.name.startswith((LM_PREFIX,))}
    assert list(file.tensors) == list(theirs)
    for name, array in theirs.items():
        assert file.tensors[name].dtype == array.dtype and np.array_equal(file.tensors[name], array), name
        assert file.tensors[name].shape == array.shape and file.tensors[name].flags.aligned
        if name != f"{LM_PREFIX}float16":  # which memoryview does not read
            assert memoryview(file.tensors[name]).tolist() == array.tolist()
    assert wire.read_model(made.SerializeToString(), "key").tensors == {}


def test_the_digest_is_of_all_but_the_entry_that_holds_it() -> None:
    made = model()
    digest = wire.read_model(made.SerializeToString(), "key").digest
    entry = next(p for p in made.metadata_props if p.key == "key")
    entry.value = "another, shorter"
    assert wire.read_model(made.SerializeToString(), "key").digest == digest
    made.metadata_props.remove(entry)
    assert digest == hashlib.sha256(made.SerializeToString()).hexdigest()
    made.metadata_props[0].value = "changed"
    assert wire.read_model(made.SerializeToString(), "key").digest != digest


def test_onnx_runtime_drops_the_tensors_that_no_node_reads() -> None:
    session = onnxruntime.InferenceSession(model().SerializeToString())
    assert session.run(None, {"x": np.ones(3, np.float32)})[0].tolist() == [1, 1, 1]


def damages(whole: bytes, at: int, byte: bytes) -> tuple[bytes, ...]:
    """A byte changed, one taken out, one put in, and the rest gone."""
    return whole[:at] + byte + whole[at + 1 :], whole[:at] + whole[at + 1 :], whole[:at] + byte + whole[at:], whole[:at]


@pytest.mark.parametrize("seed", range(2))
def test_damaged_tensors_are_read_or_refused(seed: int) -> None:
    """Two errors alone say that a file is none; a digest then finds what can still be read."""
    whole = model(seed).SerializeToString()
    heads = [i for i in range(len(whole)) if whole[i : i + 10] == b"chuviet.lm"]
    rng = np.random.default_rng(seed)
    places = [at for head in heads for at in range(head - 24, head + 40)]
    outcomes = set()
    for at in [*places, *rng.integers(0, len(whole), 300).tolist()]:
        byte = bytes([int(rng.choice([whole[at] ^ 128, 255, 0, int(rng.integers(256))]))])
        for damaged in damages(whole, at, byte):
            try:
                wire.read_model(damaged, "key", (LM_PREFIX,))
                outcomes.add("read")
            except (ValueError, IndexError):
                outcomes.add("refused")
    assert outcomes == {"read", "refused"}


def test_dimensions_of_any_size_are_no_shape() -> None:
    for size in (-1, 2**31, 2**62, -(2**63)):
        made = model()
        made.graph.initializer[0].dims[0] = size
        with pytest.raises(ValueError):
            wire.read_model(made.SerializeToString(), "key", (LM_PREFIX,))


def test_damage_anywhere_is_one_line_and_never_another_error(small_onnx: Any, tmp_path: Path) -> None:
    """Bytes changed, taken out, put in, and files cut short: at random, and at every byte of the head and the tail.
    (Within the metadata a changed name of a run is none the worse.)
    """
    whole, path = small_onnx.line.read_bytes(), tmp_path / "w.onnx"
    assert load_onnx(whole, path).charset is not None
    rng = np.random.default_rng(0)
    metadata = whole.index(b'{"format"')
    places = [*range(40), *range(len(whole) - 40, len(whole)), *rng.integers(0, metadata, 120).tolist()]
    refused = 0
    for at in places:
        byte = bytes([whole[at] ^ int(rng.integers(1, 256))])
        for damaged in damages(whole, at, byte):
            with pytest.raises(InputError) as error:
                load_onnx(damaged, path)
            assert str(error.value).startswith(f"{path}: ") and "\n" not in str(error.value)
            refused += 1
    assert refused == 4 * len(places)


def test_random_bytes_are_refused() -> None:
    rng = np.random.default_rng(1)
    for size in (0, 1, 2, 3, 10, 1000):
        for _ in range(200):
            data = rng.integers(0, 256, size, dtype=np.uint8).tobytes()
            with pytest.raises(InputError):
                load_onnx(data, "random.onnx")


def test_metadata_and_language_model_are_read_from_a_real_file(small_onnx: Any) -> None:
    file = wire.read_model(small_onnx.line.read_bytes(), METADATA_KEY, (LM_PREFIX,))
    theirs = onnx.load(small_onnx.line)
    assert file.properties == {p.key: p.value for p in theirs.metadata_props} and METADATA_KEY in file.properties
    assert file.tensors == {}

"""Weights by name or path, and the one line that says why some are not opened."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest

from chuviet.artifact.network import FrameNetwork, MapNetwork, SteppingNetwork
from chuviet.artifact.opening import find_weights, open_artifact
from chuviet.errors import InputError

Save = Callable[..., Path]


def test_weights_by_name(tmp_path: Path) -> None:
    shipped, runs = tmp_path / "weights", tmp_path / "outputs"
    for path in (
        shipped / "a.safetensors", shipped / "d.safetensors", shipped / "d.onnx", shipped / "v1.2.onnx",
        runs / "b/fold0/weights.safetensors", runs / "b/fold3/weights.safetensors",
    ):  # fmt: skip
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    roots = (shipped, runs)
    assert find_weights("a", roots) == shipped / "a.safetensors"
    assert find_weights("d", roots) == shipped / "d.onnx"  # what needs no PyTorch comes first
    assert find_weights("v1.2", roots) == shipped / "v1.2.onnx"  # a name may have dots
    assert find_weights("b", roots) == runs / "b/fold3/weights.safetensors"
    assert find_weights(str(shipped / "a.safetensors"), ()) == shipped / "a.safetensors"
    for missing in ("c", "no/such.onnx", "a.onnx"):
        with pytest.raises(InputError, match=rf"{missing}: no such file"):
            find_weights(missing, roots)


def test_every_kind_of_file_opens_to_its_network(save: Save, detector_file: Path, small_onnx: Any) -> None:
    for path, network, detects in (
        (save("a.safetensors"), FrameNetwork, False), (save("b.safetensors", "attention"), SteppingNetwork, False),
        (detector_file, MapNetwork, True), (small_onnx.line, FrameNetwork, False),
        (small_onnx.detector, MapNetwork, True),
    ):  # fmt: skip
        artifact = open_artifact(path)
        assert isinstance(artifact.network, network) and (artifact.charset is None) == detects
        assert (
            artifact.path == path and artifact.size == path.stat().st_size and artifact.model["type"] == artifact.kind
        )
    assert open_artifact(small_onnx.line).metrics == {"cer": 0.25}


def test_what_cannot_be_opened_is_said_in_one_line(save: Save, small_onnx: Any, tmp_path: Path) -> None:
    for name in ("w.pth", "w.ckpt", "w.txt", "w"):
        (tmp_path / name).write_bytes(pickle.dumps({"x": 1}))
    (tmp_path / "disguised.onnx").write_bytes(pickle.dumps({"x": 1}))
    shutil.copy(save("a.safetensors"), tmp_path / "disguised2.onnx")
    shutil.copy(small_onnx.line, tmp_path / "disguised.safetensors")
    (tmp_path / "folder.onnx").mkdir()
    (tmp_path / "empty.onnx").touch()
    for name, said in (
        ("w.pth", "a pickle, which may run code"), ("w.ckpt", "a pickle, which may run code"),
        ("w.txt", "not weights; weights are .onnx or .safetensors files"), ("w", "not weights"),
        ("disguised.onnx", "not a whole ONNX file"), ("disguised2.onnx", "ONNX file"),
        ("disguised.safetensors", "not a safetensors file"), ("folder.onnx", "cannot be read"),
        ("empty.onnx", "ONNX file"), ("none.onnx", "cannot be read"), ("none.safetensors", "cannot be read"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=said) as error:
            open_artifact(tmp_path / name)
        assert str(error.value).startswith(str(tmp_path / name)) and "\n" not in str(error.value)
    with pytest.raises(InputError, match=r"line\.onnx: ONNX files are run on the CPU; for --device cuda"):
        open_artifact(small_onnx.line, "cuda")
    with pytest.raises(InputError, match="--device nowhere: not there"):
        open_artifact(save("a.safetensors"), "nowhere")


def test_a_language_model_of_before_is_not_lost_in_silence(small_onnx: Any, tmp_path: Path) -> None:
    graph = onnx.load(str(small_onnx.line))
    onnx.helper.set_model_props(graph, {p.key: p.value for p in graph.metadata_props} | {"chuviet.lm": "YWJj"})
    onnx.save(graph, str(tmp_path / "old.onnx"))
    with pytest.raises(InputError, match=r"its language model is stored as chuviet 0\.1 did; export it again"):
        open_artifact(tmp_path / "old.onnx")


def test_weights_that_are_not_there_are_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "run" / "fold1").mkdir(parents=True)
    weights = tmp_path / "run" / "fold1" / "weights.safetensors"
    weights.touch()
    assert find_weights(tmp_path / "run") == weights
    for name in (tmp_path / "none.onnx", "none.onnx", "a/none", "../none", "**", "none[1]", ""):
        with pytest.raises(InputError, match=r"no such file.*shipped are: .*vi_text"):
            find_weights(name)
    with pytest.raises(InputError, match=r"page_det,vi_text: no such file.*several are named one by one \(-w A -w B\)"):
        find_weights("page_det,vi_text")

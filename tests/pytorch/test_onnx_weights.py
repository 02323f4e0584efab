"""ONNX files that are shipped can be trained on from."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from chuviet.errors import InputError
from chuviet.export.detector import export_detector
from chuviet.export.lines import export_onnx
from chuviet.inputs.images import read_image
from chuviet.pytorch.artifact import describe, load_artifact

Save = Callable[..., Path]


def same_weights(one: Any, other: Any) -> bool:
    """Whether two models have the same weights, BatchNorm's counters aside."""
    first, second = one.state_dict(), other.state_dict()
    names = {k for k in first if not k.endswith("num_batches_tracked")}
    return names <= set(second) and all(torch.equal(first[k], second[k]) for k in names)


@pytest.mark.parametrize("kind", ["ctc", "scene"])
def test_a_recogniser_comes_back_with_its_weights(kind: str, save: Save, tmp_path: Path) -> None:
    saved, out = load_artifact(save("w.safetensors", kind=kind)), tmp_path / "w.onnx"
    with torch.no_grad():  # two tensors of the same numbers, which the exporter stores once
        first, second = [p for p in saved.model.parameters() if p.ndim == 1][:2]
        first.fill_(0.5)
        second.fill_(0.5)
    export_onnx(saved, out)
    back = load_artifact(out)
    assert same_weights(saved.model, back.model)
    assert (back.model_cfg, back.charset, back.notes) == (saved.model_cfg, saved.charset, saved.notes)
    assert describe(out)["model"] == describe(tmp_path / "w.safetensors")["model"]


def test_a_detector_comes_back_as_it_is_shipped(detector_file: Path, tmp_path: Path) -> None:
    saved, out = load_artifact(detector_file), tmp_path / "d.onnx"
    export_detector(saved, out)
    back = load_artifact(out)
    assert same_weights(back.model, saved.model)
    assert not any(name.startswith("threshold") for name in back.model.state_dict())  # only training needs it


def test_other_files_are_named(save: Save, pictures: list[Path], tmp_path: Path) -> None:
    saved, out = load_artifact(save("w.safetensors")), tmp_path / "h.onnx"
    export_onnx(saved, out, "fp16", [read_image(p) for p in pictures])
    with pytest.raises(InputError, match=r"h\.onnx: an ONNX file for reading alone \(fp16\); name the \.safetensors"):
        load_artifact(out)
    data = bytearray(out.read_bytes())
    for place in np.random.default_rng(0).integers(0, len(data), 20):
        damaged = data.copy()
        damaged[place] ^= 0x55
        (tmp_path / "x.onnx").write_bytes(damaged)
        with pytest.raises(InputError):
            load_artifact(tmp_path / "x.onnx")
    with pytest.raises(InputError, match="cannot be read"):
        load_artifact(tmp_path / "no.onnx")

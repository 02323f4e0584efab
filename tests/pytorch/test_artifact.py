from __future__ import annotations

import json
import os
import pickle
import resource
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save as save_tensors

from chuviet.decode.ctc import CTCGreedy
from chuviet.errors import InputError
from chuviet.models.ctc import LineCTC
from chuviet.preprocess.line import LinePreprocess
from chuviet.pytorch.artifact import describe, load_artifact, save_artifact
from chuviet.vocab import Charset

Save = Callable[..., Path]


def fails(path: Path, match: str) -> None:
    with pytest.raises(InputError, match=match) as caught:
        load_artifact(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def edit(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Rewrites the JSON of an artifact, leaving its weights as they are."""
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    metadata = json.loads(header["__metadata__"]["chuviet"])
    change(metadata)
    header["__metadata__"]["chuviet"] = json.dumps(metadata)
    new = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(new)) + new + data[8 + length :])


def test_round_trip_needs_nothing_but_the_file(save: Save) -> None:
    path = save("a.safetensors", seed=5)
    back = load_artifact(path)
    assert back.charset == Charset("abcdeố 123") and back.metrics == {"cer": 0.25} and back.notes == {"run": "t"}
    assert isinstance(back.model_cfg, LineCTC.Config) and back.model_cfg.widths == (8, 8, 24)
    assert back.preprocess_cfg == LinePreprocess.Config(height=16) and back.decoder_cfg == CTCGreedy.Config()
    assert back.size == path.stat().st_size and not back.model.training
    assert describe(path)["revision"] == back.revision


def test_fp16_is_the_rounded_weight_and_half_the_size(save: Save) -> None:
    half, full = save("h.safetensors"), save("f.safetensors", precision="fp32")
    a, b = load_artifact(half).model.state_dict(), load_artifact(full).model.state_dict()
    for name in b:
        assert a[name].dtype == b[name].dtype  # computed in fp32 again, counters in int64
        expected = b[name].half().float() if b[name].is_floating_point() else b[name]
        assert torch.equal(a[name], expected), name
    numbers = sum(v.numel() for v in b.values() if v.is_floating_point())
    assert full.stat().st_size - half.stat().st_size == pytest.approx(2 * numbers, abs=200)


def test_batchnorm_counters_and_huge_variances_survive(tmp_path: Path) -> None:
    cfg = LineCTC.Config(height=16, stem=8, widths=(8, 8, 24), depths=(1, 1, 1), heads=2)
    model = cfg.build(3)
    model.stem1.norm.num_batches_tracked += 70_001  # more than fp16 can count
    model.stem1.norm.running_var.fill_(1e6)  # more than fp16 can hold
    put(tmp_path / "x.safetensors", model, cfg)
    back = load_artifact(tmp_path / "x.safetensors").model
    assert back.stem1.norm.num_batches_tracked == 70_001 and back.stem1.norm.running_var[0] == 1e6


def put(path: Path, model: torch.nn.Module, cfg: Any, characters: str = "abc") -> None:
    save_artifact(path, model=model, model_cfg=cfg, preprocess_cfg=LinePreprocess.Config(height=16),
                  decoder_cfg=CTCGreedy.Config(), charset=Charset(characters), metrics={})  # fmt: skip


def test_nan_weights_are_not_saved(tmp_path: Path) -> None:
    cfg = LineCTC.Config(height=16, stem=8, widths=(8, 8, 24), depths=(1, 1, 1), heads=2)
    model = cfg.build(3)
    with torch.no_grad():
        model.flatten.weight[0, 0] = float("nan")
    with pytest.raises(InputError, match=r"flatten\.weight holds NaN"):
        put(tmp_path / "x.safetensors", model, cfg)
    assert not list(tmp_path.iterdir())


def test_a_missing_file(tmp_path: Path) -> None:
    fails(tmp_path / "no.safetensors", "cannot be read")


class Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, ("bomb-went-off",))


@pytest.mark.parametrize("name", ["w.pth", "w.safetensors"])
def test_a_pickle_is_not_loaded_whatever_its_name(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / name
    for dump in (lambda: path.write_bytes(pickle.dumps(Bomb())), lambda: torch.save({"x": torch.zeros(2)}, path)):
        dump()
        fails(path, "a pickle")
    assert not (tmp_path / "bomb-went-off").exists()


@pytest.mark.parametrize("kept", [0, 5, 8, 9, 300, 0.5, -1])
def test_truncated(save: Save, kept: float) -> None:
    path = save("a.safetensors")
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept) if isinstance(kept, float) else kept])
    fails(path, "cut short|not a safetensors")


def test_one_flipped_bit_is_noticed(save: Save) -> None:
    path = save("a.safetensors")
    data = bytearray(path.read_bytes())
    data[-1000] ^= 1
    path.write_bytes(data)
    fails(path, "SHA-256")


def test_damaged_header(save: Save) -> None:
    path = save("a.safetensors")
    data = bytearray(path.read_bytes())
    data[8:30] = b"{" * 22
    path.write_bytes(data)
    fails(path, "header is damaged")
    path.write_bytes(b"Not weights at all, but a text of some length.")
    fails(path, "not a safetensors file")


def test_weights_of_another_project(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    path.write_bytes(save_tensors({"x": torch.zeros(3)}))
    fails(path, "not of chuviet")


@pytest.mark.parametrize(("part", "kind"), [
    ("model", "os:system"), ("model", "torch.nn:Linear"), ("decoder", "chuviet.decode.ctc:nothing"),
    ("model", "chuviet.data.transforms:LinePreprocess.Config"), ("model", "chuviet.config:load"),
])  # fmt: skip
def test_foreign_types_are_not_built(save: Save, part: str, kind: str) -> None:
    path = save("a.safetensors")
    edit(path, lambda m: m.update({part: {"type": kind}}))
    fails(path, f"its {part} ")


def test_a_backbone_name_cannot_reach_a_hub(save: Save) -> None:
    path = save("a.safetensors", kind="attention")
    edit(path, lambda m: m["model"].update(backbone="hf-hub:someone/something"))
    fails(path, "not the name of a model in timm")


def test_loading_fetches_no_pretrained_weights(save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save("a.safetensors", kind="attention")
    edit(path, lambda m: m["model"].update(pretrained=True))
    assert load_artifact(path).model_cfg.pretrained is False  # type: ignore[attr-defined]


def test_another_versions_field_format_or_shape(save: Save) -> None:
    path = save("a.safetensors")
    edit(path, lambda m: m["model"].update(colour=1))
    fails(path, "no field colour")
    path = save("a.safetensors")
    edit(path, lambda m: m.update(format=99))
    fails(path, "format 99")
    path = save("a.safetensors")
    edit(path, lambda m: m.pop("charset"))
    fails(path, "no charset")
    path = save("a.safetensors")
    edit(path, lambda m: m.update(charset="abc"))
    fails(path, r"weights and config disagree: classify\.weight is \(11, 24\), the model's is \(4, 24\)")
    path = save("a.safetensors")
    edit(path, lambda m: m["model"].update(widths="wide"))
    fails(path, "cannot be built")


def test_full_disk_keeps_the_old_weights(save: Save) -> None:
    path = save("a.safetensors", seed=1)
    before = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))  # writing fails in the middle of the file
    try:
        with pytest.raises(InputError, match=r"a\.safetensors: cannot be written .*former file is untouched"):
            save("a.safetensors", seed=2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before and [p.name for p in path.parent.iterdir()] == ["a.safetensors"]
    load_artifact(path)


def test_same_weights_same_bytes(save: Save) -> None:
    assert save("a.safetensors").read_bytes() == save("b.safetensors").read_bytes()

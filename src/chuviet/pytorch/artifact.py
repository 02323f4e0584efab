"""One file that is enough to rebuild a recogniser or a detector: weights as safetensors, all else as JSON in its
header.

The JSON lies under ``__metadata__["chuviet"]``: format version, configs of model, preprocessing and decoder with
their types, charset (empty: a detector), metrics, notes, git revision, SHA-256 of the weight bytes. No pickle is
ever loaded, and only types that live in `chuviet` are built. The container:
https://github.com/huggingface/safetensors.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor, nn
from torch.nn.modules.module import (
    register_module_module_registration_hook,
    register_module_parameter_registration_hook,
)

from chuviet.artifact.metadata import FIELDS, FORMAT, check_metadata, first_line, git_revision, read_config
from chuviet.config import Config, to_json
from chuviet.errors import InputError
from chuviet.files import read_json, write_whole
from chuviet.language.ngram import NGram
from chuviet.pytorch.onnx_weights import read_onnx_weights, slim_as_shipped
from chuviet.vocab import Charset, CharsetError

Precision = Literal["fp16", "fp32"]

_LM = "lm."  # prefix of a language model's arrays
_DTYPES = {"fp16": torch.float16, "fp32": torch.float32}
_PICKLE_SUFFIXES = {".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".bin"}


@dataclasses.dataclass(frozen=True)
class SavedModel:
    """What a file held. `model` is built, in eval mode, with fp32 weights on the asked device."""

    path: Path
    model: nn.Module
    model_cfg: Config
    preprocess_cfg: Config
    decoder_cfg: Config
    charset: Charset | None  # None: a detector
    metrics: dict[str, float]
    notes: dict[str, Any]
    revision: str
    precision: str
    size: int  # bytes
    lm: NGram | None = None  # the character language model that came with it


def save_artifact(
    path: str | Path,
    *,
    model: nn.Module,
    model_cfg: Config,
    preprocess_cfg: Config,
    decoder_cfg: Config,
    charset: Charset | None,
    metrics: dict[str, float],
    notes: dict[str, Any] | None = None,
    precision: Precision = "fp16",
    lm: NGram | None = None,
) -> int:
    """Writes the file, whole or not at all, and returns its size in bytes.

    Floating-point tensors are stored in `precision`, but one that overflows fp16 in fp32; whole numbers stay as they
    are. BatchNorm statistics are no exception: in fp32 they would add 0.3 MB to the two models of the design card,
    and below fp16's normal range they are wrong by 3e-8 at most, a 300th of BatchNorm's epsilon. Raises InputError
    for weights that are not finite, or when the file cannot be written. The arrays of a language model are stored as
    they are, under names that start with "lm.".
    """
    state = {k: _stored(k, v, _DTYPES[precision], path) for k, v in model.state_dict().items()}
    if lm is not None:
        state |= {_LM + k: torch.from_numpy(v) for k, v in lm.to_tensors().items()}
    metadata = {
        "format": FORMAT, "model": to_json(model_cfg), "preprocess": to_json(preprocess_cfg),
        "decoder": to_json(decoder_cfg), "charset": charset.characters if charset else "",
        "metrics": metrics, "notes": notes or {},
        "revision": git_revision(), "precision": precision, "sha256": _digest(save_tensors(state)),
    }  # fmt: skip
    data = save_tensors(state, {"chuviet": json.dumps(metadata, ensure_ascii=False)})
    write_whole(path, data)
    return len(data)


def resave_artifact(saved: SavedModel, path: str | Path) -> int:
    """Writes an artifact that was loaded, with whatever was replaced in it. Returns the size in bytes."""
    precision: Precision = "fp32" if saved.precision == "fp32" else "fp16"
    return save_artifact(
        path, model=saved.model, model_cfg=saved.model_cfg, preprocess_cfg=saved.preprocess_cfg,
        decoder_cfg=saved.decoder_cfg, charset=saved.charset, metrics=saved.metrics, notes=saved.notes,
        precision=precision, lm=saved.lm,
    )  # fmt: skip


def load_artifact(path: str | Path, device: torch.device | str = "cpu") -> SavedModel:
    """Reads, verifies and rebuilds: a .safetensors file, or an fp32 ONNX file of a CTC recogniser or a detector, whose
    graph holds the weights by their names (what is shipped can be trained on). Raises InputError (one line) for a file
    that is missing, a pickle, cut short, altered, or made of types that this version does not know.
    """
    path = Path(path)
    if path.suffix.lower() == ".onnx":
        metadata, state, size = read_onnx_weights(path, _LM)
    else:
        metadata, state, size = _read_safetensors(path)
    model_cfg = read_model_config(path, metadata)
    preprocess_cfg = read_config(path, metadata, "preprocess", "chuviet.preprocess.")
    decoder_cfg = read_config(path, metadata, "decoder", "chuviet.decode.")
    try:
        charset = Charset(metadata["charset"]) if metadata["charset"] else None
    except CharsetError as e:
        raise InputError(f"{path}: its metadata is damaged ({e}); pack or export it again") from e
    lm = _language_model(path, state)
    model = build_as_stored(path, model_cfg, len(charset or ()), state)
    model.load_state_dict(state)
    return SavedModel(
        path, model.to(device).eval(), model_cfg, preprocess_cfg, decoder_cfg, charset, dict(metadata["metrics"]),
        dict(metadata["notes"]), metadata["revision"], metadata["precision"], size, lm,
    )  # fmt: skip


def build_as_stored(path: Path, cfg: Any, classes: int, state: dict[str, Tensor]) -> nn.Module:
    """The model of a config, given the weights that it is to take. Raises InputError where they do not fit.

    It is built twice, first without numbers: a stranger's config may ask for more than there is memory for, and for
    layers without end.
    """
    is_graph = path.suffix.lower() == ".onnx"
    limit, made = 50 * len(state) + 10_000, itertools.count(1)

    def count(module: nn.Module, name: str, part: Any) -> None:
        if next(made) > limit:
            raise ValueError(f"its config makes over {limit} parts, and it holds {len(state)}")

    hooks = [register_module_parameter_registration_hook(count), register_module_module_registration_hook(count)]
    try:
        with torch.device("meta"):
            skeleton, taken = cfg.build(classes), dict(state)
            skeleton = slim_as_shipped(skeleton, taken) if is_graph else skeleton
            _check_state(path, taken, skeleton.state_dict())
    except InputError:
        raise
    except Exception as e:  # whatever layers raise at sizes that make no sense
        raise InputError(f"{path}: its model cannot be built ({first_line(e)}); was it made by another version?") from e
    finally:
        for hook in hooks:
            hook.remove()
    model: nn.Module = cfg.build(classes)
    return slim_as_shipped(model, state) if is_graph else model


def _language_model(path: Path, state: dict[str, Tensor]) -> NGram | None:
    """Takes the arrays of a language model out of the weights. Raises InputError for damaged ones."""
    arrays = {k.removeprefix(_LM): state.pop(k) for k in list(state) if k.startswith(_LM)}
    try:
        return NGram.from_tensors({k: v.numpy() for k, v in arrays.items()}) if arrays else None
    except (ValueError, IndexError, TypeError, OverflowError, MemoryError) as e:
        raise InputError(f"{path}: its language model is damaged ({first_line(e)}); pack it again") from e


def describe(path: str | Path) -> dict[str, Any]:
    """The JSON of an artifact (without building anything), for tables and model cards. Raises InputError as loading
    does."""
    path = Path(path)
    return read_onnx_weights(path, _LM)[0] if path.suffix.lower() == ".onnx" else _metadata(path, _read(path))


def _read_safetensors(path: Path) -> tuple[dict[str, Any], dict[str, Tensor], int]:
    """Metadata, tensors and size in bytes. Raises InputError."""
    data = _read(path)
    metadata = _metadata(path, data)
    if metadata["sha256"] != _digest(data):
        raise InputError(f"{path}: the weights do not match their SHA-256: the file was damaged; copy or pack it again")
    try:
        return metadata, load_tensors(data), len(data)
    except SafetensorError as e:
        raise InputError(f"{path}: damaged ({first_line(e)}); copy or pack it again") from e


def _stored(name: str, value: Tensor, dtype: torch.dtype, path: str | Path) -> Tensor:
    value = value.detach().to("cpu").clone(memory_format=torch.contiguous_format)
    if not value.is_floating_point():
        return value
    if not torch.isfinite(value).all():
        raise InputError(
            f"{path}: not saved: {name} holds NaN or infinite numbers; the training diverged, lower the rate"
        )
    small = value.to(dtype)
    return small if torch.isfinite(small).all() else value.float()


def _digest(file: bytes) -> str:
    """SHA-256 of the tensor bytes, which follow the JSON header of a safetensors file."""
    return hashlib.sha256(memoryview(file)[8 + int.from_bytes(file[:8], "little") :]).hexdigest()


def _read(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as e:
        raise InputError(f"{path}: weights cannot be read ({e.strerror or e}); check the path") from e
    pickled = data[:4] == b"PK\x03\x04" or (data[:1] == b"\x80" and data[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"))
    if pickled or (path.suffix.lower() in _PICKLE_SUFFIXES and data[8:9] != b"{"):
        raise InputError(
            f"{path}: a pickle, which may run code when it is loaded, so it is not; "
            "weights are .safetensors files: those that a run writes, or that `chuviet pack` makes"
        )
    return data


def _metadata(path: Path, data: bytes) -> dict[str, Any]:
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or data[8:9] not in (b"{", b""):
        raise InputError(f"{path}: not a safetensors file; weights are what a run writes, or `chuviet pack`")
    if 8 + length > len(data):
        raise InputError(f"{path}: cut short after {len(data)} bytes; copy it again")
    try:
        header = read_json(data[8 : 8 + length])
        ends = [int(entry["data_offsets"][1]) for name, entry in header.items() if name != "__metadata__"]
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as e:
        raise InputError(f"{path}: its header is damaged; copy it again") from e
    if (expected := 8 + length + max(ends, default=0)) != len(data):
        raise InputError(f"{path}: {len(data)} bytes where {expected} are due: cut short or damaged; copy it again")
    try:
        metadata = read_json(header["__metadata__"]["chuviet"])
    except (KeyError, TypeError, ValueError) as e:
        raise InputError(f"{path}: holds weights, but not of chuviet: no config lies in it") from e
    return check_metadata(path, metadata, FIELDS, "pack it again")


def read_model_config(path: Path, metadata: dict[str, Any]) -> Any:
    """The model's config in a file's metadata. Raises InputError for what is none, or would reach for a hub."""
    cfg = read_config(path, metadata, "model", "chuviet.models.")
    if ":" in str(getattr(cfg, "backbone", "")):  # timm would go to a hub for such a name
        raise InputError(f"{path}: its backbone {cfg.backbone!r} is not the name of a model in timm")
    return without_pretrained(cfg)  # the weights are in the file: none are fetched


def without_pretrained(cfg: Any) -> Any:
    """The config, and those in it, with random weights to start from."""
    changes = {f.name: without_pretrained(v) for f in dataclasses.fields(cfg)
               if isinstance(v := getattr(cfg, f.name), Config)}  # fmt: skip
    return dataclasses.replace(cfg, **changes, **({"pretrained": False} if hasattr(cfg, "pretrained") else {}))


def _check_state(path: Path, found: dict[str, Tensor], wanted: dict[str, Tensor]) -> None:
    wrong = [f"no {k}" for k in wanted if k not in found] + [f"unknown {k}" for k in found if k not in wanted]
    shapes = {k: (tuple(found[k].shape), tuple(v.shape)) for k, v in wanted.items() if k in found}
    wrong += [f"{k} is {a}, the model's is {b}" for k, (a, b) in shapes.items() if a != b]
    if wrong:
        more = f" and {len(wrong) - 2} more" if len(wrong) > 2 else ""
        raise InputError(f"{path}: weights and config disagree: {'; '.join(wrong[:2])}{more}")

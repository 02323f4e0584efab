"""Weights out of an ONNX file of `chuviet export` that keeps them in full: its graph names them as PyTorch does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from chuviet.artifact import wire
from chuviet.artifact.metadata import FIELDS, check_metadata
from chuviet.artifact.onnx_file import LM_PREFIX, METADATA_KEY, REMEDY
from chuviet.errors import InputError
from chuviet.files import read_json
from chuviet.models.protocols import Slimmable

#: What weights are called in the graph: `MODEL` and their name; behind the name `HALF` where they are stored in fp16.
MODEL, HALF = "model.", ".half"
#: Precisions (`chuviet.export.graph.Precision`) whose files hold all weights as they were trained.
FULL_WEIGHTS = ("fp32", "int8-linear")


def read_onnx_weights(path: Path, lm: str) -> tuple[dict[str, Any], dict[str, Tensor], int]:
    """Metadata, weights by their names in PyTorch (and the arrays of a language model, whose names get the prefix
    `lm`), and size in bytes. Raises InputError for a file that is missing or damaged, and for one whose graph holds
    other numbers than the model: fp16, int8, or an attention model's.
    """
    try:
        data = path.read_bytes()
        file = wire.read_model(data, METADATA_KEY, (MODEL, LM_PREFIX))
    except OSError as e:
        raise InputError(f"{path}: weights cannot be read ({e.strerror or e}); check the path") from e
    except (ValueError, IndexError) as e:
        raise InputError(f"{path}: not a whole ONNX file ({e}); copy it again") from e
    try:
        metadata = check_metadata(path, read_json(file.properties.get(METADATA_KEY, "")), FIELDS, REMEDY)
    except ValueError as e:
        raise e if isinstance(e, InputError) else InputError(f"{path}: not an ONNX file of chuviet export") from e
    if metadata["sha256"] != file.digest:
        raise InputError(f"{path}: the graph does not match its SHA-256: it was damaged or altered; {REMEDY}")
    names = [name.removesuffix(HALF) for name in file.tensors]
    if metadata["precision"] not in FULL_WEIGHTS or not any(name.startswith(MODEL) for name in names):
        raise InputError(
            f"{path}: an ONNX file for reading alone ({metadata['precision']}); name the .safetensors file that it was "
            "made from"
        )
    state = {}
    for name, values in file.tensors.items():
        if name.startswith(LM_PREFIX):
            state[lm + name.removeprefix(LM_PREFIX)] = torch.from_numpy(values.copy())
        elif name.startswith(MODEL):
            tensor = torch.from_numpy(values.copy())
            state[name.removesuffix(HALF).removeprefix(MODEL)] = tensor.float() if name.endswith(HALF) else tensor
    shared = metadata.get("shared", {})
    for name, same in shared.items() if isinstance(shared, dict) else ():
        if not isinstance(same, str) or same not in state:
            raise InputError(f"{path}: its metadata is damaged (no weights {same}); {REMEDY}")
        state[name] = state[same].clone()
    return metadata, state, len(data)


def slim_as_shipped(model: nn.Module, state: dict[str, Tensor]) -> nn.Module:
    """The model without what its file lacks because only training needs it. Adds to `state`, in place, the counters of
    BatchNorm, which no graph holds.
    """
    if isinstance(model, Slimmable) and set(model.state_dict()) - set(state) - _counters(model):
        model = model.slim()
    state |= {name: torch.zeros((), dtype=torch.int64) for name in _counters(model) if name not in state}
    return model


def shared_weights(stored: dict[str, Any], model: nn.Module) -> dict[str, str]:
    """Weights that the exporter stored once for several equal ones: name -> the name that is stored. `stored`: the
    graph's arrays by their names in PyTorch.
    """
    shared = {}
    for name, value in model.state_dict().items():
        if name not in stored and name not in _counters(model):
            array = value.detach().cpu().numpy()
            same = (k for k, v in stored.items() if v.shape == array.shape and (v == array).all())
            if found := next(same, None):
                shared[name] = found
    return shared


def _counters(model: nn.Module) -> set[str]:
    return {name for name in model.state_dict() if name.endswith("num_batches_tracked")}

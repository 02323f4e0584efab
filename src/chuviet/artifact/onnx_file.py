"""ONNX files as members of the project: loaded to an `Artifact` whose model runs in ONNX Runtime."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from torch import nn

from chuviet.batch import Batch, Output
from chuviet.errors import InputError
from chuviet.language.ngram import NGram
from chuviet.pytorch.artifact import FIELDS, Artifact, check_metadata, read_config
from chuviet.vocab import SPECIALS, Charset, CharsetError

METADATA_KEY, LM_KEY = "chuviet", "chuviet.lm"
REMEDY = "export it again"
_METADATA_PROPS = 14  # https://github.com/onnx/onnx/blob/main/onnx/onnx.proto: ModelProto.metadata_props


class OnnxModel(nn.Module):
    """Has the interface of the model that the file was made from: `model(batch) -> Output`.

    A detector's graph takes the images alone. A graph with the decoder's loop inside gives `logits` (N L, of the chosen
    characters) and `extra["ids"]`.
    """

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        super().__init__()
        self.session = session
        self.writes = session.get_outputs()[0].name == "ids"
        self.detects = [i.name for i in session.get_inputs()] == ["images"]

    def forward(self, batch: Batch) -> Output:
        images = np.ascontiguousarray(batch.images.cpu().numpy())
        if self.detects:
            return Output(logits=torch.from_numpy(self.session.run(None, {"images": images})[0]))
        first, second = self.session.run(None, {"images": images, "widths": batch.widths.cpu().numpy()})
        if self.writes:
            return Output(logits=torch.from_numpy(second), extra={"ids": torch.from_numpy(first)})
        return Output(logits=torch.from_numpy(first), lengths=torch.from_numpy(second))


def load_onnx(source: str | Path | bytes, path: str | Path = "", threads: int = 0) -> Artifact:
    """Reads a file (or its bytes) that `chuviet export` wrote, to run on `threads` threads (0: all cores). Raises
    InputError, one line, for any other.
    """
    path = Path(path if isinstance(source, bytes) else source)
    try:
        data = source if isinstance(source, bytes) else path.read_bytes()
    except OSError as e:
        raise InputError(f"{path}: weights cannot be read ({e.strerror or e}); check the path") from e
    try:
        properties, digest = read_wire(data)
    except (ValueError, IndexError) as e:
        raise InputError(f"{path}: not a whole ONNX file ({e}); copy it again") from e
    if METADATA_KEY not in properties:
        raise InputError(f"{path}: not an ONNX file of chuviet export: no charset lies in it")
    metadata = _metadata(path, properties[METADATA_KEY])
    if metadata["sha256"] != digest:
        raise InputError(f"{path}: the graph does not match its SHA-256: it was damaged or altered; {REMEDY}")
    try:
        charset = Charset(metadata["charset"]) if metadata["charset"] else None
    except CharsetError as e:
        raise InputError(f"{path}: its metadata is damaged ({e}); {REMEDY}") from e
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4  # what goes wrong is said by the exception
    try:
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as e:
        raise InputError(f"{path}: not a whole ONNX file ({str(e).strip().splitlines()[0][:120]})") from e
    model = OnnxModel(session)
    _check_classes(path, model, charset, metadata["classes"])
    return Artifact(
        path, model.eval(), read_config(path, metadata, "model", "chuviet.models."),
        read_config(path, metadata, "preprocess", "chuviet.data."),
        read_config(path, metadata, "decoder", "chuviet.decode."), charset, metadata["metrics"], metadata["notes"],
        metadata["revision"], metadata["precision"], len(data), _language_model(path, properties),
    )  # fmt: skip


def read_wire(data: bytes) -> tuple[dict[str, str], str]:
    """The metadata entries of an ONNX file, and the SHA-256 of all of it but the entry of `METADATA_KEY`. Raises
    ValueError or IndexError for bytes that are no such file.

    Walks the outermost fields as they lie there (https://protobuf.dev/programming-guides/encoding): a damaged file is
    refused before ONNX Runtime parses it, and reading lines need not import onnx.
    """
    properties: dict[str, str] = {}
    digest = hashlib.sha256()
    for number, whole, value in _fields(memoryview(data)):
        key = ""
        if number == _METADATA_PROPS:
            entry = {n: bytes(v).decode() for n, _, v in _fields(value)}
            key = entry.get(1, "")
            properties[key] = entry.get(2, "")
        if key != METADATA_KEY:
            digest.update(whole)
    return properties, digest.hexdigest()


def _fields(data: memoryview) -> Iterator[tuple[int, memoryview, memoryview]]:
    """Number, bytes and value of each field of a protobuf message. Values that are numbers come out empty."""
    at = 0
    while at < len(data):
        start = at
        tag, at = _varint(data, at)
        kind, size = tag & 7, 0
        if kind == 0:
            at = _varint(data, at)[1]
        elif kind == 2:
            size, at = _varint(data, at)
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        else:
            raise ValueError(f"no field begins at byte {start}")
        if at + size > len(data):
            raise ValueError(f"cut short after {len(data)} bytes")
        yield tag >> 3, data[start : at + size], data[at : at + size]
        at += size


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """A number in groups of seven bits, the lowest first, and the place after it."""
    value = 0
    for shift in range(0, 64, 7):
        value |= (data[at] & 127) << shift
        at += 1
        if data[at - 1] < 128:
            return value, at
    raise ValueError(f"no number ends at byte {at}")


def _metadata(path: Path, text: str) -> dict[str, Any]:
    try:
        metadata = json.loads(text)
    except ValueError as e:
        raise InputError(f"{path}: its metadata is damaged ({e}); {REMEDY}") from e
    return check_metadata(path, metadata, FIELDS | {"classes": int}, REMEDY)


def _language_model(path: Path, properties: dict[str, str]) -> NGram | None:
    if LM_KEY not in properties:
        return None
    try:
        return NGram.from_tensors(load_tensors(base64.b64decode(properties[LM_KEY])))
    except (ValueError, IndexError, TypeError, SafetensorError) as e:
        raise InputError(f"{path}: its language model is damaged ({e}); {REMEDY}") from e


def _check_classes(path: Path, model: OnnxModel, charset: Charset | None, classes: int) -> None:
    """The graph of an attention model gives characters, so that the count which was stored is all there is to ask."""
    if charset is None:
        return
    special = SPECIALS if model.writes else 1
    shape = classes if model.writes else model.session.get_outputs()[0].shape[-1]
    if classes != len(charset) + special or (isinstance(shape, int) and shape != classes):
        raise InputError(
            f"{path}: {classes} classes, {special} of them special, but the charset in it has {len(charset)} "
            f"characters; {REMEDY}"
        )

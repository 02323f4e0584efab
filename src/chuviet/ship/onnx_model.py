"""ONNX files as members of the project: loaded to an `Artifact` whose model runs in ONNX Runtime."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from safetensors.numpy import load as load_tensors
from torch import nn

from chuviet.decode.ngram import NGram
from chuviet.ship.artifact import FORMAT, Artifact, read_config
from chuviet.types import Batch, InputError, Output
from chuviet.vocab import Charset, CharsetError

METADATA_KEY, LM_KEY = "chuviet", "chuviet.lm"


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
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4  # what goes wrong is said by the exception
    try:
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        properties = session.get_modelmeta().custom_metadata_map
    except Exception as e:
        raise InputError(f"{path}: not a whole ONNX file ({str(e).strip().splitlines()[0][:120]})") from e
    if METADATA_KEY not in properties:
        raise InputError(f"{path}: an ONNX file, but not of chuviet export: no charset lies in it")
    try:
        metadata: dict[str, Any] = json.loads(properties[METADATA_KEY])
        if metadata["format"] != FORMAT:
            raise InputError(f"{path}: format {metadata['format']}, this version reads {FORMAT}; export it again")
        charset = Charset(metadata["charset"]) if metadata["charset"] else None
    except (ValueError, KeyError, CharsetError) as e:
        if isinstance(e, InputError):
            raise
        raise InputError(f"{path}: its metadata is damaged ({e}); export it again") from e
    lm = NGram.from_tensors(load_tensors(base64.b64decode(properties[LM_KEY]))) if LM_KEY in properties else None
    model = OnnxModel(session)
    if charset is not None:
        _check_classes(path, session, model, charset)
    return Artifact(
        path, model.eval(), read_config(path, metadata, "model", "chuviet.models."),
        read_config(path, metadata, "preprocess", "chuviet.data."),
        read_config(path, metadata, "decoder", "chuviet.decode."), charset, dict(metadata["metrics"]),
        dict(metadata["notes"]), metadata["revision"], metadata["precision"], len(data), lm,
    )  # fmt: skip


def _check_classes(path: Path, session: Any, model: OnnxModel, charset: Charset) -> None:
    classes = session.get_outputs()[0].shape[-1]
    if not model.writes and isinstance(classes, int) and classes != len(charset) + 1:
        raise InputError(
            f"{path}: {classes} classes, but the charset in it has {len(charset)} characters and a blank; export again"
        )

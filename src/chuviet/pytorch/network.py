"""PyTorch models behind the interfaces of the reading floor: numpy in, numpy out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from chuviet.artifact.metadata import Artifact, first_line
from chuviet.artifact.network import FrameNetwork, MapNetwork, Network, SteppingNetwork
from chuviet.batch import Batch, Output
from chuviet.config import to_json
from chuviet.errors import InputError
from chuviet.models.protocols import Slimmable, StepModel
from chuviet.pytorch.artifact import SavedModel, load_artifact


class TorchFrames(FrameNetwork):
    """A CTC recogniser of PyTorch. `name` is what errors call it, here as in the classes below."""

    def __init__(self, model: nn.Module, name: str | Path = "the model") -> None:
        self.model, self.name = model, name

    @torch.inference_mode()
    def frames(self, images: np.ndarray, widths: np.ndarray, one_thread: bool = False) -> list[np.ndarray]:
        with _explained(self.name, images):
            return frame_log_probs(self.model(as_batch(self.model, images, widths)))


class TorchSteps(SteppingNetwork):
    """An attention recogniser of PyTorch. Its state is a tuple of tensors that all begin with the batch dimension."""

    def __init__(self, model: nn.Module, name: str | Path = "the model") -> None:
        if not isinstance(model, StepModel):
            raise TypeError(f"{type(model).__name__} has no encode and step")
        self.model: StepModel = model
        self.name = name

    @torch.inference_mode()
    def encode(self, images: np.ndarray, widths: np.ndarray) -> tuple[Tensor, ...]:
        with _explained(self.name, images):
            return self.model.encode(as_batch(self.model, images, widths))

    @torch.inference_mode()
    def step(self, tokens: np.ndarray, state: tuple[Tensor, ...]) -> tuple[np.ndarray, tuple[Tensor, ...]]:
        with _explained(self.name, tokens):
            logits, state = self.model.step(torch.from_numpy(tokens).to(state[0].device), state)
        return logits.float().cpu().numpy(), state

    def select(self, state: tuple[Tensor, ...], rows: np.ndarray) -> tuple[Tensor, ...]:
        chosen = torch.from_numpy(rows).to(state[0].device)
        return tuple(tensor.index_select(0, chosen) for tensor in state)


class TorchMaps(MapNetwork):
    """A text detector of PyTorch."""

    def __init__(self, model: nn.Module, name: str | Path = "the model") -> None:
        self.model, self.name = model, name

    @torch.inference_mode()
    def maps(self, images: np.ndarray) -> np.ndarray:
        with _explained(self.name, images):
            return self.model(as_batch(self.model, images)).logits.float().cpu().numpy()


@contextmanager
def _explained(name: str | Path, array: np.ndarray) -> Iterator[None]:
    """Says in one line (InputError) that a model cannot be run: a stranger's file may hold parts that do not fit."""
    try:
        yield
    except (RuntimeError, ValueError, IndexError) as e:
        shape = " x ".join(map(str, array.shape))
        raise InputError(f"{name}: its model cannot be run on an array of {shape} ({first_line(e)[:160]})") from e


def open_safetensors(path: Path, device: str, threads: int) -> Artifact:
    """A .safetensors file as the reading floor wants it. Raises InputError as `load_artifact` does, and for a device
    that is not there.
    """
    if threads:
        torch.set_num_threads(threads)
    return as_artifact(load_artifact(path, _device(device)))


def as_artifact(saved: SavedModel) -> Artifact:
    """A loaded model, ready to read. A detector is slimmed to what is shipped, in place."""
    model = saved.model
    if saved.charset is None and isinstance(model, Slimmable):
        model = model.slim()
    return Artifact(
        saved.path, network_of(model, saved.charset is None, saved.path), to_json(saved.model_cfg),
        saved.preprocess_cfg, saved.decoder_cfg, saved.charset, saved.metrics, saved.notes, saved.revision,
        saved.precision, saved.size, saved.lm,
    )  # fmt: skip


def network_of(model: nn.Module, detects: bool = False, name: str | Path = "the model") -> Network:
    """The interface that a model has; errors call it `name`."""
    if detects:
        return TorchMaps(model, name)
    return TorchSteps(model, name) if isinstance(model, StepModel) else TorchFrames(model, name)


def as_batch(model: Any, images: np.ndarray, widths: np.ndarray | None = None) -> Batch:
    """Images N C H W and their widths, on the model's device; `index` is the row."""
    pixels = torch.from_numpy(images)
    wide = torch.full((len(images),), images.shape[3]) if widths is None else torch.from_numpy(widths)
    parameter = next(model.parameters(), None)
    device = torch.device("cpu") if parameter is None else parameter.device
    return Batch(images=pixels, widths=wide, index=torch.arange(len(images))).to(device)


def frame_log_probs(output: Output) -> list[np.ndarray]:
    """Log probabilities of every line's own frames, without the padding: N arrays of T V, float32."""
    log_probs = output.logits.detach().float().log_softmax(-1).cpu().numpy()
    lengths = [log_probs.shape[1]] * len(log_probs) if output.lengths is None else output.lengths.tolist()
    return [line[:length] for line, length in zip(log_probs, lengths, strict=True)]


def _device(name: str) -> torch.device:
    name = name if name != "auto" else ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        target = torch.device(name)
        torch.empty(0, device=target)
    except (RuntimeError, AssertionError) as e:  # torch says "no CUDA" by AssertionError
        raise InputError(f"--device {name}: not there ({str(e).splitlines()[0]}); use cpu or auto") from e
    return target

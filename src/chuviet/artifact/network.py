"""What computes: numpy arrays in, numpy arrays out. An ONNX file brings one, and so does a PyTorch model.

Dimensions: N images, C channels, H height and W width in pixels, T frames, V classes, L characters.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np

from chuviet.errors import InputError


class FrameNetwork(ABC):
    """A CTC recogniser. `alone`: it is faster with one image at a time than with many."""

    alone: bool = False

    @abstractmethod
    def frames(self, images: np.ndarray, widths: np.ndarray, one_thread: bool = False) -> list[np.ndarray]:
        """Images N C H W float32 and their widths without padding (N int64) -> log probabilities of every image's own
        frames, N arrays T V float32. `one_thread`: the caller asks from several threads, one of them is enough here.
        """


class DecodingNetwork(ABC):
    """An attention recogniser whose graph holds the loop that decodes it, greedily."""

    @abstractmethod
    def decode(self, images: np.ndarray, widths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Class ids N L int64 (pad after the end) and the log probabilities of these characters N L float32."""


class SteppingNetwork(ABC):
    """An attention recogniser that is asked character by character: a `chuviet.decode.attention.StepNetwork`."""

    @abstractmethod
    def encode(self, images: np.ndarray, widths: np.ndarray) -> Any:
        """The state of N lines before the first character."""

    @abstractmethod
    def step(self, tokens: np.ndarray, state: Any) -> tuple[np.ndarray, Any]:
        """The last characters (N int64) -> logits of the next ones (N V float32) and the new state."""

    @abstractmethod
    def select(self, state: Any, rows: np.ndarray) -> Any:
        """The state of the lines `rows` (M int64), which may be repeated."""


class MapNetwork(ABC):
    """A text detector."""

    @abstractmethod
    def maps(self, images: np.ndarray) -> np.ndarray:
        """Images N 3 H W float32 -> logits N C h w float32."""


def check_frames(path: Path, frames: list[np.ndarray], count: int, classes: int) -> None:
    """Raises InputError unless a recogniser gave the log probabilities of `count` lines, T V with V `classes`."""
    if len(frames) != count or any(f.ndim != 2 or f.shape[1] != classes for f in frames):
        raise InputError(f"{path}: its network gives {_shapes(frames)} for {count} lines, not T x {classes} of each")
    if not all(np.isfinite(f).all() for f in frames):
        raise InputError(
            f"{path}: its network gives what are no numbers; its weights are damaged, or fp16 is too small"
        )


def check_decoded(path: Path, ids: np.ndarray, log_probs: np.ndarray, count: int, classes: int) -> None:
    """Raises InputError unless a graph that decodes gave ids N L below `classes` and their log probabilities."""
    fit = ids.ndim == 2 and ids.shape == log_probs.shape and len(ids) == count and ids.dtype.kind == "i"
    if not fit or (ids.size and not 0 <= ids.min() <= ids.max() < classes):
        raise InputError(
            f"{path}: its network gives {_shapes([ids, log_probs])} for {count} lines, or unknown characters"
        )
    if not (np.isfinite(log_probs).all() and (log_probs <= 1e-3).all()):
        raise InputError(f"{path}: its network gives what are no probabilities; its weights are damaged")


def check_maps(path: Path, maps: np.ndarray, channels: int, size: tuple[int, int]) -> None:
    """Raises InputError unless a detector gave maps 1 C h w with at least `channels` channels and the `size` h, w, or
    1 1: so a gate says that there is no text.
    """
    if maps.ndim != 4 or len(maps) != 1 or maps.shape[1] < channels or maps.shape[2:] not in (size, (1, 1)):
        raise InputError(
            f"{path}: its network gives {_shapes([maps])}, and its decoder wants 1 x {channels} x {size[0]} x {size[1]}"
        )
    if not np.isfinite(maps).all():
        raise InputError(
            f"{path}: its network gives what are no numbers; its weights are damaged, or fp16 is too small"
        )


def _shapes(arrays: list[np.ndarray]) -> str:
    return ", ".join(" x ".join(map(str, a.shape)) for a in arrays[:3]) or "nothing"


Network = FrameNetwork | DecodingNetwork | SteppingNetwork | MapNetwork

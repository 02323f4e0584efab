"""What computes: numpy arrays in, numpy arrays out. An ONNX file brings one, and so does a PyTorch model.

Dimensions: N images, C channels, H height and W width in pixels, T frames, V classes, L characters.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np


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


Network = FrameNetwork | DecodingNetwork | SteppingNetwork | MapNetwork

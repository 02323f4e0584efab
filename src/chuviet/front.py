"""The front door: one call to read a page, one to load weights."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, overload

import numpy as np
from PIL.Image import Image

from chuviet.artifact.opening import find_weights, open_artifact
from chuviet.reading.detector import Detector
from chuviet.reading.lines import LineReader
from chuviet.reading.pages import RECOGNIZER, Reader
from chuviet.reading.text_layer import Ocr
from chuviet.results import Page


@overload
def read(
    source: list[Any] | tuple[Any, ...] | Iterator[Any], *, min_score: float = 0.5, ocr: Ocr = "auto"
) -> list[Page]: ...
@overload
def read(source: np.ndarray | Image, *, min_score: float = 0.5, ocr: Ocr = "auto") -> Page: ...
@overload
def read(source: Any, *, min_score: float = 0.5, ocr: Ocr = "auto") -> Any: ...
def read(source: Any, *, min_score: float = 0.5, ocr: Ocr = "auto") -> Any:
    """Finds and reads all text of a page or photo with the shipped weights, in reading order.

    `source`: a path, bytes, a file object, a PIL image, or a numpy array (H W, H W 3 RGB, H W 4) gives a `Page`. A list
    or iterator of these, a folder, or a file of several pages gives a list of them. Text whose score, finding times
    reading, is below `min_score` is left out. `ocr`: pages of PDFs that have a text of their own are taken as they are
    ("auto"), or read as all others ("always"); "never" gives nothing but such texts.

    The weights are loaded once and kept. For other weights, or for lines, make a `Reader` or a `LineReader`. Raises
    InputError, one line, for what cannot be read.
    """
    return Reader(*_shipped(), min_score=min_score, ocr=ocr).read(source)


def load(weights: str | Path, *, device: str = "cpu", threads: int = 0) -> LineReader | Detector:
    """A `LineReader` or a `Detector`, whichever the weights are for: a name of shipped weights ("vi_line",
    "text_det"), a name in weights/ or a run in outputs/, or the path of an .onnx or .safetensors file (which needs
    PyTorch).

    `threads`: 0 takes all cores. Raises InputError for a file that is missing or damaged.
    """
    artifact = open_artifact(find_weights(weights), device, threads)
    return Detector(artifact) if artifact.charset is None else LineReader(artifact)


@lru_cache(maxsize=1)
def _shipped() -> tuple[Detector, LineReader]:
    return Detector(), LineReader(RECOGNIZER)

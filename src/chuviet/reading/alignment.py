"""Where a recogniser finds the words of a line whose text is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chuviet.decode.ctc import align
from chuviet.reading.lines import LineReader


def word_gaps(
    recognizer: LineReader, images: Sequence[np.ndarray], texts: Sequence[str], batch_size: int = 32
) -> list[list[tuple[float, float]] | None]:
    """For each image (H W 3 uint8 RGB) and text the columns, in its pixels, between which each space lies: the centres
    of the characters before and behind it, as a CTC recogniser aligns the text. None where the text does not fit.

    Raises InputError for a recogniser without frames.
    """
    gaps: list[list[tuple[float, float]] | None] = []
    for start in range(0, len(images), batch_size):
        part = slice(start, start + batch_size)
        frames = recognizer.frames(images[part])
        for image, text, log_probs in zip(images[part], texts[part], frames, strict=True):
            spans = align(log_probs, recognizer.charset.encode(text))
            pixels = image.shape[1] / len(log_probs)
            gaps.append(None if spans is None else _gaps(text, (spans.mean(1) + 0.5) * pixels))
    return gaps


def _gaps(text: str, centres: np.ndarray) -> list[tuple[float, float]]:
    return [(float(centres[i - 1]), float(centres[i + 1])) for i, c in enumerate(text) if c == " "]

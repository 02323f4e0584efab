"""From what a decoder gives to lines and words with their places."""

from __future__ import annotations

import numpy as np

from chuviet.decode.confidence import word_score
from chuviet.geometry import Quad, Quads, part_of
from chuviet.results import Line, Prediction, Word


def line_of(image: np.ndarray, prediction: Prediction) -> Line:
    """The line that fills an image H W 3."""
    h, w = image.shape[:2]
    corners = np.array([(0, 0), (w - 1, 0), (w - 1, h - 1), (0, h - 1)], np.float64)
    return line_at(corners, prediction, prediction.confidence)


def line_at(corners: Quad, prediction: Prediction, confidence: float, words: Quads | None = None) -> Line:
    """The line inside the quad `corners` (4 2).

    Words are where the detector found them (`words`, K 4 2), if it found as many as were read; else where the alignment
    of the line's frames has them; without an alignment they share the line in proportion to their letters.
    """
    spans = word_spans(prediction.text)
    places = [part_of(corners, *_extent(prediction, *span)) for span in spans]
    if words is not None and len(words) == len(spans):
        places = list(words)
    read = [
        Word(prediction.text[first:last], place, _score(prediction, number, first, last))
        for number, ((first, last), place) in enumerate(zip(spans, places, strict=True))
    ]
    raw = prediction.text if prediction.raw_text is None else prediction.raw_text
    return Line(prediction.text, raw, corners, confidence, tuple(read))


def word_spans(text: str) -> list[tuple[int, int]]:
    """The words of a text: number of the first character, and of the one behind the last."""
    found, at = [], 0
    for word in text.split(" "):
        if word:
            found.append((at, at + len(word)))
        at += len(word) + 1
    return found


def _extent(prediction: Prediction, first: int, last: int) -> tuple[float, float]:
    """Where the characters `first` .. `last` - 1 begin and end along the line, 0..1."""
    text, spans, frames = prediction.text, prediction.spans, prediction.frames
    if spans is None or not frames:
        return first / len(text), last / len(text)
    # The spaces around a word have frames of their own: the word lies between them.
    start = spans[first - 1, 1] + 1 if first else 0
    end = spans[last, 0] if last < len(text) else frames
    return float(start) / frames, float(max(end, start + 1)) / frames


def _score(prediction: Prediction, number: int, first: int, last: int) -> float:
    """The confidence of a word; the line's where neither it nor those of its characters are known."""
    if prediction.word_scores is not None:
        return float(prediction.word_scores[number])
    return prediction.confidence if prediction.scores is None else word_score(prediction.scores[first:last])

"""Crops of a page by a recogniser that may know single words only: a detector finds whole lines on receipts."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from chuviet.preprocess.scene import ScenePreprocess
from chuviet.reading.lines import LineReader
from chuviet.results import Prediction

_WIDE = 3.0  # times as wide as high: most words are less
_BLANK = 0.3  # of the height, between words
_USUAL = 2.5  # times as wide as the blanks of the line mostly are


def read_words(recognizer: LineReader, crops: Sequence[np.ndarray], batch_size: int = 32) -> list[Prediction]:
    """The text of crops of a page (h w 3 uint8 RGB), in their order. A reader of single words writes no spaces, so it
    gets the words of a wide crop one by one; their texts are joined, `confidence` is the mean over their characters.

    On the true boxes of the first 30 training receipts (1,525 lines) that takes scene_word's CER from .492 to .398 and
    its accuracy from .167 to .201; of 418 words in photos it cuts two. `tests/reading/test_words.py` measures a part of
    both.
    """
    parts = [split_words(crop) if knows_words(recognizer) else [crop] for crop in crops]
    read = iter(recognizer.predict([word for part in parts for word in part], batch_size) if parts else [])
    return [joined(i, list(itertools.islice(read, len(part)))) for i, part in enumerate(parts)]


def knows_words(recognizer: LineReader) -> bool:
    """Whether a recogniser reads single words only."""
    return isinstance(recognizer.artifacts[0].preprocess_cfg, ScenePreprocess.Config)


def split_words(crop: np.ndarray) -> list[np.ndarray]:
    """A crop (h w 3 uint8 RGB) cut at its blanks: columns without ink, together at least 0.3 heights wide, and 2.5
    times as wide as the line's blanks mostly are, which are those between letters. One that is less than 3 times as
    wide as high stays whole.
    """
    h, w = crop.shape[:2]
    if w < _WIDE * h:
        return [crop]
    columns = np.flatnonzero(inked_columns(crop))
    starts = np.flatnonzero(np.diff(columns) > 1)
    left, right = columns[starts], columns[starts + 1]
    blank = right - left - 1
    wide = blank >= max(_BLANK * h, _USUAL * float(np.median(blank))) if len(blank) else np.zeros(0, bool)
    middles = ((left + right + 1) // 2)[wide].tolist()
    return [crop[:, a:b] for a, b in itertools.pairwise([0, *middles, w])]


def inked_columns(crop: np.ndarray) -> np.ndarray:
    """The columns of a crop (h w 3 uint8 RGB) that have ink: w bool. What touches the edges is of other lines."""
    _, bright = cv2.threshold(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    ink = bright if bright.mean() < 0.5 else 1 - bright  # there is less of it than of paper
    h = len(crop)
    return np.asarray(ink[h // 10 : h - h // 10].any(0), bool)


def joined(index: int, words: Sequence[Prediction]) -> Prediction:
    """The words of a crop as one line. Words have no common frames: their places are shared out by letters."""
    if len(words) == 1:
        return replace(words[0], index=index)
    lengths = [len(p.text) for p in words]
    logs = sum(n * math.log(max(p.confidence, 1e-9)) for n, p in zip(lengths, words, strict=True))
    return Prediction(index, " ".join(p.text for p in words if p.text), math.exp(logs / max(sum(lengths), 1)))

"""Is what is called 90 % sure right nine times of ten? Words of labelled lines, and what a review of lines costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from chuviet.decode.confidence import Calibration, calibrated
from chuviet.errors import InputError
from chuviet.metrics.recognition import align

BINS = 15


def read_words(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a word that was read: `line` (its row's number in `frame`), `confidence`, and whether it is `right`: the
    cheapest alignment of the words has the same word there.

    Raises InputError for rows without `word_confidences`.
    """
    if "word_confidences" not in frame:
        raise InputError("no column word_confidences: chuviet evaluate --out writes it for recognisers with CTC frames")
    rows: list[tuple[int, float, bool]] = []
    for line, (text, read, given) in enumerate(
        zip(frame["text"], frame["prediction"], frame["word_confidences"], strict=True)
    ):
        confidences = [float(value) for value in str(given).split()]
        right = [a == b for a, b in align(text.split(), read.split()) if b]
        if len(right) != len(confidences):
            raise InputError(f"row {line + 2}: {len(confidences)} word confidences for {len(right)} words")
        rows += [(line, c, r) for c, r in zip(confidences, right, strict=True)]
    return pd.DataFrame(rows, columns=["line", "confidence", "right"])


def fit(words: pd.DataFrame) -> Calibration:
    """Slope and offset for which the right words are likeliest. Raises InputError if all words are right, or wrong."""
    right = words["right"].to_numpy(bool)
    if right.all() or not right.any():
        raise InputError(f"all {len(right)} words are {'right' if right.all() else 'wrong'}: nothing to learn from")
    odds = np.array([_log_odds(c) for c in words["confidence"]])[:, None]
    found = LogisticRegression(C=1e6).fit(odds, right)
    return float(found.coef_[0, 0]), float(found.intercept_[0])


def apply(words: pd.DataFrame, calibration: Calibration) -> pd.DataFrame:
    """The words with calibrated confidences."""
    return words.assign(confidence=[calibrated(c, calibration) for c in words["confidence"]])


def reliability(words: pd.DataFrame, bins: int = BINS) -> pd.DataFrame:
    """By classes of the confidence, equally wide: how many `words`, mean `confidence`, share of `right` ones."""
    classes = np.minimum((words["confidence"].to_numpy() * bins).astype(int), bins - 1)
    found = words.assign(words=1).groupby(classes).agg({"words": "sum", "confidence": "mean", "right": "mean"})
    found.index = pd.Index([f"{k / bins:.2f}-{(k + 1) / bins:.2f}" for k in found.index], name="confidence of")
    return found


def calibration_error(words: pd.DataFrame, bins: int = BINS) -> float:
    """The expected calibration error: how far confidence and share of right words are apart, mean over the words."""
    table = reliability(words, bins)
    gaps = (table["confidence"] - table["right"]).abs()
    return float((gaps * table["words"]).sum() / table["words"].sum())


@dataclass(frozen=True)
class Review:
    """What is to be looked at so that enough words are right."""

    share: float  # of the lines
    below: float  # lines with a word of less confidence are to be looked at
    right: float  # share of right words once these lines are


def review(words: pd.DataFrame, target: float = 0.99) -> Review:
    """The fewest lines to look at, those with the least sure words first, so that `target` of all words are right once
    these lines are.
    """
    lines = words.groupby("line").agg(least=("confidence", "min"), wrong=("right", lambda r: int((~r).sum())))
    lines = lines.sort_values("least", kind="stable")
    wrong = lines["wrong"].sum() - np.append(0, lines["wrong"].cumsum().to_numpy())
    right = 1 - wrong / len(words)
    count = int(np.argmax(right >= target))
    least = np.append(lines["least"].to_numpy(), 1.0)
    return Review(count / len(lines), float(least[count]), float(right[count]))


def across(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The words of all parts, each calibrated by what was fitted on the others."""
    found = []
    for k, part in enumerate(parts):
        others = pd.concat([p for i, p in enumerate(parts) if i != k], ignore_index=True)
        found.append(apply(part, fit(others)).assign(part=k))
    joined = pd.concat(found, ignore_index=True)
    return joined.assign(line=joined["part"].astype(str) + ":" + joined["line"].astype(str))


def _log_odds(p: float) -> float:
    p = min(max(p, 1e-6), 1 - 1e-6)
    return float(np.log(p / (1 - p)))

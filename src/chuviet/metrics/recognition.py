"""How well lines are read: error rates, accuracy, and the competition's score, all on the raw strings.

Nothing is normalised here, neither case nor white space nor Unicode: callers pass NFC on both sides
(`chuviet.vocab.normalize`), since the NFC and NFD forms of one letter count as different characters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import editdistance


@dataclass
class _Sums:
    count: int = 0
    exact: int = 0
    edits: int = 0
    edits_nocase: int = 0
    characters: int = 0
    word_edits: int = 0
    words: int = 0
    cer: float = 0.0
    wer: float = 0.0
    ned: float = 0.0
    score: float = 0.0


class RecognitionMetric:
    """Collects predicted and true lines; `compute` gives fractions (0.05 is 5 %).

    With d the Levenshtein distance of a line and n its true length, both in characters:

    - ``cer``: sum of d / sum of n over all lines (micro); ``cer_mean``: mean over lines of d / n. Both may exceed 1.
    - ``wer``, ``wer_mean``: the same with words, which are what white space separates.
    - ``accuracy``: share of lines that are equal, character by character.
    - ``ned``: mean of 1 - d / max(length of target, length of prediction), known as 1-NED; 1 when both are empty.
    - ``score``: the Kalapa 2023 competition's: mean of 1 if equal, else max(0, 1 - 1.5**d / n).
    - ``cer_nocase``: ``cer`` after lower-casing both sides.
    - ``count``: lines seen.

    An empty target counts as length 1 where it would divide by zero; its ``score`` is 0 unless the prediction is
    empty too.
    """

    error = "cer"

    def __init__(self) -> None:
        self._sums = _Sums()

    def reset(self) -> None:
        self._sums = _Sums()

    def update(self, predictions: Sequence[str], targets: Sequence[str]) -> None:
        """Adds lines, `predictions[i]` being the reading of `targets[i]`. Raises ValueError when the numbers differ."""
        if len(predictions) != len(targets):
            raise ValueError(f"{len(predictions)} predictions for {len(targets)} targets")
        for prediction, target in zip(predictions, targets, strict=True):
            self._add(prediction, target)

    def _add(self, prediction: str, target: str) -> None:
        sums, n = self._sums, len(target)
        d = editdistance.eval(prediction, target)
        words, read = target.split(), prediction.split()
        word_d = editdistance.eval(read, words)
        sums.count += 1
        sums.exact += prediction == target
        sums.edits += d
        sums.edits_nocase += editdistance.eval(prediction.lower(), target.lower())
        sums.characters += n
        sums.word_edits += word_d
        sums.words += len(words)
        sums.cer += d / max(n, 1)
        sums.wer += word_d / max(len(words), 1)
        sums.ned += 1 - d / max(n, len(prediction), 1)
        sums.score += competition_score(prediction, target, d)

    def compute(self) -> dict[str, float]:
        """The metrics of all lines since the last `reset`. Raises ValueError when there are none."""
        s = self._sums
        if not s.count:
            raise ValueError("no lines to measure: call update first")
        return {
            "cer": s.edits / max(s.characters, 1),
            "cer_mean": s.cer / s.count,
            "wer": s.word_edits / max(s.words, 1),
            "wer_mean": s.wer / s.count,
            "accuracy": s.exact / s.count,
            "ned": s.ned / s.count,
            "score": s.score / s.count,
            "cer_nocase": s.edits_nocase / max(s.characters, 1),
            "count": s.count,
        }


def corrections(corrected: Sequence[str], raw: Sequence[str], targets: Sequence[str]) -> dict[str, int]:
    """What a language model did to raw readings: how many lines it changed, and how many of these have fewer edits to
    their target than before (`better`), more (`worse`) or as many (`same`).
    """
    counts = {"changed": 0, "better": 0, "worse": 0, "same": 0}
    for text, before, target in zip(corrected, raw, targets, strict=True):
        if text != before:
            gain = editdistance.eval(before, target) - editdistance.eval(text, target)
            counts["changed"] += 1
            counts["better" if gain > 0 else "worse" if gain < 0 else "same"] += 1
    return counts


def competition_score(prediction: str, target: str, distance: int | None = None) -> float:
    """The Kalapa score of one line, 0..1; `distance` is the edit distance when it is known already."""
    if prediction == target:
        return 1.0
    if not target:
        return 0.0
    d = editdistance.eval(prediction, target) if distance is None else distance
    if d > 64:  # far below zero for any line, and 1.5**d overflows a float past d = 1750
        return 0.0
    return max(0.0, 1 - 1.5**d / len(target))


def align(target: Sequence[str], prediction: Sequence[str]) -> list[tuple[str, str]]:
    """A cheapest edit path as pairs (true character, read character), or words where lists of words are given; ''
    stands for one missing on that side.

    The number of unequal pairs is the Levenshtein distance. Among equally cheap paths, matches and substitutions
    come before gaps when reading from the right, so the result is always the same one.
    """
    rows, columns = len(target) + 1, len(prediction) + 1
    cost = [list(range(columns))]
    for i in range(1, rows):
        above, row = cost[-1], [i]
        for j in range(1, columns):
            replace = above[j - 1] + (target[i - 1] != prediction[j - 1])
            row.append(min(replace, above[j] + 1, row[-1] + 1))
        cost.append(row)
    pairs: list[tuple[str, str]] = []
    i, j = rows - 1, columns - 1
    while i or j:
        if i and j and cost[i][j] == cost[i - 1][j - 1] + (target[i - 1] != prediction[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((target[i], prediction[j]))
        elif i and cost[i][j] == cost[i - 1][j] + 1:
            i -= 1
            pairs.append((target[i], ""))
        else:
            j -= 1
            pairs.append(("", prediction[j]))
    return pairs[::-1]

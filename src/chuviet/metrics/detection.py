"""How well text is found on pages, and found and read: the protocol of ICDAR2015 (Robust Reading, challenge 4, tasks 1
and 4, https://rrc.cvc.uab.es/?ch=4), and what kinds of errors there are.

The ROC AUC of a text / no-text classifier is `sklearn.metrics.roc_auc_score`; its threshold is `threshold_for_recall`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from chuviet.labels import LabelledPage
from chuviet.polygons import overlaps
from chuviet.results import Detection

#: What becomes of a true quad, and of a found one: matched, not counted, or one of the kinds of errors.
TARGET_ERRORS = ("merged", "split", "inexact", "missed")
FOUND_ERRORS = ("merged", "split", "duplicate", "inexact", "false")

_NEAR = 0.1  # IoU from which two quads have to do with each other
_MARKS = "!?.:,*\"()·[]/'"  # one of these at either end of a true word may be left out in ICDAR's reading of "equal"


@dataclass(frozen=True)
class Comparison:
    """One image: `targets` (K) and `found` (D) have the outcome of each quad: "matched", "ignored" or a kind of error;
    `partner` (K) is the row of the detection that a target is matched with, or -1.
    """

    targets: list[str]
    found: list[str]
    partner: list[int]


@dataclass(frozen=True)
class _Record:
    source: str
    targets: Counter[str]
    found: Counter[str]
    equal: int  # matches with equal text
    equal_icdar: int
    read: bool  # whether there are texts to compare


class DetectionMetric:
    """Compares what was found on pages with their labels; `compute` gives fractions (0.05 is 5 %).

    On each image, don't-care targets are not counted, nor is a detection that lies with more than half of its area in
    one of them. Of the rest, in the order of the targets, each takes the first free detection with intersection over
    union > `iou`. Neither order matters as long as targets don't overlap each other by half.

    Of a detector that knows lines and words, pages whose labels are words get its words, all others its lines.

    - ``precision``: matched / found, ``recall``: matched / targets, ``hmean``: their harmonic mean; sums over all
      images, so that what is found on an empty page lowers precision. Nothing found where something is: all 0. No
      target at all: recall is 1, and precision is 1 if nothing was found and else 0.
    - ``error``: 1 - ``hmean``, for choosing models.
    - ``truths`` (targets), ``found``, ``matched``: how many there are (counted ones only); ``count``: images.
    - With texts, ``e2e_precision``, ``e2e_recall``, ``e2e_hmean``: the same, where of the matches only those with the
      same text count, character by character. ``e2e_hmean_icdar`` takes upper and lower case as equal, and one
      punctuation mark at each end of the true word may be missing, as in ICDAR2015.

    Each error has one kind (the first that fits). A quad covers another when more than half of the other's area is in
    it; two quads are near when one covers the other or their IoU is 0.1 or more.

    - targets without a match: ``merged``: some detection covers it and another target; ``split``: it covers two or more
      detections; ``inexact``: some detection is near; ``missed``: none is.
    - detections without a match: ``merged``: it covers two or more targets; ``split``: an unmatched target covers it
      and another detection; ``duplicate``: it is near targets, all of them matched; ``inexact``: it is near an
      unmatched target; ``false``: it is near none.

    Don't-care targets count among those that a detection merges, not otherwise.
    """

    error = "error"

    def __init__(self, iou: float = 0.5) -> None:
        self.iou = iou
        self._records: list[_Record] = []

    def reset(self) -> None:
        self._records = []

    def update(self, predictions: Sequence[Detection], targets: Sequence[LabelledPage]) -> None:
        """Adds images, `predictions[i]` being what was found on `targets[i]`. Raises ValueError when the numbers differ
        (also those of quads and texts).
        """
        if len(predictions) != len(targets):
            raise ValueError(f"{len(predictions)} predictions for {len(targets)} pages")
        self._records += [self._record(d, p) for d, p in zip(predictions, targets, strict=True)]

    def _record(self, detection: Detection, page: LabelledPage) -> _Record:
        if page.kind == "words" and detection.words is not None:
            detection = detection.words
        if page.kind == "both":
            page = page.taken(page.rows("lines"))
        result = compare(detection, page, self.iou)
        pairs: list[tuple[str, str]] = []
        if detection.texts is not None:
            for name, texts, quads in (("found", detection.texts, result.found), ("true", page.texts, result.targets)):
                if len(texts) != len(quads):
                    raise ValueError(
                        f"{page.path or detection.index}: {len(texts)} {name} texts for {len(quads)} quads"
                    )
            pairs = [(detection.texts[d], page.texts[t]) for t, d in enumerate(result.partner) if d >= 0]
        return _Record(
            source=page.source, targets=Counter(result.targets), found=Counter(result.found),
            equal=sum(read == true for read, true in pairs), equal_icdar=sum(equal_icdar(*p) for p in pairs),
            read=detection.texts is not None,
        )  # fmt: skip

    def compute(self) -> dict[str, float]:
        """The metrics of all images since the last `reset`; those of reading only when all detections have texts.
        Raises ValueError when there are no images.
        """
        return _metrics(self._records)

    def by_source(self) -> dict[str, dict[str, float]]:
        """`compute` for each `LabelledPage.source`, by name."""
        return {source: _metrics(self._of(source)) for source in self._sources()}

    def errors(self) -> dict[str, dict[str, int]]:
        """How many of each kind: {"truths": {kind: number}, "found": {kind: number}}."""
        return _errors(self._records)

    def errors_by_source(self) -> dict[str, dict[str, dict[str, int]]]:
        """`errors` for each `LabelledPage.source`, by name."""
        return {source: _errors(self._of(source)) for source in self._sources()}

    def _sources(self) -> list[str]:
        return sorted({r.source for r in self._records})

    def _of(self, source: str) -> list[_Record]:
        return [r for r in self._records if r.source == source]


def compare(detection: Detection, page: LabelledPage, iou: float = 0.5) -> Comparison:
    """The outcome of every quad of one image, by the rules of `DetectionMetric`."""
    true = np.asarray(page.quads, np.float64).reshape(-1, 4, 2)
    found = np.asarray(detection.quads, np.float64).reshape(-1, 4, 2)
    if not (np.isfinite(found).all() and np.isfinite(true).all()):
        raise ValueError(f"{page.path or detection.index}: corners that are no numbers")
    skipped = np.asarray(page.ignore, bool).reshape(-1)
    if len(skipped) != len(true):
        raise ValueError(f"{page.path or detection.index}: {len(skipped)} don't-care flags for {len(true)} quads")
    overlap = overlaps(true, found)
    unwanted = (overlap.of_b[skipped] > 0.5).any(0)
    counted = ~skipped[:, None] & ~unwanted[None]
    partner = _match((overlap.iou > iou) & counted)
    taken = np.isin(np.arange(len(found)), partner)
    targets, finds = _kinds(overlap.iou, overlap.of_a > 0.5, overlap.of_b > 0.5, skipped, partner >= 0)
    targets = np.where(skipped, "ignored", np.where(partner >= 0, "matched", targets))
    finds = np.where(unwanted, "ignored", np.where(taken, "matched", finds))
    return Comparison(targets.tolist(), finds.tolist(), partner.tolist())


def _match(fits: np.ndarray) -> np.ndarray:
    """K D bool -> K: the first free detection that fits each target, or -1."""
    free = np.ones(fits.shape[1], bool)
    partner = np.full(len(fits), -1)
    for row in np.flatnonzero(fits.any(1)):
        if (choice := np.flatnonzero(fits[row] & free)).size:
            partner[row] = choice[0]
            free[choice[0]] = False
    return partner


def _kinds(
    iou: np.ndarray, covered: np.ndarray, inside: np.ndarray, skipped: np.ndarray, matched: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The kind of error that each target (K) and each detection (D) is if it has no match.

    All K D: `covered` where the detection covers the target, `inside` where the target covers the detection.
    """
    near = ((iou >= _NEAR) | covered | inside) & ~skipped[:, None]
    merging = covered.sum(0) >= 2  # D
    split = (inside.sum(1) >= 2) & ~skipped & ~matched  # K
    targets = np.select(
        [(covered & merging).any(1), split, near.any(1)], ["merged", "split", "inexact"], default="missed"
    )
    found = np.select(
        [merging, inside[split].any(0), near[~matched].any(0), near[matched].any(0)],
        ["merged", "split", "inexact", "duplicate"],
        default="false",
    )
    return targets, found


def equal_icdar(read: str, true: str) -> bool:
    """Whether ICDAR2015 takes the texts as equal: whatever the case, and one punctuation mark at the beginning, at the
    end or at both of the true one may be missing.
    """
    read, true = read.upper(), true.upper()
    starts = {0, 1} if true[:1] in _MARKS and true else {0}
    ends = {0, 1} if true[-1:] in _MARKS and true else {0}
    return any(read == true[a : len(true) - b] for a in starts for b in ends)


def _metrics(records: Sequence[_Record]) -> dict[str, float]:
    if not records:
        raise ValueError("no images to measure: call update first")
    targets = sum(r.targets.total() - r.targets["ignored"] for r in records)
    found = sum(r.found.total() - r.found["ignored"] for r in records)
    matched = sum(r.targets["matched"] for r in records)
    precision, recall, hmean = _rates(matched, found, targets)
    out = {
        "precision": precision, "recall": recall, "hmean": hmean, "error": 1 - hmean, "count": len(records),
        "truths": targets,  # the key that JSON files of users have
        "found": found, "matched": matched,
    }  # fmt: skip
    if all(r.read for r in records):
        rates = _rates(sum(r.equal for r in records), found, targets)
        out |= dict(zip(("e2e_precision", "e2e_recall", "e2e_hmean"), rates, strict=True))
        out["e2e_hmean_icdar"] = _rates(sum(r.equal_icdar for r in records), found, targets)[2]
    return out


def _rates(matched: int, found: int, targets: int) -> tuple[float, float, float]:
    """Precision, recall and their harmonic mean."""
    if not targets:
        silent = float(not found)
        return silent, 1.0, silent
    return matched / max(found, 1), matched / targets, 2 * matched / (found + targets)


def _errors(records: Iterable[_Record]) -> dict[str, dict[str, int]]:
    targets: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for r in records:
        targets += r.targets
        found += r.found
    # "truths": the key that JSON files of users have
    return {"truths": {k: targets[k] for k in TARGET_ERRORS}, "found": {k: found[k] for k in FOUND_ERRORS}}


def threshold_for_recall(
    scores: Sequence[float] | np.ndarray, labels: Sequence[int] | np.ndarray, recall: float
) -> float:
    """The largest threshold t such that at least the share `recall` (0..1, not 0) of the positives has score >= t.

    It is the score of one of the positives. Raises ValueError when there are none.
    """
    positives = np.sort(np.asarray(scores, np.float64)[np.asarray(labels, bool)])[::-1]
    if not positives.size or np.isnan(positives).any() or not 0 < recall <= 1:
        raise ValueError(f"{positives.size} positives, recall {recall}: needs scores of some, and a recall in (0, 1]")
    kept = np.arange(1, positives.size + 1) / positives.size
    return float(positives[int(np.searchsorted(kept, recall))])

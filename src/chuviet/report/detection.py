"""What a detector found beside the ground truth: pictures, and tables of how well and of what went wrong."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
import pandas as pd

from chuviet.geometry import Quad
from chuviet.labels import LabelledPage
from chuviet.metrics.detection import FOUND_ERRORS, TARGET_ERRORS, compare, equal_icdar
from chuviet.reading.pictures import BAND, SHIFT, Colour, colour_of, label, line_width, outline
from chuviet.results import Detection

_TRUE: Colour = (40, 130, 255)
_MISSED: Colour = (230, 20, 40)
_IGNORED: Colour = (150, 150, 150)

#: Keys of `DetectionMetric` ("truths" are the targets; JSON files of users have the key) -> headings.
_MEANINGS = {
    "count": "images", "truths": "truths", "found": "found", "matched": "matched", "precision": "precision",
    "recall": "recall", "hmean": "hmean", "e2e_precision": "e2e precision", "e2e_recall": "e2e recall",
    "e2e_hmean": "e2e hmean", "e2e_hmean_icdar": "e2e hmean (ICDAR)",
}  # fmt: skip


def draw(image: np.ndarray, detection: Detection, target: LabelledPage) -> np.ndarray:
    """As `chuviet.reading.pictures.draw`, beside the ground truth: thin blue lines are the true quads, red ones those
    without a match, and grey dashes don't-care regions; a text that is not the true one has a red label (case and
    outer punctuation as ICDAR has them).
    """
    out = np.ascontiguousarray(image).copy()
    width = line_width(image)
    for quad in target.quads[np.asarray(target.ignore, bool)]:
        _dashed(out, quad, _IGNORED, round(width), 5 * width)
    for quad, score in zip(detection.quads, detection.scores, strict=True):
        outline(out, quad, colour_of(float(score)), round(2 * width))
    result = compare(detection, target)
    for quad, kind in zip(target.quads, result.targets, strict=True):
        if kind == "matched":
            outline(out, quad, _TRUE, round(width))
        elif kind != "ignored":
            outline(out, quad, _MISSED, round(2 * width))
    if detection.texts is None:
        return out
    wrong = _misread(detection, target, result.partner)
    bands = [_MISSED if d in wrong else BAND for d in range(len(detection.texts))]
    return label(out, np.concatenate([detection.quads, target.quads]), detection.texts, bands, width)


def table(metrics: Mapping[str, Mapping[str, float]]) -> pd.DataFrame:
    """`DetectionMetric.by_source` (and "all": `compute`) as one row a source: numbers of images and quads, then rates;
    those of reading where any source has them.
    """
    frame = pd.DataFrame.from_dict({_name(k): dict(v) for k, v in metrics.items()}, orient="index")
    columns = [c for c in _MEANINGS if c in frame]
    frame = frame[columns].astype({c: int for c in columns if c in ("count", "truths", "found", "matched")})
    return frame.rename(columns=_MEANINGS).rename_axis("source")


def error_table(errors: Mapping[str, Mapping[str, Mapping[str, int]]]) -> pd.DataFrame:
    """`DetectionMetric.errors_by_source` (and "all": `errors`) as one row a kind of error, below what it happened to,
    and one column a source; kinds as `chuviet.metrics.detection.DetectionMetric` defines them.
    """
    rows = [("truths", k) for k in TARGET_ERRORS] + [("found", k) for k in FOUND_ERRORS]
    values = {_name(source): [parts[side][kind] for side, kind in rows] for source, parts in errors.items()}
    return pd.DataFrame(values, index=pd.MultiIndex.from_tuples(rows, names=["of", "kind"]))


def _name(source: str) -> str:
    return source or "(no source)"


def _misread(detection: Detection, page: LabelledPage, partners: list[int]) -> set[int]:
    """Rows of the detections whose text is not that of the target they are matched with."""
    if detection.texts is None:
        return set()
    pairs = [(d, t) for t, d in enumerate(partners) if d >= 0]
    return {d for d, t in pairs if not equal_icdar(detection.texts[d], page.texts[t])}


def _dashed(image: np.ndarray, quad: Quad, colour: Colour, width: int, dash: float) -> None:
    """Dashes of about `dash` pixels and gaps as long; every corner is in a dash."""
    for start, end in zip(quad, np.roll(quad, -1, 0), strict=True):
        parts = 2 * int(np.linalg.norm(end - start) / dash / 2) + 1
        stops = start + np.linspace(0, 1, parts + 1)[:, None] * (end - start)
        for a, b in np.round(np.stack([stops[:-1:2], stops[1::2]], 1) * (1 << SHIFT)).astype(np.int32).tolist():
            cv2.line(image, a, b, colour, max(width, 1), cv2.LINE_AA, SHIFT)

"""What a detector found: pictures of it on the page beside the truth, and tables of how well and of what went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from PIL import Image, ImageDraw, ImageFont

from chuviet.geometry import Quad
from chuviet.labels import LabelledPage
from chuviet.metrics.detection import FOUND_ERRORS, TRUTH_ERRORS, compare, equal_icdar
from chuviet.results import Detection

Colour = tuple[int, int, int]

_SURE: Colour = (20, 190, 70)
_UNSURE: Colour = (255, 140, 0)
_TRUE: Colour = (40, 130, 255)
_MISSED: Colour = (230, 20, 40)
_IGNORED: Colour = (150, 150, 150)
_BAND: Colour = (0, 0, 0)

_SHIFT = 4  # OpenCV draws at sixteenths of a pixel
_MEANINGS = {
    "count": "images", "truths": "truths", "found": "found", "matched": "matched", "precision": "precision",
    "recall": "recall", "hmean": "hmean", "e2e_precision": "e2e precision", "e2e_recall": "e2e recall",
    "e2e_hmean": "e2e hmean", "e2e_hmean_icdar": "e2e hmean (ICDAR)",
}  # fmt: skip


def draw(image: np.ndarray, detection: Detection, truth: LabelledPage | None = None) -> np.ndarray:
    """A copy of the picture (H W 3, uint8 RGB) with what was found on it, and its text above if it was read.

    Found quads are green (score 1) to orange (0.5 and less). With `truth`, thin blue lines are the true quads, red ones
    those without a match, and grey dashes don't-care regions; a text that is not the true one has a red label (case
    and outer punctuation as ICDAR has them).
    """
    out = np.ascontiguousarray(image).copy()
    width = max(1.0, max(image.shape[:2]) / 960)  # of a thin line, px
    if truth is not None:
        for quad in truth.quads[np.asarray(truth.ignore, bool)]:
            _dashed(out, quad, _IGNORED, round(width), 5 * width)
    for quad, score in zip(detection.quads, detection.scores, strict=True):
        _outline(out, quad, _colour(float(score)), round(2 * width))
    wrong: set[int] = set()
    if truth is not None:
        result = compare(detection, truth)
        for quad, kind in zip(truth.quads, result.truths, strict=True):
            if kind == "matched":
                _outline(out, quad, _TRUE, round(width))
            elif kind != "ignored":
                _outline(out, quad, _MISSED, round(2 * width))
        wrong = _misread(detection, truth, result.partner)
    if detection.texts is not None:
        bands = [_MISSED if d in wrong else _BAND for d in range(len(detection.texts))]
        shown = detection.quads if truth is None else np.concatenate([detection.quads, truth.quads])
        out = _label(out, shown, detection.texts, bands, width)
    return out


def table(figures: Mapping[str, Mapping[str, float]]) -> pd.DataFrame:
    """`DetectionMetric.by_source` (and "all": `compute`) as one row a source: numbers of images and quads, then rates;
    those of reading where any source has them.
    """
    frame = pd.DataFrame.from_dict({_name(k): dict(v) for k, v in figures.items()}, orient="index")
    columns = [c for c in _MEANINGS if c in frame]
    frame = frame[columns].astype({c: int for c in columns if c in ("count", "truths", "found", "matched")})
    return frame.rename(columns=_MEANINGS).rename_axis("source")


def error_table(errors: Mapping[str, Mapping[str, Mapping[str, int]]]) -> pd.DataFrame:
    """`DetectionMetric.errors_by_source` (and "all": `errors`) as one row a kind of error, below what it happened to,
    and one column a source; kinds as `chuviet.metrics.detection.DetectionMetric` defines them.
    """
    rows = [("truths", k) for k in TRUTH_ERRORS] + [("found", k) for k in FOUND_ERRORS]
    values = {_name(source): [parts[side][kind] for side, kind in rows] for source, parts in errors.items()}
    return pd.DataFrame(values, index=pd.MultiIndex.from_tuples(rows, names=["of", "kind"]))


def _name(source: str) -> str:
    return source or "(no source)"


def _misread(detection: Detection, page: LabelledPage, partners: list[int]) -> set[int]:
    """Rows of the detections whose text is not that of the truth they are matched with."""
    if detection.texts is None:
        return set()
    pairs = [(d, t) for t, d in enumerate(partners) if d >= 0]
    return {d for d, t in pairs if not equal_icdar(detection.texts[d], page.texts[t])}


def _colour(score: float) -> Colour:
    share = min(max(2 * score - 1, 0.0), 1.0)
    red, green, blue = (round(u + share * (s - u)) for u, s in zip(_UNSURE, _SURE, strict=True))
    return red, green, blue


def _outline(image: np.ndarray, quad: Quad, colour: Colour, width: int) -> None:
    points = np.round(quad * (1 << _SHIFT)).astype(np.int32)
    cv2.polylines(image, [points], True, colour, max(width, 1), cv2.LINE_AA, _SHIFT)


def _dashed(image: np.ndarray, quad: Quad, colour: Colour, width: int, dash: float) -> None:
    """Dashes of about `dash` pixels and gaps as long; every corner is in a dash."""
    for start, end in zip(quad, np.roll(quad, -1, 0), strict=True):
        parts = 2 * int(np.linalg.norm(end - start) / dash / 2) + 1
        stops = start + np.linspace(0, 1, parts + 1)[:, None] * (end - start)
        for a, b in np.round(np.stack([stops[:-1:2], stops[1::2]], 1) * (1 << _SHIFT)).astype(np.int32).tolist():
            cv2.line(image, a, b, colour, max(width, 1), cv2.LINE_AA, _SHIFT)


def _label(image: np.ndarray, quads: np.ndarray, texts: list[str], bands: list[Colour], width: float) -> np.ndarray:
    """Texts in white on translucent bands, each above its quad, or below or beside it where that hides less of all
    quads; the first of them are those of the texts.
    """
    canvas = Image.fromarray(image)
    pen = ImageDraw.Draw(canvas, "RGBA")
    boxes = np.concatenate([quads.min(1), quads.max(1)], 1)
    taken = boxes.copy()  # grows by every label
    for quad, box, text, band in zip(quads, boxes, texts, bands, strict=False):
        if not text:
            continue
        size = np.clip(0.7 * np.linalg.norm(quad[3] - quad[0]), 10 * width, 24 * width)
        font = _font(round(float(size)))
        label = _place(box, font.getlength(text) + 4, sum(font.getmetrics()), taken, canvas.size, width + 1)
        taken = np.concatenate([taken, label[None]])
        pen.rectangle(tuple(label.tolist()), fill=(*band, 175))
        pen.text((label[0] + 2, label[1]), text, fill=(255, 255, 255), font=font)
    return np.asarray(canvas).copy()


def _place(box: np.ndarray, w: float, h: float, taken: np.ndarray, picture: tuple[int, int], gap: float) -> np.ndarray:
    """Where (left, top, right, bottom) a label of w x h goes that hides the least of the `taken` boxes (N 4) and lies
    within the picture: above its box, below, to the right or to the left, in this order.
    """
    (left, top, right, bottom), extent = box, np.array((w, h))
    starts = np.array([(left, top - h - gap), (left, bottom + gap), (right + gap, top), (left - w - gap, top)])
    starts = np.clip(starts, 0, np.maximum(picture - extent, 0))
    places = np.concatenate([starts, starts + extent], 1)
    low, high = np.maximum(places[:, None, :2], taken[None, :, :2]), np.minimum(places[:, None, 2:], taken[None, :, 2:])
    hidden = np.clip(high - low, 0, None).prod(-1).sum(1)
    return places[int(np.argmin(hidden))]


@lru_cache(maxsize=64)
def _font(size: int) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which comes with matplotlib and has all Vietnamese letters."""
    import matplotlib

    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)

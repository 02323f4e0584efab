"""Pictures of what was found and read on a page."""

from __future__ import annotations

import importlib.util
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from chuviet.geometry import Quad
from chuviet.results import Detection

Colour = tuple[int, int, int]

BAND: Colour = (0, 0, 0)
_SURE: Colour = (20, 190, 70)
_UNSURE: Colour = (255, 140, 0)

SHIFT = 4  # OpenCV draws at sixteenths of a pixel
#: Fonts with all Vietnamese letters that systems have; Pillow's own lacks them.
_FONTS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "Arial.ttf", "arial.ttf",
          "Arial Unicode.ttf", "Helvetica.ttc", "segoeui.ttf", "FreeSans.ttf")  # fmt: skip


def draw(image: np.ndarray, found: Detection) -> np.ndarray:
    """A copy of the picture (H W 3, uint8 RGB) with what was found on it, and its text above if it was read. Quads are
    green (score 1) to orange (0.5 and less).
    """
    out = np.ascontiguousarray(image).copy()
    width = line_width(image)
    for quad, score in zip(found.quads, found.scores, strict=True):
        outline(out, quad, colour_of(float(score)), round(2 * width))
    if found.texts is None:
        return out
    return label(out, found.quads, found.texts, [BAND] * len(found.texts), width)


def line_width(image: np.ndarray) -> float:
    """Of a thin line on a picture, in pixels."""
    return max(1.0, max(image.shape[:2]) / 960)


def colour_of(score: float) -> Colour:
    share = min(max(2 * score - 1, 0.0), 1.0)
    red, green, blue = (round(u + share * (s - u)) for u, s in zip(_UNSURE, _SURE, strict=True))
    return red, green, blue


def outline(image: np.ndarray, quad: Quad, colour: Colour, width: int) -> None:
    points = np.round(quad * (1 << SHIFT)).astype(np.int32)
    cv2.polylines(image, [points], True, colour, max(width, 1), cv2.LINE_AA, SHIFT)


def label(
    image: np.ndarray, quads: np.ndarray, texts: Sequence[str], bands: Sequence[Colour], width: float
) -> np.ndarray:
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
        font, text = _font(round(float(size)), text)
        spot = _place(box, font.getlength(text) + 4, sum(font.getmetrics()), taken, canvas.size, width + 1)
        taken = np.concatenate([taken, spot[None]])
        pen.rectangle(tuple(spot.tolist()), fill=(*band, 175))
        pen.text((spot[0] + 2, spot[1]), text, fill=(255, 255, 255), font=font)
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


def _font(size: int, text: str) -> tuple[Any, str]:
    """A font of so many pixels, and the text as it can write it: without accents where no system font was found."""
    font, complete = _loaded(size)
    if complete:
        return font, text
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return font, "".join(c for c in plain if not unicodedata.combining(c))


@lru_cache(maxsize=64)
def _loaded(size: int) -> tuple[Any, bool]:
    spec = importlib.util.find_spec("matplotlib")  # brings DejaVu; it is not imported
    brought = (
        [f"{folder}/mpl-data/fonts/ttf/DejaVuSans.ttf" for folder in spec.submodule_search_locations or ()]
        if spec
        else []
    )
    for name in (*_FONTS, *brought):
        try:
            return ImageFont.truetype(name, size, layout_engine=ImageFont.Layout.BASIC), True
        except OSError:
            continue
    return ImageFont.load_default(size), False

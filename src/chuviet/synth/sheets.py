"""Pages to measure whole readers on: sheets of real lines, plain printed documents, turned pages, pictures cut out
beside all text. Drawn apart from the pages that detectors are trained on (`letter`, `document`), in other fonts.

A region is what a label file has: `transcription` and `points`, four corners in pixels, clockwise from the text's top
left. Regions are in reading order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from chuviet.errors import InputError
from chuviet.synth.fonts import characters

Region = dict[str, Any]

#: Families of the printed pages -> the files of their regular, bold and italic fonts, and the Debian package.
FAMILIES = {
    "Liberation Sans": ("LiberationSans-Regular", "LiberationSans-Bold", "LiberationSans-Italic", "fonts-liberation2"),
    "Liberation Serif": (
        "LiberationSerif-Regular", "LiberationSerif-Bold", "LiberationSerif-Italic", "fonts-liberation2"
    ),
    "Noto Sans": ("NotoSans-Regular", "NotoSans-Bold", "NotoSans-Italic", "fonts-noto-core"),
    "Noto Serif": ("NotoSerif-Regular", "NotoSerif-Bold", "NotoSerif-Italic", "fonts-noto-core"),
    "DejaVu Sans": ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans", "fonts-dejavu"),
    "DejaVu Serif": ("DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-Italic", "fonts-dejavu"),
    "Carlito": ("Carlito-Regular", "Carlito-Bold", "Carlito-Italic", "fonts-crosextra-carlito"),
    "FreeSerif": ("FreeSerif", "FreeSerifBold", "FreeSerifItalic", "fonts-freefont-ttf"),
}  # fmt: skip


def debian_fonts(folder: str | Path, alphabet: str) -> list[tuple[str, str, str]]:
    """The regular, bold and italic font of each of `FAMILIES`, looked for below `folder`; of files of one name the last
    in order, as liberation2 is after liberation. Raises InputError for one that is not there or lacks a character of
    `alphabet`.
    """
    files = {path.stem: path for path in sorted(Path(folder).rglob("*.ttf"))}
    families = []
    for name, (*stems, package) in FAMILIES.items():
        if missing := [stem for stem in stems if stem not in files]:
            raise InputError(f"{folder}: no {missing[0]}.ttf ({name}) below it; apt-get install {package}")
        if lacking := [stem for stem in stems if not characters(files[stem]) >= set(alphabet) - {" "}]:
            raise InputError(f"{files[lacking[0]]}: not every Vietnamese letter is in it; apt-get install {package}")
        regular, bold, italic = (str(files[stem]) for stem in stems)
        families.append((regular, bold, italic))
    return families


def box(left: float, top: float, right: float, bottom: float) -> list[list[float]]:
    """The corners of an upright rectangle."""
    return [[left, top], [right, top], [right, bottom], [left, bottom]]


def sheet_of_lines(
    lines: Sequence[np.ndarray], texts: Sequence[str], rng: np.random.Generator
) -> tuple[np.ndarray, list[Region]]:
    """Lines (h w 3 uint8 RGB) below each other on a white sheet or one of their own paper's colour, each at 0.9 to 1.2
    of its size, with its pixels as they are but for a narrow blend at its edges. A region is a line's whole image.
    """
    width = int(rng.integers(1240, 1701))
    margin = rng.uniform(0.02, 0.1) * width
    room = width - 1.25 * margin
    scaled = []
    for line in lines:
        scale = min(rng.uniform(0.9, 1.2), room / line.shape[1])
        size = (round(line.shape[1] * scale), round(line.shape[0] * scale))
        scaled.append(cv2.resize(line, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC))
    gap = rng.uniform(0.1, 1.2) * float(np.mean([len(line) for line in scaled]))  # between the lines of this page
    gaps = gap * rng.uniform(0.7, 1.3, len(scaled))
    top, below = rng.uniform(30, 200, 2)
    height = round(top + below + sum(len(line) for line in scaled) + gaps.sum())
    if rng.random() < 0.5:
        colour = np.full(3, rng.uniform(244, 255))
    else:
        colour = np.median(scaled[0].reshape(-1, 3), axis=0)
    sheet = np.broadcast_to(colour, (height, width, 3)) + rng.normal(0, 1.5, (height, width, 1))
    regions, y = [], top
    for line, text, after in zip(scaled, texts, gaps, strict=True):
        h, w = line.shape[:2]
        left = round(margin + rng.uniform(0, 1) * min(room - w, 0.06 * width))
        place = sheet[round(y) : round(y) + h, left : left + w]
        place += _feathered(h, w) * (line - place)
        regions.append({"transcription": text, "points": box(left, round(y), left + w, round(y) + h)})
        y += h + after
    return np.clip(sheet, 0, 255).astype(np.uint8), regions


def _feathered(height: int, width: int, edge: int = 3) -> np.ndarray:
    """h w 1: 1 inside, less in the outer `edge` pixels."""
    rows = np.minimum(np.arange(height) + 1, np.arange(height, 0, -1))
    columns = np.minimum(np.arange(width) + 1, np.arange(width, 0, -1))
    return np.clip(np.minimum.outer(rows, columns) / (edge + 1), 0, 1)[:, :, None]


@dataclass
class Print:
    """A printed document that is being set: black on paper, grey `image`, `regions` in reading order."""

    image: Image.Image
    regions: list[Region] = field(default_factory=list)

    def line(self, text: str, left: float, baseline: float, font: ImageFont.FreeTypeFont, ink: int) -> None:
        draw = ImageDraw.Draw(self.image)
        draw.text((left, baseline), text, fill=ink, font=font, anchor="ls")
        found = draw.textbbox((left, baseline), text, font=font, anchor="ls")
        self.regions.append({"transcription": text, "points": box(*(float(v) for v in found))})


def printed_page(
    sentences: Sequence[str], families: Sequence[tuple[str, str, str]], rng: np.random.Generator,
    columns: int = 1, size: tuple[int, int] = (1240, 1754),
) -> tuple[np.ndarray, list[Region]]:  # fmt: skip
    """A document in one font family at 22 to 32 px, h w 3 uint8: a title (two of three times) and paragraphs of
    neighbouring sentences in one or two columns; a region is a line, tight around its ink. `size`: width and height
    at most.
    """
    regular, bold, italic = families[int(rng.integers(len(families)))]
    points = int(rng.integers(22, 33))
    font = _font(regular, points)
    if rng.random() < 0.1:
        font = _font(italic, points)
    width, most = size
    height = int(most * rng.uniform(0.5, 1))
    paper, ink = int(rng.integers(236, 256)), int(rng.integers(0, 70))
    page = Print(Image.new("L", (width, height), paper))
    margin, leading = rng.uniform(0.05, 0.1) * width, points * rng.uniform(1.25, 1.6)
    texts = _in_order(sentences, int(rng.integers(len(sentences))))
    y, bottom = margin + leading, height - margin
    if rng.random() < 2 / 3:
        y = _title(page, next(texts), (margin, y, width - 2 * margin), _font(bold, round(points * 1.4)), ink)
    gutter = rng.uniform(1, 2.5) * points
    column = (width - 2 * margin - gutter * (columns - 1)) / columns
    indent, gap = rng.choice((0.0, 1.5 * points)), rng.uniform(0, 0.8) * leading
    for k in range(columns):
        left, at = margin + k * (column + gutter), y
        while at < bottom:
            words = [word for _ in range(int(rng.integers(1, 5))) for word in next(texts).split()]
            for number, row in enumerate(wrapped(words, font, column, indent)):
                if at < bottom:
                    page.line(row, left + (indent if number == 0 else 0), at, font, ink)
                    at += leading
            at += gap
    return np.stack([np.asarray(page.image)] * 3, axis=-1), page.regions


def _in_order(sentences: Sequence[str], start: int) -> Iterator[str]:
    """The sentences from number `start` on, without end."""
    while True:
        yield sentences[start % len(sentences)]
        start += 1


def _title(
    page: Print, sentence: str, place: tuple[float, float, float], font: ImageFont.FreeTypeFont, ink: int
) -> float:
    """The first words of a sentence in the middle of the width. Returns the next baseline."""
    left, y, width = place
    row = wrapped(sentence.split()[:8], font, width)[0]
    page.line(row, left + (width - font.getlength(row)) / 2, y, font, ink)
    return y + 2.2 * font.size


def wrapped(words: Sequence[str], font: ImageFont.FreeTypeFont, width: float, indent: float = 0.0) -> list[str]:
    """Rows of words no wider than `width` pixels, the first less `indent`; a word that is wider stands alone."""
    rows: list[str] = []
    for word in words:
        longer = f"{rows[-1]} {word}" if rows else word
        room = width - (indent if len(rows) < 2 else 0)
        if rows and font.getlength(longer) <= room:
            rows[-1] = longer
        else:
            rows.append(word)
    return rows


def _font(path: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


def worn(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The page as a scanner gives it: half of them a little out of focus, all with noise."""
    seen: np.ndarray = image.astype(np.float32)
    if rng.random() < 0.5:
        seen = cv2.GaussianBlur(seen, (0, 0), rng.uniform(0.4, 0.8))
    seen += rng.normal(0, rng.uniform(2, 40), (*image.shape[:2], 1))
    return np.clip(seen + 0.5, 0, 255).astype(np.uint8)


def turned(image: np.ndarray, regions: Sequence[Region], degrees: float) -> tuple[np.ndarray, list[Region]]:
    """Page and regions turned clockwise by `degrees` about the page's middle, on a canvas that holds all of it, in the
    paper's colour; by multiples of 90 to the pixel.
    """
    h, w = image.shape[:2]
    radians = np.deg2rad(degrees)
    cos, sin = float(np.round(np.cos(radians), 12)), float(np.round(np.sin(radians), 12))
    width, height = (round(abs(w * a) + abs(h * b)) for a, b in ((cos, sin), (sin, cos)))
    if degrees % 90 == 0:
        seen = np.ascontiguousarray(np.rot90(image, -round(degrees / 90)))
    else:
        middle, centre = (w - 1) / 2, (h - 1) / 2
        matrix = np.array([[cos, -sin, (width - 1) / 2 - cos * middle + sin * centre],
                           [sin, cos, (height - 1) / 2 - sin * middle - cos * centre]])  # fmt: skip
        paper = np.median(image.reshape(-1, 3), axis=0).tolist()
        seen = cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderValue=paper)
    out = []
    for region in regions:
        points = np.asarray(region["points"], np.float64) - (w / 2, h / 2)
        moved = points @ np.array([[cos, sin], [-sin, cos]]) + (width / 2, height / 2)
        out.append({"transcription": region["transcription"], "points": moved.round(1).tolist()})
    return seen, out


def free_rectangle(width: int, height: int, quads: np.ndarray, margin: int = 12) -> tuple[int, int, int, int]:
    """The largest upright rectangle of an image that keeps `margin` pixels away from the bounding boxes of all quads
    (K 4 2): left, top, right, bottom; of no size if there is none.
    """
    low = np.floor(quads.reshape(-1, 4, 2).min(1)).astype(int) - margin
    high = np.ceil(quads.reshape(-1, 4, 2).max(1)).astype(int) + margin
    best, area = (0, 0, 0, 0), 0
    tops = sorted({0, *(int(y) for y in high[:, 1] if 0 < y < height)})
    bottoms = sorted({height, *(int(y) for y in low[:, 1] if 0 < y < height)})
    for top in tops:
        for bottom in bottoms:
            if bottom <= top:
                continue
            inside = (low[:, 1] < bottom) & (high[:, 1] > top)
            left, right = _widest_gap(width, low[inside, 0], high[inside, 0])
            if (right - left) * (bottom - top) > area:
                best, area = (left, top, right, bottom), (right - left) * (bottom - top)
    return best


def _widest_gap(width: int, starts: np.ndarray, ends: np.ndarray) -> tuple[int, int]:
    """The longest part of 0..width that none of the intervals covers."""
    best, at = (0, 0), 0
    for k in np.argsort(starts, kind="stable"):
        if starts[k] - at > best[1] - best[0]:
            best = (at, int(starts[k]))
        at = max(at, int(ends[k]))
    return (at, width) if width - at > best[1] - best[0] else best

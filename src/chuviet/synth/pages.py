"""Pages and scenes with many words, and where each of them is: training material for text detectors.

A scene has signs (one to four lines of one to four words in one font and colour) on `scenery`, turned and in
perspective, each word a quad. A receipt has lines of print on paper, each phrase a quad. SynthText
(https://arxiv.org/abs/1604.06646) puts words on photographs by their depth; here everything is drawn.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from chuviet.errors import InputError
from chuviet.geometry import Quad
from chuviet.manifest import COLUMNS, SYNTHETIC_FOLD
from chuviet.synth.fonts import Font
from chuviet.synth.paper import encode_jpeg
from chuviet.synth.receipt import receipt_lines
from chuviet.synth.scenery import clouds, gradient, paint, photographed, scenery, three

Kind = Literal["scene", "receipt", "mixed"]
_GAP = 0.3  # of the letter size, between words
_CONSONANTS = (*"bcdfghjklmnprstvwz", "th", "st", "ch", "br", "sh")
_VOWELS = (*"aeiouy", "ee", "ou")


Box = tuple[float, float, float, float]  # left, top, width, height
Found = tuple[str, Quad, dict[str, Any]]  # text, corners, the other values of its row


class Words(Protocol):
    def text(self, index: int, rng: np.random.Generator) -> str: ...


@dataclass(frozen=True)
class PageRecipe:
    """How page i is made: `job(i)` returns its manifest row, whose text is the JSON list of words (phrases of receipts)
    with their corners, and its JPEG bytes.

    The first word of each line of a sign also has `line`, the corners of that line; a phrase has its `words`.
    """

    fonts: Sequence[Font]
    words: Words  # lines whose words are written beside made-up ones
    kind: Kind = "scene"
    size: tuple[int, int] = (960, 640)  # width and height of a scene in pixels
    seed: int = 0

    def job(self, index: int) -> tuple[dict[str, str], bytes]:
        """Raises InputError when no font of the set can write."""
        rng = np.random.default_rng((self.seed, index, len(self.kind)))
        kind = self.kind if self.kind != "mixed" else ("scene", "receipt")[int(rng.random() < 0.25)]
        image, found = self.scene(index, rng) if kind == "scene" else self.receipt(rng)
        rows = [{"transcription": text, "points": _rounded(quad), **more} for text, quad, more in found]
        name = f"{index // 1000:04d}/{index:07d}.jpg"
        values = (name, json.dumps(rows, ensure_ascii=False), "-1", str(SYNTHETIC_FOLD), f"pages_{self.kind}", "", "")
        return dict(zip(COLUMNS, values, strict=True)), encode_jpeg(image, int(rng.integers(35, 96)))

    def scene(self, index: int, rng: np.random.Generator) -> tuple[np.ndarray, list[Found]]:
        """H W 3 uint8, and its words with their quads in pixels."""
        w, h = self.size
        canvas, taken = scenery(h, w, rng), np.zeros((h // 4, w // 4), np.uint8)
        found: list[Found] = []
        for _ in range(int(rng.choice((1, 3, 5, 8, 12, 18), p=(0.05, 0.15, 0.25, 0.25, 0.2, 0.1)))):
            found += self._sign(canvas, taken, index, rng)
        return photographed(canvas, rng), found

    def receipt(self, rng: np.random.Generator) -> tuple[np.ndarray, list[Found]]:
        """H W 3 uint8, and its phrases with their quads in pixels."""
        w = int(rng.integers(420, 900))
        size = int(rng.integers(11, 26) * w / 640) + 3
        font = self._font(rng, "")
        bold = self._font(rng, "")
        drawn, y, end, ink = [], size, 0, np.zeros((int(2.6 * w), w), np.float32)
        found: list[Found] = []
        for text, x, scale in receipt_lines(w, size, rng):
            type = (bold if abs(scale) > 1.2 else font).path, round(size * abs(scale))
            pixels = ink_of(text or "-", *type)
            left = int(np.clip(w * x - (pixels.shape[1] if x > 0.6 else pixels.shape[1] / 2 if x > 0.4 else 0), 2, w))
            right, bottom = left + pixels.shape[1], y + pixels.shape[0]
            if text and left > end and right < w - 2 and bottom < len(ink):
                ink[y:bottom, left:right] = pixels
                if text.strip("-"):
                    drawn.append((text, left, y, pixels, type))
                end = right + size // 2
            if x > 0.6 or scale < 0:
                y, end = y + round(size * abs(scale) * rng.uniform(1.2, 1.45)), 0
            if y > len(ink) - 3 * size:
                break
        height = min(y + 2 * size, len(ink))
        paper = rng.uniform(215, 255) + clouds(height, w, rng, rng.uniform(0, 3))
        if rng.random() < 0.4:
            paper *= gradient(height, w, rng).mean(-1, keepdims=True).clip(120, 255) / 255
        dark = rng.uniform(0, 110) + rng.normal(0, 6, 3)
        worn = ink[:height] * (1 - 0.5 * (rng.random((height, w)) < rng.uniform(0, 0.25)))
        canvas: np.ndarray = paper + worn[..., None].astype(np.float32) * (dark.astype(np.float32) - paper)
        matrix = np.eye(3)
        matrix[:2] = cv2.getRotationMatrix2D((w / 2, height / 2), float(rng.normal(0, 0.5)), 1.0)
        canvas = cv2.warpAffine(canvas.astype(np.float32), matrix[:2], (w, height), borderMode=cv2.BORDER_REPLICATE)
        for text, left, top, pixels, type in drawn:
            if top + len(pixels) < height:
                quad = moved(corners(left, top, pixels.shape[1], pixels.shape[0]), matrix)
                words = [{"transcription": word, "points": _rounded(moved(corners(left + x, top + y, *size), matrix))}
                         for word, (x, y, *size) in word_boxes(text, pixels, *type)]  # fmt: skip
                found.append((text, quad, {"words": words}))
        if rng.random() < 0.4:
            canvas = cv2.GaussianBlur(canvas, (0, 0), rng.uniform(0.3, 0.9))
        return np.clip(canvas + rng.normal(0, rng.uniform(0, 5), canvas.shape), 0, 255).astype(np.uint8), found

    def _sign(self, canvas: np.ndarray, taken: np.ndarray, index: int, rng: np.random.Generator) -> list[Found]:
        """Writes some words on a place that is free; none if there is no such place."""
        h, w = canvas.shape[:2]
        size = int(np.exp(rng.uniform(np.log(9), np.log(90))))
        lines = [made_up(rng) if rng.random() < 0.75 else self.words.text(index, rng) for _ in range(_some(rng))]
        lines = [" ".join(line.split()[: _some(rng)]) for line in lines]
        font = self._font(rng, "".join(lines))
        ink, boxes = typeset(lines, font.path, size, rng)
        pad = rng.uniform(0.1, 0.6) * size
        for _ in range(8):
            matrix = self._place(ink.shape, rng, (w, h))
            outline = moved(corners(-pad, -pad, ink.shape[1] + 2 * pad, ink.shape[0] + 2 * pad), matrix)
            low, high = np.floor(outline.min(0)).astype(int), np.ceil(outline.max(0)).astype(int) + 1
            spot = taken[max(low[1] // 4, 0) : high[1] // 4 + 1, max(low[0] // 4, 0) : high[0] // 4 + 1]
            if (low >= 2).all() and (high <= (w - 2, h - 2)).all() and not spot.any():
                spot[:] = 1
                break
        else:
            return []
        window = canvas[low[1] : high[1], low[0] : high[0]]
        local = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1]]) @ matrix
        extent = (int(high[0] - low[0]), int(high[1] - low[1]))
        if rng.random() < 0.45:  # on a board
            board = np.zeros(extent[::-1], np.uint8)
            cv2.fillPoly(board, [(outline - low).astype(np.int32)], 255, cv2.LINE_AA)
            colour = (rng.uniform(0, 255) + rng.normal(0, 35, 3)).astype(np.float32)
            paint(window, board / np.float32(255), np.clip(colour, 0, 255))
            if rng.random() < 0.3:
                edge = np.clip(colour * rng.uniform(0.2, 1.8), 0, 255).tolist()
                cv2.polylines(window, [(outline - low).astype(np.int32)], True, edge, int(rng.integers(1, 4)))
        mask: np.ndarray = cv2.warpPerspective(ink, local, extent, flags=cv2.INTER_AREA)
        colour = ink_colour(window, mask, rng)
        if rng.random() < 0.15:  # a shadow behind, or an outline around
            shift = np.array([[1, 0, rng.uniform(0.02, 0.1) * size], [0, 1, rng.uniform(0.02, 0.1) * size]])
            cast: np.ndarray = (
                cv2.warpAffine(mask, shift, extent)
                if rng.random() < 0.5
                else cv2.dilate(mask, np.ones((3, 3), np.uint8))
            )
            paint(window, cast, 255 - colour, rng.uniform(0.4, 1))
        paint(window, mask, colour, rng.uniform(0.75, 1))
        found: list[Found] = []
        for row in _rows(boxes, lines):
            low, high = np.array([b[:2] for b in row]).min(0), np.array([np.add(b[:2], b[2:]) for b in row]).max(0)
            across = _rounded(moved(corners(*low, *(high - low)), matrix))
            for box in row:
                more = {"line": across} if box is row[0] else {}
                found.append((boxes[len(found)][0], moved(corners(*box), matrix), more))
        return found

    def _place(self, shape: tuple[int, ...], rng: np.random.Generator, page: tuple[int, int]) -> np.ndarray:
        """3 3: from the pixels of the ink to those of the page: turned, sheared by perspective, put anywhere."""
        h, w = shape
        angle = np.deg2rad(rng.normal(0, 4) if rng.random() < 0.8 else rng.uniform(-45, 45))
        source = corners(0, 0, w, h)
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        target = (source - source.mean(0)) * (rng.uniform(0.7, 1.1), 1) @ turn
        target += rng.normal(0, 0.05, (4, 2)) * min(h, w) * (rng.random() < 0.7)
        target += rng.uniform(0, 1, 2) * page
        return cv2.getPerspectiveTransform(source.astype(np.float32), target.astype(np.float32))

    def _font(self, rng: np.random.Generator, text: str) -> Font:
        needed, (covers, kinds) = frozenset(text.replace(" ", "")), self._covers
        able = np.flatnonzero(np.array([c >= needed for c in covers])[kinds])
        if not len(able):
            raise InputError(f"no font covers every character of {text!r}; add fonts")
        return self.fonts[able[int(rng.integers(len(able)))]]

    @functools.cached_property
    def _covers(self) -> tuple[list[frozenset[str]], np.ndarray]:
        """The different character sets of the fonts, and which of them each font has: hundreds of fonts share few."""
        numbers: dict[frozenset[str], int] = {}
        kinds = [numbers.setdefault(font.covers, len(numbers)) for font in self.fonts]
        return list(numbers), np.array(kinds, int)


def typeset(
    lines: Sequence[str], font: str, size: int, rng: np.random.Generator
) -> tuple[np.ndarray, list[tuple[str, Box]]]:
    """Words in lines: ink h w in 0..1, and each word with left, top, width, height of its ink in pixels."""
    rows = [[(word, ink_of(word, font, size)) for word in line.split()] for line in lines]
    gap, leading = round(size * rng.uniform(_GAP, 2 * _GAP)), round(size * rng.uniform(0.15, 0.6))
    widths = [sum(ink.shape[1] + gap for _, ink in row) - gap for row in rows]
    width, centred, y, found = max(widths), rng.random() < 0.5, 0, []
    canvas = np.zeros((sum(max(i.shape[0] for _, i in row) + leading for row in rows) - leading, width), np.float32)
    for row, own in zip(rows, widths, strict=True):
        x, height = (width - own) // 2 if centred else 0, max(ink.shape[0] for _, ink in row)
        for word, ink in row:
            top = y + height - ink.shape[0]
            canvas[top : top + ink.shape[0], x : x + ink.shape[1]] = ink
            found.append((word, (float(x), float(top), float(ink.shape[1]), float(ink.shape[0]))))
            x += ink.shape[1] + gap
        y += height + leading
    return canvas, found


def word_boxes(text: str, ink: np.ndarray, font: str, size: int) -> list[tuple[str, Box]]:
    """The words of a text and the box of each one's ink, in pixels of what `ink_of` gives for the whole text."""
    loaded = _load(font, size)
    shift = loaded.getbbox(text, anchor="ls")[0]  # the ink's first column, from the pen's start
    words, found, done = text.split(), [], ""
    for k, word in enumerate(words):
        start = loaded.getlength(done) - shift - 0.5 * loaded.getlength(" ")
        done += word + " "
        end = loaded.getlength(done) - shift - 0.5 * loaded.getlength(" ")
        left = 0 if k == 0 else max(round(start), 0)
        part = ink[:, left : ink.shape[1] if k == len(words) - 1 else max(round(end), 0)] > 60 / 255
        rows, columns = np.flatnonzero(part.any(1)), np.flatnonzero(part.any(0))
        if len(rows):
            at = (float(left + columns[0]), float(rows[0]))
            found.append((word, (*at, float(np.ptp(columns)) + 1, float(np.ptp(rows)) + 1)))
    return found


def ink_colour(window: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A colour (3) that can be read on what is there, mostly well, sometimes hardly."""
    ground = sum(cv2.sumElems(window * three(mask))) / 3 / max(float(mask.sum()), 1.0)
    least = rng.choice((25, 60, 110), p=(0.15, 0.4, 0.45))
    for _ in range(50):
        colour = np.clip(rng.uniform(-20, 275) + rng.normal(0, 30, 3), 0, 255)
        if abs(float(colour.mean()) - ground) >= least:
            return colour.astype(np.float32)
    return np.full(3, 255 if ground < 128 else 0, np.float32)


def made_up(rng: np.random.Generator) -> str:
    """Words as signs have them: letters that can be spoken, numbers, prices; small, Capital, or UPPER."""
    parts = []
    case = int(rng.integers(3))
    for _ in range(_some(rng)):
        if rng.random() < 0.2:
            parts.append(rng.choice(("{}", "{}%", "${}", "{}.00", "#{}", "{}-{}", "0{}")).replace(
                "{}", str(rng.integers(1, 10 ** int(rng.integers(1, 5))))))  # fmt: skip
            continue
        word = "".join(
            str(rng.choice(_CONSONANTS)) + str(rng.choice(_VOWELS))
            for _ in range(int(rng.integers(1, 5)))
        ) + str(rng.choice(("", "n", "s", "r", "t", "ng", "l")))  # fmt: skip
        parts.append((word, word.capitalize(), word.upper())[case])
    return " ".join(parts)


@functools.lru_cache(maxsize=4096)
def ink_of(text: str, font: str, size: int) -> np.ndarray:
    """Ink strength h w in 0..1 of a text with letters of `size` pixels, cut to its ink."""
    loaded = _load(font, size)
    left, top, right, bottom = loaded.getbbox(text, anchor="ls")
    image = Image.new("L", (int(right - left) + 8, int(bottom - top) + 8))
    ImageDraw.Draw(image).text((4 - left, 4 - top), text, fill=255, font=loaded, anchor="ls")
    pixels = np.asarray(image)
    rows, columns = np.flatnonzero(pixels.max(1) > 60), np.flatnonzero(pixels.max(0) > 60)
    if not len(rows):
        return np.ones((size // 2 or 1, size // 2 or 1), np.float32)  # a blank glyph stands as a blot
    return pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float32) / 255


def corners(left: float, top: float, width: float, height: float) -> Quad:
    """Clockwise from the top left; the last pixel's far edge."""
    return np.array([(left, top), (left + width, top), (left + width, top + height), (left, top + height)], np.float64)


def moved(quad: Quad, matrix: np.ndarray) -> Quad:
    """A quad through a 3 3 perspective."""
    out = np.column_stack((quad, np.ones(len(quad)))) @ np.asarray(matrix).T
    return out[:, :2] / out[:, 2:]


def _rows(boxes: Sequence[tuple[str, Box]], lines: Sequence[str]) -> list[list[Box]]:
    """The boxes of `typeset` line by line."""
    out, at = [], 0
    for line in lines:
        count = len(line.split())
        out.append([box for _, box in boxes[at : at + count]])
        at += count
    return [row for row in out if row]


def _rounded(quad: Quad) -> list[list[float]]:
    return np.round(quad, 1).tolist()


def _some(rng: np.random.Generator) -> int:
    return int(rng.choice((1, 2, 3, 4), p=(0.5, 0.28, 0.14, 0.08)))


@functools.lru_cache(maxsize=256)
def _load(path: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(Path(path)), size)

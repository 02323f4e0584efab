"""Short printed strings: plain, on the backgrounds of scenes, as captchas. Text -> image, seeded per sample.

Plain: one line in one font, dark on light. Scene: any font and colours, outlines and shadows, perspective, textures
behind, blur and noise. Captcha: the package `captcha`, whose random numbers are made to follow the sample's seed.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import captcha.image
import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from chuviet.errors import InputError
from chuviet.manifest import COLUMNS
from chuviet.synth.fonts import Font
from chuviet.synth.paper import encode_jpeg

Style = Literal["plain", "scene", "captcha"]
_POINTS = 40  # font size that strings are drawn at


@dataclass(frozen=True)
class PrintedRecipe:
    """How sample i is made: `job(i)` returns its manifest row and its JPEG bytes.

    The first `test` samples get fold 0 (a config with fold=0 validates on them), all others fold 1. Texts are random
    strings of `alphabet`, or drawn from `words` where there are any.
    """

    style: Style
    source: str
    alphabet: str
    fonts: Sequence[Font]
    words: Sequence[str] = ()
    shortest: int = 4
    longest: int = 8
    test: int = 500
    seed: int = 0
    height: int = 32

    def job(self, index: int) -> tuple[dict[str, str], bytes]:
        """Raises InputError when no font has every character of the text."""
        rng = np.random.default_rng((self.seed, index, len(self.source)))
        text = self._text(rng)
        able = [f for f in self.fonts if f.can_write(text.replace(" ", ""))]
        if not able:
            raise InputError(f"no font covers every character of {text!r}; add fonts")
        font = able[int(rng.integers(len(able)))]
        image = {"plain": plain, "scene": scene, "captcha": distorted}[self.style](text, font.path, self.height, rng)
        fold = "0" if index < self.test else "1"
        row = dict(zip(COLUMNS, (f"{index // 1000:04d}/{index:07d}.jpg", text, "-1", fold, self.source,
                                 Path(font.path).stem, ""), strict=True))  # fmt: skip
        return row, encode_jpeg(image, int(rng.integers(70, 96)))

    def _text(self, rng: np.random.Generator) -> str:
        if self.words:
            word = str(self.words[int(rng.integers(len(self.words)))])
            return (word, word, word.upper(), word.lower(), word.capitalize())[int(rng.integers(5))]
        length = int(rng.integers(self.shortest, self.longest + 1))
        return "".join(rng.choice(list(self.alphabet), length))


def plain(text: str, font: str, height: int, rng: np.random.Generator) -> np.ndarray:
    """Dark on light, straight, a little noise: `height` w 3 uint8 RGB."""
    ink = _mask(text, font, whole_line=True)
    pad = rng.integers(2, 8, 4)
    ink = np.pad(ink, ((pad[0], pad[1]), (pad[2], pad[3])))
    ground, colour = rng.uniform(200, 255, 3), rng.uniform(0, 90, 3)
    image = ground + ink[..., None] * (colour - ground)
    image = _to_height(image.astype(np.float32), height)
    image += rng.normal(0, rng.uniform(0, 6), image.shape).astype(np.float32)
    return np.clip(image, 0, 255).astype(np.uint8)


def scene(text: str, font: str, height: int, rng: np.random.Generator) -> np.ndarray:
    """As on signs, posters and photos of them: h w 3 uint8 RGB, h about `height` times 0.5 to 2."""
    tracking = int(rng.integers(0, 8)) if rng.random() < 0.3 else 0
    ink = _mask(text, font, tracking)
    near = _neighbours(text, font, ink.shape, rng) if rng.random() < 0.4 else np.zeros(3 * np.array(ink.shape))
    if rng.random() < 0.5:  # boxes are often upright where the text is not
        ink, near = _turn(ink, near, float(np.clip(rng.normal(0, 12), -35, 35)))
    h, w = ink.shape
    margin = int(min(h, _mask("x", font).shape[0] * 2) * rng.uniform(0.25, 0.5))
    ink = np.maximum(np.pad(ink, margin), np.pad(near, margin)[h : 2 * (h + margin), w : 2 * (w + margin)])
    if rng.random() < 0.25:  # bolder or lighter
        kernel = np.ones((2, 2), np.uint8)
        ink = cv2.dilate(ink, kernel) if rng.random() < 0.6 else cv2.erode(ink, kernel)
    ground, colour = _colours(rng)
    canvas = _background(ink.shape[0], ink.shape[1], ground, rng)
    if rng.random() < 0.25:  # a shadow or an outline of another colour
        edge = colour * 0.3 if rng.random() < 0.5 else 255 - (255 - colour) * 0.3
        shift = rng.integers(-4, 5, 2)
        shadow = np.roll(ink, shift, (0, 1)) if rng.random() < 0.5 else cv2.dilate(ink, np.ones((5, 5), np.uint8))
        canvas += shadow[..., None] * (edge - canvas)
    canvas += (ink * rng.uniform(0.75, 1.0))[..., None] * (colour - canvas)
    if rng.random() < 0.3:  # light that changes over the sign
        light = cv2.resize(rng.uniform(0.5, 1.2, (2, 3)).astype(np.float32), ink.shape[::-1])
        canvas *= light[..., None]
    canvas = _cut(canvas, margin, w, h, rng)
    small = int(np.clip(height * np.exp(rng.normal(0, 0.45)), 12, 2 * height))
    image = _to_height(canvas, small)
    if rng.random() < 0.35:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 0.03 * small + 0.5))
    if rng.random() < 0.5:
        image += rng.normal(0, rng.uniform(1, 14), image.shape).astype(np.float32)
    return np.clip(image, 0, 255).astype(np.uint8)


def distorted(text: str, font: str, height: int, rng: np.random.Generator) -> np.ndarray:
    """A captcha: letters turned and bent one by one, dots and a curve across: `height` w 3 uint8 RGB."""
    maker = _captcha_maker(font, max(60, 30 * len(text)))
    package: Any = captcha.image
    before, package.secrets = package.secrets, _Seeded(rng)
    try:
        image = np.asarray(maker.generate_image(text).convert("RGB"), np.float32)
    finally:
        package.secrets = before
    return _to_height(image, height).clip(0, 255).astype(np.uint8)


class _Seeded:
    """What the captcha package takes from `secrets`, from a generator: the same seed, the same picture."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def randbelow(self, n: int) -> int:
        return int(self.rng.integers(n))

    def randbits(self, k: int) -> int:
        return int(self.rng.integers(1 << k))

    def choice(self, items: Sequence[Any]) -> Any:
        return items[int(self.rng.integers(len(items)))]


@functools.lru_cache(maxsize=64)
def _captcha_maker(font: str, width: int) -> captcha.image.ImageCaptcha:
    return captcha.image.ImageCaptcha(width=width, height=60, fonts=[font])


@functools.lru_cache(maxsize=512)
def _font(path: str) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, _POINTS)


def _mask(text: str, path: str, tracking: int = 0, whole_line: bool = False) -> np.ndarray:
    """Ink strength h w in 0..1 of the text in one font, cut to its ink; `tracking` pixels more between letters.

    `whole_line` keeps the height of the line, which distinguishes c from C.
    """
    font = _font(path)
    room = 2 * _POINTS
    width = int(font.getlength(text)) + tracking * len(text) + 2 * room
    image = Image.new("L", (width, 4 * _POINTS))
    draw, x = ImageDraw.Draw(image), float(room)
    for part in text if tracking else [text]:
        draw.text((x, 2.5 * _POINTS), part, fill=255, font=font, anchor="ls")
        x += font.getlength(part) + tracking
    pixels = np.asarray(image)
    rows, columns = np.flatnonzero(pixels.max(1) > 40), np.flatnonzero(pixels.max(0) > 40)
    if not len(rows):
        raise InputError(f"{path}: draws nothing for {text!r}; remove the font")
    top, bottom = rows[0], rows[-1] + 1
    if whole_line:
        base = int(2.5 * _POINTS)
        top, bottom = min(top, base - int(0.8 * _POINTS)), max(bottom, base + int(0.25 * _POINTS))
    cut = pixels[top:bottom, columns[0] : columns[-1] + 1]
    return cut.astype(np.float32) / 255


def _neighbours(text: str, path: str, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Ink 3h 3w of strings beside a text of `shape` h w that stands in the middle: above, below, before or after it."""
    h, w = shape
    near = np.zeros((3 * h, 3 * w), np.float32)
    for down, right in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        if rng.random() > 0.4:
            continue
        other = _mask("".join(rng.permutation(list(text.replace(" ", "")))), path)[:h, :w]
        gap = min(int(rng.uniform(0.15, 0.4) * _POINTS), h if down else w)
        top, left = (h + down * (h + gap) + max(-down, 0) * (h - other.shape[0]), w + right * (w + gap))
        left += int(rng.integers(-w // 2, w // 2 + 1)) if down else max(-right, 0) * (w - other.shape[1])
        top, left = max(top, 0), max(left, 0)
        other = other[: 3 * h - top, : 3 * w - left]
        near[top : top + other.shape[0], left : left + other.shape[1]] = other
    return near


def _turn(ink: np.ndarray, near: np.ndarray, degrees: float) -> tuple[np.ndarray, np.ndarray]:
    """A text h w and what is around it (3h 3w, the text in the middle), turned; the first cut to its ink again."""
    h, w = ink.shape
    side = int(np.hypot(h, w)) + 2
    matrix = cv2.getRotationMatrix2D((1.5 * w, 1.5 * h), degrees, 1.0)
    matrix[:, 2] += (1.5 * side - 1.5 * w, 1.5 * side - 1.5 * h)
    whole = np.zeros_like(near, dtype=np.float32)
    whole[h : 2 * h, w : 2 * w] = ink
    turned, around = (cv2.warpAffine(x.astype(np.float32), matrix, (3 * side, 3 * side)) for x in (whole, near))
    rows, columns = (np.flatnonzero(turned.max(axis) > 0.2 * turned.max()) for axis in (1, 0))
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    h, w = bottom - top, right - left
    padded = np.pad(around, ((h, h), (w, w)))  # three times the new box, which may reach beyond the canvas
    return turned[top:bottom, left:right], padded[top : top + 3 * h, left : left + 3 * w]


def _colours(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Background and text, RGB, that differ in lightness."""
    while True:
        ground, colour = rng.uniform(0, 255, 3), rng.uniform(0, 255, 3)
        if rng.random() < 0.5:  # much of what is written is nearly grey
            ground, colour = ground.mean() + rng.normal(0, 12, 3), colour.mean() + rng.normal(0, 12, 3)
        if abs(float(ground.mean() - colour.mean())) > 45:
            return ground.astype(np.float32), colour.astype(np.float32)


def _background(h: int, w: int, ground: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """h w 3 float32: one colour, clouds, stripes or blocks around it."""
    canvas = np.broadcast_to(ground, (h, w, 3)).astype(np.float32)
    kind = int(rng.integers(5))
    if kind < 2:
        return canvas.copy()
    strength = rng.uniform(8, 45)
    if kind == 2:  # clouds of two sizes
        for cells in (3, 12):
            grid = rng.normal(0, strength, (max(h * cells // 60, 2), max(w * cells // 60, 2), 3)).astype(np.float32)
            canvas = canvas + cv2.resize(grid, (w, h), interpolation=cv2.INTER_CUBIC)
    elif kind == 3:  # stripes
        angle, period = rng.uniform(0, np.pi), rng.uniform(4, 40)
        y, x = np.mgrid[:h, :w]
        wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * (2 * np.pi / period)).astype(np.float32)
        canvas = canvas + wave[..., None] * (rng.normal(0, 1, 3) * strength).astype(np.float32)
    else:  # blocks: edges of things behind
        canvas = canvas.copy()
        for _ in range(int(rng.integers(1, 5))):
            a, b = rng.integers(0, (w, h)), rng.integers(0, (w, h))
            colour = ground + rng.normal(0, strength, 3)
            cv2.rectangle(canvas, a.tolist(), b.tolist(), colour.tolist(), -1)
    return canvas


def _cut(canvas: np.ndarray, margin: int, w: int, h: int, rng: np.random.Generator) -> np.ndarray:
    """The text's rectangle as an annotator would cut it out: slanted, in perspective, with more or less around it."""
    corners = np.array([(0, 0), (w, 0), (w, h), (0, h)], np.float32) + margin
    loose = rng.uniform(-0.03, 0.9, (4, 2)) * margin * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    loose[:, 1] *= 0.5
    slope = rng.normal(0, 0.06) * min(1.0, 4 * h / w)
    turned = (corners + loose).astype(np.float32)
    turned[:, 1] += slope * (turned[:, 0] - canvas.shape[1] / 2)
    if rng.random() < 0.3:  # sheared, as italics
        turned[:, 0] += rng.normal(0, 0.2) * (turned[:, 1] - canvas.shape[0] / 2)
    new_w, new_h = int(turned[:, 0].max() - turned[:, 0].min()), int(turned[:, 1].max() - turned[:, 1].min())
    target = np.array([(0, 0), (new_w, 0), (new_w, new_h), (0, new_h)], np.float32)
    matrix = cv2.getPerspectiveTransform(turned, target)
    return cv2.warpPerspective(
        canvas, matrix, (max(new_w, 4), max(new_h, 4)), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def _to_height(image: np.ndarray, height: int) -> np.ndarray:
    width = max(round(image.shape[1] * height / image.shape[0]), 4)
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)

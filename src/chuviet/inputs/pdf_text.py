"""The text that a PDF page carries: its words with their places, and reasons not to believe them."""

from __future__ import annotations

import ctypes
import importlib
import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

#: More of the letters than this that are invisible, or that are no letters: the text is not believed.
_HIDDEN, _UNREADABLE = 0.5, 0.1
#: Share of the words with a sign between their letters, as Vietnamese of before Unicode gives it: "céng hßa x· héi".
_MIXED = 0.1
_OLD_FONT = re.compile(r"(?:[A-Z]{6}\+)?(?:\.?Vn[A-Z]|VNI[- ])")  # TCVN3 (.VnTime) and VNI-Times
_SIGNS = "¡¢£¤¥§¨©ª«¬®¯±µ¶·¸¹º»¼½¾"
_SIGN_IN_WORD = re.compile(rf"[^\W\d_][{_SIGNS}]|[{_SIGNS}][^\W\d_]")
_LIGATURES = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}
_NO_LETTERS = frozenset({"Cc", "Cn", "Co"})  # of Unicode; halves of a pair ("Cs") are joined
_COVERS = 0.5  # of the page: an image that hides the text below it
#: Of the page: smaller images are logos and signs, which are not looked at.
_PICTURE = 0.005
_LEANS = math.sin(math.radians(1.5))  # text at such an angle to the sides: its letters' upright boxes say too little
#: Of the font's size, above and below the baseline: a letter whose box says too little.
_ASCENT, _DESCENT, _WIDTH = 0.8, 0.2, 0.55


@dataclass(frozen=True, eq=False)
class WrittenWord:
    """A word of a text layer. `corners` 4 2, pixels of the drawn page, clockwise from the text's top left; `baseline`
    is where its first letter stands, `size` that of its font in pixels.
    """

    text: str
    corners: np.ndarray
    baseline: np.ndarray
    size: float


@dataclass(frozen=True, eq=False)
class TextLayer:
    """The visible text of a page that is drawn with `width` x `height` pixels, in the order of the file; `hidden` are
    words that are there and not seen. `pictures` (K 4: left, top, right, bottom) are images and notes, the text of
    which is not among the words. `doubt` says why the words are not to be believed, empty where they are.
    """

    width: int
    height: int
    words: tuple[WrittenWord, ...] = ()
    hidden: tuple[WrittenWord, ...] = ()
    pictures: np.ndarray = field(default_factory=lambda: np.zeros((0, 4)))
    doubt: str = ""


@dataclass(frozen=True)
class PageObject:
    """Something drawn on a page: its address in PDFium, corners (4 2, points of the page), for images how many pixels
    they have, and whether it is text that draws nothing.
    """

    address: int
    corners: np.ndarray
    pixels: int = 0
    hidden: bool = False

    @property
    def area(self) -> float:
        """Of the upright rectangle around it, in square points."""
        return float(np.prod(np.ptp(self.corners, axis=0)))


def page_objects(page: Any) -> list[PageObject]:
    """What is drawn on an open page of pypdfium2, in the order of drawing; parts of forms one by one."""
    raw = _raw()
    count = raw.FPDFPage_CountObjects(page)
    return list(_objects(raw, page, [raw.FPDFPage_GetObject(page, i) for i in range(count)], np.eye(3), 0))


def text_layer(page: Any, width: int, height: int) -> TextLayer:
    """The text layer of an open page of pypdfium2, in pixels of the page drawn with `width` x `height`."""
    raw, objects = _raw(), page_objects(page)
    to_pixels = _to_pixels(raw, page, width, height)
    text = page.get_textpage()
    try:
        letters = _Letters(raw, text, page, objects, to_pixels)
    finally:
        text.close()
    words = [(span, letters.word(span)) for span in letters.spans()]
    seen = tuple(w for span, w in words if w and not letters.hidden[span].mean() > _HIDDEN)
    hidden = tuple(w for span, w in words if w and letters.hidden[span].mean() > _HIDDEN)
    pictures = [_box(o.corners, to_pixels) for o in objects if o.pixels]
    pictures = [b for b in pictures if np.prod(b[2:] - b[:2]) >= _PICTURE * width * height]
    pictures += [_box(c, to_pixels) for c in _notes(raw, page)]
    boxes = np.clip(np.array(pictures).reshape(-1, 4), 0, (width, height, width, height))
    boxes = boxes[(boxes[:, 2:] - boxes[:, :2] >= 1).all(1)]
    return TextLayer(width, height, seen, hidden, boxes, letters.doubt([w.text for w in seen]))


class _Letters:
    """The letters of a page: `codes` N; `boxes` (N 4 2) and `origins` (N 2) in pixels; `along` (N 2) the direction of
    writing, `sizes` N in pixels; `hidden` and `wrong` N.
    """

    def __init__(self, raw: Any, text: Any, page: Any, objects: Sequence[PageObject], to_pixels: np.ndarray) -> None:
        n = max(raw.FPDFText_CountChars(text), 0)
        self.codes = [raw.FPDFText_GetUnicode(text, i) for i in range(n)]
        made = [raw.FPDFText_IsGenerated(text, i) == 1 for i in range(n)]
        self.blank = np.array([made[i] or chr(c).isspace() for i, c in enumerate(self.codes)], bool)
        for i in range(n):
            if self.codes[i] in (2, 0xFFFE) or raw.FPDFText_IsHyphen(text, i) == 1:
                self.codes[i] = ord("-")
                self.blank[i] = False
        boxes, origins, self.along, self.sizes = _measured(raw, text, n, to_pixels)
        self.boxes, self.origins = boxes @ to_pixels[:, :2].T + to_pixels[:, 2], origins @ to_pixels[:, :2].T
        self.origins = self.origins + to_pixels[:, 2]
        missing = np.array([raw.FPDFText_HasUnicodeMapError(text, i) == 1 for i in range(n)], bool)
        self.wrong = (missing | np.array([_is_no_letter(c) for c in self.codes], bool)) & ~self.blank
        owners = [_address(raw.FPDFText_GetTextObject(text, i)) for i in range(n)]
        self._judge(raw, text, page, objects, owners, origins)

    def _judge(
        self, raw: Any, text: Any, page: Any, objects: Sequence[PageObject], owners: list[int], origins: np.ndarray
    ) -> None:
        """Which letters are not seen, and which have fonts of before Unicode."""
        order = {o.address: k for k, o in enumerate(objects)}
        least = _COVERS * float(np.prod(page.get_size()))
        covers = [
            (k, o.corners.min(0), o.corners.max(0)) for k, o in enumerate(objects) if o.pixels and o.area >= least
        ]
        first = {owner: i for i, owner in reversed(list(enumerate(owners))) if owner}
        unseen = {owner for owner, i in first.items() if _is_clear(raw, text, i)} | {
            o.address for o in objects if o.hidden
        }
        old = {owner for owner, i in first.items() if _OLD_FONT.match(_font_name(raw, text, i))}
        hidden = np.array([owner in unseen for owner in owners], bool)
        drawn = np.array([order.get(owner, len(objects)) for owner in owners], np.int64)
        for k, low, high in covers:
            hidden |= (drawn < k) & ((low <= origins) & (origins <= high)).all(1)
        self.hidden = hidden
        self.old = np.array([owner in old for owner in owners], bool)

    def doubt(self, words: Sequence[str]) -> str:
        """Why the text is not to be believed; empty where it is."""
        letters = ~self.blank
        if not letters.any():
            return "no text"
        if self.hidden[letters].mean() > _HIDDEN:
            return "invisible text, as of a scan that was read before"
        if self.old[letters].mean() > _UNREADABLE:
            return "a Vietnamese font of before Unicode"
        if self.wrong[letters].mean() > _UNREADABLE:
            return "letters without a meaning"
        if sum(bool(_SIGN_IN_WORD.search(w)) for w in words) > _MIXED * len(words):
            return "signs in the midst of words, as of a font of before Unicode"
        return ""

    def spans(self) -> Iterator[slice]:
        """Where words begin and end: between blanks, and where the next letter stands somewhere else."""
        start = None
        for i in range(len(self.codes) + 1):
            ends = i == len(self.codes) or self.blank[i]
            if start is not None and (ends or not self._follows(i)):
                yield slice(start, i)
                start = None
            if start is None and not ends:
                start = i

    def word(self, span: slice) -> WrittenWord | None:
        """The word that some letters make; None where none of them is readable."""
        if self.wrong[span].all():
            return None
        codes = self.codes[span]
        text = unicodedata.normalize("NFC", "".join(_LIGATURES.get(c) or _as_text(c) for c in codes))
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        along, size = self.along[span.start], float(self.sizes[span].max())
        across = np.array([-along[1], along[0]])
        (left, right), (top, bottom) = self._extent(span, along, across, size)
        corners = [left * along + top * across, right * along + top * across,
                   right * along + bottom * across, left * along + bottom * across]  # fmt: skip
        return WrittenWord(text, np.array(corners), self.origins[span.start], size)

    def _extent(self, span: slice, along: np.ndarray, across: np.ndarray, size: float) -> tuple[Any, Any]:
        """From where to where a word goes along and across its direction, in pixels of the page."""
        if min(abs(along)) <= _LEANS:  # upright, or turned by a quarter: the letters' own boxes
            points = self.boxes[span].reshape(-1, 2)
            places, levels = points @ along, points @ across
            return (places.min(), places.max()), (levels.min(), levels.max())
        at, level = self.origins[span] @ along, self.origins[span] @ across
        end = at.max() + _WIDTH * size
        if span.stop < len(self.codes) and self._is_near(span.stop - 1, span.stop):
            end = min(end + size, max(float(self.origins[span.stop] @ along), float(at.max())))
        return (at.min(), end), (level.min() - _ASCENT * size, level.max() + _DESCENT * size)

    def _is_near(self, i: int, j: int) -> bool:
        """Whether letter `j` stands on the line of letter `i`, right behind it."""
        along, size = self.along[i], max(self.sizes[i], self.sizes[j], 1e-6)
        step = self.origins[j] - self.origins[i]
        straight = float(along @ self.along[j]) > 0.999
        return straight and abs(step @ (-along[1], along[0])) < 0.5 * size and 0 < step @ along < 1.5 * size

    def _follows(self, i: int) -> bool:
        """Whether letter `i` belongs to the word of the letter before it."""
        if unicodedata.combining(chr(self.codes[i])):
            return True
        along, size = self.along[i - 1], max(self.sizes[i - 1], self.sizes[i], 1e-6)
        step = self.origins[i] - self.origins[i - 1]
        straight = float(along @ self.along[i]) > 0.999
        return straight and abs(step @ (-along[1], along[0])) < 0.5 * size and -size < step @ along < 2.5 * size


def _measured(raw: Any, text: Any, n: int, to_pixels: np.ndarray) -> tuple[np.ndarray, ...]:
    """Boxes (N 4 2) and origins (N 2) in points of the page; directions (N 2) and font sizes (N) in pixels."""
    boxes, origins = np.zeros((n, 4, 2)), np.zeros((n, 2))
    along, sizes = np.tile([1.0, 0.0], (n, 1)), np.zeros(n)
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    x, y, matrix = ctypes.c_double(), ctypes.c_double(), raw.FS_MATRIX()
    turn = to_pixels[:, :2]
    for i in range(n):
        if raw.FPDFText_GetCharBox(text, i, left, right, bottom, top):
            a, b, c, d = left.value, top.value, right.value, bottom.value
            boxes[i] = (a, b), (c, b), (c, d), (a, d)
        if raw.FPDFText_GetCharOrigin(text, i, x, y):
            origins[i] = x.value, y.value
        if raw.FPDFText_GetMatrix(text, i, matrix):
            direction = turn @ (matrix.a, matrix.b)
            upwards = turn @ (matrix.c, matrix.d)
            if (length := float(np.hypot(*direction))) > 0:
                along[i] = direction / length
            sizes[i] = raw.FPDFText_GetFontSize(text, i) * float(np.hypot(*upwards))
    return boxes, origins, along, sizes


def _objects(raw: Any, page: Any, handles: Sequence[Any], to_page: np.ndarray, depth: int) -> Iterator[PageObject]:
    for handle in handles:
        kind, matrix = raw.FPDFPageObj_GetType(handle), raw.FS_MATRIX()
        if kind == raw.FPDF_PAGEOBJ_FORM:
            if depth < 8 and raw.FPDFPageObj_GetMatrix(handle, matrix):
                inner = np.array([(matrix.a, matrix.c, matrix.e), (matrix.b, matrix.d, matrix.f), (0, 0, 1)])
                count = raw.FPDFFormObj_CountObjects(handle)
                parts = [raw.FPDFFormObj_GetObject(handle, i) for i in range(count)]
                yield from _objects(raw, page, parts, to_page @ inner, depth + 1)
            continue
        low_x, low_y, high_x, high_y = (ctypes.c_float() for _ in range(4))
        if not raw.FPDFPageObj_GetBounds(handle, low_x, low_y, high_x, high_y):
            continue
        a, b, c, d = low_x.value, low_y.value, high_x.value, high_y.value
        corners = np.array([(a, b), (c, b), (c, d), (a, d)]) @ to_page[:2, :2].T + to_page[:2, 2]
        width, height = ctypes.c_uint(), ctypes.c_uint()
        is_image = kind == raw.FPDF_PAGEOBJ_IMAGE and raw.FPDFImageObj_GetImagePixelSize(handle, width, height)
        pixels = max(width.value * height.value, 1) if is_image else 0
        hidden = kind == raw.FPDF_PAGEOBJ_TEXT and raw.FPDFTextObj_GetTextRenderMode(handle) in (
            raw.FPDF_TEXTRENDERMODE_INVISIBLE,
            raw.FPDF_TEXTRENDERMODE_CLIP,
        )
        yield PageObject(_address(handle), corners, pixels, hidden)


def _notes(raw: Any, page: Any) -> Iterator[np.ndarray]:
    """Corners (4 2, points) of what lies on a page and may hold text that is not in its text layer."""
    kinds = (raw.FPDF_ANNOT_WIDGET, raw.FPDF_ANNOT_FREETEXT, raw.FPDF_ANNOT_STAMP, raw.FPDF_ANNOT_INK)
    box = raw.FS_RECTF()
    for i in range(max(raw.FPDFPage_GetAnnotCount(page), 0)):
        note = raw.FPDFPage_GetAnnot(page, i)
        if not note:
            continue
        if raw.FPDFAnnot_GetSubtype(note) in kinds and raw.FPDFAnnot_GetRect(note, box):
            yield np.array([(box.left, box.top), (box.right, box.top), (box.right, box.bottom), (box.left, box.bottom)])
        raw.FPDFPage_CloseAnnot(note)


def _to_pixels(raw: Any, page: Any, width: int, height: int) -> np.ndarray:
    """2 x 3: from points of the page to pixels of its picture, its turning and its crop box included."""
    fine = 1 << 24  # PDFium answers in whole pixels
    found = []
    for x, y in ((0.0, 0.0), (256.0, 0.0), (0.0, 256.0)):
        across, down = ctypes.c_int(), ctypes.c_int()
        raw.FPDF_PageToDevice(page, 0, 0, fine, fine, 0, x, y, across, down)
        found.append(np.array([across.value * width / fine, down.value * height / fine]))
    start, right, up = found
    return np.stack([(right - start) / 256, (up - start) / 256, start - 0.5], 1)  # pixels are counted by their centres


def _box(corners: np.ndarray, to_pixels: np.ndarray) -> np.ndarray:
    points = corners @ to_pixels[:, :2].T + to_pixels[:, 2]
    return np.concatenate([points.min(0), points.max(0)])


def _is_clear(raw: Any, text: Any, i: int) -> bool:
    """Whether letter `i` is fully transparent."""
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    return bool(raw.FPDFText_GetFillColor(text, i, red, green, blue, alpha)) and alpha.value == 0


def _font_name(raw: Any, text: Any, i: int) -> str:
    flags, name = ctypes.c_int(), ctypes.create_string_buffer(128)
    length = raw.FPDFText_GetFontInfo(text, i, name, len(name), flags)
    return name.value.decode("latin-1") if 0 < length <= len(name) else ""


def _is_no_letter(code: int) -> bool:
    return code == 0xFFFD or code > 0x10FFFF or unicodedata.category(chr(code)) in _NO_LETTERS


def _as_text(code: int) -> str:
    return "" if _is_no_letter(code) else chr(code)


def _address(handle: Any) -> int:
    return ctypes.cast(handle, ctypes.c_void_p).value or 0


def _raw() -> Any:
    return importlib.import_module("pypdfium2.raw")

"""Searchable PDF: the picture of each page, and over it the text that was read, which can be selected and not seen."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from chuviet import __version__
from chuviet.formats import glyphless
from chuviet.formats.shapes import DESCENT, words_of
from chuviet.formats.writer import PageWriter, Picture
from chuviet.geometry import height_of
from chuviet.results import Line, Page

#: The longer side of every page, in points (72 an inch): that of A4. An image doesn't say how large its paper was.
LONGER_SIDE = 842.0
QUALITY = 85
#: JPEG knows no longer sides.
_MAX_SIDE = 65_500
#: Between two words of a line there are at least so many steps of the font, a fifth of its height.
_LEAST_SPACE = 4
_CATALOG, _PAGES, _FONT, _INFO = 1, 2, 3, 4


@dataclass
class _Run:
    """Words that are shown together. `start`: where their baseline starts, in points, y upwards; `along`: the direction
    of writing, a unit vector; `height` of the letters, `length` of the whole; and each word with where it starts and
    ends, in points from `start`.
    """

    start: np.ndarray
    along: np.ndarray
    height: float
    length: float
    words: list[tuple[str, float, float]] = field(default_factory=list)

    def is_slanted(self) -> bool:
        """Whether pdftotext would take its words apart: it does where letters of a word rise by half a point, and may
        where a line rises by half its height.
        """
        slope = float(np.abs(self.along).min())
        longest = max(end - start for _, start, end in self.words)
        return longest * slope > 0.4 or self.length * slope > 0.25 * self.height


class PdfWriter(PageWriter):
    """PDF 1.5, written object by object. Needs no font and no library."""

    name = "pdf"
    endings = (".pdf",)
    is_text = False
    mark = b"%chuviet "

    def __init__(self, names: Sequence[str] = ()) -> None:
        super().__init__(names)
        self._size = 0  # bytes so far
        self._offsets: dict[int, int] = {}
        self._next = _INFO + 1
        self._kids: list[int] = []
        self._codes = glyphless.Codes()

    def start(self) -> bytes:
        # Bytes above 127 tell those who move files that this one is not text.
        return self._counted(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n" + f"%chuviet {__version__}\n".encode())

    def page(self, page: Page, picture: Picture) -> bytes:
        pixels = picture()  # before anything is counted, for it may raise
        self.pages += 1
        scale = LONGER_SIDE / max(page.width, page.height, 1)
        width, height = _number(page.width * scale), _number(page.height * scale)
        text = "\n".join(self._text(line, scale, page.height * scale) for line in page.lines)
        drawn = f"q {width} 0 0 {height} 0 0 cm /Image Do Q\nBT 3 Tr\n{text}\nET\n"
        number, content, image = self._number(), self._number(), self._number()
        self._kids.append(number)
        about = (
            f"<< /Type /Page /Parent {_PAGES} 0 R /MediaBox [0 0 {width} {height}] /Rotate {_turn(page.angle)} "
            f"/Contents {content} 0 R "
            f"/Resources << /Font << /F {_FONT} 0 R >> /XObject << /Image {image} 0 R >> >> >>"
        )
        return self._object(number, about) + self._packed(content, drawn.encode("ascii")) + self._image(image, pixels)

    def end(self) -> bytes:
        kids = " ".join(f"{kid} 0 R" for kid in self._kids)
        data = self._font()
        data += self._object(_PAGES, f"<< /Type /Pages /Count {len(self._kids)} /Kids [{kids}] >>")
        data += self._object(_CATALOG, f"<< /Type /Catalog /Pages {_PAGES} 0 R >>")
        data += self._object(_INFO, f"<< /Producer (chuviet {__version__}) >>")
        start, count = self._size, self._next
        rows = [f"{self._offsets[number]:010d} 00000 n \n" for number in range(1, count)]
        table = f"xref\n0 {count}\n0000000000 65535 f \n" + "".join(rows)
        trailer = f"trailer\n<< /Size {count} /Root {_CATALOG} 0 R /Info {_INFO} 0 R >>\nstartxref\n{start}\n%%EOF\n"
        return data + self._counted((table + trailer).encode("ascii"))

    def _text(self, line: Line, scale: float, page_height: float) -> str:
        """The operators that show a line, spaces between its words included."""
        shown = []
        for run in _runs(line, scale, page_height):
            cos, sin = run.along
            matrix = " ".join(_number(v) for v in (cos, sin, -sin, cos, *run.start))
            operators = f"/F {_number(run.height)} Tf {matrix} Tm {self._shown(run)}"
            text = " ".join(word for word, _, _ in run.words)
            if run.is_slanted():
                # Viewers take the text from here, and its place from the run: PDFium that of the run as a whole.
                actual = text.encode("utf-16-be", "surrogatepass").hex()
                operators = f"/Span << /ActualText <FEFF{actual}> >> BDC {operators} EMC"
            shown.append(operators)
        return "\n".join(shown)

    def _shown(self, run: _Run) -> str:
        """The operator that shows the words of a run, each character and space as wide as it is in the picture."""
        step = run.height * glyphless.STEP / glyphless.EM
        parts, codes, at = [], "", 0  # `at`: steps from the start of the run
        for number, (text, start, end) in enumerate(run.words):
            if number:
                space = max(round(start / step) - at, _LEAST_SPACE)
                codes += self._coded(" ", min(space, glyphless.WIDEST))
                if space > glyphless.WIDEST:  # the rest is moved over; numbers count to the left
                    parts += [f"<{codes}>", str((glyphless.WIDEST - space) * glyphless.STEP)]
                    codes = ""
                at += space
            steps = max(round(end / step) - at, len(text))
            for k in range(len(text)):
                width = min(steps * (k + 1) // len(text) - steps * k // len(text), glyphless.WIDEST)
                codes += self._coded(text[k], width)
                at += width
        return f"[{' '.join([*parts, f'<{codes}>'])}] TJ"

    def _coded(self, character: str, steps: int) -> str:
        return f"{self._codes.code(character, steps):04X}"

    def _image(self, number: int, picture: np.ndarray) -> bytes:
        largest = max(picture.shape[:2])
        if largest > _MAX_SIDE:
            scale = _MAX_SIDE / largest
            picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        is_grey = bool((picture[..., :1] == picture[..., 1:]).all())
        pixels = picture[..., 0] if is_grey else cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
        _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        height, width = picture.shape[:2]
        about = (
            f"/Type /XObject /Subtype /Image /Width {width} /Height {height} /BitsPerComponent 8 "
            f"/ColorSpace /Device{'Gray' if is_grey else 'RGB'} /Filter /DCTDecode"
        )
        return self._stream(number, data.tobytes(), about)

    def _font(self) -> bytes:
        inner, descriptor, file, glyphs, meaning = (self._number() for _ in range(5))
        system = "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >>"
        name = "/BaseFont /ChuvietGlyphless"
        box = f"[0 {glyphless.DESCENT} {glyphless.STEP * glyphless.WIDEST} {glyphless.ASCENT}]"
        data = glyphless.font_file()
        return b"".join((
            self._object(_FONT, f"<< /Type /Font /Subtype /Type0 {name} /Encoding /Identity-H "
                         f"/DescendantFonts [{inner} 0 R] /ToUnicode {meaning} 0 R >>"),
            self._object(inner, f"<< /Type /Font /Subtype /CIDFontType2 {name} {system} /W {self._codes.widths()} "
                         f"/FontDescriptor {descriptor} 0 R /CIDToGIDMap {glyphs} 0 R >>"),
            self._object(descriptor, f"<< /Type /FontDescriptor /FontName /ChuvietGlyphless /Flags 5 /FontBBox {box} "
                         f"/ItalicAngle 0 /Ascent {glyphless.ASCENT} /Descent {glyphless.DESCENT} "
                         f"/CapHeight {glyphless.ASCENT} /StemV 80 /FontFile2 {file} 0 R >>"),
            self._packed(file, data, f"/Length1 {len(data)}"),
            self._packed(glyphs, self._codes.glyph_numbers()),
            self._packed(meaning, self._codes.to_unicode()),
        ))  # fmt: skip

    def _number(self) -> int:
        self._next += 1
        return self._next - 1

    def _object(self, number: int, value: str) -> bytes:
        self._offsets[number] = self._size
        return self._counted(f"{number} 0 obj\n{value}\nendobj\n".encode("ascii"))

    def _packed(self, number: int, data: bytes, about: str = "") -> bytes:
        return self._stream(number, zlib.compress(data), f"/Filter /FlateDecode {about}")

    def _stream(self, number: int, data: bytes, about: str) -> bytes:
        self._offsets[number] = self._size
        head = f"{number} 0 obj\n<< {about} /Length {len(data)} >>\nstream\n".encode("ascii")
        return self._counted(head + data + b"\nendstream\nendobj\n")

    def _counted(self, data: bytes) -> bytes:
        self._size += len(data)
        return data


def _runs(line: Line, scale: float, page_height: float) -> list[_Run]:
    """A straight line as one run, one that bends as a run a word; on a page whose lower left is the origin."""

    def run(corners: np.ndarray) -> _Run:
        points = np.asarray(corners, np.float64) * (scale, -scale) + (0, page_height)
        left, right = points[3] + DESCENT * (points[0] - points[3]), points[2] + DESCENT * (points[1] - points[2])
        length = float(np.linalg.norm(right - left))
        along = (right - left) / length if length > 0 else np.array((1.0, 0.0))
        return _Run(left, along, max(float(height_of(points)), 0.1), length)

    words = [(word.text, run(word.corners)) for word in words_of(line) if word.text]
    if line.outline is not None:
        for text, one in words:
            one.words.append((text, 0.0, one.length))
        return [one for _, one in words]
    whole = run(line.corners)
    for text, one in words:
        start = float((one.start - whole.start) @ whole.along)
        whole.words.append((text, start, start + one.length * float(one.along @ whole.along)))
    if whole.words:  # the text starts where its first word does
        first = whole.words[0][1]
        whole.start = whole.start + first * whole.along
        whole.words = [(text, start - first, end - first) for text, start, end in whole.words]
    return [whole] if whole.words else []


def _turn(angle: float) -> int:
    """By how many degrees a viewer turns the page clockwise, so that text which runs `angle` clockwise is upright."""
    return round(-angle / 90) * 90 % 360


def _number(value: float) -> str:
    """A number as PDF has it: no exponent, no more digits than matter."""
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text

"""A font whose glyphs have no ink: text in it can be selected, copied and searched, and nothing of it is seen.

Its glyphs differ in width alone, so that every character takes the place that it has in the picture. A code stands for
a character of a width; codes are given in the order in which they are asked for, and a `ToUnicode` map says what they
mean. PDF 1.7 (ISO 32000-1), sections 9.7 (composite fonts) and 9.10.3 (ToUnicode). The font file is TrueType with the
six tables that PDF asks for.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

#: Units of an em, by which the measures below are given.
EM = 1000
ASCENT, DESCENT = 800, -200
#: Widths are whole steps, from one to `WIDEST` of them.
STEP, WIDEST = 50, 60
_MOST_CODES = 0xFFFF


class Codes:
    """The characters and widths that a document uses, and their codes: 1, 2, ..."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, int], int] = {}

    def code(self, character: str, steps: int) -> int:
        """`steps`: the width, 1 to `WIDEST`. When a document has used up all codes (no language has so many characters)
        another width of the character is taken, then a space.
        """
        found = self._codes.get((character, steps))
        if found is None and len(self._codes) < _MOST_CODES:
            found = self._codes[character, steps] = len(self._codes) + 1
        if found is None:
            found = next((code for (known, _), code in self._codes.items() if known == character), None)
        return found or self._codes.get((" ", steps), 1)

    def widths(self) -> str:
        """The array `W`: the width of each code."""
        return "[1 [" + " ".join(str(STEP * steps) for _, steps in self._codes) + "]]"

    def glyph_numbers(self) -> bytes:
        """The `CIDToGIDMap`: the glyph of each code, two bytes each. Glyph k is k steps wide."""
        return b"\0\0" + b"".join(struct.pack(">H", steps) for _, steps in self._codes)

    def to_unicode(self) -> bytes:
        """The CMap that says which character each code means."""
        pairs = [f"<{code:04X}> <{text.encode('utf-16-be', 'surrogatepass').hex()}>"
                 for (text, _), code in self._codes.items()]  # fmt: skip
        blocks = [pairs[k : k + 100] for k in range(0, len(pairs), 100)]  # a block may have a hundred
        maps = "".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar\n" for block in blocks)
        return (
            "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
            "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
            f"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n{maps}"
            "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
        ).encode("ascii")


def font_file() -> bytes:
    """A TrueType font: glyph k is k steps wide, glyph 0 (for what is missing) one step.

    An outline goes from the lower left to the upper right corner and back: it has no area, so nothing is drawn, and the
    extent of a character. PDFium leaves out characters whose glyphs are empty.
    """
    widths = [STEP, *(STEP * steps for steps in range(1, WIDEST + 1))]
    glyphs = [_outline(width) for width in widths]
    ends = [len(glyphs[0]) * k // 2 for k in range(len(glyphs) + 1)]
    widest = max(widths)
    tables = {
        b"glyf": b"".join(glyphs),
        b"head": struct.pack(">IIIIHHqqhhhhHHhhh", 0x10000, 0x10000, 0, 0x5F0F3CF5, 0, EM, 0, 0, 0, DESCENT, widest,
                             ASCENT, 0, 8, 2, 0, 0),
        b"hhea": struct.pack(">IhhhHhhhhhhhhhhhH", 0x10000, ASCENT, DESCENT, 0, widest, 0, 0, widest, 1, 0, 0, 0, 0, 0,
                             0, 0, len(widths)),
        b"hmtx": b"".join(struct.pack(">Hh", width, 0) for width in widths),
        b"loca": struct.pack(f">{len(ends)}H", *ends),
        b"maxp": struct.pack(">IHHHHHHHHHHHHHH", 0x10000, len(widths), 2, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0),
    }  # fmt: skip
    return _font(tables)


def _outline(width: int) -> bytes:
    """A contour of two points: (0, DESCENT) and (width, ASCENT)."""
    return struct.pack(">hhhhhHHBBhhhh", 1, 0, DESCENT, width, ASCENT, 1, 0, 1, 1, 0, width, DESCENT, ASCENT - DESCENT)


def _font(tables: dict[bytes, bytes]) -> bytes:
    """The tables, in the order of their tags, as one file."""
    power = len(tables).bit_length() - 1
    search = 16 << power
    directory = struct.pack(">IHHHH", 0x10000, len(tables), search, power, 16 * len(tables) - search)
    offset, data, places = 12 + 16 * len(tables), b"", {}
    for tag, table in tables.items():
        padded = table + b"\0" * (-len(table) % 4)
        places[tag] = offset + len(data)
        directory += struct.pack(">4sIII", tag, _checksum(padded), places[tag], len(table))
        data += padded
    font = directory + data
    at = places[b"head"] + 8  # where the checksum of the whole file is stored
    return font[:at] + struct.pack(">I", (0xB1B0AFBA - _checksum(font)) % 2**32) + font[at + 4 :]


def _checksum(table: bytes) -> int:
    words: Sequence[int] = struct.unpack(f">{len(table) // 4}I", table)
    return sum(words) % 2**32

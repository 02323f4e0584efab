"""Which files are images: told by their first bytes, not by their name."""

from __future__ import annotations

#: The kinds that are read, by Pillow's names. Others that Pillow knows run programs (EPS) or have no mark (TGA).
FORMATS = ("JPEG", "PNG", "TIFF", "BMP", "WEBP", "GIF", "PPM", "JPEG2000", "AVIF")
#: File name endings that are taken as images whatever their content is: a broken one is named, not left out.
SUFFIXES = frozenset(
    ".jpg .jpeg .jpe .jfif .png .bmp .tif .tiff .webp .gif .ppm .pgm .pbm .pnm .jp2 .j2k .avif".split()
)
#: How many bytes of a file `kind_of` needs.
HEAD = 64

_MARKS = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"BM", "BMP"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG2000"),
    (b"\xff\x4f\xff\x51", "JPEG2000"),
    (b"%PDF-", "PDF"),
)
_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_AVIF = frozenset({b"avif", b"avis"})


def kind_of(head: bytes) -> str | None:
    """The kind of the file that begins with `head` (`HEAD` bytes or more): one of `FORMATS`, "PDF" or "HEIC"; None for
    none of these."""
    for mark, kind in _MARKS:
        if head.startswith(mark):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp":
        end = min(int.from_bytes(head[:4], "big"), HEAD)
        brands = {head[at : at + 4] for at in range(8, end, 4)}
        return "AVIF" if brands & _AVIF else "HEIC" if brands & _HEIC else None  # a file may claim to be several
    if head[:1] == b"P" and head[1:2] in b"123456" and head[2:3].isspace():
        return "PPM"
    return None

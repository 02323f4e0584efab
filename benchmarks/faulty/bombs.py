"""Small files that ask for much: memory, time, pages. One of every kind of image, PDFs, label files."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image

from faulty.mutation import deep_json
from faulty.seeds import image_file, pdf_by_hand, pdf_file, stream


def images() -> list[tuple[str, bytes]]:
    """Headers that claim 30,000 x 30,000 pixels and more, and data that unpack to as much."""
    small = Image.fromarray(np.zeros((8, 8, 3), np.uint8))
    made = [
        ("size.png", _png(60_000, 60_000, b"")),
        ("data.png", _png(15_000, 15_000, zlib.compress(bytes(15_000 * 45_001)))),
        ("most.png", _png(13_000, 13_000, zlib.compress(bytes(13_000 * 13_001), 9), 0)),
        ("text.png", _png_text()),
        ("size.ppm", b"P6\n60000 60000\n255\n" + bytes(100)),
        ("size.bmp", _patched(small, "BMP", {18: struct.pack("<ii", 50_000, 50_000)})),
        ("flat.bmp", _patched(small, "BMP", {18: struct.pack("<ii", 2**31 - 1, 1)})),
        ("size.jpg", _jpeg(small, 65_500, 65_500)),
        ("wide.jpg", _jpeg(small, 15_000, 15_000)),
        ("animation.gif", _gif(13_000, 13_000, 2000)),
        ("frames.gif", _gif(8, 8, 200_000)),
        ("lzw.gif", _gif(16_000, 11_000, 1)),
        ("size.tif", _tiff(60_000, 60_000)),
        ("data.tif", _tiff(13_000, 13_000, zlib.compress(bytes(13_000 * 13_000), 9))),
        ("chain.tif", _tiff_chain(60_000)),
        ("loop.tif", _tiff_chain(3, loop=True)),
    ]
    return [
        *made,
        ("size.webp", _webp(16_000, 16_000)),
        ("most.webp", _webp(13_000, 13_000)),
        ("size.jp2", _jp2(60_000, 60_000)),
        ("most.jp2", _jp2(16_000, 11_000)),
        ("size.avif", _avif(60_000, 60_000)),
        ("most.avif", _avif(13_000, 13_000)),
    ]


def pdfs() -> list[tuple[str, bytes]]:
    """Streams that unpack to a gigabyte, forms that draw forms, trees that lead back, pages by the million."""
    laughs = {30: _form(b"0 0 1 1 re f", None)} | {
        30 + k: _form(b" ".join([b"/F Do"] * 10), 29 + k) for k in range(1, 10)
    }
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %s] /Contents 4 0 R /Resources << %s >> >>"
    catalog = {1: b"<< /Type /Catalog /Pages 2 0 R >>", 2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"}
    big = b"/Type /XObject /Subtype /Image /Width 30000 /Height 30000 /ColorSpace /DeviceGray /BitsPerComponent 8"
    square = b"200 200"
    return [
        (
            "content.pdf",
            pdf_file(catalog | {3: page % (square, b""), 4: stream(bytes(300_000_000).replace(b"\0", b" "), True)}),
        ),
        ("twice.pdf", pdf_file(catalog | {3: page % (square, b""), 4: _packed_twice(1_000_000_000)})),
        (
            "laughs.pdf",
            pdf_file(catalog | laughs | {3: page % (square, b"/XObject << /F 39 0 R >>"), 4: stream(b"/F Do", False)}),
        ),
        (
            "itself.pdf",
            pdf_file(
                catalog
                | {3: page % (square, b"/XObject << /F 30 0 R >>"), 4: stream(b"/F Do", False), 30: _form(b"/F Do", 30)}
            ),
        ),
        (
            "picture.pdf",
            pdf_file(
                catalog
                | {
                    3: page % (square, b"/XObject << /F 30 0 R >>"),
                    4: stream(b"q 200 0 0 200 0 0 cm /F Do Q", False),
                    30: stream(bytes(900_000_000), True, big),
                }
            ),
        ),
        ("wall.pdf", pdf_file(catalog | {3: page % (b"1e7 1e7", b""), 4: stream(b"0 0 5 5 re f", False)})),
        ("thread.pdf", pdf_file(catalog | {3: page % (b"1e6 0.001", b""), 4: stream(b"0 0 5 5 re f", False)})),
        ("count.pdf", pdf_by_hand().replace(b"/Count 3", b"/Count 2000000000")),
        ("tree.pdf", pdf_file(catalog | {2: b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>"})),
        (
            "letters.pdf",
            pdf_file(
                catalog
                | {
                    3: page % (square, b"/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>"),
                    4: stream(b"BT /F1 1 Tf " + b"(abcdefghijklmnopqrstuvwxyz) Tj 0 0 Td " * 40_000 + b"ET", True),
                }
            ),
        ),
        (
            "strokes.pdf",
            pdf_file(
                catalog
                | {
                    3: page % (square, b""),
                    4: stream(b"[0.001 0.001] 0 d 0.01 w " + b"0 0 m 200 200 l 0 100 l S " * 20_000, True),
                }
            ),
        ),
        (
            "shade.pdf",
            pdf_file(
                catalog
                | {
                    3: page % (square, b"/Shading << /S 30 0 R >>"),
                    4: stream(b"/S sh " * 3000, True),
                    30: b"<< /ShadingType 1 /ColorSpace /DeviceRGB /Domain [0 1 0 1] /Matrix [200 0 0 200 0 0] "
                    b"/Function << /FunctionType 2 /Domain [0 1] /C0 [0 0 0] /C1 [1 1 1] /N 1 >> >>",
                }
            ),
        ),
        ("deep.pdf", pdf_file(catalog | {3: page % (square, b""), 4: b"[" * 200_000 + b"]" * 200_000})),
    ]


def labels() -> list[tuple[str, bytes]]:
    """Brackets without end, a cell of a gigabyte, numbers of a million digits, a line of many columns."""
    from scipy.io import savemat

    out, cell = io.BytesIO(), np.empty((1, 1), object)
    cell[0, 0] = np.zeros((2, 4, 4_000_000), np.float32)
    savemat(out, {"wordBB": cell}, do_compression=True)
    row = b'a.png\t[{"transcription": "x", "points": [[%s, 2], [3, 2], [3, 4], [1, 4]]}]\n'
    return [
        ("pages.tsv", f"a.png\t{deep_json(100_000)}\n".encode()),
        ("pages.tsv", row % (b"9" * 1_000_000)),
        ("pages.tsv", row % b"1e400"),
        ("pages.tsv", row % b'"1"'),
        ("gt.mat", out.getvalue()),
        ("table.csv", b"img_path,text\n" + b"," * 2_000_000 + b"\n"),
        ("table.csv", b'img_path,text\na.png,"' + b"x" * 5_000_000),
        ("list.txt", b"a.png\t" + b"\xe1\xba\xbf" * 1_000_000),
        ("table.csv", b",".join([b"img_path"] * 200_000)),
        ("dictionary.dict", "\n".join(map(chr, range(0x4E00, 0x9FFF))).encode() * 3),
    ]


def _png(width: int, height: int, data: bytes, colour: int = 2) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _png_text() -> bytes:
    """Text of 300 MB, packed, in three chunks of a small picture."""
    whole, text = image_file(), b"key\0\0" + zlib.compress(bytes(300_000_000), 9)
    profile = b"name\0\0" + zlib.compress(bytes(300_000_000), 9)
    return whole[:33] + _chunk(b"iCCP", profile) + _chunk(b"zTXt", text) * 2 + whole[33:]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _patched(image: Image.Image, kind: str, places: dict[int, bytes]) -> bytes:
    out = io.BytesIO()
    image.save(out, kind)
    data = bytearray(out.getvalue())
    for at, value in places.items():
        data[at : at + len(value)] = value
    return bytes(data)


def _jpeg(image: Image.Image, width: int, height: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG")
    data = out.getvalue()
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def _gif(width: int, height: int, frames: int) -> bytes:
    picture = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    head = b"GIF89a" + struct.pack("<HH", width, height) + b"\x80\0\0\0\0\0\xff\xff\xff"
    return head + picture * frames + b";"


def _tiff(width: int, height: int, data: bytes = b"") -> bytes:
    """A grey TIFF of one strip, packed by deflate."""
    entries = [
        (256, 4, width),
        (257, 4, height),
        (258, 3, 8),
        (259, 3, 8),
        (262, 3, 1),
        (273, 4, 8),
        (277, 3, 1),
        (278, 4, height),
        (279, 4, len(data)),
    ]
    body = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    return b"II*\0" + struct.pack("<I", 8 + len(data)) + data + struct.pack("<H", len(entries)) + body + bytes(4)


def _tiff_chain(pages: int, loop: bool = False) -> bytes:
    """A TIFF of so many pages that share their pixels; with `loop` the last one leads to the first."""
    count, out = 9, bytearray(b"II*\0" + struct.pack("<I", 12) + bytes(4))
    for page in range(pages):
        entries = [
            (256, 4, 2),
            (257, 4, 2),
            (258, 3, 8),
            (259, 3, 1),
            (262, 3, 1),
            (273, 4, 8),
            (277, 3, 1),
            (278, 4, 2),
            (279, 4, 4),
        ]
        following = len(out) + 2 + 12 * count + 4 if page + 1 < pages else 12 if loop else 0
        body = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
        out += struct.pack("<H", count) + body + struct.pack("<I", following)
    return bytes(out)


def _webp(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 64)).save(out, "WEBP", lossless=True)
    data, at = bytearray(out.getvalue()), out.getvalue().index(b"VP8L") + 9
    data[at : at + 4] = struct.pack("<I", (width - 1) | (height - 1) << 14)
    return bytes(data)


def _jp2(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("L", (64, 64)).save(out, "JPEG2000")
    old, new = struct.pack(">II", 64, 64), struct.pack(">II", height, width)
    return out.getvalue().replace(old, new)


def _avif(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 64)).save(out, "AVIF")
    data, at = bytearray(out.getvalue()), out.getvalue().index(b"ispe") + 8
    data[at : at + 8] = struct.pack(">II", width, height)
    return bytes(data)


def _form(content: bytes, inner: int | None) -> bytes:
    resources = b"" if inner is None else b"/XObject << /F %d 0 R >>" % inner
    return stream(content, False, b"/Type /XObject /Subtype /Form /BBox [0 0 100 100] /Resources << %s >>" % resources)


def _packed_twice(size: int) -> bytes:
    """A stream of `size` spaces that is packed two times: some kilobytes."""
    packer, out = zlib.compressobj(9), []
    for _ in range(size // 10_000_000):
        out.append(packer.compress(b" " * 10_000_000))
    data = zlib.compress(b"".join(out) + packer.flush(), 9)
    return b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n%s\nendstream" % (len(data), data)


def bombs() -> list[tuple[str, bytes]]:
    """All of them, named by their kind."""
    parts = {"images": images, "pdfs": pdfs, "labels": labels}
    return [(f"{kind}-{i:02d}-{name}", data) for kind, make in parts.items() for i, (name, data) in enumerate(make())]

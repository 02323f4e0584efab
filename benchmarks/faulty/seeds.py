"""Small sound files of every kind that is read, to be damaged: made on the spot, the same each time."""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

WEIGHTS = Path(__file__).resolve().parents[2] / "weights"


def write(kind: str, folder: Path) -> list[Path]:
    """Writes the sound files of a kind and returns their paths, in order."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, data in _all_files()[kind]():
        paths.append(folder / name)
        paths[-1].write_bytes(data)
    return paths


def picture(width: int = 64, height: int = 40, seed: int = 0) -> np.ndarray:
    """H W 3 uint8: strokes on paper."""
    rng = np.random.default_rng(seed)
    image = np.full((height, width, 3), 240, np.uint8)
    for _ in range(width // 4):
        y, x = int(rng.integers(0, height - 8)), int(rng.integers(0, width - 6))
        image[y : y + int(rng.integers(2, 8)), x : x + int(rng.integers(2, 6))] = rng.integers(0, 160, 3)
    return image


def image_file() -> bytes:
    """A PNG."""
    out = io.BytesIO()
    Image.fromarray(picture()).save(out, "PNG")
    return out.getvalue()


def images() -> list[tuple[str, bytes]]:
    """Every kind of image, in the modes and codings that it has."""
    rgb, other = Image.fromarray(picture()), Image.fromarray(picture(seed=1))
    exif = Image.Exif()
    exif[0x0112] = 6
    deep = Image.fromarray(picture()[:, :, 0].astype(np.uint16) * 257)
    alpha = rgb.convert("RGBA")
    alpha.putalpha(200)
    pages: dict[str, Any] = {"save_all": True, "append_images": [other, rgb.rotate(180)]}
    wanted: list[tuple[str, Image.Image, dict[str, Any]]] = [
        ("a.jpg", rgb, {"quality": 90}),
        ("progressive.jpg", rgb, {"progressive": True}),
        ("grey.jpg", rgb.convert("L"), {}),
        ("cmyk.jpg", rgb.convert("CMYK"), {}),
        ("exif.jpg", rgb, {"exif": exif}),
        ("a.png", rgb, {}),
        ("alpha.png", alpha, {}),
        ("palette.png", rgb.convert("P"), {"transparency": 3}),
        ("deep.png", deep, {}),
        ("bits.png", rgb.convert("1"), {}),
        ("exif.png", rgb, {"exif": exif}),
        ("a.bmp", rgb, {}),
        ("palette.bmp", rgb.convert("P"), {}),
        ("a.tif", rgb, {}),
        ("lzw.tif", rgb, {"compression": "tiff_lzw"}),
        ("deflate.tif", rgb, {"compression": "tiff_deflate"}),
        ("jpeg.tif", rgb, {"compression": "jpeg"}),
        ("fax.tif", rgb.convert("1"), {"compression": "group4"}),
        ("deep.tif", deep, {}),
        ("float.tif", rgb.convert("F"), {}),
        ("pages.tif", rgb, pages),
        ("packed_pages.tif", rgb, pages | {"compression": "tiff_deflate"}),
        ("a.webp", rgb, {}),
        ("lossless.webp", alpha, {"lossless": True}),
        ("pages.webp", rgb, pages),
        ("a.gif", rgb, {}),
        ("pages.gif", rgb, pages),
        ("a.ppm", rgb, {}),
        ("a.pgm", rgb.convert("L"), {}),
        ("a.pbm", rgb.convert("1"), {}),
        ("a.jp2", rgb, {}),
        ("a.avif", rgb, {}),
        ("pages.avif", rgb, pages),
    ]
    made = []
    for name, image, options in wanted:
        out = io.BytesIO()
        image.save(out, Image.registered_extensions()[Path(name).suffix], **options)
        made.append((name, out.getvalue()))
    numbers = " ".join(str(v) for v in picture()[:4, :8].ravel())
    return [*made, ("text.ppm", f"P3\n8 4\n255\n{numbers}\n".encode())]


def pdfs() -> list[tuple[str, bytes]]:
    """A PDF by hand with all its objects in the open, the same compressed, and one of pictures by Pillow."""
    rgb = Image.fromarray(picture())
    out = io.BytesIO()
    rgb.save(out, "PDF", save_all=True, append_images=[rgb.convert("1"), rgb.convert("L")])
    return [("hand.pdf", pdf_by_hand()), ("packed.pdf", pdf_by_hand(packed=True)), ("pictures.pdf", out.getvalue())]


def pdf_by_hand(packed: bool = False, pages: int = 3) -> bytes:
    """Pages in a tree of two levels, with text in three fonts, a form within a form, a picture with a mask, a shading,
    a pattern and a note.
    """
    grey = picture()[:8, :16, 0].tobytes()
    content = (
        b"q 0.5 0 0 0.5 10 10 cm /Form1 Do Q BT /F1 12 Tf 20 150 Td (Huong dan 123) Tj 0 -20 Td [(ab) -200 (cd)] TJ ET "
        b"BT /F3 10 Tf 1 0 0 1 30 60 Tm (aab) Tj ET BT 3 Tr /F2 8 Tf 10 10 Td <0041004200430044> Tj ET "
        b"q 40 0 0 20 100 100 cm /Im1 Do Q q 0 0 80 40 re W n /Sh1 sh Q /Pattern cs /P1 scn 150 20 30 30 re f "
        b"0 0 m 10 10 20 30 40 5 c S [3 2] 0 d 2 w 5 5 m 90 90 l S"
    )
    objects: dict[int, bytes] = {
        1: b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [12 0 R] /DA (/F1 9 Tf 0 g) >> >>",
        2: b"<< /Type /Pages /Kids [3 0 R] /Count %d /MediaBox [0 0 200 200] >>" % pages,
        4: stream(content, packed),
        5: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        6: b"<< /Type /Font /Subtype /Type0 /BaseFont /Arial /Encoding /Identity-H /DescendantFonts [<< /Type /Font "
        b"/Subtype /CIDFontType2 /BaseFont /Arial /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement "
        b"0 >> /DW 600 /W [65 [500 510 520]] >>] /ToUnicode 13 0 R >>",
        7: b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 750 750] /FontMatrix [0.001 0 0 0.001 0 0] /CharProcs << "
        b"/sq 14 0 R >> /Encoding << /Type /Encoding /Differences [97 /sq /sq] >> /FirstChar 97 /LastChar 98 "
        b"/Widths [800 800] >>",
        8: stream(
            b"/Form2 Do 0.2 0.4 0.6 rg 0 0 50 50 re f",
            packed,
            b"/Type /XObject /Subtype /Form /BBox [0 0 100 100] /Resources << /XObject << /Form2 9 0 R >> >>",
        ),
        9: stream(
            b"1 0 0 RG 5 w 0 0 m 60 60 l S",
            packed,
            b"/Type /XObject /Subtype /Form /BBox [0 0 100 100] /Matrix [1 0 0 1 5 5]",
        ),
        10: stream(
            grey,
            packed,
            b"/Type /XObject /Subtype /Image /Width 16 /Height 8 /ColorSpace /DeviceGray "
            b"/BitsPerComponent 8 /SMask 11 0 R",
        ),
        11: stream(
            grey,
            packed,
            b"/Type /XObject /Subtype /Image /Width 16 /Height 8 /ColorSpace /DeviceGray /BitsPerComponent 8",
        ),
        12: b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (name) /V (value) /Rect [20 20 120 40] /DA (/F1 9 Tf 0 g) >>",
        13: stream(
            b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap 1 begincodespacerange <0000> <ffff> "
            b"endcodespacerange 1 beginbfrange <0041> <0044> <0061> endbfrange endcmap end end",
            packed,
        ),
        14: stream(b"750 0 0 0 750 750 d1 0 0 750 750 re f", packed),
        15: stream(
            b"0 0 5 5 re f",
            packed,
            b"/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 10 10] "
            b"/XStep 10 /YStep 10 /Resources << >>",
        ),
        16: b"<< /ShadingType 2 /ColorSpace /DeviceRGB /Coords [0 0 80 40] /Function << /FunctionType 2 /Domain [0 1] "
        b"/C0 [1 0 0] /C1 [0 0 1] /N 1 >> /Extend [true true] >>",
        17: b"<< /Type /Annot /Subtype /Square /Rect [150 150 190 190] /C [1 0 0] /Contents (note) >>",
    }
    kids = [20 + k for k in range(pages)]
    objects[3] = b"<< /Type /Pages /Parent 2 0 R /Count %d /Kids [%s] >>" % (
        pages,
        b" ".join(b"%d 0 R" % k for k in kids),
    )
    for k in kids:
        objects[k] = (
            b"<< /Type /Page /Parent 3 0 R /Rotate %d /Contents 4 0 R /Annots [12 0 R 17 0 R] /Resources << /Font << "
            b"/F1 5 0 R /F2 6 0 R /F3 7 0 R >> /XObject << /Form1 8 0 R /Im1 10 0 R >> /Shading << /Sh1 16 0 R >> "
            b"/Pattern << /P1 15 0 R >> >> >>" % (90 * (k % 2))
        )
    return pdf_file(objects)


def pdf_file(objects: dict[int, bytes], trailer: bytes = b"") -> bytes:
    """A PDF file of objects by their numbers; 1 is the catalog."""
    out, places = bytearray(b"%PDF-1.7\n"), {}
    for number in sorted(objects):
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, objects[number])
    start, size = len(out), max(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % size
    for number in range(1, size):
        out += b"%010d 00000 n \n" % places[number] if number in places else b"0000000000 00000 f \n"
    return bytes(out + b"trailer\n<< /Size %d /Root 1 0 R %s>>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, start))


def stream(data: bytes, packed: bool, entries: bytes = b"") -> bytes:
    if packed:
        data, entries = zlib.compress(data), entries + b" /Filter /FlateDecode"
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), entries, data)


def labels() -> list[tuple[str, bytes]]:
    """Label files of every format. Their images are the files ``a.png`` and ``b.png`` beside them."""
    rows = ["img_path,text,writer_id,fold", 'a.png,"Xã Tân Lập, huyện",1,0', "b.png,12 Lê Lợi,2,1", ""]
    table = "\n".join(rows)
    regions = [
        {"transcription": "Huế", "points": [[1, 2], [30, 2], [30, 12], [1, 12]]},
        {"transcription": "###", "points": [[1, 20], [30, 22], [30, 32], [15, 34], [1, 30]], "difficult": True},
    ]
    page = json.dumps(regions, ensure_ascii=False)
    quads = "\ufeff1,2,30,2,30,12,1,12,Huế, phố\r\n1,20,30,22,30,32,1,30,###\r\n"
    return [
        ("table.csv", table.encode()),
        ("marked.csv", ("\ufeff" + table.replace("\n", "\r\n")).encode()),
        ("semicolons.csv", table.replace(",", ";").replace("Lập;", "Lập,").encode()),
        ("utf16.csv", table.encode("utf-16")),
        ("list.txt", "a.png\tXã Tân Lập\nb.png\t12 Lê Lợi\n".encode()),
        ("dictionary.dict", "a\nb\nế\n \n1\n".encode()),
        ("pages.tsv", f"a.png\t{page}\nb.png\t[]\n".encode()),
        ("gt_a.icdar", quads.encode()),
        ("a.lpcv", b"1,2,30,2,30,12,1,12\n1 2 30 40 Hue\n5,6,7,8\n"),
        ("gt.mat", _mat()),
    ]


def _mat() -> bytes:
    from scipy.io import savemat

    def cell(*values: Any) -> np.ndarray:
        made = np.empty((1, len(values)), object)
        made[0, :] = values
        return made

    out, box = io.BytesIO(), np.arange(16, dtype=np.float32).reshape(2, 4, 2)
    savemat(
        out,
        {
            "imnames": cell("a.png", "b.png"),
            "wordBB": cell(box, box[:, :, 0]),
            "txt": cell(np.array(["Hue pho"]), np.array(["x"])),
        },
    )
    return out.getvalue()


def onnx_files() -> list[tuple[str, bytes]]:
    """A small reader of lines, the same with a language model and gazetteer, and a small detector."""
    import onnx
    from onnx import numpy_helper

    from chuviet.artifact.onnx_file import LM_PREFIX

    plain = (WEIGHTS / "micro_16.onnx").read_bytes()
    graph = onnx.load_from_string(plain)
    metadata = metadata_of(graph)
    lm = language_model(metadata["charset"])
    arrays = [numpy_helper.from_array(v, LM_PREFIX + k) for k, v in lm.items()]
    graph.graph.initializer.extend(arrays)
    metadata["decoder"] = {"type": "ctc_beam", "width": 4}
    return [("line.onnx", plain), ("model.onnx", seal_onnx(graph, metadata)), ("detector.onnx", _detector())]


def _detector() -> bytes:
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    metadata = metadata_of(onnx.load(WEIGHTS / "text_det_db.onnx", load_external_data=False))
    kernel = np.full((1, 3, 3, 3), -0.5, np.float32)
    graph = helper.make_graph(
        [helper.make_node("Conv", ["images", "kernel"], ["logits"], pads=[1, 1, 1, 1])],
        "detector",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", 3, "h", "w"])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 1, "h", "w"])],
        [numpy_helper.from_array(kernel, "kernel")],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    made.ir_version = 9
    return seal_onnx(made, metadata)


def language_model(characters: str) -> dict[str, np.ndarray]:
    """The arrays of a small n-gram model with a gazetteer and a second model."""
    from chuviet.language.gazetteer import District, Gazetteer
    from chuviet.language.ngram import NGram
    from chuviet.vocab import Charset

    charset = Charset(characters)
    lines = ["".join(c for c in t if c in characters) for t in ("Ha Noi 12", "abcab", "Hue", "aa1b2", "Da Nang")]
    lm = NGram.train([t for t in lines if t], charset, order=4)
    place = District("Tinh A", "Huyen", "B", (("Xa", "C"), ("Xa", "D")), ("Pho E",))
    lm.gazetteer, lm.general = (
        Gazetteer([place]),
        NGram.train(["ab" if "a" in characters else characters[:2]], charset, 3),
    )
    return lm.to_tensors()


def metadata_of(graph: Any) -> dict[str, Any]:
    """The JSON of an ONNX file of chuviet, given the onnx package's object."""
    return json.loads(next(p.value for p in graph.metadata_props if p.key == "chuviet"))


def seal_onnx(graph: Any, metadata: dict[str, Any]) -> bytes:
    """The file with its metadata and the digest that belongs to it: as a stranger would make it."""
    from onnx import helper

    from chuviet.artifact import wire

    helper.set_model_props(graph, {})
    metadata = metadata | {"sha256": wire.read_model(graph.SerializeToString(), "chuviet").digest}
    helper.set_model_props(graph, {"chuviet": json.dumps(metadata)})
    return graph.SerializeToString()


def safetensors_files() -> list[tuple[str, bytes]]:
    """A small reader of lines, with and without a language model."""
    import tempfile

    from chuviet.language.ngram import NGram
    from chuviet.pytorch.artifact import load_artifact, resave_artifact

    saved = load_artifact(WEIGHTS / "micro_16.onnx")
    assert saved.charset is not None
    made = []
    with tempfile.TemporaryDirectory() as folder:
        for name in ("line.safetensors", "model.safetensors"):
            path = Path(folder) / name
            lm = NGram.from_tensors(language_model(saved.charset.characters)) if name.startswith("model") else None
            resave_artifact(replace(saved, lm=lm), path)
            made.append((name, path.read_bytes()))
    return made


MAKERS: dict[str, Callable[[], list[tuple[str, bytes]]]] = {
    "images": images,
    "pdfs": pdfs,
    "labels": labels,
    "onnx": onnx_files,
    "safetensors": safetensors_files,
}


def _all_files() -> dict[str, Callable[[], list[tuple[str, bytes]]]]:
    from faulty.bombs import bombs
    from faulty.strangers import strangers

    return MAKERS | {"bombs": bombs, "strangers": strangers}

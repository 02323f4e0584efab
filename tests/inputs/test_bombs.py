"""Files of some kilobytes that would take hours: their pages are counted quickly, and drawn by a process that ends."""

from __future__ import annotations

import io
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from chuviet.errors import InputError
from chuviet.inputs import pdf_process, tiff
from chuviet.inputs.limits import Limits
from chuviet.inputs.sources import find_in_bytes

pytest.importorskip("pypdfium2")


def pdf_of(content: bytes, resources: bytes = b"", more: tuple[bytes, ...] = ()) -> bytes:
    """A page of 200 x 200 points; `more` are the objects from 5 on."""
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources<<%s>>>>" % resources
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        page,
        packed(b"", content),
        *more,
    ]
    body, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    tail = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + tail


def packed(entries: bytes, data: bytes) -> bytes:
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (entries, len(data), data)


def forms_in_forms() -> bytes:
    """A square, drawn by ten forms in each of ten, nine times."""
    forms = [b"0 0 1 1 re f", *[b"/F Do " * 10] * 9]
    entries = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</F %d 0 R>>>>"
    return pdf_of(b"/F Do", b"/XObject<</F 14 0 R>>", tuple(packed(entries % (4 + k), f) for k, f in enumerate(forms)))


def shades() -> bytes:
    """A shading whose colours are computed, 3,000 times over the whole page."""
    shading = b"<</ShadingType 1/ColorSpace/DeviceRGB/Domain[0 1 0 1]/Matrix[200 0 0 200 0 0]/Function"
    function = b"<</FunctionType 2/Domain[0 1]/C0[0 0 0]/C1[1 1 1]/N 1>>>>"
    return pdf_of(b"/S sh " * 3000, b"/Shading<</S 5 0 R>>", (shading + function,))


@pytest.fixture
def anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The process that draws is another one in this test."""
    monkeypatch.setattr(pdf_process, "_process", None)
    yield
    if pdf_process._process is not None:
        pdf_process._process.end()


@pytest.mark.parametrize("make", [forms_in_forms, shades])
@pytest.mark.usefixtures("anew")
def test_a_page_that_takes_too_long_is_refused_in_one_line(make: Callable[[], bytes]) -> None:
    (source,) = find_in_bytes(make(), "a.pdf", Limits(page_seconds=0.3)).sources
    with pytest.raises(InputError, match=r"^a\.pdf: page 1 cannot be drawn \(it takes over 0\.3 s; --page-seconds"):
        source.load()
    (sound,) = find_in_bytes(pdf_of(b"0 0 100 200 re f"), "b.pdf", Limits(dpi=72)).sources  # the next process draws it
    page = sound.load()
    assert page.shape == (200, 200, 3) and page[100, 50].tolist() == [0] * 3 and page[100, 150].tolist() == [255] * 3


@pytest.mark.usefixtures("anew")
def test_a_page_that_takes_too_much_memory_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("resource")
    monkeypatch.setattr(pdf_process, "MEMORY", 800_000_000)
    (source,) = find_in_bytes(forms_in_forms(), "a.pdf").sources
    with pytest.raises(InputError, match=r"^a\.pdf: page 1 cannot be drawn \(PDFium .* may need over 0\.8 GB"):
        source.load()


def test_a_process_of_its_own_draws_what_this_one_draws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files and bytes, pictures and texts, also from another folder; what cannot be read is said alike."""
    text = b"BT /F 20 Tf 20 100 Td (Chu viet) Tj ET 0 0 50 50 re f"
    data = pdf_of(text, b"/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>")
    (tmp_path / "a.pdf").write_bytes(data)
    monkeypatch.chdir(tmp_path)
    for source in (data, Path("a.pdf"), data):
        apart = pdf_process.render_page(9, source, 1, "a"), pdf_process.page_text(9, source, 1, "a")
        here = pdf_process.render_page(0, source, 1, "a"), pdf_process.page_text(0, source, 1, "a")
        assert np.array_equal(apart[0], here[0]) and apart[0].flags.writeable
        assert [w.text for w in apart[1].words] == [w.text for w in here[1].words] == ["Chu", "viet"]
        assert np.array_equal(apart[1].words[0].corners, here[1].words[0].corners)
    for seconds in (0, 9):
        with pytest.raises(InputError, match="^a: there is no page 2; it has 1$"):
            pdf_process.render_page(seconds, data, 2, "a")


def tiff_of(*sizes: int, big: bool = False, order: str = "<", last: int = 0) -> bytes:
    """A TIFF of grey pages of one row, so many pixels wide; the last one leads to `last`."""
    number, offset = ("Q", "Q") if big else ("H", "I")
    at = 16 if big else 8
    mark = (b"II" if order == "<" else b"MM") + struct.pack(order + "H", 43 if big else 42)
    out = bytearray(mark + (struct.pack(order + "HHQ", 8, 0, at) if big else struct.pack(order + "I", at)))
    for place, width in enumerate(sizes):
        tags = [(256, width), (257, 1), (258, 8), (259, 1), (262, 1), (273, 4), (277, 1), (278, 1), (279, width)]
        entries = b"".join(struct.pack(order + "HH" + offset * 2, tag, 4 + 12 * big, 1, value) for tag, value in tags)
        at += struct.calcsize(order + number + offset) + len(entries)
        following = at if place + 1 < len(sizes) else last
        out += struct.pack(order + number, len(tags)) + entries + struct.pack(order + offset, following)
    return bytes(out)


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_pages_of_tiffs_are_counted_as_pillow_counts_them(big: bool, order: str, tmp_path: Path) -> None:
    whole = tiff_of(4, 3, 2, big=big, order=order)
    if not big or order == "<":  # Pillow reads no BigTIFF of the other order
        with Image.open(io.BytesIO(whole)) as opened:
            assert opened.n_frames == 3
        assert [s.load().shape[1] for s in find_in_bytes(whole, "a").sources] == [4, 3, 2]
    (tmp_path / "a.tif").write_bytes(whole)
    assert tiff.count_pages(whole) == tiff.count_pages(tmp_path / "a.tif") == 3
    first = 16 if big else 8
    assert tiff.count_pages(tiff_of(4, 3, big=big, order=order, last=first)) == 2  # it leads back
    assert tiff.count_pages(tiff_of(4, 3, big=big, order=order, last=10**6)) == 3  # it leads out of the file
    assert [tiff.count_pages(whole[:-cut]) for cut in (1, len(whole) // 3)] == [4, 3]
    assert tiff.count_pages(b"II*\0") == 1


def test_many_pages_are_counted_quickly() -> None:
    """60,000 of them: Pillow's own count takes 18 s of processor time."""
    begin = time.process_time()
    assert tiff.count_pages(tiff_of(*[2] * 60_000)) == 60_000
    assert time.process_time() - begin < 5

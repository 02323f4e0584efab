from __future__ import annotations

import importlib
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from chuviet.errors import InputError
from chuviet.inputs import pdf
from chuviet.inputs.limits import Limits
from chuviet.inputs.sources import find_sources, holds_several, iter_sources

pytest.importorskip("pypdfium2")


def made(path: Path, *levels: int, width: int = 300, height: int = 200) -> Path:
    """A PDF whose pages are grey, drawn at 72 dpi, with a red upper left corner."""
    pages = []
    for level in levels:
        page = Image.new("RGB", (width, height), (level,) * 3)
        page.paste((250, 0, 0), (0, 0, 40, 40))
        pages.append(page)
    pages[0].save(path, save_all=True, append_images=pages[1:], resolution=72)
    return path


def locked() -> bytes:
    """A PDF that asks for a password."""
    key = "<" + "5a" * 32 + ">"
    parts = [
        "1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n",
        "2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n",
        "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\n",
        f"4 0 obj<</Filter/Standard/V 1/R 2/P -4/O{key}/U{key}>>endobj\n",
    ]
    body, offsets = "%PDF-1.4\n", []
    for part in parts:
        offsets.append(len(body))
        body += part
    table = "".join(f"{o:010} 00000 n \n" for o in offsets)
    trailer = f"trailer<</Size 5/Root 1 0 R/Encrypt 4 0 R/ID[<00><00>]>>\nstartxref\n{len(body)}\n%%EOF\n"
    return (body + "xref\n0 5\n0000000000 65535 f \n" + table + trailer).encode()


def test_pages_are_drawn_at_the_dpi_asked_for(tmp_path: Path) -> None:
    path = made(tmp_path / "a.pdf", 200, 100)
    for dpi in (72, 100, 200):
        found = find_sources([path], limits=Limits(dpi=dpi)).sources
        assert [(s.name, s.frame) for s in found] == [(f"{path}#1", 1), (f"{path}#2", 2)]
        for source, level in zip(found, (200, 100), strict=True):
            page = source.load()
            assert page.dtype == np.uint8 and page.ndim == 3 and page.flags.c_contiguous
            assert abs(page.shape[0] - 200 * dpi / 72) <= 1 and abs(page.shape[1] - 300 * dpi / 72) <= 1
            assert np.abs(page[-5, -5].astype(int) - level).max() <= 4
            assert page[5, 5, 0] > 230 and page[5, 5, 2] < 20  # red first


def test_one_page_and_bytes(tmp_path: Path) -> None:
    path = made(tmp_path / "a.pdf", 200, 100, 50)
    (source,) = find_sources([f"{path}#3"]).sources
    assert source.name == f"{path}#3" and abs(int(source.load()[-5, -5, 0]) - 50) <= 4
    with pytest.raises(InputError, match=r"a\.pdf#4: .* has 3 pages"):
        find_sources([f"{path}#4"])
    assert [s.name for s in find_sources([f"{path}#2-3"]).sources] == [f"{path}#2", f"{path}#3"]
    for wrong in ("2-4", "3-2"):
        with pytest.raises(InputError, match=rf"a\.pdf#{wrong}: .* has 3 pages"):
            find_sources([f"{path}#{wrong}"])
    from_bytes = list(iter_sources(path.read_bytes(), Limits(dpi=72)))
    assert [s.name for s in from_bytes] == ["image 1#1", "image 1#2", "image 1#3"]
    assert from_bytes[1].load().shape == (200, 300, 3)
    single = made(tmp_path / "b.pdf", 9)
    assert [s.name for s in find_sources([tmp_path]).sources] == ["a.pdf#1", "a.pdf#2", "a.pdf#3", "b.pdf"]
    assert [s.name for s in iter_sources(single)] == [str(single)]


def test_a_page_as_large_as_a_wall_is_drawn_smaller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MAX_PAGE_PIXELS", 10_000)
    page = find_sources([made(tmp_path / "a.pdf", 200)]).sources[0].load()
    assert 8_000 < page.shape[0] * page.shape[1] <= 10_400


def test_what_cannot_be_opened_is_said_in_one_line(tmp_path: Path) -> None:
    whole = made(tmp_path / "a.pdf", 200).read_bytes()
    (tmp_path / "locked.pdf").write_bytes(locked())
    (tmp_path / "broken.pdf").write_bytes(whole[:60])
    for name, message in (("locked", "password"), ("broken", "broken PDF")):
        with pytest.raises(InputError, match=rf"{name}\.pdf: .*{message}") as caught:
            find_sources([tmp_path / f"{name}.pdf"])
        assert "\n" not in str(caught.value) and ".)" not in str(caught.value)
    left_out = dict(find_sources([tmp_path]).left_out)
    assert left_out.keys() == {"locked.pdf", "broken.pdf"} and "password" in left_out["locked.pdf"]
    with pytest.raises(InputError, match="dpi 0"):
        pdf.render_page(whole, 1, "a", dpi=0)
    with pytest.raises(InputError, match="dpi 9999"):
        Limits(dpi=9999)
    empty = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    (tmp_path / "empty.pdf").write_bytes(empty + b"trailer<</Size 3/Root 1 0 R>>\n%%EOF\n")
    with pytest.raises(InputError, match=r"empty\.pdf: (a PDF without pages|a broken PDF)") as caught:
        find_sources([tmp_path / "empty.pdf"])
    assert "\n" not in str(caught.value)


def test_pages_over_the_limit_are_named(tmp_path: Path) -> None:
    path = made(tmp_path / "a.pdf", 200, 100, 50)
    found = find_sources([path, f"{path}#2-3"], limits=Limits(pages=1))
    assert [s.name for s in found.sources] == [f"{path}#1", f"{path}#2"] and found.cut == [
        (str(path), 2),
        (str(path), 1),
    ]
    assert find_sources([path], limits=Limits(pages=3)).cut == find_sources([path], limits=Limits(pages=0)).cut == []
    with pytest.warns(UserWarning, match="image 1: 2 more pages not read"):
        assert len(list(iter_sources(path.read_bytes(), Limits(pages=1)))) == 1
    small = find_sources([path], limits=Limits(pixels=10_000)).sources[0]
    assert small.load().size <= 3.1 * 10_000 and small.text_layer is not None
    drawn = small.text_layer()
    assert small.load().shape[:2] == (drawn.height, drawn.width)
    assert holds_several(path) and holds_several(path.read_bytes()) and not holds_several(save_png(tmp_path))


def test_a_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> Any:
        raise ImportError(name)

    path = made(tmp_path / "a.pdf", 200)
    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(InputError, match="pip install pypdfium2"):
        find_sources([path])
    assert find_sources([save_png(tmp_path)]).sources


def save_png(folder: Path) -> Path:
    Image.new("L", (4, 4)).save(folder / "b.png")
    return folder / "b.png"


def test_names_that_are_no_text(tmp_path: Path) -> None:
    try:
        path = made(tmp_path / "a.pdf", 200).rename(tmp_path / "caf\udce9.pdf")
    except (OSError, UnicodeError):
        pytest.skip("this system refuses such names")
    assert find_sources([path], limits=Limits(dpi=72)).sources[0].load().shape == (200, 300, 3)


def test_many_threads(tmp_path: Path) -> None:
    path = made(tmp_path / "a.pdf", 200, 100, 50)
    sources, wrong = find_sources([path], limits=Limits(dpi=72)).sources, []

    def work() -> None:
        for _ in range(5):
            for source, level in zip(sources, (200, 100, 50), strict=True):
                if abs(int(source.load()[-5, -5, 0]) - level) > 4:
                    wrong.append(source.name)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong

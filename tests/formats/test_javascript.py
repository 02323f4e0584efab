"""The page's writers in JavaScript give what Python's give, of pages as JSON has them."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from chuviet import __version__
from chuviet.formats.file import PageFile
from chuviet.formats.known import FORMATS
from chuviet.results import Block, Line, Page, Word

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"
pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")


def page_of(entries: dict) -> Page:
    """A page from its JSON: places to a tenth of a pixel, confidences to four digits."""

    def line(found: dict) -> Line:
        words = tuple(Word(w["text"], np.array(w["points"]), w["confidence"]) for w in found["words"])
        outline = np.array(found["outline"]) if "outline" in found else None
        return Line(found["text"], found["raw_text"], np.array(found["points"]), found["confidence"], words, outline)

    lines = [line(found) for found in entries["lines"]]
    blocks = tuple(
        Block(tuple(lines[k] for k in b["lines"]), b["kind"],
              tuple((row, column) for row, column in b["cells"]) if "cells" in b else None)
        for b in entries["blocks"]
    )  # fmt: skip
    return Page(entries["name"], entries["width"], entries["height"], blocks, entries["angle"])


def examples() -> list[Page]:
    files = sorted((ROOT / "docs" / "examples" / "pages").glob("*.json"))
    assert len(files) == 4
    return [page_of(page) for file in files for page in json.loads(file.read_text(encoding="utf-8"))["pages"]]


def drawn(seed: int) -> Page:
    """A page of lines at random places, turned by random angles, with characters that formats must escape."""
    rng = random.Random(seed)
    letters = "aăâđêôơưẩễợữỵẰẶ 0123456789.,-#*_|\\`[]<>&\"'~$+=:)\u00a0𝕏\u0301"
    width, height = rng.randint(20, 3000), rng.randint(20, 3000)

    def number() -> float:
        return round(rng.uniform(-20, 3100), rng.choice([0, 1, 1]))

    def quad() -> np.ndarray:
        a = rng.choice([0.0, rng.uniform(-0.1, 0.1), rng.uniform(-3.1, 3.1)])
        along, down = np.array([np.cos(a), np.sin(a)]), np.array([-np.sin(a), np.cos(a)])
        start = np.array([number(), number()])
        w, h = rng.uniform(1, 600), rng.uniform(1, 80)
        return np.array([start, start + w * along, start + w * along + h * down, start + h * down])

    def line() -> Line:
        text = "".join(rng.choice(letters) for _ in range(rng.randint(0, 30)))
        # Halves of a hundredth, which round to the even one.
        words = tuple(
            Word(w, quad(), rng.choice([0.125, 0.945, 0.5, round(rng.random(), 4)])) for w in text.split(" ") if w
        )
        outline = np.array([(number(), number()) for _ in range(2 * rng.randint(2, 5))]) if rng.random() < 0.2 else None
        return Line(text, text[::-1], quad(), rng.choice([0.005, 0.115, 1.0, 0.0]), words, outline)

    blocks = []
    for _ in range(rng.randint(0, 5)):
        lines = tuple(line() for _ in range(rng.randint(1, 6)))
        kind = rng.choice(["text", "title", "table", "form"])
        cells = tuple((rng.randint(0, 11), rng.randint(0, 2)) for _ in lines) if kind == "table" else None
        blocks.append(Block(lines, kind, cells))  # type: ignore[arg-type]
    return Page(f"tờ {seed} \"x\" & 'y'.png", width, height, tuple(blocks), round(rng.uniform(-180, 180), 2))


def by_python(pages: Sequence[Page], name: str, path: Path) -> bytes:
    file = PageFile(path, FORMATS[name], [page.name for page in pages])
    for page in pages:
        white = np.full((page.height, page.width, 3), 255, np.uint8)
        file.add(page, lambda white=white: white)  # type: ignore[misc]
    file.close()
    return path.read_bytes()


def by_javascript(pages: Sequence[Page], name: str, folder: Path) -> bytes:
    source, target = folder / "pages.jsonl", folder / f"javascript.{name}"
    by_python(pages, "jsonl", source)
    done = subprocess.run(["node", WEB / "tests" / "write.mjs", source, name, target], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return target.read_bytes()


def rounded(pages: Sequence[Page], folder: Path) -> list[Page]:
    """The pages as their JSON has them."""
    rows = by_python(pages, "jsonl", folder / "rounded.jsonl").decode("utf-8").splitlines()
    return [page_of(json.loads(row)) for row in rows]


@pytest.mark.parametrize("name", ["txt", "md", "json", "hocr", "alto"])
def test_text_formats_are_the_same_bytes(name: str, rich: Page, empty: Page, tmp_path: Path) -> None:
    drawings = rounded([drawn(seed) for seed in range(40)], tmp_path)
    for pages in ([rich], [empty], examples(), drawings):
        pages = rounded(pages, tmp_path)
        expected = by_python(pages, name, tmp_path / f"python.{name}").decode("utf-8")
        found = by_javascript(pages, name, tmp_path).decode("utf-8")
        time = re.compile(r"(<processingDateTime>).*?(</processingDateTime>)")
        assert time.sub(r"\1\2", found) == time.sub(r"\1\2", expected)


def pdf_text(path: Path, *options: str) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed (package poppler-utils)")
    done = subprocess.run(["pdftotext", *options, path, "-"], capture_output=True, encoding="utf-8")
    assert done.returncode == 0 and done.stderr == ""
    return done.stdout


def test_pdf_has_the_text_where_python_has_it(rich: Page, tmp_path: Path) -> None:
    for pages, known in ((examples(), "một chức dạy thái tử"), ([rich], "sống ở Khóm Tây Phú")):
        pages = rounded(pages, tmp_path)
        by_python(pages, "pdf", tmp_path / "python.pdf")
        by_javascript(pages, "pdf", tmp_path)
        for options in ((), ("-raw",), ("-bbox",)):
            expected, found = (pdf_text(tmp_path / f"{of}.pdf", *options) for of in ("python", "javascript"))
            assert found == expected
        assert known in " ".join(pdf_text(tmp_path / "javascript.pdf").split())


def test_the_version_is_the_packages() -> None:
    assert f"'{__version__}'" in (WEB / "src" / "version.js").read_text(encoding="utf-8")
    assert json.loads((WEB / "package.json").read_text(encoding="utf-8"))["version"] == __version__

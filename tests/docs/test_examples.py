"""The examples of the documentation run."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from chuviet.formats.known import FORMATS
from chuviet.reading.layout import line_at
from chuviet.results import Block, Line, Page, Prediction

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What the examples read: line.png and photo.jpg."""
    Image.open(ROOT / "docs" / "examples" / "lines" / "address.jpg").save(tmp_path / "line.png")
    Image.open(ROOT / "docs" / "examples" / "page.jpg").save(tmp_path / "photo.jpg")
    return tmp_path


@pytest.mark.parametrize("name", ["docs/python.md", "README.md"])
def test_the_python_of_a_document_runs_from_top_to_bottom(name: str, folder: Path) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert blocks
    done = subprocess.run([sys.executable, "-c", "\n".join(blocks)], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Phường Sơn Tây" in done.stdout


def bill() -> Page:
    """The page of the examples in docs/output.md."""

    def line(text: str, x: float, y: float, width: float, height: float) -> Line:
        corners = np.array([(x, y), (x + width, y), (x + width, y + height), (x, y + height)], np.float64)
        return line_at(corners, Prediction(0, text, 0.96), 0.93)

    cells = (line("Bánh mì", 30, 80, 105, 24), line("20.000", 270, 80, 90, 24), line("Trà đá", 30, 115, 90, 24),
             line("5.000", 285, 115, 75, 24))  # fmt: skip
    table = Block(cells, "table", ((0, 0), (0, 1), (1, 0), (1, 1)))
    return Page("bill.jpg", 400, 300, (Block((line("HÓA ĐƠN", 120, 20, 140, 30),), "title"), table))


def test_the_examples_of_formats_are_what_is_written() -> None:
    text = (ROOT / "docs" / "output.md").read_text(encoding="utf-8")
    shown = re.findall(r"^### ([a-z]+).*?^```[a-z]+\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert [name for name, _ in shown] == ["txt", "json", "tsv", "md", "hocr", "alto", "page"]
    page = bill()
    for name, example in shown:
        writer = FORMATS[name]([page.name])
        whole = (writer.start() + writer.page(page, lambda: np.zeros(0)) + writer.end()).decode("utf-8")
        at = 0
        for part in example.split("...\n"):  # what is left out
            assert part in whole[at:], (name, part)
            at = whole.index(part, at) + len(part)
    endings = re.findall(r"^\| `([a-z]+)` \| (.*?) \|", text, re.MULTILINE)
    assert {name: tuple(re.findall(r"`(.*?)`", cell)) for name, cell in endings if name in FORMATS} == {
        name: writer.endings for name, writer in FORMATS.items()
    }


@pytest.mark.parametrize("path", sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]), ids=lambda p: p.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (path.parent / target).exists(), target


def test_the_examples_name_no_folder_of_the_machine_that_read_them() -> None:
    found = sorted((ROOT / "docs" / "examples" / "pages").glob("*.json"))
    assert len(found) == 4
    for path in found:
        assert [page["name"] for page in json.loads(path.read_text(encoding="utf-8"))["pages"]] == [f"{path.stem}.jpg"]

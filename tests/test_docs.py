"""The examples of the documentation run."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[1]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What the examples read: line.png and photo.jpg."""
    Image.open(ROOT / "docs" / "examples" / "lines" / "7.jpg").save(tmp_path / "line.png")
    Image.open(ROOT / "docs" / "examples" / "page.jpg").save(tmp_path / "photo.jpg")
    return tmp_path


@pytest.mark.parametrize("name", ["docs/python.md", "README.md"])
def test_the_python_of_a_document_runs_from_top_to_bottom(name: str, folder: Path) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert blocks
    done = subprocess.run([sys.executable, "-c", "\n".join(blocks)], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Khóm Tây Phú" in done.stdout


@pytest.mark.parametrize("path", sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]), ids=lambda p: p.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (path.parent / target).exists(), target

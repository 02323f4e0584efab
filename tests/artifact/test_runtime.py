"""ONNX Runtime sends nothing and writes nothing of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINE = ROOT / "docs" / "examples" / "lines" / "name.jpg"
#: What switches its telemetry off where tests run, but not for users.
QUIET = ("CI", "GITHUB_ACTIONS", "TF_BUILD", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS", "XDG_CACHE_HOME")


def left_in_home(home: Path, code: str) -> list[str]:
    """The files that a process leaves in its home."""
    home.mkdir()
    environment = {name: value for name, value in os.environ.items() if name not in QUIET} | {"HOME": str(home)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True)
    return sorted(path.name for path in home.rglob("*") if path.is_file())


def test_reading_leaves_no_record_for_telemetry(tmp_path: Path) -> None:
    if not left_in_home(tmp_path / "plain", "import onnxruntime"):
        pytest.skip("this ONNX Runtime keeps no record")
    assert left_in_home(tmp_path / "ours", f"import chuviet; chuviet.LineReader().read({str(LINE)!r})") == []


def test_nothing_imports_it_past_that() -> None:
    found = []
    for path in sorted((ROOT / "src").rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        imported = re.search(r"^ *(?:import|from) onnxruntime", source, re.MULTILINE)
        before = source[: imported.start()] if imported else ""
        if imported and path.name != "runtime.py" and not re.search(r"artifact\.(runtime|onnx_file) import", before):
            found.append(path.name)
    assert found == []

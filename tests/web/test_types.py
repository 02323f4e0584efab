"""The types of the engine's modules, which their comments name."""

import shutil
import subprocess
from pathlib import Path

import pytest

WEB = Path(__file__).parents[2] / "web"


@pytest.mark.skipif(
    shutil.which("node") is None or not (WEB / "node_modules" / ".bin" / "tsc").exists(),
    reason="no TypeScript (npm ci in web/)",
)
def test_types_fit() -> None:
    done = subprocess.run([WEB / "node_modules" / ".bin" / "tsc", "-p", WEB / "engine"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout

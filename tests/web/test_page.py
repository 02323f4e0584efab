"""The page in Chromium: the tests of `web/tests`, where Node, its packages and a Chromium are installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

WEB = Path(__file__).parents[2] / "web"
CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
TESTS = sorted(path.name for path in (WEB / "tests").glob("*.test.mjs"))


@pytest.mark.parametrize("name", TESTS)
@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
@pytest.mark.skipif(not (WEB / "node_modules").is_dir(), reason="web/node_modules is missing (npm ci in web/)")
def test_the_page(name: str) -> None:
    if CHROMIUM is None and name != "correction.test.mjs":
        pytest.skip("Chromium is not installed (package chromium)")
    environment = os.environ | ({"CHROMIUM": CHROMIUM} if CHROMIUM else {})
    done = subprocess.run(
        ["node", "--test", "--test-reporter=spec", WEB / "tests" / name],
        cwd=WEB, env=environment, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]


@pytest.mark.skipif(
    not (WEB / "node_modules" / "typescript").is_dir(), reason="web/node_modules is missing (npm ci in web/)"
)
def test_types() -> None:
    done = subprocess.run(["npm", "run", "--silent", "check"], cwd=WEB, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr

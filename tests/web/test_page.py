"""The page in Chromium: the tests of `web/tests`, where Node, its packages and a Chromium are installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

WEB = Path(__file__).parents[2] / "web"
CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
PAGE = Path(__file__).parents[2] / "src" / "chuviet" / "serve" / "page"
TESTS = sorted(path.name for path in (WEB / "tests").glob("*.test.mjs"))


@pytest.mark.programs
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


@pytest.mark.skipif(
    not (WEB / "node_modules" / "prettier").is_dir(), reason="web/node_modules is missing (npm ci in web/)"
)
def test_scripts_and_styles_have_one_format() -> None:
    done = subprocess.run(["npm", "run", "--silent", "check:format"], cwd=WEB, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}\nnpm run format, in web/, writes it"


def test_the_built_page_is_small_and_whole() -> None:
    html = (PAGE / "index.html").read_text(encoding="utf-8")
    files = {path.name for path in PAGE.iterdir()}
    assert sum(path.stat().st_size for path in PAGE.iterdir()) < 150_000
    named = set(re.findall(r'(?:src|href)="\./([^"/]+\.[a-z]+)"', html))
    assert named and named | {"index.html"} == files
    # What the content security policy forbids.
    assert "<style" not in html and not re.search(r"<script(?![^>]*\bsrc=)", html) and not re.search(r"\son\w+=", html)
    assert not re.search(r"\bstyle=", html) and "http" not in html.replace('http-equiv="Content-Security-Policy"', "")

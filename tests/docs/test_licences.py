"""docs/licences.md leaves nothing out."""

import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PERMISSIVE = set("MIT MIT-CMU BSD BSD-2-Clause BSD-3-Clause 0BSD Apache-2.0 Zlib CC0-1.0 MPL-2.0".split())


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / ".ci" / "licences.py"))


def rows(name: str) -> list[list[str]]:
    """The cells of the rows of a generated table, without its head."""
    text = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    table = re.search(rf"<!-- {name} -->\n(.*?)<!-- end -->", text, re.DOTALL)[1]  # type: ignore[index]
    found = [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines() if row.startswith("|")]
    return found[2:]


def listed(name: str) -> list[str]:
    return [package for row in rows(name) for package in row[-1].split(", ")]


def test_every_package_of_the_lock_is_listed_once(script: dict[str, Any]) -> None:
    assert sorted(listed("python")) == sorted(script["pinned"]())


def test_the_licences_are_those_that_the_packages_state(script: dict[str, Any]) -> None:
    for _, licence, packages in rows("python"):
        for package in packages.split(", "):
            if package not in script["SAID"]:
                assert script["licence_of"](package) == licence, package


def test_every_npm_package_is_listed() -> None:
    packages = json.loads((ROOT / "web" / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert set(listed("npm")) == {path.rpartition("node_modules/")[2] for path in packages if path}


def test_every_family_of_fonts_is_listed() -> None:
    sets = runpy.run_path(str(ROOT / "synthetic_data" / "get_fonts.py"))["SETS"]
    assert set(listed("fonts")) == {family for families, _, _ in sets.values() for family in families}


def test_what_reading_needs_is_permissive() -> None:
    reading = [row for row in rows("python") if row[0].startswith("Reading")]
    assert {"numpy", "pillow", "onnxruntime"} <= {name for row in reading for name in row[-1].split(", ")}
    for _, licence, packages in reading:
        parts = set(re.split(r" AND | OR |, ", licence)) - {"dependency licenses"}  # pypdfium2: PDFium's own parts
        assert parts <= PERMISSIVE, packages

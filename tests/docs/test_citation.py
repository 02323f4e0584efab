"""CITATION.cff, the changelog and the package name one version."""

import re
from pathlib import Path

import chuviet

ROOT = Path(__file__).parents[2]


def test_the_citation_is_of_the_newest_release() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    releases = re.findall(
        r"^## (\d+\.\d+\.\d+) - (\d{4}-\d{2}-\d{2})$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    )
    version, date = releases[0]
    assert re.search(r"^version: (.*)$", citation, re.MULTILINE)[1] == version == chuviet.__version__  # type: ignore[index]
    assert re.search(r'^date-released: "(.*)"$', citation, re.MULTILINE)[1] == date  # type: ignore[index]

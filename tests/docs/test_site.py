"""What makes the site and checks it. `make docs`, which CI runs, builds all of it."""

import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def check() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / ".ci" / "check_site.py"))


@pytest.fixture(scope="module")
def hook() -> dict[str, Any]:
    pytest.importorskip("mkdocs")
    return runpy.run_path(str(ROOT / ".ci" / "site.py"))


def test_every_kind_of_wrong_link_is_found(check: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "two.html").write_text('<h1 id="here">x</h1><a href="../one.html#there">up</a>', encoding="utf-8")
    (tmp_path / "one.html").write_text(
        '<link rel="stylesheet" href="x.css"><link rel="canonical" href="https://example.org/one.html">'
        '<script src="//cdn.example.org/x.js"></script><a href="b/two.html#here">fine</a>'
        '<a href="b/two.html#gone">no</a>'
        '<a href="three.html">no</a><a href="https://example.org">fine</a><a id="there" href="#there">fine</a>',
        encoding="utf-8",
    )
    (tmp_path / "x.css").write_text("@import url(https://example.org/fonts.css);", encoding="utf-8")
    assert check["problems"](tmp_path) == [
        "one.html loads //cdn.example.org/x.js",
        "one.html links to b/two.html#gone, which has no such anchor",
        "one.html links to three.html, which is not there",
        "x.css loads from another host",
    ]


@pytest.mark.parametrize(
    ("source", "page", "text", "expected"),
    [
        ("README.md", "index.md", "[a](docs/web.md#x) ![b](docs/way.svg)", "[a](web.md#x) ![b](way.svg)"),
        ("docs/design.md", "design.md", "[c](../CONTRIBUTING.md)", "[c](contributing.md)"),
        ("docs/reference/making.md", "reference/making.md", "[t](../train.md)", "[t](../train.md)"),
        ("README.md", "index.md", "[l](LICENSE) [e](docs/examples/pages)", "[l](LICENSE.txt) e"),
        ("docs/web.md", "web.md", "[x](https://example.org/a) [y](#z)", "[x](https://example.org/a) [y](#z)"),
    ],
)
def test_links_lead_to_where_pages_stand_on_the_site(
    hook: dict[str, Any], source: str, page: str, text: str, expected: str
) -> None:
    assert hook["moved"](text, Path(source), Path(page)) == expected


def test_a_link_out_of_the_site_is_refused(hook: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"train\.py is no part of the site"):
        hook["moved"]("[code](../train.py)", Path("docs/web.md"), Path("web.md"))

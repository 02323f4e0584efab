"""Checks a built site: every link and anchor leads somewhere, and no page loads anything from another host.

python .ci/check_site.py outputs/site
"""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

#: Attributes by which a page loads something, and of <a> those by which it leads elsewhere.
LOADS = {("script", "src"), ("img", "src"), ("link", "href"), ("iframe", "src"), ("source", "src"), ("object", "data")}
#: Kinds of <link> that load nothing.
QUIET = {"canonical", "prev", "next", "alternate", "author"}
HOSTS_IN_STYLE = re.compile(r"""(?:@import|url\()\s*['"]?\s*(?:https?:)?//""")


class Page(HTMLParser):
    """The ids, links and loads of one HTML file."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.ids |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag == "link" and set(values.get("rel", "").split()) & QUIET:
            return
        self.loads += [values[name] for kind, name in LOADS if kind == tag and name in values]


def problems(site: Path) -> list[str]:
    """One line for everything that is wrong with the site."""
    pages = {path.resolve(): Page(path) for path in sorted(site.rglob("*.html"))}
    found = []
    for path, page in pages.items():
        name = path.relative_to(site.resolve())
        for target in page.loads:
            if urlsplit(target).netloc:
                found.append(f"{name} loads {target}")
        if name.name == "404.html":  # its links are those of the site's root, wherever it is shown
            continue
        for target in [*page.links, *page.loads]:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            place = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not place.is_file():
                found.append(f"{name} links to {target}, which is not there")
            elif parts.fragment and place in pages and unquote(parts.fragment) not in pages[place].ids | {"__top"}:
                found.append(f"{name} links to {target}, which has no such anchor")
    for style in sorted(site.rglob("*.css")):
        if HOSTS_IN_STYLE.search(style.read_text(encoding="utf-8")):
            found.append(f"{style.name} loads from another host")
    return found


def main() -> int:
    site = Path(sys.argv[1])
    found = problems(site)
    print(
        "\n".join(found)
        or f"{site}: {len(list(site.rglob('*.html')))} pages, every link leads somewhere, no other host is asked"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

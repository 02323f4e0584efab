"""What MkDocs needs beside docs/: pages of the root, and links between the two. A hook of mkdocs.yml."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]

#: File of the project -> page of the site.
PAGES = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
PAGES |= {f"weights/{path.name}": f"weights/{path.name}" for path in sorted((ROOT / "weights").glob("*.md"))}


def on_config(config: Any) -> Any:
    """Lists the cards of the weights in the navigation, one entry a card."""
    cards = [page for page in PAGES.values() if page.startswith("weights/")]
    for section in config.nav:
        for entries in section.values():
            for entry in entries:
                if entry.get("Weights") == "weights/":
                    entry["Weights"] = [{Path(card).stem: card} for card in cards]
    return config


def on_files(files: Files, config: Any) -> Files:
    """Adds the pages that lie outside docs/, and the licence."""
    for source, page in PAGES.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=moved(text, Path(source), Path(page))))
    files.append(File.generated(config, "LICENSE.txt", content=(ROOT / "LICENSE").read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Points links out of docs/ to the pages made of what they name."""
    if page.file.generated_by:
        return markdown
    return moved(markdown, Path("docs", page.file.src_uri), Path(page.file.src_uri))


def moved(text: str, source: Path, page: Path) -> str:
    """The Markdown of the project's file `source` with links as `page` of the site needs them.

    A link to a folder, which no page shows, becomes its words. Raises ValueError for one to anything the site lacks.
    """

    def link(match: re.Match[str]) -> str:
        words, path, anchor = match[1], match[2], match[3] or ""
        named = (ROOT / source).parent.joinpath(path).resolve().relative_to(ROOT).as_posix()
        if (ROOT / named).is_dir():
            return words
        if named not in PAGES and named != "LICENSE" and not named.startswith("docs/"):
            raise ValueError(f"{source}: {path} is no part of the site")
        place = "LICENSE.txt" if named == "LICENSE" else PAGES.get(named, named.removeprefix("docs/"))
        return f"[{words}]({'../' * (len(page.parts) - 1)}{place}{anchor})"

    return re.sub(r"\[([^\]]*)\]\(([^)#\s:]+)(#[^)\s]*)?\)", link, text)

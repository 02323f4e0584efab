"""Writes the generated tables of docs/licences.md: packages by licence, from what is installed, and fonts, from what
get_fonts.py fetched. `make licences` runs it in the environment of requirements.txt.

The table of fonts stays as it is unless all three sets of fonts were fetched.
"""

from __future__ import annotations

import json
import re
import runpy
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "licences.md"

#: Extras in the order of the page; a package stands with the first that needs it.
FLOORS = {"": "Reading (`pip install .`)", "serve": "Serving", "train": "Making", "backbones": "Backbones",
          "chunks": "Images in chunks", "docs": "The site", "supply": "SBOM and audit",
          "dev": "Working on it"}  # fmt: skip

#: What the metadata does not say, or what is installed on other systems alone; looked up in the packages.
SAID = {
    "appnope": "BSD-2-Clause",
    "httpx2-jsfetch": "BSD-3-Clause",
    "pywinpty": "MIT",
    "python-dateutil": "BSD-3-Clause",  # "dual": its newer parts may be had under Apache-2.0 too
    "cuda-toolkit": "none stated (it installs NVIDIA's libraries)",
    "vietnam-provinces": "none stated in the package",
}

#: Of families whose fonts all lack a letter or clip an accent: `get_fonts.py` keeps none of them.
NOT_KEPT = "fetched, but no font of it is kept"

#: Spellings of metadata and classifiers -> the SPDX name.
SPELLINGS = {
    "Apache 2.0": "Apache-2.0", "Apache License 2.0": "Apache-2.0",
    "Apache License": "Apache-2.0", "Apache Software License": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0", "MIT License": "MIT", "MIT license": "MIT",
    "BSD 3-Clause License": "BSD-3-Clause", "3-Clause BSD License": "BSD-3-Clause",
    "BSD 2-Clause License": "BSD-2-Clause",
    "BSD License": "BSD", "ISC License (ISCL)": "ISC", "ISC license": "ISC", "PSFL": "PSF-2.0",
    "Python Software Foundation License": "PSF-2.0", "GPL": "GPL-2.0-or-later",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0", "NVIDIA Proprietary Software": "LicenseRef-NVIDIA-Proprietary",
    "LicenseRef-NVIDIA-SOFTWARE-LICENSE": "LicenseRef-NVIDIA-Proprietary",
}  # fmt: skip


def pinned() -> list[str]:
    """The packages of requirements.txt, in its order."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return list(dict.fromkeys(line.partition("==")[0] for line in lines if re.match(r"[a-z0-9]", line)))


def licence_of(name: str) -> str:
    """SPDX expression of an installed package where its metadata has one, else the nearest that it says; never empty.
    Raises SystemExit with the package's name where nothing is said.
    """
    if name in SAID:
        return SAID[name]
    try:
        found = distribution(name)
    except PackageNotFoundError:
        raise SystemExit(
            f"{name} is not installed: run make env, or look its licence up and put it into SAID"
        ) from None
    for text in _statements(found):
        if text and text != "UNKNOWN" and len(text) <= 80 and not text.startswith(("Copyright", "=")):
            return SPELLINGS.get(text, text)
    raise SystemExit(f"{name} states no licence: look it up and put it into SAID")


def _statements(found: Distribution) -> Iterator[str]:
    """What a package says of its licence, the most exact first."""
    metadata = found.metadata
    yield metadata.get("License-Expression") or ""
    lines = (metadata.get("License") or "").splitlines()
    yield lines[0].strip() if len(lines) == 1 else ""
    for classifier in metadata.get_all("Classifier") or []:
        if classifier.startswith("License :: ") and classifier.count("::") > 1:
            yield classifier.split(" :: ")[-1]
    for file in found.files or []:
        if "LICENSE" in file.name.upper():
            text = str(file.locate().read_text(encoding="utf-8", errors="replace")).lstrip()[:300]
            yield "Apache-2.0" if text.startswith("Apache") else ""


def closure(requirements: Iterable[str]) -> set[str]:
    """All installed packages that these requirements need, themselves among them."""
    waiting, seen, names = [Requirement(r) for r in requirements], set(), set()
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        extras = frozenset(wanted.extras) | {""}
        if (name, extras) in seen or name == "chuviet":
            continue
        seen.add((name, extras))
        try:
            needs = distribution(name).requires or []
        except PackageNotFoundError:
            continue
        names.add(name)
        for need in map(Requirement, needs):
            if need.marker is None or any(need.marker.evaluate({"extra": e}) for e in extras):
                waiting.append(need)
    return names


def python_table() -> list[str]:
    """Rows | floor | licence | packages | of all that requirements.txt pins."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {"": project["dependencies"], **project["optional-dependencies"]}
    del wanted["ray"]  # not in requirements.txt
    assert set(wanted) <= set(FLOORS), "an extra of pyproject.toml is missing in FLOORS"
    left, rows = set(pinned()), ["| for | licence | packages |", "|---|---|---|"]
    for extra, title in [*FLOORS.items(), ("other", "Other systems alone")]:
        names = left & (closure(wanted[extra]) if extra in wanted else left)
        left -= names
        by_licence = defaultdict(list)
        for name in sorted(names):
            by_licence[licence_of(name)].append(name)
        rows += [f"| {title} | {licence} | {', '.join(by_licence[licence])} |" for licence in sorted(by_licence)]
    return rows


def npm_table() -> list[str]:
    """Rows | licence | packages | of web/package-lock.json."""
    packages = json.loads((ROOT / "web" / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    by_licence = defaultdict(set)
    for path, entry in packages.items():
        if path:
            by_licence[entry["license"]].add(path.rpartition("node_modules/")[2])
    rows = [f"| {licence} | {', '.join(sorted(by_licence[licence]))} |" for licence in sorted(by_licence)]
    return ["| licence | packages |", "|---|---|", *rows]


def font_table() -> list[str] | None:
    """Rows | licence | families | of get_fonts.py, or None where a set was not fetched."""
    script = runpy.run_path(str(ROOT / "synthetic_data" / "get_fonts.py"))
    by_licence = defaultdict(set)
    for families, _, folder in script["SETS"].values():
        if not (ROOT / folder).is_dir():
            print(f"{folder}/ is not there: the table of fonts stays as it is", file=sys.stderr)
            return None
        for family in families:
            files = sorted((ROOT / folder / family).glob("*.[to]tf"))
            licence = script["_name_licence"](ROOT / folder / family / "LICENSE", files) if files else NOT_KEPT
            by_licence[licence].add(family)
    rows = [f"| {licence} | {', '.join(sorted(by_licence[licence]))} |" for licence in sorted(by_licence)]
    return ["| licence | families |", "|---|---|", *rows]


def with_tables(text: str) -> str:
    """The page with its generated parts anew; each stands between `<!-- NAME -->` and `<!-- end -->`."""
    for name, rows in (("python", python_table()), ("npm", npm_table()), ("fonts", font_table())):
        if rows is not None:
            block = "\n".join([f"<!-- {name} -->", "", *rows, "", "<!-- end -->"])
            text, count = re.subn(rf"<!-- {name} -->.*?<!-- end -->", lambda _, b=block: b, text, flags=re.DOTALL)
            assert count == 1, name
    return text


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

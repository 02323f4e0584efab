"""The environment that the tests run in, and the files that describe it."""

import ast
import itertools
import json
import re
import sys
import tomllib
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest
import torch
import torchvision
import vietnam_provinces
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
BASE = [Requirement(r) for r in PROJECT["dependencies"]]
#: Ray is in no lock: 300 MB that only `chuviet.ray_read` needs.
LOCKED = [ranges for name, ranges in PROJECT["optional-dependencies"].items() if name != "ray"]
EXTRAS = [Requirement(r) for ranges in LOCKED for r in ranges]
RANGES = [r for r in [*BASE, *EXTRAS] if r.name != "chuviet"]  # an extra may take in another one
LOCK = (ROOT / "requirements.txt").read_text()
PINS = [x.removesuffix(" \\") for x in LOCK.splitlines() if re.match(r"[a-z0-9]", x)]


@pytest.mark.parametrize("wanted", RANGES, ids=lambda r: r.name)
def test_the_lock_is_in_range(wanted: Requirement) -> None:
    pins = [Requirement(x) for x in PINS if x.startswith(f"{wanted.name}==")]
    assert pins, f"{wanted.name} is not in requirements.txt; run: make requirements"
    for pin in pins:
        (exact,) = pin.specifier
        assert wanted.specifier.contains(exact.version), f"{pin} is outside {wanted}; run: make requirements"


@pytest.mark.parametrize("wanted", RANGES, ids=lambda r: r.name)
def test_what_is_installed_is_in_range(wanted: Requirement) -> None:
    assert wanted.specifier.contains(Version(version(wanted.name)).base_version)


def test_the_lock_is_pins_with_hashes_and_names_no_host() -> None:
    lines = [x for x in LOCK.splitlines() if x and not x.lstrip().startswith("#")]
    assert len(PINS) > 100 and lines[0] == f"{PINS[0]} \\"
    for line, following in itertools.pairwise([*lines, ""]):
        if line.startswith(" "):
            assert re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line), line
            assert line.endswith("\\") == following.startswith(" "), line
        else:
            assert re.fullmatch(r"[a-z0-9._-]+==[^\s=]+( ; .+)? \\", line) and following.startswith(" "), line
    assert "://" not in LOCK


def test_the_lock_was_made_by_the_command_of_the_makefile() -> None:
    (command,) = [
        x.partition(":=")[2].strip() for x in (ROOT / "Makefile").read_text().splitlines() if "COMPILE :=" in x
    ]
    assert LOCK.splitlines()[1].removeprefix("#").strip().removesuffix(" --upgrade") == command


def test_the_packages_that_are_imported_are_those_that_are_installed_with_it() -> None:
    """What the reading floor imports comes with the package itself, but for what a function of it imports when it is
    asked to write or train; what else is imported comes with some extra.
    """
    base, extras = {r.name for r in BASE}, {r.name for r in RANGES}
    owners = packages_distributions()
    reading = ("artifact", "decode", "inputs", "language", "preprocess", "reading")
    for path in (p for p in (ROOT / "src").rglob("*.py") if p.name != "ray_read.py"):
        floor = path.relative_to(ROOT / "src" / "chuviet").parts[0] in reading
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            wanted = base if floor and node in tree.body else extras
            for top in {name.split(".")[0] for name in names} - {"chuviet", *sys.stdlib_module_names}:
                made_by = {name.lower() for name in owners.get(top, ())}
                assert made_by & wanted, f"{path.name} imports {top} of {made_by}"


def test_torch_and_torchvision_are_of_one_build() -> None:
    boxes = torch.tensor([[0.0, 0, 2, 2], [0, 0, 2, 2], [5, 5, 6, 6]])
    kept = torchvision.ops.nms(boxes, torch.tensor([0.5, 0.9, 0.1]), 0.5)
    assert kept.tolist() == [1, 2]


def test_the_gazetteer_has_districts_and_wards() -> None:
    provinces = json.loads(vietnam_provinces.NESTED_DIVISIONS_JSON_PATH.read_text(encoding="utf-8"))
    districts = [d for p in provinces for d in p["districts"]]
    assert (len(provinces), len(districts) > 690, sum(len(d["wards"]) for d in districts) > 10_000) == (63, True, True)

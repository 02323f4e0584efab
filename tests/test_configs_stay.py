"""Every config means what it always meant: its tree, value by value, is that of `configs_as_they_were.json`.

The file was written from the configs of chuviet 0.2.0, one a line. A config that is added is added there too.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from chuviet import config
from chuviet.kinds import name_of, place_of

ROOT = Path(__file__).parents[1]
BEFORE: dict[str, Any] = json.loads((ROOT / "tests" / "configs_as_they_were.json").read_text(encoding="utf-8"))


def as_now(tree: Any) -> Any:
    """The one place that says what is written another way since: types have short names."""
    if isinstance(tree, list):
        return [as_now(value) for value in tree]
    if not isinstance(tree, dict):
        return tree
    return {key: as_now(value) for key, value in tree.items()} | {"type": name_of(place_of(tree["type"]))}


def test_no_config_is_missing_or_unknown() -> None:
    assert sorted(p.stem for p in (ROOT / "configs").rglob("*.py")) == sorted(BEFORE)


@pytest.mark.parametrize("name", BEFORE)
def test_a_config_means_what_it_always_meant(name: str) -> None:
    assert config.to_json(config.load(name)) == as_now(BEFORE[name])

"""Every config means what it always meant: its tree, value by value, is that of `configs_as_they_were.json`.

The file was written from the configs of chuviet 0.2.0, one a line. A config that is added is added there too.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from chuviet import config
from chuviet.config import to_json
from chuviet.data.string_augment import StringAugment
from chuviet.kinds import name_of, place_of

ROOT = Path(__file__).parents[1]
BEFORE: dict[str, Any] = json.loads((ROOT / "tests" / "configs_as_they_were.json").read_text(encoding="utf-8"))

#: What was changed on purpose since, by config and key.
SINCE: dict[str, dict[str, Any]] = {
    "micro_16": {
        "data.augment": to_json(StringAugment.Config()), "data.preprocess.width": None,
        "data.preprocess.max_width": 128, "train.threads": 1,
    },
    "line_192_all_f0": {
        "model.depths": [2, 3, 4], "model.activation": "silu", "init": "weights/vi_text_f0.safetensors",
    },
}  # fmt: skip


def as_now(tree: Any) -> Any:
    """The one place that says what is written another way since: types have short names, 5 is fold "all", what an
    epoch has of its sets is one `mix`; and what fields there are since: LineCTC's activation, a session's
    minutes, images kept in memory and where they are, the width and weight of small texts, the weight of gaps.
    """
    if isinstance(tree, list):
        return [as_now(value) for value in tree]
    if not isinstance(tree, dict):
        return tree
    now = {key: as_now(value) for key, value in tree.items()} | {"type": name_of(place_of(tree["type"]))}
    if now["type"] == "line_ctc":
        now.setdefault("activation", "gelu")
    if now["type"] == "train":
        now["session_minutes"] = 0.0
    if now["type"] == "line_word_targets":
        now |= {"narrowest": 2.0, "small": 0.0, "between": 1.0}
    if now["type"] == "experiment":
        now["fold"] = {5: "all"}.get(tree["fold"], tree["fold"])
    if now["type"] == "line_data":
        now |= {"memory": 256, "images": {"type": "file_images"}}
        drawn = [f"{source}:{rows}" for source, rows in now.pop("draw")]
        whole = [source for source in now.pop("sources") if source not in dict(tree["draw"])]
        shares = [f"{name}:{round(100 * share)}%" for name, share in tree["mix"]]
        now["mix"] = shares or whole + drawn
    if now["type"] == "page_data":
        amounts = {1: "", 12: ":1/12", 24: ":1/24", 50: ":1/50", 60: ":1/60", 0.5: ":2x", 0.25: ":4x"}
        now["mix"] = [name + amounts[every] for name, every in now.pop("train")]
        now["valid"] = [name + amounts[every] for name, every in tree["valid"]]
    return now


def test_no_config_is_missing_or_unknown() -> None:
    assert sorted(p.stem for p in (ROOT / "configs").rglob("*.py")) == sorted(BEFORE)


@pytest.mark.parametrize("name", BEFORE)
def test_a_config_means_what_it_always_meant(name: str) -> None:
    expected = as_now(BEFORE[name])
    for key, value in SINCE.get(name, {}).items():
        node = expected
        *path, last = key.split(".")
        for part in path:
            node = node[part]
        assert node[last] != value
        node[last] = value
    assert config.to_json(config.load(name)) == expected


@pytest.mark.parametrize("name", sorted(BEFORE.keys() - SINCE))
def test_a_config_json_of_before_is_read_as_the_config_of_now(name: str) -> None:
    assert config.from_json(BEFORE[name]) == config.load(name)

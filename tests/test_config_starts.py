"""Configs that start from shipped weights can: the file holds the model that they train, of that task's lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chuviet import config
from chuviet.data.recognition import LineData
from chuviet.experiment import Experiment
from chuviet.models.protocols import shipped_config
from chuviet.pytorch.artifact import describe, load_artifact, read_model_config, without_pretrained

ROOT = Path(__file__).parents[1]
CONFIGS = {path.stem: config.load(path.stem) for path in sorted((ROOT / "configs").rglob("*.py"))}
STARTS = {
    name: exp.init for name, exp in CONFIGS.items() if isinstance(exp, Experiment) and exp.init.startswith("weights/")
}


@pytest.mark.parametrize("name", [name for name in STARTS if not CONFIGS[name].init_parts])
def test_a_config_that_starts_from_shipped_weights_has_their_model(name: str) -> None:
    path, exp = ROOT / STARTS[name], CONFIGS[name]
    assert without_pretrained(shipped_config(exp.model)) == without_pretrained(read_model_config(path, describe(path)))


@pytest.mark.parametrize("name", [name for name in STARTS if CONFIGS[name].init_parts])
def test_the_parts_that_a_config_takes_from_shipped_weights_are_there(name: str) -> None:
    path, exp = ROOT / STARTS[name], CONFIGS[name]
    there = load_artifact(path).model.state_dict()
    characters = len(exp.data.characters()) if isinstance(exp.data, LineData.Config) else 0
    model: Any = without_pretrained(exp.model)
    wanted = {k: v for k, v in model.build(characters).state_dict().items() if k.split(".")[0] in exp.init_parts}
    assert {k.split(".")[0] for k in wanted} == set(exp.init_parts)
    assert {k: v.shape for k, v in wanted.items()} == {k: there[k].shape for k in wanted}

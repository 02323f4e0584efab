"""Stable kinds in files: each resolves and comes back; what files of former versions say still loads."""

from __future__ import annotations

import importlib
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chuviet.artifact.opening import open_artifact
from chuviet.config import Config, ConfigError, from_json, to_json
from chuviet.decode.ctc import CTCBeam
from chuviet.decode.east import EastDecoder
from chuviet.experiment import Experiment
from chuviet.kinds import FORMER, KINDS, name_of, place_of
from chuviet.losses.east import EastLoss
from chuviet.models.fots import FOTS
from chuviet.models.rejector import Rejector
from chuviet.pytorch.artifact import describe, load_artifact, resave_artifact
from chuviet.reading.lines import LineReader

ROOT = Path(__file__).parents[2]
BEFORE = ROOT / "tests" / "fixtures" / "micro_16_before_0.2.safetensors"
#: The last revision whose files name components by their modules.
LAST_BEFORE = "955d130"


def config_of(name: str) -> Any:
    module, _, qualname = place_of(name).partition(":")
    found: Any = importlib.import_module(module)
    for part in qualname.split("."):
        found = getattr(found, part)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_comes_back_from_json(kind: str) -> None:
    made = config_of(kind)
    needed: dict[Any, dict[str, Any]] = {
        Rejector.Config: {"detector": FOTS.Config()},
        Experiment: {"model": FOTS.Config(), "loss": EastLoss.Config(), "decoder": EastDecoder.Config()},
    }
    cfg = made(**needed.get(made, {}))
    data = json.loads(json.dumps(to_json(cfg)))
    assert data["type"] == kind and from_json(data) == cfg
    data["type"] = KINDS[kind]  # as a file has it that was written before there were kinds
    assert from_json(data) == cfg


def test_kinds_are_one_to_one_and_former_names_lead_to_configs() -> None:
    assert len(set(KINDS.values())) == len(KINDS) and not set(FORMER) & {*KINDS, *KINDS.values()}
    for kind, place in KINDS.items():
        assert place_of(kind) == place and name_of(place) == kind
    for former in FORMER:
        assert issubclass(config_of(former), Config)
    assert place_of("os:system") == "os:system" == name_of("os:system")
    with pytest.raises(ConfigError, match="does not live in chuviet"):
        from_json({"type": "os:system"})
    with pytest.raises(ConfigError, match="does not live in chuviet"):
        from_json({"type": "line_ctx"})


def test_a_file_of_a_former_version_loads_and_is_written_anew_with_kinds(
    tmp_path: Path, scribbles: Callable[..., list[np.ndarray]]
) -> None:
    parts = ("model", "preprocess", "decoder")
    assert [describe(BEFORE)[part]["type"] for part in parts] == [
        "chuviet.models.micro:MicroOCR.Config", "chuviet.data.scene:ScenePreprocess.Config",
        "chuviet.decode.ctc:CTCGreedy.Config",
    ]  # fmt: skip
    assert open_artifact(BEFORE).kind == "micro_ocr"
    resave_artifact(load_artifact(BEFORE), tmp_path / "new.safetensors")
    new = describe(tmp_path / "new.safetensors")
    assert [new[part]["type"] for part in parts] == ["micro_ocr", "scene_image", "ctc_greedy"]
    images = scribbles((60, 128, 200))
    old, again = (LineReader(f).predict(images) for f in (BEFORE, tmp_path / "new.safetensors"))
    assert [(p.text, p.confidence) for p in old] == [(p.text, p.confidence) for p in again]


def test_the_shipped_reader_of_a_former_version_loads(
    tmp_path: Path, scribbles: Callable[..., list[np.ndarray]]
) -> None:
    git = ["git", "-C", str(ROOT), "show", f"{LAST_BEFORE}:weights/vi_line.safetensors"]
    try:
        done = subprocess.run(git, capture_output=True, timeout=60)
    except (OSError, subprocess.SubprocessError) as e:
        pytest.skip(f"no git: {e}")
    if done.returncode:
        pytest.skip(f"revision {LAST_BEFORE} is not in this checkout")
    file = tmp_path / "vi_line.safetensors"
    file.write_bytes(done.stdout)
    assert "chuviet.data.transforms:" in describe(file)["preprocess"]["type"]
    reader = LineReader(file)
    assert reader.artifacts[0].kind == "line_ctc" and isinstance(reader.decoder_cfg, CTCBeam.Config)
    lm = reader.artifacts[0].lm
    assert lm is not None and lm.gazetteer is not None
    # As the version that wrote it had them.
    assert lm.score("Số 3 Nguyễn Ngọc Vũ, Hà Nội") == pytest.approx(-11.502025, abs=1e-3)
    assert lm.score("xyz") == pytest.approx(-30.140169, abs=1e-3)
    (read,) = reader.predict(scribbles((120,)))
    assert read.raw_text is not None

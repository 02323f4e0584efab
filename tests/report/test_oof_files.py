from __future__ import annotations

import json
import os
from pathlib import Path

import pandas as pd
import pytest

from chuviet.errors import InputError
from chuviet.report.oof import images_of, newest


def test_newest(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="chuviet train"):
        newest(tmp_path)
    for name, when in (("a", 2000), ("b", 3000), ("c", 1000)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "oof.csv").touch()
        os.utime(tmp_path / name / "oof.csv", (when, when))
    assert newest(tmp_path) == tmp_path / "b/oof.csv"


def test_images_are_found_by_the_runs_config(tmp_path: Path) -> None:
    frame = pd.DataFrame({"img_path": ["1.png"]})
    run = tmp_path / "outputs/x/fold0"
    run.mkdir(parents=True)
    with pytest.raises(InputError, match=r"no config\.json"):
        images_of(tmp_path / "outputs/x/oof.csv", frame, tmp_path)
    (run / "config.json").write_text(json.dumps({"data": {"csv": "set/labels.csv"}}))
    (tmp_path / "set/images").mkdir(parents=True)
    (tmp_path / "set/images/1.png").touch()
    assert images_of(tmp_path / "outputs/x/oof.csv", frame, tmp_path) == tmp_path / "set/images"
    (run / "config.json").write_text("{}")
    with pytest.raises(InputError, match="names no label CSV"):
        images_of(tmp_path / "outputs/x/oof.csv", frame, tmp_path)

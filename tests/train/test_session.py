"""A session of so many minutes: the run stops before they are over, and goes on to the same weights."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from chuviet import cli
from chuviet.config import ConfigError
from chuviet.data.table import write_table
from chuviet.train import session as session_module
from chuviet.train.checkpoint import load_checkpoint
from chuviet.train.configs import Optim
from chuviet.train.engine import SessionOver, Train, fit
from chuviet.train.session import Session

spec = importlib.util.spec_from_file_location("toy_run", Path(__file__).with_name("toy_run.py"))
assert spec and spec.loader
toy = importlib.util.module_from_spec(spec)
spec.loader.exec_module(toy)

CONFIGS = Path(__file__).parents[2] / "configs"


class Time:
    """What the session's clock says; batches and validations move it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 5000.0
        monkeypatch.setattr(session_module, "monotonic", lambda: self.now)

    def task(self, batch: float, validation: float) -> Any:
        """The toy on a machine that takes so many seconds for a batch, and for a validation."""
        time = self

        class Data(toy.NoiseData):
            def train_loader(self, *args: Any) -> Iterator[Any]:
                for made in super().train_loader(*args):
                    time.now += batch
                    yield made

            def valid_loader(self, *args: Any) -> Iterator[Any]:
                time.now += validation
                yield from super().valid_loader(*args)

        return toy.make_task(Data())


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    return Time(monkeypatch)


def test_the_longest_time_between_two_questions_must_fit(time: Time) -> None:
    session, asked = Session(1.0), []
    for seconds in (10, 1, 1, 20, 1, 8, 1):  # the first is before training: loading data
        time.now += seconds
        asked.append((time.now - 5000, session.is_over()))
    assert asked == [(10, False), (11, False), (12, False), (32, False), (33, False), (41, True), (42, True)]
    assert not any(Session(0.0).is_over() for _ in range(3))


CFG = Train(
    epochs=4, device="cpu", precision="fp32", ema=0.9, average=(2, 3, 4), keep="average", batchnorm_batches=2,
    session_minutes=1.0,
)  # fmt: skip


@pytest.mark.parametrize(("batch", "validation", "sessions"), [(8.0, 1.0, 3), (3.0, 20.0, 3), (100.0, 1.0, 20)])
def test_sessions_end_in_time_with_the_weights_of_one(
    batch: float, validation: float, sessions: int, time: Time, tmp_path: Path
) -> None:
    """20 steps; those of 100 seconds are one a session, for a run must come forward."""
    one = time.task(0.0, 0.0)
    whole = fit(one, CFG, Optim(lr=1e-2), tmp_path / "one")
    places = []
    for number in range(1, 30):
        begun, many = time.now, time.task(batch, validation)
        try:
            result = fit(many, CFG, Optim(lr=1e-2), tmp_path / "many", resume=number > 1)
            break
        except SessionOver:
            assert time.now - begun <= max(60, batch + validation)
            places.append(load_checkpoint(tmp_path / "many" / "checkpoint.pt")["position"][2])
            time.now += 1e5  # the night between
    assert number >= sessions and places == sorted(places)
    assert all(torch.equal(v, many.model.state_dict()[k]) for k, v in one.model.state_dict().items())
    assert result.metrics == whole.metrics
    assert [p.text for p in result.predictions] == [p.text for p in whole.predictions]


def test_negative_minutes_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"train\.session_minutes=-1"):
        Train(session_minutes=-1).check()


def test_the_folds_of_a_command_share_one_session(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A session of a millisecond: each call makes one step, of one fold, until all are done as in one go."""
    rng, rows = np.random.default_rng(0), []
    for i in range(6):
        Image.fromarray(rng.integers(150, 256, (40, 160 + 20 * i, 3), dtype=np.uint8)).save(tmp_path / f"{i}.png")
        rows.append((f"{i}.png", f"Số {i}", -1, i % 2, "real"))
    write_table(pd.DataFrame(rows, columns=["img_path", "text", "writer_id", "fold", "source"]), tmp_path / "t.csv")

    def train(root: str, *more: str) -> int:
        small = ["init=", f"data.csv={tmp_path / 't.csv'}", "data.mix=real", "data.batch=2",
                 "data.workers=0", "train.epochs=1", "train.device=cpu", "train.precision=fp32"]  # fmt: skip
        given = ["train", "-C", str(CONFIGS / "lines/line_192_f0.py"), "--folds", "0,1", "--root", str(tmp_path / root)]
        return cli.main([*given, *small, *more])

    assert train("one") == 0
    codes = [train("many", "train.session_minutes=1e-5")]
    assert "session minutes; saved; resume=true goes on from here" in capsys.readouterr().err
    while codes[-1] == 3 and len(codes) < 12:
        codes.append(train("many", "train.session_minutes=1e-5", "resume=true"))
    assert codes[-1] == 0 and 3 <= len(codes) <= 6  # three rows a fold: two steps each
    one, many = (pd.read_csv(tmp_path / root / "line_192_f0" / "oof.csv", dtype=str) for root in ("one", "many"))
    pd.testing.assert_frame_equal(one, many)
    capsys.readouterr()

"""A budget of minutes, on a clock that the training batches move: the schedule ends when the time does."""

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from chuviet.config import ConfigError
from chuviet.train import schedule, state
from chuviet.train.checkpoint import load_checkpoint
from chuviet.train.configs import Optim
from chuviet.train.engine import Interrupted, Train, fit
from chuviet.train.schedule import Clock, Schedule

spec = importlib.util.spec_from_file_location("toy_run", Path(__file__).with_name("toy_run.py"))
assert spec and spec.loader
toy = importlib.util.module_from_spec(spec)
spec.loader.exec_module(toy)

STEPS = 5  # batches of an epoch of the toy data


class Machine:
    """A clock that moves by `seconds` with every training batch; notes the rate of every step and the weights after."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.seconds = 1000.0, 0.0
        self.rates: list[float] = []
        self.weights: list[torch.Tensor] = []
        monkeypatch.setattr(schedule, "monotonic", lambda: self.now)
        step = state.RunState.step_optimizer

        def noted(run: state.RunState, model: Any, rate: float) -> None:
            step(run, model, rate)
            self.rates.append(rate)
            self.weights.append(run.raw.classify.weight.detach().clone())

        monkeypatch.setattr(state.RunState, "step_optimizer", noted)

    def run(self, out: Path, seconds: float, resume: bool = False, term_at: int = -1, **train: Any) -> Any:
        """Trains the toy on a machine that takes `seconds` a batch. Returns the task and its checkpoint."""
        self.rates, self.weights = [], []
        machine = self

        class Data(toy.NoiseData):
            def train_loader(self, *args: Any) -> Iterator[Any]:
                for batch in super().train_loader(*args):
                    machine.now += seconds
                    yield batch

        task = toy.make_task(Data(term_at=term_at))
        cfg = Train(**({"device": "cpu", "precision": "fp32", "validate_every": 0} | train))
        fit(task, cfg, Optim(lr=1.0e-2), out, resume)
        return task, load_checkpoint(out / "checkpoint.pt")


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


def equal(a: Any, b: Any) -> bool:
    one, other = a.model.state_dict(), b.model.state_dict()
    return all(torch.equal(v, other[k]) for k, v in one.items())


def test_a_slow_machine_anneals_within_its_minutes(machine: Machine, tmp_path: Path) -> None:
    _, saved = machine.run(tmp_path, 7.0, epochs=100, minutes=1.0)
    assert machine.rates == pytest.approx([1e-2 * (1 - 7 * k / 60) for k in range(9)])  # 63 seconds are over
    assert saved["position"][:3] == (1, 4, 9) and saved["seconds"] == 63.0
    lines = [json.loads(x) for x in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [x["epoch"] for x in lines] == [1, 2, 100] and lines[-1]["final"] == "last"
    assert lines[1]["minutes"] == pytest.approx(63 / 60) and lines[1]["lr"] == machine.rates[-1]


def test_a_fast_machine_does_what_it_would_without_a_budget(machine: Machine, tmp_path: Path) -> None:
    train = {"epochs": 3, "average": (2, 3), "keep": "average", "batchnorm_batches": 2}
    plain, saved = machine.run(tmp_path / "a", 0.01, **train)
    rates = machine.rates
    timed, saved_too = machine.run(tmp_path / "b", 0.01, minutes=1.0, **train)
    assert equal(plain, timed) and machine.rates == rates and len(rates) == 3 * STEPS
    assert saved["position"] == saved_too["position"] and saved_too["mean"][1] == 2


def test_epochs_to_average_are_those_of_the_schedule(machine: Machine, tmp_path: Path) -> None:
    """Ten steps of six seconds, in a minute that the schedule divides into four epochs: the third ends after eight."""
    _, saved = machine.run(tmp_path, 6.0, epochs=4, minutes=1.0, average=(3, 4), keep="average", batchnorm_batches=2)
    assert len(machine.rates) == 10 and saved["mean"][1] == 2
    expected = (machine.weights[7] + machine.weights[9]) / 2
    torch.testing.assert_close(saved["mean"][0]["classify.weight"], expected)


def test_one_step_longer_than_the_budget_still_ends_with_weights(machine: Machine, tmp_path: Path) -> None:
    for keep in ("average", "best", "ema"):
        train = {"average": (1, 2), "ema": 0.9, "batchnorm_batches": 2, "keep": keep}
        _, saved = machine.run(tmp_path / keep, 100.0, epochs=2, minutes=1.0, **train)
        assert len(machine.rates) == 1 and saved["mean"][1] == 1 and (saved["best"][0] is not None) == (keep == "best")


def test_resumed_minutes_count_and_the_weights_are_those_of_one_session(machine: Machine, tmp_path: Path) -> None:
    train = {"epochs": 100, "minutes": 1.0, "ema": 0.9, "average": (50, 100), "keep": "average", "batchnorm_batches": 2}
    whole, _ = machine.run(tmp_path / "whole", 5.0, **train)
    rates = machine.rates
    with pytest.raises(Interrupted):
        machine.run(tmp_path / "parts", 5.0, term_at=STEPS + 2, **train)
    first, machine.now = machine.rates, machine.now + 1e6  # the night between
    resumed, saved = machine.run(tmp_path / "parts", 5.0, resume=True, **train)
    assert first + machine.rates == rates and len(rates) == 12 and saved["seconds"] == 60.0
    assert equal(whole, resumed)
    again, _ = machine.run(tmp_path / "parts", 5.0, resume=True, **train)
    assert machine.rates == [] and equal(whole, again)


def test_more_minutes_go_on_within_the_epoch(machine: Machine, tmp_path: Path) -> None:
    train = {"epochs": 100, "average": (50, 100), "keep": "average", "batchnorm_batches": 2}
    machine.run(tmp_path, 7.0, minutes=1.0, **train)
    _, saved = machine.run(tmp_path, 7.0, resume=True, minutes=3.0, **train)
    assert machine.rates[0] == pytest.approx(1e-2 * (1 - 63 / 180)) and saved["position"][:3] == (5, 1, 26)
    expected = (machine.weights[3] + machine.weights[-1]) / 2  # half of the time is over after 63 + 4 * 7 seconds
    torch.testing.assert_close(saved["mean"][0]["classify.weight"], expected)


def test_a_run_stopped_at_the_end_of_an_epoch_goes_on(machine: Machine, tmp_path: Path) -> None:
    whole, _ = machine.run(tmp_path / "whole", 1.0, epochs=2)
    with pytest.raises(Interrupted):
        machine.run(tmp_path / "parts", 1.0, epochs=2, term_at=STEPS)
    resumed, _ = machine.run(tmp_path / "parts", 1.0, epochs=2, resume=True)
    assert equal(whole, resumed)


def test_all_processes_take_the_time_of_the_slowest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "monotonic", lambda: 0.0)
    clock = Clock()
    clock.before = 30.0
    monkeypatch.setattr(schedule, "highest_of_all", lambda values, world: [max(values[0], 45_000)])
    timed = Schedule([4, 4], 1.0, clock, world=2)
    assert timed.share() == 0.75 and timed.position(3, 0.75) == 6.0 and timed.epochs(6.0) == 1
    assert Schedule([4, 4], 0.0, clock, world=2).share() == 0.0


def test_negative_minutes_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"train\.minutes=-1"):
        Train(minutes=-1).check()

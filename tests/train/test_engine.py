"""The loop: resume after a kill, signals, several processes, accumulation, validation of every row once."""

import copy
import importlib.util
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from chuviet.batch import Batch, Output
from chuviet.config import ConfigError
from chuviet.errors import InputError
from chuviet.train.averaging import round_weights
from chuviet.train.checkpoint import load_checkpoint, save_checkpoint
from chuviet.train.configs import Optim
from chuviet.train.distributed import sync_batchnorm
from chuviet.train.engine import Train, fit

TOY = Path(__file__).with_name("toy_run.py")
spec = importlib.util.spec_from_file_location("toy_run", TOY)
assert spec and spec.loader
toy = importlib.util.module_from_spec(spec)
spec.loader.exec_module(toy)


def run(*args: object, launcher: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *launcher, str(TOY), *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def digest(done: subprocess.CompletedProcess[str]) -> str:
    """The line of the final weights and predictions; the lines of the epochs come before it."""
    lines = [x for x in done.stdout.splitlines() if x.startswith("digest")]
    assert len(lines) == 1, done.stderr
    return lines[0]


def losses(out: Path) -> list[float]:
    return [json.loads(x)["loss"] for x in (out / "metrics.jsonl").read_text().splitlines() if "loss" in json.loads(x)]


@pytest.mark.programs
def test_killed_run_resumes_bit_for_bit(tmp_path: Path) -> None:
    whole = run(tmp_path / "whole")
    killed = run(tmp_path / "killed", "--kill-at", 8)
    assert killed.returncode == -signal.SIGKILL
    resumed = run(tmp_path / "killed", "--resume")
    assert digest(resumed) == digest(whole)
    assert losses(tmp_path / "killed") == losses(tmp_path / "whole")


@pytest.mark.programs
def test_sigterm_saves_and_leaves(tmp_path: Path) -> None:
    stopped = run(tmp_path, "--term-at", 4)
    assert stopped.returncode == 143 and "resume" in stopped.stdout
    epoch, batch, step, _ = load_checkpoint(tmp_path / "checkpoint.pt")["position"]
    assert (epoch, batch, step) == (0, 4, 4)


TWO = ("-m", "torch.distributed.run", "--nproc-per-node", "2")


@pytest.mark.programs
def test_a_signal_to_one_of_two_processes_saves_and_stops_both(tmp_path: Path) -> None:
    stopped = run(tmp_path, "--minutes", 100, "--term-at", 3, "--term-rank", 1, launcher=TWO)
    assert stopped.stdout.count("interrupted: stopped by signal 15") == 2, stopped.stderr[-2000:]
    assert load_checkpoint(tmp_path / "checkpoint.pt")["position"][:3] == (0, 3, 3)


@pytest.mark.programs
@pytest.mark.parametrize("kind", ["mutual"])
def test_two_processes_give_the_guided_losses_of_one(kind: str, tmp_path: Path) -> None:
    """In one step: each term is a mean over other things (lines, characters, frames) than the next."""
    args = ("--guided", kind, "--size", 3, "--valid", 1, "--epochs", 1)
    one, two = run(tmp_path / "one", *args), run(tmp_path / "two", *args, launcher=TWO)
    assert digest(two).split("[")[1] == digest(one).split("[")[1]  # one row to validate on, for two processes
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), rel=1e-5)


@pytest.mark.programs
@pytest.mark.parametrize("loss", ["db", "line_word", "east"])
def test_two_processes_give_the_detectors_losses_of_one(loss: str, tmp_path: Path) -> None:
    """In one step: Dice over the batch, negatives by the batch's mean, parts that are means over other things."""
    args = ("--detector", loss, "--size", 4, "--epochs", 1)
    one, two = run(tmp_path / "one", *args), run(tmp_path / "two", *args, launcher=TWO)
    assert one.returncode == two.returncode == 0, two.stderr[-2000:]
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), rel=1e-5)


@pytest.mark.programs
def test_a_process_that_dies_is_one_line_in_the_other_and_the_run_goes_on(tmp_path: Path) -> None:
    args = ("--minutes", 0, "--dropout", 0, "--epochs", 1)
    died = run(tmp_path, *args, "--kill-at", 3, "--kill-rank", 1, launcher=TWO)
    assert died.returncode and "error: another process of this run has ended" in died.stdout
    assert run(tmp_path, *args, "--resume", launcher=TWO).returncode == 0


@pytest.mark.programs
def test_a_batch_with_fewer_rows_than_processes_is_refused(tmp_path: Path) -> None:
    refused = run(tmp_path, "--size", 5, launcher=TWO)  # batches of 4 and 1
    assert "error: a batch of 1 rows cannot be shared by 2 processes" in refused.stdout + refused.stderr


@pytest.mark.programs
def test_two_processes_give_the_losses_of_one(tmp_path: Path) -> None:
    one = run(tmp_path / "one", "--dropout", 0)
    two = run(tmp_path / "two", "--dropout", 0, launcher=TWO)
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), rel=2e-4)
    assert digest(two).split("[")[1] == digest(one).split("[")[1]  # every validation row once, in order


def test_accumulation_equals_a_large_batch_without_batchnorm(tmp_path: Path) -> None:
    class Whole(toy.NoiseData):
        def batches(self, epoch: int) -> list[list[int]]:
            return [list(range(16))]

    class Quarters(toy.NoiseData):
        def batches(self, epoch: int) -> list[list[int]]:
            return [list(range(k, k + 4)) for k in range(0, 16, 4)]

    states = []
    for data, accumulate in ((Whole(), 1), (Quarters(), 4)):
        task = toy.make_task(data, dropout=0)
        for m in task.model.modules():
            if isinstance(m, torch.nn.BatchNorm2d):
                m.momentum, m.training = 0.0, False
                m.train = lambda mode=True, m=m: m  # type: ignore[method-assign]
        fit(
            task,
            Train(epochs=2, device="cpu", precision="fp32", accumulate=accumulate),
            Optim(eps=1e-2),
            tmp_path / str(accumulate),
        )
        states.append(task.model.state_dict())
    for name, value in states[0].items():
        torch.testing.assert_close(value, states[1][name], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_last_validation_is_of_the_stored_weights_in_fp32(precision: str, tmp_path: Path) -> None:
    task = toy.make_task(toy.NoiseData())
    result = fit(task, Train(epochs=1, device="cpu", precision=precision), Optim(), tmp_path)
    state = task.model.state_dict()
    assert all(torch.equal(v, v.half().float()) for v in state.values() if v.is_floating_point())
    torch.set_grad_enabled(False)
    try:
        task.model.eval()
        pairs = [(task.loss(task.model(b), b), b) for b in task.data.valid_loader()]
    finally:
        torch.set_grad_enabled(True)
    total = sum(float(x["loss"]) * len(b) for x, b in pairs) / sum(len(b) for _, b in pairs)
    assert result.metrics["loss"] == total
    exact = load_checkpoint(tmp_path / "checkpoint.pt")["model"]  # what a run resumes from is not rounded
    assert any(not torch.equal(v, state[k]) for k, v in exact.items())


def test_weights_that_fp16_cannot_hold_are_left_as_they_are() -> None:
    layer = torch.nn.Linear(2, 1)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[1e6, 1 / 3]]))
        layer.bias.fill_(1 / 3)
    round_weights(layer)
    assert layer.weight[0, 0] == 1e6 and layer.weight[0, 1] != torch.tensor(1 / 3).half()
    assert layer.bias.item() == torch.tensor(1 / 3).half().item()


def test_global_batchnorm_without_momentum_is_the_plain_mean_of_all_batches(tmp_path: Path) -> None:
    torch.distributed.init_process_group("gloo", f"file://{tmp_path}/store", world_size=1, rank=0)
    try:
        plain = torch.nn.BatchNorm2d(3, momentum=None)
        ours = sync_batchnorm(torch.nn.Sequential(torch.nn.BatchNorm2d(3, momentum=None)))[0]  # type: ignore[index]
        for seed in range(4):
            x = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(seed)) * (seed + 1) + seed
            torch.testing.assert_close(ours(x), plain(x))
    finally:
        torch.distributed.destroy_process_group()
    torch.testing.assert_close(ours.running_mean, plain.running_mean)
    torch.testing.assert_close(ours.running_var, plain.running_var)


def test_validation_of_an_empty_set_is_empty(tmp_path: Path) -> None:
    task = toy.make_task(toy.NoiseData())
    task.data.valid_loader = lambda rank=0, world=1: []  # type: ignore[method-assign]
    result = fit(task, Train(epochs=1, device="cpu", precision="fp32"), Optim(), tmp_path)
    assert result.predictions == [] and result.metrics == {}


def test_of_several_candidates_the_one_with_the_fewest_errors_is_shipped(tmp_path: Path) -> None:
    """Of lines "ab", "bc" and "ca" in turn one candidate reads nothing, the other always "a"."""
    task = toy.make_task(toy.NoiseData())
    silent, better = copy.deepcopy(task.model), task.model
    with torch.no_grad():
        for model, always in ((silent, 0), (better, 1)):
            model.classify.weight.zero_()
            model.classify.bias.copy_(torch.eye(4)[always])

    class Pair(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = silent, better

        def candidates(self) -> list[torch.nn.Module]:
            return [self.first, self.second]

        def forward(self, batch: Batch) -> Output:
            return self.first(batch)

    task.model = Pair()
    result = fit(task, Train(epochs=0, device="cpu", precision="fp32"), Optim(), tmp_path)
    assert task.model is better and {p.text for p in result.predictions} == {"a"}
    edits = [(1, 2, 1)[(100 + p.index) % 3] for p in result.predictions]  # of "ab", "bc", "ca"
    assert result.metrics["cer"] == pytest.approx(sum(edits) / (2 * len(edits)))


@pytest.mark.parametrize("keep", ["last", "ema", "average"])
def test_frozen_modules_keep_weights_and_statistics(keep: str, tmp_path: Path) -> None:
    task = toy.make_task(toy.NoiseData())
    names = [name for name, _ in task.model.named_children()]
    frozen = tuple(n for n in names if n != "classify")
    with torch.no_grad():
        round_weights(task.model)  # as the run's end does it
    before = {k: v.clone() for k, v in task.model.state_dict().items()}
    train = Train(
        epochs=2, device="cpu", precision="fp32", frozen=frozen, keep=keep, ema=0.9, average=(1, 2), batchnorm_batches=2
    )
    fit(task, train, Optim(lr=1e-2), tmp_path)
    after = task.model.state_dict()
    moved = {k for k, v in before.items() if not torch.equal(v, after[k])}
    assert moved == {"classify.weight", "classify.bias"}
    assert any("running_mean" in k for k in before)


def test_a_frozen_module_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="train.frozen: the model has no 'bakbone'"):
        fit(toy.make_task(toy.NoiseData()), Train(frozen=("bakbone",), device="cpu"), Optim(), tmp_path)


def test_rate_is_linear_after_warmup() -> None:
    optim = Optim(lr=1.0, warmup=0.2, schedule="linear")
    assert [round(optim.rate(s, 10), 4) for s in (0, 1, 2, 6, 9)] == [0.3333, 0.6667, 1.0, 0.5, 0.125]


def test_full_disk_keeps_the_former_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "c.pt"
    save_checkpoint(path, {"epoch": 1})

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(InputError, match="No space left"):
        save_checkpoint(path, {"epoch": 2})
    assert load_checkpoint(path) == {"epoch": 1} and list(tmp_path.iterdir()) == [path]


def test_a_pickle_with_objects_is_not_a_checkpoint(tmp_path: Path) -> None:
    torch.save({"x": subprocess.CompletedProcess([], 0)}, tmp_path / "evil.pt")
    with pytest.raises(InputError, match="more than tensors"):
        load_checkpoint(tmp_path / "evil.pt")
    (tmp_path / "cut.pt").write_bytes(b"PK\x03\x04")
    with pytest.raises(InputError, match="not a readable checkpoint"):
        load_checkpoint(tmp_path / "cut.pt")

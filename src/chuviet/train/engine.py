"""The training loop: one for every model of the project, on one device or many, linear from top to bottom.

The engine knows batches, logits, losses and predictions; it does not know whether it trains a recogniser or a detector.
Everything random in a step comes from (seed, epoch, batch, rank), so a resumed run needs no generator state to go on
bit for bit.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import torch
import torch.distributed as dist
from lightning.fabric import Fabric
from torch import Tensor, nn
from tqdm import tqdm

from chuviet.batch import Batch, Output
from chuviet.config import ConfigError
from chuviet.errors import InputError
from chuviet.models.protocols import candidates_of
from chuviet.train.averaging import recompute_batchnorm, round_weights
from chuviet.train.configs import Optim as Optim
from chuviet.train.configs import Train as Train
from chuviet.train.distributed import explained_loss, global_part, highest_of_all, sync_batchnorm, widen_to_widest
from chuviet.train.loading import batches_of
from chuviet.train.log import RunLog
from chuviet.train.schedule import Schedule
from chuviet.train.session import Session
from chuviet.train.signals import NotedSignals
from chuviet.train.state import RunState

#: The progress bar of a run with a budget of minutes: how long all its epochs would take is of no interest.
_TIMED_BAR = "{desc}: {n_fmt} batches [{elapsed}{postfix}]"


class Data(Protocol):
    def batch_sizes(self, epoch: int) -> Sequence[int] | np.ndarray: ...
    def train_loader(self, epoch: int, skip: int = 0, rank: int = 0, world: int = 1) -> Iterable[Batch]: ...
    def valid_loader(self, rank: int = 0, world: int = 1) -> Iterable[Batch]: ...


class Metric(Protocol):
    error: str  # the metric that a run is judged by: the smaller, the better

    def update(self, predictions: list[Any], targets: list[Any]) -> None: ...
    def compute(self) -> dict[str, float]: ...
    def reset(self) -> None: ...


#: "loss", a mean, and "weight", of how many things: by their weights the means of several processes make that of all.
#: A sum of means over different things gives them as "terms" K too, whose sum is the loss, and K weights.
Loss = Callable[[Output, Batch], dict[str, Tensor]]
Decoder = Callable[..., list[Any]]  # of Prediction, or of Detection


@dataclass
class Task:
    """What is trained: built objects, in the shapes that the engine's contracts name."""

    model: nn.Module
    loss: Loss
    decoder: Decoder
    metric: Metric
    data: Data


@dataclass
class Validation:
    predictions: list[Any]  # Prediction or Detection, in the order of the rows
    metrics: dict[str, float]


class Interrupted(Exception):
    """SIGINT or SIGTERM came; the run was saved and can be resumed."""


class SessionOver(Interrupted):
    """The minutes of the session are over, or nearly; the run was saved and can be resumed."""


def make_fabric(cfg: Train) -> Fabric:
    """Fabric for the device and precision at hand; under torchrun over all its processes."""
    accelerator = cfg.device if cfg.device != "auto" else ("cuda" if torch.cuda.is_available() else "cpu")
    precision = cfg.precision if cfg.precision != "auto" else best_precision(accelerator)
    local, world = int(os.environ.get("LOCAL_WORLD_SIZE", 1)), int(os.environ.get("WORLD_SIZE", 1))
    name: Any = {"fp32": "32-true", "bf16": "bf16-mixed", "fp16": "16-mixed"}[precision]
    strategy = "ddp" if world > 1 else "auto"
    fabric = Fabric(accelerator=accelerator, devices=local, num_nodes=world // local, strategy=strategy, precision=name)
    fabric.launch()
    return fabric


def best_precision(accelerator: str) -> Literal["fp32", "bf16", "fp16"]:
    """bf16 where the processor multiplies it natively (it then is two to three times faster), else fp16 on CUDA,
    fp32 on a CPU.
    """
    if accelerator == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    return "bf16" if torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported() else "fp32"


def freeze(model: nn.Module, names: Sequence[str]) -> list[nn.Module]:
    """The modules called so, wherever in the model they stand ("backbone", "net.layer1"), whose weights now take no
    gradient. Raises ConfigError for a name that no module has.
    """
    found: list[nn.Module] = []
    for name in names:
        called = [m for path, m in model.named_modules() if f".{path}".endswith(f".{name}")]
        if not called:
            raise ConfigError(f"train.frozen: the model has no {name!r}")
        found += called
    for module in found:
        module.requires_grad_(False)
    return found


def fit(
    task: Task,
    cfg: Train,
    optim: Optim,
    out: Path,
    resume: bool = False,
    facts: Mapping[str, str] | None = None,
    begin: Callable[[], None] = lambda: None,
    session: Session | None = None,
) -> Validation:
    """Trains `task.model` in place and leaves it with the weights that `cfg.keep` names. Returns its validation.

    Writes metrics.jsonl, TensorBoard events and checkpoint.pt to `out`; before the first of them, when nothing can be
    refused any more, calls `begin`. A resumed run must have the `facts` of the one that was begun (such as a charset).
    Raises Interrupted after saving when a signal came, SessionOver when the `session` (one that begins here, if none is
    given) is over, InputError where another process of the run has ended.
    """
    session = session or Session(cfg.session_minutes)
    fabric = make_fabric(cfg)
    with explained_loss(fabric.world_size):
        return _fit(fabric, task, cfg, optim, out, resume, facts, begin, session)


def _fit(
    fabric: Fabric, task: Task, cfg: Train, optim: Optim, out: Path, resume: bool, facts: Mapping[str, str] | None,
    begin: Callable[[], None], session: Session,
) -> Validation:  # fmt: skip
    if fabric.device.type == "cpu" and cfg.threads:
        torch.set_num_threads(cfg.threads)
    torch.set_float32_matmul_precision("high")
    rank, world, data = fabric.global_rank, fabric.world_size, task.data

    raw = task.model.to(memory_format=torch.channels_last)
    raw = sync_batchnorm(raw) if world > 1 else raw
    task.model = raw
    frozen = freeze(raw, cfg.frozen)
    model, optimizer = fabric.setup(raw, optim.build(raw))
    run = RunState(fabric, cfg, out / "checkpoint.pt", raw, optimizer, facts or {})
    if resume:
        run.restore()
    batches = [_count_batches(data, e, world) for e in range(cfg.epochs)]
    schedule = Schedule([-(-n // cfg.accumulate) for n in batches], cfg.minutes, run.clock, world)
    begin()
    out.mkdir(parents=True, exist_ok=True)
    log = RunLog(out, resume_epoch=run.epoch, enabled=rank == 0)
    bar = tqdm(total=sum(batches), initial=sum(batches[: run.epoch]) + run.batch, unit="batch", disable=rank != 0,
               dynamic_ncols=True, smoothing=0.05, mininterval=1.0,
               bar_format=_TIMED_BAR if cfg.minutes else None)  # fmt: skip

    with NotedSignals() as signals, bar:
        run.clock.start()
        share = schedule.share()
        if cfg.minutes:
            run.rewind(schedule.epochs(schedule.position(run.step, share)))
        while run.epoch < cfg.epochs and share < 1:
            epoch, n = run.epoch, batches[run.epoch]
            bar.set_description(f"epoch {epoch + 1}/{cfg.epochs}")
            model.train()
            for module in frozen:
                module.eval()
            window, images = time.perf_counter(), 0
            rate = optim.rate(schedule.position(max(run.step - 1, 0), share), schedule.total)
            with batches_of(data.train_loader(epoch, run.batch, rank, world)) as stream:
                for batch in stream:
                    _seed(cfg.seed, epoch, run.batch, rank)
                    batch = batch.to(fabric.device, non_blocking=True)
                    if world > 1:
                        batch = widen_to_widest(batch)
                    run.batch += 1
                    ends = run.batch % cfg.accumulate == 0 or run.batch == n
                    parts = n % cfg.accumulate if run.batch > n - n % cfg.accumulate else cfg.accumulate
                    with fabric.no_backward_sync(model, enabled=not ends):
                        loss = global_part(task.loss(model(batch), batch), world)
                        fabric.backward(loss * world / parts)
                    run.add_loss(loss.detach())
                    images += len(batch) * world
                    bar.update()
                    if not ends:
                        continue
                    rate = optim.rate(schedule.position(run.step, share), schedule.total)
                    run.step_optimizer(model, rate)
                    speed = images / (time.perf_counter() - window)
                    bar.set_postfix_str(_said(run, rate, speed), refresh=False)
                    share = schedule.share()
                    if cfg.minutes:
                        run.reach(schedule.epochs(schedule.position(run.step, share)))
                    late = run.minutes_since_save() > cfg.checkpoint_minutes
                    # One process alone may have got the signal, or be late a step earlier; saving waits for all.
                    ends_early = session.is_over() and share < 1
                    stop, save, over = highest_of_all((signals.came, late, ends_early), world)
                    if stop or save or over:
                        run.save()
                    if stop:
                        raise Interrupted(f"stopped by signal {stop}; saved; resume=true goes on from here")
                    if over:
                        raise _session_over(cfg)
                    if share == 1:
                        break
            speed = images / (time.perf_counter() - window)
            line = {"epoch": epoch + 1, "loss": run.mean_loss(), "lr": rate, "images_per_second": speed}
            if cfg.minutes:
                line["minutes"] = run.clock.seconds() / 60
            whole = share < 1 or run.batch >= n
            if whole:
                run.reach(epoch + 1)
            last = epoch + 1 == cfg.epochs or share == 1
            due = (cfg.validate_every and (epoch + 1) % cfg.validate_every == 0) or cfg.keep == "best"
            if (due and not last) or (cfg.keep == "best" and cfg.minutes):
                line |= {f"valid_{k}": v for k, v in validate(fabric, run.averaged_model(), task).metrics.items()}
                run.keep_best(line, f"valid_{task.metric.error}")
                share = schedule.share()
            if whole:  # a run whose minutes are over stays within its epoch, to go on from there with more of them
                run.next_epoch()
            log.write(line)
            run.save()
            if highest_of_all((session.is_over(),), world)[0]:  # what follows takes as long as a validation did
                raise _session_over(cfg)

    if cfg.minutes:  # those that ended before what they average
        run.reach(cfg.epochs)
    _take_kept_weights(fabric, raw, cfg, run, data)
    result = _ship_best(fabric, raw, task)
    log.write({"epoch": cfg.epochs, "final": cfg.keep} | {f"valid_{k}": v for k, v in result.metrics.items()})
    log.close()
    return result


def _session_over(cfg: Train) -> SessionOver:
    return SessionOver(f"stopped within {cfg.session_minutes:g} session minutes; saved; resume=true goes on from here")


def _said(run: RunState, rate: float, speed: float) -> str:
    """What stands behind the bar: loss, learning rate, images a second, and of a budget the minutes that are gone."""
    said = f"loss={run.last_loss:.4f}, lr={rate:.2e}, images_s={speed:.0f}"
    return said + (f", {run.clock.seconds() / 60:.1f} of {run.cfg.minutes:g} min" if run.cfg.minutes else "")


def _take_kept_weights(fabric: Fabric, raw: nn.Module, cfg: Train, run: RunState, data: Data) -> None:
    """Puts the weights that `cfg.keep` names into the model; BatchNorm of a mean of weights is measured anew."""
    if cfg.keep == "average" and run.mean.count:
        raw.load_state_dict(run.mean.state)
        with batches_of(data.train_loader(cfg.epochs, 0)) as stream, fabric.autocast():
            recompute_batchnorm(raw, itertools.islice(stream, cfg.batchnorm_batches), fabric.device)
    elif cfg.keep == "ema":
        assert run.ema is not None
        raw.load_state_dict(run.ema.state)
    elif cfg.keep == "best" and run.best_state:
        raw.load_state_dict(run.best_state)


@torch.no_grad()
def validate(fabric: Fabric, model: nn.Module, task: Task, exact: bool = False) -> Validation:
    """Decodes every validation row once, over all processes, with the real decoder. Empty without validation rows.

    `exact`: in fp32, as a weights file is evaluated, instead of the run's precision.
    """
    model.eval()
    total, weight, rows = 0.0, 0.0, []
    with batches_of(task.data.valid_loader(fabric.global_rank, fabric.world_size)) as stream:
        for batch in stream:
            batch = batch.to(fabric.device)
            with nullcontext() if exact else fabric.autocast():
                output = model(batch)
                losses = task.loss(output, batch)
                predictions = task.decoder(model, batch, output)
            total += float(losses["loss"]) * float(losses["weight"])
            weight += float(losses["weight"])
            rows += list(zip(predictions, batch.ground_truth, strict=True))
    model.train()
    if fabric.world_size > 1:
        gathered: list[Any] = [None] * fabric.world_size
        dist.all_gather_object(gathered, (total, weight, rows))
        total, weight = sum(g[0] for g in gathered), sum(g[1] for g in gathered)
        rows = [r for g in gathered for r in g[2]]
    if not rows:
        return Validation([], {})
    rows.sort(key=lambda r: r[0].index)  # first: the last digit of a mean depends on the order
    task.metric.reset()
    task.metric.update([p.answer for p, _ in rows], [t for _, t in rows])
    return Validation([p for p, _ in rows], {"loss": total / weight} | task.metric.compute())


def _ship_best(fabric: Fabric, trained: nn.Module, task: Task) -> Validation:
    """Validates what was trained as it will be evaluated: its weights rounded as they are stored, computed in fp32. A
    model of several parts names those that could be shipped by `candidates()`: the one with the fewest errors becomes
    the task's model (the first without validation rows).
    """
    results = []
    torch.set_float32_matmul_precision("highest")
    for model in candidates_of(trained):
        round_weights(model)
        results.append((validate(fabric, model, task, exact=True), model))
    best = min(results, key=lambda r: r[0].metrics.get(task.metric.error, 0.0))
    task.model = best[1]
    return best[0]


def _seed(seed: int, epoch: int, batch: int, rank: int) -> None:
    torch.manual_seed(((seed * 1009 + epoch) * 1_000_003 + batch) * 4099 + rank)


def _count_batches(data: Data, epoch: int, world: int) -> int:
    """The number of batches of `epoch`. Raises InputError for one that has fewer rows than there are processes."""
    sizes = data.batch_sizes(epoch)
    if (least := min(sizes, default=world)) < world:
        raise InputError(
            f"a batch of {least} rows cannot be shared by {world} processes; raise data.batch or start fewer processes"
        )
    return len(sizes)

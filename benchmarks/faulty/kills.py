"""Processes that are killed at random moments: whole files or none, and the next run goes on to the same result."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from faulty.jobs import Job, is_json_lines, jobs, load


@dataclass
class Survived:
    """`killed` of how many moments, `finished` runs that reached their end, `faults` what was found."""

    killed: int = 0
    finished: int = 0
    faults: list[str] = field(default_factory=list)


def run(name: str, count: int, seed: int) -> Survived:
    """Kills a job `count` times. Each run goes on where the killed one was; one that reaches its end is compared with
    that of a run that nobody disturbed, and the next begins anew.
    """
    job, rng, found = jobs()[name], np.random.default_rng((seed, *name.encode())), Survived()
    load(job)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "work")
        fresh(job, folder)
        start = time.monotonic()
        if status := child(job, folder):
            return Survived(faults=[f"an undisturbed run ends with {status}: {last_line(folder)}"])
        seconds, wanted = time.monotonic() - start, job.outputs(folder)
        fresh(job, folder)
        while found.killed < count:
            status = child(job, folder, float(rng.uniform(0, seconds)))
            if status is None:
                found.killed += 1
                found.faults += _torn(job, folder, wanted)
                continue
            found.finished += 1
            found.faults += _differences(job, folder, wanted, status)
            fresh(job, folder)
        found.faults += _differences(job, folder, wanted, child(job, folder))
        found.finished += 1
    return found


def fresh(job: Job, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    job.prepare(folder)


def child(
    job: Job, folder: Path, moment: float | None = None, prepare: Callable[[], None] = lambda: None
) -> int | None:
    """The exit status of a run in a process of its own, which calls `prepare` first; None for one that was killed at a
    `moment` (seconds).
    """
    heard, says = os.pipe()  # a file would be held to a limit of files' sizes
    fcntl.fcntl(says, fcntl.F_SETPIPE_SZ, 1 << 20)
    process = os.fork()
    if not process:
        _be_child(job, folder, says, prepare)
    os.close(says)
    try:
        return _ended(process, moment)
    finally:
        with os.fdopen(heard, "rb") as said, (folder / "said").open("ab") as log:
            log.write(said.read())


def _ended(process: int, moment: float | None) -> int | None:
    """Waits for a child, or kills it."""
    end = None if moment is None else time.monotonic() + moment
    while True:
        done, status = os.waitpid(process, 0 if end is None else os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if end is not None and time.monotonic() >= end:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process, signal.SIGKILL)
            os.waitpid(process, 0)
            return None
        time.sleep(0.002)


def _be_child(job: Job, folder: Path, says: int, prepare: Callable[[], None]) -> None:
    """Runs the job in a process group of its own, whose workers are killed with it. Does not return."""
    os.setpgid(0, 0)
    os.dup2(says, 1)
    os.dup2(says, 2)
    sys.stdout, sys.stderr = (os.fdopen(stream, "w", closefd=False) for stream in (1, 2))
    status = 99
    try:
        prepare()
        status = job.run(folder)
    except BaseException:  # noqa: BLE001 (a child never returns; what it says is judged)
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError):
                stream.flush()
        os._exit(status)


def last_line(folder: Path) -> str:
    """Of what the runs in a folder said."""
    said = (folder / "said").read_text(errors="replace").strip().splitlines()
    return said[-1][:200] if said else ""


def _torn(job: Job, folder: Path, wanted: dict[str, bytes]) -> list[str]:
    """What is not whole after a kill."""
    found = [f"{job.name}: {name} is there and not whole" for name, data in job.outputs(folder).items()
             if data != wanted.get(name)]  # fmt: skip
    logs = (folder / "out").rglob("metrics.jsonl")
    return found + [f"{job.name}: {p.name} has broken lines" for p in logs if not is_json_lines(p)]


def _differences(job: Job, folder: Path, wanted: dict[str, bytes], status: int | None) -> list[str]:
    if status:
        return [f"{job.name}: the next run ends with {status}: {last_line(folder)}"]
    made = job.outputs(folder)
    return [f"{job.name}: {name} differs" for name in wanted.keys() | made.keys() if made.get(name) != wanted.get(name)]

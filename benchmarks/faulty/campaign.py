"""Runs cases in processes of their own, which have little memory and little time, and counts how they end."""

from __future__ import annotations

import collections
import os
import resource
import select
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path

from faulty import seeds
from faulty.cases import LISTED, Fault, Files, run_case

MEMORY = 6 * 2**30  # bytes of address space of a process that opens damaged files
SECONDS = 20  # of processor time: a case that takes more hangs
PER_PROCESS = 2500
WAIT = 600.0  # seconds of waiting after which a process hangs that takes no processor time


@dataclass
class Outcomes:
    """How many cases ended how; `faults` are (number of the case, what happened)."""

    counts: collections.Counter[str] = field(default_factory=collections.Counter)
    faults: list[tuple[int, str]] = field(default_factory=list)
    slowest: tuple[float, int] = (0.0, -1)
    memory: int = 0  # the most that a process took, in MB
    names: list[str] = field(default_factory=list)  # of the cases that are a file each
    seconds: list[float] = field(default_factory=list)

    def add(self, number: int, outcome: str, seconds: float) -> None:
        if outcome in ("read", "refused"):
            self.counts[outcome] += 1
        else:
            self.counts["fault"] += 1
            self.faults.append((number, outcome))
        self.seconds.append(seconds)
        self.slowest = max(self.slowest, (seconds, number))


def run(kind: str, seed: int, first: int, count: int) -> Outcomes:
    """Cases `first` to `first + count - 1` of a kind. What crashes or hangs ends its process; the next one goes on."""
    outcomes = Outcomes()
    with tempfile.TemporaryDirectory() as folder:
        files = seeds.write(kind, Path(folder, "sound"))
        count = len(files) if kind in LISTED else count
        outcomes.names = sorted(f.name for f in files) if kind in LISTED else []
        number = first
        while number < first + count:
            here = min(PER_PROCESS, first + count - number)
            number = _one_process(kind, seed, number, here, Path(folder), outcomes)
    return outcomes


def _one_process(kind: str, seed: int, first: int, count: int, folder: Path, outcomes: Outcomes) -> int:
    """Returns the number of the case to go on with."""
    numbers = map(str, (seed, first, count))
    command = [sys.executable, str(Path(__file__).parents[1] / "faults.py"), "--worker", kind, *numbers, str(folder)]
    number = first
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors) as process,
    ):
        assert process.stdout is not None
        rest = b""
        while True:
            ready, _, _ = select.select([process.stdout], [], [], WAIT)
            if not ready:
                process.kill()
                if number == first + count:
                    return number
                outcomes.add(number, f"hangs: no end after {WAIT:g} s of waiting", WAIT)
                return number + 1
            data = os.read(process.stdout.fileno(), 1 << 16)
            if not data:
                break
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                if line.startswith(b"memory "):
                    outcomes.memory = max(outcomes.memory, int(line.split()[1]))
                elif line != b"ready":
                    taken, _, outcome = line.decode("utf-8", "replace").partition(" ")
                    outcomes.add(number, outcome, float(taken))
                    number += 1
        code = _ended(process)
        if number < first + count:
            if code == -signal.SIGPROF:
                outcomes.add(number, f"hangs: no end after {SECONDS} s of processor time", SECONDS)
                return number + 1
            errors.seek(0)
            said = errors.read()[-300:].decode("utf-8", "replace").strip().replace("\n", " | ")
            outcomes.add(number, f"crash: exit status {code}: {said}", 0.0)
            return number + 1
    return number


def _ended(process: subprocess.Popen[bytes]) -> int:
    try:
        return process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def work(kind: str, seed: int, first: int, count: int, folder: Path) -> None:
    """What a process does: one case after the other, a line on standard output for each."""
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what libraries print is no answer
    files = _prepared(kind, folder)
    warm_up(kind, files)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    out.write(b"ready\n")
    for number in range(first, first + count):
        start = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, SECONDS)  # its signal ends a process, whatever library it is in
        try:
            outcome = run_case(kind, files, seed, number)
        except Fault as e:
            outcome = f"fault: {e}"
        except BaseException as e:  # noqa: BLE001 (whatever comes is counted)
            places = [f"{Path(f.filename).name}:{f.lineno}" for f in traceback.extract_tb(e.__traceback__)[-4:]]
            outcome = f"{type(e).__name__}: {e} ({' < '.join(reversed(places))})"
        signal.setitimer(signal.ITIMER_PROF, 0)
        text = " ".join(outcome.split())[:600]
        out.write(f"{time.process_time() - start:.4f} {text}\n".encode("utf-8", "backslashreplace"))
    out.write(f"memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}\n".encode())


def _prepared(kind: str, folder: Path) -> Files:
    """The sound files, and a folder to write to with the images that label files name."""
    prepare(folder / "work")
    return Files(sorted((folder / "sound").iterdir()), folder / "work")


def prepare(work: Path) -> None:
    """Puts the images that label files name into a folder."""
    (work / "images").mkdir(parents=True, exist_ok=True)
    for place in (work, work / "images", work / "train_images1"):
        place.mkdir(exist_ok=True)
        for name, data in (("a.png", seeds.image_file()), ("b.png", seeds.image_file())):
            if place == work or name == "a.png":
                (place / name).write_bytes(data)


def warm_up(kind: str, files: Files) -> None:
    """Imports all that the cases need, before memory is limited; numbers below 0 are of no campaign."""
    for number in range(10**9, 10**9 + 5) if kind not in LISTED else ():
        try:
            run_case(kind, files, 0, number)
        except Exception:  # noqa: BLE001 (counted where it belongs)
            continue

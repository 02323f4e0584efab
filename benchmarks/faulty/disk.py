"""Commands that find no room, or a folder that may not be written to: one line, no half file, earlier files untouched.

The disk is full after so many bytes by the process's limit of a file's size (RLIMIT_FSIZE), which needs no rights; as
root also a file system in memory of 64 kB, and one that is mounted to be read alone.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from faulty.jobs import Job, jobs, load
from faulty.kills import child, fresh, last_line

LIMITS = (0, 100, 2000, 20_000)


def run(name: str, seed: int) -> tuple[str, list[str]]:
    """What was tried, and what was found wrong."""
    job, faults, tried = jobs()[name], list[str](), []
    load(job)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "work")
        fresh(job, folder)
        if status := child(job, folder):
            return "not run", [f"an undisturbed run ends with {status}: {last_line(folder)}"]
        wanted = job.outputs(folder)
        for limit in LIMITS:
            fresh(job, folder)
            status = child(job, folder, prepare=lambda limit=limit: _limit(limit))
            faults += _judged(job, folder, wanted, status, f"files of {limit} bytes")
            tried.append(f"{limit} bytes: {'done' if not status else 'one line'}")
        for what, options in (("64 kB", "size=64k"), ("read only", "ro")):
            fresh(job, folder)
            with _mounted(folder / "out", options) as mounted:
                if mounted:
                    status = child(job, folder)
                    faults += _judged(job, folder, wanted, status, what)
                    tried.append(f"{what}: {'done' if not status else 'one line'}")
    return ", ".join(tried), faults


def _limit(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@contextlib.contextmanager
def _mounted(folder: Path, options: str) -> Iterator[bool]:
    """A file system in memory, for as long as the block; False where that is not allowed."""
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    done = os.geteuid() == 0 and shutil.which("mount") is not None
    done = done and subprocess.run(command, capture_output=True).returncode == 0
    try:
        yield done
    finally:
        if done:
            subprocess.run(["umount", str(folder)], check=True)


def _judged(job: Job, folder: Path, wanted: dict[str, bytes], status: int | None, what: str) -> list[str]:
    """Faults: half a file, a trace instead of a line, an end without an error where something is missing."""
    made = job.outputs(folder)
    faults = [f"{job.name}, {what}: {name} is there and not whole" for name in made if made[name] != wanted.get(name)]
    left = [p.name for p in (folder / "out").rglob("*.tmp")]
    faults += [f"{job.name}, {what}: {left[0]} is left behind"] if left else []
    said = (folder / "said").read_text(errors="replace")
    if not status:
        return faults + [f"{job.name}, {what}: ends with 0 without {n}" for n in wanted if n not in made]
    if "Traceback" in said or status not in (1, 2, 3):
        faults.append(f"{job.name}, {what}: ends with {status}, no line of ours: {last_line(folder)}")
    return faults

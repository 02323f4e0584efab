"""The lock of a run's folder: one process trains in it at a time.

The lock file names the process by number, host and start time. So the lock of a run that crashed is told from that of
one that is still there, even if its process number was given away again, and is taken over.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chuviet.errors import InputError

LOCK = "run.lock"
_UNKNOWN = "unknown"  # when a process began that cannot be looked at: it is taken to be there
_WRITING = 30.0  # seconds after which a lock file that cannot be read is no longer thought to be in the writing


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Keeps `folder` for this process; it is made if need be, and removed again if nothing was put into it.

    Raises InputError (one line) when another process has it. The lock goes whatever ends the block, Ctrl-C as well.
    """
    try:
        made = [f for f in (folder, *folder.parents) if not f.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        _acquire(folder / LOCK)
    except OSError as e:
        raise InputError(f"{folder}: cannot be written ({e.strerror or e}); name another folder by --root") from e
    try:
        yield
    finally:
        (folder / LOCK).unlink(missing_ok=True)
        for empty in made:
            try:
                empty.rmdir()
            except OSError:  # the run left something there
                break


def _acquire(path: Path) -> None:
    """Makes the lock file, or takes over one whose process is gone."""
    mine = {"pid": os.getpid(), "host": socket.gethostname(), "started": process_start(os.getpid()),
            "since": time.strftime("%Y-%m-%d %H:%M:%S")}  # fmt: skip
    if _created(path, mine):
        return
    _check_gone(path)
    # Of several that see the same stale lock one alone makes this file and takes over.
    takeover = path.with_name(f"{path.name}.takeover")
    if takeover.exists() and _age(takeover) > _WRITING:
        takeover.unlink(missing_ok=True)
    if not _created(takeover, mine):
        raise InputError(f"{path.parent}: another process is just beginning to train here; wait for it")
    try:
        _check_gone(path)  # it may be another one's by now
        takeover.replace(path)
    except BaseException:
        takeover.unlink(missing_ok=True)
        raise
    print(f"{path.parent}: takes over the folder of a run that ended without saying so", file=sys.stderr)


def _created(path: Path, content: dict[str, Any]) -> bool:
    """Writes the file; False where there is one already."""
    try:
        with path.open("x", encoding="utf-8") as f:
            json.dump(content, f)
    except FileExistsError:
        return False
    return True


def _check_gone(path: Path) -> None:
    """Raises InputError if the process of a lock file is there, or cannot be known to be gone."""
    try:
        lock = json.loads(path.read_text(encoding="utf-8"))
        pid, host, started, since = (lock[k] for k in ("pid", "host", "started", "since"))
    except FileNotFoundError:
        return
    except (OSError, ValueError, KeyError, TypeError) as e:
        if _age(path) > _WRITING:
            return  # cut by a crash or a full disk
        raise InputError(f"{path.parent}: another process is just beginning to train here; wait for it") from e
    if host != socket.gethostname():
        raise InputError(
            f"{path.parent}: process {pid} on {host} trains here since {since}; if it is no longer there, delete {path}"
        )
    if is_running(pid, started):
        raise InputError(
            f"{path.parent}: process {pid} trains here since {since}; wait for it, stop it, or name another folder by "
            f"--root (if it is no longer there, delete {path})"
        )


def is_running(pid: int, started: str) -> bool:
    """Whether the process `pid` that began at `started` (as `process_start` says it) is still there."""
    now = process_start(pid)
    return bool(now) and (now == started or _UNKNOWN in (now, started))


def process_start(pid: int) -> str:
    """When a process of this machine began, in words that no other process of that number shares; "" if it is gone."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            # The name in brackets may hold anything; after it come the state and, as the 20th, the start time.
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        except OSError:
            return _UNKNOWN if _is_anothers(pid) else ""
        return "" if fields[0] in "ZX" else f"{boot} {fields[19]}"
    if os.name == "nt":
        return _UNKNOWN
    done = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _is_anothers(pid: int) -> bool:
    """Whether the process is there, and hidden because another user runs it."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return False


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0

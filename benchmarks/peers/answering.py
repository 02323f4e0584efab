"""What the scripts that read lines have in common: they are told what to do, and answer until nothing more is asked.

stdin: a JSON object {"paths": [...], "threads": n} and what else the script takes, then lines: "about" (what the script
says of its reader), "one 0 40" (the paths 0 to 39, each alone) or "all 0 549" (together, as a folder is read). stdout:
"ready", then a JSON object for each: {"ms": [...], "cpu": [...], "texts": [...]} of lines read, with milliseconds from
file to text, a line, by the clock and of processor time (child processes too).

Only the standard library is used: each script runs in its peer's environment.
"""

import contextlib
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

#: Reads the images of some paths: their texts.
Read = Callable[[Sequence[str]], list[str]]


def given() -> dict[str, Any]:
    """The task: the first line of standard input."""
    task: dict[str, Any] = json.loads(sys.stdin.readline())
    return task


def answer(task: Mapping[str, Any], read: Read, about: Mapping[str, Any] | None = None) -> None:
    """Warms up with the first path, says "ready", and answers. What the reader itself prints goes to stderr."""
    out = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):
        read(task["paths"][:1])
        print("ready", file=out, flush=True)
        for request in sys.stdin:
            how, *span = request.split()
            reply = dict(about or {}) if how == "about" else _timed(read, how, task["paths"][slice(*map(int, span))])
            print(json.dumps(reply), file=out, flush=True)


def _timed(read: Read, how: str, paths: Sequence[str]) -> dict[str, Any]:
    ms: list[float] = []
    cpu: list[float] = []
    texts: list[str] = []
    for group in [[p] for p in paths] if how == "one" else [paths]:
        began, busy = time.perf_counter(), _processor_seconds()
        texts += read(group)
        ms.append(1e3 * (time.perf_counter() - began) / len(group))
        cpu.append(1e3 * (_processor_seconds() - busy) / len(group))
    return {"ms": ms, "cpu": cpu, "texts": texts}


def _processor_seconds() -> float:
    """What this process and the children that it waited for have used so far."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


@contextlib.contextmanager
def weights_from(place: str, *errors: type[Exception]) -> Iterator[None]:
    """Ends the process with one line that names `place`, where a download fails: by an OSError, or one of `errors`."""
    try:
        yield
    except (OSError, *errors) as e:
        print(f"its weights need {place}, which could not be reached ({type(e).__name__})", flush=True)
        raise SystemExit(1) from None

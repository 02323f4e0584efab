"""A process that reads: `python -m chuviet.serve.worker`, started by the service, which talks to it through pipes.

It may be ended at any moment: it holds nothing but the request that it reads. It writes no file (a resource limit
sees to that), and nothing to the log: what goes wrong is a message to the service.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from chuviet.errors import InputError
from chuviet.serve.messages import read_message, write_message
from chuviet.serve.refusal import Refusal
from chuviet.serve.settings import Settings

#: Seconds after its time limit at which a worker ends itself, should there be no service any more to do that.
_GRACE = 30
_OUT_OF_MEMORY = ("alloc", "memory")


def main() -> None:
    """Reads what comes on standard input until it is closed."""
    commands, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not be taken for an answer
    for ignored in (signal.SIGINT, signal.SIGTERM):  # the service decides when a worker ends
        signal.signal(ignored, signal.SIG_IGN)
    first = read_message(commands)
    if first is not None:
        settings = Settings(**(first[0] | {"weights": tuple(first[0]["weights"])}))
        with contextlib.suppress(BrokenPipeError):  # the service has gone
            serve(settings, commands, answers)


def serve(settings: Settings, commands: BinaryIO, answers: BinaryIO) -> None:
    """Loads the weights, then does one job after the other."""
    _limit_resources(settings.memory_mb)
    try:
        reading = _open(settings)
    except InputError as e:
        write_message(answers, {"event": "failed", "detail": str(e)})
        return
    write_message(answers, {"event": "ready", "models": reading.models()})
    jobs: dict[str, Callable[[dict[str, Any], bytes], Iterator[bytes]]] = {
        "read": reading.read, "lines": reading.read_lines,
    }  # fmt: skip
    while (message := read_message(commands)) is not None:
        job, data = message
        if "job" not in job:  # a stop that came after the end
            continue
        with _alarm(settings.time_limit + _GRACE):
            ending = _do(jobs[job["job"]](job, data), commands, answers)
        del message, data
        write_message(answers, ending)
        if ending.get("spoilt"):
            return


def _open(settings: Settings) -> Any:
    import cv2

    from chuviet.serve.jobs import Reading

    cv2.setNumThreads(settings.threads_each)
    reading = Reading(settings)
    reading.warm_up()
    return reading


def _do(parts: Iterator[bytes], commands: BinaryIO, answers: BinaryIO) -> dict[str, Any]:
    """Sends the parts of an answer; after each the service says whether to go on. Returns the last message."""
    try:
        for part in parts:
            write_message(answers, {"event": "part"}, part)
            reply = read_message(commands)
            if reply is None or not reply[0].get("go"):
                return {"event": "stopped"}
    except Refusal as e:
        return {"event": "refused", "status": e.status, "detail": e.detail}
    except InputError as e:
        return {"event": "refused", "status": 422, "detail": str(e)}
    except BrokenPipeError:
        raise
    except Exception as e:  # noqa: BLE001 (whatever a stranger's file sets off, the next request is read)
        return _fault(e)
    return {"event": "done"}


def _fault(e: Exception) -> dict[str, Any]:
    """What is said of an exception: its type and place, but not its message, which may hold text that was read."""
    if isinstance(e, MemoryError) or any(word in str(e).lower() for word in _OUT_OF_MEMORY):
        detail = "reading it needs more memory than a worker may take; send it smaller or in parts"
        return {"event": "refused", "status": 413, "detail": detail, "spoilt": True}
    where = traceback.extract_tb(e.__traceback__)[-1]
    return {"event": "fault", "what": f"{type(e).__name__} at {Path(where.filename).name}:{where.lineno}"}


def _limit_resources(memory_mb: int) -> None:
    """No files, no core dumps, and no more address space than `memory_mb` (0: any); where the system has limits."""
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    if memory_mb:
        resource.setrlimit(resource.RLIMIT_AS, (memory_mb * 1_000_000, memory_mb * 1_000_000))


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Ends the process after so many seconds, whatever it does."""
    if not hasattr(signal, "setitimer"):
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


if __name__ == "__main__":
    main()

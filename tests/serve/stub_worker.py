"""A worker without weights: it speaks as `chuviet.serve.worker` does, and does what the body of a request says.

`parts N` sends N parts, `sleep S` nothing for S seconds and then a part, `slow N` N parts with 0.2 seconds between,
`big N` N bytes, `die` ends the process, `kill` ends it by SIGKILL, `fault` tells of an exception,
anything else comes back.
"""

import os
import signal
import sys
import time
from collections.abc import Iterator
from typing import Any

from chuviet.serve import worker
from chuviet.serve.messages import read_message, write_message


def answer(job: dict[str, Any], data: bytes) -> Iterator[bytes]:
    word, _, number = data.decode("latin-1").partition(" ")
    if word == "sleep":
        time.sleep(float(number))
    elif word == "die":
        os.abort()
    elif word == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif word == "fault":
        raise KeyError("a text that was read")
    elif word == "memory":
        raise MemoryError
    elif word == "big":
        yield bytes(int(number))
    elif word in ("parts", "slow"):
        for k in range(int(number)):
            time.sleep(0.2 * (word == "slow"))
            yield f"{k}\n".encode()
    else:
        yield data
    yield b""


def main() -> None:
    commands, answers = sys.stdin.buffer, sys.stdout.buffer
    if read_message(commands) is None:
        return
    write_message(answers, {"event": "ready", "models": []})
    while (message := read_message(commands)) is not None:
        if "job" not in message[0]:
            continue
        ending = worker._do(answer(*message), commands, answers)
        write_message(answers, ending)
        if ending.get("spoilt"):
            return


main()

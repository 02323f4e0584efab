"""A process that a benchmark asks again and again: one of the scripts of this folder, in an environment of its own."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PEERS = Path(__file__).parent


class NotStarted(SystemExit):
    """A process ended before it was ready. `reason`: the last line that it printed."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class Process:
    """Started with `command`, told its `task` as a line of JSON, ready when it says "ready"; what is printed before is
    skipped. Raises NotStarted if it ends first.
    """

    def __init__(
        self, command: Sequence[str], task: Any, environment: Mapping[str, str] | None = None, hint: str = ""
    ) -> None:
        self.process = subprocess.Popen(
            list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=os.environ | dict(environment or {}),
        )  # fmt: skip
        assert self.process.stdin and self.process.stdout
        self.stdin, self.stdout = self.process.stdin, self.process.stdout
        with contextlib.suppress(BrokenPipeError):  # it has ended before it heard of its task
            self._say(json.dumps(task))
        last = ""
        for line in self.stdout:
            if line.strip() == "ready":
                return
            last = line.strip() or last
        with contextlib.suppress(BrokenPipeError):
            self.close()
        why = hint or last
        raise NotStarted(f"{' '.join(command)} could not be started{why and ': ' + why}", last)

    def ask(self, request: str) -> Any:
        """The answer, a line of JSON, to a request of one line."""
        self._say(request)
        answer = self.stdout.readline()
        if not answer:
            sys.exit(f"{self.process.args!r} ended at the request {request[:200]}")
        return json.loads(answer)

    def close(self) -> None:
        self.stdin.close()
        self.process.wait()

    def _say(self, line: str) -> None:
        print(line, file=self.stdin, flush=True)

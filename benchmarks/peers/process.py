"""A process that a benchmark asks again and again: one of the scripts of this folder, in an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PEERS = Path(__file__).parent


class Process:
    """Started with `command`, told its `task` as a line of JSON, ready when it says "ready". What others print before
    that is skipped.
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
        self._say(json.dumps(task))
        if not any(line.strip() == "ready" for line in self.stdout):
            sys.exit(f"{' '.join(command)} could not be started{hint and ': ' + hint}")

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

"""Leaving a run in order when it is told to stop."""

from __future__ import annotations

import signal
from typing import Any


class NotedSignals:
    """Notes SIGINT and SIGTERM instead of dying from them, so that the run is saved first; a second SIGINT is not
    held up.
    """

    def __enter__(self) -> NotedSignals:
        self.came = 0
        self.former = {s: signal.signal(s, self._note) for s in (signal.SIGINT, signal.SIGTERM)}
        return self

    def _note(self, number: int, frame: Any) -> None:
        if self.came:
            raise KeyboardInterrupt
        self.came = number

    def __exit__(self, *_: object) -> None:
        for number, handler in self.former.items():
            signal.signal(number, handler)

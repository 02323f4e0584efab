"""What Prometheus is told: counts, times and gauges in its text format."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

#: Upper bounds in seconds of the classes of times.
BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counts since the start. Labels are routes and statuses, never anything that a client sent."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, int]] = Counter()
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._classes: Counter[tuple[str, float]] = Counter()
        self.pages = self.lines = self.bytes_received = self.replaced = 0
        #: Numbers that are asked for when the text is made: name -> (what it is, value).
        self.gauges: dict[str, tuple[str, Callable[[], float]]] = {}

    def count(self, route: str, status: int, seconds: float) -> None:
        """One answer."""
        self.requests[route, status] += 1
        self._seconds[route] += seconds
        bound = next((b for b in BOUNDS if seconds <= b), float("inf"))
        self._classes[route, bound] += 1

    def text(self) -> str:
        """All of it in Prometheus' text format."""
        rows = [
            *_head("chuviet_requests_total", "counter", "Answers by route and status."),
            *(f'chuviet_requests_total{{route="{r}",status="{s}"}} {n}' for (r, s), n in sorted(self.requests.items())),
            *_head("chuviet_request_seconds", "histogram", "Seconds from the request's head to the end of its answer."),
            *(row for route in sorted(self._seconds) for row in self._histogram(route)),
        ]
        counters = {
            "chuviet_pages_total": ("Pages that were read.", self.pages),
            "chuviet_lines_total": ("Images of lines that were read.", self.lines),
            "chuviet_received_bytes_total": ("Bytes of bodies.", self.bytes_received),
            "chuviet_workers_replaced_total": ("Workers that broke or took too long.", self.replaced),
        }
        for name, (what, value) in counters.items():
            rows += [*_head(name, "counter", what), f"{name} {value}"]
        for name, (what, ask) in self.gauges.items():
            rows += [*_head(name, "gauge", what), f"{name} {ask():g}"]
        return "\n".join(rows) + "\n"

    def _histogram(self, route: str) -> list[str]:
        rows, total = [], 0
        for bound in (*BOUNDS, float("inf")):
            total += self._classes[route, bound]
            shown = "+Inf" if bound == float("inf") else f"{bound:g}"
            rows.append(f'chuviet_request_seconds_bucket{{route="{route}",le="{shown}"}} {total}')
        rows.append(f'chuviet_request_seconds_sum{{route="{route}"}} {self._seconds[route]:.6f}')
        return [*rows, f'chuviet_request_seconds_count{{route="{route}"}} {total}']


def memory_of(processes: list[int]) -> int:
    """Bytes of memory that processes take, 0 where the system does not say (it does in Linux)."""
    total = 0
    for process in processes:
        try:
            with Path(f"/proc/{process}/statm").open() as f:
                total += int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except (OSError, ValueError, AttributeError):
            continue
    return total


def _head(name: str, kind: str, what: str) -> list[str]:
    return [f"# HELP {name} {what}", f"# TYPE {name} {kind}"]

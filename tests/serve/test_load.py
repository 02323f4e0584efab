"""64 clients at once, most of them hostile, of a service with two workers."""

from __future__ import annotations

import re
import runpy
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "serve.py"


def test_bombs_cut_files_and_random_bytes_among_good_pictures(serve: Callable[..., Any]) -> None:
    """Each answer has a proper status, which `hostile` asserts; all good pictures are read, and memory is bounded."""
    service = serve("--workers", "2")
    runpy.run_path(str(BENCHMARK))["hostile"](service.port, 1)
    found, end = figures(service.url), time.monotonic() + 20
    while answered(found) < 65 and time.monotonic() < end:  # an answer is counted when it has been sent
        time.sleep(0.05)
        found = figures(service.url)
    assert answered(found) == 65 and found['chuviet_requests_total{route="/v1/read",status="200"}'] == "17"
    assert found["chuviet_workers"] == "2" and float(found["chuviet_memory_bytes"]) < 1.5e9
    assert found["chuviet_held_bytes"] == "0" and found["chuviet_requests_in_progress"] == "0"
    assert "Traceback" not in (log := service.log.read_text()) and " 500 " not in log


def figures(url: str) -> dict[str, str]:
    with urllib.request.urlopen(f"{url}/metrics") as answer:
        return dict(re.findall(r"^(\S+) (\S+)$", answer.read().decode(), re.MULTILINE))


def answered(found: dict[str, str]) -> int:
    """How many files were answered, with any status."""
    return sum(int(count) for name, count in found.items() if 'route="/v1/read",status=' in name)

"""Services to ask: one with the shipped weights, and ones whose workers are a stub that does as it is told."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the extra `serve` is not installed")

from fastapi.testclient import TestClient

from chuviet.serve.app import Service
from chuviet.serve.settings import Settings

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"
STUB = (sys.executable, str(Path(__file__).with_name("stub_worker.py")))


@dataclass
class Asked:
    """A service under test."""

    client: TestClient
    service: Service


@pytest.fixture
def stub() -> Iterator[Callable[..., Asked]]:
    """stub(**options): a service with one stub worker, which does what the body says (tests/serve/stub_worker.py)."""
    with ExitStack() as stack:

        def make(**options: Any) -> Asked:
            service = Service(Settings(**({"weights": (), "workers": 1} | options)), STUB)
            return Asked(stack.enter_context(TestClient(service.app, raise_server_exceptions=False)), service)

        yield make


@pytest.fixture(scope="session")
def reading() -> Iterator[Asked]:
    """A service with the shipped weights, one worker, and small limits of pixels, pages and lines."""
    settings = Settings(weights=(), workers=1, threads=1, max_pixels=2_000_000, max_pages=3, max_lines=4, max_mb=4)
    service = Service(settings)
    with TestClient(service.app, raise_server_exceptions=False) as client:
        yield Asked(client, service)


@pytest.fixture
def hasty() -> Iterator[Asked]:
    """A service with the shipped weights that gives each request three seconds."""
    service = Service(Settings(weights=(), workers=1, threads=1, time_limit=3))
    with TestClient(service.app, raise_server_exceptions=False) as client:
        yield Asked(client, service)


@dataclass
class Process:
    """`chuviet serve` as a process of its own."""

    process: subprocess.Popen[str]
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """serve(*options): starts `chuviet serve` on a free port, with one worker, and waits until it answers."""
    started: list[subprocess.Popen[str]] = []

    def start(*options: str, **more: Any) -> Process:
        log = tmp_path / f"serve{len(started)}.log"
        command = [
            sys.executable,
            "-m",
            "chuviet",
            "serve",
            "--port",
            "0",
            "--workers",
            "1",
            "--threads",
            "1",
            *options,
        ]
        with log.open("w") as stderr:
            process = subprocess.Popen(command, stderr=stderr, text=True, **more)
        started.append(process)
        port = _until(lambda: re.search(r"http://[^ ]+:(\d+) ", log.read_text()), process)
        found = Process(process, int(port[1]), log)
        _until(lambda: _answers(found.url), process)
        return found

    yield start
    for process in started:
        process.kill()
        process.wait()


def _until(ask: Callable[[], Any], process: subprocess.Popen[str], seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := ask():
            return found
        assert process.poll() is None, "the service has ended"
        time.sleep(0.05)
    raise AssertionError("the service does not answer")


def _answers(url: str) -> bool:
    import urllib.request

    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=60) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False

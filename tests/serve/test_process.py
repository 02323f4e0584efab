"""`chuviet serve` as a process on the loopback: addresses, tokens, streams, clients that go, signals, its log."""

from __future__ import annotations

import http.client
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"
CLIENTS = ROOT / "docs" / "clients"
LINE = EXAMPLES / "lines" / "address.jpg"
TOKEN = "a-token-of-some-length"


def page(width: int) -> Image.Image:
    photo = Image.open(EXAMPLES / "page.jpg")
    return photo.resize((width, width * photo.height // photo.width))


def document(pages: int, width: int = 450) -> bytes:
    """A TIFF of so many pages."""
    data = io.BytesIO()
    page(width).save(data, "TIFF", save_all=True, append_images=[page(width)] * (pages - 1), compression="jpeg")
    return data.getvalue()


def post(port: int, body: bytes, path: str = "/v1/read?format=txt") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("POST", path, body)
    answer = connection.getresponse()
    return answer.status, answer.read()


def figure(port: int, name: str) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    return float(re.search(rf"^{name} (\S+)$", text, re.MULTILINE)[1])  # type: ignore[index]


@pytest.fixture(scope="module")
def small() -> bytes:
    data = io.BytesIO()
    Image.open(EXAMPLES / "page.jpg").crop((240, 110, 640, 240)).resize((200, 65)).save(data, "PNG")
    return data.getvalue()


def test_pages_come_while_the_next_are_read_and_a_stop_waits_for_the_last(serve: Callable[..., Any]) -> None:
    """SIGTERM after the first page of three: the others still come, new connections do not, and the exit code is 0."""
    service = serve()
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=120)
    connection.request("POST", "/v1/read?format=jsonl", document(3))
    answer = connection.getresponse()
    first = json.loads(answer.readline())
    came = time.monotonic()
    service.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", service.port), timeout=5)
    rest = [json.loads(line) for line in answer.read().splitlines()]
    assert time.monotonic() - came > 0.3  # they were not there yet
    assert [one["name"] for one in (first, *rest)] == ["image#1", "image#2", "image#3"]
    assert all("RIVER CAFE" in json.dumps(one) for one in rest)
    assert service.process.wait(30) == 0
    assert "Traceback" not in service.log.read_text()


def test_a_whole_answer_is_given_after_a_stop_too(serve: Callable[..., Any]) -> None:
    service = serve()
    answers: list[tuple[int, bytes]] = []
    asking = threading.Thread(target=lambda: answers.append(post(service.port, document(2))))
    asking.start()
    while not figure(service.port, "chuviet_requests_in_progress"):
        time.sleep(0.02)
    service.process.send_signal(signal.SIGINT)
    asking.join(60)
    (answer,) = answers
    assert answer[0] == 200 and answer[1].decode().count("RIVER CAFE") == 2
    assert service.process.wait(30) == 0


def test_a_client_that_goes_frees_its_worker(serve: Callable[..., Any], small: bytes) -> None:
    service = serve("--max-pages", "100")
    body = document(40)
    raw = socket.create_connection(("127.0.0.1", service.port))
    raw.sendall(b"POST /v1/read HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    while not figure(service.port, "chuviet_requests_in_progress"):
        time.sleep(0.02)
    raw.close()
    start = time.monotonic()
    assert post(service.port, small)[0] == 200
    assert time.monotonic() - start < 10  # 40 pages take longer
    assert figure(service.port, "chuviet_workers_replaced_total") == 0
    assert figure(service.port, "chuviet_held_bytes") == 0


def test_the_log_of_a_process_holds_no_text(serve: Callable[..., Any], small: bytes, tmp_path: Path) -> None:
    (tmp_path / "token.txt").write_text(f"{TOKEN}\n")
    service = serve("--token-file", str(tmp_path / "token.txt"))
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
    connection.request("POST", "/v1/read?format=txt", small, {"Authorization": f"Bearer {TOKEN}"})
    assert b"RIVER CAFE" in connection.getresponse().read()
    assert post(service.port, small)[0] == 401
    while "POST /v1/read 401" not in (log := service.log.read_text()):  # written when the answer has been sent
        time.sleep(0.02)
    assert "POST /v1/read 200" in log
    assert "RIVER" not in log and TOKEN not in log


def test_workers_get_no_token_write_no_files_and_leave_with_the_service(serve: Callable[..., Any]) -> None:
    service = serve(env=os.environ | {"CHUVIET_TOKEN": TOKEN})
    assert post(service.port, b"x")[0] == 401
    (worker,) = Path(f"/proc/{service.process.pid}/task/{service.process.pid}/children").read_text().split()
    assert TOKEN not in Path(f"/proc/{worker}/environ").read_text()
    limits = Path(f"/proc/{worker}/limits").read_text()
    assert re.search(r"^Max file size +0 ", limits, re.MULTILINE) and re.search(
        r"^Max core file size +0 ", limits, re.M
    )
    assert re.search(r"^Max address space +4000000000 ", limits, re.MULTILINE)
    service.process.kill()
    service.process.wait()
    end = time.monotonic() + 10
    while Path(f"/proc/{worker}/fd").exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not Path(f"/proc/{worker}/fd").exists() or not list(Path(f"/proc/{worker}/fd").iterdir())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--token-file", "/nowhere/token"], "--token-file /nowhere/token: cannot be read"),
        (["--host", "256.1.1.1"], "256.1.1.1:8000: cannot be listened on"),
        (["--port", "99999"], "cannot be listened on"),
        (["--max-mb", "0"], "--max-mb 0"),
        (["--max-held-mb", "1"], "--max-held-mb 1"),
        (["--memory-mb", "10"], "--memory-mb 10"),
        (["--time-limit", "nan"], "--time-limit nan"),
        (["-w", "nothing"], "nothing: no such file"),
        (["-w", "page_det", "-w", "text_det", "--port", "0", "--workers", "1"], "two detectors"),
    ],
)
def test_options_that_make_no_sense_are_one_line(options: list[str], said: str) -> None:
    done = subprocess.run([sys.executable, "-m", "chuviet", "serve", *options], capture_output=True, text=True)
    assert done.returncode == 2
    errors = [line for line in done.stderr.splitlines() if not line.startswith("chuviet: http")]
    assert len(errors) == 1 and errors[0].startswith("chuviet: error: ") and said in errors[0]


def test_an_address_in_use_and_one_for_all_are_said(serve: Callable[..., Any]) -> None:
    service = serve("--host", "0.0.0.0")
    first, second, *_ = service.log.read_text().splitlines()
    assert first.startswith(f"chuviet: http://0.0.0.0:{service.port} has the page (workers: 1, threads of each: 1)")
    assert "other machines" in second and "everybody can read here" in second
    command = [sys.executable, "-m", "chuviet", "serve", "--port", str(service.port)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2 and "cannot be listened on (Address already in use)" in done.stderr


def test_the_clients_of_the_documentation(serve: Callable[..., Any], tmp_path: Path) -> None:
    service = serve(env=os.environ | {"CHUVIET_TOKEN": TOKEN})
    photo = tmp_path / "photo.png"
    page(450).save(photo)
    (tmp_path / "bad.png").write_bytes(photo.read_bytes()[:500])

    def run(*command: str | Path, code: int = 0) -> str:
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True,
                              env=os.environ | {"CHUVIET_TOKEN": TOKEN})  # fmt: skip
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    python = [sys.executable, CLIENTS / "read.py"]
    assert "image: 450 x 310" in (text := run(*python, photo, service.url, TOKEN)) and "RIVER CAFE" in text
    assert "422: image: truncated" in run(*python, tmp_path / "bad.png", service.url, TOKEN, code=1)
    assert "401: a token" in run(*python, photo, service.url, code=1)
    if shutil.which("curl"):
        assert run(CLIENTS / "read.sh", photo, service.url, TOKEN).startswith("RIVER CAFE")
        assert '{"detail"' in run(CLIENTS / "read.sh", tmp_path / "bad.png", service.url, TOKEN, code=22)
    if node := shutil.which("node"):
        lines = run(node, CLIENTS / "lines.mjs", service.url, LINE, EXAMPLES / "lines" / "name.jpg").splitlines()
        assert (
            lines[0].startswith("address.jpg\t0.9")
            and "Phường Sơn Tây" in lines[0]
            and lines[1].startswith("name.jpg\t")
        )
        assert "422: bad.png" in run(node, CLIENTS / "lines.mjs", service.url, tmp_path / "bad.png", code=1)

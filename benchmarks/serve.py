"""How fast `chuviet serve` answers, beside one process of `chuviet read`, and how it stands many and hostile clients.

    python benchmarks/serve.py                        pages of docs/examples, 1 to 64 clients; hostile ones; memory
    python benchmarks/serve.py --memory 10000         memory after so many requests
    python benchmarks/serve.py --pages 20 --small     small pictures: what the service itself costs

Everything runs on this machine, on the loopback; every loop ends after a given number of requests.
"""

from __future__ import annotations

import argparse
import http.client
import io
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, cycle, islice
from pathlib import Path

import numpy as np
from PIL import Image

EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"
CLIENTS = (1, 8, 64)
#: What a hostile body may be answered with; a good one gets 200, or is asked to come again.
REFUSED, GOOD = {408, 413, 415, 422, 429, 504}, {200, 429}


@dataclass(frozen=True)
class Answer:
    """Of one request: how long it took, and what came. `body` is its number among the bodies."""

    body: int
    status: int
    seconds: float
    content: bytes


def main() -> None:
    args = _arguments()
    print(f"{os.cpu_count()} cores, load before {os.getloadavg()[0]:.1f}; workers: {args.workers or 'one a core'}")
    pages = [_sign(k) for k in range(8)] if args.small else _pages()
    with _service(args.workers) as port:
        process = one_process(pages[: args.pages], args.pages)
        print(f"one process of chuviet read: {process:.2f} pages a second")
        for clients in CLIENTS:
            print(speed(port, pages, max(args.pages, clients), clients))
        hostile(port, args.rounds)
        memory(port, args.memory)


def one_process(pages: Sequence[bytes], number: int) -> float:
    """Pages a second of `chuviet read`, without its start."""
    with tempfile.TemporaryDirectory() as folder:
        for k, page in enumerate(islice(cycle(pages), number)):
            Path(folder, f"{k}.png").write_bytes(page)
        command = [sys.executable, "-m", "chuviet", "read", folder, "--out", f"{folder}/all.json"]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return 1000 / float(re.search(r"([\d.]+) ms an image", said)[1])  # type: ignore[index]


def speed(port: int, pages: Sequence[bytes], number: int, clients: int) -> str:
    """One row: `number` pages by so many clients at once."""
    start = time.perf_counter()
    answers = ask(port, list(islice(cycle(pages), number)), clients)
    seconds = time.perf_counter() - start
    good = [answer.seconds for answer in answers if answer.status == 200]
    p50, p95, p99 = np.percentile(good, (50, 95, 99))
    statuses = dict(Counter(answer.status for answer in answers))
    times = f"p50 {p50:.2f} p95 {p95:.2f} p99 {p99:.2f} s"
    return f"{clients:3} clients: {len(good) / seconds:6.2f} pages a second, {times}, {statuses}"


def hostile(port: int, rounds: int) -> None:
    """64 clients at once, three of four with bodies that are no pages: each answer a proper status, good ones right."""
    sign = _sign(0)
    expected = ask(port, [sign], 1)[0].content
    for number in range(rounds):
        bad = list(islice(_bad_bodies(sign, number), 48))
        bodies = [body for three in zip(*[iter(bad)] * 3, strict=True) for body in (*three, sign)]
        answers = ask(port, bodies, 64)
        good = [a for a in answers if a.body % 4 == 3]
        wrong = [a.status for a in answers if a.body % 4 != 3 and a.status not in REFUSED | {200}]
        wrong += [a.status for a in good if a.status not in GOOD or (a.status == 200 and a.content != expected)]
        print(f"hostile {number + 1}: {dict(sorted(Counter(a.status for a in answers).items()))}, good ones "
              f"{sum(a.status == 200 for a in good)} of {len(good)} read, {len(wrong)} wrong answers {wrong}, "
              f"slowest {max(a.seconds for a in answers):.1f} s, {_megabytes(port):.0f} MB")  # fmt: skip
        assert not wrong


def memory(port: int, number: int) -> None:
    """Memory of service and workers before and after `number` requests of small pictures."""
    signs = [_sign(k) for k in range(16)]
    before, done = _megabytes(port), 0
    while done < number:
        part = min(max(number // 5, 1), number - done)
        failed = [a.status for a in ask(port, list(islice(cycle(signs), part)), 8) if a.status != 200]
        done += part
        print(f"memory: {before:.0f} MB before, {_megabytes(port):.0f} MB after {done} requests, {len(failed)} failed")


def ask(port: int, bodies: Sequence[bytes], clients: int) -> list[Answer]:
    """Sends each body once, by so many clients at once."""
    numbers, answers, lock = count(), list[Answer](), threading.Lock()

    def client() -> None:
        while (number := next(numbers)) < len(bodies):
            start = time.perf_counter()
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
            connection.request("POST", "/v1/read", bodies[number])
            answer = connection.getresponse()
            content = answer.read()
            with lock:
                answers.append(Answer(number, answer.status, time.perf_counter() - start, content))

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def _pages() -> list[bytes]:
    """The pages of docs/examples as PNG files: a drawn page, letter and document, a receipt and a photo."""
    return [_png(Image.open(path)) for path in sorted([EXAMPLES / "page.jpg", *(EXAMPLES / "pages").glob("*.jpg")])]


def _sign(number: int) -> bytes:
    """One printed line, 200 x 65, a little different for each number."""
    line = Image.open(EXAMPLES / "page.jpg").crop((240, 110, 640, 240)).resize((200 + number, 65))
    return _png(line)


def _bad_bodies(good: bytes, seed: int) -> Iterator[bytes]:
    """Without end: random bytes, random bytes behind the first ones of a kind, cut files, bombs, too large bodies."""
    rng = np.random.default_rng(seed)
    jpeg = (EXAMPLES / "page.jpg").read_bytes()
    heads = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"II*\0", b"BM", b"%PDF-1.5\n", b"P6 ")
    makers: tuple[Callable[[], bytes], ...] = (
        lambda: rng.bytes(int(rng.integers(0, 5000))),
        lambda: heads[rng.integers(len(heads))] + rng.bytes(3000),
        lambda: good[: rng.integers(1, len(good) - 20)],
        lambda: jpeg[: rng.integers(1, len(jpeg) - 20)],
        lambda: _bomb(60_000),
        lambda: _bomb(7_000),
        lambda: bytes(26_000_000),
        _pdf_bomb,
    )
    for make in cycle(makers):
        yield make()


def _bomb(side: int) -> bytes:
    """A PNG that says it is `side` x `side` pixels, 7,000 of which are within the limit: its rows are missing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(100_000)))
            + chunk(b"IEND", b""))  # fmt: skip


def _pdf_bomb() -> bytes:
    """A PDF that has one page ten thousand times."""
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 10000 /Kids [" + b"3 0 R " * 10_000 + b"] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] >>",
    )
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (k, entry) for k, entry in enumerate(objects, 1))
    return b"%PDF-1.4\n" + body + b"trailer << /Root 1 0 R >>\n%%EOF\n"


def _png(image: Image.Image) -> bytes:
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


def _megabytes(port: int) -> float:
    """Memory of the service and its workers, by its own figure."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    return float(re.search(r"^chuviet_memory_bytes (\S+)$", text, re.MULTILINE)[1]) / 1e6  # type: ignore[index]


@contextmanager
def _service(workers: int) -> Iterator[int]:
    """The port of a service that has been started."""
    command = [
        sys.executable,
        "-m",
        "chuviet",
        "serve",
        "--port",
        "0",
        "--workers",
        str(workers),
        "--time-limit",
        "300",
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    port = int(re.search(r"http://[^ ]+:(\d+) ", process.stderr.readline())[1])  # type: ignore[index]
    silenced = threading.Thread(target=process.stderr.read)  # the log
    silenced.start()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("GET", "/v1/models")
    print(", ".join(model["name"] for model in json.load(connection.getresponse())["models"]))
    try:
        yield port
    finally:
        process.terminate()
        process.wait()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=20, help="at each number of clients (%(default)s; 64 by 64)")
    parser.add_argument("--small", action="store_true", help="one printed line instead of the pages of docs/examples")
    parser.add_argument("--workers", type=int, default=0, help="0: one a core")
    parser.add_argument("--rounds", type=int, default=2, help="of 64 clients, most of them hostile (%(default)s)")
    parser.add_argument("--memory", type=int, default=500, help="requests (%(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()

"""Who waits, who is refused, and what becomes of workers: with a stub that does as it is told."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from chuviet.errors import InputError
from chuviet.serve.metrics import Metrics
from chuviet.serve.pool import Pool
from chuviet.serve.refusal import Refusal
from chuviet.serve.settings import Settings

STUB = (sys.executable, str(Path(__file__).with_name("stub_worker.py")))


@asynccontextmanager
async def pool_of(**options: Any) -> AsyncIterator[Pool]:
    pool = Pool(Settings(**({"weights": (), "workers": 1} | options)), Metrics(), STUB)
    await pool.start()
    try:
        yield pool
    finally:
        await pool.close()


async def ask(pool: Pool, body: bytes, seconds: float = 20) -> list[bytes]:
    """The parts that a job gives."""
    deadline = asyncio.get_running_loop().time() + seconds
    return [part async for part in pool.parts({"job": "read"}, body, deadline)]


async def until(true: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        await asyncio.sleep(0.02)


def run(work: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(work())  # type: ignore[arg-type]


def test_parts_come_in_their_order_and_large_ones_whole() -> None:
    async def work() -> None:
        async with pool_of() as pool:
            assert await ask(pool, b"parts 3") == [b"0\n", b"1\n", b"2\n", b""]
            large = bytes(range(256)) * 20_000
            assert await ask(pool, large) == [large, b""]

    run(work)


def test_requests_are_read_in_the_order_in_which_they_came() -> None:
    async def work() -> None:
        ended: list[int] = []

        async def one(pool: Pool, number: int) -> None:
            await ask(pool, b"sleep 0.05")
            ended.append(number)

        async with pool_of() as pool:
            await asyncio.gather(*(one(pool, k) for k in range(6)))
        assert ended == list(range(6))

    run(work)


def test_two_workers_read_at_the_same_time() -> None:
    async def work() -> None:
        async with pool_of(workers=2) as pool:
            start = time.monotonic()
            await asyncio.gather(*(ask(pool, b"sleep 1") for _ in range(2)))
            assert time.monotonic() - start < 1.9

    run(work)


@pytest.mark.parametrize(("body", "status"), [(b"sleep 60", 504), (b"die", 422), (b"kill", 503), (b"memory", 413)])
def test_a_worker_that_takes_too_long_or_breaks_is_replaced(body: bytes, status: int) -> None:
    async def work() -> None:
        async with pool_of() as pool:
            (former,) = pool.workers
            with pytest.raises(Refusal) as refusal:
                await ask(pool, body, seconds=1)
            assert refusal.value.status == status
            assert await ask(pool, b"parts 1") == [b"0\n", b""]  # it waits for the new one
            assert former not in pool.workers and len(pool.workers) == 1 and pool.metrics.replaced == 1

    run(work)


def test_an_exception_in_a_worker_is_told_by_its_type_and_place_alone(caplog: pytest.LogCaptureFixture) -> None:
    async def work() -> None:
        async with pool_of() as pool:
            with pytest.raises(Refusal) as refusal:
                await ask(pool, b"fault")
            assert refusal.value.status == 500
            assert await ask(pool, b"parts 1") == [b"0\n", b""] and pool.metrics.replaced == 0

    run(work)
    assert "KeyError at stub_worker.py" in caplog.text and "that was read" not in caplog.text


def test_who_waits_too_long_gets_no_turn_and_stops_nobody() -> None:
    async def work() -> None:
        async with pool_of() as pool:
            first = asyncio.create_task(ask(pool, b"sleep 0.8"))
            await asyncio.sleep(0.1)
            with pytest.raises(Refusal, match="no turn came") as refusal:
                await ask(pool, b"parts 1", seconds=0.2)
            assert refusal.value.status == 504
            assert await first == [b""] and pool.metrics.replaced == 0 and pool.waiting == 0

    run(work)


def test_who_goes_while_waiting_is_never_read() -> None:
    async def work() -> None:
        async with pool_of() as pool:
            first, second = (asyncio.create_task(ask(pool, b"sleep 0.4")) for _ in range(2))
            await asyncio.sleep(0.1)
            second.cancel()
            assert await first == [b""]
            start = time.monotonic()
            assert await ask(pool, b"parts 1") == [b"0\n", b""]
            assert time.monotonic() - start < 0.3

    run(work)


@pytest.mark.parametrize("when", [0.05, 0.3, 0.5])
def test_work_whose_client_has_gone_ends_after_its_page(when: float) -> None:
    async def work() -> None:
        async with pool_of() as pool:
            going = asyncio.create_task(ask(pool, b"slow 100"))
            await asyncio.sleep(when)
            going.cancel()
            start = time.monotonic()
            assert await ask(pool, b"parts 2") == [b"0\n", b"1\n", b""]
            assert time.monotonic() - start < 2  # 20 seconds are left of the 100 parts
            assert pool.metrics.replaced == 0

    run(work)


def test_a_generator_that_is_closed_between_parts_gives_its_worker_back() -> None:
    async def work() -> None:
        async with pool_of() as pool:
            parts = pool.parts({"job": "read"}, b"slow 100", asyncio.get_running_loop().time() + 20)
            assert await anext(parts) == b"0\n"
            await parts.aclose()
            assert await ask(pool, b"parts 1") == [b"0\n", b""] and pool.metrics.replaced == 0

    run(work)


def test_an_idle_worker_that_is_killed_is_replaced() -> None:
    async def work() -> None:
        async with pool_of() as pool:
            (worker,) = pool.workers
            worker.process.kill()
            await until(lambda: bool(pool.workers) and worker not in pool.workers)
            assert await ask(pool, b"parts 1") == [b"0\n", b""]

    run(work)


def test_admission_has_as_many_places_as_workers_and_queue() -> None:
    pool = Pool(Settings(weights=(), workers=2, queue=1), Metrics(), STUB)
    with pool.admission(), pool.admission(), pool.admission():
        with pytest.raises(Refusal) as refusal, pool.admission():
            pass
        assert refusal.value.status == 429 and refusal.value.retry_after and 1 <= refusal.value.retry_after <= 60
    assert pool.admitted == 0


def test_weights_that_cannot_be_loaded_are_named(tmp_path: Any) -> None:
    async def work() -> None:
        pool = Pool(Settings(weights=(str(tmp_path / "none.onnx"),), workers=1), Metrics())
        with pytest.raises(InputError, match="none.onnx: weights cannot be read"):
            await pool.start()
        assert not pool.workers

    run(work)

"""The workers and who waits for them: each request gets a worker of its own, in the order in which they came.

Lines of several requests are not put into one batch: the shipped readers run a line at a time, and 64 lines take as
long together as one by one (`chuviet.artifact.onnx_file.OnnxFrames`; docs/results.md has the figures).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections import deque
from collections.abc import AsyncGenerator, Coroutine, Iterator, Sequence
from typing import Any

from chuviet.errors import InputError
from chuviet.serve.metrics import Metrics
from chuviet.serve.process import COMMAND, Worker, WorkerDied
from chuviet.serve.refusal import Refusal
from chuviet.serve.settings import Settings

log = logging.getLogger("chuviet.serve")

_KILLED = -9


class Pool:
    """Worker processes; one that takes too long, or breaks, is replaced."""

    def __init__(self, settings: Settings, metrics: Metrics, command: Sequence[str] = COMMAND) -> None:
        self.settings, self.metrics, self._command = settings, metrics, command
        self.workers: set[Worker] = set()
        self._idle: deque[Worker] = deque()
        self._waiting: deque[asyncio.Future[Worker]] = deque()
        self._background: set[asyncio.Task[None]] = set()
        self._closing = False
        self._seconds = 1.0  # of a job, the latest counting a tenth
        self.admitted = 0
        self.held = 0  # bytes of bodies in memory

    async def start(self) -> None:
        """Starts all workers. Raises InputError where that fails."""
        starting = [self._start_one() for _ in range(self.settings.processes)]
        results = await asyncio.gather(*starting, return_exceptions=True)
        if failed := next((r for r in results if isinstance(r, BaseException)), None):
            await self.close()
            raise failed

    async def close(self) -> None:
        """Ends all workers."""
        self._closing = True
        for task in list(self._background):
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await asyncio.gather(*(worker.leave() for worker in list(self.workers)))

    @property
    def is_ready(self) -> bool:
        return bool(self.workers) and not self._closing

    @property
    def waiting(self) -> int:
        """How many requests wait for a worker."""
        return sum(not turn.done() for turn in self._waiting)

    @property
    def models(self) -> list[dict[str, Any]]:
        """The weights that workers have loaded."""
        return next(iter(self.workers)).models if self.workers else []

    @contextlib.contextmanager
    def admission(self) -> Iterator[None]:
        """A place among those that are read or wait. Raises Refusal where there is none."""
        if self.admitted >= self.settings.processes + self.settings.queue:
            raise self.busy("too many requests are waiting")
        self.admitted += 1
        try:
            yield
        finally:
            self.admitted -= 1

    def busy(self, why: str) -> Refusal:
        """A refusal that says when to come again: when half of what waits will have been read."""
        seconds = math.ceil(self._seconds * self.admitted / self.settings.processes / 2)
        return Refusal(429, f"{why}; try again later", retry_after=min(max(seconds, 1), 60))

    async def parts(self, job: dict[str, Any], data: bytes, deadline: float) -> AsyncGenerator[bytes, None]:
        """The parts of the answer to a job, as they come; `deadline` is a time of the event loop.

        Closed or cancelled, the job ends after the page that is being read. Raises Refusal, with status 504 after the
        deadline.
        """
        worker = await self._take(deadline)
        clock, start = asyncio.get_running_loop().time, asyncio.get_running_loop().time()
        ended: dict[str, Any] | None = None
        try:
            async with asyncio.timeout_at(deadline):
                await worker.send(job, data)
            while True:
                async with asyncio.timeout_at(deadline):
                    message, part = await worker.receive()
                if message["event"] != "part":
                    ended = message
                    break
                yield part
                await worker.send({"go": True})
        except TimeoutError:
            ended = {"event": "late", "spoilt": True}
            raise Refusal(504, f"not read within {self.settings.time_limit:g} seconds; send less") from None
        except WorkerDied as e:
            raise _death(e.code) from e
        finally:
            self._seconds += 0.1 * (clock() - start - self._seconds)
            self._put_back(worker, ended, deadline)
        self._raise_for(ended)

    def _raise_for(self, ended: dict[str, Any]) -> None:
        if ended["event"] == "refused":
            raise Refusal(ended["status"], ended["detail"])
        if ended["event"] == "fault":
            log.error("a request ended with %s", ended["what"])
            raise Refusal(500, "an error of the service; its log says more")

    async def _take(self, deadline: float) -> Worker:
        """A worker, when it is this request's turn."""
        while self._idle:
            worker = self._idle.popleft()
            if worker.is_alive:
                return worker
        turn: asyncio.Future[Worker] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout_at(deadline):
                return await turn
        except BaseException as e:
            with contextlib.suppress(ValueError):
                self._waiting.remove(turn)
            if turn.done() and not turn.cancelled():  # its turn came while it was being cancelled
                self._give(turn.result())
            if isinstance(e, TimeoutError):
                raise Refusal(504, f"no turn came within {self.settings.time_limit:g} seconds; try again later") from e
            raise

    def _give(self, worker: Worker) -> None:
        """Gives a worker that has nothing to do to the next who waits."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(worker)
                return
        self._idle.append(worker)

    def _put_back(self, worker: Worker, ended: dict[str, Any] | None, deadline: float) -> None:
        """After a job: the worker is given on, or, where it was left in the middle of one, when that has ended."""
        if ended is not None and ended.get("spoilt"):
            worker.kill()
        elif ended is not None:
            self._give(worker)
        elif worker.is_alive and not self._closing:
            self._in_background(self._settle(worker, deadline))

    async def _settle(self, worker: Worker, deadline: float) -> None:
        """Lets a worker whose client has gone end its page."""
        try:
            async with asyncio.timeout_at(deadline):
                await worker.send({"go": False})
                message, _ = await worker.receive()
                while message["event"] == "part":
                    message, _ = await worker.receive()
        except (TimeoutError, WorkerDied):
            worker.kill()
            return
        if message.get("spoilt"):
            worker.kill()
        else:
            self._give(worker)

    async def _start_one(self) -> None:
        worker = await Worker.start(self.settings, self._command)
        self.workers.add(worker)
        self._in_background(self._watch(worker))
        self._give(worker)

    async def _watch(self, worker: Worker) -> None:
        """Replaces a worker when it ends."""
        code = await worker.ended()
        self.workers.discard(worker)
        if worker in self._idle:
            self._idle.remove(worker)
        self.metrics.replaced += 1
        log.warning("a worker ended (exit code %d) and is replaced", code)
        pause = 1.0
        while not self._closing:
            try:
                await self._start_one()
                return
            except (InputError, OSError) as e:
                log.error("no worker could be started (%s); the next try is in %g seconds", type(e).__name__, pause)
                await asyncio.sleep(pause)
                pause = min(2 * pause, 30.0)

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


def _death(code: int) -> Refusal:
    """What is said when a worker ends while it reads: the file did that, unless somebody else killed it."""
    if code == _KILLED:
        return Refusal(503, "the worker was ended from outside, perhaps for want of memory; try again", retry_after=5)
    return Refusal(422, "reading it ended the reader, so the file is taken for broken; export or copy it again")

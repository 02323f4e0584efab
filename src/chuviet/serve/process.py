"""A worker as the service sees it: a process that takes jobs and gives messages."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from chuviet.errors import InputError
from chuviet.serve.messages import Message, head_of, receive_message
from chuviet.serve.settings import Settings

#: What is started; tests start a stub.
COMMAND = (sys.executable, "-m", "chuviet.serve.worker")
#: Variables of the service that workers do not get.
_SECRET = ("CHUVIET_TOKEN",)


class WorkerDied(Exception):
    """The process has ended; `code` is its exit code, or minus the signal that ended it."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exit code {code}")
        self.code = code


class Worker:
    """A process that does one job at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process, self.models = process, list[dict[str, Any]]()
        self._coming: asyncio.Task[Message] | None = None

    @classmethod
    async def start(cls, settings: Settings, command: Sequence[str] = COMMAND) -> Worker:
        """A worker that is ready. Raises InputError where its weights cannot be loaded."""
        environment = {k: v for k, v in os.environ.items() if k not in _SECRET}
        environment["OMP_NUM_THREADS"] = str(settings.threads_each)
        process = await asyncio.create_subprocess_exec(
            *command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment,
            start_new_session=True,
        )  # fmt: skip
        worker = cls(process)
        try:
            await worker.send(dataclasses.asdict(settings) | {"token": None})
            first, _ = await worker.receive()
            if first["event"] != "ready":
                raise InputError(first["detail"])
        except WorkerDied as e:
            raise InputError(f"a worker did not start ({e}); see whether `chuviet read` works, and --memory-mb") from e
        except BaseException:  # also when it is cancelled: no process stays
            worker.kill()
            await worker.ended()
            raise
        worker.models = first["models"]
        return worker

    async def send(self, entries: dict[str, Any], data: bytes = b"") -> None:
        """Raises WorkerDied."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(head_of(entries, len(data)))
            if data:
                self.process.stdin.write(data)
            await self.process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError) as e:
            raise WorkerDied(await self.ended()) from e

    async def receive(self) -> Message:
        """The next message. Who is cancelled while waiting loses none: the next call gets it. Raises WorkerDied."""
        assert self.process.stdout is not None
        if self._coming is None:
            self._coming = asyncio.create_task(receive_message(self.process.stdout))
        try:
            message = await asyncio.shield(self._coming)
        except asyncio.IncompleteReadError as e:
            raise WorkerDied(await self.ended()) from e
        self._coming = None
        return message

    async def ended(self) -> int:
        """Waits for the end of the process, and closes what is left of it; returns its exit code."""
        code = await self.process.wait()
        assert self.process.stdin is not None
        self.process.stdin.close()
        with contextlib.suppress(OSError):
            await self.process.stdin.wait_closed()
        return code

    @property
    def is_alive(self) -> bool:
        return self.process.returncode is None

    def kill(self) -> None:
        """Ends it at once."""
        if self._coming is not None:
            self._coming.cancel()
        if self.is_alive:
            self.process.kill()

    async def leave(self, seconds: float = 2.0) -> None:
        """Lets it end by itself, and ends it after so many seconds."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            await asyncio.wait_for(self.process.wait(), seconds)
        except TimeoutError:
            self.kill()
        await self.ended()

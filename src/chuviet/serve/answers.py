"""Answers out of parts: whole, or sent as the parts come; the work ends when the client goes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncGenerator, Coroutine
from typing import Any, TypeVar

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from chuviet.serve.refusal import Refusal

log = logging.getLogger("chuviet.serve")
T = TypeVar("T")

Parts = AsyncGenerator[bytes, None]

#: What nginx logs for a client that has gone; nobody gets it.
CLIENT_GONE = 499


class Gone(Exception):
    """The client has closed the connection."""


async def whole(parts: Parts, request: Request, media_type: str, most: int) -> Response:
    """The parts together. Raises Refusal with 413 for more than `most` bytes, and Gone when the client goes."""
    content = await _while_there(request, _joined(parts, most))
    return Response(content, media_type=media_type)


async def page_by_page(parts: Parts, request: Request, media_type: str, lasting: contextlib.AsyncExitStack) -> Response:
    """Each part as it comes; the first has come, so that what is refused at once has its status. What is refused later
    is a last line of JSON. `lasting` is left when the answer has been sent, or its client has gone.
    """
    queue: asyncio.Queue[bytes | Refusal | None] = asyncio.Queue()
    pump = asyncio.create_task(_pump(parts, queue))
    lasting.push_async_callback(_ended, pump)
    first = await _while_there(request, queue.get())
    if isinstance(first, Refusal):
        raise first
    return _Streamed(_sent(first, queue), media_type, lasting.pop_all())


class _Streamed(StreamingResponse):
    """Leaves `lasting` also when nothing of it was sent."""

    def __init__(self, content: Parts, media_type: str, lasting: contextlib.AsyncExitStack) -> None:
        super().__init__(content, media_type=media_type, headers={"x-accel-buffering": "no"})
        self._lasting = lasting

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._lasting:
            await super().__call__(scope, receive, send)


async def _sent(first: bytes | None, queue: asyncio.Queue[bytes | Refusal | None]) -> Parts:
    part: bytes | Refusal | None = first
    while part is not None:
        if isinstance(part, Refusal):
            error = {"schema": "chuviet/error", "version": 1, "status": part.status, "detail": part.detail}
            yield json.dumps(error, ensure_ascii=False).encode() + b"\n"
            return
        yield part
        part = await queue.get()


async def _pump(parts: Parts, queue: asyncio.Queue[bytes | Refusal | None]) -> None:
    """Takes the parts as fast as they are read: no worker waits for a slow client."""
    try:
        async with contextlib.aclosing(parts):
            async for part in parts:
                queue.put_nowait(part)
        queue.put_nowait(None)
    except Refusal as e:
        queue.put_nowait(e)
    except Exception as e:  # noqa: BLE001 (who waits for the next part must hear of it)
        log.error("a stream ended with %s", type(e).__name__)
        queue.put_nowait(Refusal(500, "an error of the service; its log says more"))


async def _joined(parts: Parts, most: int) -> bytes:
    joined = bytearray()
    async with contextlib.aclosing(parts):
        async for part in parts:
            joined += part
            if len(joined) > most:
                raise Refusal(413, f"the answer is larger than {most / 1e6:g} MB; send fewer pages or smaller pictures")
    return bytes(joined)


async def _while_there(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """What `work` gives; it is cancelled, and Gone raised, when the client goes."""
    doing, going = asyncio.create_task(work), asyncio.create_task(_gone(request))
    try:
        await asyncio.wait({doing, going}, return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise Gone
        return doing.result()
    finally:
        await _ended(doing)
        await _ended(going)


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _ended(task: asyncio.Task[Any]) -> None:
    """Cancels a task, and waits for its end."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

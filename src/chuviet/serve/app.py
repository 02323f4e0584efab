"""The service as an ASGI application."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.requests import ClientDisconnect

from chuviet import __version__
from chuviet.errors import InputError
from chuviet.serve import description
from chuviet.serve.answers import CLIENT_GONE, Gone, page_by_page, whole
from chuviet.serve.bodies import Body, Upload
from chuviet.serve.guard import Guard
from chuviet.serve.metrics import MEDIA_TYPE, Metrics, memory_of
from chuviet.serve.negotiation import chosen, media_type
from chuviet.serve.pool import Pool
from chuviet.serve.process import COMMAND
from chuviet.serve.refusal import Refusal
from chuviet.serve.settings import Settings
from chuviet.serve.static import mount_pages

Ocr = Literal["auto", "always", "never"]


class Service:
    """The routes, and the workers behind them. `app` is what a server runs."""

    def __init__(self, settings: Settings, command: Sequence[str] = COMMAND, page: Path | None = None) -> None:
        """`page`: the folder of the page at /; None: the package's own."""
        self.settings, self.metrics = settings, Metrics()
        self.pool = Pool(settings, self.metrics, command)
        self.failure: InputError | None = None  # why it did not start
        self._routes = FastAPI(
            title="chuviet", version=__version__, summary=description.SUMMARY, description=description.TEXT,
            docs_url=None, redoc_url=None, lifespan=self._lifespan,
        )  # fmt: skip
        self._add_routes()
        mount_pages(self._routes, page)
        self._add_gauges()
        self.app = Guard(self._routes, self.metrics, settings.token)

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        try:
            await self.pool.start()
        except InputError as e:
            self.failure = e
            raise
        try:
            yield
        finally:
            await self.pool.close()

    def _add_routes(self) -> None:
        routes = self._routes
        routes.post("/v1/read", **description.READ)(self.read)
        routes.post("/v1/lines", **description.LINES)(self.lines)
        routes.get("/v1/models", **description.MODELS)(self.models)
        routes.get("/healthz", **description.HEALTH)(self.health)
        routes.get("/readyz", **description.READY)(self.ready)
        routes.get("/metrics", **description.METRICS)(self.figures)
        routes.exception_handler(Refusal)(_refused)
        routes.exception_handler(RequestValidationError)(_misasked)
        for gone in (Gone, ClientDisconnect):
            routes.exception_handler(gone)(_gone)

    async def read(
        self, request: Request,
        format: Annotated[description.Format | None, Query(description="default: what Accept says, else json")] = None,
        ocr: Annotated[Ocr, Query(description="pages of PDFs with a text of their own: taken, read, or only taken")]
        = "auto",
        min_score: Annotated[float | None, Query(ge=0, le=1, description="weaker texts are left out")] = None,
        pictures: Annotated[bool, Query(description="jsonl: pages of PDFs and TIFFs carry what was read")] = False,
    ) -> Response:  # fmt: skip
        """All text of an image or PDF, found and read."""
        wanted = chosen(format, request.headers.get("accept"))
        job = {"job": "read", "format": wanted, "ocr": ocr, "min_score": min_score, "pictures": pictures}
        return await self._answer(request, job, wanted, most=1)

    async def lines(self, request: Request) -> Response:
        """The text of each of several images of lines."""
        return await self._answer(request, {"job": "lines"}, "json", most=self.settings.max_lines)

    async def models(self) -> Response:
        """The weights that read here."""
        return JSONResponse({"version": __version__, "models": self.pool.models})

    async def health(self) -> Response:
        """The process answers."""
        return PlainTextResponse("ok\n")

    async def ready(self) -> Response:
        """There are workers, and room for a request."""
        if not self.pool.is_ready:
            raise Refusal(503, "no worker is ready", retry_after=1)
        with self.pool.admission():
            return PlainTextResponse("ready\n")

    async def figures(self) -> Response:
        """Figures for Prometheus."""
        return PlainTextResponse(self.metrics.text(), headers={"content-type": MEDIA_TYPE})

    async def _answer(self, request: Request, job: dict[str, Any], format: str, most: int) -> Response:
        """Reads the body, has it read, and answers: whole, or page by page where the format is one of lines."""
        async with contextlib.AsyncExitStack() as lasting:
            lasting.enter_context(self.pool.admission())
            body = Body(request, self.pool)
            lasting.callback(body.close)
            uploads = await body.uploads(most)
            deadline = asyncio.get_running_loop().time() + self.settings.time_limit
            parts = self._parts(job, uploads, deadline)
            if format == "jsonl":
                return await page_by_page(parts, request, media_type(format), lasting)
            return await whole(parts, request, media_type(format), self.settings.max_answer)

    async def _parts(self, job: dict[str, Any], uploads: list[Upload], deadline: float) -> AsyncGenerator[bytes, None]:
        """What workers give for uploads, counted when it is whole."""
        names, count = [one.name for one in uploads], 0
        if job["job"] == "read":
            job = job | {"name": names[0]}
        else:
            job = job | {"names": names, "sizes": [len(one.data) for one in uploads]}
        data = uploads[0].data if len(uploads) == 1 else b"".join(one.data for one in uploads)
        async with contextlib.aclosing(self.pool.parts(job, data, deadline)) as parts:
            async for part in parts:
                count += 1
                yield part
        if job["job"] == "read":
            self.metrics.pages += count - 1  # the last part is the end of the file
        else:
            self.metrics.lines += len(names)

    def _add_gauges(self) -> None:
        pool = self.pool
        self.metrics.gauges |= {
            "chuviet_workers": ("Workers that run.", lambda: len(pool.workers)),
            "chuviet_requests_in_progress": ("Requests that are received, wait or are read.", lambda: pool.admitted),
            "chuviet_requests_waiting": ("Requests that wait for a worker.", lambda: pool.waiting),
            "chuviet_held_bytes": ("Bytes of bodies in memory.", lambda: pool.held),
            "chuviet_memory_bytes": ("Memory of the service and its workers.", self.memory),
        }

    def memory(self) -> int:
        """Bytes of memory that the service and its workers take; 0 where the system does not say."""
        return memory_of([os.getpid(), *(worker.process.pid for worker in self.pool.workers)])


async def _refused(request: Request, e: Exception) -> Response:
    assert isinstance(e, Refusal)
    headers = {} if e.retry_after is None else {"retry-after": str(e.retry_after)}
    return JSONResponse({"detail": e.detail}, e.status, headers)


async def _misasked(request: Request, e: Exception) -> Response:
    """Parameters that are not understood: 400, for 422 is said of files."""
    assert isinstance(e, RequestValidationError)
    first = e.errors()[0]
    return JSONResponse({"detail": f"{'.'.join(map(str, first['loc']))}: {first['msg']}"}, 400)


async def _gone(request: Request, e: Exception) -> Response:
    return Response(status_code=CLIENT_GONE)

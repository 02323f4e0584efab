"""Bodies of requests: bytes counted as they come, files out of forms, and what files are called."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from chuviet.inputs.names import counted
from chuviet.serve.pool import Pool
from chuviet.serve.refusal import Refusal

_FORM = "multipart/form-data"
_NO_NAME = "image"
_MOST_NAME = 200  # characters
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Upload:
    """A file that a client sent. `name`: what outputs call it; it is never the name of a file on this machine."""

    name: str
    data: bytes


@dataclass
class Body:
    """The body of a request, read once. Its bytes count as held by the pool until `close`."""

    request: Request
    pool: Pool
    size: int = field(default=0, init=False)

    async def uploads(self, most: int) -> list[Upload]:
        """The files of a form, or the body as one file. Raises Refusal for more than `most` files, for too many bytes,
        for a body that takes too long to come, and for a form that is broken.
        """
        settings = self.pool.settings
        declared = self.request.headers.get("content-length", "")
        if declared.isdigit() and int(declared) > settings.max_bytes:
            raise self._too_large()
        try:
            async with asyncio.timeout(settings.receive_limit):
                return await self._received(most)
        except TimeoutError:
            raise Refusal(408, f"the body did not come within {settings.receive_limit:g} seconds") from None

    def close(self) -> None:
        """Says that the bytes are held no longer."""
        self.pool.held -= self.size
        self.size = 0

    async def _received(self, most: int) -> list[Upload]:
        if self.request.headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM:
            return await self._files(most)
        chunks = [chunk async for chunk in self._counted()]
        return [Upload(_NO_NAME, b"".join(chunks))]

    async def _files(self, most: int) -> list[Upload]:
        parser = MultiPartParser(self.request.headers, self._counted(), max_files=most + 1, max_fields=16)
        parser.spool_max_size = self.pool.settings.max_bytes + 1  # no byte of them touches the disk
        try:
            form = await parser.parse()
        except MultiPartException as e:
            if "files" in e.message:
                raise Refusal(413, f"more than {most} files; a request may have so many") from e
            raise Refusal(400, f"the form cannot be read: {e.message}") from e
        files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
        if not files:
            raise Refusal(400, "the form holds no file; send one as a part with a file name")
        if len(files) > most:
            raise Refusal(413, f"{counted(len(files), 'file')}; a request may have {most}")
        uploads = [Upload(called(file.filename), file.file.read()) for file in files]
        await form.close()
        return uploads

    async def _counted(self) -> AsyncGenerator[bytes, None]:
        """The chunks of the body; counted as they come, for what a head says of it need not be true."""
        settings, pool = self.pool.settings, self.pool
        async for chunk in self.request.stream():
            self.size += len(chunk)
            pool.held += len(chunk)
            pool.metrics.bytes_received += len(chunk)
            if self.size > settings.max_bytes:
                raise self._too_large()
            if pool.held > settings.max_held_mb * 1e6:
                raise pool.busy("requests that wait hold too many bytes")
            if chunk:
                yield chunk

    def _too_large(self) -> Refusal:
        return Refusal(413, f"the body is larger than {self.pool.settings.max_mb:g} MB; send it smaller or in parts")


def called(name: str | None) -> str:
    """What a file is called in outputs: the last part of what the client calls it, without control characters."""
    last = re.split(r"[/\\]", name or "")[-1]
    return _CONTROL.sub("", last)[-_MOST_NAME:].strip() or _NO_NAME

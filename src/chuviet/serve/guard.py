"""What surrounds every request: token, security headers, one line of log, figures, and errors that tell nothing."""

from __future__ import annotations

import hmac
import json
import logging
import time
import traceback
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chuviet.serve.metrics import Metrics

log = logging.getLogger("chuviet.serve")

_CONTENT = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; "
    "img-src 'self' blob: data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
#: Of every answer. The first three let the page run WebAssembly on several threads, of its own origin alone.
HEADERS = {
    "content-security-policy": _CONTENT,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
#: What wants the token; the page itself holds no secret, and asks for it.
_LOCKED = ("/v1/", "/metrics")

#: What is told apart in log and figures; files are all "/".
ROUTES = frozenset({"/v1/read", "/v1/lines", "/v1/models", "/healthz", "/readyz", "/metrics"})


class Guard:
    """Wraps the application."""

    def __init__(self, app: ASGIApp, metrics: Metrics, token: str | None) -> None:
        self.app, self.metrics, self._token = app, metrics, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start, answer = time.perf_counter(), _Answer(send, scope["path"].startswith(_LOCKED))
        try:
            if answer.locked and not self._is_allowed(scope):
                await answer.refuse(401, "a token is expected: Authorization: Bearer TOKEN", b"Bearer")
            else:
                await self.app(scope, receive, answer)
        except Exception as e:  # noqa: BLE001 (its message may hold text that was read: type and place are logged)
            place = traceback.extract_tb(e.__traceback__)[-1]
            log.error("%s at %s:%s", type(e).__name__, Path(place.filename).name, place.lineno)
            if not answer.status:
                await answer.refuse(500, "an error of the service; its log says more")
        finally:
            seconds, route = time.perf_counter() - start, _route_of(scope["path"])
            self.metrics.count(route, answer.status or 499, seconds)
            log.info("%s %s %d %.3f s %d bytes", scope["method"], route, answer.status or 499, seconds, answer.size)

    def _is_allowed(self, scope: Scope) -> bool:
        if self._token is None:
            return True
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        scheme, _, token = given.partition(b" ")
        return scheme.lower() == b"bearer" and hmac.compare_digest(token.strip(), self._token.encode())


class _Answer:
    """What is sent, with the headers that every answer has."""

    def __init__(self, send: Send, locked: bool) -> None:
        self._send, self.locked = send, locked
        self.status = self.size = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            given = {name.lower() for name, _ in message.get("headers", ())}
            added = HEADERS | ({"cache-control": "no-store"} if self.locked else {"cache-control": "no-cache"})
            more = [(k.encode(), v.encode()) for k, v in added.items() if k.encode() not in given]
            message = {**message, "headers": [*message.get("headers", ()), *more]}
        elif message["type"] == "http.response.body":
            self.size += len(message.get("body", b""))
        await self._send(message)

    async def refuse(self, status: int, detail: str, challenge: bytes = b"") -> None:
        headers: list[tuple[bytes, bytes]] = [(b"content-type", b"application/json")]
        if challenge:
            headers.append((b"www-authenticate", challenge))
        await self({"type": "http.response.start", "status": status, "headers": headers})
        await self({"type": "http.response.body", "body": json.dumps({"detail": detail}).encode()})


def _route_of(path: str) -> str:
    """A route of the service, / for all else: what is logged and counted is never a path as a client wrote it."""
    return path if path in ROUTES else "/"

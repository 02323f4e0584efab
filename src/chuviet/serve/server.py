"""Runs the service until it is told to stop; what is being read then is read to its end."""

from __future__ import annotations

import contextlib
import logging
import signal
import socket
import sys
from ipaddress import ip_address

import uvicorn

from chuviet.errors import InputError
from chuviet.files import say
from chuviet.serve.app import Service
from chuviet.serve.settings import Settings

#: Seconds beyond the time limit that are given to answers when the service stops.
_GRACE = 5


def run(settings: Settings, host: str, port: int) -> None:
    """Serves until SIGTERM or Ctrl-C. Raises InputError for an address that cannot be had, and for weights that cannot
    be loaded.
    """
    _log_to_stderr()
    service = Service(settings)
    with _listening(host, port) as listening:
        address = listening.getsockname()
        config = uvicorn.Config(
            service.app, log_config=None, access_log=False, server_header=False,
            proxy_headers=False, timeout_graceful_shutdown=int(settings.time_limit) + _GRACE, lifespan="on", ws="none",
        )  # fmt: skip
        _say_where(host, address[1], settings)
        # Uvicorn raises the signal again when it has stopped; that should end nothing but the service, and with code 0.
        former = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            with contextlib.suppress(SystemExit):  # raised where the service could not start, which is said below
                uvicorn.Server(config).run(sockets=[listening])
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)
    if service.failure is not None:
        raise service.failure


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except (OSError, OverflowError) as e:
        why = str(getattr(e, "strerror", None) or e).partition(" (")[0]
        raise InputError(f"{host}:{port}: cannot be listened on ({why}); see --port") from e


def _say_where(host: str, port: int, settings: Settings) -> None:
    shown = f"[{host}]" if ":" in host else host
    how = f"workers: {settings.processes}, threads of each: {settings.threads_each}"
    say(f"chuviet: http://{shown}:{port} has the page ({how}); Ctrl-C ends it", sys.stderr)
    if not _is_loopback(host):
        who = "who knows the token" if settings.token else "everybody"
        say(f"chuviet: {host}: other machines that reach this one can connect, and {who} can read here; "
            "without TLS what is sent can be seen on the way (docs/serve.md)", sys.stderr)  # fmt: skip


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _log_to_stderr() -> None:
    """A line for each request, and what goes wrong; nothing of what is read."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    for name, level in (("chuviet.serve", logging.INFO), ("uvicorn", logging.CRITICAL)):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)

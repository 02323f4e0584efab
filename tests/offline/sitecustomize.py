"""With this folder in PYTHONPATH no Python process reaches anything but its own machine."""

import socket
from typing import Any

_HERE = ("127.0.0.1", "::1", "localhost", "")
_connect, _look_up = socket.socket.connect, socket.getaddrinfo


def _connect_here(self: socket.socket, address: Any) -> None:
    if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in _HERE:
        raise OSError(f"no network here: {address[0]}")
    _connect(self, address)


def _look_up_here(host: Any, *args: Any, **options: Any) -> Any:
    if host not in (None, *_HERE):
        raise socket.gaierror(f"no network here: {host}")
    return _look_up(host, *args, **options)


socket.socket.connect = _connect_here  # type: ignore[method-assign]
socket.getaddrinfo = _look_up_here

"""What service and workers say to each other through pipes: a JSON object and the bytes that belong to it.

On the wire: the length of the JSON and the number of bytes, 4 each, big-endian; then both. No pickles: a worker
reads files of strangers, and what it says must not be able to do more than be said.
"""

from __future__ import annotations

import json
import struct
from asyncio import StreamReader
from typing import Any, BinaryIO

Message = tuple[dict[str, Any], bytes]

_LENGTHS = struct.Struct(">II")


def head_of(entries: dict[str, Any], size: int) -> bytes:
    """What goes before the `size` bytes of a message."""
    text = json.dumps(entries, ensure_ascii=True).encode()
    return _LENGTHS.pack(len(text), size) + text


def write_message(stream: BinaryIO, entries: dict[str, Any], data: bytes = b"") -> None:
    """Writes one message, and flushes it."""
    stream.write(head_of(entries, len(data)))
    stream.write(data)
    stream.flush()


def read_message(stream: BinaryIO) -> Message | None:
    """The next message; None where the other side has gone."""
    lengths = stream.read(_LENGTHS.size)
    if len(lengths) < _LENGTHS.size:
        return None
    text, size = _LENGTHS.unpack(lengths)
    entries, data = stream.read(text), stream.read(size)
    if len(entries) < text or len(data) < size:
        return None
    return json.loads(entries), data


async def receive_message(stream: StreamReader) -> Message:
    """As `read_message`. Raises asyncio.IncompleteReadError where the other side has gone."""
    text, size = _LENGTHS.unpack(await stream.readexactly(_LENGTHS.size))
    entries = json.loads(await stream.readexactly(text))
    return entries, await stream.readexactly(size)

"""Damage to bytes, JSON and protobuf: seeded, so that a case is made again from its seed and number alone."""

from __future__ import annotations

import copy
import json
import struct
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

#: Whole numbers that programs stumble over.
NUMBERS = (0, 1, 2, 7, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
#: The same for JSON; the last ones are no values that a float or an int64 holds.
VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1,
    3,
    255,
    65536,
    2**31,
    2**63,
    -(2**63),
    10**30,
    0.5,
    -0.5,
    1e308,
    float("nan"),
    float("inf"),
    "",
    "x",
    "\0",
    "\ud800",
    "ế" * 50,
    [],
    {},
    [[]],
    [0] * 100,
    {"type": "line_ctc"},
    {"type": "os:system"},
)
#: Tokens of PDFs and of other texts.
TOKENS = (
    b"0",
    b"-1",
    b"1",
    b"65535",
    b"2147483647",
    b"-2147483648",
    b"4294967296",
    b"99999999999999999999",
    b"1e308",
    b"nan",
    b"[",
    b"]",
    b"<<",
    b">>",
    b"(",
    b")",
    b"endobj",
    b"stream",
    b"endstream",
    b"R",
    b"null",
    b"\0",
    b"\r",
    b"\n",
    b"\t",
    b",",
    b";",
    b'"',
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    "ế".encode(),
    b"\xe1\xba",
    b"###",
    b"\xe2\x80\xa8",
)

Rng = np.random.Generator


def generator(kind: str, seed: int, number: int) -> Rng:
    """The generator of one case."""
    return np.random.default_rng((zlib.crc32(kind.encode()), seed, number))


def mutate_bytes(data: bytes, rng: Rng, others: Sequence[bytes] = (), most: int = 4) -> tuple[bytes, str]:
    """`data` with one to `most` damages, of which half the cases have one; and the names of the damages.

    `others`: files of the same kind, from which pieces are taken.
    """
    made, names = data, []
    for _ in range(1 + int(rng.integers(0, most)) * int(rng.integers(0, 2))):
        damage = _DAMAGES[int(rng.integers(0, len(_DAMAGES)))]
        made = damage(made, rng, others or (data,))
        names.append(damage.__name__.removeprefix("_"))
    return made, "+".join(names)


def mutate_json(value: Any, rng: Rng, most: int = 3) -> Any:
    """A copy of a JSON value in which one to `most` entries are gone, doubled or something else."""
    made = copy.deepcopy(value)
    for _ in range(1 + int(rng.integers(0, most))):
        places = list(_places(made))
        if not places:
            return made
        holder, key = places[int(rng.integers(0, len(places)))]
        choice = int(rng.integers(0, 10))
        if choice == 0:
            del holder[key]
        elif choice == 1 and isinstance(holder, dict):
            holder[f"{key}2"] = holder[key]
        elif choice == 2:
            other, name = places[int(rng.integers(0, len(places)))]
            holder[key] = copy.deepcopy(other[name])
        elif choice == 3 and isinstance(holder[key], (int, float)):
            holder[key] = holder[key] * int(rng.choice((-1, 2, 10, 1000, 10**6, 10**9)))
        else:
            holder[key] = copy.deepcopy(VALUES[int(rng.integers(0, len(VALUES)))])
    return made


def deep_json(depth: int) -> str:
    """A list in a list in a list."""
    return "[" * depth + "]" * depth


def seal_png(data: bytes) -> bytes:
    """A damaged PNG with the checksums of its chunks made right, so that the damage gets past them."""
    out, at = bytearray(data[:8]), 8
    while at + 12 <= len(data):
        size = struct.unpack_from(">I", data, at)[0]
        if at + 12 + size > len(data):
            break
        body = data[at + 4 : at + 8 + size]
        out += data[at : at + 8 + size] + struct.pack(">I", zlib.crc32(body))
        at += 12 + size
    return bytes(out) + data[at:]


def dump_json(value: Any) -> bytes:
    """JSON as Python writes it, with halves of surrogate pairs escaped."""
    return json.dumps(value).encode()


def _places(value: Any) -> Any:
    """(holder, key) of every entry of a JSON value, of lists the first 20."""
    if isinstance(value, dict):
        keys: Sequence[Any] = list(value)
    elif isinstance(value, list):
        keys = range(min(len(value), 20))
    else:
        return
    for key in keys:
        yield value, key
        yield from _places(value[key])


def _span(data: bytes, rng: Rng, longest: int = 64) -> tuple[int, int]:
    start = int(rng.integers(0, len(data) + 1))
    return start, min(start + int(rng.integers(1, longest + 1)), len(data))


def _flip(data: bytes, rng: Rng, others: Sequence[bytes]) -> bytes:
    start, _ = _span(data, rng)
    return data[:start] + bytes(b ^ (1 << int(rng.integers(0, 8))) for b in data[start : start + 1]) + data[start + 1 :]


def _byte(data: bytes, rng: Rng, others: Sequence[bytes]) -> bytes:
    start, _ = _span(data, rng)
    return data[:start] + bytes([int(rng.integers(0, 256))]) + data[start + 1 :]


def _number(data: bytes, rng: Rng, others: Sequence[bytes]) -> bytes:
    start, _ = _span(data, rng)
    value, form = (
        NUMBERS[int(rng.integers(0, len(NUMBERS)))],
        ("<H", ">H", "<I", ">I", "<Q", ">Q")[int(rng.integers(6))],
    )
    size = struct.calcsize(form)
    return data[:start] + struct.pack(form, value & (256**size - 1)) + data[start + size :]


def _head(data: bytes, rng: Rng, others: Sequence[bytes]) -> bytes:
    """A number in the first 64 bytes, where sizes are."""
    return _number(data[:64], rng, others) + data[64:]


def _cut(data: bytes, rng: Rng, others: Sequence[bytes]) -> bytes:
    return data[: int(rng.integers(0, len(data) + 1))]


def _drop(data: bytes, rng: Rng, others: Sequence[bytes]) -> bytes:
    start, stop = _span(data, rng, 256)
    return data[:start] + data[stop:]


def _double(data: bytes, rng: Rng, others: Sequence[bytes]) -> bytes:
    start, stop = _span(data, rng, 256)
    return data[:stop] + data[start:stop] + data[stop:]


def _noise(data: bytes, rng: Rng, others: Sequence[bytes]) -> bytes:
    start, stop = _span(data, rng)
    return data[:start] + rng.integers(0, 256, stop - start, np.uint8).tobytes() + data[stop:]


def _fill(data: bytes, rng: Rng, others: Sequence[bytes]) -> bytes:
    start, stop = _span(data, rng, 512)
    return data[:start] + bytes([int(rng.choice((0, 255)))]) * (stop - start) + data[stop:]


def _token(data: bytes, rng: Rng, others: Sequence[bytes]) -> bytes:
    """A token in the place of a whole number, or somewhere."""
    token = TOKENS[int(rng.integers(0, len(TOKENS)))]
    start, _ = _span(data, rng)
    stop = start
    while stop < len(data) and data[stop : stop + 1].isdigit():
        stop += 1
    return data[:start] + token + data[stop:]


def _splice(data: bytes, rng: Rng, others: Sequence[bytes]) -> bytes:
    other = others[int(rng.integers(0, len(others)))]
    start, stop = _span(other, rng, 512)
    at, end = _span(data, rng, 512)
    return data[:at] + other[start:stop] + data[end:]


_DAMAGES: tuple[Callable[[bytes, Rng, Sequence[bytes]], bytes], ...] = (
    _flip,
    _byte,
    _number,
    _head,
    _head,
    _cut,
    _drop,
    _double,
    _noise,
    _fill,
    _token,
    _token,
    _splice,
)

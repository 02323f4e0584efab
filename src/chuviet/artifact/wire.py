"""The protobuf fields of an ONNX file that are needed before ONNX Runtime parses it: metadata, digest, extra tensors.

A damaged file is refused before anything runs, and reading lines need not import onnx. The format:
https://protobuf.dev/programming-guides/encoding and https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

_GRAPH, _METADATA_PROPS = 7, 14  # of ModelProto
_INITIALIZER = 5  # of GraphProto
_DIMS, _DATA_TYPE, _NAME, _RAW_DATA = 1, 2, 8, 9  # of TensorProto
_TYPES = {
    1: np.float32, 2: np.uint8, 3: np.int8, 5: np.int16, 6: np.int32, 7: np.int64, 10: np.float16, 12: np.uint32,
    13: np.uint64,
}  # fmt: skip


@dataclass(frozen=True)
class ModelFile:
    """`properties`: the metadata entries; `digest`: SHA-256 of all of the file but the entry that holds it;
    `tensors`: the graph's initializers whose names begin as asked.
    """

    properties: dict[str, str]
    digest: str
    tensors: dict[str, np.ndarray]


def read_model(data: bytes, key: str, prefixes: tuple[str, ...] = ()) -> ModelFile:
    """Walks the fields of a file as they lie there. `key` is the metadata entry left out of the digest, `prefixes`
    what the names of the wanted tensors begin with. Raises ValueError or IndexError for bytes that are no such file.
    """
    properties: dict[str, str] = {}
    tensors: dict[str, np.ndarray] = {}
    digest = hashlib.sha256()
    for number, whole, value, _ in fields(memoryview(data)):
        name = ""
        if number == _METADATA_PROPS:
            entry = {n: bytes(v).decode() for n, _, v, _ in fields(value)}
            name = entry.get(1, "")
            properties[name] = entry.get(2, "")
        elif number == _GRAPH and prefixes:
            tensors |= _tensors(value, tuple(p.encode() for p in prefixes))
        if name != key:
            digest.update(whole)
    return ModelFile(properties, digest.hexdigest(), tensors)


def _tensors(graph: memoryview, prefixes: tuple[bytes, ...]) -> dict[str, np.ndarray]:
    found = {}
    for number, _, value, _ in fields(graph):
        if number != _INITIALIZER:
            continue
        name, raw, kind = b"", memoryview(b""), 0
        shape: list[int] = []
        for n, _, v, integer in fields(value):
            if n == _NAME:
                name = bytes(v)
            elif n == _RAW_DATA:
                raw = v
            elif n == _DATA_TYPE:
                kind = integer
            elif n == _DIMS:
                shape += packed_integers(v) if len(v) else [integer]
        if name.startswith(prefixes):
            if kind not in _TYPES:
                raise ValueError(f"a tensor of the unknown type {kind}")
            found[name.decode()] = _array(raw, np.dtype(_TYPES[kind])).reshape(shape)
    return found


def _array(raw: memoryview, kind: np.dtype) -> np.ndarray:
    """Little-endian bytes as numbers of this machine. Copied where they lie at an odd place of the file: numbers that
    are not aligned are slow, and have no memoryview.
    """
    values = np.frombuffer(raw, kind)
    return np.require(values if sys.byteorder == "little" else values.byteswap(), requirements="A")


def packed_integers(data: memoryview) -> list[int]:
    """The whole numbers, each of any number of bytes, that a field holds."""
    numbers, at = [], 0
    while at < len(data):
        value, at = _varint(data, at)
        numbers.append(value)
    return numbers


def fields(data: memoryview) -> Iterator[tuple[int, memoryview, memoryview, int]]:
    """Number, bytes, value and integer value of each field of a message; the last two are empty or 0 of other kinds."""
    at, end = 0, len(data)
    while at < end:
        start, integer, size = at, 0, 0
        tag = data[at]
        if tag < 128:  # nearly all are: without a call
            at += 1
        else:
            tag, at = _varint(data, at)
            if tag >> 32:  # of which others read the lower half
                raise ValueError(f"no field begins at byte {start}")
        kind = tag & 7
        if kind == 2:
            size = data[at]
            if size < 128:
                at += 1
            else:
                size, at = _varint(data, at)
        elif kind == 0:
            integer, at = _varint(data, at)
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        else:
            raise ValueError(f"no field begins at byte {start}")
        stop = at + size
        if stop > end:
            raise ValueError(f"cut short after {end} bytes")
        yield tag >> 3, data[start:stop], data[at:stop], integer
        at = stop


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """A number in groups of seven bits, the lowest first, and the place after it."""
    value = 0
    for shift in range(0, 64, 7):
        value |= (data[at] & 127) << shift
        at += 1
        if data[at - 1] < 128:
            return value, at
    raise ValueError(f"no number ends at byte {at}")

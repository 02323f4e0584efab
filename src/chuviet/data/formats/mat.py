"""The cells of a MAT file of version 5, as SynthText's labels are: strings and numbers, nothing else.

Format: https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf. scipy reads such files too, but some damaged
ones end its whole process: 12 of 10,000 damaged label files, a tenth of which were such files.
"""

from __future__ import annotations

import zlib
from collections.abc import Container, Iterator
from typing import Literal

import numpy as np

#: A compressed variable has as many bytes as this, or so many times its packed ones, at most.
_LARGEST, _RATIO = 64_000_000, 50
_HEAD = 256  # bytes of a variable in which its name is
_MATRIX, _COMPRESSED = 14, 15
#: What numbers are stored as.
_TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_TEXTS = {16: "utf-8", 17: "utf-16", 18: "utf-32"}
_CELL, _CHAR = 1, 4
#: Classes of matrices of numbers, and what their numbers are.
_NUMBERS = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8"}


Order = Literal["<", ">"]  # of bytes, as numpy writes it


class MatError(ValueError):
    """No MAT file of version 5, or one with other things in it."""


def read_cells(data: bytes, names: Container[str]) -> dict[str, list[np.ndarray | list[str]]]:
    """The cells called one of `names`, each as its matrices in the order of the file: numbers in their shape, strings
    as a list of rows. Raises MatError for anything else.
    """
    if len(data) < 128 or data[126:128] not in (b"IM", b"MI"):
        raise MatError("no header of version 5")
    order: Order = "<" if data[126:128] == b"IM" else ">"
    found = {}
    for kind, body in _elements(memoryview(data)[128:], order):
        if kind == _COMPRESSED:
            if _name(memoryview(zlib.decompressobj().decompress(body, _HEAD))[8:], order) not in names:
                continue  # boxes of characters, which take most of SynthText's bytes
            kind, body = next(_elements(_unpacked(body), order), (0, body))
        if kind != _MATRIX:
            raise MatError(f"a variable of the kind {kind}")
        name = _name(body, order)
        if name in names:
            parts = list(_elements(body, order, 3))
            if _class(parts, order) != _CELL:
                raise MatError(f"{name} is no cell")
            inner = list(_elements(body, order))[3:]
            found[name] = [_matrix(kind, part, order) for kind, part in inner]
    return found


def _name(body: memoryview, order: Order) -> str:
    """The name of a matrix, of which the beginning is enough."""
    return bytes(_part(list(_elements(body, order, 3)), 2)).decode("ascii", "replace")


def _matrix(kind: int, body: memoryview, order: Order) -> np.ndarray | list[str]:
    """One matrix of a cell."""
    if kind != _MATRIX:
        raise MatError(f"a {kind} where a matrix is due")
    if not len(body):
        return np.zeros((0, 0))
    parts = list(_elements(body, order))
    shape = np.frombuffer(_part(parts, 1), f"{order}i4").tolist()
    if len(shape) < 2 or min(shape) < 0:
        raise MatError(f"a matrix of shape {shape}")
    what, (stored, values) = _class(parts, order), parts[3] if len(parts) > 3 else (2, memoryview(b""))
    if what == _CHAR:
        return _rows(_characters(stored, values, order), shape)
    if what not in _NUMBERS or stored not in _TYPES:
        raise MatError(f"a matrix of class {what}, stored as {stored}")
    numbers = np.frombuffer(values, np.dtype(_TYPES[stored]).newbyteorder(order))
    return numbers.astype(_NUMBERS[what]).reshape(shape, order="F")


def _characters(stored: int, values: memoryview, order: Order) -> str:
    if stored in _TEXTS:
        ending = ("-le" if order == "<" else "-be") if stored != 16 else ""
        return bytes(values).decode(_TEXTS[stored] + ending)
    if stored not in (1, 2, 3, 4):
        raise MatError(f"characters stored as {stored}")
    codes = np.frombuffer(values, np.dtype(_TYPES[stored]).newbyteorder(order))
    return "".join(map(chr, codes.tolist()))


def _rows(text: str, shape: list[int]) -> list[str]:
    """The rows of a matrix of characters, which are stored column by column."""
    if len(shape) != 2 or shape[0] * shape[1] != len(text):
        raise MatError(f"{len(text)} characters in a matrix of shape {shape}")
    return [text[row :: shape[0]] for row in range(shape[0])] if text else []


def _class(parts: list[tuple[int, memoryview]], order: Order) -> int:
    return int(np.frombuffer(_part(parts, 0)[:4], f"{order}u4")[0]) & 0xFF


def _part(parts: list[tuple[int, memoryview]], number: int) -> memoryview:
    if number >= len(parts):
        raise MatError("a matrix without flags, shape or name")
    return parts[number][1]


def _elements(data: memoryview, order: Order, most: int = -1) -> Iterator[tuple[int, memoryview]]:
    """Kind and content of each element, of the first `most` where that is not below 0."""
    at, byteorder = 0, "little" if order == "<" else "big"
    while at < len(data) and most:
        if at + 8 > len(data):
            raise MatError("cut short")
        kind, size, start = int.from_bytes(data[at : at + 4], byteorder), 0, at + 8  # type: ignore[arg-type]
        if kind >> 16:  # a small one: size and kind in four bytes, content in the other four
            kind, size, start = kind & 0xFFFF, kind >> 16, at + 4
            if size > 4:
                raise MatError(f"a small element of {size} bytes")
        else:
            size = int.from_bytes(data[at + 4 : at + 8], byteorder)  # type: ignore[arg-type]
        if start + size > len(data):
            raise MatError("cut short")
        yield kind, data[start : start + size]
        at = start + size
        at += 0 if kind == _COMPRESSED else -at % 8
        most -= 1


def _unpacked(data: memoryview) -> memoryview:
    packed = zlib.decompressobj()
    largest = max(_LARGEST, _RATIO * len(data))
    whole = packed.decompress(data, largest)
    if not packed.eof:
        raise MatError(f"cut short, or a variable of over {largest:,} bytes")
    return memoryview(whole)

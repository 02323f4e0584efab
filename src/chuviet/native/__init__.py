"""The beam search, alignments, edit distances and gaps between lines in C, called by ctypes: optional, faster, the same
to the last bit (gaps, which change no text, but for rounding).

A wheel has the compiled library where there was a C compiler when it was built (`chuviet.native.build`). Without it,
and with CHUVIET_NATIVE=0 in the environment, everything runs in Python. ctypes lets go of Python's lock during a call,
so that threads search at the same time.
"""

from __future__ import annotations

import ctypes
import functools
import os
import warnings
from ctypes import POINTER, c_double, c_int, c_int32, c_int64, c_uint64, c_void_p
from pathlib import Path

VERSION = 4  # as CHUVIET_VERSION in native.h

OK, ODD, NO_MEMORY, BAD_ARGUMENT, NO_PATH = range(5)


class Frames(ctypes.Structure):
    """The probabilities in the frames of a line, or their logarithms."""

    _fields_ = (("values", c_void_p), ("count", c_int64), ("classes", c_int64), ("single", c_int32))


class Level(ctypes.Structure):
    """The n-grams of one order, as native.h has them."""

    _fields_ = (
        ("count", c_int64), ("size", c_int64), ("slot_count", c_int64), ("contexts", c_void_p), ("offsets", c_void_p),
        ("backoff", c_void_p), ("sums", c_void_p), ("slots", c_void_p),
    )  # fmt: skip


class Table(ctypes.Structure):
    """An n-gram model, as native.h has it."""

    _fields_ = (
        ("order", c_int32), ("dense", c_int32), ("end", c_int32), ("followers", c_int64), ("modulus", c_uint64),
        ("terms", c_void_p), ("characters", c_void_p), ("probs", c_void_p), ("levels", POINTER(Level)),
    )  # fmt: skip


class Options(ctypes.Structure):
    """Settings of a search."""

    _fields_ = (("width", c_int64), ("ratio", c_double), ("alpha", c_double), ("most", c_double))


class Result(ctypes.Structure):
    """What a search found; its arrays are C's until `chuviet_release`."""

    _fields_ = (
        ("count", c_int64), ("length", c_int64), ("numbers", c_void_p), ("lengths", c_void_p), ("ids", c_void_p),
    )  # fmt: skip


def library() -> ctypes.CDLL | None:
    """The compiled library; None where there is none, or CHUVIET_NATIVE=0 is set. Threads may share it."""
    return None if os.environ.get("CHUVIET_NATIVE") == "0" else _shipped()


@functools.cache
def _shipped() -> ctypes.CDLL | None:
    from chuviet.native.build import HERE, LIBRARY  # which is also run by itself, to build

    return load(HERE / LIBRARY)


def load(path: Path) -> ctypes.CDLL | None:
    """The library in a file. None where there is no such file, and with a warning where it does not fit this version or
    this machine.
    """
    if not path.is_file():
        return None
    try:
        found = ctypes.CDLL(str(path))
        version = found.chuviet_version()
    except (OSError, AttributeError) as e:
        warnings.warn(f"{path} cannot be loaded ({e}); decoding in Python", RuntimeWarning, stacklevel=2)
        return None
    if version != VERSION:
        warnings.warn(f"{path} is of other sources; decoding in Python until it is built anew", stacklevel=2)
        return None
    array = c_void_p
    found.chuviet_search.argtypes = (
        POINTER(Frames), array, array, POINTER(Options), POINTER(Table), POINTER(Result),
    )  # fmt: skip
    found.chuviet_release.argtypes, found.chuviet_release.restype = (POINTER(Result),), None
    found.chuviet_sum_alignments.argtypes = (
        POINTER(Frames), array, c_int64, c_int64, c_double, array, c_int64, POINTER(c_double),
    )  # fmt: skip
    found.chuviet_score.argtypes = (POINTER(Table), array, c_int64, c_int64, c_double, POINTER(c_double))
    found.chuviet_align.argtypes = (POINTER(Frames), array, c_int64, array)
    found.chuviet_edit_distances.argtypes = (array, c_int64, array, array, c_int64, array)
    found.chuviet_gap_between_lines.argtypes = (
        array, c_int64, c_int64, array, c_int64, array, c_double, c_double, POINTER(c_double),
    )  # fmt: skip
    for name in ("search", "score", "sum_alignments", "align", "edit_distances", "gap_between_lines"):
        getattr(found, f"chuviet_{name}").restype = c_int
    return found

"""JPEG files: decoded twice as fast as by Pillow, upright, and with damage noticed.

libjpeg repairs damaged data as well as it can, and only writes a warning to standard error: "Corrupt JPEG data" for
blocks that are lost or shifted. OpenCV has no other way to ask for that warning, so it is caught there.
"""

from __future__ import annotations

import itertools
import mmap
import operator
import os
import re
import struct
import tempfile
import threading
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from chuviet.errors import InputError

_ORIENTATION = 0x0112  # EXIF tag
_NO_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})  # markers that stand alone
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})  # SOF markers: size and kind of coding
_DECODABLE = frozenset({0xC0, 0xC1, 0xC2})  # baseline, extended, progressive; Huffman coded
_FLAGS = {  # OpenCV has no reduced RGB
    1: cv2.IMREAD_COLOR_RGB,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}
_DAMAGE = re.compile(rb"^(Corrupt JPEG data|Premature end of JPEG file)", re.MULTILINE)
_FILLER = re.compile(rb"(\d+) extraneous bytes before marker 0xd9")
#: What libjpeg writes about oddities that change no pixel.
_HARMLESS = re.compile(rb"^(Warning: |Inconsistent progression sequence|Invalid SOS parameters|Unknown Adobe color)")

# Standard error belongs to the whole process, so one image is decoded at a time.
_stderr = threading.Lock()
if hasattr(os, "register_at_fork"):  # a child must not inherit the lock, nor a standard error that leads nowhere
    os.register_at_fork(before=_stderr.acquire, after_in_parent=_stderr.release, after_in_child=_stderr.release)


@dataclass(frozen=True)
class Header:
    """What the markers before the image data say. `end` is the offset behind the end mark, 0 when there is none."""

    width: int
    height: int
    channels: int
    decodable: bool
    orientation: int
    end: int


def read_header(data: bytes) -> Header | None:
    """Walks through the markers of a JPEG file up to its image data; None when they make no sense.

    The orientation is EXIF's, 1 to 8, and 1 when there is none or it is broken.
    """
    at, orientation, frame = 2, 1, None
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF or marker in _NO_LENGTH:
            at += 1 if marker == 0xFF else 2
            continue
        length = struct.unpack_from(">H", data, at + 2)[0]
        if marker in _FRAMES and length >= 8 and at + 10 <= len(data):
            depth, height, width, channels = struct.unpack_from(">BHHB", data, at + 4)
            frame = (width, height, channels, depth == 8 and marker in _DECODABLE)
        elif marker == 0xE1 and data.startswith(b"Exif\0\0", at + 4):
            orientation = _orientation(data[at + 4 : at + 2 + length])
        elif marker == 0xDA:  # the image data begin
            end = data.find(b"\xff\xd9", at + 2 + length) + 2
            return Header(*frame, orientation, end if end > 1 else 0) if frame else None
        at += 2 + length
    return None


def decode(data: bytes, header: Header, name: str, reduce: int = 1) -> np.ndarray | None:
    """The image as H W 3 uint8 RGB, upright, each side divided by `reduce` (1, 2, 4, 8), which saves memory too.

    None for kinds that OpenCV does not decode. Raises InputError for a cut file and for damaged image data.
    """
    if not header.end:
        raise InputError(f"{name}: truncated JPEG data (no end mark); copy the image again")
    flags = _FLAGS[reduce] | cv2.IMREAD_IGNORE_ORIENTATION
    image, said = _decode_quietly(np.frombuffer(data, np.uint8, header.end), flags)
    if _DAMAGE.search(said) and not _is_filler(said, data[: header.end]):
        detail = said.decode("ascii", "replace").strip().splitlines()[0]
        raise InputError(f"{name}: damaged JPEG data ({detail}); parts of the picture are lost, copy it again")
    if image is None:
        return None
    if reduce > 1:
        cv2.cvtColor(image, cv2.COLOR_BGR2RGB, dst=image)
    return upright(image, header.orientation)


def upright(image: np.ndarray, orientation: int) -> np.ndarray:
    """Turns and mirrors H W 3 as EXIF's `orientation` (1 to 8) asks; the result is contiguous."""
    if orientation in (2, 3):
        image = image[:, ::-1]
    if orientation in (3, 4):
        image = image[::-1]
    if orientation >= 5:
        image = image.transpose(1, 0, 2)
    if orientation in (6, 7):
        image = image[:, ::-1]
    if orientation in (7, 8):
        image = image[::-1]
    return np.ascontiguousarray(image)


def _orientation(exif: bytes) -> int:
    """EXIF's orientation; 1 for a block that cannot be read or holds none."""
    tags = Image.Exif()
    try:
        tags.load(exif)
        value = tags.get(_ORIENTATION, 1)
    except (OSError, SyntaxError, ValueError, KeyError, TypeError, struct.error):
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _is_filler(said: bytes, data: bytes) -> bool:
    """Whether all that libjpeg complained of are zeros or FFs before the end mark, as some cameras write them."""
    found = _FILLER.search(said)
    if not found:
        return False
    count = int(found[1])
    tail = data[-2 - count : -2]
    return tail.count(0) == count or tail.count(0xFF) == count


def _decode_quietly(data: np.ndarray, flags: int) -> tuple[np.ndarray | None, bytes]:
    """cv2.imdecode, and what libjpeg wrote to standard error meanwhile; what others wrote there is passed on."""
    with _stderr:
        try:
            kept = os.dup(2)
        except OSError:  # this process has no standard error: nothing to catch
            return cv2.imdecode(data, flags), b""
        catcher = _scratch()
        try:
            os.dup2(catcher, 2)
            try:
                image = cv2.imdecode(data, flags)
                said = _written(catcher)
                ours, others = _told_apart(said)
                os.write(kept, others)  # while nobody can write there: their lines mostly stay in order
            finally:
                os.dup2(kept, 2)
            os.write(kept, _written(catcher)[len(said) :])
        finally:
            os.close(catcher)
            os.close(kept)
    return image, ours


def _told_apart(said: bytes) -> tuple[bytes, bytes]:
    """The lines that libjpeg wrote, and those of others."""
    lines = said.splitlines(keepends=True)
    ours = [bool(_DAMAGE.match(line) or _HARMLESS.match(line)) for line in lines]
    return b"".join(itertools.compress(lines, ours)), b"".join(itertools.compress(lines, map(operator.not_, ours)))


def _scratch() -> int:
    """A file descriptor to write to that has no name: in memory where the system can."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("chuviet")
    with tempfile.TemporaryFile() as f:
        return os.dup(f.fileno())


def _written(descriptor: int) -> bytes:
    """All that was written there. Its position, which writers share, stays."""
    size = os.fstat(descriptor).st_size
    if not size:
        return b""
    with mmap.mmap(descriptor, size, access=mmap.ACCESS_READ) as file:
        return file[:]

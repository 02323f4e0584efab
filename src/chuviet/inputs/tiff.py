"""The chain of pages in a TIFF file, followed without looking at what is on them."""

from __future__ import annotations

import io
import struct
from pathlib import Path


def count_pages(data: bytes | Path) -> int:
    """The pages of a TIFF or BigTIFF (its bytes, or the file): those that are found, and one more where the chain leads
    out of the file or is cut, so that reading that one says so. A chain that leads back ends there.

    Pillow looks at each page and searches all that came before: 18 s for 60,000 pages.
    """
    with io.BytesIO(data) if isinstance(data, bytes) else data.open("rb") as file:
        whole = file.seek(0, io.SEEK_END)
        file.seek(0)
        head = file.read(16)
        order = "<" if head[:2] == b"II" else ">"
        is_big = head[2:4] in (b"+\0", b"\0+")
        count, offset, entry = ("Q", "Q", 20) if is_big else ("H", "I", 12)
        width, begin = struct.calcsize(order + offset), 8 if is_big else 4
        place, seen = int.from_bytes(head[begin : begin + width], "little" if order == "<" else "big"), set[int]()
        while place and place not in seen:
            seen.add(place)
            file.seek(place)
            size = struct.calcsize(order + count)
            number = file.read(size)
            if len(number) < size:
                return len(seen)  # no page, but one that is named
            length = entry * struct.unpack(order + count, number)[0]
            if place + size + length > whole:
                return len(seen)  # the list of what the page has is cut: that page is damaged
            file.seek(place + size + length)
            following = file.read(width)
            if len(following) < width:
                return len(seen) + 1
            (place,) = struct.unpack(order + offset, following)
        return max(len(seen), 1)

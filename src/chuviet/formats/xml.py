"""What the formats in XML share."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

#: What XML 1.0 cannot hold, not even escaped.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text(value: str) -> str:
    """A text between tags."""
    return escape(_FORBIDDEN.sub("\ufffd", value))


def attributes(**values: object) -> str:
    """`` a="1" b="x"``, those that are None left out."""
    pairs = ((key, str(value)) for key, value in values.items() if value is not None)
    return "".join(f" {key}={quoteattr(_FORBIDDEN.sub(chr(0xFFFD), value))}" for key, value in pairs)


def degrees(value: float) -> str:
    """An angle to a hundredth, never -0.00."""
    return f"{round(value, 2) + 0.0:.2f}"


def pairs(points: Iterable[tuple[int, int]]) -> str:
    """``x,y x,y``."""
    return " ".join(f"{x},{y}" for x, y in points)

"""Ground truth of pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class LabelledPage:
    """A page or photo with text on it.

    `quads` is K 4 2, float pixels, clockwise from the text's top left; `ignore` (K) marks don't-care regions, whose
    text is "###". `path` is the image file; `source` the set it is from.
    """

    image: np.ndarray | None  # H W 3, uint8 RGB
    quads: np.ndarray
    texts: list[str]
    ignore: np.ndarray  # K, bool
    path: str = ""
    source: str = ""
    meta: dict[str, Any] = field(default_factory=dict)

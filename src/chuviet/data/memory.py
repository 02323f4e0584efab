"""Images that a process keeps in memory from one epoch to the next, up to a limit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


class ImageMemory:
    """Arrays by name, `megabytes` (of 10**6 bytes) of them at most: the first that come stay."""

    def __init__(self, megabytes: float) -> None:
        self.room = round(megabytes * 1e6)
        self._images: dict[str, np.ndarray] = {}

    def get(self, name: str, load: Callable[[], np.ndarray]) -> np.ndarray:
        """The array called so, by `load` if it isn't there. It can't be written to, but for one that is not kept."""
        image = self._images.get(name)
        if image is None:
            image = load()
            if image.nbytes <= self.room:
                image = image.copy() if image.base is not None else image  # what it is a part of would be kept too
                image.flags.writeable = False
                self.room -= image.nbytes
                self._images[name] = image
        return image

"""Images that a process keeps in memory from one epoch to the next, up to a limit."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

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

    def fill(self, names: Iterable[str], load: Callable[[str], np.ndarray], threads: int) -> None:
        """Loads those that are not here yet, by several threads, until the limit is reached."""
        missing = iter([name for name in names if name not in self._images])
        with ThreadPoolExecutor(threads) as pool:
            while part := list(itertools.islice(missing, 64 * threads)):
                for name, image in zip(part, pool.map(load, part), strict=True):
                    kept = self.get(name, lambda image=image: image)  # type: ignore[misc]
                    if kept.flags.writeable:  # no room for it
                        self.room = 0
                        return

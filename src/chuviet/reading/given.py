"""The images that a reader or a detector is given in Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chuviet.inputs.images import as_image
from chuviet.inputs.sources import Source, holds_several, iter_sources


def listed(images: Any) -> Sequence[Any]:
    """A list of images as it is; what else holds several (an iterator, a folder, a PDF) as a list; one image as a list
    of one. Raises InputError for a path that leads to no image.
    """
    if isinstance(images, (list, tuple)):
        return images
    if isinstance(images, str) or hasattr(images, "__fspath__"):
        return list(iter_sources(images))
    return list(images) if holds_several(images) else [images]


def loaded(image: Any) -> np.ndarray:
    """One image of such a list as H W 3 uint8 RGB. Raises InputError for what cannot be read."""
    return image.load() if isinstance(image, Source) else as_image(image)

"""Where the images of a table's rows are: in files. `docs/extend.md` shows another place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from chuviet import config
from chuviet.data.files import image_size
from chuviet.inputs.images import read_image
from chuviet.inputs.tables import image_files

if TYPE_CHECKING:
    import pandas as pd


class Images(Protocol):
    """What a config's `data.images` builds. It goes to the loader's worker processes as it is (pickled)."""

    def names(self, labels: Path, frame: pd.DataFrame) -> list[str]:
        """A name for the image of each row of the file `labels`; two rows with the same image have the same name."""

    def size(self, name: str) -> tuple[int, int]:
        """Height and width in pixels of the image. Raises InputError for one that is missing or cannot be read."""

    def read(self, name: str) -> np.ndarray:
        """The image, H W 3 uint8 RGB. Raises InputError."""


class FileImages:
    """Files that the column `img_path` names, relative to the folder that `inputs.tables.image_folder` finds."""

    @dataclass(frozen=True, kw_only=True)
    class Config(config.Config):
        def build(self) -> FileImages:
            return FileImages()

    def names(self, labels: Path, frame: pd.DataFrame) -> list[str]:
        from chuviet.data.table import image_root  # here: it needs pandas, and configs are read without

        return [str(file) for file in image_files(image_root(labels, frame), frame["img_path"].tolist())]

    def size(self, name: str) -> tuple[int, int]:
        return image_size(name)

    def read(self, name: str) -> np.ndarray:
        return read_image(name)

"""Where data are looked for; text files by lines; the size of an image by its header."""

from __future__ import annotations

import os
import struct
from pathlib import Path

from PIL import Image

from chuviet.errors import InputError
from chuviet.files import find_path
from chuviet.inputs.tables import read_text

_ORIENTATION = 0x0112  # EXIF tag; from 5 on the image lies on its side
#: What a PNG holds where its EXIF may be; without any of them it need not be decoded to learn that it has none.
_PNG_EXIF = (b"eXIf", b"Raw profile type", b"XML:com.adobe.xmp")


def find_data(name: str | Path) -> Path:
    """The file or folder that `name` means: as it stands, else below the folder that CHUVIET_DATA names."""
    path, root = find_path(name), os.environ.get("CHUVIET_DATA")
    if root and not path.exists() and (below := find_path(Path(root) / name)).exists():
        return below
    return path


def read_lines(path: str | Path) -> list[str]:
    """The lines, ended by LF or CR LF, of a text file (see `inputs.tables.read_text`). Raises InputError."""
    return read_text(Path(path)).replace("\r\n", "\n").split("\n")


def image_size(path: str | Path) -> tuple[int, int]:
    """Height and width in pixels that `inputs.images.read_image` gives, upright by EXIF; reads the header alone.

    Raises InputError for a file that is missing or no image.
    """
    try:
        with Image.open(path) as image:
            if image.format == "PNG" and not any(mark in Path(path).read_bytes() for mark in _PNG_EXIF):
                return image.height, image.width
            # Pillow turns TIFFs itself, size and all.
            turned = image.format != "TIFF" and image.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8)
            return (image.width, image.height) if turned else (image.height, image.width)
    except FileNotFoundError as e:
        raise InputError(f"{path}: no such image") from e
    except (OSError, SyntaxError, ValueError, struct.error, Image.DecompressionBombError) as e:
        raise InputError(f"{path}: cannot be read ({e})") from e

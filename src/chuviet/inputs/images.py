"""Image files as arrays: one function, the same result for every kind of file, and one clear line for every bad one."""

from __future__ import annotations

import io
import os
import struct
import warnings
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from chuviet.errors import InputError

#: More pixels than this are refused: a text line or a photo has a hundredth of it, a decompression bomb more.
MAX_PIXELS = 100_000_000
#: File name endings that are taken as images when a folder is listed.
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"})

_ORIENTATION = 0x0112  # EXIF tag


def read_image(path: str | Path) -> np.ndarray:
    """The image in file `path` as H W 3 uint8 RGB, upright.

    Grey is repeated, 16-bit is scaled by 255/65535, transparency is laid on white paper, CMYK is converted, EXIF
    orientation is applied. Raises InputError for a file that is missing, empty, cut short, broken, no image, or over
    `MAX_PIXELS`.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as e:
        raise InputError(f"{path}: cannot be read ({e.strerror or e}); check the path") from e
    return decode_image(data, str(path))


def decode_image(data: bytes, name: str = "image") -> np.ndarray:
    """As `read_image`, of a file's bytes; `name` is what an error calls it."""
    if not data:
        raise InputError(f"{name}: an empty file (0 bytes); copy the image again")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit below is the stricter one
            with Image.open(io.BytesIO(data)) as image:
                _check_size(image.size, name)
                if _plain_jpeg(image, data):
                    fast = cv2.imdecode(
                        np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
                    )
                    if fast is not None:
                        return fast
                return _to_rgb(image)
    except UnidentifiedImageError as e:
        raise InputError(f"{name}: not an image that can be read (JPEG, PNG, TIFF, BMP and WebP can)") from e
    except Image.DecompressionBombError as e:
        raise InputError(f"{name}: too many pixels (over {MAX_PIXELS:,}); scale it down first") from e
    except (
        OSError,
        SyntaxError,
        ValueError,
        EOFError,
        struct.error,
    ) as e:  # what Pillow's decoders raise on broken data
        if isinstance(e, InputError):
            raise
        raise InputError(f"{name}: truncated or broken image data ({e}); copy the image again") from e


def list_images(folder: str | Path) -> list[Path]:
    """All image files below `folder`, by name ending, in natural order (2.jpg before 10.jpg). Hidden files are left
    out."""
    found = []
    for where, folders, names in os.walk(folder):
        folders[:] = [f for f in folders if not f.startswith(".")]
        found += [Path(where, n) for n in names if not n.startswith(".") and Path(n).suffix.lower() in SUFFIXES]
    return sorted(found, key=lambda p: [natural_key(part) for part in p.parts])


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """A sort key that orders digits by their value."""
    parts: list[str] = [""]
    for c in name:
        if parts[-1] and c.isdecimal() != parts[-1][-1].isdecimal():
            parts.append("")
        parts[-1] += c
    return [(0, int(p), p) if p.isdecimal() else (1, 0, p) for p in parts]


def _check_size(size: tuple[int, int], name: str) -> None:
    width, height = size
    if width < 1 or height < 1 or width * height > MAX_PIXELS:
        raise InputError(f"{name}: {width} x {height} px; images of 1 to {MAX_PIXELS:,} px are read, so scale it first")


def _plain_jpeg(image: Image.Image, data: bytes) -> bool:
    """Whether OpenCV may decode it, which takes half the time. It does not notice a cut file, so the end mark must be
    there."""
    if image.format != "JPEG" or image.mode not in ("RGB", "L") or not data.endswith(b"\xff\xd9"):
        return False
    return image.getexif().get(_ORIENTATION, 1) == 1


def _to_rgb(image: Image.Image) -> np.ndarray:
    image.load()
    image = ImageOps.exif_transpose(image) or image
    if image.mode.startswith("I") or image.mode == "F":
        return np.repeat(_to_uint8(np.asarray(image), image.mode)[:, :, None], 3, axis=2)
    if image.has_transparency_data or image.mode in ("RGBa", "La"):
        rgba = image.convert("RGBA")
        paper = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        image = Image.alpha_composite(paper, rgba)
    return np.array(image.convert("RGB"))


def _to_uint8(values: np.ndarray, mode: str) -> np.ndarray:
    """Grey levels of more than 8 bits -> H W uint8. 32-bit files are scaled only when they go past 8 bits."""
    top = float(values.max(initial=0))
    if mode == "F":
        scale = 255.0 if top <= 1.0 else 1.0 if top <= 255 else 255.0 / 65535
    else:
        scale = 255.0 / 65535 if mode.startswith("I;16") or top > 255 else 1.0
    return np.clip(np.rint(values.astype(np.float64) * scale), 0, 255).astype(np.uint8)

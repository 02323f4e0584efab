"""Image files and images in memory as arrays: the same result for every kind, and one clear line for every bad one.

Every array is H W 3 uint8 in the order red, green, blue.
"""

from __future__ import annotations

import io
import math
import os
import threading
import warnings
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from chuviet.errors import InputError
from chuviet.inputs import jpeg, tiff
from chuviet.inputs.arrays import from_array, on_paper, scale_levels
from chuviet.inputs.kinds import FORMATS, HEAD, SUFFIXES, kind_of
from chuviet.inputs.names import list_images, natural_key

__all__ = ["MAX_PIXELS", "SUFFIXES", "as_image", "decode_image", "list_images", "natural_key", "read_image"]

#: Larger images are refused where they may not be scaled down: a text line has a hundredth of it.
MAX_PIXELS = 100_000_000
#: Larger ones are refused in any case (decompression bombs), unless the caller's own limit is higher. 200-megapixel
#: phones and A0 at 300 dpi stay below it; kinds other than JPEG, which are decoded whole before they are scaled, are
#: limited to Pillow's 179 million.
LARGEST_PIXELS = 250_000_000
#: Of all pictures of a GIF or WebP together.
ANIMATION_PIXELS = 1_000_000_000

_warnings = threading.Lock()  # warnings.catch_warnings changes what is shared by all threads


def read_image(path: str | Path, max_pixels: int | None = None, frame: int = 1) -> np.ndarray:
    """The image in file `path` as H W 3 uint8 RGB, upright.

    Grey is repeated, 16-bit is scaled by 255/65535, CMYK is converted, EXIF orientation is applied. Transparent
    pictures are laid on white paper, or on black where white would hide their ink. `frame` counts from 1 (TIFF, GIF,
    WebP). The sides of an image over `max_pixels` are divided by a whole number, so that about so many are left at
    most; without `max_pixels` nothing is scaled. Raises InputError for a file that is missing, empty, cut short,
    damaged, no image, or too large.
    """
    path = Path(path)
    try:
        with path.open("rb") as f:
            head = f.read(HEAD)
            # Pillow finds the page in the file itself; of a thousand pages the file would be read a thousand times.
            data = path if kind_of(head) == "TIFF" else head + f.read()
    except (OSError, ValueError) as e:  # ValueError: a null byte in the name
        reason = getattr(e, "strerror", None) or e
        raise InputError(f"{path}: cannot be read ({reason}); check the path") from e
    return _decoded(data, head, str(path), max_pixels, frame)


def decode_image(data: bytes, name: str = "image", max_pixels: int | None = None, frame: int = 1) -> np.ndarray:
    """As `read_image`, of a file's bytes; `name` is what an error calls it."""
    return _decoded(data, data[:HEAD], name, max_pixels, frame)


def _decoded(data: bytes | Path, head: bytes, name: str, max_pixels: int | None, frame: int) -> np.ndarray:
    """As `decode_image`, of a file's bytes or of the file, which begins with `head`."""
    if not head:
        raise InputError(f"{name}: an empty file (0 bytes); copy the image again")
    kind = kind_of(head)
    if kind == "HEIC":
        raise InputError(f"{name}: a HEIC image, which cannot be read; save it as JPEG (on a phone: 'most compatible')")
    if kind == "PDF":
        raise InputError(f"{name}: a PDF where one image is wanted; its pages are images of their own (FILE.pdf#1)")
    if kind is None:
        raise InputError(f"{name}: not an image that can be read ({', '.join(FORMATS)} can)")
    try:
        if kind == "JPEG" and isinstance(data, bytes) and (image := _decode_jpeg(data, name, max_pixels)) is not None:
            return image
        if kind == "JPEG2000" and not _has_end(data):
            raise InputError(f"{name}: truncated JPEG 2000 data (no end mark); copy the image again")
        with _open(data, kind) as opened:
            check_size(opened.size, name, max_pixels)
            if frame > 1:
                opened.seek(frame - 1)
                check_size(opened.size, name, max_pixels)  # pages of a TIFF have sizes of their own
            return _to_rgb(opened, max_pixels)
    except UnidentifiedImageError as e:
        raise InputError(f"{name}: not an image that can be read ({', '.join(FORMATS)} can)") from e
    except Image.DecompressionBombError as e:
        raise InputError(f"{name}: too many pixels ({str(e).rstrip('.')}); scale it down first") from e
    except InputError:
        raise
    except MemoryError as e:
        raise InputError(f"{name}: no memory for an image of this size; scale it down first") from e
    except Exception as e:  # decoders raise anything on broken data: of ten kinds that were seen two are documented
        raise InputError(f"{name}: truncated or broken image data ({_detail(e)}); copy the image again") from e


def as_image(value: Any, name: str = "image", max_pixels: int | None = None) -> np.ndarray:
    """An image in any common form as H W 3 uint8 RGB; `name` is what an error calls it.

    `value`: a path (str or Path), a file's bytes, an open binary file, a PIL image (its EXIF orientation is applied),
    or a numpy array in the order RGB, not OpenCV's BGR: H W, H W 1, H W 3 or H W 4 with values as `from_array` says.
    A fitting array is returned as it is, not copied. Raises InputError, one line, for anything else.
    """
    if isinstance(value, np.ndarray):
        image = from_array(value, name)
        check_size((image.shape[1], image.shape[0]), name, max_pixels)
        return _shrunk(image, max_pixels)
    if isinstance(value, (str, os.PathLike)):
        return read_image(os.fspath(value), max_pixels)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return decode_image(bytes(value), name, max_pixels)
    if isinstance(value, Image.Image):
        check_size(value.size, name, max_pixels)
        try:
            return _to_rgb(value.copy(), max_pixels)
        except InputError:
            raise
        except Exception as e:  # as above
            raise InputError(f"{name}: truncated or broken image data ({_detail(e)}); copy the image again") from e
    if hasattr(value, "read"):
        return decode_image(read_file_object(value, name), name, max_pixels)
    kinds = "a path, bytes, a binary file, a PIL image or a numpy array"
    raise InputError(f"{name}: {type(value).__name__} is no image; give {kinds}")


def read_file_object(file: Any, name: str = "image") -> bytes:
    """The bytes of an open file, from its beginning where it can be rewound (as Pillow does). Raises InputError when it
    is a text file or cannot be read."""
    try:
        if hasattr(file, "seekable") and file.seekable():
            file.seek(0)
        data = file.read()
    except (OSError, ValueError) as e:  # UnicodeDecodeError, a closed file
        raise InputError(f"{name}: cannot be read ({e}); open the file with mode 'rb'") from e
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise InputError(f"{name}: read() gave {type(data).__name__}, not bytes; open the file with mode 'rb'")
    return bytes(data)


def check_size(size: tuple[int, int], name: str, max_pixels: int | None = None) -> None:
    """Raises InputError for a `size` (width, height in pixels) that is empty or too large."""
    width, height = size
    limit = MAX_PIXELS if max_pixels is None else max(LARGEST_PIXELS, max_pixels)
    if width < 1 or height < 1 or width * height > limit:
        raise InputError(f"{name}: {width} x {height} px; images of 1 to {limit:,} px are read, so scale it first")


def count_frames(data: bytes | Path, kind: str | None) -> int:
    """How many pictures a file (or its bytes) of this kind (see `kind_of`) holds: pages of a TIFF, frames of a GIF or
    WebP.

    1 for other kinds: a JPEG may hold second views and depth maps of a phone, but one picture. Also 1 for a file that
    cannot be opened: reading it says what is wrong. In a file that is cut short or damaged behind its first pictures,
    those that are found and one more, so that reading that one says it: none is lost in silence. Raises InputError for
    an animation of more than `ANIMATION_PIXELS`.
    """
    if kind not in ("TIFF", "GIF", "WEBP"):
        return 1
    try:
        if kind == "TIFF":
            return tiff.count_pages(data)
        with _open(data, kind) as opened:
            frames = getattr(opened, "n_frames", 1)
            size = opened.size
    except InputError:
        raise
    except Exception:  # noqa: BLE001 (what decoders raise on broken data, and Pillow's DecompressionBombError)
        return _damaged_frames(data, kind)
    _check_animation(*size, frames)
    return frames + (kind == "GIF" and not _ends(data))


def _damaged_frames(data: bytes | Path, kind: str) -> int:
    """The pictures of a damaged animation that are found, and one more; 1 for what cannot be opened."""
    try:
        with _open(data, kind) as opened:
            return _found_frames(opened)
    except InputError:
        raise
    except Exception:  # noqa: BLE001 (as in `count_frames`)
        return 1


def _found_frames(opened: Image.Image) -> int:
    """The pictures of an open file; of a damaged one those that are found, and one more."""
    frames = 1
    while True:
        try:
            opened.seek(frames)
        except EOFError:  # behind the last one
            return frames
        except Exception:  # noqa: BLE001 (as in `count_frames`)
            return frames + 1
        frames += 1
        _check_animation(*opened.size, frames)


def _check_animation(width: int, height: int, frames: int) -> None:
    """Raises InputError for an animation of too many pixels: each picture is drawn over all that come before it."""
    if width * height * frames > ANIMATION_PIXELS:
        raise InputError(
            f"an animation of {frames} pictures of {width} x {height} px; {ANIMATION_PIXELS:,} px are read, so take "
            "its pictures apart first"
        )


def _ends(gif: bytes | Path) -> bool:
    """Whether a GIF has its end mark: without it pictures may be missing, however whole the others are."""
    data = gif if isinstance(gif, bytes) else gif.read_bytes()
    return data.rstrip(b"\0").endswith(b";")


def _has_end(jpeg2000: bytes | Path) -> bool:
    """Whether the end mark is there, two bytes that no other data hold: some decoders take what is missing for grey."""
    data = jpeg2000 if isinstance(jpeg2000, bytes) else jpeg2000.read_bytes()
    return b"\xff\xd9" in data


def _detail(e: Exception) -> str:
    return " ".join(str(e).split()) or type(e).__name__


def _open(data: bytes | Path, kind: str) -> Image.Image:
    """The image with its header read; warnings of Pillow about its size are kept silent, `check_size` is stricter."""
    with _warnings, warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            return Image.open(io.BytesIO(data) if isinstance(data, bytes) else data, formats=[kind])
        except KeyError as e:
            raise UnidentifiedImageError(f"this Pillow has no {kind}") from e


def _decode_jpeg(data: bytes, name: str, max_pixels: int | None) -> np.ndarray | None:
    """A JPEG file's image; None for those that only Pillow decodes (CMYK, 12 bits, arithmetic coding)."""
    header = jpeg.read_header(data)
    if header is None:
        return None
    check_size((header.width, header.height), name, max_pixels)
    pixels, reduce = header.width * header.height, 1
    while max_pixels is not None and reduce < 8 and pixels > max_pixels * reduce**2:
        reduce *= 2
    image = jpeg.decode(data, header, name, reduce)  # for the others too: it notices damage
    if image is None or not header.decodable or header.channels not in (1, 3):
        return None
    return _shrunk(image, max_pixels)


def _to_rgb(image: Image.Image, max_pixels: int | None = None) -> np.ndarray:
    image.load()
    if image.mode.startswith("I") or image.mode == "F":
        levels = scale_levels(np.asarray(ImageOps.exif_transpose(image)), image.mode)
        return np.repeat(_shrunk(levels, max_pixels)[:, :, None], 3, axis=2)
    image = _reduced(image, max_pixels)
    image = ImageOps.exif_transpose(image) or image
    if image.has_transparency_data or image.mode in ("RGBa", "La"):
        return on_paper(np.asarray(image.convert("RGBA")))
    return np.array(image if image.mode == "RGB" else image.convert("RGB"))


def _reduced(image: Image.Image, max_pixels: int | None) -> Image.Image:
    """An image over `max_pixels` with each side divided by a whole number; a smaller one as it is."""
    factor = _factor(image.width * image.height, max_pixels)
    if factor == 1:
        return image
    if image.mode in ("1", "P", "PA"):  # averaging needs grey levels or colours
        image = image.convert("L" if image.mode == "1" else "RGBA" if image.has_transparency_data else "RGB")
    exif = image.getexif()
    small = image.reduce(factor)
    small.info.update({k: v for k, v in image.info.items() if k in ("exif", "xmp")})
    small.getexif().update(exif)
    return small


def _shrunk(image: np.ndarray, max_pixels: int | None) -> np.ndarray:
    """As `_reduced`, of an array."""
    height, width = image.shape[:2]
    factor = _factor(height * width, max_pixels)
    if factor == 1:
        return image
    size = (math.ceil(width / factor), math.ceil(height / factor))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def _factor(pixels: int, max_pixels: int | None) -> int:
    """What each side of an image is divided by: 1 up to `max_pixels`."""
    return 1 if max_pixels is None else math.ceil(math.sqrt(pixels / max_pixels))

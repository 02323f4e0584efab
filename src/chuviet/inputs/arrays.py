"""Arrays of any common shape and type as H W 3 uint8 RGB; transparency laid on paper."""

from __future__ import annotations

import cv2
import numpy as np

from chuviet.errors import InputError

_SHAPES = "H W, H W 1, H W 3 or H W 4"


def from_array(values: np.ndarray, name: str = "image") -> np.ndarray:
    """An array of a picture in the order RGB -> H W 3 uint8 RGB.

    Shapes: H W and H W 1 are grey, H W 3 is RGB, H W 4 has an alpha channel as the last one. Types:

    - bool: False is black, True white;
    - uint8: as it is;
    - other integers: 0..255, or 0..65535 when a value is over 255, which is scaled by 255/65535;
    - floats: 0..1 when no value is over 2 (the overshoot of a resize is cut off), else 0..255.

    Raises InputError for other shapes, types and ranges, and for values that are no numbers.
    """
    if values.ndim == 2:
        values = values[:, :, None]
    if values.ndim != 3 or values.shape[2] not in (1, 3, 4):
        hint = "; the channels come last: transpose(1, 2, 0)" if values.ndim == 3 and values.shape[0] in (1, 3) else ""
        hint = "; give the pictures one by one" if values.ndim == 4 else hint
        raise InputError(f"{name}: an array of shape {values.shape}; a picture is {_SHAPES}{hint}")
    if not values.size:
        raise InputError(f"{name}: an array of shape {values.shape} holds no pixels")
    pixels = np.ascontiguousarray(_to_uint8(values, name))
    if pixels.shape[2] == 4:
        return on_paper(pixels)
    return np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels


def on_paper(rgba: np.ndarray) -> np.ndarray:
    """Lays a picture, H W 4 uint8 with straight alpha, on the paper that shows its ink: white or black. -> H W 3 uint8.

    Light ink alone is laid on black. A picture that has paper of its own (both light and dark pixels, or more of it
    seen than not) is laid on paper like its own.
    """
    alpha = rgba[:, :, 3]
    if alpha.min() == 255:
        return np.ascontiguousarray(rgba[:, :, :3])
    grey = cv2.cvtColor(rgba, cv2.COLOR_RGBA2GRAY)
    seen = grey[alpha >= max(int(alpha.max()) // 2, 1)]
    paper = 255
    if seen.size:
        darkest, middle, lightest = np.percentile(seen, (1, 50, 99))
        own_paper = darkest < 128 <= lightest or seen.size > alpha.size / 2
        is_light = middle >= 128
        paper = 255 if is_light == own_paper else 0
    weight = alpha[:, :, None].astype(np.uint16)
    mixed = rgba[:, :, :3] * weight + np.uint16(paper) * (255 - weight)
    return ((mixed + np.uint16(127)) // np.uint16(255)).astype(np.uint8)


def scale_levels(values: np.ndarray, mode: str) -> np.ndarray:
    """Grey levels of more than 8 bits (of Pillow's `mode`) -> H W uint8. 32-bit files are scaled only when they go past
    8 bits; what is no number is black."""
    values = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    top = float(values.max(initial=0))
    if mode == "F":
        scale = 255.0 if top <= 1.0 else 1.0 if top <= 255 else 255.0 / 65535
    else:
        scale = 255.0 / 65535 if mode.startswith("I;16") or top > 255 else 1.0
    return np.clip(np.rint(values * scale), 0, 255).astype(np.uint8)


def _to_uint8(values: np.ndarray, name: str) -> np.ndarray:
    """The levels of `values` as uint8; see `from_array`."""
    if values.dtype == np.uint8:
        return values
    if values.dtype == bool:
        return values.astype(np.uint8) * np.uint8(255)
    if values.dtype.kind not in "uif":
        raise InputError(f"{name}: an array of type {values.dtype}; a picture is bool, integer or float")
    low, top = float(values.min()), float(values.max())
    is_float = values.dtype.kind == "f"
    if not np.isfinite([low, top]).all():
        raise InputError(f"{name}: an array with values that are no numbers (NaN or infinite)")
    unit = is_float and top <= 2
    limit = 2 if unit else 255.5 if is_float else 65535
    overshoot = -0.25 if unit else -0.5 if is_float else 0
    if low < overshoot or top > limit:
        wanted = "0 to 1 or 0 to 255" if is_float else "0 to 255 or 0 to 65535"
        raise InputError(f"{name}: an array with values from {low:g} to {top:g}; a picture has {wanted}")
    scale = 255.0 if unit else 1.0 if top <= 255.5 else 255.0 / 65535
    return np.clip(np.rint(values.astype(np.float32) * np.float32(scale)), 0, 255).astype(np.uint8)

"""Paper, ink colour and camera: from ink strength to an RGB image as a scanner or a phone would give it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

#: Ballpoint blue, dark blue, violet, pencil, red, black: RGB.
INKS = ((45, 85, 190), (30, 35, 110), (95, 70, 165), (120, 120, 125), (165, 40, 50), (20, 20, 24))


@dataclass(frozen=True)
class Sheet:
    """What is written on, with what, and how it was taken."""

    paper: tuple[float, float, float] = (255, 255, 255)
    ink: tuple[float, float, float] = (20, 20, 24)
    strength: float = 1.0
    grain: float = 0.0  # grey levels
    texture: str = "plain"  # plain | noise | waves | blobs
    rules: str = ""  # "" | lines | squares
    shadow: float = 0.0  # share of the light lost at the dark end
    blur: float = 0.0  # pixels
    quality: int = 90  # JPEG

    @staticmethod
    def draw(rng: np.random.Generator) -> Sheet:
        """A random sheet: half of them scans in black on white, the rest of any paper and pen."""
        clean = rng.random() < 0.5
        tint = rng.uniform(0, 1, 3) * 40
        level = rng.uniform(200, 255)
        paper = (255.0, 255.0, 255.0) if clean else tuple(np.minimum(level - 20 + tint, 255))
        ink = np.clip(np.array(INKS[int(rng.integers(len(INKS)))]) + rng.normal(0, 18, 3), 0, 170)
        if clean and rng.random() < 0.8:
            ink = np.full(3, rng.uniform(0, 60))
        return Sheet(
            paper=paper,
            ink=tuple(ink),
            strength=rng.uniform(0.75, 1.15),
            grain=0.0 if clean else rng.uniform(0, 5),
            texture="plain" if clean else str(rng.choice(("plain", "noise", "waves", "blobs"))),
            rules=str(rng.choice(("", "", "", "", "", "", "lines", "squares"))),
            shadow=0.0 if rng.random() < 0.6 else rng.uniform(0, 0.45),
            blur=0.0 if rng.random() < 0.6 else rng.uniform(0.3, 1.0),
            quality=int(rng.integers(50, 96)),
        )


def put_on(ink: np.ndarray, sheet: Sheet, rng: np.random.Generator) -> np.ndarray:
    """Ink strength h w (0..1) on a sheet: h w 3 uint8 RGB."""
    h, w = ink.shape
    ground: np.ndarray | np.float32 = np.float32(1)  # plain paper needs no plane of its own
    if sheet.texture != "plain":
        ground = 1 - _texture(sheet.texture, h, w, rng)
    if sheet.rules:
        ground = _ruled(np.ones((h, w), np.float32) if isinstance(ground, np.float32) else ground, sheet.rules, rng)
    if sheet.shadow:
        light = cv2.resize(rng.random((2, 3), dtype=np.float32), (w, h), interpolation=cv2.INTER_LINEAR)
        ground = ground * (1 - sheet.shadow * light)
    if sheet.blur:
        ink = cv2.GaussianBlur(ink, (0, 0), sheet.blur)
    cover = np.minimum(ink * sheet.strength, 1)
    grain = rng.standard_normal((h, w), dtype=np.float32) * sheet.grain if sheet.grain else None
    planes: dict[tuple[float, float], np.ndarray] = {}  # black ink on white paper has one plane, not three
    for colours in dict.fromkeys(zip(sheet.paper, sheet.ink, strict=True)):
        paper = ground * colours[0]
        taken = cover * np.maximum(paper - colours[1], 0)
        plane = np.subtract(paper, taken, out=taken).astype(np.float32)
        if grain is not None:
            plane += grain
        planes[colours] = np.clip(plane, 0, 255, out=plane).astype(np.uint8)
    return cv2.merge([planes[colours] for colours in zip(sheet.paper, sheet.ink, strict=True)])


def encode_jpeg(image: np.ndarray, quality: int) -> bytes:
    """h w 3 RGB uint8 -> the bytes of a JPEG file."""
    ok, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not ok:
        raise ValueError(f"an image of shape {image.shape} could not be encoded")
    return data.tobytes()


def _texture(kind: str, h: int, w: int, rng: np.random.Generator) -> np.ndarray:
    """Darkening of the paper, 0 and a few per cent: soft noise, a quasicrystal of plane waves, or blobs."""
    if kind == "noise":
        coarse = rng.random((max(h // 4, 2), max(w // 4, 2)), dtype=np.float32)
        return cv2.resize(coarse, (w, h), interpolation=cv2.INTER_LINEAR) * rng.uniform(0.02, 0.12)
    small = (max(h // 2, 2), max(w // 2, 2))
    y, x = np.mgrid[: small[0], : small[1]].astype(np.float32)
    field: np.ndarray = np.zeros(small, np.float32)
    if kind == "waves":
        for angle in np.arange(5) * np.pi / 5 + rng.uniform(0, np.pi):
            field += np.cos((x * np.cos(angle) + y * np.sin(angle)) * rng.uniform(0.15, 0.5) + rng.uniform(0, 6))
        field = (field + 5) / 10
    else:
        for _ in range(int(rng.integers(2, 9))):
            cx, cy, r = rng.uniform(0, small[1]), rng.uniform(0, small[0]), rng.uniform(3, 20)
            field += np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * r * r))
        field = np.minimum(field, 1)
    return cv2.resize(field, (w, h), interpolation=cv2.INTER_LINEAR) * rng.uniform(0.02, 0.15)


def _ruled(ground: np.ndarray, kind: str, rng: np.random.Generator) -> np.ndarray:
    h, w = ground.shape
    step, tone = int(rng.integers(16, 40)), float(rng.uniform(0.6, 0.92))
    ground = ground.copy()
    rise = rng.normal(0, 0.004)
    for y in range(int(rng.integers(step)), h, step):
        cv2.line(ground, (0, y), (w, round(y + rise * w)), tone, 1, cv2.LINE_AA)
    if kind == "squares":
        for x in range(int(rng.integers(step)), w, step):
            cv2.line(ground, (x, 0), (x, h), tone, 1, cv2.LINE_AA)
    return ground

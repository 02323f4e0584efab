"""Lines of real handwriting cut out of labelled pages: straightened by their quads, freed of their neighbours' ink by
their polygons.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np

from chuviet.data.files import read_lines
from chuviet.errors import InputError
from chuviet.files import read_json
from chuviet.geometry import crop
from chuviet.inputs.images import read_image
from chuviet.manifest import COLUMNS, SYNTHETIC_FOLD
from chuviet.vocab import normalize

Part = Literal["train", "test"]

#: One hand in this many is test material, by the hash of its name.
HELD_OUT = 9
_DONT_CARE = "###"
_EDITORS = frozenset("^<>_*=|{}[]")  # signs of a transcription's editors, not of the writer
_SIGNS = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "..."})
_MARGIN = 0.08  # of the line's height, around its quad and its polygon


@dataclass(frozen=True)
class PageLine:
    """One labelled line: where it is (quad 4 2 and polygon K 2, pixels of the page) and what it says."""

    image: str
    text: str
    quad: np.ndarray
    polygon: np.ndarray


def hand_of(image: str) -> str:
    """The writer of a page: its file name up to the last hyphen, which numbers the pages of one document."""
    return Path(image).stem.rsplit("-", 1)[0]


def is_held_out(image: str) -> bool:
    """Whether a page is test material; all pages of one document go together."""
    return int.from_bytes(hashlib.sha256(hand_of(image).encode()).digest()[:4], "big") % HELD_OUT == 0


def load_page_lines(path: str | Path, alphabet: str, part: Part = "train") -> tuple[list[PageLine], dict[str, int]]:
    """The lines of a ``path<TAB>JSON`` label file that belong to `part`, and how many there were and why some are left
    out: "don't care", "charset" (characters outside `alphabet`), "editors" (their signs).

    Raises InputError with file and row for another format.
    """
    known, lines = frozenset(alphabet), []
    counts = {"labelled": 0, "other part": 0, "don't care": 0, "charset": 0, "editors": 0}
    for number, row in enumerate(read_lines(Path(path)), 1):
        image, tab, data = row.partition("\t")
        try:
            regions: list[dict[str, Any]] = read_json(data) if tab else []
            for region in regions:
                text = " ".join(normalize(region["transcription"].translate(_SIGNS)).split())
                quad = np.asarray(region["points"], np.float32).reshape(4, 2)
                polygon = np.asarray(region.get("polygon", region["points"]), np.float32).reshape(-1, 2)
                counts["labelled"] += 1
                if reason := _reason_to_leave_out(text, known, image, part):
                    counts[reason] += 1
                else:
                    lines.append(PageLine(image, text, quad, polygon))
        except (ValueError, KeyError, TypeError, AttributeError) as e:
            raise InputError(f"{path}: row {number}: not an image path, a tab and JSON of quads ({e})") from e
    return lines, counts


def _reason_to_leave_out(text: str, known: frozenset[str], image: str, part: Part) -> str:
    if is_held_out(image) != (part == "test"):
        return "other part"
    if not text or text == _DONT_CARE:
        return "don't care"
    if set(text) & _EDITORS:
        return "editors"
    return "" if known.issuperset(text) else "charset"


def cut_page_line(page: np.ndarray, line: PageLine, height: int = 64) -> np.ndarray:
    """The line out of its page, H W 3 uint8 RGB: straightened, the ink outside its polygon replaced by paper, scaled
    to `height` rows if it has more.
    """
    sides = np.linalg.norm(np.roll(line.quad, -1, axis=0) - line.quad, axis=1)  # top, right, bottom, left
    margin = _MARGIN * float(max(sides[1], sides[3]))
    quad = _grown(line.quad, margin)
    image = crop(page, quad.astype(np.float64))
    h, w = image.shape[:2]
    corners = np.array([(0, 0), (w, 0), (w, h), (0, h)], np.float32)
    matrix = cv2.getPerspectiveTransform(quad, corners)
    polygon = cv2.perspectiveTransform(line.polygon[None], matrix)[0]
    inside: np.ndarray = np.zeros((h, w), np.uint8)
    cv2.fillPoly(inside, [np.round(polygon).astype(np.int32)], 255)
    inside = cv2.dilate(inside, np.ones((3, 3), np.uint8), iterations=max(round(margin / 2), 1))
    soft = cv2.GaussianBlur(inside, (0, 0), 1.0)[:, :, None] / np.float32(255)
    mixed = image * soft + _paper(image) * (1 - soft)
    image = np.clip(mixed + 0.5, 0, 255).astype(np.uint8)
    if h > height:
        image = cv2.resize(image, (max(round(w * height / h), 8), height), interpolation=cv2.INTER_AREA)
    return image


def _grown(quad: np.ndarray, margin: float) -> np.ndarray:
    """The quad with each corner moved outwards by `margin` along both of its sides."""
    along = quad[1] + quad[2] - quad[0] - quad[3]
    down = quad[2] + quad[3] - quad[0] - quad[1]
    along, down = (v / max(float(np.linalg.norm(v)), 1e-6) * margin for v in (along, down))
    return np.stack([quad[0] - along - down, quad[1] + along - down, quad[2] + along + down, quad[3] - along + down])


def _paper(image: np.ndarray) -> np.ndarray:
    """The colour of the paper at every pixel: the lightest nearby, smoothed. H W 3 float32."""
    h, w = image.shape[:2]
    small = cv2.resize(image, (max(w // 4, 1), max(h // 4, 1)), interpolation=cv2.INTER_AREA)
    light = cv2.blur(cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8)), (9, 9))
    return cv2.resize(light, (w, h), interpolation=cv2.INTER_LINEAR).astype(np.float32)


@dataclass(frozen=True)
class CutRecipe:
    """How sample i is made: `job(i)` returns line i's manifest row and its JPEG bytes. Nothing is drawn by chance."""

    lines: Sequence[PageLine]
    root: Path
    source: str
    height: int = 64

    def job(self, index: int) -> tuple[dict[str, str], bytes]:
        line = self.lines[index]
        image = cut_page_line(read_image(self.root / line.image), line, self.height)
        name = f"{index // 1000:04d}/{index:07d}.jpg"
        values = (name, line.text, hand_of(line.image), str(SYNTHETIC_FOLD), self.source, "", line.image)
        done, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 92])
        if not done:
            raise ValueError(f"{line.image}: a line of shape {image.shape} could not be encoded")
        return dict(zip(COLUMNS, values, strict=True)), data.tobytes()

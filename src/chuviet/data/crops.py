"""Words cut out of labelled pages: as a set for a reader, and as what a set for training must not hold."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from PIL import Image
from tqdm import tqdm

from chuviet.files import write_whole
from chuviet.geometry import Quad, crop
from chuviet.inputs.images import read_image
from chuviet.labels import LabelledPage

LABELS = "labels.txt"
#: Correlation from which two images of one text are the same. Of 452 words of ICDAR2015's photos 451 are above it with
#: their own crops in that contest's word set, and of the 4,176 other crops with their texts 12.
SAME = 0.8
_SIZE = (64, 24)  # width and height in pixels that are compared


def write_crops(pages: Sequence[LabelledPage], folder: str | Path, progress: bool = False) -> int:
    """Writes every text of the pages that is not don't-care or empty, straightened as `chuviet read` does it, to
    ``folder/<page>/<n>.png`` and the list ``folder/labels.txt``, ``path<TAB>text``. Returns their number.
    """
    folder, lines = Path(folder), []
    for i, page in enumerate(tqdm(pages, unit="page", disable=not progress, dynamic_ncols=True)):
        for k, (text, image) in enumerate(_words(page, crop)):
            name = f"{i:05d}/{k}.png"
            picture = io.BytesIO()
            Image.fromarray(image).save(picture, "PNG")
            write_whole(folder / name, picture.getvalue(), sync=False)
            lines.append(f"{name}\t{text}\n")
    write_whole(folder / LABELS, "".join(lines).encode())
    return len(lines)


def rows_of_pages(frame: pd.DataFrame, root: Path, pages: Sequence[LabelledPage], progress: bool = False) -> pd.Series:
    """Which rows of a table img_path,text are images of words of `pages`: those with a word's text whose picture is
    that of its bounding box. Words are often published twice, as pages and cut out of them; a reader that trained on
    the second is not measured by the first.
    """
    rows: dict[str, list[int]] = defaultdict(list)
    for position, text in enumerate(frame["text"]):
        rows[text].append(position)
    seen: dict[int, np.ndarray] = {}
    found = np.zeros(len(frame), bool)
    for page in tqdm(pages, unit="page", disable=not progress, dynamic_ncols=True):
        for text, image in _words(page, _bounding_crop, only=rows):
            looks = _look(image)
            for i in rows[text]:
                if i not in seen:
                    seen[i] = _look(read_image(root / frame["img_path"].iloc[i]))
                found[i] |= float(looks @ seen[i]) > SAME
    return pd.Series(found, frame.index)


def _words(
    page: LabelledPage, cut: Callable[[np.ndarray, Quad], np.ndarray], only: dict[str, list[int]] | None = None
) -> Iterator[tuple[str, np.ndarray]]:
    """Text and image of the words of a page that can be read; the page is opened when there is one."""
    words = zip(page.quads, page.texts, page.ignore, strict=True)
    wanted = [(q, t) for q, t, ignore in words if t and not ignore and (only is None or t in only)]
    if wanted:
        image = read_image(page.path)
        yield from ((text, cut(image, quad)) for quad, text in wanted)


def _bounding_crop(image: np.ndarray, quad: Quad) -> np.ndarray:
    low = np.clip(np.floor(quad.min(0)).astype(int), 0, None)
    right, bottom = np.ceil(quad.max(0)).astype(int) + 1
    part = image[low[1] : max(bottom, low[1] + 1), low[0] : max(right, low[0] + 1)]
    return part if part.size else np.zeros((2, 2, 3), np.uint8)  # outside the image


def _look(image: np.ndarray) -> np.ndarray:
    """H W 3 -> vector of length 1 whose products are correlations (0 for a blank image)."""
    grey = cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), _SIZE, interpolation=cv2.INTER_AREA).astype(np.float64)
    grey -= grey.mean()
    return (grey / max(float(np.linalg.norm(grey)), 1e-6)).ravel()

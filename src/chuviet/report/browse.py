"""Out-of-fold readings as one HTML file to look through: filters, sorting, search, and a list of doubtful labels.

The file needs no other, but for the pictures: it names the image files, relative to itself, or embeds small copies.
What it does is in `browse_page`: plain JavaScript, put into the file together with the rows as JSON. Only that script
may run: the file's content policy names its hash, so that no label can bring one along.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import cv2
import pandas as pd
from tqdm import tqdm

from chuviet.data.table import read_table
from chuviet.errors import InputError
from chuviet.files import write_whole
from chuviet.inputs.images import read_image
from chuviet.inputs.tables import image_files
from chuviet.metrics.recognition import align
from chuviet.report.oof import error_kind

_PAGE = Path(__file__).with_name("browse_page")
_SCRIPTS = ("rows.js", "list.js", "browse.js")  # in the order that they need each other
#: Kinds of errors as `oof.error_kind` names them, in the order of the page.
KINDS = (
    "base letter", "tone mark", "vowel mark", "vowel and tone mark", "đ/d", "case", "digit", "punctuation", "space",
    "missing", "inserted",
)  # fmt: skip
#: Stretches of a label and its reading: equal ones as a text, others as [true, read].
Runs = list[str | list[str]]


def read_members(paths: Sequence[str | Path]) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """The rows of the first `oof.csv`, and those of the others by a name for each, made of its path.

    Raises InputError for a file that is none, or that has no image in common with the first.
    """
    first, *others = [read_table(path, columns=("img_path", "text", "prediction")) for path in paths]
    if not len(first):
        raise InputError(f"{paths[0]}: no rows; a run with fold=5 has no out-of-fold predictions")
    known = set(first["img_path"])
    for path, frame in zip(paths[1:], others, strict=True):
        if known.isdisjoint(frame["img_path"]):
            raise InputError(f"{path}: has no img_path of {paths[0]}; name readings of the same lines")
    return first, dict(zip(member_names(paths)[1:], others, strict=True))


def member_names(paths: Sequence[str | Path]) -> list[str]:
    """A name for each file: that of its folder if it is called `oof.csv`, else its own; longer where two are alike,
    and with a number where that does not help.
    """
    parts = [Path(p).absolute().with_suffix("").parts for p in paths]
    parts = [p[:-1] if p[-1] == "oof" else p for p in parts]
    short = [p[-1] for p in parts]
    names = [name if short.count(name) == 1 else "/".join(p[-2:]) for name, p in zip(short, parts, strict=True)]
    before = [names[:i].count(name) for i, name in enumerate(names)]
    return [f"{name} ({n + 1})" if n else name for name, n in zip(names, before, strict=True)]


def write_page(
    frame: pd.DataFrame, members: dict[str, pd.DataFrame], root: Path, path: Path, title: str, thumbnails: int = 0
) -> int:
    """Writes the page of the rows `frame` with the readings of other `members`, whole or not at all. Returns how many
    images of `root` it found.

    `thumbnails`: height in pixels of copies of the images that are put into the file; 0 names the image files instead.
    """
    files = image_files(root, frame["img_path"].tolist())
    images = _thumbnails(files, thumbnails) if thumbnails else _links(files, path)
    data = {"title": title, "kinds": KINDS, "members": list(members), "rows": rows(frame, members, images)}
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    key = hashlib.sha256(text.encode()).hexdigest()[:16]
    write_whole(path, _page(text.replace("<", "\\u003c"), key, title).encode())
    return sum(image is not None for image in images)


def rows(frame: pd.DataFrame, members: dict[str, pd.DataFrame], images: Sequence[str | None]) -> list[list[Any]]:
    """What the page knows of each line: name, image, fold, confidence, kinds of errors as bits, runs of the label and
    its reading, and of every member [runs, confidence], or null where it has not read the line.
    """
    read = [_readings(other) for other in members.values()]
    folds = frame["fold"].tolist() if "fold" in frame else [None] * len(frame)
    sure = _confidences(frame)
    found = []
    for i, (name, text, prediction) in enumerate(
        zip(frame["img_path"], frame["text"], frame["prediction"], strict=True)
    ):
        pairs = align(text, prediction) if text != prediction else [(c, c) for c in text]
        kinds = sum(1 << KINDS.index(kind) for kind in {error_kind(a, b) for a, b in pairs if a != b})
        others = [_member(text, reading.get(name)) for reading in read]
        found.append([name, images[i], folds[i], sure[i], kinds, runs(pairs), others])
    return found


def runs(pairs: Sequence[tuple[str, str]]) -> Runs:
    """Pairs of aligned characters, put together to stretches that are equal and such that are not."""
    found: Runs = []
    for true, read in pairs:
        last = found[-1] if found else None
        if true == read and isinstance(last, str):
            found[-1] = last + true
        elif true == read:
            found.append(true)
        elif isinstance(last, list):
            found[-1] = [last[0] + true, last[1] + read]
        else:
            found.append([true, read])
    return found


def _readings(frame: pd.DataFrame) -> dict[str, tuple[str, float | None]]:
    """Reading and confidence by img_path."""
    values = zip(frame["prediction"], _confidences(frame), strict=True)
    return dict(zip(frame["img_path"], values, strict=True))


def _member(text: str, reading: tuple[str, float | None] | None) -> list[Any] | None:
    if reading is None:
        return None
    read, sure = reading
    return [runs(align(text, read)) if text != read else [text], sure]


def _confidences(frame: pd.DataFrame) -> list[float | None]:
    if "confidence" not in frame:
        return [None] * len(frame)
    values = pd.to_numeric(frame["confidence"], errors="coerce")
    return [None if pd.isna(v) else round(float(v), 4) for v in values]


def _links(files: Sequence[Path], page: Path) -> list[str | None]:
    """Addresses of the files that are there, relative to the page's folder; whole ones where that cannot be."""
    folder = page.absolute().parent
    found: list[str | None] = []
    for file in files:
        if not file.is_file():
            found.append(None)
            continue
        try:
            found.append(quote(os.fsencode(Path(os.path.relpath(file.absolute(), folder)).as_posix())))
        except ValueError:  # another drive
            found.append(file.absolute().as_uri())
    return found


def _thumbnails(files: Sequence[Path], height: int) -> list[str | None]:
    """Copies of the images, `height` pixels high at most, as data addresses; None for one that cannot be read."""
    found: list[str | None] = []
    for file in tqdm(files, unit="picture", dynamic_ncols=True):
        try:
            image = read_image(file)
        except InputError:
            found.append(None)
            continue
        scale = min(height / image.shape[0], 1.0)
        size = (max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1))
        small = cv2.resize(image[..., ::-1], size, interpolation=cv2.INTER_AREA)
        data = cv2.imencode(".webp", small, [cv2.IMWRITE_WEBP_QUALITY, 50])[1].tobytes()  # half of a JPEG
        found.append("data:image/webp;base64," + base64.b64encode(data).decode())
    return found


def _page(data: str, key: str, title: str) -> str:
    """The file: the parts of `browse_page` in its page.html."""
    style = (_PAGE / "style.css").read_text(encoding="utf-8")
    script = "".join(_module((_PAGE / name).read_text(encoding="utf-8")) for name in _SCRIPTS)
    policy = (
        f"default-src 'none'; img-src 'self' file: data:; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    parts = {"POLICY": policy, "TITLE": html.escape(title), "KEY": key, "STYLE": style, "DATA": data, "SCRIPT": script}
    page = (_PAGE / "page.html").read_text(encoding="utf-8")
    return re.sub(r"\{\{([A-Z]+)\}\}", lambda m: parts[m[1]], page)


def _module(source: str) -> str:
    """A module as a part of the one script: what it imports stands before it there, under the same names."""
    return re.sub(r"^export ", "", re.sub(r"^import .*\n", "", source, flags=re.MULTILINE), flags=re.MULTILINE)


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

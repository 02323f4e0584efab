"""Quads as people and programs label them, made fit for training: mended or dropped by one stated rule, and counted."""

from __future__ import annotations

import dataclasses
import itertools
import sys
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import shapely
from PIL import Image

from chuviet.errors import InputError
from chuviet.geometry import Quad, Quads, side_lengths, signed_area
from chuviet.labels import LabelledPage
from chuviet.polygons import polygons

#: What becomes of a quad, in the order of `summary`.
MENDED = ("clipped", "re-ordered", "reversed", "made don't-care")
DROPPED = ("not finite", "outside", "degenerate")

#: Label files of a folder that are named with their counts.
LISTED = 20

_ORIENTATION = 0x0112  # EXIF tag; 5 to 8 are turned by a quarter
_INSIDE = 0.5  # share of its area that a text must keep within the image
_LEAST = 1.0  # px and square px


def mend(
    quads: np.ndarray, texts: Sequence[str], ignore: np.ndarray, width: int, height: int
) -> tuple[Quads, list[str], np.ndarray, dict[str, int]]:
    """Quads K 4 2, their texts and don't-care marks, for an image of `width` x `height` px; as many or fewer come back,
    and counts.

    In this order, for each quad:
    1. a coordinate that is not finite: dropped;
    2. two sides cross: corners put in order by their angle around the centre, clockwise from the first ("re-ordered");
       else counter-clockwise: reversed, the first corner stays the first;
    3. a corner outside 0..width, 0..height: if less than a square pixel is inside, dropped ("outside"); else it becomes
       the largest quad of four corners of the part inside ("clipped"). If that part is less than half of the area, it
       is neither a text that can be read nor background: it becomes don't-care, its text "###";
    4. then an area below 1 square pixel, a side below 1 px, or a side that lies on another one: dropped ("degenerate").

    A quad that needs nothing comes back as it was, bit for bit. The counts have "quads", "mended" (quads kept, but
    changed), "dropped" and, for each of `MENDED` and `DROPPED`, how many; several of `MENDED` can befall one quad.
    """
    fixed, keep, lost, counts = _mended(quads, ignore, width, height)
    new_texts = ["###" if lost[i] else texts[i] for i in np.flatnonzero(keep).tolist()]
    return fixed[keep], new_texts, (np.asarray(ignore, bool) | lost)[keep], counts


def _mended(
    quads: np.ndarray, ignore: np.ndarray, width: int, height: int
) -> tuple[Quads, np.ndarray, np.ndarray, dict[str, int]]:
    """All quads K 4 2 as `mend` makes them, which of them (K) are kept, which become don't-care, and the counts."""
    quads = np.asarray(quads, np.float64).reshape(-1, 4, 2)
    finite = np.logical_and.reduce(np.isfinite(quads), axis=(1, 2))
    fixed, reordered, backwards = _in_order(np.where(finite[:, None, None], quads, 0.0))
    low, high = fixed.min(1), fixed.max(1)
    out = finite & ((low < 0) | (high > (width, height))).any(1)
    share, gone = np.ones(len(quads)), np.zeros(len(quads), bool)
    for i, shape in zip(np.flatnonzero(out).tolist(), polygons(fixed[out]), strict=True):
        visible = shapely.intersection(shape, shapely.box(0, 0, width, height))
        gone[i] = visible.area < _LEAST
        share[i] = visible.area / max(shape.area, _LEAST)
        fixed[i] = fixed[i] if gone[i] else np.clip(_cut(fixed[i], visible), 0, (width, height))
    small = (signed_area(fixed) < _LEAST) | (side_lengths(fixed).min(1) < _LEAST)
    small |= ~shapely.is_valid(shapely.polygons(fixed))
    keep = finite & ~gone & ~small
    lost = out & (share < _INSIDE) & ~np.asarray(ignore, bool)

    changed = reordered | backwards | out
    counts = {"quads": len(quads), "mended": int((changed & keep).sum()), "dropped": int((~keep).sum())}
    for name, which in zip(MENDED, (out, reordered, backwards, lost), strict=True):
        counts[name] = int((which & keep).sum())
    for name, which in zip(DROPPED, (~finite, gone, finite & ~gone & small), strict=True):
        counts[name] = int(which.sum())
    return fixed, keep, lost, counts


def mend_pages(pages: Sequence[LabelledPage], name: str | Path) -> list[LabelledPage]:
    """`mend` for every page, by the size that its image file's header states. Raises InputError for an image whose
    header cannot be read.

    Says on stderr what was done: a line for the label file or folder `name`, a line for each of the folders in it if
    there are several, and one for each file in it with mended or dropped quads (`meta["labels"]`), worst first, but no
    more than `LISTED`.
    """
    total: Counter[str] = Counter()
    parts: dict[Path, Counter[str]] = {}
    mended = []
    for page in pages:
        fixed, keep, lost, counts = _mended(page.quads, page.ignore, *image_size(page.path))
        total.update(counts)
        if "labels" in page.meta:
            parts.setdefault(Path(page.meta["labels"]), Counter()).update(counts)
        texts = ["###" if gone else text for text, gone in zip(page.texts, lost, strict=True)]
        mended.append(dataclasses.replace(page, quads=fixed, texts=texts, ignore=page.ignore | lost).taken(keep))
    print("\n".join([summary(name, total), *_of_parts(parts)]), file=sys.stderr)
    return mended


def _of_parts(files: dict[Path, Counter[str]]) -> list[str]:
    """The lines below the first: folders, then files."""
    folders: dict[Path, Counter[str]] = {}
    for file, counts in files.items():
        folders.setdefault(file.parent, Counter()).update(counts)
    lines = [f"  {summary(folder.name, counts)}" for folder, counts in folders.items()] if len(folders) > 1 else []
    bad = {file: counts["mended"] + counts["dropped"] for file, counts in files.items()}
    worst = sorted((file for file in bad if bad[file]), key=lambda file: -bad[file])
    lines += [f"  {summary(Path(file.parent.name, file.name), files[file])}" for file in worst[:LISTED]]
    if len(worst) > LISTED:
        lines.append(f"  and {len(worst) - LISTED:,} more files with mended or dropped quads")
    return lines


def summary(name: str | Path, counts: dict[str, int]) -> str:
    """One line: FILE: 12 of 4,468 quads mended (9 clipped, 3 re-ordered), 2 dropped (2 outside)."""
    parts = []
    for total, kinds in (("mended", MENDED), ("dropped", DROPPED)):
        how = ", ".join(f"{counts[k]:,} {k}" for k in kinds if counts.get(k))
        parts.append(f"{counts.get(total, 0):,} {total}" + (f" ({how})" if how else ""))
    first, _, rest = parts[0].partition(" ")
    return f"{name}: {first} of {counts.get('quads', 0):,} quads {rest}, {parts[1]}"


def image_size(path: str | Path) -> tuple[int, int]:
    """(width, height) of an image file in pixels, upright as `read_image` gives it, from its header alone."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                width, height = image.size
                turned = image.getexif().get(_ORIENTATION, 1) >= 5
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as e:
        raise InputError(f"{path}: not an image whose size can be read ({e})") from e
    return (height, width) if turned else (width, height)


def _in_order(quads: Quads) -> tuple[Quads, np.ndarray, np.ndarray]:
    """Finite quads K 4 2 without crossing sides and clockwise; which had crossing sides, which ran backwards."""
    a, b, c, d = quads.transpose(1, 0, 2)
    crossed = _cross(a, b, c, d) | _cross(b, c, d, a)
    backwards = ~crossed & (signed_area(quads) < 0)
    from_centre = quads - quads.mean(1, keepdims=True)
    angle = np.arctan2(from_centre[..., 1], from_centre[..., 0])
    turn = np.mod(angle - angle[:, :1], 2 * np.pi)  # clockwise on the screen, 0 for the first corner
    order = np.where(crossed[:, None], np.argsort(turn, 1, kind="stable"), np.arange(4))
    order[backwards] = (0, 3, 2, 1)
    return np.take_along_axis(quads, order[..., None], 1), crossed, backwards


def _cut(quad: Quad, visible: shapely.Geometry) -> Quad:
    """The largest quad of four corners of what is `visible` of `quad`, from the corner that was its first. It keeps the
    slant of the text, which moving each corner to the nearest point of the image would not.
    """
    corners = np.asarray(shapely.convex_hull(visible).exterior.coords)[:-1]
    corners = corners if signed_area(corners) > 0 else corners[::-1]
    if len(corners) == 3:
        longest = int(np.argmax(np.linalg.norm(np.roll(corners, -1, 0) - corners, axis=1)))
        corners = np.insert(corners, longest + 1, (corners[longest] + corners[(longest + 1) % 3]) / 2, axis=0)
    choices = corners[list(itertools.combinations(range(len(corners)), 4))]
    largest = choices[int(np.argmax(signed_area(choices)))]
    turned = np.stack([np.roll(largest, k, 0) for k in range(4)])
    return turned[int(np.argmin(np.square(turned - quad).sum((1, 2))))]


def _cross(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> np.ndarray:
    """Whether the segments a-b and c-d (each K 2) cross inside both."""

    def side(p: np.ndarray, q: np.ndarray, r: np.ndarray) -> np.ndarray:
        return (q[:, 0] - p[:, 0]) * (r[:, 1] - p[:, 1]) - (q[:, 1] - p[:, 1]) * (r[:, 0] - p[:, 0])

    return (side(a, b, c) * side(a, b, d) < 0) & (side(c, d, a) * side(c, d, b) < 0)

"""Fonts for drawn handwriting: which files are there, what each covers, whether it clips stacked accents.

A font is used for a text only if its character map holds every character of it, and for small letters only if it does
not draw them as capitals; one whose accents are cut at the edge of the glyph's drawing is not used at all.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from fontTools.ttLib import TTFont, TTLibError
from PIL import Image, ImageDraw, ImageFont

from chuviet.errors import InputError

#: Letters with two marks on top of each other: the first that a font clips.
STACKED = "ẤẨỄỖỘỚỮẮẶỆ"


@dataclass(frozen=True)
class Font:
    """One font file. `covers` is the set of characters that it has glyphs for."""

    path: str
    family: str
    covers: frozenset[str]

    def can_write(self, text: str) -> bool:
        return self.covers.issuperset(text)


def load_fonts(folder: str | Path, alphabet: str) -> list[Font]:
    """All usable TTF and OTF files below `folder`, sorted by path: those with any of `alphabet` that clip no accent.

    Raises InputError when the folder holds none.
    """
    fonts = []
    for path in sorted(p for p in Path(folder).rglob("*") if p.suffix.lower() in (".ttf", ".otf")):
        covers = characters(path) & frozenset(alphabet)
        if capitals_only(path):
            covers = frozenset(c for c in covers if c == c.upper())
        if covers and not clips(path, "".join(c for c in STACKED if c in covers)):
            fonts.append(Font(str(path), family_of(path, Path(folder)), covers))
    if not fonts:
        raise InputError(f"{folder}: no usable TTF or OTF font; python synthetic_data/get_fonts.py fetches some")
    return fonts


def default_fonts(alphabet: str) -> list[Font]:
    """The DejaVu fonts that come with matplotlib: what there is without a font folder and without a network."""
    import matplotlib

    return load_fonts_named(Path(matplotlib.get_data_path()) / "fonts" / "ttf", "DejaVuS", alphabet)


def load_fonts_named(folder: Path, prefix: str, alphabet: str) -> list[Font]:
    """As `load_fonts`, for the files of one folder whose names start with `prefix` and whose fonts have all of
    `alphabet`.
    """
    paths = [p for p in sorted(folder.glob(f"{prefix}*.ttf")) if "Display" not in p.name]
    fonts = [Font(str(p), p.stem, characters(p) & frozenset(alphabet)) for p in paths]
    return [f for f in fonts if f.can_write(alphabet)]


def find_fonts(folder: str | Path, alphabet: str) -> tuple[list[Font], str]:
    """Fonts of `folder` if it is there, else the default ones; and one line that names the choice."""
    if Path(folder).is_dir():
        fonts = load_fonts(folder, alphabet)
        return fonts, f"{len(fonts)} fonts of {len({f.family for f in fonts})} families from {folder}"
    fonts = default_fonts(alphabet)
    return fonts, f"no folder {folder}: going on with the {len(fonts)} DejaVu fonts of matplotlib"


def family_of(path: Path, folder: Path) -> str:
    """The name of the sub-folder, or of the file up to its first hyphen or underscore."""
    parts = path.relative_to(folder).parts
    return parts[0] if len(parts) > 1 else path.stem.replace("_", "-").split("-")[0]


@functools.lru_cache(maxsize=4096)
def characters(path: Path) -> frozenset[str]:
    """The characters in the font's Unicode map. Raises InputError for a broken file."""
    try:
        with TTFont(path, lazy=True) as font:
            return frozenset(chr(c) for c in font.getBestCmap())
    except (TTLibError, OSError, AssertionError, TypeError) as e:
        raise InputError(f"{path}: not a readable font ({e}); remove it") from e


def capitals_only(path: Path, size: int = 40) -> bool:
    """Whether small letters are drawn as capitals: seven of them, stretched to one size, look like theirs.

    The mean correlation of such pairs is above 0.9 in those fonts and below 0.55 in all others of `get_fonts.py`.
    """
    letters = [c for c in "aegqrbd" if {c, c.upper()} <= characters(path)]
    font = ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)
    alike = []
    for letter in letters:
        masks = [font.getmask(c) for c in (letter, letter.upper())]
        if all(min(m.size) > 0 for m in masks):
            images = [Image.frombytes("L", m.size, bytes(m)) for m in masks]  # cut to their ink
            pair = [np.asarray(m.resize((24, 32), Image.Resampling.BILINEAR), np.float64).ravel() for m in images]
            alike.append(np.corrcoef(pair[0], pair[1])[0, 1])
    return bool(alike) and float(np.mean(alike)) > 0.75


def clips(path: Path, letters: str, size: int = 64) -> bool:
    """Whether a letter with stacked marks loses ink above: drawn low on a tall canvas, it reaches higher than the font
    says.

    A renderer that sizes its canvas by the font's ascent would cut such letters; so would our line, whose height
    follows from it. Found by rendering: the marks must be whole, that is as tall above the base letter as in the same
    letter drawn with room.
    """
    if not letters:
        return False
    font = ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)
    for letter in letters:
        _, top, _, bottom = font.getbbox(letter, anchor="ls")
        roomy = Image.new("L", (4 * size, 6 * size))
        ImageDraw.Draw(roomy).text((size, 4 * size), letter, fill=255, font=font, anchor="ls")
        rows = np.flatnonzero(np.asarray(roomy).max(axis=1) > 64)
        if not len(rows):
            return True  # an empty glyph
        base = font.getbbox("A", anchor="ls")
        if rows[0] - 4 * size < top - 1 or rows[-1] - 4 * size > bottom + 1 or top >= base[1]:
            return True  # ink outside the box that the font gives, or no mark above a capital
    return False

"""Print on a surface: paragraphs, headings, lists and tables, as a word processor sets them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from chuviet.synth.sentences import Sentences, amount, date
from chuviet.synth.surface import Family, Surface, Type

Align = Literal["left", "justified", "centre", "right"]


@dataclass(frozen=True)
class Look:
    """How a document is set. `size`: pixels an em of its body; `leading`: of the size, from line to line."""

    family: Family
    heads: Family
    size: int
    leading: float
    align: Align
    indent: float  # of the size, of a paragraph's first line
    gap: float  # of the size, between paragraphs
    colour: tuple[float, float, float]
    accent: tuple[float, float, float]
    strength: float

    @staticmethod
    def draw(families: Sequence[Family], size: int, rng: np.random.Generator) -> Look:
        """A random look; body text is in a family that people use for it, where there is one."""
        body = [f for f in families if f.name not in DISPLAY] or families
        family = body[int(rng.integers(len(body)))]
        heads = family if rng.random() < 0.7 else families[int(rng.integers(len(families)))]
        dark = tuple((rng.uniform(0, 60) + rng.normal(0, 8, 3)).clip(0, 120).tolist())
        accents = (dark, dark, dark, (20, 60, 140), (170, 20, 30), (10, 110, 70), (90, 90, 95))
        indented = rng.random() < 0.5
        return Look(
            family=family,
            heads=heads,
            size=size,
            leading=rng.uniform(1.12, 1.7),
            align="justified" if rng.random() < 0.5 else "left",
            indent=rng.uniform(1, 3) if indented else 0.0,
            gap=rng.uniform(0, 0.4) if indented else rng.uniform(0.3, 1),
            colour=(dark[0], dark[1], dark[2]),
            accent=accents[int(rng.integers(len(accents)))],
            strength=rng.uniform(0.7, 1),
        )

    def type(self, cut: Literal["regular", "bold", "italic"] = "regular", scale: float = 1.0) -> Type:
        return Type(getattr(self.family, cut), max(round(self.size * scale), 7), self.colour, self.strength)

    def head(self, scale: float = 1.0) -> Type:
        return Type(self.heads.bold, max(round(self.size * scale), 7), self.accent, self.strength)


#: Families of `get_fonts.py` that are for headings and signs, not for paragraphs.
DISPLAY = frozenset(
    """
    abril-fatface alfa-slab-one anton archivo-narrow bangers bebas-neue cinzel comfortaa fjalla-one fredoka lobster
    oswald pacifico permanent-marker righteous russo-one satisfy special-elite titan-one yanone-kaffeesatz
""".split()
)


def set_text(
    surface: Surface,
    words: Sequence[str],
    type: Type,
    place: tuple[float, float, float],
    leading: float,
    block: int,
    align: Align = "left",
    indent: float = 0.0,
    bottom: float = np.inf,
) -> float:
    """Prints words as a paragraph. `place`: left, top, width in pixels; `leading`, `indent` and `bottom` (below which
    no line starts) are pixels. Returns the y below the last line.
    """
    left, y, width = place
    rows = wrap(words, type, width, indent)
    for number, row in enumerate(rows):
        if y + leading > bottom:
            break
        start = indent if number == 0 else 0.0
        room = width - start - sum(type.width(w) for w in row) - type.space * (len(row) - 1)
        gap = type.space
        if align == "justified" and number < len(rows) - 1 and len(row) > 1:
            gap += max(min(room / (len(row) - 1), 2.5 * type.space), 0)
        elif align in ("centre", "right"):
            start += room / 2 if align == "centre" else room
        x, placed = left + start, []
        for word in row:
            placed.append((word, x))
            x += type.width(word) + gap
        surface.write(placed, y + 0.5 * (leading + 0.72 * type.size), type, block)
        y += leading
    return y


def wrap(words: Sequence[str], type: Type, width: float, indent: float = 0.0) -> list[list[str]]:
    """Words in rows that fit `width`, the first less `indent`; words that are wider than that are left out."""
    rows: list[list[str]] = [[]]
    used = indent
    for word in words:
        wide = type.width(word)
        if wide > width - indent:
            continue
        if rows[-1] and used + wide > width:
            rows.append([])
            used = 0.0
        rows[-1].append(word)
        used += wide + type.space
    return [row for row in rows if row]


def paragraph(
    surface: Surface, texts: Sentences, look: Look, place: tuple[float, float, float], bottom: float,
    rng: np.random.Generator,
) -> float:  # fmt: skip
    """One to five sentences; some have a bold beginning, an inline number, a bullet. Returns the y below."""
    words = [w for _ in range(int(rng.integers(1, 6))) for w in texts.sentence(rng).split()]
    left, y, width = place
    if rng.random() < 0.2:  # an item of a list hangs on its number or bullet
        mark = str(rng.choice(("-", "+", "*", f"{rng.integers(1, 20)}.", f"{rng.integers(1, 20)})", "a)", "b)", "c.")))
        hang = 1.6 * look.size * (1 + (len(mark) > 2))
        if y + look.leading * look.size > bottom:
            return bottom
        words = words[: int(rng.integers(3, 30))]
        type = look.type()
        first, *rest = wrap([mark, *words], type, width) or [[mark]]
        block = surface.next_block()
        leading = look.leading * look.size
        y = set_text(surface, first, type, (left, y, width), leading, block)
        flat = [w for row in rest for w in row]
        y = set_text(surface, flat, type, (left + hang, y, width - hang), leading, block, bottom=bottom)
        return y + 0.3 * look.gap * look.size
    type = look.type(("regular", "italic", "bold")[int(rng.choice(3, p=(0.9, 0.06, 0.04)))])
    indent, leading = look.indent * look.size, look.leading * look.size
    y = set_text(surface, words, type, place, leading, surface.next_block(), look.align, indent, bottom)
    return y + look.gap * look.size


def heading(
    surface: Surface, texts: Sentences, look: Look, place: tuple[float, float, float], bottom: float,
    rng: np.random.Generator, scale: float = 0.0, align: Align | None = None,
) -> float:  # fmt: skip
    """A heading of up to ten words, numbered or not, underlined or not. Returns the y below."""
    scale = scale or rng.uniform(1.0, 1.7)
    type = look.head(scale)
    words = texts.title(rng, 10).split()
    if rng.random() < 0.35:
        words.insert(0, str(rng.choice(("1.", "2.", "3.1", "4.2.", "I.", "II.", "III.", "Điều 5.", "Chương II", "A."))))
        words = " ".join(words).split()
    left, y, width = place
    leading = 1.25 * type.size
    if y + 2.5 * leading > bottom:
        return bottom
    chosen: Align = align or ("centre" if rng.random() < 0.25 else "left")
    y = set_text(surface, words, type, (left, y + 0.4 * look.size, width), leading, surface.next_block(), chosen)
    if rng.random() < 0.12:
        surface.rule((left, y), (left + width, y), look.accent, max(look.size // 16, 1))
    return y + 0.4 * look.size


def table(
    surface: Surface, texts: Sentences, look: Look, place: tuple[float, float, float], bottom: float,
    rng: np.random.Generator,
) -> float:  # fmt: skip
    """Rows of cells, read row by row: a head, words to the left, numbers to the right. Returns the y below."""
    left, y, width = place
    size = look.size * rng.uniform(0.8, 1)
    columns = int(np.clip(rng.integers(2, 8), 2, max(width / (5.5 * size), 2)))
    rows = int(rng.integers(2, 13))
    numeric = rng.random(columns) < 0.6
    numeric[int(rng.integers(columns))] = False
    shares = rng.uniform(0.6, 1.4, columns) * np.where(numeric, 1, 1.8)
    edges = left + width * np.concatenate(([0], np.cumsum(shares / shares.sum())))
    pad, leading = 0.35 * size, size * rng.uniform(1.2, 1.5)
    style = str(rng.choice(("grid", "grid", "lines", "head", "none")))
    ink, thick = look.colour, max(look.size // 18, 1)
    top, head = y, look.type("bold", size / look.size)
    body = replace(head, font=look.family.regular)
    for row in range(rows):
        cells = [_cell(texts, numeric[k], row == 0, rng) for k in range(columns)]
        type = head if row == 0 else body
        wrapped = [wrap(cell, type, edges[k + 1] - edges[k] - 2 * pad)[:3] for k, cell in enumerate(cells)]
        tall = max(max(map(len, wrapped)), 1) * leading + pad
        if y + tall > bottom:
            break
        if row == 0 and style != "none" and rng.random() < 0.3:
            shade = np.full((round(tall), round(width)), 1.0, np.float32)
            surface.put(shade, round(left), round(y), look.accent, float(rng.uniform(0.06, 0.2)))
        for k, lines in enumerate(wrapped):
            align: Align = "centre" if row == 0 else "right" if numeric[k] else "left"
            flat = [w for line in lines for w in line]
            room = (edges[k] + pad, y + pad / 2 + (tall - pad - len(lines) * leading) / 2, edges[k + 1] - edges[k])
            if flat:
                set_text(surface, flat, type, (room[0], room[1], room[2] - 2 * pad), leading, surface.next_block(),
                         align)  # fmt: skip
        y += tall
        if style in ("grid", "lines") or (style == "head" and row == 0):
            surface.rule((left, y), (left + width, y), ink, thick)
    if style in ("grid", "lines", "head") and y > top:
        surface.rule((left, top), (left + width, top), ink, thick)
        surface.rule((left, y), (left + width, y), ink, thick)
        for x in edges if style == "grid" else ():
            surface.rule((x, top), (x, y), ink, thick)
    return y + look.size * rng.uniform(0.5, 1.2)


def _cell(texts: Sentences, numeric: bool, head: bool, rng: np.random.Generator) -> list[str]:
    if head:
        return texts.title(rng, 3).split()
    if rng.random() < 0.05:
        return []
    if numeric:
        return (date(rng) if rng.random() < 0.1 else amount(rng)).split()
    return texts.words(rng, int(rng.integers(1, 7)))

"""Printed documents: letterheads, titles, columns of paragraphs, lists, tables and figures, page numbers, stamps.

Reading order is the order of drawing: what spans the page first, then each column from top to bottom.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chuviet.synth import stamps
from chuviet.synth.sentences import Sentences, date, pattern, person
from chuviet.synth.surface import Family, Surface, Type, paper
from chuviet.synth.typesetting import Look, heading, paragraph, set_text, table, wrap

#: Inches: A4 three times of seven, A5, B5, Letter, half a page of A4.
PAPERS = ((8.27, 11.69), (8.27, 11.69), (8.27, 11.69), (5.83, 8.27), (6.93, 9.84), (8.5, 11.0), (8.27, 5.8))
_MOST_PIXELS = 2.0e6  # a larger page is drawn in part, at full resolution
_STATE = ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc")
_STAMPS = ("ĐÃ THU TIỀN", "PAID", "ĐÃ KIỂM TRA", "BẢN SAO", "COPY", "CÔNG VĂN ĐẾN", "APPROVED", "SAO Y BẢN CHÍNH",
           "MẬT", "RECEIVED")  # fmt: skip


def document(texts: Sentences, families: Sequence[Family], rng: np.random.Generator) -> Surface:
    """A page of print at 100 to 300 dots an inch; letters of 9 to 13 points."""
    if rng.random() < 0.06:
        return poster(texts, families, rng)
    dpi = float(np.exp(rng.uniform(np.log(100), np.log(300))))
    surface = Surface(blank(dpi, rng))
    size = max(round(rng.uniform(9, 13) / 72 * dpi), 10)
    look = Look.draw(families, size, rng)
    margin = min(rng.uniform(0.4, 1.1) * dpi, 0.14 * surface.width)
    left, right = margin, surface.width - margin * rng.uniform(0.7, 1)
    y = margin * rng.uniform(0.5, 1)
    bottom = surface.height - max(margin, 3 * size)
    y = _top(surface, texts, look, (left, y, right - left), rng)
    if rng.random() < 0.7:
        y = _title(surface, texts, look, (left, y, right - left), bottom, rng)
    end = bottom if rng.random() < 0.7 else y + rng.uniform(0.3, 0.95) * (bottom - y)  # a page that is not full
    signed = rng.random() < 0.25 and end > y + 20 * size
    end -= 11 * size if signed else 0
    while y < end - 3 * size:
        y = _band(surface, texts, look, (left, y, right - left), end, rng)
    if signed:
        _signed(surface, texts, look, (left, y, right - left), rng)
    _foot(surface, texts, look, (left, bottom, right - left), rng)
    _extras(surface, texts, look, rng)
    return surface


def blank(dpi: float, rng: np.random.Generator, aged: float = 0.3) -> np.ndarray:
    """A sheet of some size at this resolution, cut to two megapixels: H W 3 float32."""
    w, h = (x * dpi for x in PAPERS[int(rng.integers(len(PAPERS)))])
    w = min(w, 1700.0)
    h = min(h, _MOST_PIXELS / w)
    return paper(round(h), round(w), rng, aged)


def poster(texts: Sentences, families: Sequence[Family], rng: np.random.Generator) -> Surface:
    """A notice with letters of very different sizes: rows of 10 to 300 pixels."""
    w, h = (int(n) for n in rng.integers(700, 1300, 2))
    surface = Surface(paper(h, w, rng, 0.6))
    y = 0.05 * h
    while y < 0.9 * h:
        look = Look.draw(families, max(int(np.exp(rng.uniform(np.log(11), np.log(300)))), 10), rng)
        type = look.head()
        words = [x for x in texts.title(rng, 10).split() if type.width(x) < 0.9 * w]
        rows = wrap(words, type, 0.9 * w)[: max(int(0.3 * h / look.size), 1)]
        leading = 1.35 * look.size
        if not rows or y + leading * len(rows) > h:
            y += 20
            continue
        flat = [x for row in rows for x in row]
        align = "centre" if rng.random() < 0.6 else "left"
        y = set_text(surface, flat, type, (0.05 * w, y, 0.9 * w), leading, surface.next_block(), align)  # type: ignore[arg-type]
        y += rng.uniform(0.1, 0.6) * look.size
    return surface


def _top(
    surface: Surface, texts: Sentences, look: Look, place: tuple[float, float, float], rng: np.random.Generator
) -> float:
    """A running head, a letterhead with a logo, or the head of an official paper; or nothing."""
    left, y, width = place
    kind = int(rng.choice(4, p=(0.35, 0.25, 0.2, 0.2)))
    leading = 1.35 * look.size
    if kind == 1:
        type = look.type("italic" if rng.random() < 0.5 else "regular", 0.85)
        words = texts.title(rng, 6).split()
        set_text(surface, words, type, (left, y, 0.6 * width), leading, surface.next_block())
        number = [str(rng.integers(1, 600))]
        set_text(surface, number, type, (left, y, width), leading, surface.next_block(), "right")
        if rng.random() < 0.5:
            surface.rule((left, y + 1.4 * leading), (left + width, y + 1.4 * leading), look.colour)
        return y + 2.5 * leading
    if kind == 2:
        mark = int(3.2 * look.size)
        stamps.logo(surface, left, y, mark, rng)
        room = (left + 1.5 * mark, y, width - 1.5 * mark)
        y = set_text(surface, texts.title(rng, 6).split(), look.head(1.2), room, leading * 1.1, surface.next_block())
        room = (room[0], y, room[2])
        y = set_text(surface, texts.address(rng).split(), look.type("regular", 0.8), room, leading,
                     surface.next_block())  # fmt: skip
        return max(y, place[1] + mark) + leading
    if kind == 3:
        return _official(surface, texts, look, place, rng)
    return y


def _official(
    surface: Surface, texts: Sentences, look: Look, place: tuple[float, float, float], rng: np.random.Generator
) -> float:
    """Whose paper it is, to the left, beside the name and the motto of the state; then the date."""
    left, y, width = place
    leading = 1.4 * look.size
    own = (left, y, 0.42 * width)
    low = set_text(surface, texts.title(rng, 5).upper().split(), look.type("bold", 0.9), own, leading,
                   surface.next_block(), "centre")  # fmt: skip
    low = set_text(surface, f"Số: {rng.integers(1, 999)}/{date(rng)[-4:]}/QĐ".split(), look.type(), (left, low, own[2]),
                   leading, surface.next_block(), "centre")  # fmt: skip
    state = (left + 0.45 * width, y, 0.55 * width)
    block = surface.next_block()
    for k, row in enumerate(_STATE):
        type = look.type("bold", 0.9)
        rows = len(wrap(row.split(), type, state[2]))
        y = set_text(surface, row.split(), type, (state[0], y, state[2]), leading, block, "centre")
        if k and rows:
            surface.rule((state[0] + 0.3 * state[2], y), (state[0] + 0.7 * state[2], y), look.colour)
    y = max(y, low) + 0.6 * leading
    text = (
        f"{texts.address(rng).split(',')[-1].strip()}, ngày {rng.integers(1, 32)} tháng {rng.integers(1, 13)} năm 2024"
    )
    return set_text(surface, text.split(), look.type("italic"), (left, y, width), leading, surface.next_block(),
                    "right") + leading  # fmt: skip


def _title(
    surface: Surface, texts: Sentences, look: Look, place: tuple[float, float, float], bottom: float,
    rng: np.random.Generator,
) -> float:  # fmt: skip
    left, y, width = place
    scale = rng.uniform(1.3, 2.6)
    y = heading(surface, texts, look, (left, y, width), bottom, rng, scale, "centre" if rng.random() < 0.7 else "left")
    if rng.random() < 0.3:  # the author
        names = ", ".join(person(rng) for _ in range(int(rng.integers(1, 4))))
        y = set_text(surface, names.split(), look.type("italic"), (left, y, width), 1.3 * look.size,
                     surface.next_block(), "centre")  # fmt: skip
    return y + rng.uniform(0.3, 1.2) * look.size


def _band(
    surface: Surface, texts: Sentences, look: Look, place: tuple[float, float, float], bottom: float,
    rng: np.random.Generator,
) -> float:  # fmt: skip
    """A part of the page in one, two or three columns, below a heading across it or not. Returns the y below."""
    left, y, width = place
    letters = width / (0.5 * look.size)
    most = 1 if letters < 56 else 2 if letters < 100 else 3
    columns = min(int(rng.choice((1, 2, 3), p=(0.55, 0.37, 0.08))), most)
    if rng.random() < 0.3:
        y = heading(surface, texts, look, (left, y, width), bottom, rng)
    tall = bottom - y if columns == 1 or rng.random() < 0.6 else rng.uniform(0.3, 0.7) * (bottom - y)
    gutter = rng.uniform(1.4, 3.5) * look.size
    own = (width - gutter * (columns - 1)) / columns
    low, ruled = y, columns > 1 and rng.random() < 0.25
    for k in range(columns):
        x, at = left + k * (own + gutter), y
        while at < y + tall - 1.5 * look.size:
            at = _piece(surface, texts, look, (x, at, own), y + tall, rng)
            if k == columns - 1 and columns > 1 and rng.random() < 0.06:
                break  # the last column ends early
        low = max(low, at)
        if ruled and k:
            surface.rule((x - gutter / 2, y), (x - gutter / 2, y + tall), look.colour)
    return low + look.size


def _piece(
    surface: Surface, texts: Sentences, look: Look, place: tuple[float, float, float], bottom: float,
    rng: np.random.Generator,
) -> float:  # fmt: skip
    left, y, width = place
    kind = rng.random()
    if kind < 0.72:
        return max(paragraph(surface, texts, look, place, bottom, rng), y + 1)
    if kind < 0.84:
        return heading(surface, texts, look, place, bottom, rng)
    if kind < 0.94:
        return max(table(surface, texts, look, place, bottom, rng), y + look.size)
    tall = rng.uniform(0.25, 0.7) * width
    if y + tall + 2 * look.size > bottom:
        return y + look.size
    if rng.random() < 0.3:
        stamps.bars(surface, (left + 0.2 * width, y, left + rng.uniform(0.4, 0.8) * width, y + 0.3 * tall), rng)
        return y + 0.3 * tall + look.size
    stamps.picture(surface, (left + 0.1 * width, y, left + 0.9 * width, y + tall), rng)
    caption = texts.title(rng, 9).split()
    return set_text(surface, ["Hình", f"{rng.integers(1, 30)}:", *caption], look.type("italic", 0.85),
                    (left, y + tall + 0.3 * look.size, width), 1.3 * look.size, surface.next_block(), "centre",
                    bottom=bottom) + look.size  # fmt: skip


def _signed(
    surface: Surface, texts: Sentences, look: Look, place: tuple[float, float, float], rng: np.random.Generator
) -> None:
    """Office, signature with a stamp over it, name: at the right."""
    left, y, width = place
    room = (left + 0.55 * width, y, 0.42 * width)
    y = set_text(surface, texts.title(rng, 3).upper().split(), look.type("bold"), room, 1.4 * look.size,
                 surface.next_block(), "centre")  # fmt: skip
    if y + 7.5 * look.size > surface.height:
        return
    box = (room[0] + 0.1 * room[2], y, room[0] + 0.9 * room[2], y + 4 * look.size)
    stamps.scribble(surface, box, (30, 40, 140), look.size / 9, rng)
    if rng.random() < 0.7:
        centre = (room[0] + rng.uniform(0, 0.4) * room[2], y + 2 * look.size)
        stamps.round_stamp(surface, texts.title(rng, 5).split(), look.heads.bold, centre,
                           rng.uniform(2.2, 3.4) * look.size, rng)  # fmt: skip
    set_text(surface, person(rng).split(), look.type("bold"), (room[0], y + 4.4 * look.size, room[2]), 1.4 * look.size,
             surface.next_block(), "centre")  # fmt: skip


def _foot(
    surface: Surface, texts: Sentences, look: Look, place: tuple[float, float, float], rng: np.random.Generator
) -> None:
    """Page number, or a note in small print above a rule."""
    left, y, width = place
    type = look.type("regular", 0.85)
    align = ("left", "centre", "right")[int(rng.integers(3))]
    if rng.random() < 0.25:
        surface.rule((left, y + 0.3 * look.size), (left + 0.4 * width, y + 0.3 * look.size), look.colour)
        words = wrap(texts.sentence(rng).split(), type, width)[:1]
        set_text(surface, words[0] if words else [], type, (left, y + 0.4 * look.size, width), 1.2 * type.size,
                 surface.next_block())  # fmt: skip
    elif rng.random() < 0.6:
        form = str(rng.choice(("#", "##", "- # -", "Trang #", "Trang #/##", "Page # of ##", "###")))
        set_text(surface, pattern(form, rng).split(), type, (left, y + look.size, width), 1.2 * type.size,
                 surface.next_block(), align)  # type: ignore[arg-type]  # fmt: skip


def _extras(surface: Surface, texts: Sentences, look: Look, rng: np.random.Generator) -> None:
    """Stamps over the text, punched holes, a signature."""
    w, h = surface.width, surface.height
    if rng.random() < 0.1:
        centre = rng.uniform(0.2, 0.8, 2) * (w, h)
        stamps.round_stamp(surface, texts.title(rng, 5).split(), look.heads.bold, centre,
                           rng.uniform(2.5, 4.5) * look.size, rng)  # fmt: skip
    if rng.random() < 0.12:
        rows = [_STAMPS[int(rng.integers(len(_STAMPS)))], *([date(rng)] if rng.random() < 0.5 else [])]
        heading: Type = look.head(rng.uniform(1, 2.2))
        stamps.line_stamp(surface, rows, heading.font, rng.uniform(0.1, 0.7, 2) * (w, h), heading.size, rng)
    if rng.random() < 0.08:
        stamps.holes(surface, rng)

"""Forms: printed labels with handwritten entries on dotted lines, on rules and in boxes, tick boxes, tables to fill in,
signatures and stamps. A label comes before its entry in reading order, and both are lines of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from chuviet.synth import stamps
from chuviet.synth.document import blank
from chuviet.synth.fonts import Font
from chuviet.synth.regions import box_line
from chuviet.synth.sentences import Sentences, date, pattern, person
from chuviet.synth.strips import Pen, baseline, lay
from chuviet.synth.surface import Family, Surface
from chuviet.synth.typesetting import Look, heading, paragraph, set_text

_LABELS = """
    Họ và tên, Ngày sinh, Địa chỉ, Số điện thoại, CMND/CCCD số, Nơi cấp, Ngày cấp, Nghề nghiệp, Email, Quốc tịch,
    Dân tộc, Tôn giáo, Giới tính, Nơi sinh, Quê quán, Nơi thường trú, Chỗ ở hiện nay, Trình độ học vấn, Lớp, Trường,
    Đơn vị công tác, Chức vụ, Số tài khoản, Ngân hàng, Mã số thuế, Người liên hệ, Quan hệ, Số tiền, Bằng chữ, Lý do,
    Nội dung, Ghi chú, Kính gửi, Tên đơn vị, Người nộp, Ngày, Số hợp đồng, Mã sinh viên, Khoa, Name, Address, City,
    Date of birth, Phone, Signature, Company, Amount, Account No., Nationality, Passport No., Remarks, Department
"""
LABELS = tuple(" ".join(label.split()) for label in _LABELS.split(","))
_TICKS = ("Nam", "Nữ", "Có", "Không", "Đồng ý", "Không đồng ý", "Yes", "No", "Độc thân", "Đã kết hôn", "Khác", "Mới",
          "Cũ", "Tiền mặt", "Chuyển khoản", "Cash", "Card", "Male", "Female", "Lần đầu", "Gia hạn")  # fmt: skip


@dataclass
class _Form:
    """What the parts of one form share."""

    surface: Surface
    texts: Sentences
    look: Look
    pen: Pen
    rng: np.random.Generator
    filled: float  # the share of entries that somebody has written

    def label(self, text: str, left: float, y: float, width: float, bold: bool = False) -> float:
        """Prints a label at the row whose top is y; returns the x after it."""
        type = self.look.type("bold" if bold else "regular")
        set_text(self.surface, text.split(), type, (left, y, width), self.leading, self.surface.next_block())
        return left + sum(type.width(w) + type.space for w in text.split())

    def entry(self, words: Sequence[str], left: float, y: float, right: float) -> None:
        """Writes what fits by hand; y is the base of the row. Some are printed as by a typewriter; some stay empty."""
        rng = self.rng
        block = self.surface.next_block()
        if not words or rng.random() > self.filled or right - left < 2 * self.pen.cap:
            return
        left += rng.uniform(0.1, 1.2) * self.pen.cap
        strip, _ = self.pen.fill(words, rng, right - left + 0.5 * self.pen.cap)
        if strip is not None:
            y += rng.normal(-0.1, 0.12) * self.pen.cap
            curve = baseline(y, self.surface.width, rng.normal(0, 0.012), 0.08 * self.pen.cap, rng)
            strip = replace(strip, baseline=strip.baseline - y + float(curve(np.array(left))))  # starts on the row
            lay(self.surface, strip, left, curve, self.pen.colour, self.pen.strength, block)

    @property
    def leading(self) -> float:
        return self.look.leading * self.look.size


def form(texts: Sentences, fonts: Sequence[Font], families: Sequence[Family], rng: np.random.Generator) -> Surface:
    """A form of some 8 to 40 entries, filled in by one hand."""
    dpi = float(np.exp(rng.uniform(np.log(100), np.log(230))))
    surface = Surface(blank(dpi, rng, aged=0.35))
    look = Look.draw(families, max(round(rng.uniform(9, 12.5) / 72 * dpi), 10), rng)
    pen = Pen.draw(fonts, float(np.clip(look.size * rng.uniform(0.75, 1.25), 9, 60)), rng)
    made = _Form(surface, texts, look, pen, rng, float(rng.choice((0.97, 0.97, 0.7, 0.0), p=(0.5, 0.25, 0.2, 0.05))))
    margin = rng.uniform(0.05, 0.12) * surface.width
    left, width = margin, surface.width - 2 * margin
    bottom = surface.height - margin
    y = _head(made, left, margin * rng.uniform(0.5, 1), width, bottom)
    step = look.size * rng.uniform(1.7, 3.0)
    end = bottom - (9 * look.size if rng.random() < 0.6 else 0)
    style = str(rng.choice(("dots", "dots", "rule", "box", "none")))
    framed = rng.random() < 0.15
    top = y
    while y < end - step:
        y = _part(made, style, (left, y, width), end, step)
    if framed:
        surface.box((left - 0.6 * look.size, top - 0.4 * look.size, left + width + 0.6 * look.size, y), look.colour)
    if end < bottom:
        _signatures(made, left, y, width)
    return surface


def _head(made: _Form, left: float, y: float, width: float, bottom: float) -> float:
    rng, look = made.rng, made.look
    if rng.random() < 0.3:
        stamps.logo(made.surface, left, y, int(3 * look.size), rng)
    if rng.random() < 0.25:
        number = f"Mẫu số: {pattern('##-###', rng)}".split()
        y = set_text(made.surface, number, look.type("italic", 0.85), (left, y, width), 1.3 * look.size,
                     made.surface.next_block(), "right")  # fmt: skip
    y = heading(made.surface, made.texts, look, (left, y, width), bottom, rng, rng.uniform(1.2, 2.0), "centre")
    if rng.random() < 0.4:
        y = paragraph(made.surface, made.texts, look, (left, y, width), y + 4.5 * made.leading, rng)
    return y + rng.uniform(0.3, 1.2) * look.size


def _part(made: _Form, style: str, place: tuple[float, float, float], end: float, step: float) -> float:
    """One row of one or two entries, a row of tick boxes, cells for digits, a section head, or a table."""
    rng, (left, y, width) = made.rng, place
    kind = rng.random()
    if kind < 0.06:
        return heading(made.surface, made.texts, made.look, place, end, rng, rng.uniform(0.9, 1.2), "left")
    if kind < 0.18:
        return _ticks(made, left, y, width, step)
    if kind < 0.27:
        return _cells(made, left, y, width, step)
    if kind < 0.36 and y + 4 * step < end:
        return _grid(made, place, end, step)
    if kind < 0.42 and y + 4 * step < end:  # a question with an answer of several rows
        made.label(_question(made), left, y, width)
        for k in range(int(rng.integers(1, 4))):
            row = y + (k + 1) * step
            _ground(made, style, left, row + made.leading, left + width)
            made.entry(made.texts.words(rng, 12), left, row + made.leading, left + width)
            if row + 2 * step > end:
                break
        return row + step
    columns = 1 if rng.random() < 0.6 or width < 30 * made.look.size else 2
    own = width / columns
    for k in range(columns):
        x = left + k * own
        right = x + own - (made.look.size if columns == 2 else 0)
        after = made.label(_label(made), x, y, own)
        base = y + made.leading
        start = min(after + 0.3 * made.look.size, right)
        _ground(made, style, start, base, right)
        made.entry(made.texts.answer(rng).split(), start, base, right)
    return y + step


def _label(made: _Form) -> str:
    rng = made.rng
    text = LABELS[int(rng.integers(len(LABELS)))] if rng.random() < 0.75 else made.texts.title(rng, 4)
    number = f"{rng.integers(1, 40)}. " if rng.random() < 0.2 else ""
    return number + text + str(rng.choice((":", ":", "", " :", " (*):")))


def _question(made: _Form) -> str:
    return " ".join(made.texts.words(made.rng, int(made.rng.integers(3, 12)))) + "?"


def _ground(made: _Form, style: str, left: float, base: float, right: float) -> None:
    """What an entry is written on."""
    if right - left < made.look.size:
        return
    tone, thick = made.look.colour, max(made.look.size // 16, 1)
    if style == "dots":
        made.surface.rule((left, base), (right, base), tone, thick, dotted=made.look.size * 0.28)
    elif style == "rule":
        made.surface.rule((left, base), (right, base), tone, thick)
    elif style == "box":
        made.surface.box((left, base - 1.35 * made.look.size, right, base + 0.35 * made.look.size), tone, thick)


def _ticks(made: _Form, left: float, y: float, width: float, step: float) -> float:
    """A label and boxes with their own labels, some of them ticked."""
    rng, size = made.rng, made.look.size
    x = made.label(_label(made), left, y, width) + size
    base = y + made.leading
    for _ in range(int(rng.integers(2, 6))):
        text = _TICKS[int(rng.integers(len(_TICKS)))]
        side = 0.8 * size
        wide = side + size + sum(made.look.type().width(w) + size for w in text.split())
        if x + wide > left + width:
            break
        box = (x, base - 0.9 * side - 0.1 * size, x + side, base + 0.1 * side - 0.1 * size)
        made.surface.box(box, made.look.colour, max(size // 16, 1))
        if rng.random() < 0.35:
            _tick(made, box)
        x = made.label(text, x + 1.4 * side, y, wide) + 1.2 * size
    return y + step


def _tick(made: _Form, box: Sequence[float]) -> None:
    """A cross or a hook by pen: no text."""
    left, top, right, bottom = box
    pen, rng = made.pen, made.rng
    thick = max(round(pen.cap / 10), 1)
    a, b = rng.normal(0, 0.15, 2) * (right - left)
    if rng.random() < 0.5:
        made.surface.rule((left + a, top), (right, bottom + b), pen.colour, thick)
        made.surface.rule((right, top + a), (left + b, bottom), pen.colour, thick)
    else:
        low = ((left + right) / 2 - 0.1 * (right - left), bottom)
        made.surface.rule((left + a, (top + bottom) / 2), low, pen.colour, thick)
        made.surface.rule(low, (right + 0.3 * (right - left), top - abs(b)), pen.colour, thick)


def _cells(made: _Form, left: float, y: float, width: float, step: float) -> float:
    """A label and a row of cells, one character each, written by hand: one line, one word."""
    rng, size = made.rng, made.look.size
    x = made.label(_label(made), left, y, width) + 0.5 * size
    side = size * rng.uniform(1.3, 1.8)
    count = min(int(rng.integers(6, 13)), int((left + width - x) / side))
    base = y + made.leading + 0.1 * size
    if count < 3:
        return y + step
    thick = max(size // 18, 1)
    for k in range(count):
        made.surface.box((x + k * side, base - side * 0.85, x + (k + 1) * side, base + side * 0.15), made.look.colour,
                         thick)  # fmt: skip
    block = made.surface.next_block()
    if rng.random() < made.filled:
        strips = [made.pen.strip([str(rng.integers(10))], rng) for _ in range(count)]
        seen = len(made.surface.lines)
        for k, strip in enumerate(strips):
            if strip is not None:
                at = x + (k + 0.5) * side - strip.ink.shape[1] / 2
                curve = baseline(base - rng.uniform(0.05, 0.2) * side, made.surface.width, 0.0, 0.0, rng)
                lay(made.surface, strip, at, curve, made.pen.colour, made.pen.strength, block)
        _join(made.surface, seen)
    return y + max(step, 1.1 * side)


def _join(surface: Surface, first: int) -> None:
    """Makes one line of one word of the lines from number `first` on: digits that stand in cells."""
    parts = surface.lines[first:]
    if not parts:
        return
    del surface.lines[first:]
    points = np.concatenate([p.outline for p in parts])
    (left, top), (right, bottom) = points.min(0), points.max(0)
    text = "".join(p.text for p in parts)
    surface.lines.append(box_line([(text, left, top, right, bottom)], parts[0].block, handwritten=True))


def _grid(made: _Form, place: tuple[float, float, float], end: float, step: float) -> float:
    """A table with a printed head and handwritten cells; read row by row."""
    rng, (left, y, width) = made.rng, place
    columns = int(np.clip(rng.integers(2, 7), 2, max(width / (7 * made.look.size), 2)))
    edges = left + width * np.concatenate(([0], np.cumsum(w := rng.uniform(0.6, 1.6, columns)))) / w.sum()
    rows = min(int(rng.integers(2, 8)), int((end - y) / step) - 1)
    top, pad = y, 0.3 * made.look.size
    for row in range(rows):
        for k in range(columns):
            room = edges[k + 1] - edges[k] - 2 * pad
            if row == 0:
                words = (LABELS[int(rng.integers(len(LABELS)))]).split()
                set_text(made.surface, words, made.look.type("bold", 0.9), (edges[k] + pad, y, room), made.leading,
                         made.surface.next_block(), "centre", bottom=y + made.leading + 1)  # fmt: skip
            else:
                made.entry(made.texts.answer(rng).split()[:4], edges[k], y + 0.75 * step, edges[k + 1])
        y += step
    for k in range(rows + 1):
        made.surface.rule((left, top + k * step), (left + width, top + k * step), made.look.colour)
    for x in edges:
        made.surface.rule((x, top), (x, y), made.look.colour)
    return y + 0.6 * made.look.size


def _signatures(made: _Form, left: float, y: float, width: float) -> None:
    """One or two columns: date, office, the note where to sign, a signature, a name; each column from top to bottom."""
    rng, look = made.rng, made.look
    columns = int(rng.integers(1, 3))
    own = width / 2
    for k in range(columns):
        x, at = left + (own if columns == 1 else k * own), y
        if k == columns - 1:
            words = f"Ngày {rng.integers(1, 32)} tháng {rng.integers(1, 13)} năm 20{rng.integers(10, 27)}".split()
            at = set_text(made.surface, words, look.type("italic"), (x, at, own), made.leading,
                          made.surface.next_block(), "centre")  # fmt: skip
        head = str(
            rng.choice(("Người làm đơn", "NGƯỜI KHAI", "Giám đốc", "Kế toán", "Applicant", "Xác nhận của đơn vị"))
        )
        at = set_text(made.surface, head.split(), look.type("bold"), (x, at, own), made.leading,
                      made.surface.next_block(), "centre")  # fmt: skip
        if rng.random() < 0.7:
            at = set_text(made.surface, "(Ký, ghi rõ họ tên)".split(), look.type("italic", 0.9), (x, at, own),
                          made.leading, made.surface.next_block(), "centre")  # fmt: skip
        if at + 5 * look.size > made.surface.height or rng.random() > made.filled:
            continue
        box = (x + 0.25 * own, at, x + 0.75 * own, at + 2.8 * look.size)
        stamps.scribble(made.surface, box, made.pen.colour, made.pen.cap / 11, rng)
        if rng.random() < 0.35:
            stamps.round_stamp(made.surface, made.texts.title(rng, 4).split(), look.heads.bold,
                               (x + 0.3 * own, at + look.size), rng.uniform(2, 3.2) * look.size, rng)  # fmt: skip
        made.entry(person(rng).split(), x + 0.2 * own, at + 4.2 * look.size, x + own)
    if rng.random() < 0.1:
        rows = ["ĐÃ NHẬN", date(rng)]
        spot = (left, y + rng.uniform(0, 3) * look.size)
        stamps.line_stamp(made.surface, rows, look.heads.bold, spot, round(1.2 * look.size), rng)

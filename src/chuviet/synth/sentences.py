"""Texts of drawn pages: sentences of a file (or built ones), titles, dates, sums, names, addresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from chuviet.errors import InputError
from chuviet.synth.corpus import Addresses, Verse
from chuviet.vocab import VIETNAMESE, normalize

_ENGLISH = """
    the of and to in a is that for it was on are as with his they at be this from have or by one had not but what all
    were when we there can an your which their said if do will each about how up out them then she many some so these
    would other into has more her two like him see time could no make than first been its who now people my made over
    did down only way find use may water long little very after words called just where most know get through back much
    before go good new write our used me man too any day same right look think also around another came come work three
    word must because does part even place well such here take why things help put years different away again off went
    old number great tell men say small every found still between name should Mr home big give air line set own under
    read last never us left end along while might next sound below saw something thought both few those always looked
    show large often together asked house world going want school important until form food keep children feet land side
    company service report market total account amount invoice address customer order payment contract department
""".split()
_SURNAMES = "Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đinh Mai Trịnh Tạ Chu Quách".split()
_MIDDLES = "Văn Thị Hữu Đức Minh Ngọc Thanh Xuân Quang Thu Kim Hoài Bảo Gia Khánh Tuấn Mỹ Đình".split()
_GIVEN = """
    An Anh Bình Châu Chi Cường Dũng Dung Đạt Giang Hà Hải Hạnh Hằng Hiếu Hòa Hùng Hương Khoa Lan Linh Long Ly Mai Minh
    Nam Nga Nhung Oanh Phong Phúc Phương Quân Quỳnh Sơn Tâm Thảo Thắng Thủy Trang Trung Tú Uyên Việt Vinh Xuân Yến
""".split()
_UNITS = ("kg", "m", "m2", "cm", "%", "km", "triệu", "đồng", "VND", "USD", "năm", "người", "giờ", "lít")


@dataclass(frozen=True)
class Sentences:
    """`lines`: one sentence each, of the characters of VIETNAMESE; without any, sentences are built from syllables."""

    addresses: Addresses
    lines: Sequence[str] = ()
    english: float = 0.1  # share of sentences in English words
    _verse: Verse = field(default_factory=Verse, repr=False)

    def sentence(self, rng: np.random.Generator) -> str:
        if rng.random() < self.english:
            return english(rng)
        if self.lines:
            return self.lines[int(rng.integers(len(self.lines)))]
        return self._verse.text(int(rng.integers(1 << 30)), rng)

    def words(self, rng: np.random.Generator, count: int) -> list[str]:
        """That many words of sentences that follow each other."""
        words: list[str] = []
        while len(words) < count:
            words += self.sentence(rng).split()
        return words[:count]

    def title(self, rng: np.random.Generator, most: int = 8) -> str:
        """Two to `most` words that follow each other, half of them in capitals."""
        words = self.sentence(rng).split()
        count = min(int(rng.integers(2, max(most, 2) + 1)), len(words))
        at = int(rng.integers(len(words) - count + 1))
        text = " ".join(words[at : at + count]).strip(" ,;:.-")
        text = text.upper() if rng.random() < 0.5 else text[:1].upper() + text[1:]
        return text or "A"

    def address(self, rng: np.random.Generator) -> str:
        return self.addresses.text(int(rng.integers(1 << 30)), rng)

    def answer(self, rng: np.random.Generator) -> str:
        """What somebody writes into a form: a name, a date, a number, an address, a few words."""
        kind = int(rng.integers(6))
        if kind == 0:
            return person(rng)
        if kind == 1:
            return date(rng)
        if kind == 2:
            return pattern(str(rng.choice(("0#########", "############", "#########", "A#-####", "##/##", "###"))), rng)
        if kind == 3:
            return self.address(rng)
        if kind == 4:
            return amount(rng)
        return " ".join(self.words(rng, int(rng.integers(1, 6))))


def load_sentences(paths: Sequence[Path], addresses: Addresses) -> tuple[Sentences, str]:
    """The lines of text files that have characters of VIETNAMESE alone, and one line that says how many those are.

    Raises InputError for a file that cannot be read or holds none.
    """
    lines: list[str] = []
    total = 0
    for path in paths:
        try:
            found = path.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as e:
            raise InputError(f"{path}: cannot be read as UTF-8 text ({e})") from e
        kept = [line for line in map(normalize, found) if line.split() and set(line) <= set(VIETNAMESE)]
        if not kept:
            raise InputError(f"{path}: no line of Vietnamese letters in it; one sentence a line is asked for")
        total += len(found)
        lines += kept
    said = f"{len(lines):,} of {total:,} sentences from {len(paths)} files" if paths else "no --text: built sentences"
    return Sentences(addresses, lines), said


def english(rng: np.random.Generator) -> str:
    """Four to fourteen frequent English words with a full stop."""
    words = [_ENGLISH[int(k)] for k in rng.integers(len(_ENGLISH), size=int(rng.integers(4, 15)))]
    if rng.random() < 0.3:
        words[int(rng.integers(len(words)))] += ","
    text = " ".join(words)
    return text[:1].upper() + text[1:] + str(rng.choice((".", ".", ".", "?", "!")))


def person(rng: np.random.Generator) -> str:
    names = [_SURNAMES[int(rng.integers(len(_SURNAMES)))], _MIDDLES[int(rng.integers(len(_MIDDLES)))]]
    text = " ".join([*names, _GIVEN[int(rng.integers(len(_GIVEN)))]])
    return text.upper() if rng.random() < 0.2 else text


def date(rng: np.random.Generator) -> str:
    day, month, year = int(rng.integers(1, 32)), int(rng.integers(1, 13)), int(rng.integers(1950, 2027))
    form = int(rng.integers(5))
    if form == 0:
        return f"ngày {day:02d} tháng {month:02d} năm {year}"
    return (f"{day:02d}/{month:02d}/{year}", f"{day}-{month}-{year}", f"{day}.{month}.{year % 100:02d}",
            f"{month}/{year}")[form - 1]  # fmt: skip


def amount(rng: np.random.Generator) -> str:
    """A number as tables have them: grouped, with decimals, with a unit, a percentage, a price."""
    value = int(rng.integers(1, 10 ** int(rng.integers(1, 9))))
    form = int(rng.integers(7))
    grouped = f"{value:,}"
    return (str(value), grouped, grouped.replace(",", "."), f"{value / 100:.2f}", f"{value % 1000 / 10:.1f}".replace(
        ".", ","), f"{value % 100}%", f"{grouped} {_UNITS[int(rng.integers(len(_UNITS)))]}")[form]  # fmt: skip


def pattern(form: str, rng: np.random.Generator) -> str:
    """Each # of the form becomes a digit."""
    return "".join(str(rng.integers(10)) if c == "#" else c for c in form)

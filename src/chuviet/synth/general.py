"""Texts to draw that are no old-map addresses: sentences, names, dates, sums, telephone numbers, form entries, verse,
English words, addresses of the map since July 2025, and addresses whose parts don't belong together.

The n-th text of a set comes from (seed, n) alone. Sentences are held out by their own hash, so that the test texts are
the same whatever else is drawn, on any machine.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from chuviet.errors import InputError
from chuviet.synth.corpus import LONGEST, Addresses, Verse, Ward
from chuviet.synth.entries import ENTRIES
from chuviet.vocab import VIETNAMESE, normalize

Part = Literal["train", "test"]

#: One sentence in this many is test text, chosen by its hash.
HELD_OUT = 20
#: Kind -> its share of the texts.
SHARES: dict[str, float] = {
    "sentence": 0.46, "name": 0.05, "date": 0.05, "money": 0.05, "phone": 0.05, "form": 0.09, "verse": 0.06,
    "english": 0.04, "new_address": 0.08, "mixed_address": 0.07,
}  # fmt: skip
_LETTERS = frozenset(VIETNAMESE)
_TRIES = 20
#: Signs that keyboards don't have, and what is written for them.
_SIGNS = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "×": "x"})


@dataclass(frozen=True)
class Unit:
    """A ward, commune or special zone of the map since July 2025 with its province or city; kinds are in the names."""

    name: str
    province: str


def is_held_out(sentence: str) -> bool:
    """Whether a sentence is test text: a twentieth of all sentences, by their SHA-256."""
    return int.from_bytes(hashlib.sha256(sentence.encode()).digest()[:4], "big") % HELD_OUT == 0


def load_sentences(paths: Sequence[str | Path], part: Part = "train") -> list[str]:
    """The lines of the text files that belong to `part`, NFC, without doubles, in their order. Raises InputError for a
    file that cannot be read, or when nothing is left.
    """
    found: dict[str, None] = {}
    for path in paths:
        try:
            lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as e:
            raise InputError(f"{path}: cannot be read as UTF-8 text ({e}); give one sentence a line") from e
        for line in lines:
            sentence = " ".join(normalize(line.translate(_SIGNS)).split())
            if sentence and is_held_out(sentence) == (part == "test"):
                found[sentence] = None
    if not found:
        raise InputError(f"{', '.join(map(str, paths))}: no sentence of the {part} part in it")
    return list(found)


def load_units(path: str | Path) -> list[Unit]:
    """The rows of a TSV with the columns `ward` and `province`. Raises InputError for another shape."""
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as f:
            rows = list(csv.DictReader(f, delimiter="\t"))
    except (OSError, UnicodeDecodeError) as e:
        raise InputError(f"{path}: cannot be read ({e})") from e
    if not rows or not {"ward", "province"} <= rows[0].keys():
        raise InputError(f"{path}: needs the columns ward and province, separated by tabs")
    return [Unit(normalize(row["ward"]), normalize(row["province"])) for row in rows]


def units_of(wards: Sequence[Ward]) -> list[Unit]:
    """Wards of the old map as if they lay straight in their provinces: what there is without a new map."""
    return [Unit(f"{w.kind} {w.name}".strip(), w.province) for w in wards]


def line_piece(sentence: str, rng: np.random.Generator, longest: int = LONGEST) -> str:
    """Neighbouring words of a sentence, as a line of handwriting holds them: from its beginning (a third of the times)
    or anywhere; a length of 12 to `longest` characters is drawn, and as many words as fit it are kept.
    """
    words = sentence.split()
    length = int(rng.integers(12, longest + 1))
    at = 0 if rng.random() < 1 / 3 else int(rng.integers(len(words)))
    while at and len(" ".join(words[at:])) < min(length, 30):
        at -= 1  # not the last word or two alone
    end = at + 1
    while end < len(words) and len(" ".join(words[at : end + 1])) <= length:
        end += 1
    return " ".join(words[at:end])


@dataclass
class GeneralText:
    """Random general texts. `kinds`: the kinds that are drawn, with their `SHARES`; () = all.

    Without `sentences` a sentence is made of built syllables; without `verse` so is verse.
    """

    wards: Sequence[Ward]
    units: Sequence[Unit]
    sentences: Sequence[str] = ()
    verse: Sequence[str] = ()
    kinds: tuple[str, ...] = ()
    order: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if unknown := [k for k in self.kinds if k not in SHARES]:
            raise InputError(f"there is no kind {unknown[0]!r}; there are {', '.join(SHARES)}")
        self._names = self.kinds or tuple(SHARES)
        shares = np.array([SHARES[name] for name in self._names])
        self._limits = np.cumsum(shares / shares.sum())
        self.order = np.random.default_rng(7).permutation(max(len(self.sentences), 1))
        self._addresses = Addresses(self.wards, cover=False)
        self._verse, self._built = Verse(self.verse), Verse()
        own: dict[str, Callable[[int, np.random.Generator], str]] = {
            "sentence": self._sentence, "verse": self._verse.text, "new_address": self._new_address,
            "mixed_address": self._mixed_address,
        }  # fmt: skip
        self._make = own | {name: entry for name, entry in ENTRIES.items() if name in SHARES}

    def text(self, index: int, rng: np.random.Generator) -> str:
        """One text of at most `LONGEST` characters of the Vietnamese charset; the kinds are drawn by `rng`."""
        place = int(np.searchsorted(self._limits, rng.random(), side="right"))
        name = self._names[min(place, len(self._names) - 1)]
        for n in range(_TRIES):
            text = normalize(self._make[name](index + n * 1_000_003, rng).translate(_SIGNS))
            if 0 < len(text) <= LONGEST and _LETTERS.issuperset(text):
                return text
        return line_piece(self._built.text(index, rng), rng)

    def _sentence(self, index: int, rng: np.random.Generator) -> str:
        if not self.sentences:
            return self._built.text(index, rng)
        text = line_piece(self.sentences[self.order[index % len(self.order)]], rng)
        case = rng.random()
        return text.upper() if case < 0.04 else text.title() if case < 0.06 else text

    def _new_address(self, index: int, rng: np.random.Generator) -> str:
        """House, street or hamlet, then ward or commune and its province; no district."""
        unit = self.units[int(rng.integers(len(self.units)))]
        house = self._house(rng)
        parts = [house] if house and rng.random() < 0.8 else []
        name, province = unit.name, unit.province
        if rng.random() < 0.25:
            name = _shortened(name, rng)
        if rng.random() < 0.35:
            province = _without_kind(province) if rng.random() < 0.7 else _shortened(province, rng)
        text = (", " if rng.random() < 0.85 else str(rng.choice((" - ", " ")))).join([*parts, name, province])
        return _cased(text, rng)

    def _mixed_address(self, index: int, rng: np.random.Generator) -> str:
        """The parts of several addresses, each from a place of its own, of either map."""
        first, second, third = (self.wards[int(k)] for k in rng.integers(len(self.wards), size=3))
        unit = self.units[int(rng.integers(len(self.units)))]
        ward = f"{first.kind} {first.name}".strip() if rng.random() < 0.6 else unit.name
        if rng.random() < 0.2:
            ward = f"Phường {rng.integers(1, 30)}"
        district = f"{second.district_kind} {second.district}".strip()
        if rng.random() < 0.2:
            district = f"Quận {rng.integers(1, 20)}"
        parts = [self._house(rng), ward, district, third.province]
        kept = [p for p in parts if p and rng.random() < 0.85] or parts
        if rng.random() < 0.1:
            kept = [kept[k] for k in rng.permutation(len(kept))]
        return _cased((", " if rng.random() < 0.85 else " ").join(kept), rng)

    def _house(self, rng: np.random.Generator) -> str:
        """The first part of an old-map address: number and street, hamlet or place."""
        text = self._addresses.text(int(rng.integers(1 << 30)), rng)
        return text.split(",")[0].strip() if "," in text else ""


def _shortened(name: str, rng: np.random.Generator) -> str:
    """A name with its kind abbreviated: P. Ba Đình, TP Hà Nội."""
    short = {"Phường": ("P.", "P"), "Xã": ("X.", "X"), "Thành phố": ("TP.", "TP", "Tp."), "Tỉnh": ("T.", "tỉnh")}
    for kind, forms in short.items():
        if name.startswith(kind + " "):
            form = forms[int(rng.integers(len(forms)))]
            return f"{form}{'' if form.endswith('.') and rng.random() < 0.5 else ' '}{name[len(kind) + 1 :]}"
    return name


def _without_kind(name: str) -> str:
    for kind in ("Thành phố ", "Tỉnh "):
        name = name.removeprefix(kind)
    return name


def _cased(text: str, rng: np.random.Generator) -> str:
    case = rng.random()
    return text.upper() if case < 0.04 else text.lower() if case < 0.08 else text

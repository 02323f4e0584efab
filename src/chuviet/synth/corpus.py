"""Texts to draw: addresses from real places, verse, and syllables built from onset, rime and tone so that none is
missing.
"""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from chuviet.errors import InputError
from chuviet.vocab import normalize

TONES = ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")
ONSETS = [
    "",
    *"""
    b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x
""".split(),
]
OPEN_RIMES = """
    a e ê i o ô ơ u ư y ai ao au ay âu ây eo êu ia iêu iu oa oai oay oe oi ôi ơi ua uê ui uôi uy ưa ưi ươi ươu
    ưu am an ang anh ăm ăn ăng âm ân âng em en eng êm ên ênh iêm iên iêng im in inh oan oang oanh om on ong ôm
    ôn ông ơm ơn uân um un ung uôm uôn uông ưng ươm ươn ương uyên yên yêu
""".split()
STOPPED_RIMES = """
    ac ach ap at ăc ăp ăt âc âp ât ec ep et êch êp êt ich iêc iêp iêt ip it oac oat oc op ot ôc ôp ôt ơp ơt uât
    uc up ut uôc uôt ưc ưt ươc ươp ươt uyêt yêt
""".split()
_NUCLEUS = re.compile("[aăâeêioôơuưy]+", re.IGNORECASE)

ABBREVIATIONS = {
    "Phường": ("P.", "P", "F."),
    "Xã": ("X.", "X"),
    "Thị trấn": ("TT", "TT."),
    "Quận": ("Q.", "Q"),
    "Huyện": ("H.", "H"),
    "Thành phố": ("TP", "TP.", "Tp."),
    "Thị xã": ("TX", "TX."),
}
HAMLETS = """
    Thôn, thôn, Xóm, xóm, Ấp, ấp, Tổ, tổ, Khu phố, KP, Khu, Đội, Tổ dân phố, Bản, Khóm, Khu vực, Ngõ, Hẻm, Ngách, Lô
""".strip().split(", ")
PLACES = """
    Chợ, Trường THPT, Trường tiểu học, UBND, Công ty TNHH, Chung cư, KCN, Tòa nhà, Bệnh viện, Khách sạn, Siêu thị
""".strip().split(", ")


#: Lines longer than this are dropped by prepare_ext_data.py.
LONGEST = 69
_TRIES = 30
#: Slips of the gazetteer (an Icelandic eth for Đ, a stray not sign) and signs that Vietnamese keyboards don't have.
_SPELLING = str.maketrans({"Ð": "Đ", "ð": "đ", "¬": None, "’": "'", "‘": "'", "–": "-", "\u00ad": None, "\u200e": None})


@dataclass(frozen=True)
class Ward:
    province: str
    code: str
    district: str
    district_kind: str
    name: str
    kind: str
    streets: tuple[str, ...] = ()


@dataclass
class Addresses:
    """Random address lines. The n-th text starts from pair n of a fixed shuffle of wards with their streets, in which
    all wards come first.

    With `cover` the first text of each pair has both its ward and its street, so that as many texts as there are pairs
    hold all of them; later texts, and all without it, may leave either out.
    """

    wards: Sequence[Ward]
    cover: bool = True
    order: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        pairs = [(w, s) for w, ward in enumerate(self.wards) for s in range(max(len(ward.streets), 1))]
        pairs = [pairs[k] for k in np.random.default_rng(7).permutation(len(pairs))]
        pairs.sort(key=lambda p: p[1] > 0)  # all wards come first, each with its first street; then all other streets
        self.order = np.asarray(pairs)

    def text(self, index: int, rng: np.random.Generator) -> str:
        w, s = (int(k) for k in self.order[index % len(self.order)])
        ward = self.wards[w]
        street = ward.streets[s] if ward.streets else ward.name
        if not self.cover or index >= len(self.order):
            return self._line(ward, street, rng).translate(_SPELLING)
        for _ in range(_TRIES):
            text = self._line(ward, street, rng, whole=True).translate(_SPELLING)
            if len(text) <= LONGEST:
                return text
        parts = [street, ward.name, ward.district, ward.province]  # too long in every other form
        if len(", ".join(parts)) > LONGEST:
            del parts[2]
        return normalize(", ".join(dict.fromkeys(parts))).translate(_SPELLING)

    def _line(self, ward: Ward, street: str, rng: np.random.Generator, whole: bool = False) -> str:
        """One address; with `whole` neither the ward nor the street is missing."""
        parts = self._house(ward, street, rng)
        if whole and ward.streets and not parts[0].endswith(f" {street}"):
            parts.append(_pick(rng, ("đường ", "Đường ", "phố ", "")) + street)
        short = rng.random() < 0.25
        if rng.random() < 0.95 or whole:
            parts.append(_unit(ward.kind, ward.name, short, rng))
        parts.append(_unit(ward.district_kind, ward.district, short, rng))
        province = ward.province
        if province == "Hồ Chí Minh" and rng.random() < 0.9:
            province = f"{_pick(rng, ('TP', 'TP', 'TP.', 'Tp.'))} {province}"
        elif ward.code and rng.random() < 0.02:
            province = ward.code
        parts.append(province)
        text = (", " if rng.random() < 0.85 else _pick(rng, (" ", " - ", " , ", ","))).join(parts)
        case = rng.random()
        return normalize(text.upper() if case < 0.03 else text.lower() if case < 0.05 else text)

    def _house(self, ward: Ward, street: str, rng: np.random.Generator) -> list[str]:
        kind = rng.random()
        number = str(rng.integers(1, int(rng.choice((30, 100, 1000, 3000)))))
        if rng.random() < 0.25:
            number += f"/{rng.integers(1, 99)}"
        if rng.random() < 0.08:
            number += _pick(rng, ("A", "B", "C", "D", "/2", "-5", "Bis"))
        if kind < 0.45 or (ward.streets and kind < 0.6):
            prefix = _pick(rng, ("", "Số ", "Số ", "số ", "Số nhà ", "SN "))
            parts = [f"{prefix}{number} {_pick(rng, ('', '', 'đường ', 'Đường ', 'phố '))}{street}"]
        elif kind < 0.85:
            other = self.wards[int(rng.integers(len(self.wards)))].name
            what = _pick(
                rng, (str(rng.integers(1, 26)), str(rng.integers(1, 26)), ward.name, other, f"A{rng.integers(1, 9)}")
            )
            parts = [f"{_pick(rng, HAMLETS)} {what}"]
        else:
            parts = [f"{_pick(rng, PLACES)} {self.wards[int(rng.integers(len(self.wards)))].name}"]
        if rng.random() < 0.2:
            parts.append(f"{_pick(rng, ('tổ', 'KP', 'khu phố', 'xóm', 'thôn', 'KDC', 'ấp'))} {rng.integers(1, 40)}")
        return parts


def _unit(kind: str, name: str, short: bool, rng: np.random.Generator) -> str:
    if not kind:
        return name
    if short and kind.capitalize() in ABBREVIATIONS:
        return f"{_pick(rng, ABBREVIATIONS[kind.capitalize()])} {name}"
    return f"{kind.lower() if rng.random() < 0.1 else kind} {name}"


def load_wards(folder: str | Path | None) -> list[Ward]:
    """Wards (with streets) of a `vietnam_dataset` folder, else those of the package vietnam-provinces (without
    streets).

    Raises InputError when `folder` is named and holds no province file.
    """
    if folder is None:
        return _package_wards()
    root = Path(folder)
    files = sorted((root / "data" if (root / "data").is_dir() else root).glob("*.json"))
    if not files:
        raise InputError(f"{folder}: no province files (data/*.json) of the vietnam_dataset in it")
    wards = []
    for file in files:
        try:
            province = json.loads(file.read_text(encoding="utf-8-sig"))
        except (OSError, ValueError) as e:
            raise InputError(f"{file}: not a province file of the vietnam_dataset ({e})") from e
        for district in province.get("district", ()):
            streets = [normalize(s) for s in district.get("street", ())]
            units = district.get("ward", ()) or [{"name": district["name"], "pre": district.get("pre", "")}]
            for k, unit in enumerate(units):
                share = tuple(streets[k :: len(units)])  # streets are listed by district: dealt out to its wards
                in_province, in_district, name = (normalize(place["name"]) for place in (province, district, unit))
                wards.append(Ward(in_province, province.get("code", ""), in_district, district.get("pre", ""),
                                  name, unit.get("pre", ""), share))  # fmt: skip
    return wards


def _package_wards() -> list[Ward]:
    from vietnam_provinces import NESTED_DIVISIONS_JSON_PATH

    wards = []
    for province in json.loads(Path(NESTED_DIVISIONS_JSON_PATH).read_text(encoding="utf-8")):
        name = _split_kind(province["name"])[1]
        for district in province["districts"]:
            district_kind, district_name = _split_kind(district["name"])
            for unit in district["wards"]:
                kind, ward_name = _split_kind(unit["name"])
                wards.append(Ward(name, "", district_name, district_kind, ward_name, kind))
    return wards


def _split_kind(name: str) -> tuple[str, str]:
    name = normalize(name)
    for kind in ("Thành phố", "Tỉnh", "Thị trấn", "Thị xã", "Phường", "Quận", "Huyện", "Xã"):
        if name.startswith(kind + " "):
            return ("" if kind == "Tỉnh" else kind), name[len(kind) + 1 :]
    return "", name


def load_poems(path: str | Path) -> list[str]:
    """Verse lines of a `title,content` CSV (lines of `content` joined by ``<\\n>``). Raises InputError for another
    shape.
    """
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as f:
            rows = list(csv.DictReader(f))
    except OSError as e:
        raise InputError(f"{path}: cannot be read ({e.strerror or e})") from e
    if not rows or "content" not in rows[0]:
        raise InputError(f"{path}: needs the columns title,content")
    lines = [normalize(x) for row in rows for x in re.split(r"<\s*>", row["content"].replace("\\n", "\n"))]
    return [x for x in lines if x]


def place_tone(base: str, tone: str, old: bool = True) -> str:
    """Puts a combining `tone` on a syllable. `old` writes hòa, thúy; the new way is hoà, thuý. Returns NFC.

    The mark goes to a vowel with a diacritic if there is one (the last), else by the shape of the vowel group.
    """
    if not tone:
        return unicodedata.normalize("NFC", base)
    onset = 2 if base.startswith("qu") else 2 if base.startswith("gi") and _NUCLEUS.search(base[2:]) else 0
    match = _NUCLEUS.search(base, onset)
    if match is None:
        raise ValueError(f"{base!r} has no vowel")
    vowels, start = match.group(), match.start()
    marked = [k for k, c in enumerate(vowels) if c in "ăâêôơư"]
    closed = match.end() < len(base)
    if marked:
        at = marked[-1]
    elif len(vowels) == 1:
        at = 0
    elif closed or len(vowels) == 3 or (vowels in ("oa", "oe", "uy") and not old):
        at = 1
    else:
        at = 0
    at += start
    return unicodedata.normalize("NFC", base[: at + 1] + tone + base[at + 1 :])


def syllables(old: bool = True) -> list[str]:
    """All syllables of an onset, a rime and a tone (stopped rimes take two tones), spelled by the rules of c/k,
    g/gh, ng/ngh.
    """
    out = []
    for onset in ONSETS:
        for rimes, tones in ((OPEN_RIMES, TONES), (STOPPED_RIMES, TONES[4:])):
            for rime in rimes:
                front = rime[0] in "ieêy"
                if (onset in ("c", "g", "ng") and front) or (onset in ("k", "gh", "ngh") and not front):
                    continue
                if (onset in ("qu", "gi") and rime[0] in "uưio") or (onset and rime[0] == "y" and rime != "y"):
                    continue
                out += [place_tone(onset + rime, tone, old) for tone in tones]
    return out


@dataclass
class Verse:
    """Lines of given verse, or of built syllables; every syllable comes once before any comes again."""

    lines: Sequence[str] = ()
    old: bool = True

    def __post_init__(self) -> None:
        self.syllables = syllables(self.old)
        self.deck = np.random.default_rng(7).permutation(len(self.syllables))

    def text(self, index: int, rng: np.random.Generator) -> str:
        if self.lines:
            text = self.lines[int(rng.integers(len(self.lines)))]
            if rng.random() < 0.5:
                text += " " + self.lines[int(rng.integers(len(self.lines)))]
            return text
        count = 8
        words = [
            self.syllables[self.deck[(index * count + k) % len(self.deck)]]
            for k in range(int(rng.integers(4, count + 1)))
        ]
        style = rng.random()
        if style < 0.35:
            words[0] = words[0].capitalize()
        elif style < 0.55:
            words = [w.capitalize() for w in words]
        elif style < 0.65:
            words = [w.upper() for w in words]
        if rng.random() < 0.3:
            words[int(rng.integers(len(words)))] += _pick(rng, (",", ",", ";", ":", "..."))
        end = _pick(rng, ("", "", ".", ",", "!", "?", ":"))
        return normalize(" ".join(words) + end)


def piece(text: str, rng: np.random.Generator) -> str:
    """One to four neighbouring words of `text`."""
    words = text.split()
    count = min(int(rng.choice((1, 1, 2, 2, 3, 4))), len(words))
    at = int(rng.integers(len(words) - count + 1))
    return " ".join(words[at : at + count])


def _pick(rng: np.random.Generator, items: Sequence[object]) -> str:
    return str(items[int(rng.integers(len(items)))])

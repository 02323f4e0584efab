"""A gazetteer beside the language model: which ward lies in which district and province, and what an address that was
read with an unknown combination may be meant to be.

An n-gram model sees a dozen characters. That a ward belongs to the district behind it, and both to the province at the
end, is beyond it; and a beam has dropped the right ward long before the district is read. So the finished reading is
compared with all combinations, and the nearest are offered as other readings, for the frames to judge.
"""

from __future__ import annotations

import itertools
import json
import re
import unicodedata
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import editdistance
import numpy as np

from chuviet.errors import InputError

_TONES = "\u0300\u0301\u0303\u0309\u0323"
_KIND = re.compile(
    r"(?:thành phố|thị xã|thị trấn|tỉnh|quận|huyện|phường|xã|(?:tp|tx|tt|[qhpxt])(?=[\s.]))[\s.]*", re.IGNORECASE
)
_INNER = re.compile(r"(?<=[^\s,])(?<!\bThị) +(?=(?:Thành [Pp]hố|Thị [Xx]ã|Thị [Tt]rấn|Quận|Huyện|Phường|Xã|TP|Tỉnh)\b)")
_OA = re.compile(r"(?<!q)(?:(o[àáảãạèéẻẽẹ]|u[ỳýỷỹỵ])|([òóỏõọ][ae]|[ùúủũụ]y))\b", re.IGNORECASE)
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8"}
_PER_LEVEL = (4, 8)  # provinces, then districts, whose parts are looked at


@dataclass(frozen=True)
class District:
    """A district with its province, its wards (kind and name) and its streets."""

    province: str
    kind: str
    name: str
    wards: tuple[tuple[str, str], ...]
    streets: tuple[str, ...] = ()


class Gazetteer:
    """All districts. An address is ``house and street, ward, district, province``; other parts may stand before."""

    def __init__(self, districts: Iterable[District]) -> None:
        self.districts = list(districts)
        self._tree: dict[str, dict[str, District]] = {}
        self._wards: dict[tuple[str, str], dict[str, tuple[str, str]]] = {}
        self._streets: dict[tuple[str, str], dict[tuple[str, ...], str]] = {}
        for d in self.districts:
            place = (_key(d.province), _key(d.name))
            self._tree.setdefault(place[0], {})[place[1]] = d
            self._wards.setdefault(place, {}).update({_key(name): (kind, name) for kind, name in d.wards})
            self._streets.setdefault(place, {}).update({_words(name): name for name in d.streets})

    def known(self, text: str) -> int:
        """How many of an address's parts belong together: 0, 2 (district and province), 3 (ward too), and one more for
        a street of the district in front of them.
        """
        spans = _fields(text)
        place = self._place(text, spans)
        if place is None:
            return 0
        ward = len(spans) > 2 and _key(text[slice(*spans[-3])]) in self._wards[place]
        return 2 + ward + self._has_street(text, spans[: -3 if ward else -2], place)

    def places(self, text: str, count: int = 5) -> list[str]:
        """Other readings of the address `text` whose last parts are a ward, its district and province: the `count`
        nearest, in every way in which they are written. None for an address of fewer parts.
        """
        spans = _fields(text)[-3:]
        if len(spans) < 3:
            return []
        ward, district, province = keys = [_key(text[a:b]) for a, b in spans]
        near = sorted((_edits(province, p), p) for p in self._tree)[: _PER_LEVEL[0]]
        pairs = sorted((cost + _edits(district, d), p, d) for cost, p in near for d in self._tree[p])[: _PER_LEVEL[1]]
        found = sorted((cost + _edits(ward, w), p, d, w) for cost, p, d in pairs for w in self._wards[p, d])
        texts = []
        for cost, p, d, w in found[:count]:
            if 0 < cost <= sum(map(len, keys)) / 2:
                names = (
                    self._wards[p, d][w],
                    (self._tree[p][d].kind, self._tree[p][d].name),
                    ("", self._tree[p][d].province),
                )
                ways = [_written(text[a:b], *name) for (a, b), name in zip(spans, names, strict=True)]
                texts += [_replaced(text, spans, parts) for parts in itertools.product(*ways)]
        return texts

    def streets(self, text: str, count: int = 3) -> list[str]:
        """Other readings of `text` with a street of its district: the `count` nearest. None where the district is
        unknown or the street is one of it.
        """
        spans = _fields(text)
        place = self._place(text, spans)
        if place is None:
            return []
        ward = len(spans) > 2 and _key(text[slice(*spans[-3])]) in self._wards[place]
        before = spans[: -3 if ward else -2]
        if not before or self._has_street(text, before, place):
            return []
        start, end = before[-1]
        starts = [start + m.start() for m in re.finditer(r"\S+", text[start:end])]
        found = []
        for words, name in self._streets[place].items():
            if len(words) <= len(starts):
                begin, street = starts[-len(words)], " ".join(words)
                cost = _edits(" ".join(_words(text[begin:end])), street)
                if cost <= len(street) / 3:
                    found.append((cost, begin, name))
        return [
            _replaced(text, [(a, end)], [way])
            for _, a, name in sorted(found)[:count]
            for way in _tones(_cased(name, text[a:end]))
        ]

    def spellings(self, texts: Iterable[str]) -> dict[tuple[tuple[str, str], ...], tuple[str, str]]:
        """How most of the addresses `texts` spell the kind and the name of province, district and ward at their end.

        Keys are the kinds and names of one to three of these in this gazetteer, the province first. Lines all in
        capitals or in small letters say nothing, and a kind that was seen but once stays as it is here: it may be an
        abbreviation.
        """
        counts: dict[tuple[tuple[str, str], ...], Counter[tuple[str, str]]] = defaultdict(Counter)
        for text in texts:
            spans = _fields(text)
            place = self._place(text, spans)
            if place is None or text.isupper() or text.islower():
                continue
            d = self._tree[place[0]][place[1]]
            seen = [(("", d.province), spans[-1]), ((d.kind, d.name), spans[-2])]
            if len(spans) > 2 and (ward := self._wards[place].get(_key(text[slice(*spans[-3])]))):
                seen.append((ward, spans[-3]))
            names: tuple[tuple[str, str], ...] = ()
            for name, span in seen:
                names = (*names, name)
                kind, written = _parted(text[slice(*span)])
                if not written[:1].islower():
                    counts[names][kind, written] += 1
        spelt = {}
        for names, found in counts.items():
            (kind, written), times = found.most_common(1)[0]
            spelt[names] = (kind if times > 1 else names[-1][0], written)
        return spelt

    def _place(self, text: str, spans: list[tuple[int, int]]) -> tuple[str, str] | None:
        """Keys of the province and district at the end of `text`, if they belong together."""
        if len(spans) < 2:
            return None
        district, province = (_key(text[a:b]) for a, b in spans[-2:])
        return (province, district) if district in self._tree.get(province, {}) else None

    def _has_street(self, text: str, spans: list[tuple[int, int]], place: tuple[str, str]) -> bool:
        """Whether the last of the parts `spans` ends with a street of the district."""
        words = _words(text[slice(*spans[-1])]) if spans else ()
        return any(words[k:] in self._streets[place] for k in range(len(words)))

    def to_array(self) -> np.ndarray:
        """The gazetteer as bytes (uint8): compressed JSON, one list a district."""
        rows = [[d.province, d.kind, d.name, d.wards, d.streets] for d in self.districts]
        return np.frombuffer(zlib.compress(json.dumps(rows, ensure_ascii=False).encode()), np.uint8).copy()

    @classmethod
    def from_array(cls, data: np.ndarray) -> Gazetteer:
        """The inverse of `to_array`. Raises InputError for anything else."""
        try:
            rows = json.loads(zlib.decompress(data.astype(np.uint8).tobytes()))
            return cls(District(p, k, n, tuple((a, b) for a, b in w), tuple(s)) for p, k, n, w, s in rows)
        except (zlib.error, ValueError, TypeError) as e:
            raise InputError(f"this is no gazetteer ({e}); make the language model anew by chuviet lm") from e


def _fields(text: str) -> list[tuple[int, int]]:
    """Start and end of the parts of an address: between commas, and before a word such as Quận where one is missing."""
    spans = []
    for match in re.finditer(r"[^,]+", text):
        start = match.start()
        for part in [*_INNER.finditer(match[0]), None]:
            end = match.start() + part.start() if part else match.end()
            piece = text[start:end]
            if piece.strip(" ."):
                left = start + len(piece) - len(piece.lstrip())
                spans.append((left, left + len(piece.strip())))
            start = match.start() + part.end() if part else end
    return spans


def _parted(part: str) -> tuple[str, str]:
    """The kind and the name of a place as it is written."""
    kind = _KIND.match(part)
    return (kind[0].strip(), part[kind.end() :]) if kind else ("", part)


@lru_cache(maxsize=100_000)
def _key(name: str) -> str:
    """What two spellings of a name have in common: `_words` of what follows the kind, without spaces."""
    name = name.strip(" .")
    kind = _KIND.match(name)
    return "".join(_words(name[kind.end() :] if kind else name))


@lru_cache(maxsize=100_000)
def _words(name: str) -> tuple[str, ...]:
    """The words in lower case, tones behind their syllable, k as c (Đắk Lắk, Đắc Lắc), numbers in digits without zeros
    before them, hyphens as spaces, no apostrophes.
    """
    words = []
    for word in unicodedata.normalize("NFD", name.lower()).replace("-", " ").split():
        tones = "".join(c for c in word if c in _TONES)
        rest = unicodedata.normalize("NFC", "".join(c for c in word if c not in _TONES))
        rest = rest.strip(".").replace("'", "").replace("k", "c").lstrip("0")
        words.append(_ROMAN.get(rest, rest) + tones)
    return tuple(words)


@lru_cache(maxsize=100_000)
def _edits(a: str, b: str) -> int:
    return int(editdistance.eval(a, b))


def _replaced(text: str, spans: Sequence[tuple[int, int]], parts: Sequence[str]) -> str:
    for (a, b), part in zip(reversed(spans), reversed(parts), strict=True):
        text = text[:a] + part + text[b:]
    return text


def _written(read: str, kind: str, name: str) -> list[str]:
    """The ways to write a place where `read` was read: as it was if that is the same."""
    if _key(read) == _key(name):
        return [read]
    before = _KIND.match(read)
    ways = [(before[0] if before else "") + name] + ([f"{kind} {name}"] if kind else [])
    return list(dict.fromkeys(x for way in ways for x in _tones(_cased(way, read))))


def _cased(text: str, read: str) -> str:
    """`text` in capitals or in lower case if all of `read` is; an abbreviation and a number say nothing."""
    if sum(map(str.isalpha, read)) > 3:
        return text.upper() if read.isupper() else text.lower() if read.islower() else text
    return text


def _tones(text: str) -> list[str]:
    """`text`, and with ``Hoà`` for ``Hòa`` or the other way round where it has such a syllable."""

    def moved(match: re.Match[str]) -> str:
        first, second = (unicodedata.normalize("NFD", c) for c in match[0])
        tone = next(c for c in first + second if c in _TONES)
        plain = [x.replace(tone, "") for x in (first, second)]
        plain[0 if match[1] else 1] += tone
        return unicodedata.normalize("NFC", "".join(plain))

    return list(dict.fromkeys((text, _OA.sub(moved, text))))

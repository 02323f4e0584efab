"""How Vietnamese addresses are written: their parts, what spellings of a name have in common, and ways to write it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

_TONES = "\u0300\u0301\u0303\u0309\u0323"
_NO_TONES = dict.fromkeys(map(ord, _TONES))
_KIND = re.compile(
    r"(?:thành phố|thị xã|thị trấn|đặc khu|tỉnh|quận|huyện|phường|xã|(?:tp|tx|tt|[qhpxt])(?=[\s.]))[\s.]*",
    re.IGNORECASE,
)
# The space comes first: a pattern that begins with a lookbehind is tried at every letter.
_INNER = re.compile(
    r" (?<=[^\s,] )(?<!\bThị ) *(?=(?:Thành [Pp]hố|Thị [Xx]ã|Thị [Tt]rấn|Quận|Huyện|Phường|Xã|TP|Tỉnh)\b)"
)
_OA = re.compile(r"(?<!q)(?:(o[àáảãạèéẻẽẹ]|u[ỳýỷỹỵ])|([òóỏõọ][ae]|[ùúủũụ]y))\b", re.IGNORECASE)
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8"}
_REMEMBERED = 8192  # names, and words, whose key is kept: about 2 MB


def fields(text: str) -> list[tuple[int, int]]:
    """Start and end of the parts of an address: between commas, and before a word such as Quận where one is missing."""
    return list(_fields(text))


@lru_cache(maxsize=64)  # a reading is asked about several times in a row
def _fields(text: str) -> tuple[tuple[int, int], ...]:
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
    return tuple(spans)


def split_kind(part: str) -> tuple[str, str]:
    """The kind (Quận, Phường ...; may be empty) and the name of a place as it is written."""
    kind = _KIND.match(part)
    return (kind[0].strip(), part[kind.end() :]) if kind else ("", part)


@lru_cache(maxsize=_REMEMBERED)
def name_key(name: str) -> str:
    """What two spellings of a name have in common: `name_words` of what follows the kind, without spaces."""
    name = name.strip(" .")
    kind = _KIND.match(name)
    return "".join(name_words(name[kind.end() :] if kind else name))


def name_words(name: str) -> tuple[str, ...]:
    """The words in lower case, tones behind their syllable, k as c (Đắk Lắk, Đắc Lắc), numbers in digits without zeros
    before them, hyphens as spaces, no apostrophes.
    """
    return tuple(map(_word_key, name.lower().replace("-", " ").split()))


@lru_cache(maxsize=_REMEMBERED)
def _word_key(word: str) -> str:
    """One word as in `name_words`; there are far fewer of them than names."""
    tones, rest = "", word
    if not word.isascii():
        letters = unicodedata.normalize("NFD", word)
        tones = "".join(c for c in letters if c in _TONES)
        rest = unicodedata.normalize("NFC", letters.translate(_NO_TONES))
    rest = rest.strip(".").replace("'", "").replace("k", "c").lstrip("0")
    return _ROMAN.get(rest, rest) + tones


def replaced(text: str, spans: Sequence[tuple[int, int]], parts: Sequence[str]) -> str:
    """`text` with `parts` in the place of `spans`, which are in order and apart."""
    for (a, b), part in zip(reversed(spans), reversed(parts), strict=True):
        text = text[:a] + part + text[b:]
    return text


def ways_to_write(read: str, kind: str, name: str) -> list[str]:
    """The ways to write a place where `read` was read: as it was if that is the same."""
    if name_key(read) == name_key(name):
        return [read]
    before = _KIND.match(read)
    ways = [(before[0] if before else "") + name] + ([f"{kind} {name}"] if kind else [])
    return list(dict.fromkeys(x for way in ways for x in both_tones(in_case_of(read, way))))


def in_case_of(read: str, text: str) -> str:
    """`text` in capitals or in lower case if all of `read` is; an abbreviation and a number say nothing."""
    if sum(map(str.isalpha, read)) > 3:
        return text.upper() if read.isupper() else text.lower() if read.islower() else text
    return text


def both_tones(text: str) -> list[str]:
    """`text`, and with ``Hoà`` for ``Hòa`` or the other way round where it has such a syllable."""

    def moved(match: re.Match[str]) -> str:
        first, second = (unicodedata.normalize("NFD", c) for c in match[0])
        tone = next(c for c in first + second if c in _TONES)
        plain = [x.replace(tone, "") for x in (first, second)]
        plain[0 if match[1] else 1] += tone
        return unicodedata.normalize("NFC", "".join(plain))

    return list(dict.fromkeys((text, _OA.sub(moved, text))))

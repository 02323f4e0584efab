"""Character sets: text to class ids and back, in one place.

All text is Unicode NFC. A character outside the set is an error that names it; nothing is dropped in silence.
"""

from __future__ import annotations

import itertools
import string
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

#: Class ids around the characters. CTC: blank, then character i as i + 1. Attention: four others, character i as i + 4.
BLANK = 0
PAD, SOS, EOS, MASK = 0, 1, 2, 3
SPECIALS = 4

_TONES = ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")  # none, grave, hook above, tilde, acute, dot below
_WITH_TONE = "aăâeêioôơuưy"
_LETTERS = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"


def _vietnamese() -> str:
    letters = []
    for base in _LETTERS:
        for tone in _TONES if base in _WITH_TONE else ("",):
            letter = unicodedata.normalize("NFC", base + tone)
            letters += [letter, letter.upper()]
    return "".join(letters) + string.digits + string.punctuation + " "


#: The 229 characters of the Kalapa task, in its order: letters with every tone, digits, ASCII punctuation, space.
VIETNAMESE = _vietnamese()

#: The 95 characters of scene-text benchmarks in English: digits, letters of both cases, ASCII punctuation, space.
ASCII = string.digits + string.ascii_letters + string.punctuation + " "

#: 59 digits and letters: without I, l and O, which many fonts draw as another one.
PRINTED = "".join(c for c in string.digits + string.ascii_letters if c not in "IlO")

#: 376 Chinese characters: every tenth of GB 2312's first level (3,755 in the order of their sound).
CHINESE = b"".join(bytes((0xB0 + n // 94, 0xA1 + n % 94)) for n in range(0, 3755, 10)).decode("gb2312")


#: Categories of Unicode that are no text: control characters, which move terminals, and halves of pairs.
_NO_TEXT = frozenset({"Cc", "Cs"})


class CharsetError(ValueError):
    """Text holds characters that the charset does not have."""


def normalize(text: str) -> str:
    """NFC, with no-break spaces and tabs as plain spaces and outer white space removed; inner text is kept as it is."""
    return unicodedata.normalize("NFC", text).replace("\u00a0", " ").replace("\t", " ").strip()


def fold_text(text: str) -> str:
    """The key under which two texts count as equal when leakage is looked for: NFC, lower case, single spaces."""
    return " ".join(normalize(text).lower().split())


@dataclass(frozen=True)
class Charset:
    """An ordered set of characters. Ids of characters start at 0; models add their own special ids around them."""

    characters: str

    def __post_init__(self) -> None:
        doubled = sorted(c for c, count in Counter(self.characters).items() if count > 1)[:20]
        if doubled or not self.characters:
            raise CharsetError(f"a charset needs distinct characters; doubled: {doubled}")
        if unicodedata.normalize("NFC", self.characters) != self.characters:
            raise CharsetError("a charset must be given in NFC")
        if odd := [c for c in self.characters if unicodedata.category(c) in _NO_TEXT]:
            raise CharsetError(f"a charset holds letters and signs, not U+{ord(odd[0]):04X}")
        object.__setattr__(self, "_ids", {c: i for i, c in enumerate(self.characters)})

    def __len__(self) -> int:
        return len(self.characters)

    def unknown(self, text: str) -> list[str]:
        """The distinct characters of `text` (after NFC) that are not in the set, sorted."""
        return sorted(set(normalize(text)) - set(self._ids))  # type: ignore[attr-defined]

    def encode(self, text: str) -> list[int]:
        """Class ids of the NFC form of `text`. Raises CharsetError naming every unknown character."""
        text = normalize(text)
        if unknown := self.unknown(text):
            names = ", ".join(f"{c!r} (U+{ord(c):04X})" for c in unknown)
            raise CharsetError(f"not in the charset: {names}, in {text!r}")
        return [self._ids[c] for c in text]  # type: ignore[attr-defined]

    def encode_exact(self, text: str) -> list[int]:
        """Class ids of a text that is of this charset as it stands: outer spaces count. Raises KeyError."""
        return [self._ids[c] for c in text]  # type: ignore[attr-defined]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of class ids. Raises IndexError for ids outside 0 .. len-1."""
        ids = list(ids)
        if ids and not 0 <= min(ids) <= max(ids) < len(self):
            raise IndexError(f"ids outside 0..{len(self) - 1}")
        return "".join(self.characters[i] for i in ids)


def frames_needed(ids: Sequence[int]) -> int:
    """Frames that a CTC alignment of `ids` needs: its length plus one blank between equal neighbours."""
    return len(ids) + sum(a == b for a, b in itertools.pairwise(ids))

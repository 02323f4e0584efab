"""What a language model of addresses is made of: lines of text, and wards that are spelt as the labels spell them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from chuviet.language.gazetteer import District, Gazetteer
from chuviet.language.spelling import split_kind
from chuviet.vocab import Charset, fold_text, normalize


class Ward(Protocol):
    """A ward with the names around it, a dataclass; `chuviet.synth.corpus.Ward` is one."""

    @property
    def province(self) -> str: ...
    @property
    def district_kind(self) -> str: ...
    @property
    def district(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def streets(self) -> tuple[str, ...]: ...


W = TypeVar("W", bound=Any)  # a Ward that is a dataclass


@dataclass(frozen=True)
class Selection:
    """The lines that a model is made of, and the characters that kept others out."""

    lines: list[str]
    given: int  # lines before any was left out
    outside: int  # of them with a character outside the charset
    odd: list[str]  # these characters, sorted


def select_lines(
    addresses: Iterable[str],
    labels: Sequence[str],
    texts: Iterable[str],
    charset: Charset,
    repeat: int = 1,
    held_out: Iterable[str] = (),
) -> Selection:
    """Address lines, then the labels `repeat` times, then lines of plain text; none that is empty, that the charset
    lacks a character of, or that equals one of `held_out` but for case and spaces.
    """
    known = {fold_text(t) for t in held_out}
    plain = (line for line in map(normalize, texts) if line)
    given = [*addresses, *itertools.chain.from_iterable(itertools.repeat(labels, repeat)), *plain]
    odd = {c for t in given for c in charset.unknown(t)}
    inside = [t for t in given if not charset.unknown(t)] if odd else given
    lines = [t for t in inside if fold_text(t) not in known] if known else inside
    return Selection(lines, len(given), len(given) - len(inside), sorted(odd))


def respelt(wards: Sequence[W], lines: Iterable[str]) -> list[W]:
    """The wards, their kinds and names spelt as most of the address lines do that name them: Hoà or Hòa, Thành Phố or
    Thành phố. Who labels lines takes the places from a list, and its spelling is one of several right ones.
    """
    spelt = gazetteer(wards).spellings(lines)
    found = []
    for w in wards:
        names = (("", w.province), (w.district_kind, w.district), (w.kind, w.name))
        (_, province), district, ward = (spelt.get(names[:k], names[k - 1]) for k in (1, 2, 3))
        found.append(replace(w, province=province, district_kind=district[0], district=district[1],
                             kind=ward[0], name=ward[1]))  # fmt: skip
    return found


def gazetteer(wards: Sequence[Ward], straight: Iterable[tuple[str, str]] = ()) -> Gazetteer:
    """The wards by district, for the decoder, and those that lie `straight` in a province: names of ward and province
    with their kinds.
    """
    districts: dict[tuple[str, str, str], list[Ward]] = {}
    for w in wards:
        districts.setdefault((w.province, w.district_kind, w.district), []).append(w)
    old = [
        District(
            *names, tuple((w.kind, w.name) for w in parts), tuple(dict.fromkeys(s for w in parts for s in w.streets))
        )
        for names, parts in districts.items()
    ]
    provinces: dict[str, list[tuple[str, str]]] = {}
    for ward, province in straight:
        provinces.setdefault(split_kind(province)[1], []).append(split_kind(ward))
    return Gazetteer([*old, *(District(province, "", "", tuple(names)) for province, names in provinces.items())])

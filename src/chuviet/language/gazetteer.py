"""A gazetteer beside the language model: which ward lies in which district and province, and what an address that was
read with an unknown combination may be meant to be. It may hold two maps: that of before July 2025, and that of since
then, on which wards lie straight in their provinces.

An n-gram model sees a dozen characters. That a ward belongs to the district behind it, and both to the province at the
end, is beyond it; and a beam has dropped the right ward long before the district is read. So the finished reading is
compared with all combinations, and the nearest are offered as other readings, for the frames to judge.
"""

from __future__ import annotations

import itertools
import json
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from chuviet.errors import InputError
from chuviet.language.edits import Names, edit_distances
from chuviet.language.spelling import (
    both_tones,
    fields,
    in_case_of,
    name_key,
    name_words,
    replaced,
    split_kind,
    ways_to_write,
)

#: `Gazetteer.known` is at most this: ward, district and province, and a street.
MOST_KNOWN = 4
_PER_LEVEL = (4, 8)  # provinces, then districts, whose parts are looked at
_LARGEST = 64_000_000  # bytes of the names that a file may hold: all of Vietnam's, have 1 million
_STRAIGHT = 2  # provinces, of whose wards that lie straight in them all are looked at
_REMEMBERED = 1024  # pairs of province and district as read, whose nearest are kept


@dataclass(frozen=True)
class District:
    """A district with its province, its wards (kind and name) and its streets. One without a name holds the wards that
    lie straight in the province.
    """

    province: str
    kind: str
    name: str
    wards: tuple[tuple[str, str], ...]
    streets: tuple[str, ...] = ()


class Gazetteer:
    """All districts. An address is ``house and street, ward, district, province``, or has no district; other parts may
    stand before.

    A province's and a district's names are looked at when they are first needed. May be asked by several threads.
    """

    def __init__(self, districts: Iterable[District]) -> None:
        self.districts = list(districts)
        by_name: dict[str, list[District]] = defaultdict(list)
        for d in filter(lambda d: d.name, self.districts):
            by_name[d.province].append(d)
        members: dict[str, list[District]] = {}
        for name, found in by_name.items():
            members.setdefault(name_key(name), []).extend(found)
        self._provinces = {key: _Province(found) for key, found in members.items()}
        self._names = Names(list(self._provinces))
        self._nearest: dict[tuple[str, str], list[tuple[int, str, str]]] = {}
        #: By the key of their province the wards that lie straight in it.
        self._straight = {name_key(d.province): _Place([d]) for d in self.districts if not d.name}
        self._straight_names = Names(list(self._straight))

    def known(self, text: str) -> int:
        """How many of an address's parts belong together: 0, 2 (district and province, or ward and province), 3 (ward
        too), and one more for a street of the district in front of them.
        """
        spans = fields(text)
        place = self._place(text, spans)
        if place is None:
            return 2 * self._lies_straight(text, spans[-2:])
        ward = len(spans) > 2 and name_key(text[slice(*spans[-3])]) in place.wards
        return 2 + ward + place.has_street(text, spans[: -3 if ward else -2])

    def places(self, text: str, count: int = 5) -> list[str]:
        """Other readings of the address `text` whose last parts are a ward, its district and province, or a ward and
        the province that it lies straight in: the `count` nearest of each, in every way in which they are written. None
        for an address of fewer parts.
        """
        spans = fields(text)
        texts = []
        for part, find in ((spans[-3:], self._nearest_wards), (spans[-2:], self._nearest_straight)):
            keys = [name_key(text[a:b]) for a, b in part]
            for cost, place, w in find(keys, count):
                if 0 < cost <= sum(map(len, keys)) / 2:
                    district = [(place.kind, place.name)] if place.name else []
                    names = [place.wards[w], *district, ("", place.province)]
                    ways = [ways_to_write(text[a:b], *name) for (a, b), name in zip(part, names, strict=True)]
                    texts += [replaced(text, part, way) for way in itertools.product(*ways)]
        return texts

    def streets(self, text: str, count: int = 3) -> list[str]:
        """Other readings of `text` with a street of its district: the `count` nearest. None where the district is
        unknown or the street is one of it.
        """
        spans = fields(text)
        place = self._place(text, spans)
        if place is None:
            return []
        ward = len(spans) > 2 and name_key(text[slice(*spans[-3])]) in place.wards
        before = spans[: -3 if ward else -2]
        if not before or place.has_street(text, before):
            return []
        start, end = before[-1]
        starts = [start + m.start() for m in re.finditer(r"\S+", text[start:end])]
        found = []
        for words, streets in place.street_names.items():
            if 0 < words <= len(starts):
                begin = starts[-words]
                costs = edit_distances(" ".join(name_words(text[begin:end])), [streets])
                near = (costs <= streets.lengths / 3).nonzero()[0].tolist()
                found += [(int(costs[i]), begin, place.streets[tuple(streets.texts[i].split(" "))]) for i in near]
        return [
            replaced(text, [(a, end)], [way])
            for _, a, name in sorted(found)[:count]
            for way in both_tones(in_case_of(text[a:end], name))
        ]

    def spellings(self, texts: Iterable[str]) -> dict[tuple[tuple[str, str], ...], tuple[str, str]]:
        """How most of the addresses `texts` spell the kind and the name of province, district and ward at their end.

        Keys are the kinds and names of one to three of these in this gazetteer, the province first. Lines all in
        capitals or in small letters say nothing, and a kind that was seen but once stays as it is here: it may be an
        abbreviation.
        """
        counts: dict[tuple[tuple[str, str], ...], Counter[tuple[str, str]]] = defaultdict(Counter)
        for text in texts:
            spans = fields(text)
            place = self._place(text, spans)
            if place is None or text.isupper() or text.islower():
                continue
            seen = [(("", place.province), spans[-1]), ((place.kind, place.name), spans[-2])]
            if len(spans) > 2 and (ward := place.wards.get(name_key(text[slice(*spans[-3])]))):
                seen.append((ward, spans[-3]))
            names: tuple[tuple[str, str], ...] = ()
            for name, span in seen:
                names = (*names, name)
                kind, written = split_kind(text[slice(*span)])
                if not written[:1].islower():
                    counts[names][kind, written] += 1
        spelt = {}
        for names, found in counts.items():
            (kind, written), times = found.most_common(1)[0]
            spelt[names] = (kind if times > 1 else names[-1][0], written)
        return spelt

    def _place(self, text: str, spans: list[tuple[int, int]]) -> _Place | None:
        """The district at the end of `text`, if it and the province behind it belong together."""
        if len(spans) < 2:
            return None
        district, province = (name_key(text[a:b]) for a, b in spans[-2:])
        return self._provinces[province].places.get(district) if province in self._provinces else None

    def _lies_straight(self, text: str, spans: list[tuple[int, int]]) -> bool:
        """Whether the two parts `spans` of an address are a ward and the province that it lies straight in."""
        if len(spans) < 2 or not self._straight:
            return False
        ward, province = (name_key(text[a:b]) for a, b in spans)
        return province in self._straight and ward in self._straight[province].wards

    def _nearest_straight(self, keys: Sequence[str], count: int) -> list[tuple[int, _Place, str]]:
        """Of the wards that lie straight in a province the `count` nearest to the keys of both: edits, province, key.
        None where the keys are a district and its province.
        """
        if len(keys) < 2 or not self._straight:
            return []
        ward, province = keys
        if province in self._provinces and ward in self._provinces[province].places:
            return []
        costs = edit_distances(province, [self._straight_names]).tolist()
        near = sorted(zip(costs, self._straight_names.texts, strict=True))[:_STRAIGHT]
        edits = iter(edit_distances(ward, [self._straight[p].ward_names for _, p in near]).tolist())
        found = sorted((cost + next(edits), p, w) for cost, p in near for w in self._straight[p].ward_names.texts)
        return [(cost, self._straight[p], w) for cost, p, w in found[:count]]

    def _nearest_wards(self, keys: Sequence[str], count: int) -> list[tuple[int, _Place, str]]:
        """Of the wards of the nearest districts the `count` nearest to the keys of ward, district and province: edits
        of all three parts, district, key.
        """
        if len(keys) < 3:
            return []
        ward, district, province = keys
        near = self._near(province, district)
        districts = [self._provinces[p].places[d] for _, p, d in near]
        edits = edit_distances(ward, [place.ward_names for place in districts]).tolist()
        costs = [cost for (cost, _, _), place in zip(near, districts, strict=True) for _ in place.ward_names.texts]
        totals = [a + b for a, b in zip(edits, costs, strict=True)]
        limit = max(sorted(totals)[:count], default=0)
        wards = ((p, d, w) for (_, p, d), place in zip(near, districts, strict=True) for w in place.ward_names.texts)
        found = sorted((cost, *keys) for cost, keys in zip(totals, wards, strict=True) if cost <= limit)
        return [(cost, self._provinces[p].places[d], w) for cost, p, d, w in found[:count]]

    def _near(self, province: str, district: str) -> list[tuple[int, str, str]]:
        """The pairs of province and district that are nearest to two keys: edits, and their keys."""
        pairs = self._nearest.get((province, district))
        if pairs is None:
            costs = edit_distances(province, [self._names]).tolist()
            near = sorted(zip(costs, self._names.texts, strict=True))[: _PER_LEVEL[0]]
            districts = [(cost, p, d) for cost, p in near for d in self._provinces[p].names.texts]
            costs = edit_distances(district, [self._provinces[p].names for _, p in near]).tolist()
            pairs = sorted((a + b, p, d) for (a, p, d), b in zip(districts, costs, strict=True))[: _PER_LEVEL[1]]
            if len(self._nearest) >= _REMEMBERED:
                self._nearest.clear()
            self._nearest[province, district] = pairs
        return pairs

    def to_array(self) -> np.ndarray:
        """The gazetteer as bytes (uint8): compressed JSON, one list a district."""
        rows = [[d.province, d.kind, d.name, d.wards, d.streets] for d in self.districts]
        return np.frombuffer(zlib.compress(json.dumps(rows, ensure_ascii=False).encode()), np.uint8).copy()

    @classmethod
    def from_array(cls, data: np.ndarray) -> Gazetteer:
        """The inverse of `to_array`. Raises InputError for anything else."""
        try:
            packed = zlib.decompressobj()
            text = packed.decompress(data.astype(np.uint8).tobytes(), _LARGEST)
            if not packed.eof:
                raise ValueError(f"cut short, or over {_LARGEST:,} bytes")
            return cls(_district(row) for row in json.loads(text))
        except (zlib.error, ValueError, TypeError, RecursionError) as e:
            raise InputError(f"this is no gazetteer ({e}); make the language model anew by chuviet lm") from e


def _district(row: Any) -> District:
    """A district of its JSON. Raises ValueError or TypeError for anything else."""
    province, kind, name, wards, streets = row
    made = District(province, kind, name, tuple((a, b) for a, b in wards), tuple(streets))
    texts = [province, kind, name, *(text for ward in made.wards for text in ward), *made.streets]
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("names that are no texts")
    return made


class _Province:
    """The districts of one province by their keys."""

    def __init__(self, districts: list[District]) -> None:
        self._districts = districts

    @cached_property
    def places(self) -> dict[str, _Place]:
        members: dict[str, list[District]] = defaultdict(list)
        for d in self._districts:
            members[name_key(d.name)].append(d)
        return {key: _Place(districts) for key, districts in members.items()}

    @cached_property
    def names(self) -> Names:
        return Names(list(self.places))


class _Place:
    """What is known of one district; of several entries with one key together."""

    def __init__(self, districts: list[District]) -> None:
        self._districts = districts
        self.province, self.kind, self.name = districts[-1].province, districts[-1].kind, districts[-1].name

    @cached_property
    def wards(self) -> dict[str, tuple[str, str]]:
        """Kind and name by key."""
        return {name_key(name): (kind, name) for d in self._districts for kind, name in d.wards}

    @cached_property
    def ward_names(self) -> Names:
        return Names(list(self.wards))

    @cached_property
    def streets(self) -> dict[tuple[str, ...], str]:
        """Names by their words."""
        return {name_words(name): name for d in self._districts for name in d.streets}

    @cached_property
    def street_names(self) -> dict[int, Names]:
        """The words of streets, joined by spaces, by how many they are."""
        counts: dict[int, list[str]] = defaultdict(list)
        for words in self.streets:
            counts[len(words)].append(" ".join(words))
        return {count: Names(streets) for count, streets in counts.items()}

    def has_street(self, text: str, spans: list[tuple[int, int]]) -> bool:
        """Whether the last of the parts `spans` of an address ends with a street of the district."""
        words = name_words(text[slice(*spans[-1])]) if spans else ()
        return any(words[k:] in self.streets for k in range(len(words)))

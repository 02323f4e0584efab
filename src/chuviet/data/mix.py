"""What an epoch is made of: one grammar for lines and pages, in configs and on the command line.

A mix is a tuple of parts, each a name and, behind a colon, how much of it an epoch has:

    real                      all of it
    joined:1500               1,500 rows, drawn anew each epoch; some twice where there are fewer
    scene_words/train.txt:60% three fifths of the epoch, which is as long as all sets together; with shares all parts
                              have one, and they sum to 100%
    SynthText/gt.mat:1/60     one in sixty, others each epoch
    sroie/train_label.txt:2x  each twice

Of lines a name is a label file (it has a slash, or ends in .csv or .txt) or else a value of the column `source` of
`data.csv`; ``*`` are all of its sources that no other part names. Of pages every name is a set.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from chuviet.config import ConfigError

#: All sources of a CSV that no other part of the mix names.
REST = "*"
_AMOUNT = re.compile(r"(?P<rows>\d+)|(?P<share>\d+(?:\.\d+)?)%|1/(?P<every>\d+(?:\.\d+)?)|(?P<times>\d+(?:\.\d+)?)x")


@dataclass(frozen=True)
class Part:
    """One part of a mix. `amount`: rows, a share (0-1), or of how many rows one is taken (`every`; 0.5: each twice)."""

    name: str
    kind: Literal["all", "rows", "share", "every"] = "all"
    amount: float = 1.0

    @property
    def is_file(self) -> bool:
        """Whether a part of lines is a label file; else it is a source of the CSV."""
        return "/" in self.name or "\\" in self.name or self.name.lower().endswith((".csv", ".txt"))

    def __str__(self) -> str:
        if self.kind == "every":
            times = 1 / self.amount
            whole = self.amount < 1 and abs(times - round(times)) < 1e-9
            return f"{self.name}:{round(times)}x" if whole else f"{self.name}:1/{self.amount:g}"
        amounts = {"all": "", "rows": f":{self.amount:.0f}", "share": f":{self.amount * 100:.12g}%"}
        return self.name + amounts[self.kind]

    def drawn(self, pool: np.ndarray, total: int, rng: np.random.Generator) -> np.ndarray:
        """What an epoch has of `pool`, row numbers; `total` is the length of the epoch that shares are of."""
        if not len(pool):
            return pool
        if self.kind in ("all", "every"):
            whole, rest = divmod(max(round(len(pool) / self.amount), 1), len(pool))
            return np.concatenate([pool] * whole + [rng.choice(pool, rest, replace=False)])
        count = int(self.amount) if self.kind == "rows" else max(round(total * self.amount), 1)
        return rng.choice(pool, size=count, replace=count > len(pool))


def read_mix(mix: Sequence[str], key: str = "data.mix") -> list[Part]:
    """The parts of a mix. Raises ConfigError for an amount of nothing, and for shares that don't sum to 1."""
    parts = [_part(text, key) for text in mix]
    shares = [part for part in parts if part.kind == "share"]
    if shares and len(shares) < len(parts):
        whole = next(part for part in parts if part.kind != "share")
        raise ConfigError(f"{key}: {whole} has no share; of a mix with shares (60%) every part has one")
    if shares and abs(sum(part.amount for part in shares) - 1) > 1e-6:
        given = " + ".join(f"{part.amount:.6g}" for part in shares)
        raise ConfigError(f"{key}: the shares {given} must be above 0 and sum to 1, which is 100%")
    return parts


def _part(text: str, key: str) -> Part:
    name, colon, amount = text.rpartition(":")
    found = _AMOUNT.fullmatch(amount.strip()) if colon else None
    if found is None:
        return Part(text.strip())
    (kind, number), *_ = [(k, float(v)) for k, v in found.groupdict().items() if v is not None]
    if not name.strip() or number <= 0:
        raise ConfigError(
            f"{key}: {text!r}: an amount above 0 of a named set is expected, such as NAME:1500, NAME:60%, NAME:1/60, "
            "NAME:2x"
        )
    if name.strip() == REST:
        raise ConfigError(f"{key}: {text!r}: {REST} are all other sources, each of them whole")
    if kind == "rows":
        return Part(name.strip(), "rows", number)
    if kind == "share":
        return Part(name.strip(), "share", number / 100)
    return Part(name.strip(), "every", number if kind == "every" else 1 / number)


def written(parts: Sequence[Part]) -> tuple[str, ...]:
    """The mix that these parts are."""
    return tuple(map(str, parts))


# What earlier versions wrote, as a mix.


def of_sources(mix: Sequence[str], sources: Sequence[str]) -> tuple[str, ...]:
    """`mix` with these sources of the CSV alone (() for all), each as much as before."""
    parts = read_mix(mix)
    if any(part.is_file for part in parts):
        return tuple(mix)
    return _of_csv(sources, {part.name: part for part in parts if part.kind != "all"})


def of_draw(mix: Sequence[str], draw: Sequence[tuple[str, int]]) -> tuple[str, ...]:
    """`mix` with so many rows of these sources each epoch, and all rows of its other sources."""
    parts = read_mix(mix)
    if any(part.is_file for part in parts):
        return tuple(mix)
    sources = [part.name for part in parts if part.name != REST]
    everything = not parts or len(sources) < len(parts)
    if outside := [name for name, _ in draw if not everything and name not in sources]:
        raise ConfigError(f"data.draw: {outside[0]} is not among the sources {', '.join(sources)}")
    return _of_csv(() if everything else sources, {name: Part(name, "rows", rows) for name, rows in draw})


def _of_csv(sources: Sequence[str], drawn: dict[str, Part]) -> tuple[str, ...]:
    """A mix of sources of the CSV (() for all): those that come whole, then those that are drawn, in their order."""
    if not sources:
        return written([Part(REST), *drawn.values()]) if drawn else ()
    whole = [Part(name) for name in sources if name not in drawn]
    return written([*whole, *(part for name, part in drawn.items() if name in sources)])


def of_shares(_: Sequence[str], shares: Sequence[tuple[str, float]]) -> tuple[str, ...]:
    """The mix of label files with their shares (0-1) of every epoch."""
    return written([Part(name, "share", share) for name, share in shares])


def of_every(_: Sequence[str], sets: Sequence[tuple[str, float]]) -> tuple[str, ...]:
    """The mix of sets of pages, of which one in so many is taken; 0.5: each twice."""
    return written([Part(name) if every == 1 else Part(name, "every", every) for name, every in sets])

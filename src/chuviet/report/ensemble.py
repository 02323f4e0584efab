"""Which members of an ensemble, with how many votes each, read best within a budget: chosen on some folds, judged on
the others.

An ensemble of CTC recognisers reads what `chuviet.decode.ctc` says: each member proposes the text of its best path, and
the text is taken whose log likelihood, in the mean over all votes, is highest. So a line needs three things to be read
by any ensemble: the texts that are proposed, how likely each is to each member, and how wrong each is. They are worked
out once (`Ballots`); an ensemble of ten thousand lines is then a matter of milliseconds.

Votes are whole numbers: two votes are what naming a file twice gives. Where there are few combinations all of them are
tried. Of many members votes are added one by one, each the one that helps most, and the best ensemble on that way is
taken (forward selection with replacement: Caruana and others, Ensemble Selection from Libraries of Models, ICML 2004).

What is chosen on some lines looks better on these than it is. Therefore each fold is judged by what was chosen on the
other folds (`cross_fitted`), and that is the figure to believe.
"""

from __future__ import annotations

import itertools
import math
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import editdistance
import numpy as np

from chuviet.decode.alignment import log_likelihoods, read_best_path
from chuviet.errors import InputError
from chuviet.metrics.recognition import competition_score
from chuviet.report.frames import SavedFrames, read_frames
from chuviet.vocab import Charset

#: Combinations that are tried one by one; with more of them votes are added greedily.
MOST = 3000
PARTS = 5  # into which lines of one fold are dealt
#: How wrong a text is, and the most that it could be: the error is one sum by the other.
COSTS: dict[str, Callable[[str, str], tuple[float, float]]] = {
    "cer": lambda read, true: (editdistance.eval(read, true), len(true)),
    "accuracy": lambda read, true: (read != true, 1),
    "score": lambda read, true: (1 - competition_score(read, true), 1),
}
Votes = tuple[int, ...]  # of each member


@dataclass(frozen=True)
class Member:
    """Its files (one, or one a fold), the weights of the first, the largest file of weights, the slowest line."""

    files: tuple[str, ...]
    weights: str
    bytes: int
    milliseconds: float
    beam: bool


@dataclass(frozen=True)
class Budget:
    """At most so many 10^6 bytes and milliseconds a line, of all members with a vote, and votes."""

    megabytes: float
    milliseconds: float
    votes: int = 4

    def fits(self, members: Sequence[Member], votes: Votes) -> bool:
        size, time = cost(members, votes)
        return size <= self.megabytes and time <= self.milliseconds and sum(votes) <= self.votes


@dataclass(frozen=True)
class Ballots:
    """Of N lines, M members, C texts at most that a line has: `likelihoods` N M C, whether the member `proposed` the
    text N M C, `costs` of the texts N C and what they are divided by N, and the `fold` N that a line is judged in.
    """

    likelihoods: np.ndarray
    proposed: np.ndarray
    costs: np.ndarray
    sizes: np.ndarray
    fold: np.ndarray

    def read(self, votes: Votes) -> np.ndarray:
        """The number of the text that the ensemble reads in each line: N."""
        named = np.flatnonzero(votes)
        weights = np.array(votes, np.float64)[named]
        scores = np.einsum("nmc,m->nc", np.maximum(self.likelihoods[:, named], -1e30), weights)
        return np.where(self.proposed[:, named].any(1), scores, -np.inf).argmax(1)

    def error(self, votes: Votes, lines: np.ndarray) -> float:
        """The error of the ensemble on some lines (N bool)."""
        costs = self.costs[np.arange(len(self.costs)), self.read(votes)]
        return float(costs[lines].sum() / max(self.sizes[lines].sum(), 1))


def cost(members: Sequence[Member], votes: Votes) -> tuple[float, float]:
    """Megabytes and milliseconds of the members that have a vote: one with several is stored and run once."""
    named = [m for m, n in zip(members, votes, strict=True) if n]
    return sum(m.bytes for m in named) / 1e6, sum(m.milliseconds for m in named)


def read_ballots(files: Sequence[Sequence[str | Path]], metric: str = "cer") -> tuple[list[Member], Ballots]:
    """The members, each of one or several files of `chuviet evaluate --frames`, and what they say of their lines.

    Raises InputError for members that have not read the same lines, or are of different charsets. Holds the frames of
    one member at a time.
    """
    members, texts, first = [], [], None
    for names in files:
        member, saved = _member(names)
        members.append(member)
        texts.append([tuple(read_best_path(frames.astype(np.float32)).ids) for frames in saved.lines])
        first = first or saved
        _check_same(first, saved, files[0][0], names[0])
    assert first is not None
    candidates = [list(dict.fromkeys(proposed)) for proposed in zip(*texts, strict=True)]
    shape = (len(candidates), len(files), max(map(len, candidates)))
    likelihoods, proposed = np.zeros(shape), np.zeros(shape, bool)
    for m, names in enumerate(files):
        _, saved = _member(names)
        for n, (frames, ids) in enumerate(zip(saved.lines, candidates, strict=True)):
            proposed[n, m, ids.index(texts[m][n])] = True
            if len(ids) > 1:
                likelihoods[n, m, : len(ids)] = log_likelihoods(frames.astype(np.float32), ids)
    charset, costs, sizes = Charset(first.characters), np.zeros((shape[0], shape[2])), np.ones(shape[0])
    for n, (ids, true) in enumerate(zip(candidates, first.text, strict=True)):
        for c, one in enumerate(ids):
            costs[n, c], sizes[n] = COSTS[metric](charset.decode(one).strip(" "), true)
    return members, Ballots(likelihoods, proposed, costs, sizes, _folds(first))


def choose(members: Sequence[Member], ballots: Ballots, budget: Budget, lines: np.ndarray) -> Votes:
    """The votes with the smallest error on some lines (N bool); of equal ones those of the fewest megabytes, then of
    the fewest votes. Raises InputError when no member is within the budget.
    """
    count = len(members)
    single = [v for v in _combinations(count, 1) if budget.fits(members, v)]
    if not single:
        raise InputError(
            f"no member is within {budget.megabytes:g} MB and {budget.milliseconds:g} ms: "
            + ", ".join(f"{m.weights} {m.bytes / 1e6:.2f} MB {m.milliseconds:.1f} ms" for m in members)
        )

    def worth(votes: Votes) -> tuple[float, float, int]:
        return ballots.error(votes, lines), cost(members, votes)[0], sum(votes)

    if math.comb(count + budget.votes, budget.votes) <= MOST:
        return min((v for v in _combinations(count, budget.votes) if budget.fits(members, v)), key=worth)
    here = min(single, key=worth)
    way = [here]
    while more := [v for v in _with_one_more(here) if budget.fits(members, v)]:
        here = min(more, key=worth)
        way.append(here)
    return min(way, key=worth)


def cross_fitted(
    members: Sequence[Member], ballots: Ballots, budget: Budget
) -> tuple[float, dict[int, tuple[Votes, float]]]:
    """The error of ensembles that were chosen without the fold that they are judged on, over all lines; and of each
    fold the votes that were chosen without it, and their error on it.
    """
    found: dict[int, tuple[Votes, float]] = {}
    costs = 0.0
    for fold in sorted(set(ballots.fold.tolist())):
        held = ballots.fold == fold
        votes = choose(members, ballots, budget, ~held)
        found[fold] = (votes, ballots.error(votes, held))
        costs += found[fold][1] * float(ballots.sizes[held].sum())
    return costs / max(float(ballots.sizes.sum()), 1.0), found


def _combinations(count: int, votes: int) -> Iterator[Votes]:
    """All numbers of votes for `count` members, `votes` at most together; without those that are others times two."""
    for total in range(1, votes + 1):
        for named in itertools.combinations_with_replacement(range(count), total):
            found = tuple(named.count(m) for m in range(count))
            if math.gcd(*found) == 1:
                yield found


def _with_one_more(votes: Votes) -> Iterator[Votes]:
    """The votes with one more for some member; twice the same votes would be the same ensemble."""
    for m in range(len(votes)):
        found = tuple(n + (i == m) for i, n in enumerate(votes))
        if math.gcd(*found) == 1:
            yield found


def _member(names: Sequence[str | Path]) -> tuple[Member, SavedFrames]:
    """A member and the lines of all its files together."""
    parts = [read_frames(name) for name in names]
    characters = {part.characters for part in parts}
    if len(characters) > 1:
        raise InputError(f"{names[0]} and others of the member have different charsets")
    paths = [path for part in parts for path in part.img_path]
    if len(set(paths)) < len(paths):
        raise InputError(f"{names[0]} and others of the member have the same line twice; name one file a fold")
    first = parts[0]
    member = Member(
        tuple(map(str, names)), first.weights, max(p.bytes for p in parts), max(p.milliseconds for p in parts),
        any(p.beam for p in parts),
    )  # fmt: skip
    order = np.argsort(np.array(paths, np.str_), kind="stable").tolist()
    lines, texts, folds = ([x for p in parts for x in getattr(p, name)] for name in ("lines", "text", "fold"))
    return member, SavedFrames(
        [lines[i] for i in order], [paths[i] for i in order], [texts[i] for i in order], [folds[i] for i in order],
        first.weights, member.bytes, member.milliseconds, member.beam, first.characters,
    )  # fmt: skip


def _check_same(first: SavedFrames, other: SavedFrames, name: str | Path, other_name: str | Path) -> None:
    """Raises InputError where two members cannot be compared line by line."""
    if first.characters != other.characters:
        raise InputError(f"{name} and {other_name} are of readers with different charsets; an ensemble needs one")
    if first.img_path != other.img_path:
        alone = sorted(set(first.img_path) ^ set(other.img_path))
        more = f"{alone[0]} and {len(alone) - 1} others are in one alone"
        raise InputError(f"{name} and {other_name} are not of the same lines: {more}")
    if first.text != other.text:
        raise InputError(f"{name} and {other_name} have different labels for the same images")


def _folds(saved: SavedFrames) -> np.ndarray:
    """The fold that each line is judged in: its own; where all have the same one, a fifth of the texts each."""
    if len(set(saved.fold)) > 1:
        return np.array(saved.fold)
    return np.array([zlib.crc32(text.encode()) % PARTS for text in saved.text])

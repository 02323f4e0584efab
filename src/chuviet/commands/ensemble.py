"""`chuviet ensemble`: the members of an ensemble, chosen within a budget and judged on lines that had no say in it."""

from __future__ import annotations

import json
import shlex
from argparse import Namespace
from collections.abc import Sequence

import numpy as np

from chuviet.commands import OK
from chuviet.files import write_whole
from chuviet.report.browse import member_names
from chuviet.report.ensemble import Budget, Member, Votes, choose, cost, cross_fitted, read_ballots


def run(args: Namespace) -> int:
    members, ballots = read_ballots(args.data, args.metric)
    names = member_names([m.files[0] for m in members])
    budget, alone = Budget(args.budget, args.ms, args.votes), Budget(args.budget, args.ms, 1)
    every = np.ones(len(ballots.fold), bool)
    print(f"{'member':<24}{'MB':>8}{'ms':>9}{args.metric:>10}")
    singles = [ballots.error(_only(m, len(members)), every) for m in range(len(members))]
    for name, member, error in zip(names, members, singles, strict=True):
        print(f"{name:<24}{member.bytes / 1e6:>8.2f}{member.milliseconds:>9.1f}{_shown(error, args.metric):>10.4f}")
    (together, folds), (single, _) = cross_fitted(members, ballots, budget), cross_fitted(members, ballots, alone)
    for fold, (votes, error) in folds.items():
        print(f"chosen without fold {fold}: {_said(names, votes)}; on it {_shown(error, args.metric):.4f}")
    votes = choose(members, ballots, budget, every)
    size, milliseconds = cost(members, votes)
    seen = ballots.error(votes, every)
    honest, best, flattering = (f"{_shown(error, args.metric):.4f}" for error in (together, single, seen))
    print(f"{len(every)} lines, each read by what was chosen without its fold: {args.metric} {honest}")
    print(f"the best single member, chosen in the same way: {args.metric} {best}")
    print(f"chosen on all lines: {_said(names, votes)}; {size:.2f} MB, {milliseconds:.1f} ms")
    print(f"({args.metric} {flattering} on the lines that it was chosen on, which is too good)")
    command = _command(members, votes, args.budget)
    if any(len(m.files) > 1 for m in members):
        print("the weights below are those of the first file of each member; put the runs on all rows (fold=5) there")
    print(command)
    if args.json:
        figures = {"votes": dict(zip(names, votes, strict=True)), "megabytes": size, "milliseconds": milliseconds,
                   "metric": args.metric, "cross_fitted": _shown(together, args.metric),
                   "single": _shown(single, args.metric), "command": command}  # fmt: skip
        write_whole(args.json, (json.dumps(figures, ensure_ascii=False, indent=1) + "\n").encode())
    return OK


def _only(member: int, count: int) -> Votes:
    return tuple(int(m == member) for m in range(count))


def _shown(error: float, metric: str) -> float:
    """The metric of an error: accuracy and score are what is not wrong."""
    return error if metric == "cer" else 1 - error


def _said(names: Sequence[str], votes: Votes) -> str:
    named = [(name, n) for name, n in zip(names, votes, strict=True) if n]
    return " + ".join(name if n == 1 else f"{n} x {name}" for name, n in named)


def _command(members: Sequence[Member], votes: Votes, megabytes: float) -> str:
    """The command that reads with the ensemble, as it was measured: greedily, members named as often as they count."""
    files = [m.weights for m, n in zip(members, votes, strict=True) for _ in range(n)]
    greedy = ["--decoder", "greedy"] if any(m.beam for m in members) else []
    options = [part for file in files for part in ("-w", file)]
    return shlex.join(["chuviet", "predict", *options, *greedy, "--limit-mb", f"{megabytes:g}", "images/"])

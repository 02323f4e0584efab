"""`chuviet folds`: cross-validation folds for a labelled set."""

from __future__ import annotations

from argparse import Namespace

from chuviet.commands import OK
from chuviet.data.folds import UNKNOWN, make_folds
from chuviet.data.table import read_table, write_table


def run(args: Namespace) -> int:
    frame = read_table(args.data, columns=("img_path", "text", *([args.group] if args.group else [])))
    group = args.group or "writer_id"
    if group not in frame:
        frame[group] = "-1"  # not known
    out = make_folds(frame, group, args.folds, args.seed)
    write_table(out, args.out)
    sizes = ", ".join(f"fold {k}: {n}" for k, n in out["fold"].value_counts().sort_index().items())
    known = set(out[group]) - UNKNOWN
    print(f"{args.out}: {len(out)} rows, {len(known)} known values of {group}; {sizes}")
    return OK

"""`chuviet folds`: cross-validation folds for a labelled set."""

from __future__ import annotations

from argparse import Namespace

from chuviet.commands import OK
from chuviet.data.folds import WRITER, make_folds
from chuviet.data.table import read_table, write_table


def run(args: Namespace) -> int:
    frame = read_table(args.data, columns=("img_path", "text", *([args.group] if args.group else [])))
    group = args.group or (WRITER if WRITER in frame else None)
    out = make_folds(frame, group, args.folds, args.seed)
    write_table(out, args.out)
    sizes = ", ".join(f"fold {k}: {n}" for k, n in out["fold"].value_counts().sort_index().items())
    groups = f"{out[group].nunique()} values of {group}" if group else f"no {WRITER}: equal texts alone share a fold"
    print(f"{args.out}: {len(out)} rows, {groups}; {sizes}")
    return OK

"""`chuviet train`: a run of a config, or one a fold.

What needs no PyTorch is checked before that is imported, which takes seconds: names, keys, values, files.
"""

from __future__ import annotations

import dataclasses
import sys
from argparse import Namespace
from pathlib import Path

from chuviet.commands import OK, PARTLY, Stopped
from chuviet.commands.configs import experiment_of
from chuviet.data.making import check_sets
from chuviet.errors import InputError
from chuviet.files import say
from chuviet.run_files import init_path, teacher_path


def run(args: Namespace) -> int:
    exp, root, name = experiment_of(args), Path(args.root), Path(args.config).stem
    folds = None if args.folds is None else _fold_list(args.folds)
    check_sets(exp.data)
    first = dataclasses.replace(exp, fold=exp.fold if folds is None else folds[0])
    teacher_path(first, root)
    if exp.init and not exp.resume:
        init_path(first, root)

    from chuviet import runs
    from chuviet.train.engine import Interrupted, SessionOver

    try:
        if folds is None:
            runs.run(name, exp, root)
            return OK
        metrics = runs.run_folds(name, exp, folds, root)
    except SessionOver as e:
        say(f"chuviet: {e}", sys.stderr)
        return PARTLY
    except Interrupted as e:
        raise Stopped(str(e)) from e
    if not metrics.empty:
        columns = [c for c in ("count", "cer", "cer_nocase", "wer", "accuracy", "ned", "score") if c in metrics]
        print(metrics[columns].to_string(float_format=lambda v: f"{v:.4f}", formatters={"count": "{:.0f}".format}))
    return OK


def _fold_list(text: str) -> list[int]:
    """'0-4' or '0,2,3' as numbers."""
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise InputError(f"--folds {text}: write 0-4 or 0,2,3")
        found += range(int(first), int(last or first) + 1)
    if not found or len(set(found)) < len(found) or max(found) > 4:
        raise InputError(f"--folds {text}: folds 0 to 4, each once; fold=all (all rows) is a run of its own")
    return found

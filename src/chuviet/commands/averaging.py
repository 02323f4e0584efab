"""python -m chuviet.commands.averaging OUT FILE FILE ...: the mean of the weights of several runs of one model.

Of runs that started from the same weights: their mean may read better than each. All else is that of the first file,
but for its metrics: the mean has none yet. With --temperature a LineCTC's logits are divided by it: long training makes
a network surer than it was, and what is kept of a page, and which reader reads it, follow from how sure it is.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path

from chuviet.commands.guard import guarded
from chuviet.data.seen import ROWS, noted_rows, rows_note
from chuviet.errors import InputError
from chuviet.models.ctc import LineCTC
from chuviet.pytorch.artifact import load_artifact, resave_artifact


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="the new weights file")
    parser.add_argument("weights", type=Path, nargs="+", help="weights of one model, such as of two runs")
    parser.add_argument("--temperature", type=float, default=1.0, help="divide the logits (%(default)s)")
    args = parser.parse_args()
    if args.temperature <= 0:
        raise InputError(f"--temperature {args.temperature:g}: a number above 0 is expected")
    first, *others = (load_artifact(path) for path in args.weights)
    for path, other in zip(args.weights[1:], others, strict=True):
        if (other.model_cfg, other.charset) != (first.model_cfg, first.charset):
            raise InputError(f"{path}: another model or charset than {args.weights[0]}")
    states = [artifact.model.state_dict() for artifact in (first, *others)]
    # Counters of batches are no weights.
    mean = {
        name: sum(state[name].double() for state in states).to(value.dtype) / len(states)
        if value.is_floating_point() else value
        for name, value in states[0].items()
    }  # fmt: skip
    first.model.load_state_dict(mean)
    if args.temperature != 1:
        if not isinstance(first.model, LineCTC):
            raise InputError(f"{args.weights[0]}: --temperature is for a LineCTC")
        for weights in first.model.classify.parameters():
            weights.data /= args.temperature
    notes = {key: value for key, value in first.notes.items() if key != ROWS}
    notes |= rows_note(*(noted_rows(artifact.notes) for artifact in (first, *others)))
    size = resave_artifact(dataclasses.replace(first, metrics={}, notes=notes), args.out)
    print(f"{args.out}: the mean of {len(states)}, {size / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main, "averaging"))

"""python -m chuviet.commands.deepening IN OUT --depths A,B,C: a deeper LineCTC that reads as the trained one does, or
with --silu one of the same depths with a faster activation that reads nearly as it does, or --without some blocks.

To start a model from another one's training: the file is a weights file for a config's `init`.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path

from chuviet.commands.guard import guarded
from chuviet.errors import InputError
from chuviet.models.ctc import LineCTC
from chuviet.models.deepen import deepen, leave_out
from chuviet.models.to_silu import to_silu
from chuviet.pytorch.artifact import load_artifact, resave_artifact


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("weights", type=Path, help="a trained LineCTC")
    parser.add_argument("out", type=Path, help="the new weights file")
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument("--depths", metavar="A,B,C", help="blocks of stage 1, stage 2 and mixing layers")
    way.add_argument("--silu", action="store_true", help="SiLU in place of GELU")
    way.add_argument("--without", metavar="BLOCK,...", help="leave these out, such as stage2.3,mixing.4")
    parser.add_argument("--seed", type=int, default=0, help="of the new blocks")
    args = parser.parse_args()
    artifact = load_artifact(args.weights)
    if not isinstance(artifact.model, LineCTC) or artifact.charset is None:
        raise InputError(f"{args.weights}: not a LineCTC")
    try:
        if args.silu:
            model = to_silu(artifact.model, len(artifact.charset))
        elif args.without:
            model = leave_out(artifact.model, args.without.split(","), len(artifact.charset))
        else:
            first, second, third = (int(n) for n in args.depths.split(","))
            model = deepen(artifact.model, (first, second, third), len(artifact.charset), args.seed)
    except ValueError as e:
        asked = "--silu" if args.silu else f"--without {args.without}" if args.without else f"--depths {args.depths}"
        raise InputError(f"{args.weights}: {asked}: {e}") from e
    size = resave_artifact(dataclasses.replace(artifact, model=model.eval(), model_cfg=model.cfg), args.out)
    count = sum(p.numel() for p in model.parameters())
    print(f"{args.out}: {count:,} parameters, {size / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main, "deepening"))

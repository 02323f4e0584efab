"""`chuviet reject`: the threshold below which a detector skips an image as empty."""

from __future__ import annotations

from argparse import Namespace

from chuviet.artifact.opening import find_weights
from chuviet.commands import OK
from chuviet.compress import rejection
from chuviet.data.detection import read_set
from chuviet.pytorch.artifact import load_artifact, resave_artifact


def run(args: Namespace) -> int:
    saved = load_artifact(find_weights(args.weights))
    chosen = rejection.choose_threshold(saved, read_set(args.data), args.frame, args.recall)
    threshold = chosen.model_cfg.threshold  # type: ignore[attr-defined]
    print(f"threshold {threshold:.3f}: the highest that {args.recall:.2%} of the frames with text in {args.data} pass")
    for name in dict.fromkeys([args.data, args.check or args.data]):
        print(f"{name}: {rejection.measure(chosen, read_set(name), args.frame)}")
    size = resave_artifact(chosen, args.out)
    print(f"{args.out}: {size / 1e6:.2f} MB")
    return OK

"""`chuviet calibrate`: confidences that are shares of right words."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace

import pandas as pd

from chuviet.commands import OK
from chuviet.decode.ctc import CTCBeam, CTCGreedy
from chuviet.errors import InputError
from chuviet.pytorch.artifact import load_artifact, resave_artifact
from chuviet.report import confidence, oof

_HALVES = 2


def run(args: Namespace) -> int:
    if bool(args.weights) != bool(args.out):
        raise InputError("--weights and --out go together: what is calibrated, and where it is written")
    parts = [confidence.read_words(oof.read_oof(name)) for name in args.rows]
    if len(parts) == 1:
        parts = [parts[0][parts[0]["line"] % _HALVES == k] for k in range(_HALVES)]
    before, judged = pd.concat(parts, ignore_index=True), confidence.across(parts)
    slope, offset = confidence.fit(before)
    for name, words in (("as read", before), ("calibrated", judged)):
        error = 100 * confidence.calibration_error(words)
        print(f"{name}: expected calibration error {error:.2f} % of {len(words)} words")
    print(f"each {'table' if len(args.rows) > 1 else 'half'} was judged by what was fitted on the rest")
    found = confidence.review(judged, args.right)
    print(f"{100 * args.right:g} % right words: look at {100 * found.share:.1f} % of the lines, those with a word of "
          f"confidence below {found.below:.3f}")  # fmt: skip
    print(f"slope {slope:.4f}, offset {offset:.4f}")
    if args.weights:
        saved = load_artifact(args.weights)
        if not isinstance(saved.decoder_cfg, (CTCGreedy.Config, CTCBeam.Config)):
            raise InputError(f"{args.weights}: no recogniser with CTC frames, which are what is calibrated")
        decoder = replace(saved.decoder_cfg, calibration=(round(slope, 4), round(offset, 4)))
        size = resave_artifact(replace(saved, decoder_cfg=decoder), args.out)
        print(f"{args.out}: {size / 1e6:.2f} MB")
    return OK

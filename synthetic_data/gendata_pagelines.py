"""Cuts the labelled lines out of pages and receipts: images and manifest.csv under synthetic_data/pagelines.

The labels are a tsv of pages, ``path<TAB>JSON``, with a quad and, where there is one, a polygon for each line; see
docs/formats.md. Lines with characters outside the Vietnamese charset are left out and counted. Pages of one hand in
nine are test material (--part test).
"""

import argparse
import sys
from pathlib import Path

from chuviet.commands.guard import guarded
from chuviet.commands.synthesis import add_options, write_samples
from chuviet.data.page_lines import CutRecipe, load_page_lines
from chuviet.errors import InputError
from chuviet.synth.record import digest
from chuviet.vocab import VIETNAMESE


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    add_options(parser, count=1_000_000, out="")
    parser.add_argument("--pages", type=Path, required=True, help="label file of the pages")
    parser.add_argument("--part", choices=("train", "test"), default="train", help="lines of which pages")
    parser.add_argument("--height", type=int, default=64, help="largest height of the images in pixels")
    parser.add_argument("--source", default="pagelines", help="name of the set in the table of training rows")
    args = parser.parse_args()
    source = args.source + ("_test" if args.part == "test" else "")
    out = args.out if str(args.out) not in ("", ".") else Path("synthetic_data") / source
    lines, counts = load_page_lines(args.pages, VIETNAMESE, args.part)
    if not lines:
        raise InputError(f"{args.pages}: no line of the {args.part} part that can be used")
    said = ", ".join(f"{n} {reason}" for reason, n in counts.items() if n)
    print(f"{args.pages}: {len(lines)} lines used; {said}", file=sys.stderr)
    args.count = min(args.count, len(lines))
    recipe = CutRecipe(lines, args.pages.parent, source, args.height)
    options = {"pages": digest([args.pages.read_bytes()]), "part": args.part, "height": args.height}
    manifest, whole = write_samples(recipe.job, args, out, options)
    print(f"{manifest}: " + ("whole" if whole else "this shard; the last one writes manifest.csv"))
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main, "gendata_pagelines"))

"""Joins train_folds.csv and the manifests of the synthetic images to train_ext3.csv; `-h` says what is kept and what
is not."""

from __future__ import annotations

import argparse
import sys

from chuviet.data.merge import find_manifests, merge_tables
from chuviet.data.table import write_table
from chuviet.errors import InputError

DESCRIPTION = """\
Joins the real rows and the manifests of the synthetic images to one training table.
Rows with more than --max-length characters are left out and counted, and drawn ones with characters that no
Vietnamese line has. Sets for other purposes (pages, Chinese strings; without --manifests also printed strings)
are left out whole and named. An augmented copy keeps the fold of its source (checked). Synthetic rows get fold 6
and are never validated on; they are left out and named when their text equals a validation text."""

EXAMPLES = """\
examples:
  python prepare_ext_data.py
  python prepare_ext_data.py --train my/labels.csv --out my/ext.csv --manifests synthetic_data/aug/manifest.csv"""


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=DESCRIPTION, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--train", default="train_folds.csv", help="labels of the real lines, with folds (%(default)s)")
    parser.add_argument("--manifests", nargs="*", help="default: synthetic_data/*/manifest.csv")
    parser.add_argument("--out", default="train_ext3.csv", help="%(default)s")
    parser.add_argument("--max-length", type=int, default=69, metavar="N", help="longest text kept (%(default)s)")
    args = parser.parse_args(argv)
    manifests = find_manifests() if args.manifests is None else args.manifests
    try:
        if not manifests:
            raise InputError(
                "no manifests in synthetic_data/*/; make some with synthetic_data/gendata_address.py and the others"
            )
        merged = merge_tables(args.train, manifests, args.out, args.max_length, handwriting=args.manifests is None)
        write_table(merged.frame, args.out)
    except InputError as e:
        print(f"prepare_ext_data: error: {e}", file=sys.stderr)
        return 2
    print(merged.report())
    used = len(manifests) - len(merged.left_out)
    print(f"{args.out}: {len(merged.frame)} rows, from {args.train} and {used} of {len(manifests)} manifests")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""`chuviet check`: all that is wrong with a labelled set."""

from __future__ import annotations

from argparse import Namespace

from chuviet.commands import OK
from chuviet.data.check import check_data
from chuviet.data.crops import rows_of_pages
from chuviet.data.detection import read_set
from chuviet.data.lists import named_charset, read_labels, write_list
from chuviet.data.table import image_root
from chuviet.errors import InputError
from chuviet.inputs.names import counted
from chuviet.report import oof


def run(args: Namespace) -> int:
    if args.clean and not args.pages:
        raise InputError("--clean writes the rows that are not of --pages; name the pages too")
    found = check_data(args.data, named_charset(args.charset), height=args.height, progress=True)
    for problem in found.problems[: args.show]:
        print(problem)
    if len(found.problems) > args.show:
        print(f"... and {counted(len(found.problems) - args.show, 'more problem')}")
    for note in found.notes:
        print(f"note: {note}")
    if args.oof:
        doubtful = oof.suspects(oof.read_oof(args.oof))
        print(f"note: a model that never saw them reads {counted(len(doubtful), 'label')} otherwise, and confidently")
        for row in doubtful.head(args.show).itertuples():
            print(f"  {row.img_path}: label {row.text!r}, read {row.prediction!r} ({row.confidence})")
    if args.pages:
        _check_against(args)
    if found.problems:
        raise InputError(
            f"{args.data}: {counted(len(found.problems), 'problem')} in {counted(found.rows, 'row')}, listed above"
        )
    print(f"{args.data}: {counted(found.rows, 'row')}, no problem")
    return OK


def _check_against(args: Namespace) -> None:
    """Says how many rows are words of --pages and writes the others to --clean."""
    frame = read_labels(args.data)
    root = image_root(args.data, frame)
    inside = rows_of_pages(frame, root, [p for name in args.pages for p in read_set(name)], progress=True)
    print(f"note: {inside.sum()} rows are words of pages in {', '.join(args.pages)}; these do not measure what trained "
          "on the rows")  # fmt: skip
    if args.clean:
        write_list(frame[~inside], root, args.clean)
        print(f"{args.clean}: {(~inside).sum()} rows")

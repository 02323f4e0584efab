"""Commands that read lines, and those about labelled sets."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from chuviet.commands import OK, PARTLY, pages
from chuviet.commands.weights import check_options, load_all, say_if_trained_on
from chuviet.data.check import check_data
from chuviet.data.crops import LABELS, rows_of_pages, write_crops
from chuviet.data.detection import read_set
from chuviet.data.folds import make_folds
from chuviet.data.lists import convert_baidu, named_charset, read_labels, write_list
from chuviet.data.pages import read_pages, write_pages
from chuviet.data.quads import mend_pages
from chuviet.data.table import image_root, read_table, write_table
from chuviet.errors import InputError
from chuviet.files import write_whole
from chuviet.reading.lines import milliseconds
from chuviet.report import evaluation as reading
from chuviet.report import oof, page

#: The shipped weights that read a line where none are named.
RECOGNIZER = "vi_line"


def predict(args: Namespace) -> int:
    detector, recognizer = load_all(args, [RECOGNIZER])
    if detector is not None and recognizer is not None:
        raise InputError("predict finds text or reads lines; `chuviet read` does both")
    check_options(args, detector, recognizer)
    if recognizer is None:
        assert detector is not None
        return pages.predict(args, detector)
    names, paths = reading.find_images(args.input)
    progress = args.out is not None and len(paths) > 1
    predictions, bad = recognizer.try_predict(paths, args.batch_size, progress)
    if bad and not args.skip_bad:
        more = f" ({len(bad)} of {len(paths)} images cannot be read; --skip-bad reads the others)"
        raise InputError(bad[0].reason + (more if len(paths) > 1 else ""))
    for b in bad:
        print(f"chuviet: left out: {b.reason}", file=sys.stderr)
    read = [(n, p) for n, p in zip(names, predictions, strict=True) if p is not None]
    if args.out:
        write_table(reading.table([n for n, _ in read], [p for _, p in read]), args.out)
        print(f"{args.out}: {len(read)} of {len(names)} lines read")
    else:
        for name, p in read:
            if len(names) > 1:
                print(f"{name}\t{p.text}\t{p.confidence:.3f}")
            else:
                print(f"{p.text}\t{p.confidence:.3f}\t{milliseconds(recognizer, paths * 5):.1f} ms")
    return PARTLY if bad else OK


def evaluate(args: Namespace) -> int:
    detector, recognizer = load_all(args, [RECOGNIZER])
    check_options(args, detector, recognizer)
    say_if_trained_on(args.data, detector, recognizer)
    if detector is not None:
        return pages.evaluate(args, detector, recognizer)
    assert recognizer is not None
    metrics, rows = reading.evaluate(
        recognizer, args.data, args.fold, args.batch_size, progress=True, ignore_space=args.ignore_space
    )
    if args.out:
        write_table(rows, args.out)
    if args.json:
        where = {"data": args.data, "fold": args.fold, "weights": args.weights}
        write_whole(args.json, (json.dumps(where | metrics, indent=1) + "\n").encode())
    raw, lower = metrics["raw"], metrics["case_insensitive"]
    print(f"{'':<10}{'raw':>9}{'case-insensitive':>19}")
    for name in [k for k in raw if k not in ("count", "cer_nocase")]:
        print(f"{name:<10}{raw[name]:>9.4f}{lower[name]:>19.4f}")
    print(f"{raw['count']:.0f} lines of {', '.join(args.data)}" + ("" if args.fold is None else f", fold {args.fold}"))
    print(f"one line alone takes {metrics['milliseconds']:.1f} ms (median)")
    if "corrections" in metrics:
        made = metrics["corrections"]
        print(f"the language model changed {made['changed']} lines: {made['better']} better, {made['worse']} worse, "
              f"{made['same']} as wrong as before; cer without it {metrics['without_lm']['cer']:.4f}")  # fmt: skip
    for name, part in metrics.get("sources", {}).items():
        print(f"{name}: {part['count']:.0f} lines, cer {part['cer']:.4f}, accuracy {part['accuracy']:.4f}")
    return OK


def folds(args: Namespace) -> int:
    frame = read_table(args.data, columns=("img_path", "text", args.group))
    out = make_folds(frame, args.group, args.folds, args.seed)
    write_table(out, args.out)
    sizes = ", ".join(f"fold {k}: {n}" for k, n in out["fold"].value_counts().sort_index().items())
    print(f"{args.out}: {len(out)} rows, {out[args.group].nunique()} values of {args.group}; {sizes}")
    return OK


def check(args: Namespace) -> int:
    if args.clean and not args.pages:
        raise InputError("--clean writes the rows that are not of --pages; name the pages too")
    found = check_data(args.data, named_charset(args.charset), height=args.height, progress=True)
    for problem in found.problems[: args.show]:
        print(problem)
    if len(found.problems) > args.show:
        print(f"... and {len(found.problems) - args.show} more problems")
    for note in found.notes:
        print(f"note: {note}")
    if args.oof:
        doubtful = oof.suspects(oof.read_oof(args.oof))
        print(f"note: {len(doubtful)} labels are read otherwise, and confidently, by a model that never saw them")
        for row in doubtful.head(args.show).itertuples():
            print(f"  {row.img_path}: label {row.text!r}, read {row.prediction!r} ({row.confidence})")
    if args.pages:
        _check_against(args)
    if found.problems:
        raise InputError(f"{args.data}: {len(found.problems)} problems in {found.rows} rows, listed above")
    print(f"{args.data}: {found.rows} rows, no problem")
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


def convert(args: Namespace) -> int:
    if args.format == "baidu":
        if args.to or args.out or args.images or args.raw:
            raise InputError("convert baidu: --to, --out, --images and --raw are for labels of pages; leave them out")
        for name, count in convert_baidu(args.file, args.valid, args.seed).items():
            print(f"{Path(args.file).with_name(name)}: {count} rows")
        return OK
    if not args.to or not args.out:
        raise InputError(f"convert {args.format}: --to FORMAT and --out PATH are needed")
    labelled = read_pages(args.file, args.format, images=args.images)
    labelled = labelled if args.raw else mend_pages(labelled, args.file)
    if args.to == "crops":
        print(f"{Path(args.out) / LABELS}: {write_crops(labelled, args.out, progress=True):,} words")
        return OK
    write_pages(labelled, args.out, args.to)
    texts, ignored = sum(len(p.texts) for p in labelled), sum(int(p.ignore.sum()) for p in labelled)
    print(f"{args.out}: {len(labelled):,} pages, {texts:,} texts ({ignored:,} don't-care)")
    return OK


def report(args: Namespace) -> int:
    first = Path(args.oof[0])
    frame = pd.concat([oof.read_oof(name) for name in args.oof], ignore_index=True)
    root = image_root(args.data, frame) if args.data else oof.images_of(first, frame)
    out = Path(args.out) if args.out else first.with_name("report.html")
    page.write_page(frame, root, out, f"Out-of-fold lines of {first.resolve().parent.name}", args.worst)
    print(oof.overall(frame).to_string(float_format=lambda v: f"{v:.4f}"))
    print(f"{out}: {len(frame)} lines")
    return OK


COMMANDS: dict[str, Callable[[Namespace], int]] = {
    "predict": predict, "evaluate": evaluate, "folds": folds, "check": check, "convert": convert, "report": report,
}  # fmt: skip

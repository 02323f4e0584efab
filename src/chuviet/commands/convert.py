"""`chuviet convert`: other label formats to those that configs read."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from chuviet.commands import OK
from chuviet.data.crops import LABELS, write_crops
from chuviet.data.lists import convert_baidu
from chuviet.data.pages import read_pages, write_pages
from chuviet.data.quads import mend_pages
from chuviet.errors import InputError
from chuviet.inputs.names import counted


def run(args: Namespace) -> int:
    if args.format == "baidu":
        if args.to or args.out or args.images or args.raw:
            raise InputError("convert baidu: --to, --out, --images and --raw are for labels of pages; leave them out")
        for name, count in convert_baidu(args.file, args.valid, args.seed).items():
            print(f"{Path(args.file).with_name(name)}: {counted(count, 'row')}")
        return OK
    if not args.to or not args.out:
        raise InputError(f"convert {args.format}: --to FORMAT and --out PATH are needed")
    if Path(args.out).resolve() == Path(args.file).resolve():
        raise InputError(f"--out {args.out}: it is the input, and would be overwritten; give another name")
    labelled = read_pages(args.file, args.format, images=args.images)
    labelled = labelled if args.raw else mend_pages(labelled, args.file)
    if args.to == "crops":
        print(f"{Path(args.out) / LABELS}: {write_crops(labelled, args.out, progress=True):,} words")
        return OK
    write_pages(labelled, args.out, args.to)
    texts, ignored = sum(len(p.texts) for p in labelled), sum(int(p.ignore.sum()) for p in labelled)
    print(f"{args.out}: {counted(len(labelled), 'page')}, {counted(texts, 'text')} ({ignored:,} don't-care)")
    return OK

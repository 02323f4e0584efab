"""`chuviet read`: all text of pages and photos, found and read."""

from __future__ import annotations

import time
from argparse import Namespace

from chuviet.commands import OK, PARTLY
from chuviet.commands.images import TimeLimit, picture_names, read_each, save_picture, say_bad, sources_of
from chuviet.commands.weights import load_all
from chuviet.files import say
from chuviet.inputs.sources import printable
from chuviet.reading import detector as detectors
from chuviet.reading import pages as readers
from chuviet.reading.files import write_pages
from chuviet.reading.pages import Reader, as_detection


def run(args: Namespace) -> int:
    inputs = sources_of(args)
    sources = inputs.sources
    detector, recognizer = load_all(args, [detectors.DEFAULT, readers.RECOGNIZER])
    # Where one of the two is named, the other one is the shipped one.
    reader = Reader(detector or detectors.DEFAULT, recognizer or readers.RECOGNIZER, min_score=args.min_score,
                    ocr=args.ocr, longest=args.longest, threads=args.threads)  # fmt: skip
    start, limit = time.perf_counter(), TimeLimit(args.time_limit)
    read, bad = read_each(limit.within(sources), lambda source: reader.page(source, args.batch_size), args.skip_bad)
    took = 1e3 * (time.perf_counter() - start) / len(sources)
    say_bad(bad, len(sources), args.skip_bad, "pages")
    pages = [page for _, page in read]
    if args.out:
        write_pages(pages, args.out)
        texts = sum(len(page) for page in pages)
        say(f"{args.out}: {texts} texts in {len(pages)} of {len(sources)} images, {took:.0f} ms an image")
    for page in pages if not args.out else ():
        for line in page:
            name = f"{printable(page.name)}\t" if len(sources) > 1 else ""
            say(f"{name}{line.text}\t{line.confidence:.3f}")
    if args.draw:
        for (source, page), picture in zip(read, picture_names(s.name for s, _ in read), strict=True):
            save_picture(args.draw, picture, source, as_detection(page))
        say(f"{args.draw}: {len(read)} pictures")
    return PARTLY if bad or limit.left or inputs.cut else OK

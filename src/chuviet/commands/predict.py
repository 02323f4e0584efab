"""`chuviet predict`: the text of line images, or where text is."""

from __future__ import annotations

import json
import sys
import time
from argparse import Namespace
from collections.abc import Sequence

from chuviet.commands import OK, PARTLY
from chuviet.commands.images import picture_names, read_each, save_picture, say_bad, sources_of
from chuviet.commands.weights import check_options, load_all
from chuviet.errors import InputError
from chuviet.files import say
from chuviet.inputs.sources import Source, printable
from chuviet.reading import lines
from chuviet.reading.detector import Detector
from chuviet.reading.files import detection_as_json, write_detections, write_predictions
from chuviet.reading.lines import LineReader, stacked_warning


def run(args: Namespace) -> int:
    inputs = sources_of(args)
    detector, reader = load_all(args, [lines.DEFAULT])
    if detector is not None and reader is not None:
        raise InputError("predict finds text or reads lines; `chuviet read` does both")
    check_options(args, detector, reader)
    if reader is not None:
        code = _read_lines(args, inputs.sources, reader)
    else:
        assert detector is not None
        code = _find_text(args, inputs.sources, detector)
    return PARTLY if inputs.cut else code


def _read_lines(args: Namespace, sources: Sequence[Source], reader: LineReader) -> int:
    progress = args.out is not None and len(sources) > 1
    start = time.perf_counter()
    predictions, bad = reader.try_predict(sources, args.batch_size, progress)
    took = 1e3 * (time.perf_counter() - start) / len(sources)
    say_bad([b.reason for b in bad], len(sources), args.skip_bad)
    read = [(s.name, p) for s, p in zip(sources, predictions, strict=True) if p is not None]
    for name in [name for name, p in read if p.stacked]:
        say(f"chuviet: {stacked_warning(name)}", sys.stderr)
    if args.out:
        write_predictions([name for name, _ in read], [p for _, p in read], args.out)
        say(f"{args.out}: {len(read)} of {len(sources)} lines read, {took:.1f} ms a line")
    for name, p in read if not args.out else ():
        say(f"{printable(name)}\t{p.text}\t{p.confidence:.3f}" if len(sources) > 1 else
            f"{p.text}\t{p.confidence:.3f}\t{took:.1f} ms")  # fmt: skip
    return PARTLY if bad else OK


def _find_text(args: Namespace, sources: Sequence[Source], detector: Detector) -> int:
    start = time.perf_counter()
    found, bad = read_each(sources, lambda source: detector.find(source.load()), args.skip_bad)
    took = 1e3 * (time.perf_counter() - start) / len(sources)
    say_bad(bad, len(sources), args.skip_bad, "pages")
    if args.out:
        write_detections([s.name for s, _ in found], [d for _, d in found], args.out)
        texts = sum(len(d.quads) for _, d in found)
        say(f"{args.out}: {texts} texts in {len(found)} of {len(sources)} images, {took:.1f} ms an image")
    for source, d in found if not args.out else ():
        say(f"{printable(source.name)}\t{json.dumps(detection_as_json(d), ensure_ascii=False)}")
    if args.draw:
        for (source, d), name in zip(found, picture_names(s.name for s, _ in found), strict=True):
            save_picture(args.draw, name, source, d)
        say(f"{args.draw}: {len(found)} pictures")
    return PARTLY if bad else OK

"""Options that several commands have, and numbers as options."""

from __future__ import annotations

import argparse


def reader_options(p: argparse.ArgumentParser) -> None:
    """The options of commands that load weights."""
    p.add_argument("-w", "--weights", action="append", default=[], metavar="FILE",
                   help="a .safetensors or .onnx file or a name in weights/ or outputs/; repeatable")  # fmt: skip
    p.add_argument("--decoder", choices=("greedy", "beam"), help="default: the one packed with the first weights")
    p.add_argument("--beam-width", type=positive, metavar="N", help="prefixes kept by the beam decoder")
    p.add_argument("--batch-size", type=positive, default=32, metavar="N", help="lines read at once (%(default)s)")
    p.add_argument("--device", default="auto",
                   help="of .safetensors files: cpu, cuda, cuda:1 ...; auto takes CUDA if there is one")  # fmt: skip
    p.add_argument("--threads", type=natural, default=0, metavar="N", help="CPU threads (0: one a core)")
    p.add_argument("--limit-mb", type=float, metavar="MB",
                   help="refuse weights of more 10^6 bytes than this together (default: 50 for an ensemble, else none; "
                   "0: no limit)")  # fmt: skip


def limit_options(p: argparse.ArgumentParser) -> None:
    """The options of commands that read what INPUT names; see `chuviet.inputs.limits.Limits`."""
    p.add_argument("--max-pixels", type=positive, default=100_000_000, metavar="N",
                   help="scale larger images down to about N pixels while loading them (%(default)s)")  # fmt: skip
    p.add_argument("--max-pages", type=natural, default=10_000, metavar="N",
                   help="of a PDF, TIFF, GIF or WebP read the first N pages (%(default)s; 0: all)")  # fmt: skip
    p.add_argument("--dpi", type=positive, metavar="N",
                   help="draw pages of PDFs with N dots per inch (default: a scan's own, else 200)")  # fmt: skip
    p.add_argument("--page-seconds", type=float, default=15.0, metavar="S",
                   help="refuse a PDF's page that takes over S s of processor time (%(default)g; 0: none)")  # fmt: skip
    p.add_argument("--longest", type=positive, metavar="PX",
                   help="the longer side that a detector scales pages to: more for small letters, less for large ones "
                   "(default: what it was trained for)")  # fmt: skip


def min_score_option(p: argparse.ArgumentParser) -> None:
    p.add_argument("--min-score", type=float, metavar="S", help="of a text found and read on a page, detection times "
                   "recognition; weaker and empty ones are left out (0: none is; without it: 0.8 for one or two "
                   "characters, less for longer ones, 0.3 from ten on)")  # fmt: skip


def frame_option(p: argparse.ArgumentParser) -> None:
    p.add_argument("--frame", type=positive, default=320, metavar="PX",
                   help="pages are cut into squares of this size to measure a rejector (%(default)s)")  # fmt: skip


def config_option(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "-C",
        "--config",
        required=True,
        metavar="NAME",
        help="a file of configs/ and its folders without .py, or a path (chuviet config --list)",
    )


def megabytes(text: str) -> float:
    value = float(text.lower().removesuffix("mb"))
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text}: a number above 0 is expected, such as 50MB")
    return value


def natural(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text}: a number of 0 or more is expected")
    return value


def positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text}: a number of 1 or more is expected")
    return value

"""Options of the commands that read, and of those that measure how well."""

from __future__ import annotations

import argparse

from chuviet.inputs.shares import shard_option
from chuviet.options.shared import frame_option, limit_options, min_score_option, natural, positive, reader_options


def predict(p: argparse.ArgumentParser) -> None:
    p.add_argument("input", nargs="+", metavar="INPUT",
                   help="images, PDFs (FILE.pdf#3 and #2-5 are pages of one), folders (searched in depth), 'globs', "
                   "CSVs with img_path, lists; - is standard input")  # fmt: skip
    reader_options(p)
    limit_options(p)
    p.add_argument(
        "--out", metavar="FILE", help="write a CSV img_path,text,confidence (of a detector: name, tab, JSON)"
    )
    p.add_argument("--draw", metavar="DIR", help="pictures with the text that a detector found")
    p.add_argument("--skip-bad", action="store_true", help="leave out images that cannot be read, and name them")


def read(p: argparse.ArgumentParser) -> None:
    p.add_argument("input", nargs="+", metavar="INPUT",
                   help="photos, scanned pages, PDFs (FILE.pdf#3 and #2-5 are pages of one), folders (searched in "
                   "depth), 'globs'; - is standard input")  # fmt: skip
    reader_options(p)
    limit_options(p)
    p.add_argument("--ocr", choices=("auto", "always", "never"), default="auto",
                   help="auto takes the text that a page of a PDF carries, unless it is invisible or garbled, and "
                   "reads all else; never reads nothing (%(default)s)")  # fmt: skip
    p.add_argument("--time-limit", type=float, default=0, metavar="SECONDS",
                   help="begin no page after so many seconds, and name how many are left (0: no limit)")  # fmt: skip
    p.add_argument("--out", metavar="FILE|DIR",
                   help="write here instead of printing texts: a file for all pages, its ending says the format "
                   "(.txt .json .jsonl .tsv .md .hocr .html .xml .alto.xml .page.xml .pdf), or with --format a folder "
                   "with files for every input")  # fmt: skip
    p.add_argument("--format", metavar="F[,F...]",
                   help="txt, json, jsonl, tsv, md, hocr, alto, page, pdf; several go into a folder (default of what "
                   "is printed: txt)")  # fmt: skip
    p.add_argument("--shard", type=shard_option, default=(0, 1), metavar="i/n",
                   help="read the i-th of n shares, from 0: whole files, about as many pages in each share; all write "
                   "into one folder what one run would")  # fmt: skip
    p.add_argument("--overwrite", action="store_true",
                   help="replace files that chuviet did not write, and read anew what a folder has")  # fmt: skip
    p.add_argument("--draw", metavar="DIR", help="pictures with what was read")
    p.add_argument("--skip-bad", action="store_true", help="leave out pages that cannot be read, and name them")
    min_score_option(p)


def serve(p: argparse.ArgumentParser) -> None:
    p.add_argument("--host", default="127.0.0.1", metavar="ADDRESS",
                   help="listen here (%(default)s: this machine alone; 0.0.0.0: all that reach this one)")  # fmt: skip
    p.add_argument("--port", type=natural, default=8000, metavar="N", help="%(default)s; 0: any that is free")
    p.add_argument("--token-file", metavar="FILE",
                   help="clients must send what is in it as a bearer token (default: what CHUVIET_TOKEN says, if it "
                   "is set)")  # fmt: skip
    p.add_argument("--workers", type=natural, default=0, metavar="N",
                   help="processes that read (0: one a core, eight at most); --threads are those of each")  # fmt: skip
    p.add_argument("--queue", type=natural, default=64, metavar="N", help="requests that may wait (%(default)s): 429")
    p.add_argument("--time-limit", type=float, default=120, metavar="SECONDS",
                   help="from a whole request to its answer, waiting included (%(default)s): 504")  # fmt: skip
    p.add_argument("--receive-limit", type=float, default=60, metavar="SECONDS",
                   help="in which a request must have come (%(default)s): 408")  # fmt: skip
    p.add_argument("--max-mb", type=float, default=25, metavar="MB", help="10^6 bytes of a request (%(default)s): 413")
    p.add_argument("--max-pixels", type=positive, default=50_000_000, metavar="N",
                   help="of a picture (%(default)s): 413; pages of PDFs are drawn with so many at most")  # fmt: skip
    p.add_argument("--max-pages", type=positive, default=50, metavar="N", help="of a document (%(default)s): 413")
    p.add_argument("--max-lines", type=positive, default=500, metavar="N",
                   help="images in one request for lines (%(default)s): 413")  # fmt: skip
    p.add_argument("--max-held-mb", type=float, default=512, metavar="MB",
                   help="10^6 bytes of all requests in memory together (%(default)s): 429")  # fmt: skip
    p.add_argument("--memory-mb", type=natural, default=4000, metavar="MB",
                   help="address space of a worker, 10^6 bytes (%(default)s; 0: no limit)")  # fmt: skip
    reader_options(p)


def evaluate(p: argparse.ArgumentParser) -> None:
    reader_options(p)
    p.add_argument("--data", action="append", required=True, metavar="CSV",
                   help="labels: img_path,text[,fold], or a path<TAB>text list; repeatable")  # fmt: skip
    p.add_argument("--ignore-space", action="store_true", help="leave the spaces out of both texts (they count else)")
    p.add_argument("--fold", type=int, metavar="K", help="only the rows of this fold")
    p.add_argument("--json", metavar="FILE", help="write the metrics here too")
    p.add_argument("--out", metavar="FILE", help="write the rows with their predictions here")
    p.add_argument("--frames", metavar="NPZ",
                   help="write what the frames of a CTC recogniser say of each line, for chuviet ensemble")  # fmt: skip
    p.add_argument("--draw", metavar="DIR", help="pictures of what a detector found beside the truth")
    min_score_option(p)
    frame_option(p)


def reject(p: argparse.ArgumentParser) -> None:
    p.add_argument("-w", "--weights", required=True, metavar="FILE", help="a detector with a rejector")
    p.add_argument("--data", required=True, metavar="LABELS", help="labels of pages that the threshold is chosen on")
    p.add_argument("--check", metavar="LABELS", help="others that it is measured on")
    p.add_argument("--recall", type=float, default=0.995, metavar="SHARE",
                   help="of the frames with text, how many must pass (%(default)g)")  # fmt: skip
    frame_option(p)
    p.add_argument("--out", required=True, metavar="FILE", help="the weights with the threshold, a .safetensors file")

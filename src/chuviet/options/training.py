"""Options of the commands about configs, runs and labelled sets."""

from __future__ import annotations

import argparse

from chuviet.options.shared import config_option, positive

#: Formats of `chuviet.data.pages`, spelt out here so that -h need not import it.
PAGE_FORMATS = ("tsv", "icdar", "synthtext", "lpcv")


def train(p: argparse.ArgumentParser) -> None:
    config_option(p)
    p.add_argument("--folds", metavar="0-4", help="run these folds in turn (0-4 or 0,2) and join their oof.csv")
    p.add_argument("--root", default="outputs", metavar="FOLDER", help="where runs are kept (%(default)s)")
    p.add_argument("overrides", nargs="*", metavar="key=value", help="changes to the config, such as optim.lr=1e-4")


def show_config(p: argparse.ArgumentParser) -> None:
    p.add_argument("config", nargs="?", metavar="NAME", help="as of `chuviet train -C`")
    p.add_argument("--list", action="store_true", help="all configs, a line each")
    p.add_argument("overrides", nargs="*", metavar="key=value", help="changes to the config")


def folds(p: argparse.ArgumentParser) -> None:
    p.add_argument("--data", required=True, metavar="CSV", help="labels: img_path,text[,writer_id]")
    p.add_argument("--group", metavar="COLUMN", help="never split over folds (default: writer_id, if there is one)")
    p.add_argument("--folds", type=int, default=5, metavar="N", help="2 to 5 (%(default)s)")
    p.add_argument("--seed", type=int, default=0, help="decides between groups of equal size (%(default)s)")
    p.add_argument("--out", required=True, metavar="CSV", help="the rows with their column fold")


def check(p: argparse.ArgumentParser) -> None:
    p.add_argument("--data", required=True, metavar="FILE",
                   help="labels: a CSV img_path,text[,writer_id,fold], or a list path<TAB>text (.txt)")  # fmt: skip
    p.add_argument("--charset", default="vietnamese", metavar="NAME",
                   help="vietnamese, ascii, printed, chinese, or a file of characters (%(default)s)")  # fmt: skip
    p.add_argument("--height", type=positive, default=40, metavar="PX",
                   help="image height of the CTC recogniser that the texts must fit (%(default)s)")  # fmt: skip
    p.add_argument("--oof", metavar="CSV", help="out-of-fold predictions: lists labels that may be wrong")
    p.add_argument("--pages", action="append", default=[], metavar="LABELS",
                   help="pages to be measured on: counts the rows that are words of them")  # fmt: skip
    p.add_argument("--clean", metavar="LIST", help="with --pages: write the other rows to this list")
    p.add_argument("--show", type=positive, default=50, metavar="N", help="problems printed (%(default)s)")


def convert(p: argparse.ArgumentParser) -> None:
    formats = ("baidu", *PAGE_FORMATS)
    p.add_argument("format", choices=formats, metavar="FORMAT", help=f"what FILE is: {', '.join(formats)}")
    p.add_argument("file", metavar="FILE", help="the labels to convert, a file or a folder")
    p.add_argument("--to", choices=(*PAGE_FORMATS, "crops"), metavar="FORMAT",
                   help=f"{', '.join(PAGE_FORMATS)}, crops (labels of pages)")  # fmt: skip
    p.add_argument("--out", metavar="PATH", help="file (tsv, synthtext) or folder (icdar, lpcv, crops) to write")
    p.add_argument("--images", metavar="DIR", help="where the images of FILE are, if not where its format has them")
    p.add_argument("--raw", action="store_true", help="do not mend or drop quads")
    p.add_argument("--valid", type=float, default=0.1, metavar="SHARE", help="baidu: share held out (%(default)s)")
    p.add_argument("--seed", type=int, default=0, help="baidu: which rows are held out (%(default)s)")


def summary(p: argparse.ArgumentParser) -> None:
    config_option(p)
    p.add_argument("--depth", type=positive, default=1, metavar="N", help="levels of parts listed (%(default)s)")
    p.add_argument("--width", type=positive, metavar="PX",
                   help="line width that multiply-adds are counted for (default 18 heights)")  # fmt: skip
    p.add_argument("overrides", nargs="*", metavar="key=value", help="changes to the config")

"""Options of the commands that make weights files, and of those that look at what runs left."""

from __future__ import annotations

import argparse
from pathlib import Path

from chuviet.options.shared import megabytes, positive


def lm(p: argparse.ArgumentParser) -> None:
    p.add_argument("--addresses", type=int, default=0, metavar="N", help="lines of made-up addresses")
    p.add_argument("--gazetteer", type=Path, metavar="DIR",
                   help="folder of the vietnam_dataset (default: the package vietnam-provinces)")  # fmt: skip
    p.add_argument("--wards", metavar="TSV",
                   help="the map since July 2025 too, with the columns ward and province")  # fmt: skip
    p.add_argument("--labels", action="append", default=[], metavar="CSV", help="labels whose texts are learnt")
    p.add_argument("--leave-out", type=int, metavar="K", help="without the labels of this fold")
    p.add_argument("--repeat", type=positive, default=20, help="how often the labels count (%(default)s)")
    p.add_argument("--text", action="append", default=[], metavar="FILE", help="plain text, a line each")
    p.add_argument("--general", action="append", default=[], metavar="FILE",
                   help="a second model, of general text, made of these sentences (one a line; those of the test part "
                   "are left out); a line is read by the model that it is likelier to be of")  # fmt: skip
    p.add_argument("--verse", metavar="CSV", help="verse for the second model, with the column content")
    p.add_argument("--order", type=positive, default=10, help="characters of the longest n-grams (%(default)s)")
    p.add_argument("--min-count", type=positive, default=3, metavar="N", help="rarer long n-grams go (%(default)s)")
    p.add_argument("--seed", type=int, default=0, help="of the made-up addresses (%(default)s)")
    p.add_argument("--out", required=True, metavar="FILE", help="a .safetensors file")


def pack(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "run", metavar="RUN", help="a run's folder, such as outputs/line_192_f5/fold0; with --lm its weights, or others"
    )
    p.add_argument("--lm", metavar="FILE", help="pack this language model beside the weights: what chuviet lm wrote, "
                   "or weights that have one, such as vi_text, with their settings")  # fmt: skip
    p.add_argument("--alpha", type=float, help="weight of the language model (0.6, or that of the weights of --lm)")
    p.add_argument("--alpha-style", type=float, metavar="X",
                   help="its weight in capitals and spaces after full stops (as --alpha)")  # fmt: skip
    p.add_argument("--beta", type=float, help="bonus for every character (2, or as above)")
    p.add_argument("--place", type=float, help="bonus for every part of an address that the model's gazetteer has "
                   "there; 0: leave it (8, or as above)")  # fmt: skip
    p.add_argument("--place-min-prob", type=float, metavar="X", help="probability a letter must have in a frame to "
                   "be one of such a part (0.003, or as above)")  # fmt: skip
    p.add_argument("--beam-width", type=positive, metavar="N", help="prefixes kept (16, or as above)")
    p.add_argument("--temperature", type=float,
                   help="above 1 the network counts as less sure than it says (1, or as above)")  # fmt: skip
    p.add_argument(
        "--keep", choices=("ema", "last", "best"), help="which weights (default: ema if there are any, else last)"
    )
    p.add_argument("--precision", choices=("fp16", "fp32"), default="fp16", help="%(default)s")
    p.add_argument(
        "--out",
        metavar="FILE",
        help="default: weights.safetensors in the run's folder; with --lm NAME.lm.safetensors beside the weights",
    )


def export(p: argparse.ArgumentParser) -> None:
    p.add_argument("-w", "--weights", action="append", default=[], metavar="FILE",
                   help="a .safetensors or .onnx file, or a name of weights/ or outputs/; for --to web ONNX files, "
                   "repeatable (default there: the shipped detector and recognisers)")  # fmt: skip
    p.add_argument("--to", nargs=2, metavar=("web", "DIR"),
                   help="write a folder of static files that reads pages inside a browser")  # fmt: skip
    p.add_argument("--runtime", metavar="DIR",
                   help="--to web alone: where npm put onnxruntime-web (default: web/node_modules)")  # fmt: skip
    p.add_argument("--format", choices=("onnx",), default="onnx", help="%(default)s")
    p.add_argument("--out", metavar="FILE", help="default: the weights' name with .onnx")
    p.add_argument("--precision", choices=("fp32", "fp16", "int8", "int8-linear"), default="fp32",
                   help="%(default)s; int8-linear: the linear layers of a CTC model in int8, judged on --check, and "
                   "all weights kept to train on from")  # fmt: skip
    p.add_argument("--check", metavar="DATA", help="real lines or pages: image, folder, 'glob', or labels")
    p.add_argument("--calibrate", metavar="DATA",
                   help="int8 alone: what its ranges are taken from, 64 images at most (default: a quarter of --check, "
                   "which is then not judged on)")  # fmt: skip
    p.add_argument("--tolerance", type=float, metavar="SHARE",
                   help="int8 and int8-linear: how much they may add to the CER (default 0.005) or take from the "
                   "hmean (0.01); fp32 and fp16 are held to the same texts and quads")  # fmt: skip


def prune(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "-w", "--weights", required=True, metavar="FILE", help="a .safetensors file, or a name of weights/ or outputs/"
    )
    p.add_argument(
        "--ratio", type=float, default=0.5, metavar="SHARE", help="channels of each layer to go (%(default)s)"
    )
    p.add_argument("--round-to", type=positive, default=8, metavar="N", help="keep multiples of N (%(default)s)")
    p.add_argument("--keep-residual", action="store_true",
                   help="leave channels whole that several layers add to; shrinks about half as much")  # fmt: skip
    p.add_argument("--out", required=True, metavar="FILE", help="a .safetensors file")


def calibrate(p: argparse.ArgumentParser) -> None:
    p.add_argument("rows", nargs="+", metavar="CSV", help="tables of chuviet evaluate --out, of lines that the reader "
                   "of each never saw, made with weights that are not calibrated")  # fmt: skip
    p.add_argument("-w", "--weights", metavar="FILE", help="a .safetensors file that gets the calibration")
    p.add_argument("--out", metavar="FILE", help="the calibrated weights")
    p.add_argument("--right", type=float, default=0.99, metavar="SHARE",
                   help="share of right words that a review is to reach (%(default)s)")  # fmt: skip


def ensemble(p: argparse.ArgumentParser) -> None:
    p.add_argument("--data", action="append", nargs="+", required=True, metavar="NPZ",
                   help="a member: the file of chuviet evaluate --frames, or one of each fold; repeatable")  # fmt: skip
    p.add_argument("--budget", type=megabytes, default=50.0, metavar="MB",
                   help="10^6 bytes of all members together, such as 50MB (%(default)g)")  # fmt: skip
    p.add_argument("--ms", type=float, default=2000, metavar="MS",
                   help="milliseconds that a line may take, those of the members added (%(default)g)")  # fmt: skip
    p.add_argument("--votes", type=positive, default=4, metavar="N",
                   help="of all members together; one with two counts twice (%(default)s)")  # fmt: skip
    p.add_argument("--metric", choices=("cer", "accuracy", "score"), default="cer", help="%(default)s")
    p.add_argument("--json", metavar="FILE", help="write the choice and its figures here too")


def report(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "oof", nargs="+", metavar="OOF", help="the oof.csv of a run, or the tables of chuviet evaluate --out"
    )
    p.add_argument("--data", metavar="CSV", help="the label CSV that the run read (default: what its config says)")
    p.add_argument("--out", metavar="HTML", help="default: report.html beside the first")
    p.add_argument("--worst", type=positive, default=30, metavar="N", help="lines shown as pictures (%(default)s)")


def browse(p: argparse.ArgumentParser) -> None:
    p.add_argument("oof", nargs="+", metavar="OOF", help="the oof.csv of a run, or the table of chuviet evaluate "
                   "--out; behind it those of other readers of the same lines")  # fmt: skip
    p.add_argument("--data", metavar="CSV", help="the label CSV that the run read (default: what its config says)")
    p.add_argument("--out", metavar="HTML|DIR", help="default: browse.html beside the first; in a folder browse.html")
    p.add_argument("--embed", type=positive, nargs="?", const=40, default=0, metavar="PX",
                   help="put copies of the pictures into the file, PX pixels high (%(const)s), so that it can be moved "
                   "(default: it names the image files, relative to itself)")  # fmt: skip

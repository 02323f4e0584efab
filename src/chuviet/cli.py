"""The command line: `chuviet COMMAND -h` explains each command. What the commands do is in `chuviet.commands`."""

from __future__ import annotations

import argparse
import importlib
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from chuviet import __version__
from chuviet.command_help import DESCRIPTION, EXAMPLES
from chuviet.commands.guard import guarded
from chuviet.commands.outputs import check_outputs
from chuviet.files import use_utf8
from chuviet.inputs.shares import shard_option

#: Formats of `chuviet.data.pages`, spelt out here so that -h need not import it.
PAGE_FORMATS = ("tsv", "icdar", "synthtext", "lpcv")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command. Returns 0, or 2 after a user's error (one line on stderr), 130 after Ctrl-C."""
    use_utf8()
    warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")  # of damage that is an error of ours
    args = _parsed(argv)
    return guarded(lambda: command(args))


def command(args: argparse.Namespace) -> int:
    """Runs `args.command`. Returns the exit code; raises what the command raises."""
    # Imported late: PyTorch takes seconds to import, and reading a line, -h or a mistyped option shouldn't wait for it.
    check_outputs(args)
    to_web = args.command == "export" and args.to is not None  # which needs no PyTorch
    name = "export_web" if to_web else args.command
    module = importlib.import_module(f"chuviet.commands.{name}")
    return int(module.run(args))


def _parsed(argv: Sequence[str] | None) -> argparse.Namespace:
    """Arguments, with changes to a config wherever they stand: argparse leaves over those after a second option."""
    top = parser()
    given = list(sys.argv[1:] if argv is None else argv)
    if not given:
        top.print_help(sys.stderr)
        raise SystemExit(2)
    args, rest = top.parse_known_args(given)
    if rest and ("overrides" not in args or any(r.startswith("-") or "=" not in r for r in rest)):
        top.error(f"unrecognized arguments: {' '.join(rest)}")
    if rest:
        args.overrides = [*args.overrides, *rest]
    return args


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="chuviet", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    top.add_argument("--version", action="version", version=f"chuviet {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _predict(_command(commands, "predict", "read the text of line images, or find text with the weights of a detector"))
    _read(_command(commands, "read", "find and read all text of pages and photos"))
    _serve(_command(commands, "serve", "read pages and lines for others: a page for the browser, and HTTP"))
    _reject(_command(commands, "reject", "choose the threshold below which a detector skips an image as empty"))
    _evaluate(_command(commands, "evaluate", "measure weights on labelled lines or pages"))
    _train(_command(commands, "train", "train a config, one fold or several"))
    _show_config(_command(commands, "config", "print what a config comes to, and where each value is from"))
    _folds(_command(commands, "folds", "give every row of a labelled set a fold"))
    _check(_command(commands, "check", "find all that is wrong with a labelled set"))
    _convert(_command(commands, "convert", "turn another label format into one that configs read"))
    _summary(_command(commands, "summary", "layers, parameters, megabytes and multiply-adds of a config's model"))
    _lm(_command(commands, "lm", "make a character language model for the beam search"))
    _pack(_command(commands, "pack", "make a weights file from the checkpoint of an unfinished run, or add a model"))
    _export(_command(commands, "export", "write a recogniser or detector as an ONNX file, checked against PyTorch"))
    _prune(_command(commands, "prune", "remove a share of a model's channels, to be trained again afterwards"))
    _report(_command(commands, "report", "out-of-fold errors as one HTML page"))
    _browse(_command(commands, "browse", "one HTML page of out-of-fold lines to look through, to find wrong labels"))
    _ensemble(_command(commands, "ensemble", "choose the members of an ensemble within megabytes and milliseconds"))
    _calibrate(_command(commands, "calibrate", "make a recogniser's confidences shares of right words"))
    return top


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, what: str
) -> argparse.ArgumentParser:
    p = commands.add_parser(
        name, help=what, description=f"{what[0].upper()}{what[1:]}.", epilog=EXAMPLES[name],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    p.set_defaults(default=p.get_default)  # tells what was given from what was not
    return p


def _reader(p: argparse.ArgumentParser) -> None:
    """The options of commands that load weights."""
    p.add_argument("-w", "--weights", action="append", default=[], metavar="FILE",
                   help="a .safetensors or .onnx file or a name in weights/ or outputs/; repeatable")  # fmt: skip
    p.add_argument("--decoder", choices=("greedy", "beam"), help="default: the one packed with the first weights")
    p.add_argument("--beam-width", type=_positive, metavar="N", help="prefixes kept by the beam decoder")
    p.add_argument("--batch-size", type=_positive, default=32, metavar="N", help="lines read at once (%(default)s)")
    p.add_argument("--device", default="auto",
                   help="of .safetensors files: cpu, cuda, cuda:1 ...; auto takes CUDA if there is one")  # fmt: skip
    p.add_argument("--threads", type=_natural, default=0, metavar="N", help="CPU threads (0: one a core)")
    p.add_argument("--limit-mb", type=float, metavar="MB",
                   help="refuse weights of more 10^6 bytes than this together (default: 50 for an ensemble, else none; "
                   "0: no limit)")  # fmt: skip


def _limits(p: argparse.ArgumentParser) -> None:
    """The options of commands that read what INPUT names; see `chuviet.inputs.limits.Limits`."""
    p.add_argument("--max-pixels", type=_positive, default=100_000_000, metavar="N",
                   help="scale larger images down to about N pixels while loading them (%(default)s)")  # fmt: skip
    p.add_argument("--max-pages", type=_natural, default=10_000, metavar="N",
                   help="of a PDF, TIFF, GIF or WebP read the first N pages (%(default)s; 0: all)")  # fmt: skip
    p.add_argument("--dpi", type=_positive, metavar="N",
                   help="draw pages of PDFs with N dots per inch (default: a scan's own, else 200)")  # fmt: skip
    p.add_argument("--page-seconds", type=float, default=15.0, metavar="S",
                   help="refuse a PDF's page that takes over S s of processor time (%(default)g; 0: none)")  # fmt: skip
    p.add_argument("--longest", type=_positive, metavar="PX",
                   help="the longer side that a detector scales pages to: more for small letters, less for large ones "
                   "(default: what it was trained for)")  # fmt: skip


def _predict(p: argparse.ArgumentParser) -> None:
    p.add_argument("input", nargs="+", metavar="INPUT",
                   help="images, PDFs (FILE.pdf#3 and #2-5 are pages of one), folders (searched in depth), 'globs', "
                   "CSVs with img_path, lists; - is standard input")  # fmt: skip
    _reader(p)
    _limits(p)
    p.add_argument(
        "--out", metavar="FILE", help="write a CSV img_path,text,confidence (of a detector: name, tab, JSON)"
    )
    p.add_argument("--draw", metavar="DIR", help="pictures with the text that a detector found")
    p.add_argument("--skip-bad", action="store_true", help="leave out images that cannot be read, and name them")


def _evaluate(p: argparse.ArgumentParser) -> None:
    _reader(p)
    p.add_argument("--data", action="append", required=True, metavar="CSV",
                   help="labels: img_path,text[,fold], or a path<TAB>text list; repeatable")  # fmt: skip
    p.add_argument("--ignore-space", action="store_true", help="leave the spaces out of both texts (they count else)")
    p.add_argument("--fold", type=int, metavar="K", help="only the rows of this fold")
    p.add_argument("--json", metavar="FILE", help="write the metrics here too")
    p.add_argument("--out", metavar="FILE", help="write the rows with their predictions here")
    p.add_argument("--frames", metavar="NPZ",
                   help="write what the frames of a CTC recogniser say of each line, for chuviet ensemble")  # fmt: skip
    p.add_argument("--draw", metavar="DIR", help="pictures of what a detector found beside the truth")
    _min_score(p)
    _frame(p)


def _read(p: argparse.ArgumentParser) -> None:
    p.add_argument("input", nargs="+", metavar="INPUT",
                   help="photos, scanned pages, PDFs (FILE.pdf#3 and #2-5 are pages of one), folders (searched in "
                   "depth), 'globs'; - is standard input")  # fmt: skip
    _reader(p)
    _limits(p)
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
    _min_score(p)


def _serve(p: argparse.ArgumentParser) -> None:
    p.add_argument("--host", default="127.0.0.1", metavar="ADDRESS",
                   help="listen here (%(default)s: this machine alone; 0.0.0.0: all that reach this one)")  # fmt: skip
    p.add_argument("--port", type=_natural, default=8000, metavar="N", help="%(default)s; 0: any that is free")
    p.add_argument("--token-file", metavar="FILE",
                   help="clients must send what is in it as a bearer token (default: what CHUVIET_TOKEN says, if it "
                   "is set)")  # fmt: skip
    p.add_argument("--workers", type=_natural, default=0, metavar="N",
                   help="processes that read (0: one a core, eight at most); --threads are those of each")  # fmt: skip
    p.add_argument("--queue", type=_natural, default=64, metavar="N", help="requests that may wait (%(default)s): 429")
    p.add_argument("--time-limit", type=float, default=120, metavar="SECONDS",
                   help="from a whole request to its answer, waiting included (%(default)s): 504")  # fmt: skip
    p.add_argument("--receive-limit", type=float, default=60, metavar="SECONDS",
                   help="in which a request must have come (%(default)s): 408")  # fmt: skip
    p.add_argument("--max-mb", type=float, default=25, metavar="MB", help="10^6 bytes of a request (%(default)s): 413")
    p.add_argument("--max-pixels", type=_positive, default=50_000_000, metavar="N",
                   help="of a picture (%(default)s): 413; pages of PDFs are drawn with so many at most")  # fmt: skip
    p.add_argument("--max-pages", type=_positive, default=50, metavar="N", help="of a document (%(default)s): 413")
    p.add_argument("--max-lines", type=_positive, default=500, metavar="N",
                   help="images in one request for lines (%(default)s): 413")  # fmt: skip
    p.add_argument("--max-held-mb", type=float, default=512, metavar="MB",
                   help="10^6 bytes of all requests in memory together (%(default)s): 429")  # fmt: skip
    p.add_argument("--memory-mb", type=_natural, default=4000, metavar="MB",
                   help="address space of a worker, 10^6 bytes (%(default)s; 0: no limit)")  # fmt: skip
    _reader(p)


def _min_score(p: argparse.ArgumentParser) -> None:
    p.add_argument("--min-score", type=float, metavar="S", help="of a text found and read on a page, detection times "
                   "recognition; weaker and empty ones are left out (0: none is; without it: 0.8 for one or two "
                   "characters, less for longer ones, 0.3 from ten on)")  # fmt: skip


def _reject(p: argparse.ArgumentParser) -> None:
    p.add_argument("-w", "--weights", required=True, metavar="FILE", help="a detector with a rejector")
    p.add_argument("--data", required=True, metavar="LABELS", help="labels of pages that the threshold is chosen on")
    p.add_argument("--check", metavar="LABELS", help="others that it is measured on")
    p.add_argument("--recall", type=float, default=0.995, metavar="SHARE",
                   help="of the frames with text, how many must pass (%(default)g)")  # fmt: skip
    _frame(p)
    p.add_argument("--out", required=True, metavar="FILE", help="the weights with the threshold, a .safetensors file")


def _frame(p: argparse.ArgumentParser) -> None:
    p.add_argument("--frame", type=_positive, default=320, metavar="PX",
                   help="pages are cut into squares of this size to measure a rejector (%(default)s)")  # fmt: skip


def _train(p: argparse.ArgumentParser) -> None:
    _config(p)
    p.add_argument("--folds", metavar="0-4", help="run these folds in turn (0-4 or 0,2) and join their oof.csv")
    p.add_argument("--root", default="outputs", metavar="FOLDER", help="where runs are kept (%(default)s)")
    p.add_argument("overrides", nargs="*", metavar="key=value", help="changes to the config, such as optim.lr=1e-4")


def _config(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "-C",
        "--config",
        required=True,
        metavar="NAME",
        help="a file of configs/ and its folders without .py, or a path (chuviet config --list)",
    )


def _show_config(p: argparse.ArgumentParser) -> None:
    p.add_argument("config", nargs="?", metavar="NAME", help="as of `chuviet train -C`")
    p.add_argument("--list", action="store_true", help="all configs, a line each")
    p.add_argument("overrides", nargs="*", metavar="key=value", help="changes to the config")


def _folds(p: argparse.ArgumentParser) -> None:
    p.add_argument("--data", required=True, metavar="CSV", help="labels: img_path,text and the group's column")
    p.add_argument("--group", default="writer_id", metavar="COLUMN", help="never split over folds (%(default)s)")
    p.add_argument("--folds", type=int, default=5, metavar="N", help="2 to 5 (%(default)s)")
    p.add_argument("--seed", type=int, default=0, help="decides between groups of equal size (%(default)s)")
    p.add_argument("--out", required=True, metavar="CSV", help="the rows with their column fold")


def _check(p: argparse.ArgumentParser) -> None:
    p.add_argument("--data", required=True, metavar="FILE",
                   help="labels: a CSV img_path,text[,writer_id,fold], or a list path<TAB>text (.txt)")  # fmt: skip
    p.add_argument("--charset", default="vietnamese", metavar="NAME",
                   help="vietnamese, ascii, printed, chinese, or a file of characters (%(default)s)")  # fmt: skip
    p.add_argument("--height", type=_positive, default=40, metavar="PX",
                   help="image height of the CTC recogniser that the texts must fit (%(default)s)")  # fmt: skip
    p.add_argument("--oof", metavar="CSV", help="out-of-fold predictions: lists labels that may be wrong")
    p.add_argument("--pages", action="append", default=[], metavar="LABELS",
                   help="pages to be measured on: counts the rows that are words of them")  # fmt: skip
    p.add_argument("--clean", metavar="LIST", help="with --pages: write the other rows to this list")
    p.add_argument("--show", type=_positive, default=50, metavar="N", help="problems printed (%(default)s)")


def _convert(p: argparse.ArgumentParser) -> None:
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


def _summary(p: argparse.ArgumentParser) -> None:
    _config(p)
    p.add_argument("--depth", type=_positive, default=1, metavar="N", help="levels of parts listed (%(default)s)")
    p.add_argument("--width", type=_positive, metavar="PX",
                   help="line width that multiply-adds are counted for (default 18 heights)")  # fmt: skip
    p.add_argument("overrides", nargs="*", metavar="key=value", help="changes to the config")


def _lm(p: argparse.ArgumentParser) -> None:
    p.add_argument("--addresses", type=int, default=0, metavar="N", help="lines of made-up addresses")
    p.add_argument("--gazetteer", type=Path, metavar="DIR",
                   help="folder of the vietnam_dataset (default: the package vietnam-provinces)")  # fmt: skip
    p.add_argument("--wards", metavar="TSV",
                   help="the map since July 2025 too, with the columns ward and province")  # fmt: skip
    p.add_argument("--labels", action="append", default=[], metavar="CSV", help="labels whose texts are learnt")
    p.add_argument("--leave-out", type=int, metavar="K", help="without the labels of this fold")
    p.add_argument("--repeat", type=_positive, default=20, help="how often the labels count (%(default)s)")
    p.add_argument("--text", action="append", default=[], metavar="FILE", help="plain text, a line each")
    p.add_argument("--general", action="append", default=[], metavar="FILE",
                   help="a second model, of general text, made of these sentences (one a line; those of the test part "
                   "are left out); a line is read by the model that it is likelier to be of")  # fmt: skip
    p.add_argument("--verse", metavar="CSV", help="verse for the second model, with the column content")
    p.add_argument("--order", type=_positive, default=10, help="characters of the longest n-grams (%(default)s)")
    p.add_argument("--min-count", type=_positive, default=3, metavar="N", help="rarer long n-grams go (%(default)s)")
    p.add_argument("--seed", type=int, default=0, help="of the made-up addresses (%(default)s)")
    p.add_argument("--out", required=True, metavar="FILE", help="a .safetensors file")


def _pack(p: argparse.ArgumentParser) -> None:
    p.add_argument("run", metavar="RUN", help="a run's folder, such as outputs/line_192_f5/fold0; with --lm: weights")
    p.add_argument("--lm", metavar="FILE", help="pack this language model beside the weights")
    p.add_argument("--alpha", type=float, default=0.6, help="weight of the language model (%(default)s)")
    p.add_argument("--alpha-style", type=float, metavar="X",
                   help="its weight in capitals and spaces after full stops (default: that of --alpha)")  # fmt: skip
    p.add_argument("--beta", type=float, default=2.0, help="bonus for every character (%(default)s)")
    p.add_argument(
        "--place",
        type=float,
        default=8.0,
        help="bonus for every part of an address that the model's gazetteer has there; 0: leave it (%(default)s)",
    )
    p.add_argument("--place-min-prob", type=float, default=0.003, metavar="X",
                   help="probability a letter must have in a frame to be one of such a part (%(default)s)")  # fmt: skip
    p.add_argument("--beam-width", type=_positive, default=16, metavar="N", help="prefixes kept (%(default)s)")
    p.add_argument("--temperature", type=float, default=1.0,
                   help="above 1 the network counts as less sure than it says (%(default)s)")  # fmt: skip
    p.add_argument(
        "--keep", choices=("ema", "last", "best"), help="which weights (default: ema if there are any, else last)"
    )
    p.add_argument("--precision", choices=("fp16", "fp32"), default="fp16", help="%(default)s")
    p.add_argument(
        "--out",
        metavar="FILE",
        help="default: weights.safetensors in the run's folder; with --lm NAME.lm.safetensors beside the weights",
    )


def _export(p: argparse.ArgumentParser) -> None:
    p.add_argument("-w", "--weights", action="append", default=[], metavar="FILE",
                   help="a .safetensors file, or a name of weights/ or outputs/; for --to web an ONNX file, repeatable "
                   "(default there: the shipped detector and recognisers)")  # fmt: skip
    p.add_argument("--to", nargs=2, metavar=("web", "DIR"),
                   help="write a folder of static files that reads pages inside a browser")  # fmt: skip
    p.add_argument("--runtime", metavar="DIR",
                   help="--to web alone: where npm put onnxruntime-web (default: web/node_modules)")  # fmt: skip
    p.add_argument("--format", choices=("onnx",), default="onnx", help="%(default)s")
    p.add_argument("--out", metavar="FILE", help="default: the weights' name with .onnx")
    p.add_argument("--precision", choices=("fp32", "fp16", "int8", "int8-linear"), default="fp32",
                   help="%(default)s; int8-linear: the linear layers of a CTC model in int8, without calibration, and "
                   "all weights kept to train on from")  # fmt: skip
    p.add_argument("--check", metavar="DATA", help="real lines or pages: image, folder, 'glob', or labels")
    p.add_argument("--calibrate", metavar="DATA",
                   help="int8 alone: what its ranges are taken from, 64 images at most (default: a quarter of --check, "
                   "which is then not judged on)")  # fmt: skip
    p.add_argument("--tolerance", type=float, metavar="SHARE",
                   help="int8 and int8-linear: how much they may add to the CER (default 0.005) or take from the "
                   "hmean (0.01); fp32 and fp16 are held to the same texts and quads")  # fmt: skip


def _prune(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "-w", "--weights", required=True, metavar="FILE", help="a .safetensors file, or a name of weights/ or outputs/"
    )
    p.add_argument(
        "--ratio", type=float, default=0.5, metavar="SHARE", help="channels of each layer to go (%(default)s)"
    )
    p.add_argument("--round-to", type=_positive, default=8, metavar="N", help="keep multiples of N (%(default)s)")
    p.add_argument("--keep-residual", action="store_true",
                   help="leave channels whole that several layers add to; shrinks about half as much")  # fmt: skip
    p.add_argument("--out", required=True, metavar="FILE", help="a .safetensors file")


def _report(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "oof", nargs="+", metavar="OOF", help="the oof.csv of a run, or the tables of chuviet evaluate --out"
    )
    p.add_argument("--data", metavar="CSV", help="the label CSV that the run read (default: what its config says)")
    p.add_argument("--out", metavar="HTML", help="default: report.html beside the first")
    p.add_argument("--worst", type=_positive, default=30, metavar="N", help="lines shown as pictures (%(default)s)")


def _browse(p: argparse.ArgumentParser) -> None:
    p.add_argument("oof", nargs="+", metavar="OOF", help="the oof.csv of a run, or the table of chuviet evaluate "
                   "--out; behind it those of other readers of the same lines")  # fmt: skip
    p.add_argument("--data", metavar="CSV", help="the label CSV that the run read (default: what its config says)")
    p.add_argument("--out", metavar="HTML|DIR", help="default: browse.html beside the first; in a folder browse.html")
    p.add_argument("--embed", type=_positive, nargs="?", const=40, default=0, metavar="PX",
                   help="put copies of the pictures into the file, PX pixels high (%(const)s), so that it can be moved "
                   "(default: it names the image files, relative to itself)")  # fmt: skip


def _ensemble(p: argparse.ArgumentParser) -> None:
    p.add_argument("--data", action="append", nargs="+", required=True, metavar="NPZ",
                   help="a member: the file of chuviet evaluate --frames, or one of each fold; repeatable")  # fmt: skip
    p.add_argument("--budget", type=_megabytes, default=50.0, metavar="MB",
                   help="10^6 bytes of all members together, such as 50MB (%(default)g)")  # fmt: skip
    p.add_argument("--ms", type=float, default=2000, metavar="MS",
                   help="milliseconds that a line may take, those of the members added (%(default)g)")  # fmt: skip
    p.add_argument("--votes", type=_positive, default=4, metavar="N",
                   help="of all members together; one with two counts twice (%(default)s)")  # fmt: skip
    p.add_argument("--metric", choices=("cer", "accuracy", "score"), default="cer", help="%(default)s")
    p.add_argument("--json", metavar="FILE", help="write the choice and its figures here too")


def _calibrate(p: argparse.ArgumentParser) -> None:
    p.add_argument("rows", nargs="+", metavar="CSV", help="tables of chuviet evaluate --out, of lines that the reader "
                   "of each never saw, made with weights that are not calibrated")  # fmt: skip
    p.add_argument("-w", "--weights", metavar="FILE", help="a .safetensors file that gets the calibration")
    p.add_argument("--out", metavar="FILE", help="the calibrated weights")
    p.add_argument("--right", type=float, default=0.99, metavar="SHARE",
                   help="share of right words that a review is to reach (%(default)s)")  # fmt: skip


def _megabytes(text: str) -> float:
    value = float(text.lower().removesuffix("mb"))
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text}: a number above 0 is expected, such as 50MB")
    return value


def _natural(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text}: a number of 0 or more is expected")
    return value


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text}: a number of 1 or more is expected")
    return value


if __name__ == "__main__":
    sys.exit(main())

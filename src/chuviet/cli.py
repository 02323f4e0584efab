"""The command line: `chuviet COMMAND -h` explains each command. What the commands do is in `chuviet.commands`."""

from __future__ import annotations

import argparse
import difflib
import importlib
import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import NoReturn

from chuviet import __version__
from chuviet.commands.guard import guarded
from chuviet.commands.outputs import check_outputs
from chuviet.files import use_utf8
from chuviet.options import reading, training, weights
from chuviet.options.help import DESCRIPTION, EXAMPLES

#: Of each command what it does, and the function that gives a parser its options.
COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "predict": ("read the text of line images, or find text with the weights of a detector", reading.predict),
    "read": ("find and read all text of pages and photos", reading.read),
    "serve": ("read pages and lines for others: a page for the browser, and HTTP", reading.serve),
    "reject": ("choose the threshold below which a detector skips an image as empty", reading.reject),
    "evaluate": ("measure weights on labelled lines or pages", reading.evaluate),
    "train": ("train a config, one fold or several", training.train),
    "config": ("print what a config comes to, and where each value is from", training.show_config),
    "folds": ("give every row of a labelled set a fold", training.folds),
    "check": ("find all that is wrong with a labelled set", training.check),
    "convert": ("turn another label format into one that configs read", training.convert),
    "summary": ("layers, parameters, megabytes and multiply-adds of a config's model", training.summary),
    "lm": ("make a character language model for the beam search", weights.lm),
    "pack": ("make a weights file from the checkpoint of an unfinished run, or add a model", weights.pack),
    "export": ("write a recogniser or detector as an ONNX file, checked against PyTorch", weights.export),
    "prune": ("remove a share of a model's channels, to be trained again afterwards", weights.prune),
    "report": ("out-of-fold errors as one HTML page", weights.report),
    "browse": ("one HTML page of out-of-fold lines to look through, to find wrong labels", weights.browse),
    "ensemble": ("choose the members of an ensemble within megabytes and milliseconds", weights.ensemble),
    "calibrate": ("make a recogniser's confidences shares of right words", weights.calibrate),
}


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
    if not given[0].startswith("-") and given[0] not in COMMANDS:
        top.error(f"no command {given[0]!r}{nearest(given[0], COMMANDS)}")
    args, rest = top.parse_known_args(given)
    if rest and ("overrides" not in args or any(r.startswith("-") or "=" not in r for r in rest)):
        wrong = next((r.partition("=")[0] for r in rest if r.startswith("-")), None)
        options = (name for action in args.parser._actions for name in action.option_strings)
        args.parser.error(f"no option {wrong}{nearest(wrong, options)}" if wrong else f"too much: {' '.join(rest)}")
    if rest:
        args.overrides = [*args.overrides, *rest]
    return args


class OneLineParser(argparse.ArgumentParser):
    """Answers mistakes in one line, as the commands do, without the usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message} ({self.prog} -h lists what there is)\n")


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = OneLineParser(prog="chuviet", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter)
    top.add_argument("--version", action="version", version=f"chuviet {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (what, add_options) in COMMANDS.items():
        p = commands.add_parser(
            name, help=what, description=f"{what[0].upper()}{what[1:]}.", epilog=EXAMPLES[name],
            formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False,  # --fold is not train's --folds
        )  # fmt: skip
        p.set_defaults(default=p.get_default, parser=p)  # `default` tells what was given from what was not
        add_options(p)
    return top


def nearest(name: str, known: Iterable[str]) -> str:
    """What is behind an error about a mistyped name: the known one that it may be; empty if none is near."""
    found = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {found[0]}?" if found else ""


if __name__ == "__main__":
    sys.exit(main())

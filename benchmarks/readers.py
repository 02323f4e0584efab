"""How well, and how fast, are single lines read? Ours beside other readers, line by line in turns, in one run.

    python benchmarks/readers.py -w vi_text --data hand=DATA/vi_handwriting/train_folds.csv --fold 0 \\
        --data print=EVAL/printed/manifest.csv --peer trueocr=PYTHON --peer asterocr=PYTHON --peer rapidocr=PYTHON

Every reader is a process of its own with --threads threads, a peer in the environment of the Python that is named: one
where `pip install trueocr`, `asterocr`, `rapidocr onnxruntime` or `vietocr` was done. Ours is read twice where its
weights hold a language model: without it (greedily) and with it. Of each line all take their turn before the next one,
and who begins changes.

CER and WER: all edits of a set over all its characters, and words; exact: lines without an error. Readings are compared
in Unicode NFC without white space at either end, and nothing else is normalised: case, marks, punctuation and inner
spaces count; NAME^=LABELS is compared case aside, for labels in capitals whatever was written. Milliseconds: one line
alone, from the file to the text, the median after a first line that warms up, by the clock and, for machines on which
other work runs, of processor time; Tesseract's hold the start of its process. MB: the weights that read lines.

What peers were trained on is not known here: take lines that none has seen, and say so beside the table. Weights of
ours whose notes do not say that --fold was left out are named. A peer that cannot be started, such as one whose weights
are to be downloaded where there is no network, is named with its reason.
Without --data a few address lines are drawn, which say how fast all are, and nothing about how good.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from peers.process import PEERS, NotStarted, Process

from chuviet.artifact.metadata import git_revision
from chuviet.data.lists import read_labels
from chuviet.data.table import image_root, select_fold
from chuviet.errors import InputError
from chuviet.inputs.tables import image_files
from chuviet.manifest import ALL_FOLDS
from chuviet.metrics.recognition import RecognitionMetric
from chuviet.vocab import normalize

#: What a peer is called in the table, its script, and what that is told beside paths and threads.
KNOWN: dict[str, tuple[str, str, dict[str, Any]]] = {
    "asterocr": ("AsterOCR", "asterocr_lines.py", {}),
    "rapidocr": ("RapidOCR", "rapidocr_lines.py", {}),
    "rapidocr-latin": ("RapidOCR, Latin", "rapidocr_lines.py", {"language": "latin"}),
    "trueocr": ("TrueOCR", "trueocr_lines.py", {}),
    "vietocr": ("VietOCR", "vietocr_lines.py", {}),
}
Row = dict[str, Any]


@dataclass(frozen=True)
class LineSet:
    """Labelled lines: paths of images and their texts, as many of each. A name that ends in ^: compared case aside."""

    name: str
    paths: list[str]
    texts: list[str]

    def compared(self, text: str) -> str:
        """What of a reading or a label is compared."""
        text = normalize(text)
        return text.lower() if self.name.endswith("^") else text


@dataclass
class Side:
    """A reader that was started: its process, what it says of itself, and its readings by the number of the line."""

    process: Process
    about: dict[str, Any]
    texts: dict[int, str] = field(default_factory=dict)
    ms: dict[int, float] = field(default_factory=dict)
    cpu: dict[int, float] = field(default_factory=dict)

    def read(self, number: int) -> None:
        answer = self.process.ask(f"one {number} {number + 1}")
        self.texts[number], self.ms[number], self.cpu[number] = (answer[k][0] for k in ("texts", "ms", "cpu"))


def main() -> None:
    args = arguments().parse_args()
    try:
        with tempfile.TemporaryDirectory() as folder:
            sets = [labelled(name, path, args.fold, args.rows) for name, path in args.data]
            _compare(args, sets or [drawn(Path(folder), args.rows or 40)])
    except InputError as e:
        sys.exit(str(e))


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", action="append", default=[], type=named_path, metavar="[NAME[^]=]LABELS",
                        help="a CSV img_path,text or a list path<TAB>text; repeatable, a set each")  # fmt: skip
    parser.add_argument("--fold", type=int, help="only the rows of this fold, where a CSV has folds of real rows")
    parser.add_argument("--rows", type=int, help="so many of each set, spread over it (default: all)")
    parser.add_argument("-w", "--weights", action="append", default=[], help="ours, repeatable (default: vi_text)")
    parser.add_argument("--peer", action="append", default=[], type=known_peer, metavar="NAME=PYTHON",
                        help=f"repeatable; NAME: {', '.join(KNOWN)}")  # fmt: skip
    parser.add_argument("--tesseract", default="vie", help="language, if the command is installed (%(default)s); "
                        "`no` leaves it out")  # fmt: skip
    parser.add_argument("--threads", type=int, default=1, help="of each reader (%(default)s)")
    parser.add_argument("--out", type=Path, help="rows (CER case aside, too), circumstances and what could not be "
                        "started, as JSON")  # fmt: skip
    return parser


def named_path(given: str) -> tuple[str, Path]:
    """NAME=PATH as a pair; without a name it is that of the file's folder."""
    name, equals, path = given.partition("=")
    return (name, Path(path)) if equals else (Path(given).absolute().parent.name, Path(given))


def known_peer(given: str) -> tuple[str, str]:
    """NAME=PYTHON as a pair. Raises ArgumentTypeError for a name that is not known and for a Python that is missing."""
    name, _, python = given.partition("=")
    if name not in KNOWN:
        raise argparse.ArgumentTypeError(f"{name}: not one of {', '.join(KNOWN)}")
    if not shutil.which(python):
        raise argparse.ArgumentTypeError(f"{given}: the Python of the peer's environment is expected behind the =")
    return name, python


def labelled(name: str, path: Path, fold: int | None = None, rows: int | None = None) -> LineSet:
    """The lines of a label file: of `fold` alone where it has folds of real rows; at most `rows`, evenly spread.

    Raises InputError for a file that cannot be read, a fold without rows, and an image that is missing.
    """
    frame = read_labels(path)
    root = image_root(path, frame)
    if fold is not None and "fold" in frame and (frame["fold"] < ALL_FOLDS).any():
        frame = select_fold(frame, fold)[1]
    count = len(frame) if rows is None else min(rows, len(frame))
    frame = frame.iloc[np.linspace(0, len(frame) - 1, count).round().astype(int)]
    paths = [str(p.resolve()) for p in image_files(root, frame["img_path"].tolist())]
    return LineSet(name, paths, frame["text"].tolist())


def drawn(folder: Path, count: int) -> LineSet:
    """Address lines, drawn into `folder`."""
    script = Path(__file__).parents[1] / "synthetic_data" / "gendata_address.py"
    command = [sys.executable, str(script), "--count", str(count), "--seed", "100", "--out", str(folder / "lines")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with (folder / "lines" / "manifest.csv").open(encoding="utf-8", newline="") as f:
        rows = list(csv.DictReader(f))
    return LineSet("drawn", [str(folder / "lines" / r["img_path"]) for r in rows], [r["text"] for r in rows])


def _compare(args: argparse.Namespace, sets: Sequence[LineSet]) -> None:
    """Reads all sets with all sides and writes what comes of it after each: all of them take long."""
    names = [s.name for s in sets]
    if doubled := {n for n in names if names.count(n) > 1}:
        raise InputError(f"--data {doubled.pop()}: two sets have this name; write NAME=PATH")
    sides, missing = start(args, [p for s in sets for p in s.paths])
    facts = circumstances(args) | {"notes": seen(sides, args.fold)}
    rows: list[Row] = []
    first = 0
    for lines in sets:
        ask(sides, lines, first)
        rows += [measured(lines, who, side, first) for who, side in sides.items()]
        first += len(lines.paths)
        if args.out:
            done = {"circumstances": facts, "rows": rows, "not_started": missing}
            args.out.write_text(json.dumps(done, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for side in sides.values():
        side.process.close()
    print(f"{facts['date']}, {facts['processor']}, {args.threads} thread(s), load {facts['load']:.1f} at the start\n")
    print(error_table(rows) + "\n\n" + table(rows))
    for line in [*facts["notes"], *(f"{who}: not run: {why}" for who, why in missing.items())]:
        print(f"\n{line}")


def start(args: argparse.Namespace, paths: Sequence[str]) -> tuple[dict[str, Side], dict[str, str]]:
    """The sides by name, each ready to read, and why the others could not be started."""
    sides: dict[str, Side] = {}
    missing: dict[str, str] = {}
    common = {"paths": list(paths), "threads": args.threads}

    def begin(command: list[str], task: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> Side:
        process = Process(command, common | dict(task), environment)
        return Side(process, process.ask("about"))

    ours = [sys.executable, str(PEERS / "chuviet_lines.py")]
    for weights in args.weights or ["vi_text"]:
        name = f"chuviet {Path(weights).stem}"
        side = begin(ours, {"weights": weights})
        if side.about["language_model"]:
            sides[f"{name}, no language model"] = begin(ours, {"weights": weights, "decoder": "greedy"})
        sides[name] = side
    peers = [(KNOWN[name], [python, str(PEERS / KNOWN[name][1])]) for name, python in args.peer]
    if args.tesseract != "no" and shutil.which("tesseract"):
        script = "tesseract_lines.py"
        peers.append((("Tesseract", script, {"language": args.tesseract}), [sys.executable, str(PEERS / script)]))
    for (name, _, task), command in peers:
        try:
            side = begin(command, task, {"PYTHONPATH": ""})
        except NotStarted as e:
            missing[name] = e.reason or "see above"
        else:
            sides[f"{name} {side.about['version']}"] = side
    return sides, missing


def seen(sides: Mapping[str, Side], fold: int | None) -> list[str]:
    """A line for each of ours whose notes do not say that `fold` was left out: it may have learnt these lines."""
    ours = {who: side.about["left_out"] for who, side in sides.items() if "left_out" in side.about}
    why = f"its notes do not say that fold {fold} was left out of its training"
    return [f"{who}: {why}" for who, left_out in ours.items() if fold is not None and left_out != fold]


def ask(sides: Mapping[str, Side], lines: LineSet, first: int) -> None:
    """Lets every side read every line, in turns. `first`: the number of the set's first line among all sets'."""
    order = list(sides)
    for number in range(first, first + len(lines.paths)):
        order = order[1:] + order[:1]
        for who in order:
            sides[who].read(number)
        print(f"\r{lines.name}: {number - first + 1} of {len(lines.paths)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)


def measured(lines: LineSet, who: str, side: Side, first: int) -> Row:
    """A row of the table: how one side read one set."""
    numbers = range(first, first + len(lines.paths))
    metric = RecognitionMetric()
    metric.update([lines.compared(side.texts[i]) for i in numbers], [lines.compared(t) for t in lines.texts])
    found = metric.compute()
    return {
        "set": lines.name, "system": who, "lines": len(lines.paths),
        "cer": found["cer"], "cer_nocase": found["cer_nocase"], "wer": found["wer"], "exact": found["accuracy"],
        "ms": statistics.median(side.ms[i] for i in numbers),
        "cpu_ms": statistics.median(side.cpu[i] for i in numbers), **side.about,
    }  # fmt: skip


def circumstances(args: argparse.Namespace) -> dict[str, Any]:
    """Where and how this was measured."""
    models = []
    if (cpu := Path("/proc/cpuinfo")).is_file():
        models = [line.partition(":")[2].strip() for line in cpu.read_text().splitlines() if line.startswith("model n")]
    return {
        "date": time.strftime("%Y-%m-%d"), "processor": models[0] if models else platform.machine(),
        "cores": os.cpu_count(), "threads": args.threads, "load": os.getloadavg()[0], "fold": args.fold,
        "rows": args.rows, "revision": git_revision(),
    }  # fmt: skip


def error_table(rows: Sequence[Row]) -> str:
    """CER of every system on every set, as Markdown: a system a line."""
    sets = list(dict.fromkeys(row["set"] for row in rows))
    counts = {row["set"]: row["lines"] for row in rows}
    cells: dict[str, dict[str, str]] = {}
    for row in rows:
        cells.setdefault(row["system"], {})[row["set"]] = f"{100 * row['cer']:.2f} %"
    header = ["CER", *(f"{name} ({counts[name]})" for name in sets)]
    return _markdown(header, [[who, *(found[name] for name in sets)] for who, found in cells.items()])


def table(rows: Sequence[Row]) -> str:
    """All figures, as Markdown: a set and system a line."""
    header = ["set", "lines", "system", "CER", "WER", "exact lines", "ms a line", "CPU ms", "MB"]
    body = [
        [r["set"], str(r["lines"]), r["system"], f"{100 * r['cer']:.2f} %", f"{100 * r['wer']:.1f} %",
         f"{100 * r['exact']:.1f} %", f"{r['ms']:.1f}", f"{r['cpu_ms']:.1f}", f"{r['mb']:.1f}"]
        for r in rows
    ]  # fmt: skip
    return _markdown(header, body)


def _markdown(header: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *body]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    main()

"""How long does reading take? Ours beside chuviet 0.1 and two peers, on the same lines, in one run.

    python benchmarks/read.py --data LABELS --old CHECKOUT/.venv/bin/python --rapidocr ENVIRONMENT/bin/python

Measured, each the median of rounds in which all sides take turns: a cold process that reads one line (`predict
line.jpg`); one line alone on two threads, of --lines different ones; all --folder lines as a folder, a line. `--memory`
reads 10,000 lines and 200 pages of mixed sizes in one process and says what it takes. A side that is not named is left
out; Tesseract (`tesseract -l vie --psm 7`) is taken if it is installed. Lines without --data are drawn: those say how
fast all are, and nothing about how good.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import editdistance
import numpy as np
from peers.process import PEERS, Process
from PIL import Image
from readers import drawn, labelled

from chuviet.reading.detector import Detector
from chuviet.reading.lines import LineReader

#: As `chuviet.reading` is started, and as the command is.
OURS = [sys.executable, "-m", "chuviet.cli", "predict"]


def side(python: str, script: str, paths: Sequence[str], threads: int) -> Process:
    """A process that reads the lines it was told, alone or all together."""
    return Process([python, str(PEERS / script)], {"paths": list(paths), "threads": threads})


def main() -> None:
    args = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        paths, texts = _lines(args, Path(folder))
        _cold(args, paths[0])
        _warm(args, "one", "one line alone, other lines in every round", paths, texts, args.lines)
        _warm(args, "all", f"{len(paths)} lines as a folder, a line", paths, texts, len(paths))
    if args.memory:
        _memory(args, paths if args.data else [])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="labelled lines, a CSV img_path,text (default: drawn ones)")
    parser.add_argument("--old", help="python of a checkout of 955d130 with its environment")
    parser.add_argument("--rapidocr", help="python of an environment with rapidocr 3.10 and onnxruntime")
    parser.add_argument("--lines", type=int, default=40, help="different lines that are read alone (%(default)s)")
    parser.add_argument("--folder", type=int, default=549, help="lines that are read as a folder (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="%(default)s")
    parser.add_argument("--threads", type=int, default=2, help="%(default)s")
    parser.add_argument("--memory", action="store_true", help="also 10,000 lines and 200 pages in one process")
    return parser.parse_args()


def _lines(args: argparse.Namespace, folder: Path) -> tuple[list[str], list[str]]:
    """Paths and texts of the lines, the same number of each; spread evenly over the labels."""
    lines = labelled("", Path(args.data), rows=args.folder) if args.data else drawn(folder, args.folder)
    return lines.paths, lines.texts


def _cold(args: argparse.Namespace, path: str) -> None:
    """A fresh process that reads one line, from start to end."""
    commands = {"chuviet": [*OURS, path]}
    if args.old:
        commands["chuviet 0.1"] = [args.old, "-m", "chuviet.cli", "predict", path]
    if args.rapidocr:
        code = f"from rapidocr import RapidOCR; print(RapidOCR()({path!r}, use_det=False, use_cls=False).txts)"
        commands["rapidocr 3.10"] = [args.rapidocr, "-c", code]
    if shutil.which("tesseract"):
        commands["tesseract"] = ["tesseract", path, "-", "-l", "vie", "--psm", "7"]

    def run(command: list[str]) -> float:
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
        return 1e3 * (time.perf_counter() - start)

    _table("a cold process, one line", _rounds({n: lambda c=c: run(c) for n, c in commands.items()}, args.rounds))


def _warm(
    args: argparse.Namespace, how: str, title: str, paths: Sequence[str], texts: Sequence[str], count: int
) -> None:
    """Lines read by processes that are running: `count` of them a round, others in each (language models cache)."""
    sides = {"chuviet": side(sys.executable, "chuviet_lines.py", paths, args.threads)}
    if args.old:
        sides["chuviet 0.1"] = side(args.old, "chuviet_before_lines.py", paths, args.threads)
    if args.rapidocr:
        sides["rapidocr 3.10"] = side(args.rapidocr, "rapidocr_lines.py", paths, args.threads)
    read: dict[str, dict[int, str]] = {name: {} for name in sides}
    turns = dict.fromkeys(sides, 0)

    def call(name: str) -> float:
        start = turns[name] * count % max(len(paths) - count + 1, 1)
        turns[name] += 1
        found = sides[name].ask(f"{how} {start} {start + count}")
        read[name] |= dict(enumerate(found["texts"], start))
        return statistics.median(found["ms"])

    _table(title, _rounds({name: lambda n=name: call(n) for name in sides}, args.rounds))
    for name, found in read.items():
        edits = sum(editdistance.eval(text, texts[i]) for i, text in found.items())
        print(f"  {name}: CER {edits / sum(len(texts[i]) for i in found):.4f} on them")
    if "chuviet 0.1" in read:
        different = sum(read["chuviet"][i] != text for i, text in read["chuviet 0.1"].items())
        print(f"  {different} of {len(read['chuviet'])} texts differ from those of chuviet 0.1")


def _rounds(calls: dict[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """The milliseconds of every call in every round; a first round warms up."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(rounds + 1):
        for name, call in calls.items():
            took = call()
            if turn:
                times[name].append(took)
    return times


def _table(title: str, times: dict[str, list[float]]) -> None:
    ours = statistics.median(times["chuviet"])
    print(f"{title}:")
    for name, own in times.items():
        middle = statistics.median(own)
        print(f"  {name:15} {middle:9.1f} ms ({min(own):.1f} to {max(own):.1f}), {middle / ours:6.2f} times ours")


def _memory(args: argparse.Namespace, paths: Sequence[str]) -> None:
    """What one process takes while it reads 10,000 lines, then 200 pages of sizes drawn at random."""
    rng, reader = np.random.default_rng(0), LineReader(threads=args.threads)
    lines = [np.asarray(Image.open(p).convert("RGB")) for p in paths[:200]] or [_page(rng, 64, 600)]
    for k in range(0, 10_000, 50):
        reader.predict([lines[i % len(lines)] for i in range(k, k + 50)])
        if k in (0, 50, 1000, 5000, 9950):
            print(f"  after {k + 50:6} lines: {_resident():6.0f} MB")
    detector = Detector(threads=args.threads)
    for k in range(200):
        detector.find(_page(rng, *rng.integers(200, 900, 2).tolist()))
        if k in (0, 24, 49, 99, 149, 199):
            print(f"  after {k + 1:6} pages: {_resident():6.0f} MB")


def _page(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Paper with a few dark bars for words."""
    image = np.full((height, width, 3), 240, np.uint8)
    for _ in range(12):
        y, x = int(rng.integers(0, height - 12)), int(rng.integers(0, width - 60))
        image[y : y + 10, x : x + int(rng.integers(20, 60))] = 30
    return image


def _resident() -> float:
    """Megabytes of memory that this process has (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


if __name__ == "__main__":
    main()

"""Whether a browser reads what Python reads, and how fast: an export of `chuviet export --to web` in Chromium.

    python benchmarks/web.py demo/ --lines labels.csv --count 300
    python benchmarks/web.py demo/ --pages synthetic_data/eval_pages/hand/images --count 8 --tesseract peer/node_modules

Images are decoded by Python and given to all as PNG, so that what differs is the reading; with --as-they-are the
browser gets the files themselves, and decodes them. Python, Chromium and tesseract.js (`npm install tesseract.js
@tesseract.js-data/vie`; in a Chromium of its own) take their turn with each image before the next one. Every difference
is printed. Times are those of processors, which other programs change little; the first image, with which all is
loaded, does not count. Needs Linux, Node, Chromium, and `npm ci` in web/.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pages_read import WORDS, measured
from peers.process import PEERS, Process
from PIL import Image

from chuviet.data.pages import read_pages
from chuviet.inputs.images import read_image
from chuviet.metrics.recognition import RecognitionMetric
from chuviet.reading.lines import LineReader
from chuviet.reading.pages import Reader

ROOT = Path(__file__).parents[1]
CHROMIUM = {"modules": str(ROOT / "web" / "node_modules"), "chromium": shutil.which("chromium")}
#: What a side found in an image: `lines` and `words`, lists of (text, corners), `ms`, and `error`.
Answer = dict[str, Any]


def main() -> None:
    args = parsed()
    source = Path(args.lines or args.pages)
    files = chosen(files_of(source), args.count)
    with tempfile.TemporaryDirectory() as folder:
        given = files if args.as_they_are else [Path(folder, f"{i}.png") for i in range(len(files))]
        if not args.as_they_are:
            for file, copy in zip(files, given, strict=True):
                Image.fromarray(read_image(file)).save(copy, compress_level=1)
        sides = {"Python": by_python(given, bool(args.lines)),
                 "Chromium": by_chromium(args, given)}  # fmt: skip
        if args.tesseract:
            sides["tesseract.js"] = by_tesseract(args, given)
        answers: dict[str, list[Answer]] = {name: [] for name in sides}
        for file in files:
            for name, side in sides.items():
                answers[name].append(next(side))
            print_difference(file, answers["Python"][-1], answers["Chromium"][-1])
        print(same(answers["Python"], answers["Chromium"]))
        for name, side in sides.items():
            print(", ".join([name, *facts(source, files, answers[name]), *next(side)]))


def parsed() -> argparse.Namespace:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("export", type=Path, help="the folder that `chuviet export --to web` wrote")
    what = p.add_mutually_exclusive_group(required=True)
    what.add_argument("--lines", help="a folder of lines, or a CSV with img_path, its images beside it in images/")
    what.add_argument("--pages", help="a folder of pages")
    p.add_argument("--count", type=int, default=10**6, help="so many of them, evenly chosen")
    p.add_argument("--as-they-are", action="store_true", help="let the browser decode the files")
    p.add_argument("--isolated", action="store_true", help="with cross-origin isolation: on several threads")
    p.add_argument("--tesseract", help="a node_modules with tesseract.js and @tesseract.js-data/vie: its turn too")
    return p.parse_args()


def files_of(path: Path) -> list[Path]:
    if path.suffix != ".csv":
        return sorted(file for file in path.iterdir() if file.suffix.lower() in (".jpg", ".jpeg", ".png"))
    with path.open(encoding="utf-8", newline="") as rows:
        return [path.parent / "images" / row["img_path"] for row in csv.DictReader(rows)]


def chosen(files: Sequence[Path], count: int) -> Sequence[Path]:
    return files[:: max(len(files) // count, 1)][:count]


def by_python(files: Sequence[Path], lines: bool) -> Iterator[Any]:
    """An answer for each file, then what is said of all; so do the other sides."""
    reader: Any = LineReader(threads=1) if lines else Reader(threads=1)
    for file in files:
        start = time.process_time()
        image = read_image(file)
        if lines:
            answer = {"lines": [(reader.predict([image])[0].text, [])], "words": []}
        else:
            answer = answer_of(reader.read_image(image).as_dict())
        yield answer | {"ms": 1e3 * (time.process_time() - start)}
    yield ["one thread"]


def by_chromium(args: argparse.Namespace, files: Sequence[Path]) -> Iterator[Any]:
    task = CHROMIUM | {
        "isolated": args.isolated, "folder": str(args.export.resolve()), "type": "lines" if args.lines else "read",
        "files": [str(file.resolve()) for file in files], "turns": True,
    }  # fmt: skip
    command = ["node", str(ROOT / "tests" / "web" / "browser.mjs")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as browser:
        assert browser.stdin is not None and browser.stdout is not None
        print(json.dumps(task), file=browser.stdin)
        before = processor_time(browser.pid)
        for _ in files:
            found = json.loads(browser.stdout.readline())
            page = {"lines": [found["line"]]} if "line" in found else found.get("page", {"lines": []})
            taken = 1e3 * (processor_time(browser.pid) - before)
            yield answer_of(page) | {"ms": taken, "error": found.get("error", "")}
            before = processor_time(browser.pid)
            print(file=browser.stdin)
        browser.stdin.close()
        said = json.loads(browser.stdout.readline())
    loaded = sum(size for path, size in said["sent"].items() if not path.startswith("/files/"))
    yield ["several threads" if said["isolated"] else "one thread", f"{loaded / 1e6:.1f} MB were loaded"]


def by_tesseract(args: argparse.Namespace, files: Sequence[Path]) -> Iterator[Any]:
    task = CHROMIUM | {"packages": str(Path(args.tesseract).resolve()), "language": "vie", "lines": bool(args.lines)}
    browser = Process(["node", str(PEERS / "tesseract_web.mjs")], task)
    for file in files:
        before = processor_time(browser.process.pid)
        answer = browser.ask(str(file.resolve()))
        if args.lines:
            answer["lines"] = [(" ".join(text for text, _ in answer["lines"]), [])]
        yield answer | {"ms": 1e3 * (processor_time(browser.process.pid) - before)}
    loaded = browser.ask("bytes")
    browser.close()
    yield ["one thread", f"{loaded / 1e6:.1f} MB were loaded"]


def answer_of(page: dict[str, Any]) -> Answer:
    """The lines and words of a page as JSON has it."""
    words = [word for line in page["lines"] for word in line.get("words", ())]
    told = [[(one["text"], one.get("points", [])) for one in some] for some in (page["lines"], words)]
    return {"lines": told[0], "words": told[1]}


def processor_time(pid: int) -> float:
    """The seconds of a processor that a process and those that it started have taken (Linux)."""
    taken: dict[int, float] = {}
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        parents[int(stat.parent.name)] = int(fields[1])
        taken[int(stat.parent.name)] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    family = {pid}
    while more := {one for one, parent in parents.items() if parent in family} - family:
        family |= more
    return sum(taken.get(one, 0.0) for one in family)


def texts(answer: Answer) -> list[str]:
    return [text for text, _ in answer["lines"]]


def print_difference(file: Path, python: Answer, browser: Answer) -> None:
    want, found = texts(python), texts(browser)
    if want == found:
        return
    print(f"{file.name}: {browser['error']}")
    for text in want:
        print(f"  Python  {text}" if text not in found else f"          {text}")
    for text in found:
        if text not in want:
            print(f"  browser {text}", flush=True)


def same(python: Sequence[Answer], browser: Sequence[Answer]) -> str:
    pairs = [(texts(a), texts(b)) for a, b in zip(python, browser, strict=True)]
    lines = sum(a == b for want, found in pairs for a, b in zip(want, found, strict=False))
    images = sum(want == found for want, found in pairs)
    return f"{images} of {len(pairs)} with the same texts, {lines} of {sum(len(want) for want, _ in pairs)} lines"


def facts(source: Path, files: Sequence[Path], answers: Sequence[Answer]) -> Iterator[str]:
    """Milliseconds, and where there are labels how much is wrong."""
    times = [answer["ms"] for answer in answers[1:] or answers]
    yield f"{statistics.median(times):.0f} ms an image (median; {min(times):.0f} to {max(times):.0f})"
    if source.suffix == ".csv":
        with source.open(encoding="utf-8", newline="") as rows:
            labels = {source.parent / "images" / row["img_path"]: row["text"] for row in csv.DictReader(rows)}
        metric = RecognitionMetric()
        metric.update([" ".join(texts(answer)) for answer in answers], [labels[file] for file in files])
        yield f"{metric.compute()['cer']:.1%} of the characters wrong"
    elif (source.parent / "label.txt").exists():
        pages = {Path(page.path).name: page for page in read_pages(source.parent / "label.txt")}
        name, timed = source.parent.name, [answer | {"seconds": answer["ms"] / 1e3} for answer in answers]
        row = measured(name, "", [pages[file.name] for file in files], timed)
        yield f"found and read {row['read_hmean']:.3f}"
        if name not in WORDS:
            yield f"{row['wrong']:.1%} of the characters wrong"


if __name__ == "__main__":
    main()

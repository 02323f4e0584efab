"""Whether a browser reads what Python reads, and how fast: an export of `chuviet export --to web` in Chromium.

    python benchmarks/web.py demo/ --lines labels.csv --count 300
    python benchmarks/web.py demo/ --pages synthetic_data/eval_pages/hand/images --count 8

Images are decoded by Python and given to both as PNG, so that what differs is the reading; with --as-they-are the
browser gets the files themselves, and decodes them. Every difference is printed. Times are those of processors, which
other programs change little. Needs Linux, Node, Chromium, and `npm ci` in web/.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from chuviet.inputs.images import read_image
from chuviet.reading.lines import LineReader
from chuviet.reading.pages import Reader

ROOT = Path(__file__).parents[1]


def main() -> None:
    args = parsed()
    files = chosen(files_of(Path(args.lines or args.pages)), args.count)
    with tempfile.TemporaryDirectory() as folder:
        images = [read_image(file) for file in files]
        given = [file if args.as_they_are else Path(folder, f"{i}.png") for i, file in enumerate(files)]
        for image, file in zip(images, given, strict=True):
            if not args.as_they_are:
                Image.fromarray(image).save(file, compress_level=1)
        wanted, times = by_python(images, bool(args.lines))
        print(f"Python, one thread: {statistics.median(times):.0f} ms (median)", flush=True)
        compare(files, wanted, in_chromium(Path(args.export), given, bool(args.lines), args.isolated))


def parsed() -> argparse.Namespace:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("export", help="the folder that `chuviet export --to web` wrote")
    what = p.add_mutually_exclusive_group(required=True)
    what.add_argument("--lines", help="a folder of lines, or a CSV with img_path, its images beside it in images/")
    what.add_argument("--pages", help="a folder of pages")
    p.add_argument("--count", type=int, default=10**6, help="so many of them, evenly chosen")
    p.add_argument("--as-they-are", action="store_true", help="let the browser decode the files")
    p.add_argument("--isolated", action="store_true", help="with cross-origin isolation: on several threads")
    return p.parse_args()


def files_of(path: Path) -> list[Path]:
    if path.suffix != ".csv":
        return sorted(file for file in path.iterdir() if file.suffix.lower() in (".jpg", ".jpeg", ".png"))
    with path.open(encoding="utf-8", newline="") as rows:
        return [path.parent / "images" / row["img_path"] for row in csv.DictReader(rows)]


def chosen(files: Sequence[Path], count: int) -> Sequence[Path]:
    return files[:: max(len(files) // count, 1)][:count]


def by_python(images: Sequence[Any], lines: bool) -> tuple[list[list[str]], list[float]]:
    """The texts of each image, and the milliseconds of a processor that it took."""
    reader: Any = LineReader(threads=1) if lines else Reader(threads=1)
    texts, times = [], []
    for image in images:
        start = time.process_time()
        read = [reader.predict([image])[0]] if lines else list(reader.read_image(image))
        times.append(1e3 * (time.process_time() - start))
        texts.append([line.text for line in read])
    return texts, times


def in_chromium(export: Path, files: Sequence[Path], lines: bool, isolated: bool) -> Iterator[dict[str, Any]]:
    """What the browser gives for each file, as it comes; at last what is said of all."""
    task = {
        "modules": str(ROOT / "web" / "node_modules"), "chromium": shutil.which("chromium"), "isolated": isolated,
        "folder": str(export.resolve()), "files": [str(file.resolve()) for file in files],
        "type": "lines" if lines else "read",
    }  # fmt: skip
    command = ["node", str(ROOT / "tests" / "web" / "browser.mjs")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as browser:
        assert browser.stdin is not None and browser.stdout is not None
        browser.stdin.write(json.dumps(task))
        browser.stdin.close()
        before = processor_time(browser.pid)
        for row in browser.stdout:
            now = processor_time(browser.pid)
            yield {"processor_ms": 1e3 * (now - before)} | json.loads(row)
            before = now


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


def compare(files: Sequence[Path], wanted: Sequence[list[str]], found: Iterator[dict[str, Any]]) -> None:
    """Prints what differs, and the figures."""
    same, same_lines, times = 0, 0, []
    for file, want in zip(files, wanted, strict=True):
        one = next(found)
        texts = (
            [one["line"]["text"]]
            if "line" in one
            else [line["text"] for line in one.get("page", {"lines": []})["lines"]]
        )
        times.append(one["processor_ms"])
        same += texts == want
        same_lines += sum(a == b for a, b in zip(texts, want, strict=False))
        if texts != want:
            print(f"{file.name}: {one.get('error', '')}")
            for text in want:
                print(f"  Python  {text}" if text not in texts else f"          {text}")
            for text in texts:
                if text not in want:
                    print(f"  browser {text}")
            sys.stdout.flush()
    said = next(found)
    lines = sum(map(len, wanted))
    print(f"{same} of {len(files)} with the same texts, {same_lines} of {lines} lines")
    how = "several threads" if said["isolated"] else "one thread"
    median = statistics.median(times[1:] or times)  # the first one loads everything
    print(f"Chromium, {how}: {median:.0f} ms (median, with what the browser itself takes)")
    print(
        f"{sum(size for path, size in said['sent'].items() if not path.startswith('/files/')) / 1e6:.1f} MB were loaded"
    )


if __name__ == "__main__":
    main()

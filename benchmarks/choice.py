"""Which of several readers reads which line? Fits `chuviet.reading.choice.Calibration` on some sets of lines and
measures the choice on others.

A set is NAME=PATH: a table img_path,text (.csv; of several folds the --fold), a list path<TAB>text, or pages
(path<TAB>json), whose lines are cut out as `chuviet read` does it. NAME^=PATH is compared case aside. Its lines are
shuffled; NAME=PATH@500-600 takes those from the 500th to before the 600th, without it the first --count.

    python benchmarks/choice.py -w vi_text -w scene_word \\
        --fit print=EVAL/printed/manifest.csv receipts^=DATA/sroie/train_label.txt \\
        --on words=DATA/scene_words/val.txt@0-500 receipts^=DATA/sroie/val_label.txt
"""

import argparse
import csv
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import editdistance
import numpy as np
from scipy.optimize import minimize

from chuviet.data.pages import read_pages
from chuviet.geometry import crop
from chuviet.inputs.images import read_image
from chuviet.reading.choice import Calibration, LineChoice, calibration_of
from chuviet.reading.lines import LineReader
from chuviet.reading.words import read_words

_STARTS = 12  # random starts of the fit
_PULL = 1e-5  # on squared numbers: without it slopes grow without end


@dataclass(frozen=True)
class Read:
    """A set as read: for each reader and line the wrong characters and log confidence (minus infinity: empty)."""

    name: str
    wrong: np.ndarray  # R N
    logs: np.ndarray  # R N
    characters: int

    def cer(self, calibrations: Sequence[Calibration]) -> float:
        """Of the choice."""
        worth = np.stack([c.offset + c.slope * log for c, log in zip(calibrations, self.logs, strict=True)])
        return float(np.take_along_axis(self.wrong, worth.argmax(0)[None], 0).sum()) / self.characters


def lines_of(spec: str, count: int, fold: str) -> tuple[str, bool, list[tuple[np.ndarray, str]]]:
    """Name, whether case is put aside, and images with texts."""
    name, path = spec.split("=", 1)
    path, _, part = path.partition("@")
    first, last = map(int, part.split("-")) if part else (0, count)
    source = Path(path)
    rows: list[tuple[Path, np.ndarray | None, str]] = []
    if source.suffix == ".csv":
        with source.open(encoding="utf-8", newline="") as file:
            table = list(csv.DictReader(file))
        several = len({row.get("fold") for row in table}) > 1
        folder = source.parent / "images" if (source.parent / "images").is_dir() else source.parent
        rows = [(folder / row["img_path"], None, row["text"]) for row in table if not several or row["fold"] == fold]
    elif source.read_text(encoding="utf-8").partition("\t")[2].startswith("["):
        for page in read_pages(source):
            for quad, text, ignored in zip(page.quads, page.texts, page.ignore, strict=True):
                rows += [] if ignored else [(page.path, quad, text)]
    else:
        for line in source.read_text(encoding="utf-8").splitlines():
            file_name, text = line.split("\t", 1)
            rows.append((source.parent / file_name, None, text))
    random.Random(0).shuffle(rows)
    found = []
    for path_, quad, text in rows[first:last]:
        image = read_image(path_)
        found.append((image if quad is None else crop(image, quad), text))
    return name.rstrip("^"), name.endswith("^"), found


def read_set(readers: Sequence[LineReader], spec: str, count: int, fold: str) -> Read:
    name, folded, lines = lines_of(spec, count, fold)
    images, texts = [image for image, _ in lines], [text for _, text in lines]
    wrong, logs = [], []
    for reader in readers:
        found = read_words(reader, images)
        pairs = [(p.text.upper(), t.upper()) if folded else (p.text, t) for p, t in zip(found, texts, strict=True)]
        wrong.append([editdistance.eval(a, b) for a, b in pairs])
        logs.append([math.log(max(p.confidence, 1e-6)) if p.text else -math.inf for p in found])
    return Read(name, np.array(wrong), np.array(logs), sum(map(len, texts)))


def fit(sets: Sequence[Read], readers: int) -> list[Calibration]:
    """The calibrations of the least mean CER of the sets, each line's choice being made soft; the last offset is 0."""

    def split(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.append(numbers[: readers - 1], 0.0), numbers[readers - 1 :]

    def loss(numbers: np.ndarray) -> float:
        offsets, slopes = split(numbers)
        total = _PULL * float(numbers @ numbers)
        for one in sets:
            worth = offsets[:, None] + slopes[:, None] * np.maximum(one.logs, -14.0)
            shares = np.exp(worth - worth.max(0))
            total += float((shares / shares.sum(0) * one.wrong).sum()) / one.characters / len(sets)
        return total

    rng = np.random.default_rng(0)
    tries = [minimize(loss, rng.normal(0, 3, 2 * readers - 1) + 3) for _ in range(_STARTS)]
    offsets, slopes = split(min(tries, key=lambda t: t.fun).x)
    return [Calibration(round(float(a), 1), round(float(b), 1)) for a, b in zip(offsets, slopes, strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-w", "--weights", action="append", required=True, help="one reader each")
    parser.add_argument("--fit", nargs="*", default=[], metavar="NAME=PATH", help="sets that the numbers are fitted on")
    parser.add_argument("--on", nargs="*", default=[], metavar="NAME=PATH", help="sets that the choice is measured on")
    parser.add_argument("--count", type=int, default=500, help="lines of each set (%(default)s)")
    parser.add_argument("--fold", default="0", help="of tables with several folds (%(default)s)")
    args = parser.parse_args()
    readers = [LineReader(name, threads=1) for name in args.weights]
    calibrations = list(LineChoice(readers).calibrations)
    if any(one.pages for one in calibrations):
        parser.error("a reader of print is chosen by the page, beside one with a language model; name readers of lines")
    if args.fit:
        fitted_on = [read_set(readers, spec, args.count, args.fold) for spec in args.fit]
        calibrations = fit(fitted_on, len(readers))
    for name, reader, calibration in zip(args.weights, readers, calibrations, strict=True):
        print(f"{name}: {calibration} (built in: {calibration_of(reader)})")
    print("set\tlines\t" + "\t".join(args.weights) + "\tthe choice\tthe best of each line")
    for spec in args.on:
        one = read_set(readers, spec, args.count, args.fold)
        alone = "\t".join(f"{100 * wrong.sum() / one.characters:.2f} %" for wrong in one.wrong)
        best = f"{100 * one.wrong.min(0).sum() / one.characters:.2f} %"
        print(f"{one.name}\t{one.wrong.shape[1]}\t{alone}\t{100 * one.cer(calibrations):.2f} %\t{best}", flush=True)


if __name__ == "__main__":
    main()

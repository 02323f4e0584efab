"""How well, and how fast, are whole pages read? Ours beside an older checkout and two peers, page by page in turns.

    python synthetic_data/gendata_page_tests.py
    python benchmarks/pages_read.py --rapidocr ENVIRONMENT/bin/python [--weights DETECTOR,RECOGNISER,...]
        [--old CHECKOUT]

Every side is a process of its own with --threads threads; of each page all sides take their turn before the next one,
and who begins changes. Seconds are those from the file to the texts, the median of the pages, after a first page that
warms up. Words are compared on photos, lines elsewhere: of a side that tells no words, lines. Metrics:
`chuviet.metrics.pages`. Without the sets, a few drawn pages are read, which say little.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from peers.process import PEERS, Process

from chuviet.data.pages import read_pages
from chuviet.labels import LabelledPage
from chuviet.metrics.pages import PageReadingMetric
from chuviet.results import Detection
from chuviet.synth.corpus import Verse
from chuviet.synth.fonts import default_fonts
from chuviet.synth.paper import encode_jpeg
from chuviet.synth.sheets import printed_page
from chuviet.vocab import VIETNAMESE

SETS = Path(__file__).parents[1] / "synthetic_data" / "eval_pages"
#: Sets whose regions are words, scattered, so that there is no text of the page.
WORDS = ("photos",)
Answer = dict[str, Any]


def main() -> None:
    args = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        if args.folder.is_dir():
            files = {name: args.folder / name / "label.txt" for name in args.sets or _names(args.folder)}
        else:
            print(f"no folder {args.folder} (synthetic_data/gendata_page_tests.py makes it): a few drawn pages")
            files = {"drawn": drawn(Path(folder))}
        sets = {name: spread(read_pages(file), args.limit) for name, file in files.items()}
        sides = start(args)
        rows: list[dict[str, Any]] = []
        for name, pages in sets.items():
            rows += [measured(name, who, pages, given) for who, given in ask(sides, pages, name).items()]
            if args.out:  # after every set: all of them take long
                args.out.write_text(json.dumps(rows, indent=1), encoding="utf-8")
        for side in sides.values():
            side.close()
    print(table(rows))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=SETS, help="a folder of sets (%(default)s)")
    parser.add_argument("--sets", nargs="+", help="names of some of them (default: all)")
    parser.add_argument("--limit", type=int, default=1_000, help="pages of each set, spread over it (%(default)s)")
    parser.add_argument("--weights", action="append", default=[], metavar="DETECTOR,RECOGNISER,...",
                        help="repeatable; `default` (also when none is given) is chuviet.Reader()")  # fmt: skip
    parser.add_argument("--old", action="append", default=[], type=Path, help="another checkout, repeatable: read by "
                        "CHECKOUT/.venv/bin/python if it is there, else by this Python with its source")  # fmt: skip
    parser.add_argument("--rapidocr", help="python of an environment with rapidocr 3.10 and onnxruntime")
    parser.add_argument("--rapidocr-words", action="store_true", help="a side more: rapidocr asked for words")
    parser.add_argument("--tesseract", default="vie", help="language, if the command is installed (%(default)s); "
                        "`no` leaves it out")  # fmt: skip
    parser.add_argument("--threads", type=int, default=2, help="%(default)s")
    parser.add_argument("--out", type=Path, help="the table as JSON")
    return parser.parse_args()


def _names(folder: Path) -> list[str]:
    return sorted(file.parent.name for file in folder.glob("*/label.txt"))


def spread(pages: list[LabelledPage], limit: int) -> list[LabelledPage]:
    """At most `limit` pages, evenly spread."""
    return [pages[int(i)] for i in np.linspace(0, len(pages) - 1, min(limit, len(pages))).round()]


def start(args: argparse.Namespace) -> dict[str, Process]:
    """The sides by name, each ready to read."""
    ours, threads = str(PEERS / "chuviet_pages.py"), args.threads
    limit = {"OMP_NUM_THREADS": str(threads)}
    sides = {}
    for weights in args.weights or ["default"]:
        named = [] if weights == "default" else weights.split(",")
        name = f"chuviet {weights.replace(',', ' + ')}"
        sides[name] = Process([sys.executable, ours], {"threads": threads, "weights": named}, limit)
    for checkout in args.old:
        own = checkout / ".venv" / "bin" / "python"
        python = str(own) if own.exists() else sys.executable
        source = limit | {"PYTHONPATH": str(checkout / "src")}
        sides[f"{checkout.name} default"] = Process([python, ours], {"threads": threads, "weights": []}, source)
    if args.rapidocr:
        for words in (False, True)[: 1 + args.rapidocr_words]:
            command = [args.rapidocr, str(PEERS / "rapidocr_pages.py")]
            task = {"threads": threads, "words": words}
            sides["RapidOCR" + ", words" * words] = Process(command, task, limit)
    if args.tesseract != "no" and shutil.which("tesseract"):
        command = [sys.executable, str(PEERS / "tesseract_pages.py")]
        sides["Tesseract"] = Process(command, {"threads": threads, "language": args.tesseract})
    return sides


def ask(sides: dict[str, Process], pages: list[LabelledPage], name: str) -> dict[str, list[Answer]]:
    """What every side reads on every page, in turns."""
    answers: dict[str, list[Answer]] = {who: [] for who in sides}
    order = list(sides)
    for number, page in enumerate([pages[0], *pages]):  # the first page warms up
        order = order[1:] + order[:1]
        for who in order:
            answer = sides[who].ask(page.path)
            if number:
                answers[who].append(answer)
        print(f"\r{name}: {number} of {len(pages)} pages", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return answers


def measured(name: str, who: str, pages: list[LabelledPage], answers: list[Answer]) -> dict[str, Any]:
    """A row of the table."""
    metric = PageReadingMetric()
    for number, (page, answer) in enumerate(zip(pages, answers, strict=True)):
        found = (answer["words"] or answer["lines"]) if name in WORDS else answer["lines"]
        quads = np.array([corners for _, corners in found], np.float64).reshape(-1, 4, 2)
        metric.update(Detection(number, quads, np.ones(len(quads)), [text for text, _ in found]), page)
    seconds = statistics.median(answer["seconds"] for answer in answers)
    return {"set": name, "system": who, **metric.compute(), "seconds": seconds}


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as Markdown."""
    lines = ["| set | system | pages | found: P, R, hmean | found and read, hmean | characters wrong | s a page |",
             "|---|---|---|---|---|---|---|"]  # fmt: skip
    for row in rows:
        facts = [f"{row['precision']:.3f} {row['recall']:.3f} **{row['hmean']:.3f}**", f"{row['read_hmean']:.3f}",
                 "" if row["set"] in WORDS else f"{row['wrong']:.1%}"]  # fmt: skip
        if row["empty"] == row["count"]:
            facts = [f"{row['reported']:.0f} texts reported", "", ""]
        lines.append(
            f"| {row['set']} | {row['system']} | {row['count']} | {' | '.join(facts)} | {row['seconds']:.2f} |"
        )
    return "\n".join(lines)


def drawn(folder: Path, count: int = 3) -> Path:
    """Printed pages of built syllables; their label file."""
    fonts = [(font.path,) * 3 for font in default_fonts(VIETNAMESE)]
    verse, rows = Verse(), []
    for number in range(count):
        rng = np.random.default_rng((987_654, number))
        texts = [verse.text(number * 50 + k, rng) for k in range(50)]
        image, regions = printed_page(texts, fonts, rng, size=(900, 600))
        (folder / f"{number}.jpg").write_bytes(encode_jpeg(image, 90))
        rows.append(f"{number}.jpg\t{json.dumps(regions)}\n")
    (folder / "label.txt").write_text("".join(rows), encoding="utf-8")
    return folder / "label.txt"


if __name__ == "__main__":
    main()

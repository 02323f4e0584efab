"""Draws the lines of train_folds.csv into training_data/images/<writer>/<n>.jpg: the demo's stand-in for a real set.

Every writer_id of the CSV is a made-up writer with a font, hand, pen and paper of their own. Only the CSV that came
with the project is drawn, and only images that this script drew before are replaced (drawn.json beside them names
them): your own labels and images stay as they are.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from chuviet.commands.guard import guarded
from chuviet.data.table import read_table
from chuviet.errors import InputError
from chuviet.files import write_whole
from chuviet.synth.fonts import Font, find_fonts
from chuviet.synth.record import digest
from chuviet.synth.writers import Writer
from chuviet.vocab import VIETNAMESE

#: Digest of the image, text and writer columns of the project's train_folds.csv; folds may be dealt anew.
DEMO = "2970ffc147f8"
DRAWN = "drawn.json"


class Lines:
    """`draw(n)` gives the JPEG bytes of row n, the same every time."""

    def __init__(self, table: pd.DataFrame, fonts: list[Font]) -> None:
        self.rows = list(zip(table["text"], (int(w) for w in table["writer_id"]), strict=True))
        self.fonts = [f for f in fonts if f.can_write(VIETNAMESE)]
        self.writers: dict[int, Writer] = {}

    def draw(self, n: int) -> bytes:
        text, number = self.rows[n]
        if number not in self.writers:
            self.writers[number] = Writer.make(number, self.fonts)
        return self.writers[number].line(text, np.random.default_rng((number, n)))


def check_labels(path: Path, table: pd.DataFrame) -> None:
    """Raises InputError unless the rows are those of the demo."""
    if digest(table[["img_path", "text", "writer_id"]].to_numpy(str).ravel()) != DEMO:
        raise InputError(
            f"{path}: not the demo's own rows, so nothing was drawn; the demo runs in a fresh clone, "
            "and a set of your own is trained on as docs/recipes.md says"
        )


def check_images(out: Path, paths: list[str], lines: Lines, drawn: Mapping[str, str]) -> None:
    """Raises InputError when an image that would be written is there and was not drawn by this script."""
    for n, name in enumerate(paths):
        path = out / name
        if path.exists():
            data = path.read_bytes()
            if _sum(data) != drawn.get(name) and data != lines.draw(n):
                raise InputError(f"{path}: not drawn by this script, so nothing was; move {out} away if you want to")


def read_drawn(record: Path) -> dict[str, str]:
    """Image -> SHA-256 of its bytes as drawn; empty where there is no record. Raises InputError."""
    try:
        return dict(json.loads(record.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError) as e:
        raise InputError(f"{record}: cannot be read ({e}); move the folder away and start again") from e


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("train_folds.csv"), help="the demo's labels")
    parser.add_argument("--out", type=Path, default=Path("training_data/images"), help="folder of the images")
    parser.add_argument("--fonts", type=Path, default=Path("fonts"), help="folder of TTF and OTF files")
    parser.add_argument("--count", type=int, help="draw the first lines only (default: all)")
    args = parser.parse_args()
    table = read_table(args.data, columns=("img_path", "text", "writer_id", "fold"))
    check_labels(args.data, table)
    table = table[: args.count]
    fonts, said = find_fonts(args.fonts, VIETNAMESE)
    print(said)
    paths, lines, record = table["img_path"].tolist(), Lines(table, fonts), args.out / DRAWN
    drawn = read_drawn(record)
    check_images(args.out, paths, lines, drawn)
    try:
        for n, name in enumerate(tqdm(paths, unit="line", desc="demo lines", dynamic_ncols=True)):
            data = lines.draw(n)
            write_whole(args.out / name, data, sync=False)
            drawn[name] = _sum(data)
    finally:
        write_whole(record, json.dumps(drawn, indent=1).encode())
    print(f"{args.out}: {len(table)} lines of {len(lines.writers)} writers")
    return 0


def _sum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


if __name__ == "__main__":
    sys.exit(guarded(main, "gendata_demo"))

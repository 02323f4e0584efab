"""Distorted, newly inked copies of real lines: images and manifest.csv under synthetic_data/aug.

A copy keeps its source's writer and fold; the manifest's `aug` column names the source image. Sample i is copy i // n
of row i % n.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from chuviet.commands.dispatch import guarded
from chuviet.commands.synthesis import add_options, write_samples
from chuviet.data.images import read_image
from chuviet.data.table import image_root, read_table
from chuviet.manifest import COLUMNS
from chuviet.synth.record import digest
from chuviet.synth.reink import reink


class Copies:
    """`job(i)` of a set of copies; see chuviet.synth.dataset."""

    def __init__(self, data: Path, seed: int, height: int) -> None:
        self.table = read_table(data, columns=("img_path", "text", "writer_id", "fold"))
        self.root, self.seed, self.height = image_root(data, self.table), seed, height

    def job(self, index: int) -> tuple[dict[str, str], bytes]:
        row = self.table.iloc[index % len(self.table)]
        data = reink(read_image(self.root / row["img_path"]), self.height, np.random.default_rng((self.seed, index, 3)))
        name = f"{index // 1000:04d}/{index:07d}.jpg"
        values = (name, row["text"], row["writer_id"], str(row["fold"]), "aug", "", row["img_path"])
        return dict(zip(COLUMNS, values, strict=True)), data

    def describe(self) -> str:
        """How many lines, and a digest of their labels and of the sizes of their files."""
        sizes = [str(p.stat().st_size) if p.exists() else "" for p in (self.root / n for n in self.table["img_path"])]
        return f"{len(self.table)} lines ({digest([self.table.to_csv(index=False), *sizes])})"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    add_options(parser, count=0, out="synthetic_data/aug")
    parser.add_argument("--data", type=Path, default=Path("train_folds.csv"), help="labels of the real lines")
    parser.add_argument("--copies", type=int, default=10, help="copies of each line, when --count is 0")
    parser.add_argument("--height", type=int, default=64, help="height of the images in pixels")
    args = parser.parse_args()
    copies = Copies(args.data, args.seed, args.height)
    args.count = args.count or args.copies * len(copies.table)
    manifest, whole = write_samples(copies.job, args, args.out, {"data": copies.describe(), "height": args.height})
    print(f"{manifest}: {args.count} copies of {len(copies.table)} lines" + ("" if whole else ", this shard of them"))
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main, "gendata_aug"))

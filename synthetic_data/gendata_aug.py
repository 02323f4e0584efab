"""Distorted, newly inked copies of real lines: images and manifest.csv under synthetic_data/aug.

A copy keeps its source's writer and fold; the manifest's `aug` column names the source image. Sample i is copy i // n
of row i % n. With --white the copies are undistorted, their paper white and their ink black and full: to measure what
other paper and pens cost (--copies 1).
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from chuviet.commands.guard import guarded
from chuviet.commands.synthesis import add_options, write_samples
from chuviet.data.table import image_root, read_table
from chuviet.inputs.images import read_image
from chuviet.manifest import COLUMNS
from chuviet.preprocess.line import separate_ink
from chuviet.synth.paper import Sheet, encode_jpeg, put_on
from chuviet.synth.record import digest
from chuviet.synth.reink import reink


class Copies:
    """`job(i)` of a set of copies; see chuviet.synth.dataset."""

    def __init__(self, data: Path, seed: int, height: int, white: bool = False) -> None:
        self.table = read_table(data, columns=("img_path", "text", "writer_id", "fold"))
        self.root, self.seed, self.height, self.white = image_root(data, self.table), seed, height, white

    def job(self, index: int) -> tuple[dict[str, str], bytes]:
        row = self.table.iloc[index % len(self.table)]
        image, rng = read_image(self.root / row["img_path"]), np.random.default_rng((self.seed, index, 3))
        data = self._on_white(image, rng) if self.white else reink(image, self.height, rng)
        name = f"{index // 1000:04d}/{index:07d}.jpg"
        values = (name, row["text"], row["writer_id"], str(row["fold"]), "aug", "", row["img_path"])
        return dict(zip(COLUMNS, values, strict=True)), data

    @staticmethod
    def _on_white(image: np.ndarray, rng: np.random.Generator) -> bytes:
        strength = (255 - separate_ink(image).astype(np.float32)) / 255
        return encode_jpeg(put_on(strength, Sheet(strength=1.3), rng), Sheet.quality)

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
    parser.add_argument("--white", action="store_true", help="black ink on white paper, undistorted")
    args = parser.parse_args()
    copies = Copies(args.data, args.seed, args.height, args.white)
    args.count = args.count or args.copies * len(copies.table)
    manifest, whole = write_samples(
        copies.job, args, args.out, {"data": copies.describe(), "height": args.height, "white": args.white}
    )
    print(f"{manifest}: {args.count} copies of {len(copies.table)} lines" + ("" if whole else ", this shard of them"))
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main, "gendata_aug"))

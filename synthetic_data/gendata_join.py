"""Lines joined from words that are cut out of real lines: images and manifest.csv under synthetic_data/joined.

A recogniser aligns each real line with its text, which says where the words are; pieces of one to four neighbouring
words, of lines of one fold, make a new line with that fold. The manifest's `aug` column names the source images.
"""

import argparse
import sys
from functools import lru_cache
from pathlib import Path

import numpy as np

from chuviet.commands.dispatch import guarded
from chuviet.commands.synthesis import add_options, write_samples
from chuviet.data.images import read_image
from chuviet.data.table import image_root, read_table
from chuviet.data.transforms import separate_ink
from chuviet.manifest import COLUMNS, JOINED
from chuviet.ship.alignment import word_gaps
from chuviet.ship.inference import find_weights, load
from chuviet.synth.joined import CutLine, cut_line, join
from chuviet.synth.paper import Sheet, encode_jpeg, put_on
from chuviet.synth.record import digest
from chuviet.types import InputError

LONGEST = 69  # characters


class JoinedLines:
    """`job(i)` of a set of joined lines; see chuviet.synth.dataset."""

    def __init__(self, data: Path, weights: Path, seed: int, height: int) -> None:
        table = read_table(data, columns=("img_path", "text", "fold"))
        self.root, self.seed, self.height = image_root(data, table), seed, height
        self.names, self.texts = table["img_path"].tolist(), table["text"].tolist()
        images = [self._image(i) for i in range(len(table))]
        gaps = word_gaps(load(weights), images, self.texts)
        self.gaps = [g or [] for g in gaps]
        # A line whose text does not fit its frames has no cuts, and is none of those that are taken apart.
        self.fold = {i: int(f) for i, f in enumerate(table["fold"]) if gaps[i] is not None}
        if not self.fold:
            raise InputError(f"{data}: no line whose text fits its image")
        self.rows = {f: [i for i in self.fold if self.fold[i] == f] for f in set(self.fold.values())}
        self.order = list(self.fold)

    def job(self, index: int) -> tuple[dict[str, str], bytes]:
        rng = np.random.default_rng((self.seed, index, 4))
        fold = self.fold[self.order[index % len(self.order)]]
        rows = self.rows[fold]
        length = min(len(self.texts[rows[int(rng.integers(len(rows)))]]) + 3, LONGEST)
        pieces: list[tuple[CutLine, int, int]] = []
        words: list[str] = []
        sources: list[str] = []
        i = self.order[index % len(self.order)]
        while True:
            line = self._line(i)
            first = int(rng.integers(len(line.words)))
            last = min(first + int(rng.integers(4)), len(line.words) - 1)
            piece = line.words[first : last + 1]
            if words and len(" ".join([*words, *piece])) > length:
                break
            if all(line.piece(k, k).shape[1] for k in range(first, last + 1)):  # a word that got no ink is left
                pieces.append((line, first, last))
                words += piece
                sources.append(self.names[i])
            i = rows[int(rng.integers(len(rows)))]
        sheet = Sheet.draw(rng)
        data = encode_jpeg(put_on(join(pieces, self.height, rng), sheet, rng), sheet.quality)
        name = f"{index // 1000:04d}/{index:07d}.jpg"
        values = (name, " ".join(words), "-1", str(fold), JOINED, "", "|".join(sources))
        return dict(zip(COLUMNS, values, strict=True)), data

    @lru_cache(maxsize=2048)  # noqa: B019 - one set a process, which ends with it
    def _line(self, i: int) -> CutLine:
        ink = (255 - separate_ink(self._image(i)).astype(np.float32)) / 255
        return cut_line(ink, self.texts[i].split(" "), self.gaps[i])

    def _image(self, i: int) -> np.ndarray:
        return read_image(self.root / self.names[i])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    add_options(parser, count=20_000, out="synthetic_data/joined")
    parser.add_argument("--data", type=Path, default=Path("train_folds.csv"), help="labels of the real lines")
    parser.add_argument("-w", "--weights", default="vi_line", help="the CTC recogniser that finds the words")
    parser.add_argument("--height", type=int, default=64, help="height of the images in pixels")
    args = parser.parse_args()
    weights = find_weights(args.weights)
    lines = JoinedLines(args.data, weights, args.seed, args.height)
    recipe = {
        "data": digest([args.data.read_bytes()]),
        "weights": digest([weights.read_bytes()]),
        "height": args.height,
    }
    manifest, whole = write_samples(lines.job, args, args.out, recipe)
    print(f"{manifest}: {args.count} lines of {len(lines.order)} real ones" + ("" if whole else ", this shard of them"))
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main, "gendata_join"))

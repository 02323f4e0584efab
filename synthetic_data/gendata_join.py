"""Lines joined from words that are cut out of real lines: images and manifest.csv under synthetic_data/joined.

A recogniser aligns each real line with its text, which says where the words are. Parts of lines of one fold make a new
line with that fold: half of the lines take each part of the address (what commas divide) from the same place in another
line, the others take pieces of one to four neighbouring words from anywhere. The manifest's `aug` column names the
source images.
"""

import argparse
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from chuviet.artifact.opening import find_weights
from chuviet.commands.guard import guarded
from chuviet.commands.synthesis import add_options, write_samples
from chuviet.data.table import image_root, read_table
from chuviet.errors import InputError
from chuviet.inputs.images import read_image
from chuviet.manifest import COLUMNS, JOINED
from chuviet.preprocess.line import separate_ink
from chuviet.reading.alignment import word_gaps
from chuviet.reading.lines import LineReader
from chuviet.synth.joined import CutLine, cut_line, fields, join
from chuviet.synth.paper import Sheet, encode_jpeg, put_on
from chuviet.synth.record import digest

LONGEST = 69  # characters
Piece = tuple[int, int, int]  # a real line, its first and its last word


class JoinedLines:
    """`job(i)` of a set of joined lines; see chuviet.synth.dataset."""

    def __init__(self, data: Path, weights: Path, seed: int, height: int, background: str | None = None) -> None:
        columns = ("img_path", "text", "fold", *(("background",) if background else ()))
        table = read_table(data, columns=columns)
        if background:
            known = sorted(set(table["background"]))
            table = table[table["background"] == background].reset_index(drop=True)
            if table.empty:
                raise InputError(f"{data}: no line on {background!r}; there are {', '.join(map(str, known))}")
        self.root, self.seed, self.height = image_root(data, table), seed, height
        self.names, self.texts = table["img_path"].tolist(), table["text"].tolist()
        images = [self._image(i) for i in range(len(table))]
        gaps = word_gaps(LineReader(weights), images, self.texts)
        self.gaps = [g or [] for g in gaps]
        # A line whose text does not fit its frames has no cuts, and is none of those that are taken apart.
        self.fold = {i: int(f) for i, f in enumerate(table["fold"]) if gaps[i] is not None}
        if not self.fold:
            raise InputError(f"{data}: no line whose text fits its image")
        self.parts = [fields(t.split(" ")) for t in self.texts]
        self.rows = {f: [i for i in self.fold if self.fold[i] == f] for f in set(self.fold.values())}
        self.order = list(self.fold)

    def job(self, index: int) -> tuple[dict[str, str], bytes]:
        rng = np.random.default_rng((self.seed, index, 4))
        start = self.order[index % len(self.order)]
        rows = self.rows[self.fold[start]]
        choose = self._by_field if rng.random() < 0.5 else self._by_words
        while not (chosen := choose(start, rows, rng)):
            start = rows[int(rng.integers(len(rows)))]
        pieces = [(self._line(i), first, last) for i, first, last in chosen]
        sheet = Sheet.draw(rng)
        data = encode_jpeg(put_on(join(pieces, self.height, rng), sheet, rng), sheet.quality)
        text = " ".join(" ".join(line.words[first : last + 1]) for line, first, last in pieces)
        sources = "|".join(dict.fromkeys(self.names[i] for i, _, _ in chosen))
        name = f"{index // 1000:04d}/{index:07d}.jpg"
        values = (name, text, "-1", str(self.fold[start]), JOINED, "", sources)
        return dict(zip(COLUMNS, values, strict=True)), data

    def _by_field(self, start: int, rows: Sequence[int], rng: np.random.Generator) -> list[Piece]:
        """Each part of the address `start` from a line that has one in that place, counted from the end; nothing if
        that is too long or a word of it has no ink.
        """
        chosen: list[Piece] = []
        for place in range(len(self.parts[start]), 0, -1):
            able = [i for i in rows if len(self.parts[i]) >= place]
            i = able[int(rng.integers(len(able)))]
            chosen.append((i, *self.parts[i][-place]))
        return chosen if self._length(chosen) <= LONGEST and all(self._has_ink(p) for p in chosen) else []

    def _by_words(self, start: int, rows: Sequence[int], rng: np.random.Generator) -> list[Piece]:
        """Pieces of `start` and of other lines, as long together as some line is."""
        length = min(len(self.texts[rows[int(rng.integers(len(rows)))]]) + 3, LONGEST)
        chosen: list[Piece] = []
        i = start
        while True:
            count = len(self.texts[i].split(" "))
            first = int(rng.integers(count))
            piece = (i, first, min(first + int(rng.integers(4)), count - 1))
            if chosen and self._length([*chosen, piece]) > length:
                return chosen
            if self._has_ink(piece):
                chosen.append(piece)
            i = rows[int(rng.integers(len(rows)))]

    def _length(self, chosen: Sequence[Piece]) -> int:
        """Characters of the joined text."""
        return sum(len(" ".join(self.texts[i].split(" ")[a : b + 1])) + 1 for i, a, b in chosen) - 1

    def _has_ink(self, piece: Piece) -> bool:
        i, first, last = piece
        return all(self._line(i).piece(k, k).shape[1] for k in range(first, last + 1))

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
    parser.add_argument("--background", help="only the lines whose column `background` says this, such as white")
    parser.add_argument("-w", "--weights", default="vi_text", help="the CTC recogniser that finds the words")
    parser.add_argument("--height", type=int, default=64, help="height of the images in pixels")
    args = parser.parse_args()
    weights = find_weights(args.weights)
    lines = JoinedLines(args.data, weights, args.seed, args.height, args.background)
    recipe = {
        "data": digest([args.data.read_bytes()]),
        "weights": digest([weights.read_bytes()]),
        "height": args.height,
        **({"background": args.background} if args.background else {}),
    }
    manifest, whole = write_samples(lines.job, args, args.out, recipe)
    print(f"{manifest}: {args.count} lines of {len(lines.order)} real ones" + ("" if whole else ", this shard of them"))
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main, "gendata_join"))

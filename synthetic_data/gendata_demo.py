"""Draws the lines of train_folds.csv into training_data/images/<writer>/<n>.jpg: the demo's stand-in for a real set.

Every writer_id of the CSV is a made-up writer with a font, hand, pen and paper of their own.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from tqdm import tqdm

from chuviet.commands.dispatch import guarded
from chuviet.data.table import read_table
from chuviet.synth.dataset import write_whole
from chuviet.synth.fonts import find_faces
from chuviet.synth.writers import Writer
from chuviet.vocab import VIETNAMESE


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("train_folds.csv"), help="img_path,text,writer_id,fold")
    parser.add_argument("--out", type=Path, default=Path("training_data/images"), help="folder of the images")
    parser.add_argument("--fonts", type=Path, default=Path("fonts"), help="folder of TTF and OTF files")
    args = parser.parse_args()
    table = read_table(args.data, columns=("img_path", "text", "writer_id", "fold"))
    faces, said = find_faces(args.fonts, VIETNAMESE)
    print(said)
    writers: dict[str, Writer] = {}
    rows = zip(table["img_path"], table["text"], table["writer_id"], strict=True)
    for n, (img_path, text, writer_id) in enumerate(tqdm(rows, total=len(table), unit="line", desc="demo lines")):
        if writer_id not in writers:
            writers[writer_id] = Writer.make(int(writer_id), [f for f in faces if f.can_write(VIETNAMESE)])
        path = args.out / img_path
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, writers[writer_id].line(text, np.random.default_rng((int(writer_id), n))))
    print(f"{args.out}: {len(table)} lines of {len(writers)} writers")
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main, "gendata_demo"))

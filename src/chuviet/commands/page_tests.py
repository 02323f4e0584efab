"""The main of synthetic_data/gendata_page_tests.py: sets of pages to measure whole readers on."""

from __future__ import annotations

import argparse
import itertools
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from chuviet.commands.guard import guarded
from chuviet.data.files import find_data, read_lines
from chuviet.data.page_lines import is_held_out
from chuviet.data.pages import read_pages
from chuviet.data.table import image_root, read_table
from chuviet.errors import InputError
from chuviet.files import write_whole
from chuviet.inputs.images import decode_image, read_image
from chuviet.preprocess.line import separate_ink
from chuviet.synth.general import load_sentences
from chuviet.synth.negative import negative
from chuviet.synth.paper import encode_jpeg
from chuviet.synth.sheets import Region, debian_fonts, free_rectangle, printed_page, sheet_of_lines, turned, worn
from chuviet.vocab import VIETNAMESE

_SEED = 20_250_719  # of no set that anything is trained on
_LINES_A_SHEET = 8
_LEAST_SIDE = 320  # pixels, of a picture without text
_TURNS = (90, 180, 270)
#: Validation photos whose part beside all labels shows letters all the same: unlabelled signs, posters, packages.
_LETTERS_SEEN = frozenset(
    {160, 300, 326, 349, 359, 378, 416, 531, 552, 616, 813, 818, 923, 925, 926, 942, 957, 960, 987}
)

Sample = tuple[str, bytes, list[Region]]  # file name, the bytes of the image, its regions


def page_tests_main(doc: str | None) -> int:
    """Makes the sets that the command line asks for."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--kinds", nargs="+", default=list(MAKERS), choices=list(MAKERS), help="which sets")
    parser.add_argument("--fold", type=int, default=0, help="fold of vi_handwriting whose lines are pasted")
    parser.add_argument("--fonts", type=Path, default=Path("/usr/share/fonts"), help="where the Debian fonts are")
    parser.add_argument("--limit", type=int, default=1_000, help="pages of each set, at most")
    parser.add_argument("--out", type=Path, default=Path("synthetic_data/eval_pages"), help="a folder a set below it")
    args = parser.parse_args()
    return guarded(lambda: _generate(args))


def _generate(args: argparse.Namespace) -> int:
    for kind in args.kinds:
        folder = args.out / kind
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "images").mkdir(parents=True)
        rows = []
        for _, (name, data, regions) in zip(range(args.limit), MAKERS[kind](args), strict=False):
            write_whole(folder / "images" / name, data)
            rows.append(f"images/{name}\t{json.dumps(regions, ensure_ascii=False)}\n")
        if not rows:
            raise InputError(f"{kind}: no page of that kind in the data; CHUVIET_DATA names their folder")
        write_whole(folder / "label.txt", "".join(rows).encode())
        print(f"{folder}/label.txt: {len(rows)} pages")
    return 0


def _hand(args: argparse.Namespace, white: bool = False) -> Iterator[Sample]:
    """All lines of one fold, eight to a sheet; `white`: in black ink on white, as the recogniser sees them."""
    table = find_data("vi_handwriting/train_folds.csv")
    frame = read_table(table, columns=("img_path", "text", "fold"))
    root = image_root(table, frame)
    frame = frame[frame["fold"] == args.fold]
    order = np.random.default_rng(_SEED).permutation(len(frame))
    for number, start in enumerate(range(0, len(order), _LINES_A_SHEET)):
        rows = frame.iloc[order[start : start + _LINES_A_SHEET]]
        images = [read_image(root / name) for name in rows["img_path"]]
        if white:
            images = [np.stack([separate_ink(image)] * 3, axis=-1) for image in images]
        rng = np.random.default_rng((_SEED, 1, number))
        sheet, regions = sheet_of_lines(images, rows["text"].tolist(), rng)
        yield f"hand_{number:03d}.jpg", encode_jpeg(sheet, int(rng.integers(80, 96))), regions


def _print(args: argparse.Namespace, count: int = 40) -> Iterator[Sample]:
    """Documents of held-out sentences, a fifth of them in two columns, turned by up to 1.2 degrees."""
    families = debian_fonts(args.fonts, VIETNAMESE)
    sentences = load_sentences([find_data(f"vi_text/{name}.txt") for name in ("law", "wiki")], "test")
    sentences = [s for s in sentences if set(s) <= set(VIETNAMESE)]
    for number in range(count):
        rng = np.random.default_rng((_SEED, 2, number))
        image, regions = printed_page(sentences, families, rng, columns=2 if number % 5 == 4 else 1)
        image, regions = turned(image, regions, float(rng.uniform(-1.2, 1.2)))
        yield f"print_{number:03d}.jpg", encode_jpeg(worn(image, rng), int(rng.integers(30, 91))), regions


def _labelled(labels: str, wanted: Callable[[str], bool] = lambda name: True) -> Iterator[Sample]:
    """The pages of a label file whose names are `wanted`, as they are."""
    path = find_data(labels)
    if not path.is_file():
        raise InputError(f"{labels}: no such file, nor below CHUVIET_DATA")
    for row in read_lines(path):
        name, _, data = row.partition("\t")
        if name and wanted(name):
            yield Path(name).name, (path.parent / name).read_bytes(), json.loads(data)


def _wills(args: argparse.Namespace) -> Iterator[Sample]:
    label = next(find_data("pages_wills").glob("*label*.txt"), Path("pages_wills/label.txt"))
    return _labelled(str(label), is_held_out)


def _empty(args: argparse.Namespace, drawn: int = 45) -> Iterator[Sample]:
    """Parts of validation photos beside all their text (and what is don't-care), then drawn pictures without text."""
    for page in read_pages(find_data("icdar2015/text_localization/val_icdar2015_label.txt")):
        if int(Path(page.path).stem.rpartition("_")[2]) in _LETTERS_SEEN:
            continue
        image = read_image(page.path)
        left, top, right, bottom = free_rectangle(image.shape[1], image.shape[0], page.quads)
        if min(right - left, bottom - top) >= _LEAST_SIDE:
            yield f"part_of_{Path(page.path).stem}.jpg", encode_jpeg(image[top:bottom, left:right], 92), []
    for number in range(drawn):
        rng = np.random.default_rng((_SEED, 3, number))
        image, shown = negative(rng, (960, 640))
        yield f"drawn_{number:03d}_{shown}.jpg", encode_jpeg(image, int(rng.integers(50, 96))), []


def _upright(args: argparse.Namespace, count: int = 20) -> Iterator[Sample]:
    """Pages of the other sets in turn, turned by 90, 180, 270 degrees and by 5 to 30 either way, clockwise."""
    white = itertools.islice(_hand(args, white=True), 10, None)  # other sheets than in colour
    sources = [_hand(args), _print(args), white, _labelled("sroie/val_label.txt")]
    for number in range(count):
        rng = np.random.default_rng((_SEED, 4, number))
        name, data, regions = next(sources[number % len(sources)])
        degrees = _TURNS[number // 4] if number // 4 < len(_TURNS) else int(rng.choice((-1, 1)) * rng.integers(5, 31))
        image, regions = turned(decode_image(data), regions, degrees)
        yield f"{number:02d}_{Path(name).stem}_turned_{degrees}.jpg", encode_jpeg(image, 92), regions


MAKERS: dict[str, Callable[[argparse.Namespace], Iterator[Sample]]] = {
    "hand": _hand,
    "hand_white": lambda args: _hand(args, white=True),
    "print": _print,
    "receipts": lambda args: _labelled("sroie/val_label.txt"),
    "photos": lambda args: _labelled("icdar2015/text_localization/val_icdar2015_label.txt"),
    "wills": _wills,
    "empty": _empty,
    "upright": _upright,
}

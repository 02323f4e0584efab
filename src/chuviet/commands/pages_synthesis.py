"""The main of the generator of pages: options, fonts, texts, real lines, and the label files beside the samples."""

from __future__ import annotations

import argparse
import functools
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from chuviet.commands.guard import guarded
from chuviet.commands.synthesis import add_options, write_samples
from chuviet.data.pages import write_pages
from chuviet.data.table import image_root, read_table
from chuviet.errors import InputError
from chuviet.files import write_whole
from chuviet.inputs.images import read_image
from chuviet.inputs.names import counted
from chuviet.labels import LabelledPage
from chuviet.manifest import ALL_FOLDS
from chuviet.preprocess.line import separate_ink
from chuviet.synth.corpus import Addresses, load_wards
from chuviet.synth.cutting import strip_of
from chuviet.synth.dataset import Job
from chuviet.synth.fonts import find_fonts
from chuviet.synth.pages import PageRecipe
from chuviet.synth.papers import PAPER_KINDS, PaperRecipe
from chuviet.synth.record import describe_fonts, digest
from chuviet.synth.sentences import load_sentences
from chuviet.synth.strips import Strip
from chuviet.synth.surface import families
from chuviet.vocab import ASCII, VIETNAMESE

KINDS = ("scene", "receipt", "mixed", *PAPER_KINDS)


class FoldLines:
    """The ink of the real lines of a table, those of one fold left out. Images are read when they are first used."""

    def __init__(self, table: Path, fold: int) -> None:
        """Raises InputError for a table that cannot be read or has no line left."""
        frame = read_table(table, columns=("img_path", "text", "fold"))
        self._root = image_root(table, frame)
        frame = frame[(frame["fold"] != fold) & (frame["fold"] < ALL_FOLDS)]
        if frame.empty:
            raise InputError(f"{table}: no line outside fold {fold}; --fold names the one that is left out")
        self._names, self._texts = frame["img_path"].astype(str).tolist(), frame["text"].astype(str).tolist()

    def __len__(self) -> int:
        return len(self._names)

    def name(self, index: int) -> str:
        return self._names[index]

    def strip(self, index: int) -> Strip:
        """Raises InputError for an image that cannot be read or has no ink for its text."""
        return _strip(str(self._root / self._names[index]), self._texts[index])


@functools.lru_cache(maxsize=512)
def _strip(path: str, text: str) -> Strip:
    ink = (255 - separate_ink(read_image(path)).astype(np.float32)) / 255
    strip = strip_of(ink, text)
    if strip is None:
        raise InputError(f"{path}: too little ink for the {len(text.split())} words of {text!r}; leave the row out")
    return strip


def pages_main(doc: str | None) -> int:
    """The main of the generator of pages and scenes."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    add_options(parser, count=2_500, out="")
    parser.add_argument("--kind", choices=KINDS, default="scene", help="what is drawn")
    parser.add_argument(
        "--fonts", type=Path, default=Path("fonts_printed"), help="folder of TTF and OTF files, printed"
    )
    parser.add_argument("--hand-fonts", type=Path, default=Path("fonts"), help="the same, handwritten")
    parser.add_argument("--corpus", type=Path, default=Path("synthetic_data/vietnam_dataset"), help="as for addresses")
    parser.add_argument("--text", type=Path, nargs="+", default=[], help="files of sentences, one a line")
    parser.add_argument("--lines", type=Path, help="CSV of real lines whose ink the pages of --kind letter get as well")
    parser.add_argument("--fold", type=int, default=ALL_FOLDS, help="fold whose real lines are left out; 5: none")
    parser.add_argument("--turned", type=_share, default=0.0, help="share of pages turned by 90, 180, 270 degrees")
    parser.add_argument("--size", type=_size, default="960x640", metavar="WxH", help="of a scene in pixels")
    args = parser.parse_args()
    return guarded(lambda: _generate(args))


def _generate(args: argparse.Namespace) -> int:
    out = args.out if str(args.out) not in ("", ".") else Path("synthetic_data") / f"pages_{args.kind}"
    job, options = _paper_job(args) if args.kind in PAPER_KINDS else _scene_job(args)
    manifest, whole = write_samples(job, args, out, options)
    print(f"{manifest}: " + ("whole" if whole else "this shard; the last one writes manifest.csv"))
    if whole:
        write_labels(out)
    return 0


def _scene_job(args: argparse.Namespace) -> tuple[Job, dict[str, object]]:
    fonts, said = find_fonts(args.fonts, "".join(dict.fromkeys(ASCII + VIETNAMESE)))
    print(said, file=sys.stderr)
    words = Addresses(load_wards(args.corpus if args.corpus.exists() else None), cover=False)
    options = {"kind": args.kind, "size": "{}x{}".format(*args.size), "corpus": digest([repr(words)])}
    recipe = PageRecipe(fonts, words, args.kind, args.size, args.seed)
    return recipe.job, {**options, "fonts": describe_fonts(fonts)}


def _paper_job(args: argparse.Namespace) -> tuple[Job, dict[str, object]]:
    alphabet = "".join(dict.fromkeys(ASCII + VIETNAMESE))
    printed, said = find_fonts(args.fonts, alphabet)
    hands, said_too = find_fonts(args.hand_fonts, VIETNAMESE)
    hands = [font for font in hands if font.can_write(VIETNAMESE)]
    kinds = families(printed, VIETNAMESE)
    if not kinds or not hands:
        raise InputError(f"{args.hand_fonts if kinds else args.fonts}: no font with every Vietnamese letter")
    addresses = Addresses(load_wards(args.corpus if args.corpus.exists() else None), cover=False)
    texts, read = load_sentences(args.text, addresses)
    print(f"{said}; {said_too}; {read}", file=sys.stderr)
    real = FoldLines(args.lines, args.fold) if args.lines else None
    recipe = PaperRecipe(args.kind, texts, kinds, hands, args.seed, args.size, args.turned, real)
    options: dict[str, object] = {"kind": args.kind, "size": "{}x{}".format(*args.size), "turned": args.turned}
    options |= {"corpus": digest([repr(addresses)]), "text": digest(texts.lines), "fonts": describe_fonts(printed)}
    options["hand-fonts"] = describe_fonts(hands)
    if real:
        print(f"{args.lines}: {len(real):,} real lines outside fold {args.fold}", file=sys.stderr)
        options |= {"lines": digest([args.lines.read_bytes()]), "fold": args.fold}
    return recipe.job, options


def write_labels(out: Path) -> None:
    """Writes the label files from manifest.csv: lines.txt and words.txt; label.txt and gt.mat, which hold lines, but
    the words of scenes and the phrases of receipts.
    """
    table = read_table(out / "manifest.csv", columns=("img_path", "text"))
    names, rows = table["img_path"].tolist(), [json.loads(text) for text in table["text"]]
    pages = [_page(str(out / name), regions) for name, regions in zip(names, rows, strict=True)]
    lines, words = zip(*map(split, rows), strict=True)
    _write_tsv(out / "lines.txt", names, lines)
    _write_tsv(out / "words.txt", names, words)
    write_pages(pages, out / "gt.mat", "synthtext")
    if any("block" in region for regions in rows for region in regions):
        _write_tsv(out / "label.txt", names, lines)
    else:
        write_pages(pages, out / "label.txt", "tsv")
    texts = counted(sum(map(len, rows)), "text")
    print(f"{out}/label.txt, {out}/gt.mat: {texts} on {counted(len(pages), 'page')}; lines.txt: "
          f"{sum(map(len, lines)):,} lines, words.txt: {sum(map(len, words)):,} words")  # fmt: skip


def split(regions: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The lines and the words of a page as its manifest row has them: lines with their words, or words of which the
    first of each line has the corners of the `line`. Each word has the number of its line.
    """
    lines: list[dict[str, Any]] = []
    words: list[dict[str, Any]] = []
    for region in regions:
        if "words" in region:
            lines.append({k: v for k, v in region.items() if k != "words"})
            more = {"handwritten": region.get("handwritten", False)}
            words += [word | {"line": len(lines) - 1} | more for word in region["words"]]
            continue
        word = {"transcription": region["transcription"], "points": region["points"]}
        if "line" in region or not lines:
            lines.append({"transcription": word["transcription"], "points": region.get("line", word["points"])})
        else:
            lines[-1]["transcription"] += " " + word["transcription"]
        words.append(word | {"line": len(lines) - 1, "handwritten": False})
    return lines, words


def _write_tsv(path: Path, names: Sequence[str], rows: Sequence[Sequence[dict[str, Any]]]) -> None:
    """One page a line: its path, a tab, the JSON list of its regions."""
    lines = [f"{name}\t{json.dumps(regions, ensure_ascii=False)}\n" for name, regions in zip(names, rows, strict=True)]
    write_whole(path, "".join(lines).encode())


def _page(path: str, regions: Sequence[dict[str, Any]]) -> LabelledPage:
    quads = np.array([r["points"] for r in regions], np.float64).reshape(-1, 4, 2)
    texts = [r["transcription"] for r in regions]
    return LabelledPage(None, quads, texts, np.array([t == "###" for t in texts], bool), path)


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal() and min(int(width), int(height)) >= 64):
        raise argparse.ArgumentTypeError(f"{text}: width x height in pixels, 64 or more each, such as 960x640")
    return int(width), int(height)


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text}: a share from 0 to 1")
    return value

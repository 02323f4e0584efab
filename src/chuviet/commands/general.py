"""The main of synthetic_data/gendata_text.py: drawn lines of general text."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from chuviet.commands.guard import guarded
from chuviet.commands.synthesis import add_options, write_samples
from chuviet.synth.corpus import load_poems, load_wards, piece
from chuviet.synth.dataset import LineRecipe
from chuviet.synth.fonts import find_fonts
from chuviet.synth.general import SHARES, GeneralText, load_sentences, load_units, units_of
from chuviet.synth.ink import MARGINS, Hand
from chuviet.synth.paper import Sheet
from chuviet.synth.record import describe_fonts, digest
from chuviet.synth.styles import printed_hand, printed_sheet, varied_hand, varied_sheet
from chuviet.vocab import VIETNAMESE


def text_main(doc: str | None) -> int:
    """Draws the set that the command line asks for."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    add_options(parser, count=40_000, out="")
    parser.add_argument("--text", type=Path, nargs="+", default=[], help="files with one sentence a line; without them "
                        "sentences are made of built syllables")  # fmt: skip
    parser.add_argument("--part", choices=("train", "test"), default="train", help="which sentences of --text: a "
                        "twentieth, by their hash, is test text")  # fmt: skip
    parser.add_argument("--kinds", nargs="+", default=[], choices=SHARES, help="draw these kinds alone")
    parser.add_argument("--corpus", type=Path, help="folder of the vietnam_dataset (the map before July 2025); when "
                        "absent, the places of the package vietnam-provinces")  # fmt: skip
    parser.add_argument("--wards", type=Path, help="TSV with the columns ward and province (the map since July 2025); "
                        "when absent, old wards without their districts")  # fmt: skip
    parser.add_argument("--verse", type=Path, help="CSV title,content; when absent, lines of built syllables")
    parser.add_argument("--printed", action="store_true", help="in printed fonts")
    parser.add_argument("--fonts", type=Path, help="folder of TTF and OTF files (default: fonts or fonts_printed)")
    parser.add_argument("--plain", action="store_true", help="hands and sheets as gendata_address.py draws them")
    parser.add_argument("--height", type=int, default=64, help="height of the images in pixels")
    parser.add_argument("--words", action="store_true", help="pieces of one to four words instead of whole lines")
    args = parser.parse_args()
    return guarded(lambda: _generate(args))


def _generate(args: argparse.Namespace) -> int:
    source = "text" + ("_printed" if args.printed else "") + ("_words" if args.words else "")
    out = args.out if str(args.out) not in ("", ".") else Path("synthetic_data") / source
    fonts, said = find_fonts(args.fonts or Path("fonts_printed" if args.printed else "fonts"), VIETNAMESE)
    print(said, file=sys.stderr)
    wards = load_wards(args.corpus)
    texts = GeneralText(
        wards=wards,
        units=load_units(args.wards) if args.wards else units_of(wards),
        sentences=load_sentences(args.text, args.part) if args.text else (),
        verse=load_poems(args.verse) if args.verse else (),
        kinds=tuple(args.kinds),
    )
    hand, sheet = (printed_hand, printed_sheet) if args.printed else (varied_hand, varied_sheet)
    recipe = LineRecipe(
        texts=texts, fonts=fonts, source=source, alphabet=VIETNAMESE, seed=args.seed, height=args.height,
        shortest=1 if args.words else 3, longest=24 if args.words else 69, cut=piece if args.words else None,
        hand=Hand.draw if args.plain else hand, sheet=Sheet.draw if args.plain else sheet,
        margins=(-1, 0, 0, 2, 5, 10) if args.printed else MARGINS,
    )  # fmt: skip
    options = {
        "words": args.words, "printed": args.printed, "plain": args.plain, "height": args.height, "part": args.part,
        "kinds": ", ".join(args.kinds) or "all", "text": digest([repr(texts)]), "fonts": describe_fonts(fonts),
    }  # fmt: skip
    manifest, whole = write_samples(recipe.job, args, out, options)
    print(f"{manifest}: " + ("whole" if whole else "this shard; the last one writes manifest.csv"))
    return 0

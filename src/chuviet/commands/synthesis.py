"""What the generator scripts in synthetic_data/ share: options, fonts, corpus, and the run over workers and shards."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from chuviet.commands.guard import guarded
from chuviet.data.files import read_lines
from chuviet.data.lists import read_labels
from chuviet.errors import InputError
from chuviet.inputs.shares import shard_option
from chuviet.processors import cores
from chuviet.synth.corpus import piece
from chuviet.synth.dataset import Job, LineRecipe, Texts, join_shards, write_set
from chuviet.synth.fonts import default_fonts, find_fonts, load_fonts
from chuviet.synth.printed import PrintedRecipe, Style
from chuviet.synth.record import claim, describe_fonts, digest
from chuviet.vocab import ASCII, CHINESE, PRINTED, VIETNAMESE

#: The tasks of gendata_captcha.py: how it is drawn, with which characters, in the fonts of which folder.
TASKS: dict[str, tuple[Style, str, str]] = {
    "printed": ("plain", PRINTED, ""),
    "captcha": ("captcha", PRINTED, ""),
    "scene": ("scene", PRINTED, "fonts_printed"),
    "chinese": ("plain", CHINESE, "fonts_chinese"),
}


def add_options(parser: argparse.ArgumentParser, count: int, out: str) -> None:
    """The options of every generator."""
    parser.add_argument("--count", type=int, default=count, help="samples of the whole set, all shards together")
    parser.add_argument("--seed", type=int, default=0, help="another seed, another set")
    parser.add_argument("--workers", type=int, default=cores(), help="processes; the files do not depend on it")
    parser.add_argument("--out", type=Path, default=Path(out), help="folder of the images and of manifest.csv")
    parser.add_argument(
        "--shard", type=shard_option, default=(0, 1), metavar="i/n", help="make every n-th sample, from i"
    )
    parser.add_argument(
        "--fresh", action="store_true", help="remove the samples of --out if they were made with other options"
    )


def write_samples(job: Job, args: argparse.Namespace, out: Path, recipe: Mapping[str, object]) -> tuple[Path, bool]:
    """Makes this call's shard below `out`, which holds samples of one recipe only. Returns the manifest, and whether it
    is that of the whole set. Raises InputError.
    """
    if args.fresh and args.shard[1] > 1:
        raise InputError("--fresh would remove the other shards' samples; remove the folder yourself, or name another")
    claim(out, {"seed": args.seed, **recipe}, args.fresh)
    manifest = write_set(job, args.count, out, args.workers, args.shard)
    joined = join_shards(out, args.count) if args.shard[1] > 1 else manifest
    return joined or manifest, joined is not None


def lines_main(
    doc: str | None, source: str, corpus: str, about: str, load: Callable[[Path | None, argparse.Namespace], Texts]
) -> int:
    """The main of a generator of drawn lines. `load(corpus or None, arguments)` gives the texts."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    add_options(parser, count=20_000, out="")
    parser.add_argument("--fonts", type=Path, default=Path("fonts"), help="folder of TTF and OTF files")
    parser.add_argument("--corpus", type=Path, default=Path(corpus), help=about)
    parser.add_argument("--height", type=int, default=64, help="height of the images in pixels")
    parser.add_argument("--words", action="store_true", help="pieces of one to four words instead of whole lines")
    parser.add_argument(
        "--tone-placement", choices=("old", "new"), default="old", help="built syllables: òa (old) or oà (new)"
    )
    args = parser.parse_args()
    return guarded(lambda: _generate(args, source, Path(corpus), load))


def _generate(
    args: argparse.Namespace,
    source: str,
    default_corpus: Path,
    load: Callable[[Path | None, argparse.Namespace], Texts],
) -> int:
    kind = f"{source}_words" if args.words else source
    out = args.out if str(args.out) not in ("", ".") else Path("synthetic_data") / kind
    there = args.corpus.exists() or args.corpus != default_corpus  # one that was named must be there
    fonts, said = find_fonts(args.fonts, VIETNAMESE)
    print(said, file=sys.stderr)
    recipe = LineRecipe(
        texts=load(args.corpus if there else None, args),
        fonts=fonts,
        source=kind,
        alphabet=VIETNAMESE,
        seed=args.seed,
        height=args.height,
        shortest=1 if args.words else 10,
        longest=24 if args.words else 69,
        cut=piece if args.words else None,
    )
    options = {"words": args.words, "height": args.height, "tone-placement": args.tone_placement}
    options |= {"corpus": digest([repr(recipe.texts)]), "fonts": describe_fonts(fonts)}
    return _write(recipe.job, args, out, options)


def printed_main(doc: str | None) -> int:
    """The main of the generator of short printed strings."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    add_options(parser, count=5_500, out="")
    parser.add_argument("--task", choices=TASKS, default="printed", help="what is drawn")
    parser.add_argument("--test", type=int, default=500, help="how many of them are the test set (fold 0)")
    parser.add_argument("--fonts", type=Path, help="folder of TTF and OTF files (default: the task's own)")
    parser.add_argument("--words", type=Path, help="draw the words of this CSV, path<TAB>text list or word list")
    parser.add_argument("--height", type=int, default=32, help="height of the images in pixels")
    args = parser.parse_args()
    return guarded(lambda: _generate_printed(args))


def read_words(path: Path) -> list[str]:
    """The texts of a CSV or path<TAB>text list, or the lines of a plain word list such as /usr/share/dict/words."""
    lines = read_lines(path)
    if lines and not {"\t", ","} & set(lines[0]):
        return lines
    return read_labels(path, columns=("text",))["text"].tolist()


def _generate_printed(args: argparse.Namespace) -> int:
    style, alphabet, folder = TASKS[args.task]
    given = [w for w in read_words(args.words) if w.strip()] if args.words else []
    words = [w for w in given if set(w) <= set(ASCII)]
    if args.words and not words:
        raise InputError(f"{args.words}: no word of plain ASCII characters in it")
    if len(words) < len(given):
        print(f"{args.words}: {len(given) - len(words):,} of {len(given):,} words left out: not ASCII", file=sys.stderr)
    if args.fonts or folder:
        fonts = load_fonts(args.fonts or folder, ASCII if words else alphabet)
    else:
        fonts = [f for f in default_fonts(alphabet) if f.family == "DejaVuSansMono"]
    if not any(f.can_write(alphabet) for f in fonts):
        raise InputError(f"no font of {args.fonts or folder} has all {len(alphabet)} characters of the task")
    recipe = PrintedRecipe(
        style=style, source=args.task + ("_words" if words else ""), alphabet=alphabet, fonts=fonts, words=words,
        test=args.test, seed=args.seed, height=args.height,
    )  # fmt: skip
    out = args.out if str(args.out) not in ("", ".") else Path("synthetic_data") / recipe.source
    listed = f"{len(words)} words ({digest(words)})" if words else "none"
    options = {"task": args.task, "words": listed, "test": args.test, "height": args.height}
    return _write(recipe.job, args, out, {**options, "fonts": describe_fonts(fonts)})


def _write(job: Job, args: argparse.Namespace, out: Path, recipe: Mapping[str, object]) -> int:
    manifest, whole = write_samples(job, args, out, recipe)
    print(f"{manifest}: " + ("whole" if whole else "this shard; the last one writes manifest.csv"))
    return 0

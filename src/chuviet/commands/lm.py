"""The command that makes a character language model, and the one that packs it beside a recogniser's weights."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from chuviet.artifact.opening import find_weights
from chuviet.commands import OK
from chuviet.data.files import read_lines
from chuviet.data.lists import read_labels
from chuviet.data.table import read_table
from chuviet.decode.ctc import CTCBeam, CTCGreedy
from chuviet.errors import InputError
from chuviet.language.ngram import NGram
from chuviet.language.rescore import rescorers_of
from chuviet.language.training import gazetteer, respelt, select_lines
from chuviet.pytorch.artifact import describe, load_artifact, resave_artifact
from chuviet.run_files import WEIGHTS
from chuviet.synth.corpus import Addresses, Ward, load_poems, load_wards
from chuviet.synth.general import GeneralText, Unit, load_sentences, load_units, units_of
from chuviet.vocab import VIETNAMESE, Charset, fold_text

#: For each made-up address of the old map as many of the new one, and as many form entries and addresses whose parts
#: don't belong together.
_NEW, _FORMS = 0.6, 0.6
_FORM_KINDS = ("name", "date", "money", "phone", "form", "mixed_address")
#: Characters of the longest n-grams of general text: more are no better for their size (docs/log.md).
_GENERAL_ORDER = 8


def run(args: Namespace) -> int:
    charset = Charset(VIETNAMESE)
    labels, held_out = _labels(args)
    known = {fold_text(t) for t in held_out}
    labels = [t for t in labels if fold_text(t) not in known]  # nor from another file
    wards = respelt(load_wards(args.gazetteer), labels) if args.addresses or args.general else []
    units = load_units(args.wards) if args.wards else []
    selection = select_lines(_addresses(args, wards, units), labels, _texts(args), charset, args.repeat, held_out)
    if selection.outside:
        shown = f"{' '.join(selection.odd[:12])}{' ...' if len(selection.odd) > 12 else ''}"
        print(f"{selection.outside} of {selection.given} lines left out: characters outside the charset: {shown}")
    lines = selection.lines
    if not lines:
        raise InputError("nothing to learn from: give --addresses, --labels or --text")
    model = NGram.train(tqdm(lines, unit="line", dynamic_ncols=True), charset, args.order, args.min_count)
    if args.addresses:
        model.gazetteer = gazetteer(wards, [(unit.name, unit.province) for unit in units])
    said = f"order {args.order}, {len(lines)} lines"
    if args.general:
        general = select_lines((), (), _general(args, wards, units), charset, held_out=held_out).lines
        model.general = NGram.train(
            tqdm(general, unit="line", dynamic_ncols=True), charset, _GENERAL_ORDER, args.min_count
        )
        said += f"; general text: order {_GENERAL_ORDER}, {len(general)} lines"
    model.save(args.out)
    print(f"{args.out}: {said}, {Path(args.out).stat().st_size / 1e6:.2f} MB")
    if held_out:
        print(f"perplexity {model.perplexity(held_out):.3f} on the {len(held_out)} lines of fold {args.leave_out}")
    return OK


def attach(args: Namespace) -> int:
    """Packs a language model into a copy of a recogniser's weights file."""
    weights = Path(args.run) / WEIGHTS if Path(args.run).is_dir() else Path(args.run)
    artifact = load_artifact(weights)
    if not isinstance(artifact.decoder_cfg, (CTCGreedy.Config, CTCBeam.Config)):
        raise InputError(f"{weights}: an attention model; a character model goes with the CTC recognisers")
    lm, decoder = _model_of(args.lm)
    if args.temperature is not None and args.temperature <= 0:
        raise InputError(f"--temperature {args.temperature}: a number above 0 is expected")
    given = {
        "width": args.beam_width, "alpha": args.alpha, "alpha_style": args.alpha_style, "beta": args.beta,
        "place": args.place, "place_min_prob": args.place_min_prob, "temperature": args.temperature,
    }  # fmt: skip
    decoder = replace(decoder, **{key: value for key, value in given.items() if value is not None})
    if artifact.charset is None:
        raise InputError(f"{artifact.path}: the weights of a detector, which reads no characters")
    decoder.build(artifact.charset, *rescorers_of(lm, decoder))  # refuses another charset
    out = safetensors_path(args.out or weights.with_suffix(".lm.safetensors"))
    notes = artifact.notes | {"greedy_metrics": artifact.metrics, "lm": f"order {lm.order}"}
    size = resave_artifact(replace(artifact, decoder_cfg=decoder, lm=lm, metrics={}, notes=notes), out)
    print(f"{out}: {size / 1e6:.2f} MB, beam search of width {decoder.width}; chuviet evaluate -w {out} measures it")
    return OK


def safetensors_path(name: str | Path) -> Path:
    """The path that `chuviet pack` writes. Raises InputError for another ending, under which nothing reads it."""
    if Path(name).suffix.lower() != ".safetensors":
        raise InputError(f"--out {name}: pack writes .safetensors files; `chuviet export` makes an ONNX file of one")
    return Path(name)


def _model_of(name: str) -> tuple[NGram, CTCBeam.Config]:
    """The language model that `chuviet lm` wrote, with the usual settings; or that of weights, with theirs."""
    path = find_weights(name)
    try:
        describe(path)
    except InputError:
        return NGram.load(path), CTCBeam.Config()
    saved = load_artifact(path)
    if saved.lm is None or not isinstance(saved.decoder_cfg, CTCBeam.Config):
        raise InputError(f"--lm {name}: weights without a language model; `chuviet lm` makes one")
    return saved.lm, saved.decoder_cfg


def _labels(args: Namespace) -> tuple[list[str], list[str]]:
    """The texts of all labels, and those of the fold that is left out."""
    kept: list[str] = []
    held_out: list[str] = []
    for name in args.labels:
        if args.leave_out is None:
            kept += read_labels(name)["text"].tolist()
        else:
            table = read_table(name, columns=("text", "fold"), unique=None)
            out = table["fold"] == args.leave_out
            kept += table["text"][~out].tolist()
            held_out += table["text"][out].tolist()
    return kept, held_out


def _addresses(args: Namespace, wards: Sequence[Ward], units: Sequence[Unit]) -> Iterator[str]:
    """Made-up address lines; with a new map those of it, too, and what else is written into forms."""
    if not args.addresses:
        return
    yield from _drawn(Addresses(wards, cover=False), args.addresses, (args.seed, 7))
    if units:
        kinds = {("new_address",): _NEW, _FORM_KINDS: _FORMS}
        for k, (names, share) in enumerate(kinds.items()):
            yield from _drawn(GeneralText(wards, units, kinds=names), round(share * args.addresses), (args.seed, 8 + k))


def _general(args: Namespace, wards: Sequence[Ward], units: Sequence[Unit]) -> Iterator[str]:
    """Whole sentences of the training part, verse, and drawn lines of all kinds of text."""
    sentences = load_sentences(args.general)
    verse = load_poems(args.verse) if args.verse else []
    yield from sentences
    yield from verse
    texts = GeneralText(wards, units or units_of(wards), sentences, verse)
    yield from _drawn(texts, args.addresses or len(sentences), (args.seed, 10))


def _drawn(source: Addresses | GeneralText, count: int, seed: tuple[int, int]) -> Iterator[str]:
    """The first texts of a source."""
    first, last = seed
    return (source.text(i, np.random.default_rng((first, i, last))) for i in range(count))


def _texts(args: Namespace) -> Iterator[str]:
    """Lines of plain text, of all files."""
    for name in args.text:
        yield from read_lines(name)

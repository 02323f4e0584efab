"""Which commands make the sets that configs name, for a first run that does not find its data. Needs no PyTorch.

The commands are those of docs/recipes.md, from the root of a checkout; DATA is the folder with the labelled sets, which
the variable CHUVIET_DATA names.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from chuviet.data.configs import LineDataConfig, PageDataConfig
from chuviet.data.files import find_data
from chuviet.data.mix import REST, read_mix
from chuviet.errors import InputError

_FONTS = "python synthetic_data/get_fonts.py"
_PRINTED = "python synthetic_data/get_fonts.py --set printed"
_CHINESE = "python synthetic_data/get_fonts.py --set chinese"
_DRAW = "python synthetic_data/gendata_"
_TEXT = "--text DATA/vi_text/law.txt DATA/vi_text/wiki.txt"
_MORE = "training_data/sroie_more/other_shops.txt"

#: Values of the column `source` of train_ext3.csv -> the commands that draw them, before prepare_ext_data.py.
SOURCES: dict[str, tuple[str, ...]] = {
    "real": ("chuviet check --data labels.csv", "chuviet folds --data labels.csv --out train_folds.csv"),
    "aug": (f"{_DRAW}aug.py --data train_folds.csv --copies 10",),
    "joined": (f"{_DRAW}join.py --data train_folds.csv -w vi_line_ptr --count 24000",),
    "address": (_FONTS, f"{_DRAW}address.py --count 60000 --seed 1"),
    "address_words": (_FONTS, f"{_DRAW}address.py --words --count 24000 --seed 1"),
    "poems": (_FONTS, f"{_DRAW}poems.py --count 12000 --seed 1"),
    "poems_words": (_FONTS, f"{_DRAW}poems.py --words --count 12000 --seed 1"),
    "text": (_FONTS, f"{_DRAW}text.py --count 60000 --seed 1 {_TEXT}"),
    "text_printed": (_PRINTED, f"{_DRAW}text.py --count 30000 --seed 1 --printed {_TEXT}"),
    "pagelines": (f"{_DRAW}pagelines.py --pages DATA/pages_wills/label.txt",),
    "receipts": (
        f"{_DRAW}pagelines.py --pages DATA/sroie/train_label.txt --source receipts --out synthetic_data/receipts",
    ),
    "receipts_more": (
        f"{_DRAW}pagelines.py --pages {_MORE} --source receipts_more --out synthetic_data/receipts_more",
    ),
}  # fmt: skip
#: Label files, or beginnings of their names, -> the commands that make them.
FILES: dict[str, tuple[str, ...]] = {
    "demo/": ("make demo",),
    "synthetic_data/printed/": (_PRINTED, f"{_DRAW}captcha.py --task printed"),
    "synthetic_data/captcha/": (_PRINTED, f"{_DRAW}captcha.py --task captcha"),
    "synthetic_data/scene/": (_PRINTED, f"{_DRAW}captcha.py --task scene"),
    "synthetic_data/chinese/": (_CHINESE, f"{_DRAW}captcha.py --task chinese"),
    "synthetic_data/scene_dictionary/": (
        _PRINTED,
        """grep -v "'" /usr/share/dict/words > words.txt""",  # any list of English words
        f"{_DRAW}captcha.py --task scene --words words.txt --count 24000 --test 0 --seed 2 "
        "--out synthetic_data/scene_dictionary",
    ),
    "synthetic_data/scene_words/": (
        _PRINTED, f"{_DRAW}captcha.py --task scene --words DATA/scene_words/train.txt --count 12000 --test 0",
    ),
    "synthetic_data/scene_random/": (
        _PRINTED, f"{_DRAW}captcha.py --task scene --count 6000 --test 0 --seed 1 --out synthetic_data/scene_random",
    ),
    "synthetic_data/pages_scene": (_PRINTED, f"{_DRAW}pages.py --count 2000 --seed 1"),
    "synthetic_data/pages_receipt": (_PRINTED, f"{_DRAW}pages.py --kind receipt --count 600 --seed 1"),
    "synthetic_data/pages_letter": (
        _FONTS, _PRINTED,
        f"{_DRAW}pages.py --kind letter --count 300 --seed 1 {_TEXT} --lines train_folds.csv --fold 0",
    ),
    "synthetic_data/pages_document": (_PRINTED, f"{_DRAW}pages.py --kind document --count 250 --seed 1 {_TEXT}"),
    "synthetic_data/pages_form": (_FONTS, _PRINTED, f"{_DRAW}pages.py --kind form --count 100 --seed 1 {_TEXT}"),
    "synthetic_data/pages_negative": (_PRINTED, f"{_DRAW}pages.py --kind negative --count 80 --seed 1 {_TEXT}"),
    "training_data/scene_words.txt": (
        "chuviet check --data DATA/scene_words/train.txt --charset ascii "
        "--pages DATA/icdar2015/text_localization/val_icdar2015_label.txt --clean training_data/scene_words.txt",
    ),
}  # fmt: skip
DEMO = "To see the whole way first, on lines that it draws itself, ten minutes at most: make demo"


def check_sets(data: LineDataConfig | PageDataConfig) -> None:
    """Raises InputError for sets of a config that are not there, with the commands that make them."""
    missing = [name for name in dict.fromkeys(_named(data)) if not find_data(name).exists()]
    if missing:
        raise missing_sets(missing, data)


def missing_sets(names: Sequence[str], data: LineDataConfig | PageDataConfig) -> InputError:
    """The error that says that sets of a config are not there."""
    commands = {name: _commands(name, data) for name in names}
    given = [name for name, found in commands.items() if not found]
    steps = dict.fromkeys(step for found in commands.values() for step in found)
    more = f" (and {len(names) - 1} other sets)" if len(names) > 1 else ""
    where = (
        "no such file, nor below CHUVIET_DATA; docs/recipes.md has the commands that make such sets, and for this run:"
    )
    message = f"{names[0]}{more}: {where}"
    if given:
        what = "labels of your own or of public sets, docs/recipes.md"
        steps = {f"export CHUVIET_DATA=FOLDER   one that holds {', '.join(given)} ({what})": None, **steps}
    return InputError(message, (*map(_with_root, steps), DEMO))


def _commands(name: str, data: LineDataConfig | PageDataConfig) -> tuple[str, ...]:
    """The commands that make the set `name` of a config, in order; none for a set that others labelled."""
    found = next((commands for start, commands in FILES.items() if name.startswith(start)), ())
    if not found and isinstance(data, LineDataConfig) and name == data.csv and Path(name).name == "train_ext3.csv":
        sources = [part.name for part in read_mix(data.mix) if not part.is_file and part.name != REST]
        drawn = dict.fromkeys(step for source in ["real", *sources] for step in SOURCES.get(source, ()))
        return (*drawn, f"python prepare_ext_data.py --out {name}")
    return found


def _with_root(step: str) -> str:
    """A command with the folder that CHUVIET_DATA names, if it names one, for DATA."""
    root = os.environ.get("CHUVIET_DATA")
    return re.sub(r"\bDATA/", f"{root.rstrip('/')}/", step) if root else step


def _named(data: LineDataConfig | PageDataConfig) -> Iterator[str]:
    """The files and folders that a config names."""
    if isinstance(data, PageDataConfig):
        for part in [*read_mix(data.mix), *read_mix(data.valid, "data.valid")]:
            yield re.sub(r"^(lines|words|both):|\[[\d.]*:[\d.]*\]$", "", part.name)
        return
    parts = read_mix(data.mix)
    if not parts or any(not part.is_file for part in parts):
        yield data.csv
    yield from (part.name for part in parts if part.is_file)
    yield from (name for name in (data.valid, data.dictionary) if name)

"""Label lists of scene-text sets: ``path<TAB>text`` files, the list of the Baidu street views, dictionaries.

Format of the first: https://github.com/PaddlePaddle/PaddleOCR (recognition data); of the second: width, height, image
name and text, separated by tabs.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from chuviet.data.files import find_data, read_lines
from chuviet.data.formats.common import relative
from chuviet.data.label_rows import read_list_rows
from chuviet.data.table import checked, read_table
from chuviet.errors import InputError
from chuviet.files import write_whole
from chuviet.manifest import ALL_FOLDS
from chuviet.vocab import ASCII, CHINESE, PRINTED, VIETNAMESE, Charset, CharsetError, normalize


def read_list(path: str | Path, problems: list[str] | None = None) -> pd.DataFrame:
    """The rows of a ``path<TAB>text`` list as a table img_path,text,fold. The index is the line's number minus 2, as it
    is for a CSV with its header, so that all messages name the right line. The fold is `ALL_FOLDS`: in none by itself.

    Raises InputError with file and rows for lines without a tab, empty paths or texts, images given twice, or a list
    without lines; given a list as `problems`, bad rows are left out and said there, one line each.
    """
    rows = read_list_rows(path)
    frame = pd.DataFrame(rows.values, columns=rows.header, index=np.array(rows.numbers, dtype=np.int64) - 2, dtype=str)
    return checked(frame, path, (), "img_path", rows.problems, problems).assign(fold=ALL_FOLDS)


def write_list(frame: pd.DataFrame, root: Path, path: str | Path) -> None:
    """Writes the rows of a table img_path,text as a ``path<TAB>text`` list; paths, from `root` on, lead there from the
    list's folder.
    """
    folder = Path(path).parent
    names = [relative(str(root / name), folder) for name in frame["img_path"]]
    lines = (f"{name}\t{text}\n" for name, text in zip(names, frame["text"], strict=True))
    write_whole(path, "".join(lines).encode())


def read_labels(
    path: str | Path, columns: Sequence[str] = ("img_path", "text"), problems: list[str] | None = None
) -> pd.DataFrame:
    """A label file of either kind: a ``.txt`` list, else a CSV with at least `columns` (see `read_table`)."""
    if Path(path).suffix.lower() == ".txt":
        return read_list(path, problems)
    return read_table(path, columns=columns, problems=problems)


def read_dictionary(path: str | Path, space: bool = False) -> Charset:
    """The characters of a dictionary file, one a line, in its order; with `space` the blank is added where it is
    missing.

    Raises InputError with the row for an empty file, a line of several characters, or a doubled one.
    """
    characters: dict[str, int] = {}
    for number, line in enumerate(read_lines(path), 1):
        c = normalize(line) or line[:1]  # a line that holds a space alone
        if not c:
            continue
        if len(c) != 1:
            raise InputError(f"{path}: row {number}: {c!r} is not one character; a dictionary has one a line")
        if c in characters:
            raise InputError(f"{path}: row {number}: {c!r} was given before in row {characters[c]}; delete one of them")
        characters[c] = number
    if space:
        characters.setdefault(" ", 0)
    try:
        return Charset("".join(characters))
    except CharsetError as e:
        raise InputError(f"{path}: {e}") from e


#: The charsets that have a name.
CHARSETS = {"vietnamese": VIETNAMESE, "ascii": ASCII, "printed": PRINTED, "chinese": CHINESE}


def named_charset(name: str) -> Charset:
    """The charset called `name`, or that of a dictionary file, to which the blank is added where it is missing (as a
    config does). Raises InputError for what is neither.
    """
    if name in CHARSETS:
        return Charset(CHARSETS[name])
    if not (path := find_data(name)).is_file():
        raise InputError(f"charset {name}: neither {', '.join(CHARSETS)} nor a dictionary file, one character a line")
    return read_dictionary(path, space=True)


def convert_baidu(path: str | Path, valid: float = 0.1, seed: int = 0) -> dict[str, int]:
    """Splits a four-column list (width, height, image, text) into ``train.txt`` and ``valid.txt`` beside it.

    `valid` is the share of the rows that is held out, drawn with `seed`. Images that lie in ``train_images/`` get that
    prefix. Returns the number of rows of each file. Raises InputError with file and row for another format.
    """
    path = Path(path)
    if not 0 < valid < 1:
        raise InputError(f"--valid {valid}: the share held out lies between 0 and 1, such as 0.1")
    rows = []
    for number, line in enumerate(read_lines(path), 1):
        if not line.strip():
            continue
        columns = line.split("\t")
        if len(columns) != 4 or not columns[0].strip().isdigit() or not columns[1].strip().isdigit():
            raise InputError(
                f"{path}: row {number}: not width, height, image and text, separated by tabs: {line[:60]!r}"
            )
        if not normalize(columns[3]):
            raise InputError(f"{path}: row {number}: empty label; correct or delete it")
        rows.append((columns[2].strip(), normalize(columns[3])))
    if len(rows) < 2:
        raise InputError(f"{path}: {len(rows)} rows are too few to hold some out")
    folder = "train_images/" if (path.parent / "train_images").is_dir() else ""
    held = max(round(len(rows) * valid), 1)
    order = np.random.default_rng(seed).permutation(len(rows))
    parts = {"valid.txt": sorted(order[:held]), "train.txt": sorted(order[held:])}
    for name, part in parts.items():
        text = "".join(f"{folder}{rows[i][0]}\t{rows[i][1]}\n" for i in part)
        write_whole(path.with_name(name), text.encode("utf-8"))
    return {name: len(part) for name, part in parts.items()}

"""Cross-validation folds in which neither a writer nor a text is on both sides."""

from __future__ import annotations

import numpy as np
import pandas as pd

from chuviet.errors import InputError
from chuviet.manifest import ALL_FOLDS
from chuviet.vocab import fold_text

#: Values of the group column that mean "not known": such a row is held together with others by its text alone.
UNKNOWN = frozenset({"", "-1", "nan", "None"})


def make_folds(frame: pd.DataFrame, group: str = "writer_id", folds: int = 5, seed: int = 0) -> pd.DataFrame:
    """A copy of `frame` with the column `fold`, 0 .. folds-1.

    Rows of one `group` share a fold, and so do rows whose texts are equal under `vocab.fold_text`; the two together
    can chain groups. Such components go, largest first, each to the smallest fold so far; the seed decides between
    equal ones. Raises InputError when there are fewer components than folds, or when one is so large that the others
    cannot balance it.
    """
    if not 2 <= folds <= ALL_FOLDS:
        raise InputError(f"{folds} folds; 2 to {ALL_FOLDS} can be made (fold {ALL_FOLDS} means 'all' in a run)")
    if group not in frame:
        raise InputError(f"there is no column {group!r} to group by; there are: {', '.join(map(str, frame.columns))}")
    component = components(frame, group)
    sizes = np.bincount(component)
    if len(sizes) < folds:
        raise InputError(
            f"{len(sizes)} separate sets of {group} and equal texts cannot fill {folds} folds; ask for fewer"
        )
    largest, fair = int(sizes.max()), len(frame) / folds
    if largest > 1.5 * fair:
        row = frame.iloc[int(np.flatnonzero(component == sizes.argmax())[0])]
        raise InputError(
            f"{largest} of {len(frame)} rows belong together by {group} or equal text ({group} {row[group]!r}, "
            f"text {row['text']!r}); a fold should hold about {fair:.0f}: ask for fewer folds or another group"
        )
    order = np.random.default_rng(seed).permutation(len(sizes))
    order = order[np.argsort(-sizes[order], kind="stable")]
    filled = np.zeros(folds, np.int64)
    of_component = np.zeros(len(sizes), np.int64)
    for c in order:
        smallest = int(filled.argmin())
        of_component[c] = smallest
        filled[smallest] += sizes[c]
    return frame.assign(fold=of_component[component])


def components(frame: pd.DataFrame, group: str) -> np.ndarray:
    """Number 0 .. of the set of rows that each row belongs to: joined by an equal `group` or an equal text, directly
    or not."""
    parent = list(range(len(frame)))

    def find(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    first: dict[tuple[str, str], int] = {}
    for i, (name, text) in enumerate(zip(frame[group].astype(str), frame["text"], strict=True)):
        keys = [("text", fold_text(text))] + ([] if name.strip() in UNKNOWN else [("group", name.strip())])
        for key in keys:
            a, b = find(first.setdefault(key, i)), find(i)
            parent[max(a, b)] = min(a, b)
    roots = [find(i) for i in range(len(frame))]
    number = {root: n for n, root in enumerate(dict.fromkeys(roots))}
    return np.array([number[r] for r in roots], dtype=np.int64)

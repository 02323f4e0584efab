"""python -m chuviet.commands.cutting OUT --pages LABELS ...: learns from labelled pages where lines are to be cut that
hold several texts of a row (`chuviet.reading.cutting`).

The pages are found and read with the shipped weights. A gap of a line whose neighbours lie in two labels is one where a
line is cut. What the trees find on pages that they did not see is printed: a fifth of the pages is left out in turn.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.metrics import average_precision_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from tqdm import tqdm

from chuviet.commands.guard import guarded
from chuviet.data.pages import read_pages
from chuviet.errors import InputError
from chuviet.inputs.images import read_image
from chuviet.labels import LabelledPage
from chuviet.reading.cutting import LEAST, Gap, describe, gaps_of
from chuviet.reading.joining import owners
from chuviet.reading.pages import Reader
from chuviet.reading.wide_set import Read

_FOLDS = 5
_DIGITS = 6
#: Chosen by the average precision on left-out pages, among 40 to 200 trees of 12 to 24 leaves.
_TREES = {"n_estimators": 120, "learning_rate": 0.06, "max_leaf_nodes": 12, "max_depth": None, "min_samples_leaf": 15}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="the trees, as src/chuviet/reading/cutting.json holds them")
    parser.add_argument("--pages", type=Path, nargs="+", required=True, metavar="LABELS", help="labelled pages")
    parser.add_argument("--threads", type=int, default=0, help="0: all cores")
    args = parser.parse_args()
    reader = Reader(threads=args.threads)
    parts = []
    for page in tqdm([page for path in args.pages for page in read_pages(path)], unit="page"):
        image = read_image(page.path)
        lines = reader.read_lines(image)
        gaps = [gaps_of(image, line, text) for line, text in lines]
        parts.append((describe(lines, gaps), ends_of_texts(page, lines, gaps)))
    described, ends = (np.concatenate([part[k] for part in parts]) for k in range(2))
    number = np.repeat(np.arange(len(parts)), [len(part[1]) for part in parts])
    known = ends >= 0
    described, ends, number = described[known], ends[known], number[known]
    if len(np.unique(number[ends == 1])) < _FOLDS:
        raise InputError(f"texts end within found lines on fewer than {_FOLDS} pages: too little to learn from")
    judge(described, ends, number)
    trees = GradientBoostingClassifier(**_TREES, random_state=0).fit(described, ends)
    args.out.write_text(json.dumps(forest_of(trees)) + "\n", "utf-8")
    print(f"{args.out}: {args.out.stat().st_size / 1e3:.0f} KB")
    return 0


def ends_of_texts(page: LabelledPage, lines: Sequence[Read], gaps: Sequence[Sequence[Gap]]) -> np.ndarray:
    """For each gap, line by line, 1 where what is before and behind it lies in two labels of a page, 0 where in one; -1
    where one of them lies in none.
    """
    ends: list[int] = []
    for (line, _), of_line in zip(lines, gaps, strict=True):
        begin, end = line.quad[[0, 3]].mean(0), line.quad[[1, 2]].mean(0)
        bounds = [0.0, *(place for gap in of_line for place in (gap.start, gap.end)), 1.0]
        middles = begin + np.array(bounds).reshape(-1, 2).mean(1, keepdims=True) * (end - begin)
        owner = owners(np.repeat(middles[:, None], 4, 1), page.quads)
        for before, after in zip(owner[:-1].tolist(), owner[1:].tolist(), strict=True):
            unknown = min(before, after) < 0 or page.ignore[before] or page.ignore[after]
            ends.append(-1 if unknown else int(before != after))
    return np.array(ends, np.int64)


def judge(described: np.ndarray, ends: np.ndarray, number: np.ndarray) -> None:
    """Prints what trees find on pages that were left out; `number`: of the page of each gap."""
    sure = cross_val_predict(
        GradientBoostingClassifier(**_TREES, random_state=0), described, ends, groups=number, cv=GroupKFold(_FOLDS),
        method="predict_proba",
    )[:, 1]  # fmt: skip
    cut = sure >= LEAST
    print(f"{len(ends)} gaps, {ends.sum()} of them between two texts; on pages left out {(cut & (ends == 1)).sum()} of "
          f"these are found and {(cut & (ends == 0)).sum()} others taken for such, average precision "
          f"{average_precision_score(ends, sure):.3f}")  # fmt: skip


def forest_of(trees: Any) -> dict[str, Any]:
    """What `chuviet.reading.cutting` reads: the log odds to begin with, and each tree's nodes."""
    of_two = trees.init_.class_prior_
    nodes = []
    for (tree,) in trees.estimators_:
        t = tree.tree_
        values = np.round(trees.learning_rate * t.value[:, 0, 0], _DIGITS).tolist()
        inner = zip(t.feature.tolist(), np.round(t.threshold, _DIGITS).tolist(), t.children_left.tolist(),
                    t.children_right.tolist(), strict=True)  # fmt: skip
        nodes.append([
            [-1, 0, 0, 0, value] if one[2] < 0 else [*one, 0] for one, value in zip(inner, values, strict=True)
        ])  # fmt: skip
    return {"base": round(float(np.log(of_two[1] / of_two[0])), _DIGITS), "trees": nodes}


if __name__ == "__main__":
    sys.exit(guarded(main, "cutting"))

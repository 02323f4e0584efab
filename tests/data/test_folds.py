from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chuviet.data.folds import components, make_folds
from chuviet.errors import InputError
from chuviet.vocab import fold_text


def random_table(rows: int, writers: int, texts: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame({
        "img_path": [f"{i}.jpg" for i in range(rows)],
        "text": [f"Phố {k}" if rng.random() < 0.5 else f"phố  {k} " for k in rng.integers(0, texts, rows)],
        "writer_id": rng.integers(-1, writers, rows).astype(str),
    })  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_neither_writers_nor_texts_cross_folds(seed: int) -> None:
    frame = random_table(300, 60, 2000, seed)
    out = make_folds(frame, folds=4, seed=seed)
    assert out["fold"].between(0, 3).all() and out.drop(columns="fold").equals(frame)
    assert out.assign(key=out["text"].map(fold_text)).groupby("key")["fold"].nunique().max() == 1
    known = out[out["writer_id"] != "-1"]
    assert known.groupby("writer_id")["fold"].nunique().max() == 1


def test_sizes_are_balanced() -> None:
    frame = pd.DataFrame({"text": [f"t{i}" for i in range(1000)], "writer_id": [str(i // 40) for i in range(1000)]})
    assert make_folds(frame)["fold"].value_counts().tolist() == [200] * 5


def test_unknown_writers_are_not_one_writer() -> None:
    frame = pd.DataFrame({"text": [f"t{i}" for i in range(10)], "writer_id": ["-1", ""] * 5})
    assert make_folds(frame)["fold"].value_counts().tolist() == [2] * 5


def test_components_chain_writers_through_texts() -> None:
    frame = pd.DataFrame({
        "text": ["a", "B", "b ", "c", "c", "d", "e"],
        "writer_id": ["1", "1", "2", "2", "3", "4", "-1"],
    })  # fmt: skip
    assert components(frame, "writer_id").tolist() == [0, 0, 0, 0, 0, 1, 2]


def test_seed_decides_between_equals_only() -> None:
    frame = pd.DataFrame({"text": [f"t{i}" for i in range(50)], "writer_id": [str(i) for i in range(50)]})
    a, b = make_folds(frame, seed=1)["fold"], make_folds(frame, seed=1)["fold"]
    assert a.equals(b) and not a.equals(make_folds(frame, seed=2)["fold"])


def test_errors() -> None:
    frame = pd.DataFrame({"text": ["a", "b", "c", "d", "e", "f"], "writer_id": ["1"] * 4 + ["2", "3"]})
    with pytest.raises(InputError, match="3 separate sets"):
        make_folds(frame, folds=4)
    with pytest.raises(InputError, match="4 of 6 rows belong together.*writer_id '1'"):
        make_folds(frame, folds=3)
    with pytest.raises(
        InputError, match="no column 'writer'; .*there are: text, writer_id|there is no column 'writer'"
    ):
        make_folds(frame, group="writer")
    for folds in (1, 6):
        with pytest.raises(InputError, match="2 to 5"):
            make_folds(frame, folds=folds)

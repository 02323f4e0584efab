"""Readings of out-of-fold predictions: where the errors are, and of what kind. Tables in, tables out; nothing is
drawn here."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from chuviet.data.table import image_root, read_table
from chuviet.errors import InputError
from chuviet.metrics.recognition import RecognitionMetric, align

#: Upper ends (included) of the length classes, in characters.
LENGTHS = (10, 20, 30, 40, 50, 60, 70)

_TONES = {"\u0300": "grave", "\u0309": "hook", "\u0303": "tilde", "\u0301": "acute", "\u0323": "dot"}
_SHAPES = "\u0302\u0306\u031b"  # circumflex, breve, horn: marks that make another vowel


def read_oof(path: str | Path) -> pd.DataFrame:
    """`oof.csv` of a run: `img_path,text,prediction,...`, with `distance` (edits) and `length` added.

    A prediction may be empty. Raises InputError for a file that is missing, of other columns, or without rows.
    """
    frame = read_table(path, columns=("img_path", "text", "prediction"))
    if not len(frame):
        raise InputError(f"{path}: no rows; a run with fold=all has no out-of-fold predictions")
    pairs = zip(frame["text"], frame["prediction"], strict=True)
    edits = [sum(a != b for a, b in align(t, p)) for t, p in pairs]
    return frame.assign(distance=edits, length=frame["text"].str.len())


def newest(outputs: str | Path) -> Path:
    """The `oof.csv` of `outputs`/NAME/ that was written last. Raises InputError if there is none."""
    found = sorted(Path(outputs).glob("*/oof.csv"), key=lambda p: p.stat().st_mtime)
    if not found:
        raise InputError(f"{outputs}: no NAME/oof.csv in it; chuviet train -C NAME --folds 0-4 makes one")
    return found[-1]


def images_of(path: str | Path, frame: pd.DataFrame, project: str | Path = ".") -> Path:
    """The folder that `img_path` of the `oof.csv` at `path` is relative to, found by the config of the run that wrote
    it.

    `project` is the folder that the run was started in. Raises InputError when the config or the images are not there.
    """
    configs = sorted(Path(path).parent.glob("**/config.json"))
    if not configs:
        raise InputError(f"{path}: no config.json beside or below it, so its images are not known: name the label CSV")
    try:
        table = str(json.loads(configs[0].read_text(encoding="utf-8"))["data"]["csv"])
    except (ValueError, KeyError, TypeError) as e:
        raise InputError(f"{configs[0]}: names no label CSV (data.csv); name it yourself") from e
    return image_root(Path(project) / table, frame)


def suspects(frame: pd.DataFrame, confident: float = 0.85, differs: float = 0.1) -> pd.DataFrame:
    """Rows whose label may be wrong: a model that never saw them reads at least `differs` of the characters otherwise,
    and is `confident`. The most suspicious first, by confidence times character error rate (`suspicion`).
    """
    cer = frame["distance"] / frame["length"].clip(lower=1)
    rows = frame.assign(suspicion=cer.clip(upper=1) * frame["confidence"].astype(float))
    rows = rows[(cer >= differs) & (frame["confidence"].astype(float) >= confident)]
    return rows.sort_values("suspicion", ascending=False, kind="stable")


def overall(frame: pd.DataFrame) -> pd.DataFrame:
    """All metrics, raw beside case-insensitive: one row a metric."""
    raw = _metrics(frame["prediction"].tolist(), frame["text"].tolist())
    lower = _metrics(frame["prediction"].str.lower().tolist(), frame["text"].str.lower().tolist())
    names = [k for k in raw if k not in ("count", "cer_nocase")]
    return pd.DataFrame({"raw": [raw[k] for k in names], "case-insensitive": [lower[k] for k in names]}, index=names)


def by_group(frame: pd.DataFrame, key: str) -> pd.DataFrame:
    """Lines, CER, WER, accuracy and score of every value of the column `key`. Empty when there is no such column."""
    if key not in frame:
        return pd.DataFrame()
    rows = {}
    for value, part in frame.groupby(key, observed=True):
        m = _metrics(part["prediction"].tolist(), part["text"].tolist())
        rows[value] = {"lines": len(part)} | {k: m[k] for k in ("cer", "wer", "accuracy", "score")}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(key)


def by_length(frame: pd.DataFrame, edges: Sequence[int] = LENGTHS) -> pd.DataFrame:
    """As `by_group`, of classes of the true length: 1-10, 11-20, ... characters."""
    last = max(int(frame["length"].max()), edges[-1]) + 1
    ends = [0, *edges, last]
    labels = [f"{a + 1}-{b}" for a, b in zip(ends[:-2], edges, strict=True)] + [f"over {edges[-1]}"]
    return by_group(frame.assign(characters=pd.cut(frame["length"], ends, labels=labels)), "characters")


def error_kind(true: str, read: str) -> str:
    """The kind of one unequal pair of characters ('' = missing on that side): what a remedy would have to mend."""
    if " " in (true, read):
        return "space"
    if not true or not read:
        return "inserted" if not true else "missing"
    if true.lower() == read.lower():
        return "case"
    a, b = _parts(true), _parts(read)
    if {a[0], b[0]} == {"d", "đ"}:
        return "đ/d"
    if a[0] == b[0] and a[0].isalpha():
        if a[1] == b[1]:
            return "tone mark"
        return "vowel mark" if a[2] == b[2] else "vowel and tone mark"
    if true.isdigit() or read.isdigit():
        return "digit"
    if not true.isalpha() or not read.isalpha():
        return "punctuation"
    return "base letter"


def error_kinds(frame: pd.DataFrame) -> pd.DataFrame:
    """How many edits are of each kind, their share of all edits, and the commonest pairs (true>read)."""
    pairs = _errors(frame)
    kinds: Counter[str] = Counter()
    examples: dict[str, Counter[str]] = {}
    for (true, read), count in pairs.items():
        kind = error_kind(true, read)
        kinds[kind] += count
        examples.setdefault(kind, Counter())[f"{_shown(true)}>{_shown(read)}"] += count
    total = max(sum(kinds.values()), 1)
    rows = [
        (kind, n, n / total, "  ".join(f"{p} {c}" for p, c in examples[kind].most_common(8)))
        for kind, n in kinds.most_common()
    ]
    return pd.DataFrame(rows, columns=["kind", "edits", "share", "commonest"]).set_index("kind")


def characters(frame: pd.DataFrame, least: int = 20) -> pd.DataFrame:
    """Every true character that comes `least` times or more: how often it was misread, and as what; worst first."""
    seen = Counter(c for text in frame["text"] for c in text)
    wrong: dict[str, Counter[str]] = {}
    for (true, read), count in _errors(frame).items():
        if true:
            wrong.setdefault(true, Counter())[_shown(read)] += count
    rows = [
        (_shown(c), n, sum(wrong.get(c, Counter()).values()), "  ".join(f"{r} {k}" for r, k in wrong[c].most_common(5)))
        for c, n in seen.items()
        if n >= least and c in wrong
    ]
    table = pd.DataFrame(rows, columns=["character", "seen", "misread", "as"]).set_index("character")
    return table.assign(share=table["misread"] / table["seen"]).sort_values("share", ascending=False)


def tone_confusion(frame: pd.DataFrame) -> pd.DataFrame:
    """Counts of (true tone, read tone) over aligned vowels of the same base letter; the diagonal is what was right."""
    names = ["none", *_TONES.values()]
    counts: Counter[tuple[str, str]] = Counter()
    vowels = set("aeiouy")
    for text, prediction in zip(frame["text"], frame["prediction"], strict=True):
        for true, read in align(text, prediction):
            a, b = _parts(true), _parts(read)
            if a[0] == b[0] and a[0] in vowels:
                counts[a[2] or "none", b[2] or "none"] += 1
    table = {read: [counts[true, read] for true in names] for read in names}
    return pd.DataFrame(table, index=names).rename_axis("true \\ read")


def worst(frame: pd.DataFrame, count: int = 30) -> pd.DataFrame:
    """The `count` lines with the most edits; among equals the shorter first."""
    return frame.sort_values(["distance", "length"], ascending=[False, True], kind="stable").head(count)


def _errors(frame: pd.DataFrame) -> Counter[tuple[str, str]]:
    pairs: Counter[tuple[str, str]] = Counter()
    for text, prediction in zip(frame["text"], frame["prediction"], strict=True):
        pairs.update((a, b) for a, b in align(text, prediction) if a != b)
    return pairs


def _metrics(predictions: list[str], targets: list[str]) -> dict[str, float]:
    metric = RecognitionMetric()
    metric.update(predictions, targets)
    return metric.compute()


def _parts(c: str) -> tuple[str, str, str]:
    """(base letter, vowel marks, tone name) of one lower-cased character; đ is a base letter of its own."""
    marks = unicodedata.normalize("NFD", c.lower())
    tone = next((_TONES[m] for m in marks if m in _TONES), "")
    return marks[:1], "".join(m for m in marks if m in _SHAPES), tone


def _shown(c: str) -> str:
    return {"": "∅", " ": "␣"}.get(c, c)

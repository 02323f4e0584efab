"""Interpolated modified Kneser-Ney: the levels of an n-gram model from lines of text.

Source: Chen and Goodman, "An Empirical Study of Smoothing Techniques for Language Modeling" (1998), section 3.
What differs: lines are padded with as many start symbols as the order needs, and rare n-grams can be left out, their
mass going to shorter contexts, so that the probabilities still sum to one.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from chuviet.language.levels import Level, character_bits, context_keys, whole_keys
from chuviet.vocab import Charset


def estimate(lines: Iterable[str], charset: Charset, order: int, min_count: int) -> list[Level]:
    """The levels of orders 1 to `order`. N-grams of three and more characters seen fewer than `min_count` times are
    left out.

    Raises CharsetError for a character outside the charset, ValueError without lines or for an order below 1 or of
    more than 120 bits (15 Vietnamese characters).
    """
    if order < 1:
        raise ValueError("the order of an n-gram model is at least 1")
    bits, start, end = character_bits(len(charset), order), len(charset) + 1, len(charset)
    padded = [np.array([start] * (order - 1) + charset.encode(line) + [end], np.int64) for line in lines]
    if not padded:
        raise ValueError("an n-gram model needs at least one line")
    ids = np.concatenate(padded)
    places = np.flatnonzero(ids != start)  # where an n-gram may end
    # A distinct n-gram is kept as one place where it ends, and how often it was seen.
    _, first, counts = np.unique(whole_keys(ids, places, order, bits), return_index=True, return_counts=True)
    places = places[first]
    levels: list[Level] = []
    for k in range(order, 0, -1):
        contexts, keys = (make(ids, places - 1, k - 1, bits) for make in (whole_keys, context_keys))
        levels.append(_level(contexts, keys, ids[places], counts, min_count if k > 2 else 1))
        # Shorter n-grams are counted by how many different characters stand before them (Kneser-Ney).
        _, first, counts = np.unique(whole_keys(ids, places, k - 1, bits), return_index=True, return_counts=True)
        places = places[first]
    return levels[::-1]


def _level(contexts: np.ndarray, keys: np.ndarray, characters: np.ndarray, counts: np.ndarray, min_count: int) -> Level:
    """Discounts n-grams (context, last character) by `counts`; a context's backoff weight is what that takes away.
    `keys` are those that the contexts are stored by; of two with one key the second is left out.
    """
    order = np.lexsort((characters, contexts, keys))
    contexts, keys, characters, counts = contexts[order], keys[order], characters[order], counts[order]
    first = np.flatnonzero(np.append(True, contexts[1:] != contexts[:-1]))
    totals = np.add.reduceat(counts, first)
    sizes = np.diff(np.append(first, len(counts)))
    probs = (counts - _discounts(counts)[np.minimum(counts, 3)]) / np.repeat(totals, sizes)
    doubled = np.append(False, keys[first[1:]] == keys[first[:-1]])
    probs = np.where((counts >= min_count) & ~np.repeat(doubled, sizes), probs, 0)
    backoff = 1 - np.add.reduceat(probs, first)
    kept = probs > 0
    kept_sizes = np.add.reduceat(kept, first, dtype=np.int64)
    some = kept_sizes > 0
    return Level(
        contexts=keys[first][some],
        sizes=kept_sizes[some].astype(np.int16),
        characters=characters[kept].astype(np.int16),
        probs=probs[kept].astype(np.float32),
        backoff=backoff[some].astype(np.float32),
    )


def _discounts(counts: np.ndarray) -> np.ndarray:
    """What is taken off n-grams counted 0, 1, 2 and 3 or more times (Chen and Goodman, equation 26).

    Where the text is too small for that estimate (no n-gram counted exactly 1, 2, 3 or 4 times), one half off all.
    """
    n1, n2, n3, n4 = (int((counts == c).sum()) for c in (1, 2, 3, 4))
    if 0 in (n1, n2, n3, n4):
        return np.array([0, 0.5, 0.5, 0.5])
    y = n1 / (n1 + 2 * n2)
    estimates = np.array([0, 1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3])
    return np.clip(estimates, [0, 0.05, 0.05, 0.05], [0, 0.95, 1.9, 2.85])  # odd counts may put it out of range

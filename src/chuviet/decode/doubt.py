"""What a language model may change in a line: only what the frames leave in doubt, and no number.

Both are said by the frames themselves, before the search: what cannot be read in them cannot be found, whatever the
language model prefers, and a text that needs it has no likelihood.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from chuviet.decode.alignment import Alignment
from chuviet.vocab import BLANK

_LEAST = 1e-9  # of the blank in a frame that has nothing left


def in_doubt(probs: np.ndarray, least: float) -> np.ndarray:
    """The probabilities of frames T V without the classes below `least`; each frame keeps its likeliest one.

    So a character that is read with more than 1 - `least` stays, and takes no other's place.
    """
    if least <= 0:
        return probs
    kept = probs >= least
    kept[np.arange(len(probs)), probs.argmax(1)] = True
    return probs * kept


def hold_numbers(probs: np.ndarray, read: Alignment, text: str, digits: Sequence[int]) -> np.ndarray:
    """The probabilities of frames T V with which every text has the words with digits of `text`, and the spaces around
    them, where the alignment `read` of it has them, and no other digit. `digits` are the digits' classes.
    """
    held = probs.copy()
    held[:, digits] = 0
    for first, last in _number_words(text):
        start = int(read.spans[first, 0]) if first else 0
        end = int(read.spans[last - 1, 1]) + 1 if last < len(text) else len(probs)
        held[start:end] = 0
        held[start:end, BLANK] = 1
        for character in range(first, last):
            a, b = read.spans[character].tolist()
            held[a : b + 1, BLANK] = 0
            held[a : b + 1, read.ids[character] + 1] = 1
    held[~held.any(1), BLANK] = _LEAST
    return held


def _number_words(text: str) -> list[tuple[int, int]]:
    """First character of each word with a digit, with the space before it, and the one behind the space after it."""
    found = []
    for word in re.finditer("[^ ]+", text):
        if any(map(str.isdigit, word[0])):
            found.append((max(word.start() - 1, 0), min(word.end() + 1, len(text))))
    return found

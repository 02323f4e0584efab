"""Shares of a task for several machines: the same on each of them, without a word between them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence


def parse_shard(text: str) -> tuple[int, int]:
    """``"0/4"`` -> (0, 4). Raises ValueError for anything else."""
    i, _, n = text.partition("/")
    if not (i.isdecimal() and n.isdecimal() and int(i) < int(n)):
        raise ValueError(f"{text}: give i/n with 0 <= i < n, such as 0/4")
    return int(i), int(n)


def shard_option(text: str) -> tuple[int, int]:
    """`parse_shard` for argparse, which shows the messages of its own errors only."""
    try:
        return parse_shard(text)
    except ValueError as e:
        raise argparse.ArgumentTypeError(str(e)) from e


def shares(sizes: Sequence[int], count: int) -> list[int]:
    """Which of `count` shares each thing belongs to: in their order, to the one that is the smallest so far (of equal
    ones the first).
    """
    filled = [0] * count
    out = []
    for size in sizes:
        share = filled.index(min(filled))
        filled[share] += size
        out.append(share)
    return out

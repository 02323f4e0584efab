"""How an epoch's rows make batches, similar widths together and every row once, and how batches are loaded."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from typing import Any

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader, Sampler

from chuviet.batch import Batch
from chuviet.processors import cores


def number_repeats(rows: np.ndarray, count: int) -> np.ndarray:
    """`rows`, numbers below `count`, with those that come again raised by `count` for each time before.

    Distortions follow from a sample's number: a row that comes twice in an epoch shall not come twice alike.
    """
    order = np.argsort(rows, kind="stable")
    ordered = rows[order]
    first = np.searchsorted(ordered, ordered)
    times = np.empty_like(rows)
    times[order] = np.arange(len(rows)) - first
    return rows + times * count


class FixedBatches(Sampler[list[int]]):
    """A batch sampler that yields the lists it was given."""

    def __init__(self, batches: Sequence[list[int]]) -> None:
        self.batches = batches

    def __iter__(self) -> Iterator[list[int]]:
        return iter(self.batches)

    def __len__(self) -> int:
        return len(self.batches)


def loader(data: Any, batches: Sequence[list[int]], workers: int, ahead: int) -> DataLoader[Batch]:
    """The batches of a data set with its own `collate`, by `workers` processes that keep `ahead` batches each: no more
    than there are cores or batches; 0: by this process.
    """
    workers = min(workers, len(batches), cores())
    return DataLoader(
        data, batch_sampler=FixedBatches(batches), collate_fn=data.collate, num_workers=workers,
        worker_init_fn=_start_worker, pin_memory=torch.cuda.is_available(), prefetch_factor=ahead if workers else None,
    )  # fmt: skip


def _start_worker(_: int) -> None:
    """One thread a worker; signals are left to the training process, which saves first and then ends the workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    cv2.setNumThreads(0)
    torch.set_num_threads(1)


def bucket_batches(
    rows: np.ndarray, widths: np.ndarray, size: int, bucket: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """Cuts shuffled `rows` into batches of `size` (see `batch_ends`) with similar `widths`; drops nothing; the batches
    come shuffled.
    """
    batches, start, ends = [], 0, batch_ends(len(rows), size)
    for k in range(0, len(ends), bucket):
        inside = ends[k : k + bucket]
        part = slice(start, inside[-1])
        ordered = rows[part][np.argsort(widths[part], kind="stable")]
        batches += np.split(ordered, [end - start for end in inside[:-1]])
        start = inside[-1]
    return [batches[i] for i in rng.permutation(len(batches))]


def batch_ends(count: int, size: int) -> list[int]:
    """Where batches of `count` rows end: each holds `size`, but the last one what is left.

    What is left may be too little to be shared by several processes, or for BatchNorm: under half of `size` (or one row
    alone), it goes into the batch before. The number of processes has no say, so that any number has the same losses.
    """
    ends = [*range(size, count, size), count]
    if len(ends) > 1 and size > 1 and count - ends[-2] < max(size / 2, 2):
        del ends[-2]
    return ends

"""Batches from worker processes, which are let go whatever ends the loop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from chuviet.batch import Batch
from chuviet.errors import InputError


@contextmanager
def batches_of(loader: Iterable[Batch]) -> Iterator[Iterator[Batch]]:
    """The loader's batches. An InputError in a worker process arrives as the one line that it was there, without the
    worker's traceback.

    Workers ignore SIGTERM, so that a run may save before it leaves: while an error's traceback holds the iterator,
    Python would wait for them at its exit for ever.
    """
    iterator = iter(loader)
    try:
        yield iterator
    except InputError as e:
        raise InputError(str(e).rstrip().rpartition("InputError: ")[2]) from None
    finally:
        getattr(iterator, "_shutdown_workers", lambda: None)()

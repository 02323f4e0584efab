"""How far a run has come: by its optimiser steps, or by its minutes where it has a budget of them and they pass faster.

The learning rate and the epochs to average follow that position. So a slow machine anneals properly within its minutes,
and a fast one ends by its epochs, exactly as it would without a budget.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Sequence
from time import monotonic

from chuviet.train.distributed import highest_of_all


class Clock:
    """Wall-clock seconds that a run has taken, over all the sessions that it was resumed in."""

    def __init__(self) -> None:
        self.before = 0.0  # seconds of earlier sessions
        self.start()

    def start(self) -> None:
        """Begins this session."""
        self.started = monotonic()

    def seconds(self) -> float:
        return self.before + monotonic() - self.started


class Schedule:
    """The position of a run, in steps (0 .. `total`). `steps`: those of each epoch; `minutes`: 0 for no budget."""

    def __init__(self, steps: Sequence[int], minutes: float, clock: Clock, world: int = 1) -> None:
        self.ends = list(itertools.accumulate(steps))  # how many steps were made when each epoch ends
        self.total = self.ends[-1] if self.ends else 0
        self.minutes, self.clock, self.world = minutes, clock, world

    def share(self) -> float:
        """Share of the minutes that is gone, 1 at most, the same in all processes; 0 without a budget."""
        if not self.minutes:
            return 0.0
        (milliseconds,) = highest_of_all([int(self.clock.seconds() * 1000)], self.world)
        return min(milliseconds / (self.minutes * 60_000), 1.0)

    def position(self, step: int, share: float) -> float:
        """Where the run is after `step` steps and `share` of its minutes. Without a budget that is `step` itself."""
        return max(step, share * self.total) if self.minutes else step

    def epochs(self, position: float) -> int:
        """How many epochs of the schedule end at `position` or before."""
        return bisect_right(self.ends, position)

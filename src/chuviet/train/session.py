"""The time that one process may train in: a kernel of Kaggle ends after so many hours, whatever it is at."""

from __future__ import annotations

from time import monotonic


class Session:
    """Begins when it is made. `minutes`: 0 for no limit."""

    def __init__(self, minutes: float = 0.0) -> None:
        self.minutes = minutes
        self._started = monotonic()
        self._asked: float | None = None
        self._longest = 0.0

    def is_over(self) -> bool:
        """Whether the limit may be passed before this is asked again: the longest time between two questions so far,
        a validation that came between them included, does not fit in any more.
        """
        now = monotonic()
        if self._asked is not None:
            self._longest = max(self._longest, now - self._asked)
        self._asked = now
        return self.minutes > 0 and now + self._longest - self._started > 60 * self.minutes

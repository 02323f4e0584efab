"""The training loop of a checkout of chuviet, as benchmarks/train.py asks it beside another's: `fit` itself, held up
between two batches.

stdin: a JSON object {"config": name, "configs": folder, "options": ["a.b=value", ...], "first": batches that are not
counted}, then numbers of batches. stdout: "ready", then for each number a JSON object {"seconds": s, "cpu": s} of so
many steps, by the clock and of the processor (of this process).
"""

import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from answering import given

from chuviet import config
from chuviet.train.engine import fit


class Paced:
    """A run's data, whose batches come when they are asked for."""

    def __init__(self, data: Any, first: int, out: Any) -> None:
        self.data, self.left, self.out = data, first, out
        self.said, self.started = "ready", (0.0, 0.0)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.data, name)

    def valid_loader(self, rank: int = 0, world: int = 1) -> Iterable[Any]:
        return []

    def train_loader(self, *args: int) -> Iterator[Any]:
        for batch in self.data.train_loader(*args):
            if not self.left:
                self.wait()
            self.left -= 1
            yield batch

    def wait(self) -> None:
        """Says what the batches took that were asked for, and waits for more to be. Ends with standard input."""
        if self.said != "ready":
            took = [now - then for now, then in zip(clocks(), self.started, strict=True)]
            self.said = json.dumps(dict(zip(("seconds", "cpu"), took, strict=True)))
        print(self.said, file=self.out, flush=True)
        line = sys.stdin.readline()
        if not line:
            raise SystemExit
        self.said, self.left, self.started = "", int(line), clocks()


def clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def main() -> None:
    task, out = given(), sys.stdout
    exp = config.override(config.load(task["config"], task["configs"]), task["options"])
    with contextlib.redirect_stdout(sys.stderr), tempfile.TemporaryDirectory() as folder:
        data, built = exp.build()
        built.data = Paced(data, task["first"], out)
        fit(built, exp.train, exp.optim, Path(folder))


if __name__ == "__main__":
    main()

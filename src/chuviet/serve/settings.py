"""What a service is told when it starts: weights, processes, limits."""

from __future__ import annotations

from dataclasses import dataclass

from chuviet.errors import InputError
from chuviet.processors import cores

#: More worker processes than this have to be asked for: each holds weights and a page, 300 to 700 MB.
_MOST_WORKERS = 8


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The options of `chuviet serve`; docs/serve.md explains them. Raises InputError for values that make no sense."""

    weights: tuple[str, ...]  # paths
    decoder: str | None = None
    beam_width: int | None = None
    batch_size: int = 32
    device: str = "cpu"
    workers: int = 0  # processes; 0: one a core, eight at most
    threads: int = 0  # of each worker; 0: the cores shared among the workers
    max_mb: float = 25.0  # 10^6 bytes of a request's body
    max_pixels: int = 50_000_000  # of a picture
    max_pages: int = 50  # of a document
    max_lines: int = 500  # images of one request for lines
    time_limit: float = 120.0  # seconds from a whole body to a whole answer, waiting included
    receive_limit: float = 60.0  # seconds in which a body must come
    queue: int = 64  # requests that wait beside those that are read
    max_held_mb: float = 512.0  # 10^6 bytes of all bodies in memory together
    memory_mb: int = 4000  # address space of a worker, 10^6 bytes; 0: no limit
    token: str | None = None  # what clients must say

    def __post_init__(self) -> None:
        for name in ("max_mb", "max_pages", "max_lines", "time_limit", "receive_limit"):
            if not getattr(self, name) > 0:
                raise InputError(f"{_option(name)} {getattr(self, name):g}: a number above 0 is expected")
        for name in ("workers", "threads", "queue", "memory_mb"):
            if getattr(self, name) < 0:
                raise InputError(f"{_option(name)} {getattr(self, name)}: 0 or a number above it is expected")
        if self.max_pixels < 10_000:
            raise InputError(f"--max-pixels {self.max_pixels}: an image needs 10,000 at least (100 x 100)")
        if self.max_held_mb < self.max_mb:
            raise InputError(f"--max-held-mb {self.max_held_mb:g}: less than one body may have (--max-mb)")
        if 0 < self.memory_mb < 1000:
            raise InputError(f"--memory-mb {self.memory_mb}: a worker needs 1000 at least")
        if self.token is not None and len(self.token) < 16:
            raise InputError("the token is shorter than 16 characters, and can be guessed; take a longer one")

    @property
    def processes(self) -> int:
        """How many workers there are."""
        return self.workers or min(cores(), _MOST_WORKERS)

    @property
    def threads_each(self) -> int:
        """The threads of each worker: all of them together take all cores."""
        return self.threads or max(cores() // self.processes, 1)

    @property
    def max_bytes(self) -> int:
        """Of a request's body."""
        return int(self.max_mb * 1e6)

    @property
    def max_answer(self) -> int:
        """Bytes of an answer: the pictures of a searchable PDF may need more than those of the body."""
        return 4 * self.max_bytes


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"

"""Pages of PDFs, drawn in a process of their own that ends when a page takes too long or too much memory.

PDFium cannot be stopped within a page, and a kilobyte keeps it busy for years (ten forms in each of ten, nine times)
while it takes a gigabyte in two seconds. The process is started with the first PDF and draws page after page.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chuviet.errors import InputError
from chuviet.inputs import pdf
from chuviet.inputs.pdf_text import TextLayer

#: Bytes of address space that the process may take, where the system has such limits.
MEMORY = 4_000_000_000
_OVER = 75  # exit code of a process that took too long
_START = "from chuviet.inputs.pdf_process import main; main({shared}, {memory})"
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # numpy starts faster

_lock = threading.Lock()
_process: _Process | None = None


def render_page(seconds: float, source: Path | bytes, page: int, name: str, *how: Any) -> np.ndarray:
    """As `pdf.render_page`. Raises InputError also for a page that takes over `seconds` of processor time or over
    `MEMORY`. With 0 seconds, or where there is no Python to start, it is drawn in this process, without limits.
    """
    if not seconds or not sys.executable:
        return pdf.render_page(source, page, name, *how)
    image: np.ndarray = _ask("render_page", seconds, source, page, name, *how)
    return image


def page_text(seconds: float, source: Path | bytes, page: int, name: str, *how: Any) -> TextLayer:
    """As `pdf.page_text`, with the limits of `render_page`."""
    if not seconds or not sys.executable:
        return pdf.page_text(source, page, name, *how)
    layer: TextLayer = _ask("page_text", seconds, source, page, name, *how)
    return layer


def start() -> None:
    """Starts the process, so that it is ready when the first page is to be drawn. Does not wait for it."""
    if sys.executable:
        with _lock:
            _started()


def _started() -> _Process:
    """The process of this one; a new one where there is none (any more)."""
    global _process
    if _process is None or not _process.is_alive:
        _process = _Process()
    return _process


def _ask(what: str, seconds: float, source: Path | bytes, page: int, name: str, *how: Any) -> Any:
    file = source if isinstance(source, bytes) else source.absolute()  # this process may change its folder
    with _lock:
        process = _started()
        try:
            good, answer = process.ask(file, what, seconds, page, name, *how)
        except (EOFError, OSError, pickle.UnpicklingError) as e:
            code = process.end()
            why = f"it takes over {seconds:g} s; --page-seconds or Limits(page_seconds=...) gives it more"
            if code != _OVER:
                why = f"PDFium ended with code {code}; it may need over {MEMORY / 10**9:g} GB of memory"
            raise InputError(f"{name}: page {page} cannot be drawn ({why})") from e
    if not good:
        raise InputError(answer)
    return answer


class _Process:
    """The process as this one sees it."""

    def __init__(self) -> None:
        self._owner = os.getpid()
        self._sent: bytes | None = None  # a file that it has
        # Pictures go through memory where the system has files there: a pipe would double the time of a page.
        self._shared = os.memfd_create("page") if hasattr(os, "memfd_create") else None
        path = os.pathsep.join([str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])])
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START.format(shared=self._shared, memory=MEMORY)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | _ONE_THREAD | {"PYTHONPATH": path},
            pass_fds=() if self._shared is None else (self._shared,),
        )  # fmt: skip
        atexit.register(self.end)

    @property
    def is_alive(self) -> bool:
        """Whether it runs and is this process's own, not that of one which this process was forked from."""
        return self._owner == os.getpid() and self._process.poll() is None

    def ask(self, file: Path | bytes, *question: Any) -> tuple[bool, Any]:
        """Whether it went well, and what it gave or says. Raises EOFError or OSError where it has ended."""
        questions, answers = self._process.stdin, self._process.stdout
        assert questions is not None and answers is not None
        try:
            pickle.dump((None if file is self._sent else file, question), questions, protocol=5)
            questions.flush()
            self._sent = file if isinstance(file, bytes) else None
            good, answer = pickle.load(answers)  # of our own process
            return good, _received(answer, self._shared)
        except (EOFError, OSError):
            raise
        except BaseException:  # Ctrl-C: what it answers later must not be taken for another page
            self.end()
            raise

    def end(self) -> int:
        """Ends it, unless it is about to end by itself; returns its exit code, or minus the signal that ended it."""
        if self._owner != os.getpid():
            return 0
        atexit.unregister(self.end)
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        with contextlib.suppress(OSError):  # what could not be sent
            process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=1)
        process.kill()
        process.stdout.close()
        if self._shared is not None:
            os.close(self._shared)
            self._shared = None
        return process.wait()


@dataclass(frozen=True)
class _Picture:
    """A picture H W 3 that lies in the shared memory."""

    shape: tuple[int, ...]


def _sent(answer: Any, shared: int | None) -> Any:
    """What is sent through the pipe: the answer, or for a picture where it is."""
    if isinstance(answer, np.ndarray) and shared is not None and os.pwrite(shared, answer.data, 0) == answer.nbytes:
        return _Picture(answer.shape)
    return answer


def _received(answer: Any, shared: int | None) -> Any:
    """The answer, given what came through the pipe. Raises EOFError where a picture is not whole."""
    if not isinstance(answer, _Picture):
        return answer
    assert shared is not None
    image = np.empty(answer.shape, np.uint8)
    if os.preadv(shared, [image.data], 0) != image.nbytes:
        raise EOFError
    return image


def main(shared: int | None, memory: int) -> None:
    """Answers questions on standard input until it is closed. `shared`: a file in memory for pictures; `memory`: bytes
    of address space.
    """
    questions, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not be taken for an answer
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that asks decides when this one ends
    _limit_memory(memory)
    held: Path | bytes = b""
    while True:
        try:
            file, (what, seconds, *rest) = pickle.load(questions)
        except EOFError:
            os._exit(0)  # there is nothing to tidy up
        held = held if file is None else file
        with _limited(seconds):
            try:
                answer = True, _sent(getattr(pdf, what)(held, *rest), shared)
            except InputError as e:
                answer = False, str(e)
        pickle.dump(answer, answers, protocol=5)
        answers.flush()


@contextlib.contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Ends the process when it has taken so many seconds of processor time (PDFium lets other threads run)."""
    done, end = threading.Event(), time.process_time() + seconds

    def watch() -> None:
        while not done.wait(0.1):
            if time.process_time() > end:
                os._exit(_OVER)

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        done.set()


def _limit_memory(memory: int) -> None:
    """No more address space than so many bytes, no core dumps; where the system has limits."""
    try:
        import resource
    except ImportError:  # Windows
        return
    with contextlib.suppress(ValueError, OSError):  # macOS knows the limit and refuses it
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        limit = memory if most == resource.RLIM_INFINITY else min(memory, most)
        resource.setrlimit(resource.RLIMIT_AS, (limit, most))

"""What the commands of `chuviet.cli` do, one file a verb: `run(args) -> exit code`."""

from __future__ import annotations

OK, BAD_INPUT, PARTLY, INTERRUPTED = 0, 2, 3, 130


class Stopped(Exception):
    """A signal ended a command that saved its work first; the message says how to go on."""

"""What the commands of `chuviet.cli` do: exit codes, and the one exception of their own."""

from __future__ import annotations

OK, BAD_INPUT, PARTLY, INTERRUPTED = 0, 2, 3, 130


class Stopped(Exception):
    """A signal ended a command that saved its work first; the message says how to go on."""

"""What a user can get wrong. Imports nothing of ours, so that any module may raise it."""

from __future__ import annotations

import re

_NO_TEXT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def one_line(text: str) -> str:
    """The text with line ends and control characters as spaces: what a stranger's file says moves no terminal."""
    return _NO_TEXT.sub(" ", text).strip()


class InputError(ValueError):
    """Bad input from outside (file, row, image): the message is one line that says where, what, and what to do.

    `steps` are further lines, such as the commands that help.
    """

    def __init__(self, message: str = "", steps: tuple[str, ...] = ()) -> None:
        super().__init__(one_line(message))
        self.steps = steps

"""What a user can get wrong. Imports nothing, so that any module may raise it."""

from __future__ import annotations


class InputError(ValueError):
    """Bad input from outside (file, row, image): the message is one line that says where, what, and what to do.

    `steps` are further lines, such as the commands that help.
    """

    def __init__(self, message: str = "", steps: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.steps = steps

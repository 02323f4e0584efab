"""What a user can get wrong. Imports nothing, so that any module may raise it."""


class InputError(ValueError):
    """Bad input from outside (file, row, image): the message is one line that says where, what, and what to do."""

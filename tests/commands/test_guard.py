"""Errors of the user end a command with one line and a code of their own; a mistake of ours is not hidden."""

from __future__ import annotations

import pytest

from chuviet.commands import Stopped
from chuviet.commands.guard import guarded
from chuviet.config import ConfigError
from chuviet.errors import InputError
from chuviet.vocab import CharsetError


def raising(error: BaseException) -> int:
    raise error


@pytest.mark.parametrize(("error", "code", "said"), [
    (InputError("a.png: two\nlines"), 2, "chuviet: error: a.png: two lines"),
    (ConfigError("no such key"), 2, "chuviet: error: no such key"),
    (CharsetError("'β'"), 2, "chuviet: error: 'β'"),
    (PermissionError(13, "Permission denied", "out.csv"), 2, "chuviet: error: out.csv: Permission denied"),
    (OSError("disk"), 2, "chuviet: error: a file: disk"),
    (ModuleNotFoundError("No module named 'timm'", name="timm"), 2,
     "chuviet: error: this needs timm, which is not installed: pip install '.[train]' in a checkout"),
    (Stopped("epoch 3 is saved"), 130, "chuviet: epoch 3 is saved"),
    (KeyboardInterrupt(), 130, "chuviet: interrupted"),
])  # fmt: skip
def test_one_line_and_a_code(error: BaseException, code: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(lambda: raising(error)) == code
    assert capsys.readouterr() == ("", f"{said}\n")


@pytest.mark.parametrize("error", [ZeroDivisionError(), ModuleNotFoundError("x", name="chuviet.nothing")])
def test_our_own_mistakes_are_raised(error: Exception) -> None:
    with pytest.raises(type(error)):
        guarded(lambda: raising(error))


def test_what_a_call_returns_is_its_code() -> None:
    assert guarded(lambda: 3) == 3

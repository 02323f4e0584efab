"""Errors of the user, said in one line."""

from __future__ import annotations

import sys
from collections.abc import Callable

from chuviet.commands import BAD_INPUT, INTERRUPTED, Stopped
from chuviet.config import ConfigError
from chuviet.errors import InputError
from chuviet.files import say
from chuviet.vocab import CharsetError


def guarded(call: Callable[[], int], name: str = "chuviet") -> int:
    """`call()` with the user's errors as one line on stderr: exit code 2, or 130 after Ctrl-C or a signal."""
    try:
        return call()
    except (InputError, ConfigError, CharsetError) as e:
        say(f"{name}: error: {' '.join(str(e).split())}", sys.stderr)
        for step in e.steps if isinstance(e, InputError) else ():
            say(f"  {step}", sys.stderr)
        return BAD_INPUT
    except ModuleNotFoundError as e:
        if (e.name or "").startswith("chuviet"):
            raise
        say(
            f"{name}: error: this needs {e.name}, which is not installed: pip install '.[train]' in a checkout",
            sys.stderr,
        )
        return BAD_INPUT
    except BrokenPipeError:  # `chuviet ... | head`
        sys.stderr.close()
        return INTERRUPTED
    except OSError as e:  # a full disk, a folder that may not be written
        say(f"{name}: error: {e.filename or 'a file'}: {e.strerror or e}", sys.stderr)
        return BAD_INPUT
    except Stopped as e:
        say(f"{name}: {e}", sys.stderr)
        return INTERRUPTED
    except KeyboardInterrupt:
        say(f"{name}: interrupted", sys.stderr)
        return INTERRUPTED

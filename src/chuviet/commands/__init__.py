"""What the commands of `chuviet.cli` do. Errors of the user end in one line on stderr."""

from __future__ import annotations

import sys
from argparse import Namespace

from chuviet.config import ConfigError
from chuviet.types import InputError
from chuviet.vocab import CharsetError

OK, BAD_INPUT, PARTLY, INTERRUPTED = 0, 2, 3, 130
TRAINING = ("train", "summary", "pack")


class Stopped(Exception):
    """A signal ended a command that saved its work first; the message says how to go on."""


def run(args: Namespace) -> int:
    """Runs `args.command`. Returns the exit code; raises what the command raises."""
    # Imported late: the training engine takes some seconds more to import, which reading a line need not wait for.
    if args.command in TRAINING:
        from chuviet.commands import training

        return training.COMMANDS[args.command](args)
    from chuviet.commands import lines

    return lines.COMMANDS[args.command](args)


def guarded(args: Namespace) -> int:
    """`run` with the user's errors as one line on stderr: exit code 2, or 130 after Ctrl-C or a signal."""
    try:
        return run(args)
    except (InputError, ConfigError, CharsetError) as e:
        print(f"chuviet: error: {' '.join(str(e).split())}", file=sys.stderr)
        return BAD_INPUT
    except Stopped as e:
        print(f"chuviet: {e}", file=sys.stderr)
        return INTERRUPTED
    except KeyboardInterrupt:
        print("chuviet: interrupted", file=sys.stderr)
        return INTERRUPTED

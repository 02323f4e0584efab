"""From parsed arguments to a command; errors of the user end in one line on stderr."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable

from chuviet.commands import BAD_INPUT, INTERRUPTED, Stopped
from chuviet.config import ConfigError
from chuviet.errors import InputError
from chuviet.vocab import CharsetError

#: Commands that need the training engine.
TRAINING = ("train", "summary", "pack")


def run(args: Namespace) -> int:
    """Runs `args.command`. Returns the exit code; raises what the command raises."""
    # Imported late: the training engine takes some seconds more to import, which reading a line need not wait for.
    if args.command in TRAINING:
        from chuviet.commands import training

        return training.COMMANDS[args.command](args)
    if args.command == "lm":
        from chuviet.commands import language

        return language.train_lm(args)
    if args.command == "prune":
        from chuviet.commands import shrinking

        return shrinking.COMMANDS[args.command](args)
    if args.command == "export":
        from chuviet.commands import exporting

        return exporting.export(args)
    from chuviet.commands import lines, pages

    if args.command in pages.COMMANDS:
        return pages.COMMANDS[args.command](args)
    return lines.COMMANDS[args.command](args)


def guarded(call: Callable[[], int], name: str = "chuviet") -> int:
    """`call()` with the user's errors as one line on stderr: exit code 2, or 130 after Ctrl-C or a signal."""
    try:
        return call()
    except (InputError, ConfigError, CharsetError) as e:
        print(f"{name}: error: {' '.join(str(e).split())}", file=sys.stderr)
        return BAD_INPUT
    except OSError as e:  # a full disk, a folder that may not be written
        print(f"{name}: error: {e.filename or 'a file'}: {e.strerror or e}", file=sys.stderr)
        return BAD_INPUT
    except Stopped as e:
        print(f"{name}: {e}", file=sys.stderr)
        return INTERRUPTED
    except KeyboardInterrupt:
        print(f"{name}: interrupted", file=sys.stderr)
        return INTERRUPTED

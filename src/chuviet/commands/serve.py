"""`chuviet serve`: reading as a service, with a page."""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path

from chuviet.artifact.budget import check_budget
from chuviet.artifact.opening import find_weights
from chuviet.commands import OK
from chuviet.errors import InputError

#: The variable that may hold the token instead of a file.
TOKEN = "CHUVIET_TOKEN"


def run(args: Namespace) -> int:
    from chuviet.serve.settings import Settings

    try:
        from chuviet.serve.server import run as serve
    except ModuleNotFoundError as e:
        if (e.name or "").startswith("chuviet"):
            raise
        raise InputError(f"this needs {e.name}, which is not installed: pip install 'chuviet[serve]'") from e
    files = [find_weights(name) for name in args.weights]
    if args.limit_mb is not None and args.limit_mb > 0:
        check_budget(files, args.limit_mb)
    settings = Settings(
        weights=tuple(str(path) for path in files), decoder=args.decoder, beam_width=args.beam_width,
        batch_size=args.batch_size, device=args.device, workers=args.workers, threads=args.threads, max_mb=args.max_mb,
        max_pixels=args.max_pixels, max_pages=args.max_pages, max_lines=args.max_lines, time_limit=args.time_limit,
        receive_limit=args.receive_limit, queue=args.queue, max_held_mb=args.max_held_mb, memory_mb=args.memory_mb,
        token=_token(args.token_file),
    )  # fmt: skip
    serve(settings, args.host, args.port)
    return OK


def _token(file: str | None) -> str | None:
    """The token in a file, else that of the environment. Raises InputError for a file that cannot be read."""
    if file is None:
        return os.environ.get(TOKEN) or None
    try:
        token = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as e:
        raise InputError(f"--token-file {file}: cannot be read ({getattr(e, 'strerror', None) or 'no text'})") from e
    if not token:
        raise InputError(f"--token-file {file}: the file is empty")
    return token

"""`chuviet browse`: out-of-fold lines as one HTML page to look through."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from chuviet.commands import OK
from chuviet.data.table import image_root
from chuviet.files import check_output
from chuviet.inputs.names import counted
from chuviet.report import browse, oof


def run(args: Namespace) -> int:
    first = Path(args.oof[0])
    out = Path(args.out) if args.out else first.with_name("browse.html")
    out = out if out.suffix.lower() in (".html", ".htm") else out / "browse.html"
    check_output(out, [*args.oof, *([args.data] if args.data else [])])
    frame, members = browse.read_members(args.oof)
    root = image_root(args.data, frame) if args.data else oof.images_of(first, frame)
    found = browse.write_page(frame, members, root, out, f"Lines of {browse.member_names([first])[0]}", args.embed)
    where = "in it" if args.embed else "named relative to it: keep them where they are, or embed them (--embed)"
    print(
        f"{out}: {counted(len(frame), 'line')}, {counted(found, 'picture')} {where}, {out.stat().st_size / 1e6:.1f} MB"
    )
    return OK

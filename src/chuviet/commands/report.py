"""`chuviet report`: out-of-fold errors as one HTML page."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import pandas as pd

from chuviet.commands import OK
from chuviet.data.table import image_root
from chuviet.inputs.names import counted
from chuviet.report import oof, page


def run(args: Namespace) -> int:
    first = Path(args.oof[0])
    frame = pd.concat([oof.read_oof(name) for name in args.oof], ignore_index=True)
    root = image_root(args.data, frame) if args.data else oof.images_of(first, frame)
    out = Path(args.out) if args.out else first.with_name("report.html")
    page.write_page(frame, root, out, f"Out-of-fold lines of {first.resolve().parent.name}", args.worst)
    print(oof.overall(frame).to_string(float_format=lambda v: f"{v:.4f}"))
    print(f"{out}: {counted(len(frame), 'line')}")
    return OK

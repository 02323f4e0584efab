"""`chuviet export --to web`: a folder of static files that reads pages inside a browser."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from chuviet.commands import OK
from chuviet.errors import InputError
from chuviet.export.web import export_web

#: The options of an ONNX file, which mean nothing here.
_OTHERS = ("out", "precision", "check", "calibrate", "tolerance")


def run(args: Namespace) -> int:
    kind, folder = args.to
    if kind != "web":
        raise InputError(f"--to {kind}: web is expected, and a folder")
    for name in _OTHERS:
        if getattr(args, name) != args.default(name):
            raise InputError(f"--{name} is for ONNX files; --to web writes a folder of weights as they are")
    done = export_web(Path(folder), args.weights, Path(args.runtime) if args.runtime else None)
    size = f"{done.first_load / 1e6:.1f} MB until the first page is read, {done.whole / 1e6:.1f} MB in all"
    print(f"{folder}: {done.files} files; {size}; reads with {', '.join(done.weights)}")
    if not done.reads_pdfs:
        print("its page reads no PDFs: npm ci in web/ of a checkout builds one that does")
    print(f"serve it by any file server, over https or on localhost: python -m http.server -d {folder}")
    return OK

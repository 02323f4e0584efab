"""Tesseract on line crops, a process a line, as its command is used: see benchmarks/readers.py and answering.py.

The task names the "language", such as "vie".
"""

import os
import re
import subprocess
from pathlib import Path

from answering import answer, given

task = given()
language = task["language"]
environment = os.environ | {"OMP_THREAD_LIMIT": str(task["threads"])}


def output(*options: str) -> str:
    command = ["tesseract", *options]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout


def read(path: str) -> str:
    return " ".join(output(path, "-", "-l", language, "--psm", "7").replace("\f", "").splitlines())


folder = re.search('"(.+)"', output("--list-langs"))
if folder is None or not (data := Path(folder[1], f"{language}.traineddata")).is_file():
    print(f"there are no data of Tesseract for {language!r}: install tesseract-ocr-{language}", flush=True)
    raise SystemExit(1)
about = {"version": output("--version").split()[1], "mb": data.stat().st_size / 1e6}
answer(task, lambda paths: [read(p) for p in paths], about)

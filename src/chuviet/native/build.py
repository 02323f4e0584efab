"""Compiles the C sources of this folder: `python -m chuviet.native.build`, and hatch_build.py for every wheel.

It needs nothing but the standard library and a C compiler.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
SOURCES = ("search.c", "ngram.c", "alignment.c", "edits.c", "lines.c")
LIBRARY = "_search" + {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
# Nothing that depends on this machine or changes a result: no -march=native, no -ffast-math, no fused multiply and add.
FLAGS = ("-std=c99", "-O3", "-ffp-contract=off", "-fPIC", "-fvisibility=hidden", "-shared")


class BuildError(Exception):
    """There is no library, for the reason given."""


def compilers() -> list[list[str]]:
    """The commands of C compilers to try: $CC alone where it is set, else Python's own, then the usual names."""
    if named := os.environ.get("CC"):
        return [shlex.split(named)]
    wanted = [shlex.split(sysconfig.get_config_var("CC") or ""), ["cc"], ["gcc"], ["clang"]]
    return [command for command in wanted if command and shutil.which(command[0])]


def build(folder: Path = HERE, flags: Sequence[str] = ()) -> Path:
    """Compiles the library into `folder`, with more `flags` if wanted, and returns its path; raises BuildError, and
    leaves none there, where that fails.
    """
    target = folder / LIBRARY
    target.unlink(missing_ok=True)  # one of older sources would be worse than none
    reason = "no C compiler (cc, gcc, clang or $CC)"
    for command in compilers():
        with tempfile.TemporaryDirectory() as scratch:
            made = Path(scratch) / LIBRARY
            whole = [*command, *FLAGS, *flags, *(str(HERE / name) for name in SOURCES), "-o", str(made), "-lm"]
            try:
                done = subprocess.run(whole, capture_output=True, text=True)
            except OSError as e:
                reason = f"{command[0]}: {e}"
                continue
            if done.returncode == 0:
                shutil.copy(made, folder / f"{LIBRARY}.new")
                # At once, so that a process that has an older one loaded keeps it whole.
                return (folder / f"{LIBRARY}.new").replace(target)
            reason = f"{command[0]}: {(done.stderr.strip() or 'failed').splitlines()[-1]}"
    raise BuildError(reason)


if __name__ == "__main__":
    try:
        print(build())
    except BuildError as e:
        sys.exit(f"not compiled: {e}")

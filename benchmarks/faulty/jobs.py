"""Commands that write: each with a folder that it is prepared in, and what is asked of its outputs."""

from __future__ import annotations

import importlib
import json
import os
import runpy
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from faulty import seeds

ROOT = Path(__file__).resolve().parents[2]
_CONFIG = """
from chuviet.config import parent, replace
cfg = replace(parent({path!r}, "micro_16"), **{{
    "data.csv": "data/labels.csv", "data.batch": 4, "data.workers": 0, "train.epochs": 3,
    "train.checkpoint_minutes": 0.0,
}})
"""


@dataclass(frozen=True)
class Job:
    """`arguments` of `chuviet` (or of a script of synthetic_data/, first), run in the folder that `prepare` filled.

    `same`: outputs below ``out`` that are the same bytes in each run. `more`: arguments of the next run.
    """

    name: str
    arguments: tuple[str, ...]
    prepare: Callable[[Path], None]
    same: tuple[str, ...]
    more: tuple[str, ...] = ()
    needs: str = ""  # a file below ``out`` without which `more` is left away
    imports: tuple[str, ...] = ()  # what it takes long to import: done once, before processes are made

    def run(self, folder: Path) -> int:
        """The exit status of the command, run in this process."""
        os.chdir(folder)
        again = self.more if not self.needs or list((folder / "out").glob(self.needs)) else ()
        arguments = [*self.arguments, *again]
        try:
            if arguments[0].endswith(".py"):
                sys.argv = arguments
                runpy.run_path(str(ROOT / "synthetic_data" / arguments[0]), run_name="__main__")
                return 0
            from chuviet.cli import main

            return main(arguments)
        except SystemExit as e:
            return e.code if isinstance(e.code, int) else int(e.code is not None)

    def outputs(self, folder: Path) -> dict[str, bytes]:
        """The files that are the same in each run, as far as they are there."""
        found = sorted(path for pattern in self.same for path in (folder / "out").glob(pattern) if path.is_file())
        return {str(p.relative_to(folder)): p.read_bytes() for p in found if not p.name.startswith(".")}


def _labels(folder: Path) -> None:
    rows = [f"{i}.png,text {i // 3},{i // 60}\n" for i in range(20_000)]
    (folder / "labels.csv").write_text("img_path,text,writer_id\n" + "".join(rows))
    (folder / "out").mkdir()


def _pages(folder: Path) -> None:
    (folder / "pages").mkdir()
    for i in range(6):
        Image.fromarray(seeds.picture(160, 90, i)).save(folder / "pages" / f"{i}.png")
    for name, data in seeds.onnx_files():
        (folder / name).write_bytes(data)
    (folder / "out").mkdir()


def _weights(folder: Path) -> None:
    (folder / "line.safetensors").write_bytes(dict(seeds.safetensors_files())["line.safetensors"])
    (folder / "out").mkdir()


def _nothing(folder: Path) -> None:
    (folder / "out").mkdir()


def _lines(folder: Path) -> None:
    (folder / "data").mkdir()
    rows = []
    for i in range(24):
        Image.fromarray(seeds.picture(100, 32, i)).save(folder / "data" / f"{i}.png")
        rows.append(f"{i}.png,{'abcdefgh'[i % 8]}{i},{i % 4}\n")
    (folder / "data" / "labels.csv").write_text("img_path,text,fold\n" + "".join(rows))
    (folder / "tiny.py").write_text(_CONFIG.format(path=str(ROOT / "configs" / "tiny.py")))
    (folder / "out").mkdir()


def _fonts() -> str:
    import matplotlib

    return str(Path(matplotlib.get_data_path(), "fonts", "ttf"))


def jobs() -> dict[str, Job]:
    """Those that are killed."""
    made = [
        Job("folds", ("folds", "--data", "labels.csv", "--out", "out/folds.csv"), _labels, ("folds.csv",),
            imports=("chuviet.commands.folds",)),
        Job("read", ("read", "pages", "-w", "detector.onnx", "-w", "line.onnx", "--format", "json,txt,pdf",
                     "--out", "out/read"), _pages, ("read/**/*.json", "read/**/*.txt"),
            imports=("chuviet.commands.read", "chuviet.artifact.onnx_file")),
        Job("export", ("export", "-w", "line.safetensors", "--out", "out/line.onnx"), _weights, ("line.onnx",),
            imports=("chuviet.commands.export", "chuviet.export.lines", "chuviet.models.micro", "timm")),
        Job("gendata", ("gendata_captcha.py", "--task", "printed", "--count", "60", "--fonts", _fonts(),
                        "--out", "out/set"), _nothing, ("set/**/*.jpg", "set/manifest.csv"),
            imports=("chuviet.commands.synthesis", "chuviet.synth.dataset")),
        Job("train", ("train", "-C", "tiny.py", "--root", "out"), _lines, ("**/weights.safetensors", "**/oof.csv"),
            ("resume=true",), "**/checkpoint.pt", ("chuviet.commands.train", "chuviet.models.micro", "tensorboard")),
    ]  # fmt: skip
    return {job.name: job for job in made}


def load(job: Job) -> None:
    """Imports what the job imports."""
    for name in ("chuviet.cli", *job.imports):
        importlib.import_module(name)


def is_json_lines(path: Path) -> bool:
    """Whether all lines of a file but the last one are JSON."""
    try:
        for line in path.read_text().split("\n")[:-1]:
            json.loads(line)
    except ValueError:
        return False
    return True

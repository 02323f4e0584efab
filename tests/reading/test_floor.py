"""The reading floor without the making floor: every module of it, and reading, where PyTorch and the like are not
installed.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import chuviet

ROOT = Path(__file__).parents[2]

spec = importlib.util.spec_from_file_location("layers", ROOT / "tests" / "test_layers.py")
assert spec is not None and spec.loader is not None
layers = importlib.util.module_from_spec(spec)
spec.loader.exec_module(layers)


def hidden(kept: str = "") -> set[str]:
    """The modules of all packages that the extras alone install; those of the extra `kept` left out."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    base, extras = (
        {re.match(r"[\w.-]+", r)[0].lower() for r in ranges}  # type: ignore[index]
        for ranges in (project["dependencies"], itertools.chain(*project["optional-dependencies"].values()))
    )
    base |= {re.match(r"[\w.-]+", r)[0].lower() for r in project["optional-dependencies"].get(kept, ())}  # type: ignore[index]
    made_by = {top: {name.lower() for name in names} for top, names in packages_distributions().items()}
    return {top for top, names in made_by.items() if names & extras and not names & base} - {"chuviet"}


#: Makes packages look as if they were not installed.
HIDE = """
import sys
class Hidden:
    def __init__(self, names, finders):
        self.names, self.finders = names, finders
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in self.names:
            return None
        found = (f.find_spec(name, path, target) for f in self.finders if hasattr(f, "find_spec"))
        return next((s for s in found if s is not None), None)
sys.meta_path[:] = [Hidden({names!r}, list(sys.meta_path))]
"""


def without(code: str, *arguments: str, kept: str = "") -> subprocess.CompletedProcess[str]:
    """Runs `code` in a Python in which nothing can be imported that reading, with the extra `kept`, must do without."""
    whole = HIDE.replace("{names!r}", repr(sorted(layers.HEAVY | hidden(kept)))) + code
    return subprocess.run([sys.executable, "-c", whole, *arguments], capture_output=True, text=True)


def test_hidden_packages_are_as_if_not_installed() -> None:
    assert {"torch", "editdistance", "torch_pruning"} <= layers.HEAVY | hidden() and "numpy" not in hidden()
    done = without("import importlib.util\nassert importlib.util.find_spec('torch') is None\nimport torch")
    assert "ModuleNotFoundError: No module named 'torch'" in done.stderr
    assert without("import numpy, json, PIL, cv2").returncode == 0


def test_every_module_of_the_floor_is_imported_without_the_making_floor() -> None:
    floor = sorted(m for m in layers.graph() if layers.reads(m))
    assert len(floor) > 30 and "chuviet.reading.pages" in floor
    code = f"import importlib\nfor name in {floor}:\n    importlib.import_module(name)\n"
    done = without(code + "print(len(sys.modules))")
    assert done.returncode == 0, done.stderr


def test_every_module_of_the_service_is_imported_with_its_own_extra_alone() -> None:
    floor = sorted(m for m in layers.graph() if layers.serves(m))
    assert "chuviet.serve.app" in floor
    done = without(f"import importlib\nfor name in {floor}:\n    importlib.import_module(name)\n", kept="serve")
    assert done.returncode == 0, done.stderr
    done = without("from chuviet.cli import main\nsys.exit(main(['serve']))")
    assert done.returncode == 2 and "pip install 'chuviet[serve]'" in done.stderr and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("arguments", [["--list"], ["b1_384_ptr_f5"], ["resnet18_db_small"], ["page_lite0"]], ids=str)
def test_configs_are_listed_and_printed_without_the_making_floor(arguments: list[str]) -> None:
    code = f"import os\nos.chdir({str(ROOT)!r})\nfrom chuviet.cli import main\nsys.exit(main({['config', *arguments]}))"
    done = without(code)
    assert done.returncode == 0, done.stderr
    assert "b1_384_ptr_f5" in done.stdout if arguments == ["--list"] else "optim.lr" in done.stdout


READ = """
import json
from pathlib import Path
import chuviet
from chuviet.cli import main
line, word, det, picture, folder = sys.argv[1:]
reader = chuviet.LineReader(line)
page = chuviet.Reader(det, word, min_score=0).read(picture)
found = chuviet.Detector(det).predict([picture])[0]
codes = [
    main(["predict", "-w", line, picture, "--out", f"{folder}/p.csv"]),
    main(["predict", "-w", det, picture, "--out", f"{folder}/d.txt", "--draw", f"{folder}/drawn"]),
    main(["read", "-w", det, "-w", word, picture, "--min-score", "0", "--draw", f"{folder}/read"]),
]
print(json.dumps([reader.read(picture).as_dict(), page.as_dict(), found.quads.tolist(), codes]))
"""


def test_lines_and_pages_are_read_without_the_making_floor(small_onnx: Any, tmp_path: Path) -> None:
    image = np.full((60, 400, 3), 255, np.uint8)
    image[15:45, 20:170] = image[15:45, 220:370] = 0
    image[20:40:4, 30:360:13] = 255
    picture = tmp_path / "p.png"
    Image.fromarray(image).save(picture)
    files = [str(f) for f in (small_onnx.line, small_onnx.word, small_onnx.detector, picture, tmp_path)]
    done = without(READ, *files)
    assert done.returncode == 0, done.stderr
    line, page, quads, codes = json.loads(done.stdout.splitlines()[-1])
    here = chuviet.Reader(small_onnx.detector, small_onnx.word, min_score=0).read(picture)
    assert line == chuviet.LineReader(small_onnx.line).read(picture).as_dict() and line["text"]
    assert page == here.as_dict() and len(page["lines"]) == 2 == len(quads) and codes == [0, 0, 0]
    assert f",{line['text']}," in (tmp_path / "p.csv").read_text(encoding="utf-8")
    assert (tmp_path / "drawn" / "p.jpg").is_file() and (tmp_path / "read" / "p.jpg").is_file()


def test_what_needs_the_making_floor_says_in_one_line_what_to_install(small_onnx: Any, tmp_path: Path) -> None:
    weights = small_onnx.line.with_suffix(".safetensors")
    Image.new("L", (90, 30), 255).save(tmp_path / "a.png")
    (tmp_path / "labels.csv").write_text("img_path,text,fold\na.png,a,0\n")
    code = "from chuviet.cli import main\nsys.exit(main(sys.argv[1:]))"
    for command in (
        ["predict", "-w", str(weights), str(tmp_path / "a.png")],
        ["evaluate", "-w", str(small_onnx.line), "--data", "labels.csv"],
        [
            "train",
            "-C",
            "demo_scratch_f0",
            "init=",
            f"data.csv={tmp_path / 'labels.csv'}",
        ],  # what lacks data is told that first
        ["export", "-w", str(weights)],
    ):
        done = without(code, *command)
        assert done.returncode == 2, done.stderr
        (line,) = done.stderr.splitlines()
        assert line.startswith("chuviet: error: ") and "pip install '.[train]' in a checkout" in line
    done = without(code, "predict", "-w", str(weights), str(tmp_path / "a.png"))
    assert f"{weights}: .safetensors files need PyTorch" in done.stderr and "or name an .onnx file" in done.stderr


@pytest.mark.parametrize("weights", sorted((ROOT / "weights").glob("*.onnx")), ids=lambda p: p.stem)
def test_every_shipped_file_reads_without_the_making_floor(weights: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (64, 300, 3), dtype=np.uint8)).save(tmp_path / "a.png")
    code = "import chuviet\nprint(type(chuviet.load(sys.argv[1]).predict(sys.argv[2])[0]).__name__)"
    done = without(code, str(weights), str(tmp_path / "a.png"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() in ("Prediction", "Detection")

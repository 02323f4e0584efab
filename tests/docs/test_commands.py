"""Every command of the documentation is run, or held to the parser of what it calls.

Each block of commands in README, CONTRIBUTING and docs/ has a mark on the line above it:

    <!-- run -->                    run here, the blocks of a page one after the other in a small copy of the project
    <!-- long: recipes.md -->       takes minutes or data sets; that page has its recipe with the minutes
    <!-- check: needs a network -->  cannot run in a test, and why

Those that are not run are expanded by bash with every program replaced by one that writes down how it was called. Then
options, files, configs and overrides are held to the real parsers. So are commands inside of sentences and tables.
Blocks of Python with a title are files of the copy, those that are marked `run` are run in it, and diffs are applied.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from PIL import Image

from chuviet import cli, config

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(
    r"^(?:<!-- (\w+)(?:: (.*?))? -->\n)?```([a-z]*)(?: title=\"(.*?)\")?\n(.*?)^```", re.MULTILINE | re.DOTALL
)
SHELLS = {"", "sh", "bash", "console", "shell"}
#: Programs of others: called as their own documentation says.
FOREIGN = set("apt-get awk curl docker git grep ln mkdir node pdftotext python3 python3.12 sbatch torchrun uv".split())


class Block(NamedTuple):
    """A block of a page: its line, mark and what the mark says, language, title and text."""

    page: Path
    line: int
    mark: str
    why: str
    language: str
    title: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(page, text[: m.start()].count("\n") + 1, *(m[i] or "" for i in (1, 2, 3, 4)), m[5])
        for m in FENCE.finditer(text)
    ]


BLOCKS = [block for page in PAGES for block in blocks_of(page)]
COMMANDS = [block for block in BLOCKS if block.language in SHELLS]


@pytest.mark.parametrize("block", COMMANDS, ids=lambda b: b.place)
def test_every_block_of_commands_says_whether_it_is_run(block: Block) -> None:
    assert block.mark in ("run", "long", "check"), f"{block.place}: no mark; see the head of {Path(__file__).name}"
    if block.mark == "long":
        recipe = block.page.parent / block.why.partition("#")[0]
        assert recipe.is_file(), f"{block.place}: no page {block.why}"
    elif block.mark == "check":
        assert block.why, f"{block.place}: why is it not run?"


# What is run ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what commands need, with `line.jpg`, `line.png`, `photo.jpg`, and two images in `scans`."""
    for name in ("weights", "docs", "benchmarks", "train_folds.csv"):
        (tmp_path / name).symlink_to(ROOT / name)
    for name in ("train.py", "prepare_ext_data.py"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("configs", "src", "synthetic_data"):
        for path in [*(ROOT / name).rglob("*.*")]:
            if path.is_file() and path.suffix != ".pyc" and not path.name.startswith("."):
                target = tmp_path / path.relative_to(ROOT)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, target)
    examples = ROOT / "docs" / "examples"
    shutil.copy(examples / "lines" / "address.jpg", tmp_path / "line.jpg")
    Image.open(tmp_path / "line.jpg").save(tmp_path / "line.png")
    shutil.copy(examples / "page.jpg", tmp_path / "photo.jpg")
    (tmp_path / "scans").mkdir()
    for name in ("name", "money"):
        shutil.copy(examples / "lines" / f"{name}.jpg", tmp_path / "scans")
    return tmp_path


RUN = [page for page in PAGES if any(block.mark == "run" for block in blocks_of(page))]


@pytest.mark.programs
@pytest.mark.parametrize("page", RUN, ids=lambda p: p.name)
def test_the_commands_of_a_page_run(page: Path, project: Path) -> None:
    script = [f'chuviet() {{ "{sys.executable}" -m chuviet "$@"; }}; python() {{ "{sys.executable}" "$@"; }}']
    for block in blocks_of(page):
        if block.language == "python" and block.title:
            folder = Path(block.title).parent
            script.append(f"mkdir -p {folder}; cat > {block.title} <<'END_OF_FILE'\n{block.text}END_OF_FILE")
        elif block.language == "diff":
            script.append(f"git apply - <<'END_OF_FILE'\n{block.text}END_OF_FILE")
        elif block.mark == "run":
            code = f"python - <<'END_OF_FILE'\n{block.text}END_OF_FILE" if block.language == "python" else block.text
            script.append(f"echo '== {block.place}' >&2\n{code}")
    path = os.pathsep.join(filter(None, [str(project / "src"), str(project), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(script)], cwd=project, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-4000:]}"


# What is held to the parsers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("block", [b for b in COMMANDS if b.mark != "run"], ids=lambda b: b.place)
def test_commands_that_are_not_run_are_understood(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = recorded(block.text, tmp_path)
    assert calls, block.text
    for call in calls:
        check_call(call, block.place, monkeypatch)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_commands_in_sentences_and_tables_are_understood(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for span in re.findall(r"(?<!`)`((?:chuviet|python|make|npm) [^`]+)`(?!`)", text):
        words = shlex.split(" ".join(placed(span).split()).split(" # ")[0])
        if words[0] == "chuviet" and words[1].islower():
            check_options(words, f"{page.name}: {span}")
        elif words[:3] == ["python", "train.py", "-C"] and not words[3].isupper():
            check_call(words, f"{page.name}: {span}", monkeypatch)
        elif words[0] == "python" and words[1].endswith(".py"):
            assert (ROOT / words[1]).is_file(), f"{page.name}: {span}"
        elif words[0] == "make":
            check_call(words, f"{page.name}: {span}", monkeypatch)


RECORDER = """
command_not_found_handle() { printf '%s\\037' "$@" >> "$RECORD"; printf '\\036' >> "$RECORD"; }
cd() { :; }
source() { :; }
.() { :; }
PATH=/nonexistent
"""


def recorded(text: str, folder: Path) -> list[list[str]]:
    """The programs that a block of commands calls, with their arguments as bash expands them; none of them is run."""
    text = placed(text)
    for target in re.findall(r">\s*([\w./]+)", text):
        (folder / target).parent.mkdir(parents=True, exist_ok=True)
    record = folder / "record"
    record.touch()
    done = subprocess.run(
        [shutil.which("bash") or "bash", "-euc", RECORDER + text], cwd=folder, capture_output=True, text=True,
        env={"RECORD": str(record)}, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stderr}\n{text}"
    return [call.split("\037")[:-1] for call in record.read_text(encoding="utf-8").split("\036")[:-1]]


def placed(text: str) -> str:
    """Numbers for the letters K (a fold) and N, a Python for PYTHON."""
    text = re.sub(r"(?<![A-Za-z])K\b|(?<=fold)K\b|(?<=lm)K\b|(?<=reader)K\b|(?<==)N\b", "0", text)
    return re.sub(r"\bPYTHON\b", sys.executable, text)


class Understood(BaseException):
    """A script's own parser took its arguments."""


def check_call(call: list[str], place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails unless the program that is called is known, and takes these arguments."""
    program, given = call[0], call[1:]
    if program == "chuviet":
        check_chuviet(given, place)
    elif program in ("python", "torchrun") and "train.py" in given:
        check_chuviet(["train", *given[given.index("train.py") + 1 :]], place)
    elif program == "python" and given[0] == "-m":
        check_module(given[1:], place)
    elif program == "python":
        check_script(given, place, monkeypatch)
    elif program == "pip":
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        extras = project["optional-dependencies"]
        for word in given:
            if named := re.fullmatch(r"(?:\.|chuviet)\[(.*)\]", word):
                assert set(named[1].split(",")) <= set(extras), f"{place}: {word}"
    elif program == "make":
        targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
        assert {word for word in given if "=" not in word} <= targets, f"{place}: {call}"
    elif program == "npm":
        scripts = json.loads((ROOT / "web" / "package.json").read_text(encoding="utf-8"))["scripts"]
        assert "run" not in given or given[given.index("run") + 1] in scripts, f"{place}: {call}"
    else:
        assert program in FOREIGN, f"{place}: {program} is not known to {Path(__file__).name}"


def check_chuviet(given: list[str], place: str) -> None:
    """Holds a command to its parser, overrides to the tree of its config, and names of weights to what there is."""
    try:
        args = cli._parsed(given)
    except SystemExit as e:
        assert not e.code, f"{place}: chuviet {' '.join(given)}"
        return
    if getattr(args, "config", None) and not args.config.isupper():
        changes = getattr(args, "overrides", [])
        told = [change for change in changes if not change.partition("=")[2].isupper()]  # FILE stands for one
        config.override(config.load(args.config, ROOT / "configs"), told)
    weights = getattr(args, "weights", None) or []
    for name in [weights] if isinstance(weights, str) else weights:
        if re.fullmatch(r"[a-z][a-z0-9_]*", name) and name not in FORMER_WEIGHTS:
            shipped = {path.stem for path in (ROOT / "weights").iterdir()}
            assert name in shipped or any((ROOT / "configs").rglob(f"{name}.py")), f"{place}: no weights {name}"


#: Weights of former revisions, which recipes and results name together with the revision.
FORMER_WEIGHTS = {"vi_line"}


def check_module(given: list[str], place: str) -> None:
    if given[0] == "pytest":
        for word in given[1:]:
            assert not word.startswith("tests") or (ROOT / word).exists(), f"{place}: {word}"
    else:
        assert given[0] in ("http.server", "venv", "pip") or given[0].startswith("chuviet"), f"{place}: {given[0]}"


def check_script(given: list[str], place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs a script of the project as far as its parser, which must take the arguments."""
    path = ROOT / given[0]
    assert path.is_file(), f"{place}: no script {given[0]}"
    if "ArgumentParser" not in path.read_text(encoding="utf-8") and path.parent.name != "synthetic_data":
        assert not given[1:], f"{place}: {given[0]} takes no arguments"
        return
    real = argparse.ArgumentParser.parse_args

    def parse(parser: argparse.ArgumentParser, args: Any = None, namespace: Any = None) -> None:
        real(parser, args, namespace)
        raise Understood

    with monkeypatch.context() as patch:
        patch.setattr(argparse.ArgumentParser, "parse_args", parse)
        patch.setattr(sys, "argv", given)
        patch.syspath_prepend(str(path.parent))
        with pytest.raises(Understood):
            runpy.run_path(str(path), run_name="__main__")


def check_options(words: list[str], place: str) -> None:
    """Holds the options of a command that a sentence names, perhaps without all its arguments, to its parser."""
    commands = next(a for a in cli.parser()._actions if isinstance(a, argparse._SubParsersAction)).choices
    assert words[1] in commands, place
    known = commands[words[1]]._option_string_actions
    for word in words[2:]:
        option = word.partition("=")[0]
        assert not re.fullmatch(r"--?[a-z][a-z-]*", option) or option in known, f"{place}: no option {option}"


def test_the_checks_refuse_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test of the tests: each of these commands has one mistake."""
    calls = recorded('X="a b"; for n in 1 2; do chuviet read $X --out "$n c"; done\nA=1 make demo > gone/x', tmp_path)
    assert calls == [["chuviet", "read", "a", "b", "--out", f"{n} c"] for n in (1, 2)] + [["make", "demo"]]
    for wrong in (
        "chuviet read a.jpg --formats json", "chuviet reads a.jpg", "chuviet train -C line_192_f0 train.epoch=3",
        "python train.py -C no_such_config", "python synthetic_data/gendata_poems.py --counts 3", "make demos",
        "python synthetic_data/gendata_nothing.py", "pip install '.[trains]'", "npm run builds", "unknown --x",
    ):  # fmt: skip
        with pytest.raises((AssertionError, SystemExit, config.ConfigError)):
            check_call(shlex.split(wrong), "here", monkeypatch)

"""Imports go downhill only (see CONTRIBUTING.md): read from the source, so that lazy imports count as well."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "chuviet"

#: What every module may import, by the part of the package that it is in; a part may always import itself.
#: Modules that import nothing of ours, or almost nothing.
BASE = {
    "errors": set(), "kinds": set(), "manifest": set(), "results": set(), "vocab": set(),
    "geometry": set(), "outlines": set(), "rboxes": set(), "origin": set(), "typed": set(),
    "processors": set(),
    "config": {"kinds", "origin", "typed"}, "files": {"errors"},
}  # fmt: skip
#: The reading floor, from the ground up: each part may import those before it.
READING = ("inputs", "formats", "native", "preprocess", "decode", "language", "artifact", "reading", "front")
#: The making floor: groups of parts; each may import the groups before it, but no other part of its own group.
MAKING = (
    {"labels", "polygons"}, {"batch"}, {"synth", "data", "models", "losses", "metrics"}, {"pytorch"}, {"train"},
    {"experiment"}, {"recipes", "run_files"}, {"export"}, {"report"}, {"compress"}, {"runs"},
)  # fmt: skip
#: The serving floor: it stands on the reading floor, and knows nothing of making.
SERVING = "serve"
TOP = ("options", "commands", "cli", "__main__", "ray_read")
#: Modules above the reading floor that must do without the making floor all the same.
LIGHT = {"__main__", "cli", "options", "options.help", "options.reading", "options.shared", "options.training",
         "options.weights", "commands", "commands.guard", "commands.images", "commands.outputs",
         "commands.page_outputs", "commands.predict", "commands.read", "commands.record", "commands.serve",
         "commands.weights"}  # fmt: skip
#: What the reading floor never imports.
HEAVY = {"torch", "torchvision", "timm", "lightning", "pandas", "albumentations", "sklearn", "scipy", "shapely",
         "matplotlib", "onnx", "safetensors", "tensorboard", "IPython", "nbformat"}  # fmt: skip
OUTSIDE = {"configs", "synthetic_data", "benchmarks", "notebooks", "tests", "train", "prepare_ext_data"}


def module_name(path: Path, root: Path = SOURCE) -> str:
    parts = path.relative_to(root.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(source: str, module: str, is_package: bool = False) -> set[str]:
    """The modules, and names that may be modules, that `source` imports; relative ones resolved."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = module.split(".") if is_package else module.split(".")[:-1]
            base = package[: len(package) - node.level + 1] if node.level else []
            name = ".".join([*base, *([node.module] if node.module else [])])
            found |= {name} | {f"{name}.{a.name}" for a in node.names}
    return found


def top_level_imports(source: str) -> set[str]:
    """The modules that are imported when `source` is, not those that its functions import."""
    body = [n for n in ast.parse(source).body if isinstance(n, ast.Import | ast.ImportFrom)]
    return {name for node in body for name in imports(ast.unparse(node), "chuviet.x")}


def graph() -> dict[str, set[str]]:
    """Every module of the package with those of the package that it imports. The package itself, the lazy front door,
    imports nothing before it is asked (tests/test_front.py).
    """
    files = {module_name(p): p for p in SOURCE.rglob("*.py") if p != SOURCE / "__init__.py"}
    return {m: imports(p.read_text(), m, p.name == "__init__.py") & (files.keys() - {m}) for m, p in files.items()}


def at_import(edges: dict[str, set[str]]) -> dict[str, set[str]]:
    """The same, but for what a room's `configs` import when they build something: the room's own modules. They are
    apart so that configs are read without PyTorch.
    """
    files = {module_name(p): p for p in SOURCE.rglob("configs.py")}
    return edges | {m: edges[m] & top_level_imports(p.read_text()) for m, p in files.items() if part(m) != "commands"}


def part(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def allowed_imports() -> dict[str, set[str]]:
    """The parts that each part may import."""
    allowed = {name: set(used) for name, used in BASE.items()}
    below = set(BASE)
    for name in READING:
        allowed[name] = below | {name}
        below |= {name}
    below -= {"front"}
    allowed[SERVING] = below | {SERVING}
    for group in MAKING:
        allowed |= {name: below | {name} for name in group}
        below |= group
    for name in TOP:
        allowed[name] = below | {name, "front", SERVING}
        below |= {name}
    return allowed


def uphill(edges: dict[str, set[str]]) -> list[str]:
    """The imports that the layers don't allow."""
    wrong, layers = [], allowed_imports()
    for module, used in edges.items():
        if part(module) not in layers:
            wrong.append(f"{module}: in no layer; DESIGN and this test name all of them")
            continue
        # `from chuviet.data import x` also imports the package chuviet itself, which holds nothing.
        wrong += [
            f"{module} imports {u}" for u in sorted(used) if part(u) not in layers[part(module)] and u != "chuviet"
        ]
    return wrong


def reads(module: str) -> bool:
    """Whether a module belongs to the reading floor."""
    name = module.removeprefix("chuviet.")
    return part(module) in {*BASE, *READING, ""} or name in LIGHT


def serves(module: str) -> bool:
    """Whether a module belongs to the serving floor, which needs what the extra `serve` installs, and no more."""
    return part(module) == SERVING


def cycle(edges: dict[str, set[str]]) -> list[str]:
    """Modules that import each other in a ring; empty when there are none."""
    done: set[str] = set()

    def visit(module: str, path: list[str]) -> list[str]:
        if module in path:
            return [*path[path.index(module) :], module]
        if module in done:
            return []
        for used in sorted(edges.get(module, ())):
            if ring := visit(used, [*path, module]):
                return ring
        done.add(module)
        return []

    return next((ring for module in sorted(edges) if (ring := visit(module, []))), [])


def path_edits(source: str) -> list[int]:
    """Lines that touch sys.path, or bring its name in."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        attribute = isinstance(node, ast.Attribute) and node.attr == "path"
        if attribute and isinstance(node.value, ast.Name) and node.value.id == "sys":
            lines.append(node.lineno)
        if isinstance(node, ast.ImportFrom) and node.module == "sys" and any(a.name == "path" for a in node.names):
            lines.append(node.lineno)
    return lines


def project_files() -> list[Path]:
    folders = ("src", "configs", "synthetic_data", "benchmarks", "tests")
    return sorted([*ROOT.glob("*.py"), *(p for f in folders for p in (ROOT / f).rglob("*.py"))])


def test_imports_go_downhill() -> None:
    edges = graph()
    assert edges["chuviet.reading.lines"] >= {"chuviet.vocab", "chuviet.decode.ctc"}  # it does see them
    assert uphill(edges) == []


def test_the_reading_floor_never_looks_up() -> None:
    making = set().union(*MAKING)
    for module, used in graph().items():
        if reads(module) or serves(module):
            assert not {u for u in used if part(u) in making}, module


def test_the_reading_floor_imports_nothing_heavy() -> None:
    for path in SOURCE.rglob("*.py"):
        module = module_name(path)
        if reads(module) or serves(module):
            for name in top_level_imports(path.read_text()):
                assert name.split(".")[0] not in HEAVY, f"{module} imports {name}"


def test_no_module_imports_itself_in_a_ring() -> None:
    assert cycle(at_import(graph())) == []


def test_the_package_imports_nothing_from_the_folders_around_it() -> None:
    for path in SOURCE.rglob("*.py"):
        roots = {
            name.split(".")[0] for name in imports(path.read_text(), module_name(path), path.name == "__init__.py")
        }
        assert not roots & OUTSIDE, path


def test_configs_import_recipes_only() -> None:
    for path in (ROOT / "configs").rglob("*.py"):
        for name in imports(path.read_text(), path.stem):
            assert name.startswith("chuviet.recipes"), f"{path.name} imports {name}"


@pytest.mark.parametrize("path", project_files(), ids=lambda p: str(p.relative_to(ROOT)))
def test_no_file_edits_the_module_search_path(path: Path) -> None:
    assert path_edits(path.read_text()) == []


def test_the_checks_can_fail() -> None:
    assert uphill({"chuviet.config": {"chuviet.batch"}}) == ["chuviet.config imports chuviet.batch"]
    assert uphill({"chuviet.reading.a": {"chuviet.pytorch.b"}}) == ["chuviet.reading.a imports chuviet.pytorch.b"]
    assert uphill({"chuviet.decode.a": {"chuviet.language.b"}}) == ["chuviet.decode.a imports chuviet.language.b"]
    assert uphill({"chuviet.reading.a": {"chuviet.serve.b"}}) == ["chuviet.reading.a imports chuviet.serve.b"]
    assert uphill({"chuviet.serve.a": {"chuviet.front"}}) == ["chuviet.serve.a imports chuviet.front"]
    assert uphill({"chuviet.commands.a": {"chuviet.cli"}}) == ["chuviet.commands.a imports chuviet.cli"]
    assert top_level_imports("import torch\ndef f():\n    import pandas\n") == {"torch"}
    assert uphill({"chuviet.data.a": {"chuviet.models.b", "chuviet.vocab", "chuviet.data.c"}}) == [
        "chuviet.data.a imports chuviet.models.b"
    ]
    assert uphill({"chuviet.train.a": {"chuviet.export.b"}}) == ["chuviet.train.a imports chuviet.export.b"]
    assert len(uphill({"chuviet.newcomer": set()})) == 1
    assert cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert cycle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []
    assert path_edits("import sys\nsys.path.insert(0, '.')\n") == [2]
    assert path_edits("from sys import path\n") == [1]
    assert path_edits("import os\nos.path.join('a')\n") == []
    assert imports("def f():\n    from ..models import x\n", "chuviet.data.a") == {"chuviet.models", "chuviet.models.x"}
    assert imports("from . import x", "chuviet.data", is_package=True) == {"chuviet.data", "chuviet.data.x"}

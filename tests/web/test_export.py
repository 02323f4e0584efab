"""The folder that `chuviet export --to web` writes."""

from __future__ import annotations

import hashlib
import json
import zlib
from pathlib import Path

import pytest

from chuviet.artifact.opening import find_weights
from chuviet.cli import main
from chuviet.errors import InputError
from chuviet.export.web import RUNTIME, export_web
from chuviet.export.web_settings import MODULES, constants_of
from chuviet.reading import order, pages


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What stands for ONNX Runtime's files."""
    folder = tmp_path_factory.mktemp("npm") / "onnxruntime-web" / "dist"
    folder.mkdir(parents=True)
    for name in RUNTIME:
        (folder / name).write_bytes(name.encode() * 100)
    return folder.parents[1]


def test_every_file_is_in_the_manifest_and_the_settings_name_the_weights(tmp_path: Path, runtime: Path) -> None:
    folder = tmp_path / "demo"
    done = export_web(folder, ["print_line"], runtime)
    assert done.weights == ("page_det", "print_line")
    manifest = json.loads((folder / "manifest.json").read_bytes())
    written = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert written == set(manifest["files"]) | {"manifest.json", "sw.js"}
    for name, entry in manifest["files"].items():
        data = (folder / name).read_bytes()
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (entry["sha256"], entry["bytes"])
    assert manifest["version"] in (folder / "sw.js").read_text()
    html = (folder / "index.html").read_text()
    assert "engine/offline.js" in html and 'name="chuviet-mode" content="local"' in html
    told = json.loads((folder / "engine" / "settings.json").read_bytes())
    reader = told["readers"][0]
    assert reader["name"] == "print_line" and not reader["language_model"] and reader["preprocess"]["height"] == 40
    assert zlib.decompress((folder / reader["file"]).read_bytes()) == find_weights("print_line").read_bytes()
    assert zlib.decompress((folder / told["runtime"]["wasm"]).read_bytes()).startswith(b"ort-wasm")


def test_an_export_replaces_an_earlier_one_and_nothing_else(tmp_path: Path, runtime: Path) -> None:
    folder = tmp_path / "demo"
    export_web(folder, ["print_line"], runtime)
    first = (folder / "sw.js").read_text()
    export_web(folder, ["scene_word"], runtime)
    assert not list(folder.rglob("print_line*")) and list(folder.rglob("scene_word*"))
    assert (folder / "sw.js").read_text() != first  # so that browsers notice
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="no earlier export"):
        export_web(tmp_path / "other", ["print_line"], runtime)


def test_what_a_browser_cannot_run_is_refused_in_one_line(tmp_path: Path, runtime: Path) -> None:
    for weights, why in (
        (["vi_line_ptr"], "chuviet export -w"), (["page_det", "text_det"], "two detectors"),
        (["text_det"], "detectors of lines and words"), (["nothing_at_all"], "no such file"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=why) as refused:
            export_web(tmp_path / "demo", weights, runtime)
        assert "\n" not in str(refused.value)
    copy = tmp_path / "copy.onnx"
    copy.write_bytes(find_weights("print_line").read_bytes())
    with pytest.raises(InputError, match="an ensemble"):
        export_web(tmp_path / "demo", ["print_line", str(copy)], runtime)
    with pytest.raises(InputError, match="npm install onnxruntime-web"):
        export_web(tmp_path / "demo", ["print_line"], tmp_path)
    assert not (tmp_path / "demo").exists()


def test_the_command(tmp_path: Path, runtime: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "demo"
    given = ["export", "--to", "web", str(folder), "-w", "print_line", "--runtime", str(runtime)]
    assert main(given) == 0
    said = capsys.readouterr().out
    assert (
        said.startswith(f"{folder}: ") and "page_det, print_line" in said and "MB until the first page is read" in said
    )
    assert main([*given, "--precision", "fp16"]) == 2 and "--precision is for ONNX files" in capsys.readouterr().err
    assert main(["export", "--to", "wasm", str(folder)]) == 2 and "web is expected" in capsys.readouterr().err
    assert main(["export", "-w", "print_line", "-w", "vi_text"]) == 2 and "one weights file" in capsys.readouterr().err


def test_constants_are_those_of_the_modules() -> None:
    assert constants_of(pages)["_LEAST"] == [list(pair) for pair in pages._LEAST]
    assert constants_of(order)["_TALL"] == order._TALL and "Boxes" not in constants_of(order)
    assert len(set(MODULES)) == len(MODULES)


def test_the_engine_asks_for_no_constant_that_is_not_there() -> None:
    """A constant that goes from Python would else be `undefined` in the browser, and comparisons with it false."""
    import importlib
    import re

    engine = Path(__file__).parents[2] / "web" / "engine"
    asked = 0
    for path in engine.rglob("*.js"):
        source = path.read_text(encoding="utf-8")
        for names, module in re.findall(r"\{([^{}]*)\} = constants\('([\w.]+)'\)", source):
            known = constants_of(importlib.import_module(f"chuviet.{module}"))
            wanted = [name.strip() for name in names.split(",") if name.strip()]
            assert module in MODULES and set(wanted) <= set(known), (path.name, module, set(wanted) - set(known))
            asked += len(wanted)
        for module, name in re.findall(r"constants\('([\w.]+)'\)\.(\w+)", source):
            assert name in constants_of(importlib.import_module(f"chuviet.{module}")), (path.name, module, name)
            asked += 1
        for variable, module in re.findall(r"const (\w) = constants\('([\w.]+)'\);", source):
            known = constants_of(importlib.import_module(f"chuviet.{module}"))
            wanted = re.findall(rf"\b{variable}\.([A-Z_][A-Z_]+)\b", source)
            modules = re.findall(rf"const {variable} = constants\('([\w.]+)'\);", source)
            assert len(set(modules)) > 1 or set(wanted) <= set(known), (path.name, module, set(wanted) - set(known))
            asked += len(wanted)
    assert asked > 100

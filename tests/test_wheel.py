"""The wheel in a fresh environment of base dependencies alone: built, installed, and used as a stranger would.

Slow, and needs a network for the packages: `make wheel-test`, which CI runs.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "docs" / "examples"
HEAVY = ("torch", "pandas", "sklearn", "scipy", "shapely", "matplotlib", "onnx", "safetensors", "timm", "lightning")

pytestmark = pytest.mark.slow


def run(*command: str | Path, **options: object) -> str:
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stderr
    return str(done.stdout)


def test_the_image_has_all_that_its_wheel_is_built_of(tmp_path: Path) -> None:
    """The COPY lines of the Dockerfile's first stage, and then the wheel out of what they brought."""
    for row in re.findall(r"^COPY (?!--)(.*) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE):
        for name in row.split():
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            (tmp_path / name).parent.mkdir(exist_ok=True)
            copy(ROOT / name, tmp_path / name)
    run(sys.executable, "-m", "uv", "build", "--wheel", "--quiet", "--out-dir", tmp_path / "dist", tmp_path)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    assert "chuviet/web/engine/worker.js" in zipfile.ZipFile(wheel).namelist()


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder that any user may look into, with the wheel, an environment that has it, and images in `work`."""
    folder = Path(tempfile.mkdtemp(prefix="chuviet-wheel-"))
    folder.chmod(0o755)
    uv = [sys.executable, "-m", "uv"]
    run(*uv, "build", "--wheel", "--quiet", "--out-dir", folder / "dist", ROOT)
    # Of the interpreters here one that any user may run, if there is one.
    system = Path("/usr/bin/python3")
    fits = system.exists() and run(system, "-c", "import sys; print(sys.version_info >= (3, 11))").strip() == "True"
    run(*uv, "venv", "--quiet", "--python", system if fits else sys.executable, folder / "env")
    (wheel,) = (folder / "dist").glob("*.whl")
    run(*uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", folder / "env" / "bin" / "python", wheel)
    shutil.copytree(EXAMPLES, folder / "work")
    yield folder
    shutil.rmtree(folder)


def test_the_wheel_holds_the_shipped_weights(place: Path) -> None:
    (wheel,) = (place / "dist").glob("*.whl")
    packed = {Path(name).name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("chuviet/weights/")}
    assert packed == {path.name for path in (ROOT / "weights").glob("*.onnx")} and "vi_text.onnx" in packed


def test_it_is_light(place: Path) -> None:
    size = sum(f.stat().st_size for f in (place / "env").rglob("*") if f.is_file() and not f.is_symlink())
    assert size <= 450e6
    code = f"import importlib.util as u; print([m for m in {HEAVY!r} if u.find_spec(m)])"
    assert run(place / "env" / "bin" / "python", "-c", code).strip() == "[]"


@pytest.mark.parametrize("who", ["this user", "another user"])
def test_it_reads_from_another_folder_with_a_home_that_is_read_only(place: Path, who: str) -> None:
    home = place / "home"
    home.mkdir(exist_ok=True)
    home.chmod(0o555)
    options: dict[str, object] = {"cwd": place / "work", "env": {"HOME": str(home), "PATH": os.environ["PATH"]}}
    if who == "another user":
        if os.geteuid() != 0:
            pytest.skip("only root may become another user")
        options["user"] = "nobody"
    chuviet = place / "env" / "bin" / "chuviet"
    try:
        (line,) = run(chuviet, "predict", "lines/address.jpg", **options).splitlines()
    except PermissionError:
        pytest.skip("the interpreter may not be run by another user")
    assert line.startswith("Tòa nhà An Lạc, Phường Sơn Tây")
    lines = run(chuviet, "predict", "lines", **options).splitlines()
    assert len(lines) == 8 and "address.jpg\t" + line.split("\t")[0] in "\n".join(lines)
    assert "Garden" in run(chuviet, "read", "page.jpg", **options)
    code = "import chuviet; print(chuviet.read('page.jpg').text); print(chuviet.LineReader().read('lines/address.jpg'))"
    assert "Phường Sơn Tây" in run(place / "env" / "bin" / "python", "-c", code, **options)


def test_what_needs_pytorch_says_so_in_one_line(place: Path) -> None:
    (place / "work" / "w.safetensors").write_bytes(np.zeros(16, np.uint8).tobytes())
    chuviet = place / "env" / "bin" / "chuviet"
    for command in (
        ["predict", "-w", "w.safetensors", "lines/address.jpg"],
        ["train", "-C", "x"],
        ["folds", "--data", "a", "--out", "b"],
    ):
        done = subprocess.run([chuviet, *command], capture_output=True, text=True, cwd=place / "work")
        assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
        assert "pip install '.[train]' in a checkout" in done.stderr


def test_the_service_runs_with_its_extra_alone(place: Path) -> None:
    """The last test: it adds packages to the environment."""
    (wheel,) = (place / "dist").glob("*.whl")
    env = place / "env" / "bin"
    run(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", env / "python", f"{wheel}[serve]")
    command = [env / "chuviet", "serve", "--port", "0", "--workers", "1"]
    service = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=place / "work")
    try:
        assert service.stderr is not None
        url = re.search(r"http://[^ ]+:\d+", service.stderr.readline())[0]  # type: ignore[index]
        body = (place / "work" / "page.jpg").read_bytes()
        with urllib.request.urlopen(f"{url}/v1/read?format=txt", body, timeout=120) as answer:
            assert "Garden" in answer.read().decode()
        for path in ("/", "/docs", "/docs/swagger-ui-bundle.js"):
            with urllib.request.urlopen(url + path) as answer:
                assert answer.status == 200
        if (found := seen_in_chromium(url, place / "work" / "lines" / "address.jpg", place)) is not None:
            assert found["problems"] == []
            (line,) = found["seen"]
            assert line["state"] == "done" and "Phường Sơn Tây" in " ".join(line["pages"][0])
            saved = Path(line["downloads"]["txt"]["path"]).read_text(encoding="utf-8")
            assert "Phường Sơn Tây" in saved
    finally:
        service.terminate()
        assert service.wait(60) == 0


def seen_in_chromium(url: str, file: Path, out: Path) -> dict[str, Any] | None:
    """What the page of a service shows of a file; None without Node, its packages or Chromium."""
    modules, chromium = ROOT / "web" / "node_modules", shutil.which("chromium")
    if chromium is None or shutil.which("node") is None or not (modules / "playwright-core").is_dir():
        return None
    task = {"modules": str(modules), "chromium": chromium, "url": f"{url}/", "isService": True, "out": str(out),
            "files": [{"name": file.name, "path": str(file)}], "formats": ["txt"]}  # fmt: skip
    return dict(json.loads(run("node", ROOT / "tests" / "web" / "page.mjs", input=json.dumps(task))))

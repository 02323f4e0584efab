"""A folder of static files that reads pages inside a browser: the page, the engine, ONNX Runtime, and the weights.

Large files are compressed by zlib, which the engine undoes: whatever a server makes of endings such as .gz, these bytes
arrive as they are. `manifest.json` has the SHA-256 of every file.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chuviet.artifact.metadata import Artifact
from chuviet.artifact.opening import find_weights, open_artifact
from chuviet.errors import InputError
from chuviet.export.web_settings import settings
from chuviet.files import write_whole
from chuviet.reading import detector as detectors
from chuviet.reading import pages
from chuviet.reading.choice import LineChoice, open_readers

#: Where the page and the engine are: in an installed package, in a checkout.
ROOTS = (Path(__file__).parents[1] / "web", Path(__file__).parents[3] / "web")
#: The page that the service shows, which reads no PDFs here; `make web` builds one that does.
PAGE = Path(__file__).parents[1] / "serve" / "page"
#: ONNX Runtime's files in its npm package, and what they are called here: servers know .js.
RUNTIME = {"ort.wasm.bundle.min.mjs": "ort.js", "ort-wasm-simd-threaded.wasm": "ort.wasm.deflated"}
REMEDY = "get it by `npm install onnxruntime-web` and name the folder: --runtime node_modules"
_IN_HEAD = (
    '  <link rel="manifest" href="manifest.webmanifest" />\n'
    '    <script type="module" src="engine/offline.js"></script>\n  '
)
_VERSION = "__VERSION__"  # in sw.js


@dataclass(frozen=True)
class Report:
    """What was written. `first_load`: the bytes that are loaded before the first page is read; `whole`: with the
    readers that are loaded behind them, but without what PDFs need. `reads_pdfs`: whether that is there.
    """

    files: int
    first_load: int
    whole: int
    weights: tuple[str, ...]
    reads_pdfs: bool


def export_web(
    folder: Path, weights: Sequence[str] = (), runtime: Path | None = None, page: Path | None = None
) -> Report:
    """Writes the folder. `weights`: a detector and recognisers, by names or paths of ONNX files; the shipped ones in
    the place of what is not named. `runtime`: where the npm package onnxruntime-web is, if not in web/node_modules.
    `page`: the folder of the page, if not web/dist or, where that was not built, the page of the service.

    Raises InputError for weights that a browser cannot run, a missing runtime, and a folder of other files.
    """
    before = _former(folder)
    root = next((root for root in ROOTS if (root / "engine" / "worker.js").is_file()), None)
    if root is None:
        raise InputError("the engine is not there: the package was built without web/engine")
    detector, readers = _opened(weights)
    every = [detector, *(artifact for members in readers for artifact in members)]
    names = {artifact.path.stem: f"engine/weights/{artifact.path.stem}.onnx.deflated" for artifact in every}
    if len(names) < len(every):
        raise InputError("two of the weights have one name; copy one of them to another name")
    files = _runtime(runtime, root) | _engine(root / "engine")
    page = page or (root / "dist" if (root / "dist" / "index.html").is_file() else PAGE)
    files |= _page(page)
    for artifact in every:
        files[names[artifact.path.stem]] = zlib.compress(artifact.path.read_bytes(), 9)
    told = settings(detector, readers, names) | {"runtime": {"script": "engine/runtime/ort.js",
                                                             "wasm": "engine/runtime/ort.wasm.deflated"}}  # fmt: skip
    files["engine/settings.json"] = json.dumps(told, ensure_ascii=False).encode()
    _write(folder, files, before)
    whole = sum(len(data) for name, data in files.items() if not name.startswith("pdf"))
    later = {names[artifact.path.stem] for members in readers[1:] for artifact in members}
    return Report(len(files), whole - sum(len(files[name]) for name in later), whole, tuple(names), "pdf.js" in files)


def _opened(weights: Sequence[str]) -> tuple[Artifact, list[tuple[Artifact, ...]]]:
    """The detector, and the members of each reader. Raises InputError as `export_web` does."""
    paths = [find_weights(name) for name in weights]
    if other := [path for path in paths if path.suffix != ".onnx"]:
        raise InputError(f"{other[0]}: a browser runs ONNX files; write one by chuviet export -w {other[0]}")
    artifacts = [open_artifact(path) for path in paths]
    found = [artifact for artifact in artifacts if artifact.charset is None]
    named = [artifact for artifact in artifacts if artifact.charset is not None]
    if len(found) > 1:
        raise InputError(f"{found[0].path} and {found[1].path}: two detectors; name one")
    detector = found[0] if found else open_artifact(find_weights(detectors.DEFAULT))
    reader = open_readers(named or [open_artifact(find_weights(name)) for name in pages.RECOGNIZERS])
    readers = reader.readers if isinstance(reader, LineChoice) else (reader,)
    return detector, [one.artifacts for one in readers]


def _former(folder: Path) -> list[str]:
    """The files of an earlier export in a folder. Raises InputError for a folder of anything else."""
    if not folder.exists():
        return []
    manifest = folder / "manifest.json"
    try:
        files = json.loads(manifest.read_bytes())["files"] if manifest.is_file() else {}
        if folder.is_dir() and (files or not any(folder.iterdir())):
            return [name for name in files if ".." not in Path(name).parts and not Path(name).is_absolute()]
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise InputError(f"{folder}: there already, and no earlier export; name a new folder")


def _runtime(named: Path | None, root: Path) -> dict[str, bytes]:
    """ONNX Runtime's files by the names that they get. Raises InputError where they are not found."""
    folders = [named] if named else [root / "node_modules", Path("node_modules"), root / "runtime"]
    places = [folder / part for folder in folders for part in ("onnxruntime-web/dist", "dist", "")]
    found = next((place for place in places if all((place / name).is_file() for name in RUNTIME)), None)
    if found is None:
        raise InputError(f"{named or 'web/node_modules'}: onnxruntime-web is not there; {REMEDY}")
    files = {f"engine/runtime/{to}": (found / name).read_bytes() for name, to in RUNTIME.items()}
    return {name: zlib.compress(data, 9) if name.endswith(".deflated") else data for name, data in files.items()}


def _engine(engine: Path) -> dict[str, bytes]:
    """The engine's modules and its kernels; what belongs to the page's top folder lies there."""
    files = {f"engine/{path.relative_to(engine).as_posix()}": path.read_bytes() for path in engine.rglob("*.js")}
    files["sw.js"] = files.pop("engine/sw.js")
    files["engine/native.wasm"] = (engine / "native.wasm").read_bytes()
    files["manifest.webmanifest"] = (engine / "manifest.webmanifest").read_bytes()
    return files


def _page(page: Path) -> dict[str, bytes]:
    files = {path.relative_to(page).as_posix(): path.read_bytes() for path in page.rglob("*") if path.is_file()}
    html = files["index.html"].decode()
    html = html.replace('name="chuviet-mode" content="service"', 'name="chuviet-mode" content="local"')
    files["index.html"] = html.replace("</head>", f"{_IN_HEAD}</head>", 1).encode()
    return files


def _write(folder: Path, files: dict[str, bytes], before: Sequence[str]) -> None:
    """Writes the files, and the manifest last; removes those of an earlier export that are no more."""
    worker = files.pop("sw.js")
    version = hashlib.sha256(json.dumps(_entries(files), sort_keys=True).encode()).hexdigest()[:16]
    manifest: dict[str, Any] = {"version": version, "files": _entries(files)}
    for name, data in files.items():
        write_whole(folder / name, data, sync=False)
    for name in set(before) - set(files):
        (folder / name).unlink(missing_ok=True)
    write_whole(folder / "manifest.json", json.dumps(manifest, indent=1).encode())
    write_whole(folder / "sw.js", worker.replace(_VERSION.encode(), version.encode()))


def _entries(files: dict[str, bytes]) -> dict[str, Any]:
    return {
        name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)} for name, data in sorted(files.items())
    }

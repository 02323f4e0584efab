"""Calls functions of the browser's engine from Python (numpy arrays go there and come back), and reads in Chromium."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chuviet.artifact.opening import find_weights, open_artifact
from chuviet.export.web_settings import settings

HERE = Path(__file__).parent
WEB = HERE.parents[1] / "web"
NODE = shutil.which("node")
CHROMIUM = shutil.which("chromium")


class Engine:
    """The engine in Node; `settings` are those of the shipped weights."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings

    def call(self, *calls: tuple[Any, ...]) -> list[Any]:
        """Calls (module, function, arguments ...) one after another and returns what they give."""
        wanted = [{"module": module, "name": name, "args": _encoded(list(args))} for module, name, *args in calls]
        given = json.dumps({"engine": str(WEB / "engine"), "settings": self.settings, "calls": wanted})
        done = subprocess.run([str(NODE), str(HERE / "call.mjs")], input=given, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-2000:]
        return [_decoded(result) for result in json.loads(done.stdout)]

    def one(self, module: str, name: str, *args: Any) -> Any:
        """What one call gives."""
        return self.call((module, name, *args))[0]

    @staticmethod
    def picture(image: np.ndarray) -> dict[str, Any]:
        """An array h w or h w C as the engine's pictures."""
        channels = image.shape[2] if image.ndim == 3 else 1
        return {"data": image, "width": image.shape[1], "height": image.shape[0], "channels": channels}

    @staticmethod
    def array(result: dict[str, Any]) -> np.ndarray:
        """The inverse of `picture`."""
        shape = (result["height"], result["width"], result["channels"])
        return result["data"].reshape(shape if result["channels"] > 1 else shape[:2])


@pytest.fixture(scope="session")
def engine() -> Engine:
    if NODE is None:
        pytest.skip("no Node")
    names = ("page_det", "vi_text", "print_line", "scene_word")
    detector, *readers = [open_artifact(find_weights(name)) for name in names]
    return Engine(settings(detector, [[reader] for reader in readers], dict.fromkeys(names, "")))


@pytest.fixture(scope="session")
def chromium_task() -> dict[str, str]:
    """Where Chromium is, and the packages of web/ that start it."""
    if NODE is None or CHROMIUM is None or not (WEB / "node_modules" / "playwright-core").is_dir():
        pytest.skip("no Node, Chromium or playwright-core (npm ci in web/)")
    return {"modules": str(WEB / "node_modules"), "chromium": CHROMIUM}


@pytest.fixture(scope="session")
def in_chromium(chromium_task: dict[str, str]) -> Any:
    """Reads files with an export, in Chromium: a function of the export's folder, the files, and options of
    browser.mjs. It gives `results`, one a file, and with `offline` those of reading them again without a server.
    """

    def read(folder: Path, files: Sequence[Path], **options: Any) -> dict[str, Any]:
        task = chromium_task | {"folder": str(folder)}
        given = json.dumps(task | {"files": [str(file) for file in files]} | options)
        done = subprocess.run([str(NODE), str(HERE / "browser.mjs")], input=given, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-2000:]
        *results, found = map(json.loads, done.stdout.splitlines())
        return found | {"results": results}

    return read


def _encoded(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return {"$": str(value.dtype), "data": base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (list, tuple)):
        return [_encoded(one) for one in value]
    return {key: _encoded(one) for key, one in value.items()} if isinstance(value, dict) else value


def _decoded(value: Any) -> Any:
    if isinstance(value, list):
        return [_decoded(one) for one in value]
    if not isinstance(value, dict):
        return value
    if "$" in value:
        return np.frombuffer(base64.b64decode(value["data"]), value["$"])
    return {key: _decoded(one) for key, one in value.items()}

"""Calls functions of the browser's engine from Python: numpy arrays go there and come back."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
ENGINE = HERE.parents[1] / "web" / "engine"
NODE = shutil.which("node")


def picture(image: np.ndarray) -> dict[str, Any]:
    """An array h w or h w C as the engine's pictures."""
    channels = image.shape[2] if image.ndim == 3 else 1
    return {"data": image, "width": image.shape[1], "height": image.shape[0], "channels": channels}


def array(result: dict[str, Any]) -> np.ndarray:
    """The inverse of `picture`."""
    shape = (result["height"], result["width"], result["channels"])
    return result["data"].reshape(shape if result["channels"] > 1 else shape[:2])


def call(*calls: tuple[Any, ...], settings: Any = None) -> list[Any]:
    """Calls (module, function, arguments ...) one after another and returns what they give."""
    wanted = [{"module": module, "name": name, "args": _encoded(list(args))} for module, name, *args in calls]
    given = json.dumps({"engine": str(ENGINE), "settings": settings, "calls": wanted})
    done = subprocess.run([str(NODE), str(HERE / "call.mjs")], input=given, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return [_decoded(result) for result in json.loads(done.stdout)]


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

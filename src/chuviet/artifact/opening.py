"""Weights by name or path, whatever kind of file they are."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from pathlib import Path

from chuviet.artifact.metadata import Artifact
from chuviet.errors import InputError

#: Who opens a kind of file: a function `load(path, device, threads) -> Artifact`. The second one needs PyTorch.
OPENERS = {".onnx": "chuviet.artifact.opening:open_onnx", ".safetensors": "chuviet.pytorch.network:open_safetensors"}
_PICKLES = {".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".bin"}

#: The weights that come with an installed package, and a checkout's own.
_PACKED = Path(__file__).resolve().parents[1] / "weights"
_CHECKOUT = Path(__file__).resolve().parents[3] / "weights"
_SUFFIXES = (".onnx", ".safetensors")


def find_weights(
    name: str | Path, roots: Sequence[Path] = (Path("weights"), Path("outputs"), _PACKED, _CHECKOUT)
) -> Path:
    """The file that `name` means: a file's path, a name in weights/ or among the shipped weights, or a run in outputs/
    (the last of its folds). Raises InputError that lists the shipped names.
    """
    path = Path(name)
    if path.is_file():
        return path
    shipped = [root / f"{name}{suffix}" for root in roots for suffix in _SUFFIXES]
    runs = [p for root in roots for p in sorted((root / path).glob("fold?/weights.safetensors"), reverse=True)]
    found = next((p for p in [*shipped, *runs] if p.is_file()), None)
    if found is None:
        known = sorted({p.stem for root in (_PACKED, _CHECKOUT) for p in root.glob("*.onnx")})
        named = f", nor weights/{name}.onnx or .safetensors, nor a finished run outputs/{name}"
        where = named if len(path.parts) == 1 else ""
        several = "; several are named one by one (-w A -w B)" if "," in str(name) else ""
        raise InputError(f"{name}: no such file{where}; shipped are: {', '.join(known) or 'none'}{several}")
    return found


def open_artifact(path: str | Path, device: str = "cpu", threads: int = 0) -> Artifact:
    """What a weights file holds, ready to run on `threads` threads (0: all cores); `device` is for PyTorch. Raises
    InputError, one line, for a file that is missing, damaged or of another kind, or that needs PyTorch where there is
    none.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in OPENERS and path.is_file():
        why = "a pickle, which may run code when it is loaded, so it is not" if suffix in _PICKLES else "not weights"
        raise InputError(f"{path}: {why}; weights are .onnx or .safetensors files")
    opener: Callable[[Path, str, int], Artifact] = _opener(path, OPENERS.get(suffix, OPENERS[".onnx"]))
    return opener(path, device, threads)


def open_onnx(path: Path, device: str, threads: int) -> Artifact:
    """An ONNX file on the CPU. Raises InputError as `load_onnx` does, and for another device."""
    from chuviet.artifact.onnx_file import load_onnx  # onnxruntime takes a moment to import

    if device not in ("cpu", "auto"):
        raise InputError(f"{path}: ONNX files are run on the CPU; for --device {device} name a .safetensors file")
    return load_onnx(path, threads=threads)


def _opener(path: Path, place: str) -> Callable[[Path, str, int], Artifact]:
    module, _, name = place.partition(":")
    try:
        found: Callable[[Path, str, int], Artifact] = getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as e:
        raise InputError(
            f"{path}: .safetensors files need PyTorch ({e.name} is not installed): pip install '.[train]' in a "
            "checkout, or name an .onnx file"
        ) from e
    return found

"""Where runs keep their files, and the weights that a run starts from. Read without PyTorch."""

from __future__ import annotations

from pathlib import Path

from chuviet.config import CHECKOUT, ConfigError
from chuviet.experiment import Experiment
from chuviet.manifest import ALL_FOLDS, Fold, fold_number

CONFIG, CHECKPOINT, WEIGHTS = "config.json", "checkpoint.pt", "weights.safetensors"
OOF, FOUND = "oof.csv", "found.txt"


def run_folder(name: str, fold: Fold, root: Path) -> Path:
    """Where a run keeps all it produces: ``outputs/<config>/fold<k>``, fold5 that of all folds."""
    return root / name / f"fold{fold_number(fold)}"


def init_path(exp: Experiment, root: Path) -> Path:
    """The weights file that `exp.init` means: a run's below `root`, or a path, seen from the folder at hand or
    else from the checkout that configs are found in. Raises ConfigError that names the command which makes it.
    """
    return _named("init", exp.init, exp.fold, root)


def teacher_path(exp: Experiment, root: Path) -> Path | None:
    """The weights file that the model's `teacher` means, as `init_path`; None for a model that has none."""
    if not hasattr(exp.model, "teacher"):
        return None
    if not exp.model.teacher:
        raise ConfigError("model.teacher: the weights to learn from are missing; name them as init does")
    return _named("model.teacher", exp.model.teacher, exp.fold, root)


def _named(key: str, named: str, of_fold: Fold, root: Path) -> Path:
    if named.endswith((".safetensors", ".onnx")):
        path = next((p for p in (Path(named), CHECKOUT / named) if p.is_file()), None)
        if path is None:
            raise ConfigError(f"{key}={named}: no such file; docs/recipes.md has the commands that make such files")
        return path
    name, _, fold = named.partition("/fold")
    if fold and not fold.isdecimal():
        raise ConfigError(f"{key}={named}: fold {fold!r} is no number; write NAME, NAME/fold0 or a .safetensors file")
    folds = [int(fold)] if fold else [fold_number(of_fold), ALL_FOLDS]
    for k in folds:
        if (path := run_folder(name, k, root) / WEIGHTS).is_file():
            return path
    want = f" fold={folds[0]}" if fold else ""
    raise ConfigError(f"{key}={named}: {path} is not there; make it with: python train.py -C {name}{want}")

"""Training checkpoints: everything a run needs to go on as if it had never stopped. Written whole or not at all."""

from __future__ import annotations

import os
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from chuviet.errors import InputError


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Writes to a temporary name, syncs, renames: a killed process or a full disk leaves the former checkpoint as
    it was.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as f:
            torch.save(state, f)
            f.flush()
            os.fsync(f.fileno())
        temporary.replace(path)
    except (OSError, RuntimeError) as e:  # torch reports a full disk as RuntimeError
        temporary.unlink(missing_ok=True)
        raise InputError(
            f"{path}: cannot be saved ({e}); the former checkpoint, if any, is untouched; free some space"
        ) from e


def load_checkpoint(
    path: Path, entries: Sequence[str] = (), missing: str = "no checkpoint to resume from; start without resume=true"
) -> dict[str, Any]:
    """Loads tensors and plain values only (no pickled objects). Raises InputError for a file that is not a
    checkpoint with these `entries`, or is not there (the message ends with `missing`).
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as e:
        raise InputError(f"{path}: {missing}") from e
    except pickle.UnpicklingError as e:
        raise InputError(
            f"{path}: holds more than tensors and numbers, so it is not loaded; delete it to start anew"
        ) from e
    except Exception as e:  # of damaged pickles, whatever their instructions set off
        raise InputError(f"{path}: not a readable checkpoint ({type(e).__name__}); delete it to start anew") from e
    lacking = [k for k in entries if k not in state] if isinstance(state, dict) else ["entries"]
    if lacking:
        raise InputError(f"{path}: not a checkpoint of a run of this project (no {', '.join(lacking)} in it)")
    return state

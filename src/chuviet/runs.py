"""A run from config to artifact: build, start from another run's weights, train, pack, write the out-of-fold
predictions.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from torch import nn

from chuviet.config import ConfigError, from_json, to_json
from chuviet.data.detection import PageData
from chuviet.data.mix import Part
from chuviet.data.recognition import LineData
from chuviet.data.seen import count_seen, fingerprints, noted_rows, rows_note
from chuviet.data.table import write_table
from chuviet.errors import InputError
from chuviet.experiment import Experiment
from chuviet.files import write_whole
from chuviet.manifest import REAL_INK, fold_number
from chuviet.metrics.recognition import RecognitionMetric
from chuviet.models.distilled import Distilled
from chuviet.models.protocols import Prunable, candidates_of, shipped_config
from chuviet.models.rejector import Rejector
from chuviet.pytorch.artifact import SavedModel, describe, load_artifact, read_model_config, save_artifact
from chuviet.reading.files import write_detections
from chuviet.run_files import CHECKPOINT, CONFIG, FOUND, OOF, WEIGHTS, teacher_path
from chuviet.run_files import init_path as init_path
from chuviet.run_files import run_folder as run_folder
from chuviet.train.engine import Validation, fit
from chuviet.train.lock import folder_lock
from chuviet.train.same_run import check_same_run
from chuviet.train.session import Session


def run(name: str, exp: Experiment, root: Path = Path("outputs"), session: Session | None = None) -> dict[str, float]:
    """Trains one experiment. Leaves config.json, metrics.jsonl, checkpoint.pt, weights.safetensors and what it read on
    the validation rows (oof.csv; of a detector found.txt) in its folder, which is locked meanwhile.

    What an earlier run left there stays until config, data, charset and `init` have been checked, and its weights until
    those of this run replace them: a run may start from the weights in its own folder. Returns the validation metrics
    (empty for fold "all"). Raises ConfigError, InputError or Interrupted, each one line. `session`: the time that
    several runs share.
    """
    session = session or Session(exp.train.session_minutes)
    out = run_folder(name, exp.fold, root)
    with nullcontext() if _rank() else folder_lock(out):  # of several processes the first one locks for all
        return _run(name, exp, root, out, session)


def _run(name: str, exp: Experiment, root: Path, out: Path, session: Session) -> dict[str, float]:
    exp.check()
    exp = as_pruned(exp, out, root)
    data, task = exp.build()
    if exp.resume and (out / CONFIG).is_file():
        check_same_run(saved_experiment(out), exp, out)
    elif exp.init and not exp.resume:
        print(start_from(task.model, data, exp, root))
    if isinstance(task.model, Distilled):
        print(give_teacher(task.model, data, exp, root))
    print(f"{name} fold {exp.fold}: {len(data.train)} training rows, {len(data.valid)} validation rows")
    facts = {"charset": data.charset.characters} if data.charset else {}
    result = fit(
        task, exp.train, exp.optim, out, exp.resume, facts, lambda: None if _rank() else _begin(exp, out), session
    )
    if _rank():
        return result.metrics  # of several processes the first one writes
    save_artifact(
        out / WEIGHTS,
        model=task.model,
        model_cfg=shipped_config(exp.model),
        preprocess_cfg=exp.data.preprocess,
        decoder_cfg=exp.decoder,
        charset=data.charset,
        metrics=result.metrics,
        notes={
            "run": name,
            "fold": fold_number(exp.fold),
            "sources": sorted(set(data.train["source"])),
            "keep": exp.train.keep,
            **_rows_seen(exp, data, root),
        },
    )
    for read in (OOF, FOUND):  # of an earlier run's weights
        (out / read).unlink(missing_ok=True)
    if isinstance(data, PageData):
        write_detections([page.path for page in data.valid_pages], result.predictions, out / FOUND)
    elif result.predictions:
        write_table(oof_rows(data, result), out / OOF)
    return result.metrics


def _begin(exp: Experiment, out: Path) -> None:
    """Writes config.json, whole or not at all: another process may be reading it, to resume."""
    if (out / WEIGHTS).is_file() and not exp.resume:
        print(f"{out / WEIGHTS}: an earlier run's, until this one ends")
    write_whole(out / CONFIG, json.dumps(to_json(exp), ensure_ascii=False, indent=1).encode("utf-8"))


def _rank() -> int:
    """Number of this process among those that torchrun started; 0 for one alone."""
    return int(os.environ.get("RANK", 0))


def saved_experiment(folder: Path) -> Experiment:
    """The experiment that a run's folder was made with. Raises InputError for another folder, or a damaged file."""
    path = folder / CONFIG
    try:
        exp = from_json(json.loads(path.read_text(encoding="utf-8")))
    except OSError as e:
        raise InputError(f"{folder}: not the folder of a run: no {CONFIG} in it") from e
    except (ValueError, TypeError) as e:  # broken JSON, or a config of another version
        raise InputError(f"{path}: cannot be read ({e})") from e
    if not isinstance(exp, Experiment):
        raise InputError(f"{path}: not the config of a run")
    return exp


def run_folds(name: str, exp: Experiment, folds: list[int], root: Path = Path("outputs")) -> pd.DataFrame:
    """Runs the folds in turn and joins their out-of-fold predictions to ``outputs/<config>/oof.csv``.

    Returns a table: one row of metrics per fold, then "all" over every out-of-fold line. With resume=true a finished
    fold is kept, and one that was not yet begun begins. All share one session (`train.session_minutes`).
    """
    session = Session(exp.train.session_minutes)
    frames, rows = [], {}
    if isinstance(exp.data, PageData.Config):
        raise ConfigError("--folds: pages have no folds; data.valid names what a detector is validated on")
    begun = [k for k in folds if (run_folder(name, k, root) / CHECKPOINT).is_file()] or folds
    for fold in folds:
        resume = exp.resume and fold in begun
        rows[f"fold {fold}"] = run(name, dataclasses.replace(exp, fold=fold, resume=resume), root, session)
        if (path := run_folder(name, fold, root) / OOF).exists():
            # As text: a fold may have read nothing but numbers.
            frames.append(pd.read_csv(path, keep_default_na=False, dtype={"text": str, "prediction": str}))
    if not frames:
        return pd.DataFrame()
    oof = pd.concat(frames, ignore_index=True)
    write_table(oof, root / name / OOF)
    metric = RecognitionMetric()
    metric.update(oof["prediction"].tolist(), oof["text"].tolist())
    rows["all"] = metric.compute()
    return pd.DataFrame.from_dict(rows, orient="index")


def start_from(model: nn.Module, data: LineData | PageData, exp: Experiment, root: Path) -> str:
    """Loads the weights of the run that `exp.init` names into the model, strictly. Returns what was done, in one line.

    Weights of a plain recogniser go into the one inside a guided model, whose guide starts anew. A different charset is
    allowed: rows of known characters are copied, the others start anew and are named. Weights that saw the validation
    fold are refused.
    """
    path = init_path(exp, root)
    artifact = _unseen(path, data, exp)
    state, report = artifact.model.state_dict(), "all weights copied"
    inside = [model] if exp.init_parts else candidates_of(model)
    if exp.init_parts:
        state, report = _parts(state, model.state_dict(), exp.init_parts, path)
    elif artifact.charset != data.charset:
        state, report = _remap(state, inside[0].state_dict(), artifact.charset, data.charset)
    try:
        for part in inside:
            part.load_state_dict(state)
    except RuntimeError as e:
        raise ConfigError(
            f"init={exp.init}: {path} is of another model than this config's ({str(e).splitlines()[-1].strip()}); "
            "init_parts takes over some parts alone"
        ) from e
    return f"starts from {path}: {report}"


def give_teacher(model: Distilled, data: LineData | PageData, exp: Experiment, root: Path) -> str:
    """Gives the model the teacher that its config names. Returns what was done, in one line. Raises ConfigError for one
    that saw the validation fold, or that reads other characters or lines prepared in another way.
    """
    path = teacher_path(exp, root)
    assert path is not None
    teacher = _unseen(path, data, exp)
    if teacher.charset != data.charset or teacher.preprocess_cfg != exp.data.preprocess:
        raise ConfigError(f"model.teacher: {path} reads other characters, or lines prepared in another way")
    model.learn_from(teacher.model)
    return f"learns from {path}"


def _unseen(path: Path, data: LineData | PageData, exp: Experiment) -> SavedModel:
    """What the file holds. Raises ConfigError for weights that saw the rows that the run validates on: by these rows
    themselves where the file's notes have them, else by the names of their sources and the fold."""
    artifact = load_artifact(path)
    notes = artifact.notes
    sources, held = set(notes.get("sources", ())), set(data.valid["source"])
    seen = sources & (held | set(REAL_INK) if "real" in held else held)
    count = count_seen(data.valid, notes) if isinstance(data, LineData) else None
    if count is not None:
        seen = {source for source in seen if Part(source).is_file}  # lists have no folds: their rows are not noted
    if count or (seen and notes.get("fold") != fold_number(exp.fold)):
        what = f"{count} of the {len(data.valid)} rows" if count else f"{' and '.join(sorted(seen))} rows"
        raise ConfigError(
            f"{path} was trained on {what} of fold {exp.fold}, which this run validates on; "
            f"train it without them first: python train.py -C {notes.get('run', path.stem)} fold={exp.fold}"
        )
    return artifact


def _rows_seen(exp: Experiment, data: LineData | PageData, root: Path) -> dict[str, str]:
    """The note of all rows that the weights of a run have learnt from, those of `init` and of a teacher among them."""
    if not isinstance(data, LineData) or data.learnt is None:
        return {}
    known: list[Any] = [fingerprints(data.learnt)]
    try:
        named = [init_path(exp, root)] if exp.init else []
        named += [path] if (path := teacher_path(exp, root)) else []
        for path in named:
            notes = describe(path)["notes"]
            drawn = not {"real", *REAL_INK} & set(notes.get("sources", ()))
            known.append(np.zeros(0, np.uint32) if drawn and noted_rows(notes) is None else noted_rows(notes))
    except (ConfigError, InputError):  # a run that went on after the file was gone
        return {}
    return rows_note(*known)


def as_pruned(exp: Experiment, out: Path, root: Path) -> Experiment:
    """The experiment with the widths of the pruned model that it starts from or goes on with; else as it is."""
    first: Any = None
    if exp.resume and (out / CONFIG).is_file():
        first = saved_experiment(out).model
    elif exp.init:
        path = init_path(exp, root)
        first = read_model_config(path, describe(path))
    return dataclasses.replace(exp, model=_with_widths(exp.model, first))


def _with_widths(model: Any, first: Any) -> Any:
    """The model's config with the widths of `first`, if that is pruned and of the same kind (or so its detector)."""
    if isinstance(model, Rejector.Config):
        detector = _with_widths(model.detector, first.detector if isinstance(first, Rejector.Config) else first)
        return dataclasses.replace(model, detector=detector)
    pruned = first.pruned if isinstance(first, Prunable) else ()
    return dataclasses.replace(model, pruned=pruned) if pruned and type(first) is type(model) else model


def oof_rows(data: LineData, result: Validation) -> pd.DataFrame:
    """Predictions joined to their rows by number: img_path,text,writer_id,fold,source,prediction,confidence."""
    frame = data.valid
    index = [p.index for p in result.predictions]
    if sorted(index) != list(range(len(frame))):
        raise RuntimeError(f"{len(index)} predictions for {len(frame)} validation rows")
    columns = [c for c in ("img_path", "text", "writer_id", "fold", "source", "background") if c in frame]
    texts, confidences = [p.text for p in result.predictions], [round(p.confidence, 4) for p in result.predictions]
    return frame.iloc[index][columns].assign(prediction=texts, confidence=confidences)


def _parts(old: dict[str, Any], new: dict[str, Any], parts: tuple[str, ...], path: Path) -> tuple[dict[str, Any], str]:
    """The new weights, with every module that is called as one of `parts` taken from the old ones, wherever in the
    model it stands. Raises ConfigError for a part that is missing or of another shape.
    """
    out, counts = dict(new), []
    for part in parts:
        inside = re.compile(rf"(?:^|\.){re.escape(part)}\.")
        source = {k[m.end() :]: v for k, v in old.items() if (m := inside.search(k))}
        places = {k: k[m.end() :] for k in new if (m := inside.search(k))}
        if not source or not places:
            raise ConfigError(f"init_parts: no {part!r} in {path if not source else 'the model'}")
        for name, inner in places.items():
            if inner not in source or source[inner].shape != new[name].shape:
                raise ConfigError(f"init_parts: {name} has no weights of its shape in {path}")
            out[name] = source[inner]
        counts.append(f"{len(places)} tensors of {part}")
    return out, f"{', '.join(counts)} copied, the rest is new"


def _remap(old: dict[str, Any], new: dict[str, Any], had: Any, wants: Any) -> tuple[dict[str, Any], str]:
    """Copies rows of per-character weights by character; every other weight must have the same shape."""
    shared = [(had.characters.index(c), i) for i, c in enumerate(wants.characters) if c in had.characters]
    fresh = [c for c in wants.characters if c not in had.characters]
    out, changed = dict(old), []
    for name, target in new.items():
        source = old[name]
        extra = target.shape[0] - len(wants) if target.ndim else 0
        if target.ndim and extra >= 0 and source.shape[0] - len(had) == extra and source.shape[1:] == target.shape[1:]:
            value = target.clone()
            value[:extra] = source[:extra]
            for a, b in shared:
                value[extra + b] = source[extra + a]
            out[name] = value
            changed.append(name)
    report = (
        f"charset differs: {len(shared)} characters' rows of {', '.join(changed)} copied, "
        f"{len(fresh)} new: {''.join(fresh)!r}"
    )
    return out, report

"""What a CTC recogniser's frames say of labelled lines, kept in a file: enough to read with it in any ensemble later.

An NPZ file without pickles: `frames` (all lines' frames one after another, T V float16 log probabilities, none below
`LEAST`), `ends` (where each line's frames end), `img_path`, `text`, `fold` (-1 where there is none) of each line, and
`about`, JSON: the weights' path and bytes, the milliseconds of a line, the decoder, the characters.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from chuviet.decode.ctc import CTCBeam
from chuviet.errors import InputError
from chuviet.files import write_whole
from chuviet.reading.lines import LineReader

LEAST = -20.0  # log probability: what is less says no more, and takes room


@dataclass(frozen=True)
class SavedFrames:
    """The file's content; `lines` are arrays T V float16 of log probabilities."""

    lines: list[np.ndarray]
    img_path: list[str]
    text: list[str]
    fold: list[int]
    weights: str
    bytes: int
    milliseconds: float
    beam: bool
    characters: str


def write_frames(
    reader: LineReader, images: Sequence[Path], rows: pd.DataFrame, milliseconds: float, path: str | Path
) -> None:
    """Runs the reader on the images of the labelled `rows` and writes the file. Raises InputError for an ensemble, and
    for a reader without frames.
    """
    if len(reader.artifacts) > 1:
        raise InputError("--frames: of one recogniser at a time; chuviet ensemble puts them together")
    (artifact,) = reader.artifacts
    bar = tqdm(images, unit="line", desc="frames", dynamic_ncols=True)
    lines = [np.maximum(reader.frames([image])[0], LEAST).astype(np.float16) for image in bar]
    folds = rows["fold"].to_numpy(np.int64) if "fold" in rows else np.full(len(rows), -1, np.int64)
    beam = isinstance(reader.decoder_cfg, CTCBeam.Config)
    about = {"weights": str(artifact.path), "bytes": artifact.size, "milliseconds": milliseconds, "beam": beam,
             "characters": reader.charset.characters}  # fmt: skip
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer, frames=np.concatenate(lines), ends=np.cumsum([len(line) for line in lines]), fold=folds,
        img_path=np.array(rows["img_path"].tolist(), np.str_), text=np.array(rows["text"].tolist(), np.str_),
        about=np.array(json.dumps(about)),
    )  # fmt: skip
    write_whole(path, buffer.getvalue())


def read_frames(path: str | Path) -> SavedFrames:
    """Raises InputError (one line) for a file that is missing, damaged or of another kind."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            about = json.loads(str(stored["about"]))
            lines = np.split(stored["frames"], stored["ends"][:-1])
            return SavedFrames(
                lines, stored["img_path"].tolist(), stored["text"].tolist(), stored["fold"].tolist(), about["weights"],
                int(about["bytes"]), float(about["milliseconds"]), bool(about["beam"]), about["characters"],
            )  # fmt: skip
    except FileNotFoundError as e:
        raise InputError(f"{path}: no such file; chuviet evaluate --frames makes it") from e
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as e:
        raise InputError(f"{path}: not a file of chuviet evaluate --frames ({e})") from e

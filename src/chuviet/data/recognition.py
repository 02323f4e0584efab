"""Labelled text lines as batches: which rows an epoch has, in which order, and how they are distorted. All
of it follows from (seed, epoch, index).
"""

from __future__ import annotations

import difflib
import itertools
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import cv2
import numpy as np
import pandas as pd
import torch
from torch.utils.data import DataLoader, Dataset

from chuviet import config
from chuviet.batch import Batch
from chuviet.data.batches import batch_ends, bucket_batches, loader, number_repeats
from chuviet.data.configs import Concat as Concat
from chuviet.data.configs import LineDataConfig
from chuviet.data.files import find_data
from chuviet.data.images import Images
from chuviet.data.label_rows import real_paths, refuse
from chuviet.data.line_augment import LineAugment
from chuviet.data.lists import read_labels
from chuviet.data.making import SOURCES, missing_sets
from chuviet.data.memory import ImageMemory
from chuviet.data.mix import REST, Part, read_mix
from chuviet.data.string_augment import StringAugment
from chuviet.data.table import check_charset, select_fold
from chuviet.errors import InputError
from chuviet.manifest import ALL_FOLDS, REAL_INK, SYNTHETIC_FOLD, Fold, fold_number
from chuviet.processors import cores
from chuviet.vocab import Charset, frames_needed


class LineData:
    """The training and validation rows of one run: out of one CSV with folds, or of lists with ``path<TAB>text``.

    `learnt`: the rows of folds that a run may learn from, itself or through copies and joined lines made of them; None
    if there are such lines but not the rows that they were made of.
    """

    Config: TypeAlias = LineDataConfig

    def __init__(self, cfg: LineData.Config, fold: Fold, seed: int) -> None:
        cfg.check(fold)
        self.cfg, self.seed, self.fold = cfg, seed, fold_number(fold)
        images: Any = cfg.images
        self.images: Images = images.build()
        self.charset = cfg.characters()
        parts = read_mix(cfg.mix)
        self._files = list(dict.fromkeys(part.name for part in parts if part.is_file))
        self._sources = {part.name for part in parts if not part.is_file} - {REST}
        self._rest = not parts or any(part.name == REST for part in parts)
        names = [*([cfg.csv] if self._rest or self._sources else []), *self._files]
        self._known: set[str] = set()  # sources, whether the mix has them or not
        frame = pd.concat([self._rows(name) for name in names], ignore_index=True)
        self._length = int(frame["wanted"].sum())
        divided = self._divided(frame, names[0])
        train, valid = (rows[rows["wanted"]] for rows in divided)
        self.learnt = _learnt(train, divided[0])
        valid = valid[~valid["source"].isin(REAL_INK)]  # distorted and joined lines are training material only
        wanted = [part.name for part in parts if part.name != REST]
        _refuse_missing(wanted, self._known, names[0])
        if not len(train):
            raise InputError(f"{names[0]}: no training rows for fold {fold} and data.mix={','.join(cfg.mix) or '()'}")
        _refuse_missing(wanted, set(train["source"]), names[0])
        refuse_shared(train, valid)
        self._drawn = _joined_shares(part for part in parts if part.kind != "all")
        self._memory = ImageMemory(cfg.memory if not cfg.workers or can_inherit() else 0)
        self.train, self.valid = train.reset_index(drop=True), valid.reset_index(drop=True)

    def _divided(self, frame: pd.DataFrame, name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        """(training rows, validation rows): by the folds of `frame`, or all of it and what `valid` names."""
        fold, valid = self.fold, self.cfg.valid
        if not valid:
            if fold != ALL_FOLDS and (frame["fold"] == ALL_FOLDS).all():
                raise config.ConfigError(
                    f"fold={fold}: {name} is a list, which has no folds; name the list to validate on by data.valid, "
                    "or take fold=all"
                )
            return select_fold(frame, fold)
        if fold not in (0, ALL_FOLDS):
            raise config.ConfigError(
                f"fold={fold}: data.valid={valid} names the rows to validate on, so the only fold is 0 (or "
                "all, to train on them too)"
            )
        held = self._rows(valid).assign(fold=0)
        if fold == ALL_FOLDS:
            return pd.concat((frame, held), ignore_index=True), held.iloc[:0]
        return frame, held

    def _rows(self, name: str) -> pd.DataFrame:
        """The checked rows of one file, with their `source`, the name of their image (`file`), and the `width` that it
        will have.
        """
        path = find_data(name)
        if not path.is_file():
            raise missing_sets([name], self.cfg)
        frame = read_labels(path, columns=("img_path", "text", "fold"))
        named = name in self._files or (bool(self._files) and name == self.cfg.valid)
        if named:
            frame["source"] = name
        elif "source" not in frame:
            frame["source"] = "real"
        if self.cfg.bad_labels == "leave_out":
            strange = [bool(self.charset.unknown(t)) for t in frame["text"]]
            frame = _without(frame, np.array(strange, bool), path, "characters outside the charset")
        check_charset(frame, self.charset, path)
        frame = frame.assign(file=self.images.names(path, frame), labels=str(path), row=frame.index + 2)
        self._known |= set(frame["source"])
        chosen = self._sources and not self._rest and not named
        frame["wanted"] = frame["source"].isin(self._sources) if chosen else True
        return self._sized(frame[frame["wanted"] | (frame["fold"] != SYNTHETIC_FOLD)], path)

    def _sized(self, frame: pd.DataFrame, path: Path) -> pd.DataFrame:
        """Adds the width that each image will have, read from the file headers (upright by EXIF); checks CTC targets
        against the frames.
        """
        preprocess: Any = self.cfg.preprocess
        preprocess, stride = preprocess.build(), self.cfg.ctc_stride
        widths, too_long, long, unreadable = [], [], [], []
        for row, name, file, text in zip(frame["row"], frame["img_path"], frame["file"], frame["text"], strict=True):
            try:
                width = preprocess.out_width(*self.images.size(file))
            except InputError as e:
                unreadable.append((row, str(e)))
                continue
            widths.append(width)
            if stride:
                needed, frames = frames_needed(self.charset.encode(text)), -(-width // stride)
                too_long.append(needed > frames)
                if needed > frames:
                    image_has = f"a {width} px wide image has {frames}"
                    long.append((row, f"{name}: {text!r} needs {needed} CTC frames, {image_has}"))
        refuse(path, unreadable, "`chuviet check` lists all such images")
        if self.cfg.bad_labels == "refuse":
            refuse(path, long, "correct these labels, or leave such rows out: data.bad_labels=leave_out")
        frame = frame.assign(width=np.asarray(widths, dtype=np.int64))
        return _without(frame, np.array(too_long, bool), path, "too long for the frames of their image")

    def epoch_rows(self, epoch: int) -> np.ndarray:
        """Numbers of the training rows of `epoch`: all rows, but a fresh draw of what the mix has an amount of."""
        source = self.train["source"].to_numpy()
        rng = np.random.default_rng((self.seed, epoch, 1))
        rows = [np.flatnonzero(~np.isin(source, [part.name for part in self._drawn]))]
        for part in self._drawn:
            pool = np.flatnonzero(source == part.name)
            rows.append(part.drawn(pool, self._length, rng))
        return np.concatenate(rows)

    def batches(self, epoch: int) -> list[np.ndarray]:
        """The epoch's batches as row numbers, in order: similar widths together, every row of `epoch_rows` exactly
        once. A row that comes again is numbered anew (`number_repeats`), so that it is distorted anew.
        """
        rng = np.random.default_rng((self.seed, epoch, 2))
        rows = number_repeats(rng.permutation(self.epoch_rows(epoch)), len(self.train))
        widths = self.train["width"].to_numpy()[rows % len(self.train)] * self._stretches(epoch, rows)
        return bucket_batches(rows, widths, self.cfg.batch, self.cfg.bucket, rng)

    def batch_sizes(self, epoch: int) -> np.ndarray:
        """How many rows each batch of `epoch` has, in another order than `batches`; quicker than these."""
        return np.diff(batch_ends(len(self.epoch_rows(epoch)), self.cfg.batch), prepend=0)

    def _stretches(self, epoch: int, rows: np.ndarray) -> np.ndarray:
        """How much wider the distortion of `epoch` makes each row: lines of one width leave it 20 % apart."""
        augment: Any = self.cfg.augment
        if not isinstance(augment, LineAugment.Config) or self.cfg.concat:
            return np.ones(len(rows))
        scales = augment.build().scales
        return np.array([scales(np.random.default_rng((self.seed, epoch, i)))[0] or 1.0 for i in rows.tolist()])

    def train_loader(self, epoch: int, skip: int = 0, rank: int = 0, world: int = 1) -> DataLoader[Batch]:
        """Batches `skip`.. of `epoch` for one of `world` processes: each takes every world-th sample of the global
        batch.
        """
        batches = [b[rank::world].tolist() for b in self.batches(epoch)[skip:]]
        data = LineDataset(self.train, self.charset, self.cfg, (self.seed, epoch), True, self.images, self._memory)
        if (
            self.cfg.workers and self._memory.room
        ):  # worker processes end with their epoch, so they inherit what is kept
            data.keep(dict.fromkeys(itertools.chain(*batches)), min(self.cfg.workers, cores()))
        return loader(data, batches, self.cfg.workers, ahead=4)

    def valid_loader(self, rank: int = 0, world: int = 1) -> DataLoader[Batch]:
        """Every validation row once over all processes, undistorted, the widest first: in the batches, and so with the
        padding, that `chuviet.reading` makes of them. May be empty.
        """
        order = np.argsort(-self.valid["width"].to_numpy(), kind="stable")
        batches = [order[i : i + self.cfg.batch].tolist() for i in range(0, len(order), self.cfg.batch)]
        data = LineDataset(self.valid, self.charset, self.cfg, (self.seed, 0), False, self.images, self._memory)
        return loader(data, batches[rank::world], self.cfg.workers, ahead=4)


def _learnt(train: pd.DataFrame, allowed: pd.DataFrame) -> pd.DataFrame | None:
    """The rows of `train` that have a fold; with copies and joined lines among them all such rows of `allowed`, of
    which these were made, or None if there are none.
    """
    copies = bool(train["source"].isin(REAL_INK).any())
    rows = allowed if copies else train
    rows = rows[(rows["fold"] < ALL_FOLDS) & ~rows["source"].isin(REAL_INK)]
    return None if copies and not len(rows) else rows


def _refuse_missing(wanted: Sequence[str], there: set[str], name: str) -> None:
    """Raises InputError for sources that the rows of the file `name` lack, with the steps that make them, or else the
    nearest names.
    """
    if not (missing := [source for source in wanted if source not in there]):
        return
    made = tuple(step for source in missing for step in SOURCES.get(source, ()))
    near = [n for source in missing for n in difflib.get_close_matches(source, there, n=1)]
    meant = f"; did you mean {', '.join(near)}?" if near and not made else ""
    has = ", ".join(sorted(there))
    raise InputError(f"{name}: no rows of source {', '.join(missing)}; it has {has}{meant}", made)


def refuse_shared(train: pd.DataFrame, valid: pd.DataFrame) -> None:
    """Raises InputError for images that are in both, whatever path names them, or that have two labels."""
    known: dict[str, int] = {}
    at = list(zip(train["labels"], train["row"], train["text"], strict=True))
    twice = []
    for i, file in enumerate(real_paths(train["file"].tolist())):
        first = at[known.setdefault(file, i)]
        if first[2] != at[i][2]:
            twice.append(f"row {at[i][1]} has {at[i][2]!r}, row {first[1]} of {first[0]} {first[2]!r}")
    if twice:
        raise InputError(
            f"{train['labels'].iloc[0]}: {len(twice)} images have two labels: {'; '.join(twice[:5])}; correct one"
        )
    shared = []
    for labels, row, file in zip(valid["labels"], valid["row"], real_paths(valid["file"].tolist()), strict=True):
        if file in known:
            other = at[known[file]]
            shared.append(f"row {row} of {labels} is row {other[1]} of {other[0]}")
    if shared:
        raise InputError(
            f"{len(shared)} of {len(valid)} images to validate on are trained on too: {'; '.join(shared[:5])}; leave "
            "them out of one of the two"
        )


def _joined_shares(parts: Iterable[Part]) -> list[Part]:
    """The parts with the shares of a list that is named twice as one."""
    found: dict[str, Part] = {}
    for part in parts:
        before = found[part.name].amount if part.name in found else 0.0
        found[part.name] = replace(part, amount=before + part.amount)
    return list(found.values())


def _without(frame: pd.DataFrame, bad: np.ndarray, path: Path, why: str) -> pd.DataFrame:
    """The rows that are not `bad`; the others are named on stderr."""
    if not bad.any():
        return frame
    left_out = frame[bad]
    shown = ", ".join(f"row {n + 2}: {t!r}" for n, t in zip(left_out.index[:5], left_out["text"], strict=False))
    more = f" and {len(left_out) - 5} more" if len(left_out) > 5 else ""
    print(f"{path}: left out {len(left_out)} of {len(frame)} rows, {why}: {shown}{more}", file=sys.stderr)
    return frame[~bad]


class LineDataset(Dataset[tuple[np.ndarray, list[int], str, int]]):
    """One row, numbered as in `LineData.batches`, -> (resized uint8 image, class ids, text, row number)."""

    def __init__(
        self, frame: pd.DataFrame, charset: Charset, cfg: LineData.Config, seed: tuple[int, int], distort: bool,
        images: Images, memory: ImageMemory | None = None,
    ) -> None:  # fmt: skip
        preprocess: Any = cfg.preprocess
        augment: Any = cfg.augment
        self.files, self.texts = frame["file"].tolist(), frame["text"].tolist()
        self.charset, self.seed, self.ctc_stride = charset, seed, cfg.ctc_stride
        self.preprocess, self.images, self.memory = preprocess.build(), images, memory or ImageMemory(0)
        self.augment = augment.build() if augment and distort else None
        self.concat = cfg.concat if distort else None

    def __len__(self) -> int:
        return len(self.files)

    def __getitems__(self, rows: Sequence[int]) -> list[tuple[np.ndarray, list[int], str, int]]:
        """A batch's samples, as the loader asks for them."""
        if not isinstance(self.augment, StringAugment):
            return [self[i] for i in rows]
        samples = [i % len(self.files) for i in rows]
        texts = [self.texts[i] for i in samples]
        images = self.augment.distort([self._resized(i) for i in samples], self.seed, np.array(rows))
        return list(zip(images, map(self.charset.encode, texts), texts, samples, strict=True))

    def __getitem__(self, i: int) -> tuple[np.ndarray, list[int], str, int]:
        if isinstance(self.augment, StringAugment):
            return self.__getitems__([i])[0]
        rng = np.random.default_rng((*self.seed, i))
        i %= len(self.files)
        image, text = self._prepared(i), self.texts[i]
        if self.concat and rng.random() < self.concat.p:
            image, text = self._joined(image, text, self.concat, rng)
        ids = self.charset.encode(text)
        if self.augment:
            distorted = self.augment(image, rng)
            # Squeezed below what CTC can align: take the line as it was.
            image = distorted if self._fits(distorted.shape, ids) else image
        return self.preprocess.resize(image), ids, text, i

    def keep(self, rows: Iterable[int], threads: int) -> None:
        """Reads the images of these rows into the memory, as far as there is room."""
        resized = isinstance(self.augment, StringAugment)
        wanted = {self._kept_as(i % len(self.files), resized): i % len(self.files) for i in rows}
        read = (lambda i: self.preprocess.resize(self._read(i))) if resized else self._read
        self.memory.fill(wanted, lambda name: read(wanted[name]), threads)

    def _kept_as(self, i: int, resized: bool) -> str:
        return f"{self.files[i]} resized" if resized else self.files[i]

    def _prepared(self, i: int) -> np.ndarray:
        """Image `i` as distortions get it. Not to be written to."""
        return self.memory.get(self._kept_as(i, False), lambda: self._read(i))

    def _read(self, i: int) -> np.ndarray:
        prepared: np.ndarray = self.preprocess.prepare(self.images.read(self.files[i]))
        return prepared

    def _resized(self, i: int) -> np.ndarray:
        """Image `i` in the size that the model sees."""
        return self.memory.get(self._kept_as(i, True), lambda: self.preprocess.resize(self._read(i)))

    def _joined(self, image: np.ndarray, text: str, concat: Concat, rng: np.random.Generator) -> tuple[np.ndarray, str]:
        """The image with others behind it, scaled to its height, as long as text and frames allow."""
        for _ in range(int(rng.integers(1, concat.extra + 1))):
            j = int(rng.integers(len(self.files)))
            longer = text + self.texts[j]
            if len(longer) > concat.characters:
                break
            other = self._prepared(j)
            width = max(round(other.shape[1] * image.shape[0] / other.shape[0]), 2)
            joined = np.hstack((image, cv2.resize(other, (width, image.shape[0]))))
            if not self._fits(joined.shape, self.charset.encode(longer)):
                break
            image, text = joined, longer
        return image, text

    def _fits(self, shape: tuple[int, ...], ids: list[int]) -> bool:
        return self.preprocess.out_width(*shape[:2]) >= self.ctc_stride * frames_needed(ids)

    def collate(self, samples: Sequence[tuple[np.ndarray, list[int], str, int]]) -> Batch:
        """Pads images (as the preprocessing has it) and targets (with -1)."""
        images, ids, texts, index = zip(*samples, strict=True)
        lengths = [len(x) for x in ids]
        targets = np.full((len(ids), max(lengths)), -1, np.int64)
        for row, x in zip(targets, ids, strict=True):
            row[: len(x)] = x
        pixels, widths = self.preprocess.collate(images)
        return Batch(
            images=torch.from_numpy(pixels), widths=torch.from_numpy(widths), index=torch.tensor(index),
            targets=torch.from_numpy(targets), target_lengths=torch.tensor(lengths), texts=list(texts),
        )  # fmt: skip


def can_inherit() -> bool:
    """Whether worker processes have the images that this one keeps, without a copy: forked ones do."""
    return torch.multiprocessing.get_start_method() == "fork"

"""Labelled text lines as batches: which rows an epoch sees, in which order, distorted how. All of it from (seed,
epoch, index).
"""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset, Sampler

from chuviet import config
from chuviet.data.images import read_image
from chuviet.data.table import check_charset, image_root, read_table, select_fold
from chuviet.data.transforms import LineAugment, LinePreprocess
from chuviet.types import Batch, InputError
from chuviet.vocab import VIETNAMESE, Charset, frames_needed

_PIXELS_A_FRAME = 4  # of the CTC recognisers


class LineData:
    """The training and validation rows of one run, out of one label CSV."""

    @dataclass(frozen=True, kw_only=True)
    class Config(config.Config):
        csv: str = "train_ext3.csv"
        sources: tuple[str, ...] = ()  # keep these values of the CSV's `source` column only; () = all
        draw: tuple[
            tuple[str, int], ...
        ] = ()  # (source, rows): a fresh draw each epoch instead of all rows of the source
        charset: str = VIETNAMESE
        preprocess: LinePreprocess.Config = LinePreprocess.Config()
        augment: LineAugment.Config | None = LineAugment.Config()
        batch: int = 32
        bucket: int = 50  # batches are cut from runs of this many batches sorted by width
        workers: int = 2
        ctc: bool = True  # check that every target fits the frames of its image

        def build(self, fold: int, seed: int) -> LineData:
            return LineData(self, fold, seed)

    def __init__(self, cfg: LineData.Config, fold: int, seed: int) -> None:
        self.cfg, self.seed, self.fold = cfg, seed, fold
        self.charset = Charset(cfg.charset)
        path = Path(cfg.csv)
        frame = read_table(path, columns=("img_path", "text", "fold"))
        self.root = image_root(path, frame)
        if "source" not in frame:
            frame["source"] = "real"
        check_charset(frame, self.charset, path)
        train, valid = select_fold(frame, fold)
        if cfg.sources:
            train = train[train["source"].isin(cfg.sources)]
            valid = valid[valid["source"].isin(cfg.sources)]
        valid = valid[valid["source"] != "aug"]  # a distorted copy is training material only
        if not len(train):
            raise InputError(f"{path}: no training rows for fold {fold} and sources {cfg.sources or 'all'}")
        names = set(frame["source"])
        if missing := [s for s, _ in cfg.draw if s not in names]:
            raise InputError(f"{path}: no rows of source {', '.join(missing)}; it has {', '.join(sorted(names))}")
        self.train = self._sized(train, path).reset_index(drop=True)
        self.valid = self._sized(valid, path).reset_index(drop=True)

    def _sized(self, frame: pd.DataFrame, path: Path) -> pd.DataFrame:
        """Adds the width that each image will have, read from the file headers; checks CTC targets against the
        frames.
        """
        preprocess = self.cfg.preprocess.build()
        widths = []
        for row, img_path, text in zip(frame.index + 2, frame["img_path"], frame["text"], strict=True):
            try:
                with Image.open(self.root / img_path) as image:
                    width = preprocess.out_width(image.height, image.width)
            except OSError as e:
                raise InputError(
                    f"{path}: row {row}: {img_path} cannot be read ({e}); `chuviet check` lists all such"
                ) from e
            if self.cfg.ctc:
                needed, frames = frames_needed(self.charset.encode(text)), -(-width // _PIXELS_A_FRAME)
                if needed > frames:
                    where = f"{path}: row {row}: {img_path}"
                    raise InputError(
                        f"{where}: {text!r} needs {needed} CTC frames, a {width} px wide image has {frames}"
                    )
            widths.append(width)
        return frame.assign(width=np.asarray(widths, dtype=np.int64))

    def epoch_rows(self, epoch: int) -> np.ndarray:
        """Row numbers of the training frame that `epoch` sees: all rows, but a fresh draw of the sources named in
        `draw`.
        """
        source = self.train["source"].to_numpy()
        rng = np.random.default_rng((self.seed, epoch, 1))
        draw = dict(self.cfg.draw)
        parts = [np.flatnonzero(~np.isin(source, list(draw)))]
        for name, count in draw.items():
            pool = np.flatnonzero(source == name)
            parts.append(rng.choice(pool, size=count, replace=count > len(pool)))
        return np.concatenate(parts)

    def batches(self, epoch: int) -> list[np.ndarray]:
        """The epoch's batches as row numbers, in order: similar widths together, every row of `epoch_rows` exactly
        once.
        """
        rng = np.random.default_rng((self.seed, epoch, 2))
        rows = rng.permutation(self.epoch_rows(epoch))
        widths = self.train["width"].to_numpy()[rows]
        return bucket_batches(rows, widths, self.cfg.batch, self.cfg.bucket, rng)

    def train_loader(self, epoch: int, skip: int = 0, rank: int = 0, world: int = 1) -> DataLoader[Batch]:
        """Batches `skip`.. of `epoch` for one of `world` processes: each takes every world-th sample of the global
        batch.
        """
        batches = [b[rank::world].tolist() for b in self.batches(epoch)[skip:]]
        augment = self.cfg.augment.build() if self.cfg.augment else None
        data = LineDataset(
            self.train, self.root, self.charset, self.cfg.preprocess.build(), augment, (self.seed, epoch)
        )
        return self._loader(data, batches)

    def valid_loader(self, rank: int = 0, world: int = 1) -> DataLoader[Batch]:
        """Every validation row once over all processes, undistorted, sorted by width. May be empty."""
        order = np.argsort(self.valid["width"].to_numpy(), kind="stable")
        batches = [order[i : i + self.cfg.batch].tolist() for i in range(0, len(order), self.cfg.batch)]
        data = LineDataset(self.valid, self.root, self.charset, self.cfg.preprocess.build(), None, (self.seed, 0))
        return self._loader(data, batches[rank::world])

    def _loader(self, data: Dataset[Any], batches: Sequence[list[int]]) -> DataLoader[Batch]:
        workers = min(self.cfg.workers, max(len(batches), 0))
        return DataLoader(
            data, batch_sampler=FixedBatches(batches), collate_fn=collate, num_workers=workers,
            worker_init_fn=_start_worker, pin_memory=torch.cuda.is_available(), prefetch_factor=4 if workers else None,
        )  # fmt: skip


class FixedBatches(Sampler[list[int]]):
    """A batch sampler that yields the lists it was given."""

    def __init__(self, batches: Sequence[list[int]]) -> None:
        self.batches = batches

    def __iter__(self) -> Iterator[list[int]]:
        return iter(self.batches)

    def __len__(self) -> int:
        return len(self.batches)


def bucket_batches(
    rows: np.ndarray, widths: np.ndarray, size: int, bucket: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """Cuts shuffled `rows` into batches of at most `size` with similar `widths`; drops nothing; the batches come
    shuffled.
    """
    batches = []
    for start in range(0, len(rows), size * bucket):
        part = slice(start, start + size * bucket)
        ordered = rows[part][np.argsort(widths[part], kind="stable")]
        batches += [ordered[i : i + size] for i in range(0, len(ordered), size)]
    return [batches[i] for i in rng.permutation(len(batches))]


class LineDataset(Dataset[tuple[np.ndarray, list[int], str, int]]):
    """One row -> (h w uint8 grey image, class ids, text, row number)."""

    def __init__(
        self,
        frame: pd.DataFrame,
        root: Path,
        charset: Charset,
        preprocess: LinePreprocess,
        augment: LineAugment | None,
        seed: tuple[int, int],
    ) -> None:
        self.paths, self.texts = frame["img_path"].tolist(), frame["text"].tolist()
        self.root, self.charset, self.seed = root, charset, seed
        self.preprocess, self.augment = preprocess, augment

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, i: int) -> tuple[np.ndarray, list[int], str, int]:
        ids = self.charset.encode(self.texts[i])
        grey = self.preprocess.ink(read_image(self.root / self.paths[i]))
        if self.augment:
            distorted = self.augment(grey, np.random.default_rng((*self.seed, i)))
            wide = self.preprocess.out_width(*distorted.shape) >= _PIXELS_A_FRAME * frames_needed(ids)
            grey = distorted if wide else grey  # squeezed below what CTC can align: take the line as it was
        return self.preprocess.resize(grey), ids, self.texts[i], i


def collate(samples: Sequence[tuple[np.ndarray, list[int], str, int]]) -> Batch:
    """Pads images with paper and targets with -1. Images come out as N 1 H W float, ink 1 and paper 0."""
    images, ids, texts, index = zip(*samples, strict=True)
    lengths = [len(x) for x in ids]
    targets = torch.full((len(ids), max(lengths)), -1, dtype=torch.int64)
    for row, x in zip(targets, ids, strict=True):
        row[: len(x)] = torch.tensor(x, dtype=torch.int64)
    tensor, widths = pad_images(images)
    return Batch(
        images=tensor, widths=widths, index=torch.tensor(index), targets=targets,
        target_lengths=torch.tensor(lengths), texts=list(texts),
    )  # fmt: skip


def pad_images(images: Sequence[np.ndarray], multiple: int = 64) -> tuple[torch.Tensor, torch.Tensor]:
    """Grey h w uint8 images of one height -> (N 1 H W float with ink 1 and paper 0, widths N)."""
    widths = [im.shape[1] for im in images]
    full = -(-max(widths) // multiple) * multiple
    canvas = np.full((len(images), 1, images[0].shape[0], full), 255, np.uint8)
    for row, im in zip(canvas, images, strict=True):
        row[0, :, : im.shape[1]] = im
    return (255.0 - torch.from_numpy(canvas).float()) / 255.0, torch.tensor(widths)


def _start_worker(_: int) -> None:
    """One thread a worker; signals are left to the training process, which saves before it lets the workers go."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    cv2.setNumThreads(0)
    torch.set_num_threads(1)

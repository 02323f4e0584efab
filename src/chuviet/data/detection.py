"""Labelled pages as batches for a detector: which pages an epoch has, how they are cut and distorted. All
of it follows from (seed, epoch, index).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import torch
from torch.utils.data import DataLoader, Dataset

from chuviet.batch import Batch
from chuviet.data.batches import batch_ends, loader, number_repeats
from chuviet.data.configs import PageDataConfig
from chuviet.data.files import find_data
from chuviet.data.mix import Part, read_mix
from chuviet.data.pages import read_pages
from chuviet.data.quads import mend_pages
from chuviet.data.targets_lines import LineWordTargets
from chuviet.errors import InputError
from chuviet.inputs.images import read_image
from chuviet.labels import LabelledPage, PageKind
from chuviet.preprocess.page import PagePreprocess


class PageData:
    """The training and validation pages of one run.

    A set is named by its label file, in any format of `data.pages`; a slice in brackets takes a part of it:
    ``SynthText/gt.mat[:0.8]`` its first four fifths, ``[0.8:]`` the rest. How much of a set an epoch has stands behind
    it, see `chuviet.data.mix`.

    For a detector of lines and words a set says what its quads are: ``lines:sroie/train_label.txt``,
    ``words:icdar2015/...``, ``both:FOLDER`` with the files lines.txt and words.txt of one list of pages. Each of its
    maps learns from the sets that know its kind.
    """

    Config: TypeAlias = PageDataConfig

    charset = None

    def __init__(self, cfg: PageData.Config, seed: int) -> None:
        self.cfg, self.seed = cfg, seed
        pages: list[LabelledPage] = []
        self._sets: list[tuple[np.ndarray, Part]] = []
        for part in read_mix(cfg.mix):
            found = read_set(part.name)
            _check_kind(part.name, found[0].kind, isinstance(cfg.targets, LineWordTargets.Config))
            self._sets.append((np.arange(len(found)) + len(pages), part))
            pages += found
        if not pages:
            raise InputError("data.mix: no training pages")
        held = [page for part in read_mix(cfg.valid) for page in _every(read_set(part.name), part.amount)]
        self.train_pages, self.valid_pages = pages, held
        # As tables, so that a run can report on them as it does on lines.
        self.train, self.valid = (_table(p) for p in (pages, held))

    def epoch_rows(self, epoch: int) -> np.ndarray:
        """Numbers of the pages of `epoch`, in order: of each set its share, drawn anew."""
        rng = np.random.default_rng((self.seed, epoch, 1))
        total = len(self.train_pages)
        return rng.permutation(np.concatenate([part.drawn(pool, total, rng) for pool, part in self._sets]))

    def batches(self, epoch: int) -> list[np.ndarray]:
        """The epoch's batches as page numbers; a page that comes again is numbered anew, see `number_repeats`."""
        rows = number_repeats(self.epoch_rows(epoch), len(self.train_pages))
        return np.split(rows, batch_ends(len(rows), self.cfg.batch)[:-1])

    def batch_sizes(self, epoch: int) -> np.ndarray:
        """How many pages each batch of `epoch` has."""
        return np.diff(batch_ends(len(self.epoch_rows(epoch)), self.cfg.batch), prepend=0)

    def train_loader(self, epoch: int, skip: int = 0, rank: int = 0, world: int = 1) -> DataLoader[Batch]:
        """Batches `skip`.. of `epoch` for one of `world` processes."""
        batches = [b[rank::world].tolist() for b in self.batches(epoch)[skip:]]
        data = TrainPages(self.train_pages, self.cfg, (self.seed, epoch))
        return loader(data, batches, self.cfg.workers, ahead=2)

    def valid_loader(self, rank: int = 0, world: int = 1) -> DataLoader[Batch]:
        """Every validation page once over all processes, whole, in its own size, alone in its batch. May be empty."""
        batches = [[i] for i in range(len(self.valid_pages))]
        return loader(ValidPages(self.valid_pages, self.cfg), batches[rank::world], self.cfg.workers, ahead=2)


class TrainPages(Dataset[Any]):
    """Distorted crops with their maps; pages are numbered as in `PageData.batches`."""

    def __init__(self, pages: Sequence[LabelledPage], cfg: PageData.Config, seed: tuple[int, ...]) -> None:
        targets: Any = cfg.targets
        self.pages, self.seed = pages, seed
        self.augment, self.targets, self.preprocess = cfg.augment.build(), targets.build(), cfg.preprocess.build()

    def __len__(self) -> int:
        return len(self.pages)

    def __getitem__(self, i: int) -> tuple[int, LabelledPage, dict[str, np.ndarray]]:
        rng = np.random.default_rng((*self.seed, i))
        i %= len(self.pages)
        page = self.augment(_with_image(self.pages[i]), rng, lambda: self._other(rng))
        assert page.image is not None
        return i, page, targets_of(self.targets, page, page.image.shape[:2])

    def _other(self, rng: np.random.Generator) -> LabelledPage:
        return _with_image(self.pages[int(rng.integers(len(self.pages)))])

    def collate(self, samples: Sequence[tuple[int, LabelledPage, dict[str, np.ndarray]]]) -> Batch:
        return collate(self.preprocess, samples, [])


class ValidPages(Dataset[Any]):
    """Whole pages with their maps and ground truth."""

    def __init__(self, pages: Sequence[LabelledPage], cfg: PageData.Config) -> None:
        targets: Any = cfg.targets
        self.pages, self.preprocess, self.targets = pages, cfg.preprocess.build(), targets.build()

    def __len__(self) -> int:
        return len(self.pages)

    def __getitem__(self, i: int) -> tuple[int, LabelledPage, dict[str, np.ndarray]]:
        page = _with_image(self.pages[i])
        assert page.image is not None
        height, width = page.image.shape[:2]
        image = self.preprocess(page.image)
        page.meta["size"] = (height, width)
        page.image = image
        padded = tuple(-(-n // self.preprocess.cfg.multiple) * self.preprocess.cfg.multiple for n in image.shape[:2])
        scaled = scaled_page(page, image.shape[1] / width, image.shape[0] / height)
        return i, page, targets_of(self.targets, scaled, padded)

    def collate(self, samples: Sequence[tuple[int, LabelledPage, dict[str, np.ndarray]]]) -> Batch:
        return collate(self.preprocess, samples, [replace(page, image=None) for _, page, _ in samples])


def targets_of(targets: Any, page: LabelledPage, shape: tuple[int, int]) -> dict[str, np.ndarray]:
    """The maps of a page, whose quads are in pixels of an image of `shape` (H, W)."""
    if isinstance(targets, LineWordTargets):
        return targets(page, shape)
    maps: dict[str, np.ndarray] = targets(page.quads, page.ignore, shape)
    return maps


def scaled_page(page: LabelledPage, x: float, y: float) -> LabelledPage:
    """The page's quads and outlines, `x` times as far to the right and `y` times as far down."""
    outlines = None
    if page.outlines is not None:
        outlines = [None if outline is None else outline * (x, y) for outline in page.outlines]
    return replace(page, quads=page.quads * (x, y), outlines=outlines)


def collate(
    preprocess: PagePreprocess,
    samples: Sequence[tuple[int, LabelledPage, dict[str, np.ndarray]]],
    pages: list[LabelledPage],
) -> Batch:
    """Pages with their images, and maps of the images' padded size, as one batch."""
    images = [page.image for _, page, _ in samples if page.image is not None]
    shapes = [
        (*im.shape[:2], *page.meta.get("size", im.shape[:2])) for im, (_, page, _) in zip(images, samples, strict=True)
    ]
    maps = {k: torch.from_numpy(np.stack([m[k] for _, _, m in samples])) for k in samples[0][2]}
    return Batch(
        images=torch.from_numpy(preprocess.collate(images)), widths=torch.tensor([im.shape[1] for im in images]),
        index=torch.tensor([i for i, _, _ in samples]), shapes=torch.tensor(shapes), maps=maps, pages=pages,
    )  # fmt: skip


def read_set(name: str) -> list[LabelledPage]:
    """The mended pages of a label file, or of the part of it that a slice such as ``[0.8:]`` names. What its quads are
    may stand in front: ``lines:``, ``words:`` or, for a folder with both, ``both:``.
    """
    match = re.fullmatch(r"(?:(lines|words|both):)?(.*?)(?:\[([\d.]*):([\d.]*)\])?", name)
    assert match is not None
    kind: Any = match[1]
    path, first, last = match[2], float(match[3] or 0), float(match[4] or 1)
    if not 0 <= first < last <= 1:
        raise InputError(f"{name}: a part of a set lies between 0 and 1, such as [:0.8] or [0.8:]")
    pages = _lines_and_words(path) if kind == "both" else read_pages(find_data(path), source=_source(path))
    if kind in ("lines", "words"):
        pages = [replace(page, kind=kind) for page in pages]
    pages = mend_pages(pages[round(first * len(pages)) : round(last * len(pages))], path)
    if not pages:
        raise InputError(f"{name}: no pages")
    return pages


def _check_kind(name: str, kind: PageKind, of_both: bool) -> None:
    """Raises InputError for a training set of which a detector would learn nothing, or lines and words as one."""
    if of_both and kind == "text":
        raise InputError(f"data.mix: {name}: say what its quads are: lines:{name}, words:{name} or both:FOLDER")
    if not of_both and kind == "both":
        raise InputError(f"data.mix: {name}: lines and words at once are for data.targets=LineWordTargets")


def _source(path: str) -> str:
    return "/".join(Path(path).parts[-2:])


def _lines_and_words(folder: str) -> list[LabelledPage]:
    """The pages of a folder with the label files lines.txt and words.txt, lines before words.

    Raises InputError where these are not of the same pages.
    """
    files = [find_data(f"{folder}/{name}.txt") for name in ("lines", "words")]
    lines, words = (read_pages(file, source=_source(folder)) for file in files)
    if [page.path for page in lines] != [page.path for page in words]:
        raise InputError(f"{folder}: lines.txt and words.txt are not of the same pages in the same order")
    return [_joined(*pair) for pair in zip(lines, words, strict=True)]


def _joined(lines: LabelledPage, words: LabelledPage) -> LabelledPage:
    outlines = [page.outlines or [None] * len(page.quads) for page in (lines, words)]
    return replace(
        lines, quads=np.concatenate([lines.quads, words.quads]), texts=lines.texts + words.texts,
        ignore=np.concatenate([lines.ignore, words.ignore]), outlines=outlines[0] + outlines[1], kind="both",
        is_word=np.arange(len(lines.quads) + len(words.quads)) >= len(lines.quads),
    )  # fmt: skip


def _every(pages: list[LabelledPage], every: float) -> list[LabelledPage]:
    """Pages spread evenly over the set; all of them unless `every` is above 1."""
    return [pages[int(k * every)] for k in range(max(int(len(pages) / every), 1))] if every > 1 else pages


def _with_image(page: LabelledPage) -> LabelledPage:
    return replace(page, image=read_image(page.path), meta=dict(page.meta))


def _table(pages: Sequence[LabelledPage]) -> pd.DataFrame:
    return pd.DataFrame({"img_path": [p.path for p in pages], "source": [p.source for p in pages]})

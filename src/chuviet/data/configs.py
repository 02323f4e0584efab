"""What a config says of its data: sets, preparation, distortions and batches of lines or pages. No PyTorch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from chuviet.config import Config, ConfigError, Former
from chuviet.data.files import find_data
from chuviet.data.images import FileImages
from chuviet.data.line_augment import LineAugment
from chuviet.data.mix import of_draw, of_every, of_shares, of_sources, read_mix
from chuviet.data.page_augment import PageAugment
from chuviet.data.targets_db import DBTargets
from chuviet.manifest import Fold, fold_name
from chuviet.preprocess.line import LinePreprocess
from chuviet.preprocess.page import PagePreprocess
from chuviet.vocab import VIETNAMESE, Charset

if TYPE_CHECKING:
    from chuviet.data.detection import PageData
    from chuviet.data.recognition import LineData


@dataclass(frozen=True, kw_only=True)
class Concat(Config):
    """Joins crops to longer ones while training: up to `extra` more samples are hung behind one."""

    p: float = 0.5
    extra: int = 2
    characters: int = 25  # of the joined text at most


@dataclass(frozen=True, kw_only=True)
class LineDataConfig(Config):
    """Of `chuviet.data.recognition.LineData`."""

    csv: str = "train_ext3.csv"  # or a .txt list, whose rows have no fold
    valid: str = ""  # another CSV or list: with fold 0 its rows alone are validated on, with 5 trained on as well
    mix: tuple[str, ...] = ()  # what an epoch has of the CSV's sources, and of other files: `data.mix`; () = all of it
    charset: str = VIETNAMESE
    dictionary: str = ""  # instead of `charset`: a file with one character a line
    space: bool = True  # add the space to a dictionary that lacks it
    images: Config = FileImages.Config()  # where they are: `data.images`
    preprocess: Config = LinePreprocess.Config()
    augment: Config | None = LineAugment.Config()
    concat: Concat | None = None
    batch: int = 32
    bucket: int = 50  # batches are cut from runs of this many batches sorted by width
    workers: int = 2
    memory: int = 256  # MB of images, read and prepared, that are kept from epoch to epoch
    bad_labels: Literal["refuse", "leave_out"] = (
        "refuse"  # labels with unknown characters or too few frames end the run, or are named and left out
    )
    # Pixels from one CTC frame to the next, to check that an image has frames enough for its text; 0: not CTC.
    ctc_stride: int = 4

    @classmethod
    def former(cls) -> Mapping[str, Former]:
        return {
            "mix": Former("mix", tuple[tuple[str, float], ...], of_shares),
            "sources": Former("mix", tuple[str, ...], of_sources),
            "draw": Former("mix", tuple[tuple[str, int], ...], of_draw),
        }

    def check(self, fold: Fold) -> None:
        """Raises ConfigError for what cannot be, before any data are read."""
        parts = read_mix(self.mix)
        names = [part.name for part in parts if part.kind != "share"]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ConfigError(f"data.mix: {twice[0]} is named twice")

    def characters(self) -> Charset:
        """The charset that is meant. Raises InputError for a dictionary file that is none."""
        if not self.dictionary:
            return Charset(self.charset)
        from chuviet.data.lists import read_dictionary

        return read_dictionary(find_data(self.dictionary), self.space)

    def build(self, fold: Fold, seed: int) -> LineData:
        from chuviet.data.recognition import LineData

        return LineData(self, fold, seed)


@dataclass(frozen=True, kw_only=True)
class PageDataConfig(Config):
    """Of `chuviet.data.detection.PageData`, which says how sets are named."""

    mix: tuple[str, ...] = ("icdar2015/text_localization/train_icdar2015_label.txt",)  # what an epoch has: `data.mix`
    valid: tuple[str, ...] = ("icdar2015/text_localization/test_icdar2015_label.txt",)  # sets, each whole or 1/N of it
    preprocess: PagePreprocess.Config = PagePreprocess.Config()
    augment: PageAugment.Config = PageAugment.Config()
    targets: Config = DBTargets.Config()
    batch: int = 8
    workers: int = 2

    @classmethod
    def former(cls) -> Mapping[str, Former]:
        pairs = tuple[tuple[str, float], ...]
        return {"train": Former("mix", pairs, of_every), "valid": Former("valid", pairs, of_every)}

    def build(self, fold: Fold, seed: int) -> PageData:
        from chuviet.data.detection import PageData

        self.check(fold)
        return PageData(self, seed)

    def check(self, fold: Fold) -> None:
        """Raises ConfigError for a fold, which would be the same run under another name, and for a mix that is none."""
        if fold_name(fold) != "all":
            raise ConfigError(f"fold={fold}: pages have no folds; data.valid names what a detector is validated on")
        read_mix(self.mix)
        if wrong := [part for part in read_mix(self.valid, "data.valid") if part.kind in ("rows", "share")]:
            raise ConfigError(f"data.valid: {wrong[0]}: a set is validated on whole, or one in N pages of it: NAME:1/N")

"""What a config says of its data: sets, preparation, distortions and batches of lines or pages. No PyTorch here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from chuviet.config import Config, ConfigError
from chuviet.data.files import find_data
from chuviet.data.line_augment import LineAugment
from chuviet.data.page_augment import PageAugment
from chuviet.data.targets_db import DBTargets
from chuviet.manifest import ALL_FOLDS
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
    mix: tuple[tuple[str, float], ...] = ()  # instead of `csv`: (list, its share of every epoch); shares sum to 1
    sources: tuple[str, ...] = ()  # keep these values of the CSV's `source` column only; () = all
    draw: tuple[tuple[str, int], ...] = ()  # (source, rows): a fresh draw each epoch instead of all rows of the source
    charset: str = VIETNAMESE
    dictionary: str = ""  # instead of `charset`: a file with one character a line
    space: bool = True  # add the space to a dictionary that lacks it
    preprocess: Config = LinePreprocess.Config()
    augment: Config | None = LineAugment.Config()
    concat: Concat | None = None
    batch: int = 32
    bucket: int = 50  # batches are cut from runs of this many batches sorted by width
    workers: int = 2
    bad_labels: Literal["refuse", "leave_out"] = (
        "refuse"  # labels with unknown characters or too few frames end the run, or are named and left out
    )
    # Pixels from one CTC frame to the next, to check that an image has frames enough for its text; 0: not CTC.
    ctc_stride: int = 4

    def characters(self) -> Charset:
        """The charset that is meant. Raises InputError for a dictionary file that is none."""
        if not self.dictionary:
            return Charset(self.charset)
        from chuviet.data.lists import read_dictionary

        return read_dictionary(find_data(self.dictionary), self.space)

    def build(self, fold: int, seed: int) -> LineData:
        from chuviet.data.recognition import LineData

        return LineData(self, fold, seed)


@dataclass(frozen=True, kw_only=True)
class PageDataConfig(Config):
    """Of `chuviet.data.detection.PageData`, which says how sets are named."""

    train: tuple[tuple[str, float], ...] = (("icdar2015/text_localization/train_icdar2015_label.txt", 1.0),)
    valid: tuple[tuple[str, float], ...] = (("icdar2015/text_localization/test_icdar2015_label.txt", 1.0),)
    preprocess: PagePreprocess.Config = PagePreprocess.Config()
    augment: PageAugment.Config = PageAugment.Config()
    targets: Config = DBTargets.Config()
    batch: int = 8
    workers: int = 2

    def build(self, fold: int, seed: int) -> PageData:
        from chuviet.data.detection import PageData

        self.check_fold(fold)
        return PageData(self, seed)

    def check_fold(self, fold: int) -> None:
        """Raises ConfigError for a fold, which would be the same run under another name."""
        if fold != ALL_FOLDS:
            raise ConfigError(f"fold={fold}: pages have no folds; data.valid names what a detector is validated on")

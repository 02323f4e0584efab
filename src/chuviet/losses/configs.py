"""What a config says of a loss: data alone, so that configs are read, checked and printed without PyTorch.

`build` imports the loss's own file, where it is explained; there the class is called `Config`, as in
``CTCLoss.Config``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from chuviet.config import Config

if TYPE_CHECKING:
    from chuviet.losses.cross_entropy import SequenceCrossEntropy
    from chuviet.losses.ctc import CTCLoss
    from chuviet.losses.db import DBLoss
    from chuviet.losses.distilled import DistillationLoss
    from chuviet.losses.east import EastLoss
    from chuviet.losses.guided import GuidedCTCLoss, MutualLoss
    from chuviet.losses.joint import JointCTCLoss
    from chuviet.losses.line_word import LineWordLoss
    from chuviet.losses.rejector import RejectorLoss


@dataclass(frozen=True, kw_only=True)
class SequenceCrossEntropyConfig(Config):
    """Of `chuviet.losses.cross_entropy.SequenceCrossEntropy`."""

    smoothing: float = 0.1

    def build(self) -> SequenceCrossEntropy:
        from chuviet.losses.cross_entropy import SequenceCrossEntropy

        return SequenceCrossEntropy(self.smoothing)


@dataclass(frozen=True, kw_only=True)
class JointCTCLossConfig(Config):
    """Of `chuviet.losses.joint.JointCTCLoss`."""

    ctc: float = 0.5
    smoothing: float = 0.1

    def build(self) -> JointCTCLoss:
        from chuviet.losses.joint import JointCTCLoss

        return JointCTCLoss(self)


@dataclass(frozen=True, kw_only=True)
class CTCLossConfig(Config):
    """Of `chuviet.losses.ctc.CTCLoss`."""

    flat: float = 0.0  # 0..1

    def build(self) -> CTCLoss:
        from chuviet.losses.ctc import CTCLoss

        return CTCLoss(self.flat)


@dataclass(frozen=True, kw_only=True)
class DistillationLossConfig(Config):
    """Of `chuviet.losses.distilled.DistillationLoss`."""

    teach: float = 1.0

    def build(self) -> DistillationLoss:
        from chuviet.losses.distilled import DistillationLoss

        return DistillationLoss(self)


@dataclass(frozen=True, kw_only=True)
class GuidedCTCLossConfig(Config):
    """Of `chuviet.losses.guided.GuidedCTCLoss`."""

    guide: float = 1.0
    smoothing: float = 0.1

    def build(self) -> GuidedCTCLoss:
        from chuviet.losses.guided import GuidedCTCLoss

        return GuidedCTCLoss(self)


@dataclass(frozen=True, kw_only=True)
class MutualLossConfig(Config):
    """Of `chuviet.losses.guided.MutualLoss`."""

    member: GuidedCTCLossConfig = GuidedCTCLossConfig()
    ctc: float = 1.0
    guide: float = 0.5
    features: float = 1.0

    def build(self) -> MutualLoss:
        from chuviet.losses.guided import MutualLoss

        return MutualLoss(self)


@dataclass(frozen=True, kw_only=True)
class DBLossConfig(Config):
    """Of `chuviet.losses.db.DBLoss`."""

    alpha: float = 5.0  # of the probability map
    beta: float = 10.0  # of the threshold map
    k: float = 50.0  # steepness of the binarisation
    negatives: float = 3.0  # kept for each positive pixel
    probability: Literal["dice", "bce"] = "dice"  # loss of the probability map
    # Each image's own Dice, then their mean. Over a batch at once, the few pixels of a photo's words weigh nothing
    # beside those of a receipt.
    each_image: bool = False

    def build(self) -> DBLoss:
        from chuviet.losses.db import DBLoss

        return DBLoss(self)


@dataclass(frozen=True, kw_only=True)
class EastLossConfig(Config):
    """Of `chuviet.losses.east.EastLoss`."""

    crop: float = 640.0  # pixels that a distance of 1 stands for; the same in model and decoder
    hard_negatives: int = 512
    random_negatives: int = 512
    hard_boxes: int = 128
    random_boxes: int = 128
    angle: float = 10.0
    boxes: float = 1.0  # weight of boxes against the score
    # Text counts as much as background. As one mean, a photo's 50 cells with text drown in 1024 without: after 120
    # steps on six photos, 1 of 13 words was found, balanced all 13.
    balanced: bool = True

    def build(self) -> EastLoss:
        from chuviet.losses.east import EastLoss

        return EastLoss(self)


@dataclass(frozen=True, kw_only=True)
class LineWordLossConfig(Config):
    """Of `chuviet.losses.line_word.LineWordLoss`."""

    dice: float = 1.0  # weight of Dice beside cross-entropy
    negatives: float = 3.0  # kept for each positive pixel

    def build(self) -> LineWordLoss:
        from chuviet.losses.line_word import LineWordLoss

        return LineWordLoss(self)


@dataclass(frozen=True, kw_only=True)
class RejectorLossConfig(Config):
    """Of `chuviet.losses.rejector.RejectorLoss`."""

    name: str = "score"  # FOTS; "text" of DBNet
    mask: str = "mask"  # FOTS; "text_mask" of DBNet

    def build(self) -> RejectorLoss:
        from chuviet.losses.rejector import RejectorLoss

        return RejectorLoss(self)

"""What a config says of a network: data alone, so that configs are read, checked and printed without PyTorch.

`build` imports the network's own file, where it is explained; there the class is called `Config`, as in
``LineCTC.Config``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from chuviet.config import Config

if TYPE_CHECKING:
    from chuviet.models.attention_heads import NRTR, SAR
    from chuviet.models.backbone_ctc import BackboneCTC
    from chuviet.models.ctc import LineCTC
    from chuviet.models.dbnet import DBNet
    from chuviet.models.distilled import Distilled
    from chuviet.models.fots import FOTS
    from chuviet.models.fpn import FPN
    from chuviet.models.gtc import GTC, Mutual
    from chuviet.models.joint import JointCTC
    from chuviet.models.micro import MicroOCR
    from chuviet.models.rejector import Rejector
    from chuviet.models.seq2seq import Seq2Seq

#: Names of layers and their sizes, see `chuviet.models.widths`.
Widths = tuple[tuple[str, tuple[int, ...]], ...]
#: What follows a layer, of those that `LineCTC` knows.
Activation = Literal["gelu", "silu"]


@dataclass(frozen=True, kw_only=True)
class SARConfig(Config):
    """Of `chuviet.models.attention_heads.SAR`."""

    hidden: int = 512
    dropout: float = 0.1

    def build(self, channels: int, num_characters: int) -> SAR:
        from chuviet.models.attention_heads import SAR

        return SAR(self, channels, num_characters)


@dataclass(frozen=True, kw_only=True)
class NRTRConfig(Config):
    """Of `chuviet.models.attention_heads.NRTR`."""

    hidden: int = 256
    layers: int = 2
    heads: int = 8
    dropout: float = 0.1

    def build(self, channels: int, num_characters: int) -> NRTR:
        from chuviet.models.attention_heads import NRTR

        return NRTR(self, channels, num_characters)


@dataclass(frozen=True, kw_only=True)
class BackboneCTCConfig(Config):
    """Of `chuviet.models.backbone_ctc.BackboneCTC`."""

    backbone: str = "resnet34.a1_in1k"
    pretrained: bool = True
    head: Literal["linear", "conv"] = "linear"
    neck: Literal["none", "svtr"] = "none"
    dims: int = 64  # of the neck's output
    hidden: int = 120
    depth: int = 2
    dropout: float = 0.1
    pruned: Widths = ()  # of `chuviet prune`

    def build(self, num_characters: int) -> BackboneCTC:
        from chuviet.models.backbone_ctc import BackboneCTC
        from chuviet.models.widths import apply_widths

        return apply_widths(BackboneCTC(self, num_characters), self.pruned)


@dataclass(frozen=True, kw_only=True)
class LineCTCConfig(Config):
    """Of `chuviet.models.ctc.LineCTC`."""

    height: int = 40
    channels: int = 1
    stem: int = 32
    widths: tuple[int, int, int] = (64, 128, 192)
    depths: tuple[int, int, int] = (2, 3, 3)
    heads: int = 6
    expand: int = 3
    kernel: int = 3
    mix_kernel: int = 7
    dropout: float = 0.1
    drop_features: float = 0.1  # whole frames of features hidden from the mixing layers
    activation: Activation = "gelu"  # silu: 7 % less time in ONNX Runtime
    pruned: Widths = ()  # of `chuviet prune`

    def build(self, num_characters: int) -> LineCTC:
        from chuviet.models.ctc import LineCTC
        from chuviet.models.widths import apply_widths

        return apply_widths(LineCTC(self, num_characters), self.pruned)


@dataclass(frozen=True, kw_only=True)
class MicroOCRConfig(Config):
    """Of `chuviet.models.micro.MicroOCR`."""

    width: int = 16
    depth: int = 2
    height: int = 32
    pruned: Widths = ()  # of `chuviet prune`

    def build(self, num_characters: int) -> MicroOCR:
        from chuviet.models.micro import MicroOCR
        from chuviet.models.widths import apply_widths

        return apply_widths(MicroOCR(self, num_characters), self.pruned)


@dataclass(frozen=True, kw_only=True)
class Seq2SeqConfig(Config):
    """Of `chuviet.models.seq2seq.Seq2Seq`."""

    backbone: str = "tf_efficientnetv2_b2.in1k"
    hidden: int = 256
    pretrained: bool = True
    dropout: float = 0.5
    drop_path: float = 0.5
    mask_inputs: float = 0.05
    pruned: Widths = ()  # of `chuviet prune`

    def build(self, num_characters: int) -> Seq2Seq:
        from chuviet.models.seq2seq import Seq2Seq
        from chuviet.models.widths import apply_widths

        return apply_widths(Seq2Seq(self, num_characters), self.pruned)


@dataclass(frozen=True, kw_only=True)
class JointCTCConfig(Config):
    """Of `chuviet.models.joint.JointCTC`."""

    reader: Seq2SeqConfig = Seq2SeqConfig()

    @property
    def shipped(self) -> Config:
        """The config of what the weights file holds."""
        return self.reader

    def build(self, num_characters: int) -> JointCTC:
        from chuviet.models.joint import JointCTC

        return JointCTC(self, num_characters)


@dataclass(frozen=True, kw_only=True)
class DistilledConfig(Config):
    """Of `chuviet.models.distilled.Distilled`."""

    student: Config = LineCTCConfig()
    teacher: str = ""  # weights as `init` names them; they must not have seen the validation fold

    @property
    def shipped(self) -> Config:
        """The config of what the weights file holds."""
        return self.student

    def build(self, num_characters: int) -> Distilled:
        from chuviet.models.distilled import Distilled

        return Distilled(self, num_characters)


@dataclass(frozen=True, kw_only=True)
class GTCConfig(Config):
    """Of `chuviet.models.gtc.GTC`."""

    student: Config = BackboneCTCConfig(neck="svtr")
    guide: Config = SARConfig()
    detach: bool = True  # CTC does not train the backbone

    @property
    def shipped(self) -> Config:
        """The config of what the weights file holds."""
        return self.student

    def build(self, num_characters: int) -> GTC:
        from chuviet.models.gtc import GTC

        return GTC(self, num_characters)


@dataclass(frozen=True, kw_only=True)
class MutualConfig(Config):
    """Of `chuviet.models.gtc.Mutual`."""

    member: GTCConfig = GTCConfig()

    @property
    def shipped(self) -> Config:
        """The config of what the weights file holds."""
        return self.member.student

    def build(self, num_characters: int) -> Mutual:
        from chuviet.models.gtc import Mutual

        return Mutual(self, num_characters)


@dataclass(frozen=True, kw_only=True)
class FPNConfig(Config):
    """Of `chuviet.models.fpn.FPN`."""

    width: int = 96  # channels of the result, a multiple of 4
    excite: bool = True  # RSE-FPN; else the plain one

    def build(self, channels: Sequence[int]) -> FPN:
        from chuviet.models.fpn import FPN

        return FPN(self, channels)


@dataclass(frozen=True, kw_only=True)
class DBNetConfig(Config):
    """Of `chuviet.models.dbnet.DBNet`."""

    backbone: str = "repvit_m0_9"
    pretrained: bool = True
    options: tuple[tuple[str, Any], ...] = ()  # of timm's model, such as (("depth", (2, 2, 14, 2)),)
    neck: FPNConfig = FPNConfig()
    words: bool = False  # a map of words beside that of lines
    threshold: bool = True  # a map of thresholds, for training
    pruned: Widths = ()  # of `chuviet prune`

    def build(self, num_characters: int = 0) -> DBNet:
        from chuviet.models.dbnet import DBNet
        from chuviet.models.widths import apply_widths

        return apply_widths(DBNet(self), self.pruned)


@dataclass(frozen=True, kw_only=True)
class FOTSConfig(Config):
    """Of `chuviet.models.fots.FOTS`."""

    backbone: str = "resnet34"
    pretrained: bool = True
    options: tuple[tuple[str, Any], ...] = ()  # of timm's model, such as (("channels", (32, 64, 128, 192)),)
    centre: tuple[int, int] = (512, 1024)
    decoder: tuple[int, int, int, int] = (512, 256, 128, 64)  # channels that each squeezes to, deepest first
    out: int = 64
    crop: float = 640.0  # pixels that a distance of 1 stands for; the same in loss and decoder
    pruned: Widths = ()  # of `chuviet prune`

    def build(self, num_characters: int = 0) -> FOTS:
        from chuviet.models.fots import FOTS
        from chuviet.models.widths import apply_widths

        return apply_widths(FOTS(self), self.pruned)


@dataclass(frozen=True, kw_only=True)
class RejectorConfig(Config):
    """Of `chuviet.models.rejector.Rejector`."""

    detector: Config
    level: int = 1  # the map that is looked at: 0 at 1/4, 1 at 1/8, ...
    hidden: int = 32
    places: int = 16  # of an image, whose mean says whether there is text: those that look most like it
    threshold: float = 0.0  # logit below which an image is empty; `chuviet reject` sets it

    def build(self, num_characters: int = 0) -> Rejector:
        from chuviet.models.rejector import Rejector

        return Rejector(self)

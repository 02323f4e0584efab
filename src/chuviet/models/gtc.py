"""Guided training of CTC, and two guided recognisers that teach each other. What is shipped is a plain CTC recogniser.

GTC: Hu et al. (https://arxiv.org/abs/2002.01276): the backbone learns from an attention decoder, the CTC branch reads
detached features. Mutual learning: Zhang et al. (https://arxiv.org/abs/1706.00384), as unified mutual learning of
PP-OCRv2 (https://arxiv.org/abs/2109.03144) does it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import nn

from chuviet import config
from chuviet.batch import Batch, Output
from chuviet.models.attention_heads import SAR
from chuviet.models.backbone_ctc import BackboneCTC


class GTC(nn.Module):
    """A CTC recogniser (`BackboneCTC`, `LineCTC`) and its guide. Training: logits of both (`extra["guide"]`,
    N L+1 V) and the map they read (`extra["features"]`); else the recogniser's alone.
    """

    @dataclass(frozen=True, kw_only=True)
    class Config(config.Config):
        student: config.Config = BackboneCTC.Config(neck="svtr")
        guide: config.Config = SAR.Config()
        detach: bool = True  # CTC does not train the backbone

        @property
        def shipped(self) -> config.Config:
            """The config of what the weights file holds."""
            return self.student

        def build(self, num_characters: int) -> GTC:
            return GTC(self, num_characters)

    def __init__(self, cfg: GTC.Config, num_characters: int) -> None:
        super().__init__()
        guide: Any = cfg.guide
        student: Any = cfg.student
        self.cfg = cfg
        self.student = student.build(num_characters)
        self.guide = guide.build(self.student.channels, num_characters)

    def candidates(self) -> list[nn.Module]:
        """The models of which the best one is shipped."""
        return [self.student]

    def forward(self, batch: Batch) -> Output:
        if not self.training:
            return self.student(batch)
        features = self.student.features(batch)
        output = self.student.read(features.detach() if self.cfg.detach else features, batch.widths)
        assert output.lengths is not None
        output.extra = {"guide": self.guide(features, output.lengths, batch), "features": features}
        return output


class Mutual(nn.Module):
    """Two `GTC` of different random starts that see the same batch. Training: the first one's output, and the
    second's under the same names with the ending "2" (`extra["logits2"]` ...); else the first's alone.
    """

    @dataclass(frozen=True, kw_only=True)
    class Config(config.Config):
        member: GTC.Config = GTC.Config()

        @property
        def shipped(self) -> config.Config:
            """The config of what the weights file holds."""
            return self.member.student

        def build(self, num_characters: int) -> Mutual:
            return Mutual(self, num_characters)

    def __init__(self, cfg: Mutual.Config, num_characters: int) -> None:
        super().__init__()
        self.cfg = cfg
        self.first, self.second = cfg.member.build(num_characters), cfg.member.build(num_characters)

    def candidates(self) -> list[nn.Module]:
        """The models of which the best one is shipped."""
        return [*self.first.candidates(), *self.second.candidates()]

    def forward(self, batch: Batch) -> Output:
        output = self.first(batch)
        if self.training:
            other = self.second(batch)
            output.extra |= {f"{name}2": value for name, value in other.extra.items()} | {"logits2": other.logits}
        return output

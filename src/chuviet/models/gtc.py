"""Guided training of CTC, and two guided recognisers that teach each other. What is shipped is a plain CTC recogniser.

GTC: Hu et al. (https://arxiv.org/abs/2002.01276): the backbone learns from an attention decoder, the CTC branch reads
detached features. Mutual learning: Zhang et al. (https://arxiv.org/abs/1706.00384), as unified mutual learning of
PP-OCRv2 (https://arxiv.org/abs/2109.03144) does it.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from torch import nn

from chuviet.batch import Batch, Output
from chuviet.models.configs import GTCConfig, MutualConfig


class GTC(nn.Module):
    """A CTC recogniser (`BackboneCTC`, `LineCTC`) and its guide. Training: logits of both (`extra["guide"]`,
    N L+1 V) and the map they read (`extra["features"]`); else the recogniser's alone.
    """

    Config: TypeAlias = GTCConfig

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

    Config: TypeAlias = MutualConfig

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

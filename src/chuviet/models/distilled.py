"""Knowledge distillation: a CTC recogniser that learns from a trained one what that sees in every frame
(Hinton et al. 2015, https://arxiv.org/abs/1503.02531). The teacher is not shipped.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import torch
from torch import nn

from chuviet.batch import Batch, Output
from chuviet.models.configs import DistilledConfig


class Distilled(nn.Module):
    """A student (`LineCTC`, `BackboneCTC`) and the teacher that `learn_from` gave it, which stays as it is. Training:
    the student's output, with the teacher's logits N T V of the same lines (`extra["teacher"]`); else the student's.
    """

    Config: TypeAlias = DistilledConfig

    def __init__(self, cfg: Distilled.Config, num_characters: int) -> None:
        super().__init__()
        student: Any = cfg.student
        self.cfg = cfg
        self.student = student.build(num_characters)
        self.teacher = nn.Module()

    def learn_from(self, teacher: nn.Module) -> None:
        """From now on from this recogniser, of the same charset and preprocessing, whose frames are as far apart."""
        self.teacher = teacher.eval().requires_grad_(False)

    def candidates(self) -> list[nn.Module]:
        """The models of which the best one is shipped."""
        return [self.student]

    def train(self, mode: bool = True) -> Distilled:
        super().train(mode)
        self.teacher.eval()
        return self

    def forward(self, batch: Batch) -> Output:
        output: Output = self.student(batch)
        if self.training:
            with torch.no_grad():
                output.extra["teacher"] = self.teacher(batch).logits
        return output

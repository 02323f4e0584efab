"""Loss of a CTC recogniser with a teacher (see `chuviet.models.distilled`)."""

from __future__ import annotations

from typing import TypeAlias

from torch import Tensor

from chuviet.batch import Batch, Output, within
from chuviet.losses.configs import DistillationLossConfig
from chuviet.losses.ctc import CTCLoss


class DistillationLoss:
    """CTC loss + `teach` x the Kullback-Leibler divergence of the student's frames from the teacher's, both a
    character: a mean over the lines. The teacher is absent in validation.
    """

    Config: TypeAlias = DistillationLossConfig

    def __init__(self, cfg: DistillationLoss.Config) -> None:
        self.cfg, self.ctc = cfg, CTCLoss()

    def __call__(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        losses = self.ctc(output, batch)
        if "teacher" not in output.extra:
            return losses
        assert output.lengths is not None and batch.target_lengths is not None
        a_line = divergence(output.extra["teacher"], output.logits, output.lengths)
        taught = (a_line / batch.target_lengths.clamp(min=1)).mean()
        loss = losses["loss"] + self.cfg.teach * taught
        return losses | {"loss": loss, "ctc": losses["loss"].detach(), "taught": taught.detach()}


def divergence(teacher: Tensor, student: Tensor, lengths: Tensor) -> Tensor:
    """N: KL(teacher || student) of logits N T V, summed over the first `lengths` (N) frames of each line."""
    p, q = teacher.float().log_softmax(-1), student.float().log_softmax(-1)
    return ((p.exp() * (p - q)).sum(-1) * within(lengths, student.shape[1])).sum(1)

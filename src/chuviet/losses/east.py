"""The loss of FOTS: of all cells, those that are wrongest and as many again by chance.

https://arxiv.org/abs/1801.01671, section 3.5, with its hard example mining: cross entropy of the score over all cells
with text and 512 + 512 without; and over 128 + 128 cells with text -log IoU of the distances + 10 (1 - cos of what the
angle is off). IoU is that of boxes with the true angle, smoothed by one square pixel, as in EAST
(https://arxiv.org/abs/1704.03155, section 3.4). Different here: cells with and without text count alike (`balanced`).
Maps: those of `EastTargets`.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor

from chuviet.batch import Batch, Output
from chuviet.losses.configs import EastLossConfig


def read_logits(logits: Tensor, crop: float) -> tuple[Tensor, Tensor, Tensor]:
    """N 6 ... -> score logit N ..., distances N 4 ... to top, right, bottom, left in pixels (0..`crop`), angle N ...

    What the six numbers mean is said by `chuviet.rboxes.read_cells`, which the decoder uses.
    """
    logits = logits.float()
    score, distances, angle = logits[:, 0], logits[:, 1:5], logits[:, 5]
    return score, distances.sigmoid() * crop, (angle.sigmoid() - 0.5) * (math.pi / 2)


class EastLoss:
    """Of logits N 6 h w. Each part is a mean over the cells chosen in an image, then over all images: the loss of a set
    does not depend on its division into batches. An image without text gives its boxes no loss.

    Chance is that of torch's own generator: of several processes each draws for its own images, so that a step is that
    of one process but for which cells were drawn.
    """

    Config: TypeAlias = EastLossConfig

    def __init__(self, cfg: EastLoss.Config) -> None:
        self.cfg = cfg

    def __call__(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        cfg = self.cfg
        score, distances, angle = (x.flatten(-2) for x in read_logits(output.logits, cfg.crop))  # N P, N 4 P, N P
        target, mask = (batch.maps[k].flatten(1).float() for k in ("score", "mask"))  # N P
        geometry = batch.maps["geometry"].flatten(2).float()  # N 5 P

        entropy = F.binary_cross_entropy_with_logits(score, target, reduction="none")
        text, background = (target > 0.5) & (mask > 0.5), (target <= 0.5) & (mask > 0.5)
        negatives = mine(entropy, background, cfg.hard_negatives, cfg.random_negatives)
        if cfg.balanced:
            classes = 0.5 * (mean_of_chosen(entropy, text) + mean_of_chosen(entropy, negatives))
        else:
            classes = mean_of_chosen(entropy, text | negatives)

        overlap = overlap_loss(distances, geometry[:, :4])
        turned = 1 - torch.cos(angle - geometry[:, 4])
        box = overlap + cfg.angle * turned
        chosen = mine(box, text, cfg.hard_boxes, cfg.random_boxes)
        loss = classes + cfg.boxes * mean_of_chosen(box, chosen)
        parts = {"score": classes, "overlap": mean_of_chosen(overlap, chosen), "angle": mean_of_chosen(turned, chosen)}
        weight = torch.tensor(float(len(batch)), device=loss.device)
        return {"loss": loss, "weight": weight} | {k: v.detach() for k, v in parts.items()}


def overlap_loss(distances: Tensor, target: Tensor) -> Tensor:
    """-log IoU of boxes around the same point with the same angle, given by N 4 P distances each -> N P."""
    top, right, bottom, left = torch.minimum(distances, target).unbind(1)
    common = (top + bottom) * (left + right)
    areas = [(d[:, 0] + d[:, 2]) * (d[:, 1] + d[:, 3]) for d in (distances, target)]
    return -torch.log((common + 1) / (areas[0] + areas[1] - common + 1))


def mine(losses: Tensor, candidates: Tensor, hard: int, chance: int) -> Tensor:
    """N P bool: in each row the `hard` candidates with the highest loss and `chance` of the others, drawn evenly; all
    of them where there are fewer. `losses` and `candidates` (bool) are N P.
    """
    hardest = _highest(losses.detach(), candidates, hard)
    return hardest | _highest(torch.rand_like(losses), candidates & ~hardest, chance)


def mean_of_chosen(losses: Tensor, chosen: Tensor) -> Tensor:
    """N P each -> mean over the rows of each row's mean over `chosen` (bool), 0 where nothing is."""
    sums = torch.where(chosen, losses, torch.zeros_like(losses)).sum(1)
    return (sums / chosen.sum(1).clamp(min=1)).mean()


def _highest(values: Tensor, candidates: Tensor, count: int) -> Tensor:
    top = values.masked_fill(~candidates, -torch.inf).topk(min(count, values.shape[1]), dim=1)
    return torch.zeros_like(candidates).scatter(1, top.indices, top.values > -torch.inf)

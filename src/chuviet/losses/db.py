"""The loss of DBNet: probability map, threshold map, and the two together as the binarisation of training.

https://arxiv.org/abs/1911.08947, section 3.4: L = L_binary + alpha * L_probability + beta * L_threshold, with L_binary
a Dice loss. As in OpenOCR, alpha is 5, beta 10, and three negatives are kept for each positive pixel (those with the
highest loss). Maps: "text" and "text_mask", "threshold" and "threshold_mask", each N H W.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor

from chuviet.batch import Batch, Output
from chuviet.losses.configs import DBLossConfig
from chuviet.losses.together import over_all, trains_together


class DBLoss:
    """Of logits N 2 H W, or N 1 H W of a slim model, whose threshold then counts nothing."""

    Config: TypeAlias = DBLossConfig

    def __init__(self, cfg: DBLoss.Config) -> None:
        self.cfg = cfg

    def __call__(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        cfg, maps, logits = self.cfg, batch.maps, output.logits.float()
        text, mask = maps["text"].float(), maps["text_mask"].float()
        kept = hard_negatives(logits[:, 0], text, mask, cfg.negatives)
        images = torch.tensor(float(len(batch)), device=logits.device)
        counts = [images]
        if cfg.probability == "dice":
            probability = dice(logits[:, 0].sigmoid(), text, kept, cfg.each_image)
        else:
            each = F.binary_cross_entropy_with_logits(logits[:, 0], text, reduction="none")
            probability, counts = (each * kept).sum() / kept.sum().clamp(min=1), [kept.sum()]
        parts = {"probability": cfg.alpha * probability}
        if logits.shape[1] > 1:
            threshold, border = logits[:, 1].sigmoid(), maps["threshold_mask"].float()
            distance = (threshold - maps["threshold"].float()).abs() * border
            binary = torch.sigmoid(cfg.k * (logits[:, 0].sigmoid() - threshold))
            parts["threshold"] = cfg.beta * distance.sum() / border.sum().clamp(min=1)
            parts["binary"] = dice(binary, text, mask, cfg.each_image)
            counts += [border.sum(), images]
        return summed(parts, images, counts)


def summed(parts: dict[str, Tensor], images: Tensor, counts: Sequence[Tensor]) -> dict[str, Tensor]:
    """The loss of parts, each a mean over `counts` things; several processes weigh each part by its own count."""
    terms = torch.stack(list(parts.values()))
    if not trains_together():
        return {"loss": terms.sum(), "weight": images} | parts
    return {"loss": terms.sum(), "terms": terms, "weight": torch.stack(list(counts))} | parts


def dice(probability: Tensor, target: Tensor, mask: Tensor, each_image: bool = False) -> Tensor:
    """1 - 2 |A B| / (|A| + |B|) over all pixels of `mask`; N H W each, 0..1. Of the batch, or the mean of its images'.

    With `each_image` an image is smoothed by a pixel that is found: without text it costs what it claims, at most 1.
    The batch is that of all processes that train together.
    """
    over, smooth = ((1, 2), 1.0) if each_image else ((0, 1, 2), 0.0)
    common = (probability * target * mask).sum(over)
    sizes = (probability * mask).sum(over) + (target * mask).sum(over)
    if not each_image:
        common, sizes = over_all(torch.stack((common, sizes))).unbind()
    return (1 - (2 * common + smooth) / (sizes + smooth + 1e-6)).mean()


def hard_negatives(logits: Tensor, target: Tensor, mask: Tensor, ratio: float) -> Tensor:
    """N H W mask of all positives and, in each image, of the `ratio` times as many negatives that look most like text.

    An image without text keeps as many negatives as the batch's images keep on average (at least one); the batch is
    that of all processes that train together.
    """
    positive, negative = (target > 0.5) & (mask > 0.5), (target <= 0.5) & (mask > 0.5)
    counts = positive.flatten(1).sum(1)
    found, images = over_all(torch.stack((counts.sum(), torch.full_like(counts[0], len(counts)))).float()).unbind()
    wanted = torch.where(counts > 0, counts, (found / images).ceil().long().clamp(min=1)) * ratio
    wanted = torch.minimum(wanted.long(), negative.flatten(1).sum(1))
    scores = logits.detach().masked_fill(~negative, float("-inf")).flatten(1)
    most = int(wanted.max())
    if not most:
        return positive.float()
    top = scores.topk(most, dim=1).values
    last = top.gather(1, (wanted - 1).clamp(min=0)[:, None])  # N 1: score of the last negative kept
    hard = (scores >= last) & (wanted > 0)[:, None] & negative.flatten(1)
    return (positive.flatten(1) | hard).view_as(target).float()

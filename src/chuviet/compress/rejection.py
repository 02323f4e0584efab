"""How well a rejector tells frames with text from empty ones, and what it saves."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from sklearn.metrics import roc_auc_score

from chuviet.data.page_augment import in_window
from chuviet.errors import InputError
from chuviet.inputs.images import read_image
from chuviet.labels import LabelledPage
from chuviet.metrics.detection import threshold_for_recall
from chuviet.models.rejector import Rejector, says_text
from chuviet.pytorch.artifact import SavedModel
from chuviet.pytorch.network import TorchMaps, as_artifact, as_batch
from chuviet.reading.detector import Detector


@dataclass(frozen=True)
class Rejection:
    """`kept` is the share of frames with text that pass, `skipped` that of empty frames that don't; `milliseconds` a
    frame (mean, network and decoding) without and with the rejector. None where no frame says it.
    """

    frames: int
    empty: int
    auc: float | None
    kept: float | None
    skipped: float | None
    milliseconds: tuple[float, float] | None

    def __str__(self) -> str:
        if self.milliseconds is None:
            return "rejector: no frames to measure it on"
        auc = f"ROC AUC {self.auc:.4f}" if self.auc is not None else "no ROC AUC, for which both kinds are needed,"
        parts = [f"rejector: {auc} on {self.frames} frames ({self.empty} without text)"]
        if self.kept is not None:
            parts.append(f"{self.kept:.2%} of those with text pass")
        if self.skipped is not None:
            parts.append(f"{self.skipped:.1%} of the empty ones are skipped")
        slow, fast = self.milliseconds
        return "; ".join([*parts, f"{slow:.1f} -> {fast:.1f} ms a frame"])


def frames(pages: Sequence[LabelledPage], size: int) -> Iterator[tuple[np.ndarray, bool]]:
    """The pages cut into squares of `size` pixels, and whether there is text in each. Squares with don't-care regions
    alone are left out; so are rests at the edges smaller than half a square.
    """
    for page in pages:
        image = read_image(page.path)
        for y in range(0, image.shape[0] - size // 2, size):
            for x in range(0, image.shape[1] - size // 2, size):
                seen = in_window(replace(page, quads=page.quads - (x, y)), size, size)
                if len(seen.quads) and seen.ignore.all():
                    continue
                yield image[y : y + size, x : x + size], bool(len(seen.quads))


def measure(saved: SavedModel, pages: Sequence[LabelledPage], size: int, few: int = 100) -> Rejection:
    """The rejector with its threshold, on squares of `pages`; times on `few` of them, spread evenly."""
    detector, model = _detector(saved)
    seen = list(frames(pages, size))
    if not seen:
        return Rejection(0, 0, None, None, None, None)
    scores, text = _scores(detector, model, seen)
    passes = scores >= model.cfg.threshold
    sample = [image for image, _ in seen[:: max(len(seen) // few, 1)]]
    everything = Detector(as_artifact(with_threshold(saved, float("-inf"))))
    return Rejection(
        frames=len(seen), empty=int((~text).sum()),
        auc=float(roc_auc_score(text, scores)) if text.any() and not text.all() else None,
        kept=float(passes[text].mean()) if text.any() else None,
        skipped=float((~passes[~text]).mean()) if not text.all() else None,
        milliseconds=(_milliseconds(everything, sample), _milliseconds(detector, sample)),
    )  # fmt: skip


def choose_threshold(saved: SavedModel, pages: Sequence[LabelledPage], size: int, recall: float) -> SavedModel:
    """The artifact with the highest threshold that lets the share `recall` of the frames with text pass."""
    scores, text = _scores(*_detector(saved), list(frames(pages, size)))
    if not text.any() or text.all():
        raise InputError(f"{len(text)} frames, {int(text.sum())} of them with text: both kinds are needed")
    return with_threshold(saved, threshold_for_recall(scores, text, recall))


def with_threshold(saved: SavedModel, threshold: float) -> SavedModel:
    """The artifact with another threshold of its rejector."""
    model: Any = saved.model
    cfg: Any = replace(model.cfg, threshold=threshold)
    other = cfg.build().eval()
    other.load_state_dict(model.state_dict())
    return replace(saved, model=other, model_cfg=cfg)


def _detector(saved: SavedModel) -> tuple[Detector, Rejector]:
    if not isinstance(saved.model, Rejector):
        raise InputError(f"{saved.path}: a model without a rejector; train one first (fots_light_rejector_small)")
    detector = Detector(as_artifact(with_threshold(saved, saved.model.cfg.threshold)))  # a copy: it is slimmed
    assert isinstance(detector.network, TorchMaps) and isinstance(detector.network.model, Rejector)
    return detector, detector.network.model


@torch.inference_mode()
def _scores(
    detector: Detector, model: Rejector, seen: Sequence[tuple[np.ndarray, bool]]
) -> tuple[np.ndarray, np.ndarray]:
    """The rejector's logit of every frame, and whether there is text."""
    text = np.array([there for _, there in seen], bool)
    logits = [float(says_text(model, as_batch(model, detector.prepare(image)[0]))[0]) for image, _ in seen]
    return np.array(logits), text


def _milliseconds(detector: Detector, images: Sequence[np.ndarray]) -> float:
    detector.find(images[0])
    start = time.perf_counter()
    for image in images:
        detector.find(image)
    return 1e3 * (time.perf_counter() - start) / len(images)

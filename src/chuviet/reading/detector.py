"""Finding text with shipped weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from chuviet.batch import Batch
from chuviet.errors import InputError
from chuviet.inputs.images import read_image
from chuviet.pytorch.artifact import Artifact
from chuviet.reading.lines import load_weights
from chuviet.results import Detection

Image = np.ndarray | str | Path


class Detector:
    """One detector: images in, quads in pixels of the original images out."""

    def __init__(self, artifact: Artifact) -> None:
        """Raises InputError for the weights of a recogniser."""
        if artifact.charset is not None:
            raise InputError(f"{artifact.path}: the weights of a recogniser, not of a detector")
        preprocess: Any = artifact.preprocess_cfg
        decoder: Any = artifact.decoder_cfg
        self.artifact = artifact
        model: Any = artifact.model
        self.model = model.slim() if hasattr(model, "slim") else model
        parameter = next(self.model.parameters(), None)  # an ONNX file has none
        self.device = torch.device("cpu") if parameter is None else parameter.device
        self.preprocess, self.decoder = preprocess.build(), decoder.build(None)

    def predict(self, images: Sequence[Image], progress: bool = False) -> list[Detection]:
        """The text in each image (a path, or H W 3 uint8 RGB), in their order; `index` is the position.

        Raises InputError for the first that cannot be read.
        """
        return [
            self.find(image if isinstance(image, np.ndarray) else read_image(image), i)
            for i, image in enumerate(tqdm(images, unit="page", disable=not progress, dynamic_ncols=True))
        ]

    @torch.inference_mode()
    def find(self, image: np.ndarray, index: int = 0) -> Detection:
        """The text in one image (H W 3 uint8 RGB)."""
        return self.decoder(self.model, self.batch(image, index))[0]

    def batch(self, image: np.ndarray, index: int = 0) -> Batch:
        """One image as the model wants it."""
        small = self.preprocess(image)
        shape = torch.tensor([[*small.shape[:2], *image.shape[:2]]])
        pixels = self.preprocess.collate([small])
        return Batch(
            images=pixels, widths=torch.tensor([small.shape[1]]), index=torch.tensor([index]), shapes=shape
        ).to(self.device)


def load_detector(path: str | Path, device: torch.device | str = "cpu") -> Detector:
    """The detector in a weights file (.safetensors or .onnx). Raises InputError as `load_artifact` does."""
    return Detector(load_weights(path, device))

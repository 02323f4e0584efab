"""Finding text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from chuviet.artifact.metadata import Artifact
from chuviet.artifact.network import MapNetwork, check_maps
from chuviet.artifact.opening import find_weights, open_artifact
from chuviet.decode.db import LineWordDecoder
from chuviet.errors import InputError
from chuviet.reading.given import listed, loaded
from chuviet.reading.scales import find_at_scales
from chuviet.results import Detection

#: The shipped weights that find text where none are named.
DEFAULT = "page_det"


class Detector:
    """One detector: images in, quads in pixels of the original images out. May be used from several threads."""

    def __init__(
        self, weights: str | Path | Artifact = DEFAULT, *, longest: int | None = None, device: str = "cpu",
        threads: int = 0,
    ) -> None:  # fmt: skip
        """`weights`: a name (of shipped weights, of a file in weights/, of a run in outputs/), a path, or what
        `open_artifact` gave. `longest`: the longer side in pixels that pages are looked at with, None for the one that
        the weights were trained for; more for small letters, less for large ones. `threads`: 0 takes all cores.
        `device`: for .safetensors files, which PyTorch runs.

        Raises InputError for weights that are missing, damaged, or a recogniser's, and for a size outside 32 to 10,000.
        """
        artifact = weights if isinstance(weights, Artifact) else open_artifact(find_weights(weights), device, threads)
        if not isinstance(artifact.network, MapNetwork):
            raise InputError(f"{artifact.path}: the weights of a recogniser, not of a detector")
        preprocess: Any = artifact.preprocess_cfg
        decoder: Any = artifact.decoder_cfg
        if longest is not None:
            if not 32 <= longest <= 10_000:
                raise InputError(f"longest {longest}: 32 to 10,000 pixels are expected")
            preprocess = replace(preprocess, longest=longest)
        self.artifact, self.network = artifact, artifact.network
        self.preprocess, self.decoder = preprocess.build(), decoder.build(None)

    def predict(self, images: Any, progress: bool = False) -> list[Detection]:
        """The text in each image, in their order; `index` is the position. An image is a path, bytes, a file object, a
        PIL image or an array; a list or iterator of these, a folder, or one alone.

        Raises InputError for the first that cannot be read.
        """
        bar = tqdm(listed(images), unit="page", disable=not progress, dynamic_ncols=True)
        return [self.find(loaded(image), i) for i, image in enumerate(bar)]

    def find(self, image: np.ndarray, index: int = 0) -> Detection:
        """The text in one image (H W 3 uint8 RGB). A detector of lines and words looks a second time, at a quarter of
        the size, for letters that are too large at the first.
        """
        cfg = self.preprocess.cfg
        if isinstance(self.decoder, LineWordDecoder):
            found = find_at_scales(self._look, image, cfg.longest, enlarge=cfg.enlarge, strips=0)
        else:
            found = self._look(image, cfg.longest)
        found.index = index
        return found

    def _look(self, image: np.ndarray, longest: int) -> Detection:
        """The text in an image whose longer side is first scaled to so many pixels."""
        pixels, shape = self.prepare(image, longest)
        maps, cell = self.network.maps(pixels), self.decoder.cell
        size = (pixels.shape[2] // cell, pixels.shape[3] // cell)
        check_maps(self.artifact.path, maps, self.decoder.channels, size)
        found: Detection = self.decoder(maps, [shape])[0]
        return found

    def prepare(self, image: np.ndarray, longest: int | None = None) -> tuple[np.ndarray, tuple[int, int, int, int]]:
        """One image (H W 3 uint8 RGB) as the network wants it (1 3 h w), and the height and width of its content and
        of the original. `longest`: see `Detector`.
        """
        preprocess = self.preprocess
        if longest is not None and longest != preprocess.cfg.longest:
            preprocess = replace(preprocess.cfg, longest=longest).build()
        small = preprocess(image)
        return preprocess.collate([small]), (*small.shape[:2], *image.shape[:2])

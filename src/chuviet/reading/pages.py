"""Pages in, text with its place out: detection, straightened crops, recognition in batches, reading order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np
from PIL.Image import Image

from chuviet.artifact.metadata import Artifact
from chuviet.errors import InputError
from chuviet.geometry import crop, reading_order
from chuviet.inputs.sources import Source, holds_several, iter_sources
from chuviet.reading import detector as detectors
from chuviet.reading.detector import Detector
from chuviet.reading.layout import line_at
from chuviet.reading.lines import LineReader, Weights
from chuviet.reading.text_layer import Ocr, layer_of, lines_of, unwritten
from chuviet.reading.words import read_crops
from chuviet.results import Block, Detection, Line, Page

#: The shipped weights that read what a detector found where none are named.
RECOGNIZER = "scene_word"


class Reader:
    """Finds and reads all text of pages and photos. May be used from several threads."""

    def __init__(
        self, detector: str | Path | Artifact | Detector = detectors.DEFAULT,
        recognizer: Weights | Sequence[Weights] | LineReader = RECOGNIZER, *, min_score: float = 0.5,
        ocr: Ocr = "auto", longest: int | None = None, device: str = "cpu", threads: int = 0,
    ) -> None:  # fmt: skip
        """`detector` and `recognizer` name weights, or are a `Detector` and a `LineReader`. Pages of PDFs with a text
        of their own are taken as they are ("auto"), or read by OCR as all others ("always"); "never" gives nothing but
        such texts. `longest`: see `Detector`; for one that is named here. Text whose score, finding
        times reading, is below `min_score`, and what is read as nothing, is left out (0: nothing is): what is
        unreadable is mostly no text.

        Raises InputError for weights that are missing, damaged or of the other kind.
        """
        if not isinstance(detector, Detector):
            detector = Detector(detector, longest=longest, device=device, threads=threads)
        if not isinstance(recognizer, LineReader):
            recognizer = LineReader(recognizer, device=device, threads=threads)
        self.detector: Detector = detector
        self.recognizer: LineReader = recognizer
        if not 0 <= min_score <= 1:
            raise InputError(f"min_score {min_score:g}: a number from 0 to 1 is expected")
        if ocr not in ("auto", "always", "never"):
            raise InputError(f"ocr {ocr!r}: auto, always or never is expected")
        self.min_score, self.ocr = min_score, ocr

    @overload
    def read(self, source: list[Any] | tuple[Any, ...] | Iterator[Any], *, batch_size: int = 32) -> list[Page]: ...
    @overload
    def read(self, source: np.ndarray | Image, *, batch_size: int = 32) -> Page: ...
    @overload
    def read(self, source: Any, *, batch_size: int = 32) -> Any: ...
    def read(self, source: Any, *, batch_size: int = 32) -> Any:
        """The page in an image: a path, bytes, a file object, a PIL image or an array. A list or iterator of these, a
        folder, or a file of several pages, gives a list.

        Raises InputError for the first image that cannot be read.
        """
        pages = list(self.pages(source, batch_size=batch_size))
        return pages if holds_several(source) or len(pages) != 1 else pages[0]

    def pages(self, source: Any, *, batch_size: int = 32) -> Iterator[Page]:
        """The pages of whatever `read` takes, one by one as they are read."""
        for one in iter_sources(source):
            yield self.page(one, batch_size)

    def page(self, source: Source, batch_size: int = 32) -> Page:
        """One page, by its own text where it has one; pictures and notes on it are read."""
        layer = layer_of(source, self.ocr)
        if layer is None and self.ocr != "never":
            return self.read_image(source.load(), source.name, batch_size)
        if layer is None:
            height, width = source.load().shape[:2]
            return Page(source.name, width, height)
        lines = lines_of(layer.words)
        if len(layer.pictures) and self.ocr != "never":
            seen = self.read_image(source.load(), source.name, batch_size)
            lines += unwritten(seen.lines, layer, lines)
        return page_of(source.name, layer.width, layer.height, lines)

    def read_image(self, image: np.ndarray, name: str = "", batch_size: int = 32) -> Page:
        """The text of one page (H W 3 uint8 RGB), in reading order."""
        found = self.detector.find(image)
        order = reading_order(found.quads)
        crops = [crop(image, quad) for quad in found.quads[order]]
        lines: list[Line] = []
        for quad, score, read in zip(
            found.quads[order], found.scores[order], read_crops(self.recognizer, crops, batch_size), strict=True
        ):
            confidence = float(score) * read.confidence
            if self.min_score <= 0 or (read.text and confidence >= self.min_score):
                lines.append(line_at(quad, read, confidence))
        return Page(name, image.shape[1], image.shape[0], (Block(tuple(lines)),) if lines else ())


def page_of(name: str, width: int, height: int, lines: Sequence[Line]) -> Page:
    """The page that lines make, in reading order."""
    if not lines:
        return Page(name, width, height)
    quads = np.array([line.corners for line in lines])
    found = tuple(lines[i] for i in reading_order(quads))
    along = quads[:, 1] - quads[:, 0]
    angle = float(np.degrees(np.median(np.arctan2(along[:, 1], along[:, 0]))))
    return Page(name, width, height, (Block(found),), angle)


def as_detection(page: Page, index: int = 0) -> Detection:
    """The lines of a page as a metric compares them."""
    quads = np.array([line.corners for line in page.lines], np.float64).reshape(-1, 4, 2)
    scores = np.array([line.confidence for line in page.lines], np.float64)
    return Detection(index, quads, scores, [line.text for line in page.lines])

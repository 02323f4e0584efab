"""Pages in, text with its place out: finding, lines, straightened crops, recognition in batches, reading order."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np
from PIL.Image import Image

from chuviet.artifact.metadata import Artifact
from chuviet.errors import InputError
from chuviet.geometry import crop, height_of, side_lengths
from chuviet.inputs.sources import Source, holds_several, iter_sources
from chuviet.reading import detector as detectors
from chuviet.reading.choice import LineChoice, open_readers, read_by
from chuviet.reading.cutting import cut_rows
from chuviet.reading.detector import Detector
from chuviet.reading.flatten import direction
from chuviet.reading.halving import halve
from chuviet.reading.joining import FoundLine, lines_of
from chuviet.reading.layout import line_at
from chuviet.reading.lines import LineReader, Weights
from chuviet.reading.order import arrange
from chuviet.reading.text_layer import Ocr, layer_of, unwritten, written_lines
from chuviet.reading.upright import aligned, is_found, is_lost, lean_of, levelled, read_upright, turned_back
from chuviet.reading.wide_set import Read, join_wide_set
from chuviet.reading.words import joined, knows_words, read_words
from chuviet.results import Block, Detection, Line, Page, Prediction, Word

#: The shipped weights that read what a detector found where none are named.
RECOGNIZERS = ("vi_text", "print_line", "scene_word")

#: The least score of a text of fewer characters than the first number says, and of longer ones: what is read into
#: textures is a letter or two. Chosen on every second of 100 photos and of 107 photos without text.
_LEAST = ((3, 0.8), (6, 0.7), (10, 0.55))
_LEAST_OF_LONG = 0.3
#: A page with so many texts of so many characters is one of text: its short ones are numbers of a table, not texture,
#: and need no more than this. Chosen on 20 receipts, 15 wills, 10 sheets and 57 photos.
_MANY, _LONG = 10, 10
_LEAST_AMONG_TEXT = 0.5


class Reader:
    """Finds and reads all text of pages and photos. May be used from several threads."""

    def __init__(
        self, detector: str | Path | Artifact | Detector = detectors.DEFAULT,
        recognizer: Weights | Sequence[Weights] | LineReader | LineChoice = RECOGNIZERS, *,
        min_score: float | None = None, ocr: Ocr = "auto", longest: int | None = None, device: str = "cpu",
        threads: int = 0,
    ) -> None:  # fmt: skip
        """`detector` and `recognizer` name weights, or are a `Detector` and a `LineReader` or `LineChoice`; between
        recognisers of other kinds each line decides, or the page (`LineChoice`). Pages of PDFs with a text
        of their own are taken as they are ("auto"), or read by OCR as all others ("always"); "never" gives nothing but
        such texts. `longest`: see `Detector`; for one that is named here. Text whose score, finding
        times reading, is below `min_score`, and what is read as nothing, is left out (0: nothing is; None: below 0.8
        for one or two characters, and less for longer ones, 0.3 from ten on; on pages with ten such long texts below
        0.5 for short ones): what is unreadable is mostly no text.

        Raises InputError for weights that are missing, damaged or of the other kind.
        """
        if not isinstance(detector, Detector):
            detector = Detector(detector, longest=longest, device=device, threads=threads)
        if not isinstance(recognizer, (LineReader, LineChoice)):
            recognizer = open_readers(recognizer, device=device, threads=threads)
        self.detector: Detector = detector
        self.recognizer: LineReader | LineChoice = recognizer
        if min_score is not None and not 0 <= min_score <= 1:
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
        lines = written_lines(layer.words)
        if len(layer.pictures) and self.ocr != "never":
            seen = self.read_image(source.load(), source.name, batch_size)
            lines += unwritten(seen.lines, layer, lines)
        return page_of(source.name, layer.width, layer.height, lines)

    def read_image(self, image: np.ndarray, name: str = "", batch_size: int = 32) -> Page:
        """The text of one page (H W 3 uint8 RGB), turned by any angle, in blocks and in reading order."""
        lines = [
            line_at(line.quad, text, line.score * text.confidence, line.words)
            for line, text in cut_rows(image, self.read_lines(image, batch_size))
        ]
        return page_of(name, image.shape[1], image.shape[0], lines)

    def read_lines(self, image: np.ndarray, batch_size: int = 32) -> list[Read]:
        """The lines of one page (H W 3 uint8 RGB) as the detector found them, with their texts, in no order: some hold
        several texts of a row.
        """
        found, texts = self._find_and_read(image, batch_size)
        if is_lost(found, texts):
            quarter = np.ascontiguousarray(np.rot90(image))
            other, better = self._find_and_read(quarter, batch_size)
            if is_found(better, texts):
                found, texts = [line.moved(lambda p: turned_back(p, image.shape[1])) for line in other], better
        among_text = is_text_page(found, texts)
        kept = [
            (line, text) for line, text in zip(found, texts, strict=True) if self._is_kept(text, line.score, among_text)
        ]
        return join_wide_set(kept)

    def _find_and_read(self, image: np.ndarray, batch_size: int) -> tuple[list[FoundLine], list[Prediction]]:
        """The lines on an image, each from the beginning of its text, and what is read in them."""

        def read(lines: Sequence[FoundLine]) -> list[Prediction]:
            return self._texts_of(image, lines, batch_size)

        return halve(*read_upright(self._find(image), read), read)

    def _find(self, image: np.ndarray) -> list[FoundLine]:
        """The lines on an image; where they lean, those that are found on the image turned level."""
        found = aligned(self.detector.find(image))
        if not (lean := lean_of(found)):
            return lines_of(found)
        level, back = levelled(image, lean)
        lines = lines_of(aligned(self.detector.find(level)))
        return [line.moved(lambda points: points @ back[:, :2].T + back[:, 2]) for line in lines]

    def _texts_of(self, image: np.ndarray, lines: Sequence[FoundLine], batch_size: int) -> list[Prediction]:
        """What the recogniser reads in each line: one that knows single words gets those that the detector found."""

        @functools.cache  # several readers are asked about a line
        def crops(i: int, single: bool) -> list[np.ndarray]:
            return crops_of(image, lines[i], single)

        def read(reader: LineReader, asked: Sequence[int]) -> list[Prediction]:
            parts = [crops(i, knows_words(reader)) for i in asked]
            words = iter(read_words(reader, [crop for part in parts for crop in part], batch_size))
            return [joined(i, list(itertools.islice(words, len(part)))) for i, part in enumerate(parts)]

        quads = np.array([line.quad for line in lines]).reshape(-1, 4, 2)
        aspects = side_lengths(quads)[:, 0] / np.maximum(height_of(quads), 1e-6)
        return read_by(self.recognizer, aspects.tolist(), read)

    def _is_kept(self, text: Prediction, found: float, among_text: bool = False) -> bool:
        """Whether a text is one; `found`: the score of its place, `among_text`: see `is_text_page`."""
        if self.min_score is None:
            return bool(text.text) and found * text.likelihood >= least_score(text.text, among_text)
        return self.min_score <= 0 or bool(text.text and found * text.confidence >= self.min_score)


def least_score(text: str, among_text: bool = False) -> float:
    """Of finding times reading (`likelihood`): less is taken for no text. `among_text`: on a page of text."""
    least = next((least for length, least in _LEAST if len(text) < length), _LEAST_OF_LONG)
    return min(least, _LEAST_AMONG_TEXT) if among_text else least


def is_text_page(found: Sequence[FoundLine], texts: Sequence[Prediction]) -> bool:
    """Whether a page has so many long texts that its short ones are no texture of a photo."""
    long = [line.score * text.likelihood for line, text in zip(found, texts, strict=True) if len(text.text) >= _LONG]
    return sum(score >= _LEAST_OF_LONG for score in long) >= _MANY


def crops_of(image: np.ndarray, line: FoundLine, single: bool) -> list[np.ndarray]:
    """What a recogniser reads of a line: the line, or, for one that knows `single` words, its words."""
    quads = line.words if single and line.words is not None else line.quad[None]
    return [crop(image, quad) for quad in quads]


def page_of(name: str, width: int, height: int, lines: Sequence[Line]) -> Page:
    """The page that lines make, in blocks and in reading order."""
    quads = np.array([line.corners for line in lines], np.float64).reshape(-1, 4, 2)
    blocks = [Block(tuple(lines[i] for i in group.lines), group.kind, group.cells) for group in arrange(quads)]
    angle = float(np.degrees(direction(quads))) if len(quads) else 0.0
    return Page(name, width, height, tuple(blocks), angle)


def as_detection(page: Page, index: int = 0) -> Detection:
    """The lines of a page, and its words, as a metric compares them."""
    return _detection(page.lines, index, _detection(page.words, index))


def _detection(found: Sequence[Line] | Sequence[Word], index: int, words: Detection | None = None) -> Detection:
    quads = np.array([one.corners for one in found], np.float64).reshape(-1, 4, 2)
    scores = np.array([one.confidence for one in found], np.float64)
    return Detection(index, quads, scores, [one.text for one in found], words)

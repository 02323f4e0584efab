"""What a worker does with a request's bytes: pages or lines, read with limits."""

from __future__ import annotations

import io
import json
import struct
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image

from chuviet.artifact.metadata import Artifact
from chuviet.artifact.opening import open_artifact
from chuviet.errors import InputError
from chuviet.formats.known import FORMATS
from chuviet.formats.writer import PageWriter
from chuviet.inputs.images import decode_image
from chuviet.inputs.kinds import HEAD, kind_of
from chuviet.inputs.limits import Limits
from chuviet.inputs.names import printable
from chuviet.inputs.sources import find_in_bytes
from chuviet.reading import detector as detectors
from chuviet.reading import pages as readers
from chuviet.reading.choice import LineChoice, open_readers
from chuviet.reading.detector import Detector
from chuviet.reading.layout import line_of
from chuviet.reading.lines import LineReader
from chuviet.reading.pages import Reader
from chuviet.serve.pictures import SHOWN, PicturedLinesWriter
from chuviet.serve.refusal import Refusal
from chuviet.serve.settings import Settings

#: What the list of lines says that it is, as pages do (`chuviet.formats.json_format`).
LINES_SCHEMA, LINES_VERSION = "chuviet/lines", 1


class Reading:
    """The readers of one worker, loaded once."""

    def __init__(self, settings: Settings) -> None:
        """Raises InputError for weights that are missing, damaged, or two detectors."""
        self.settings, threads = settings, settings.threads_each
        artifacts = [open_artifact(path, settings.device, threads) for path in settings.weights]
        found = [a for a in artifacts if a.charset is None]
        if len(found) > 1:
            raise InputError(f"{found[0].path} and {found[1].path}: two detectors; name one")
        self.detector = Detector(found[0] if found else detectors.DEFAULT, threads=threads)
        named = [a for a in artifacts if a.charset is not None]
        decoder: Any = settings.decoder
        self.recognizer = open_readers(
            named or readers.RECOGNIZERS, decoder=decoder, beam_width=settings.beam_width, threads=threads
        )

    @property
    def lines(self) -> LineReader:
        """The reader of lines: of several the first one, which is that of ink."""
        return self.recognizer.readers[0] if isinstance(self.recognizer, LineChoice) else self.recognizer

    def warm_up(self) -> None:
        """Reads an empty page: what is loaded when it is first used is loaded now."""
        Reader(self.detector, self.recognizer).read_image(np.full((64, 64, 3), 255, np.uint8))
        self.lines.predict([np.full((32, 64, 3), 255, np.uint8)])

    def models(self) -> list[dict[str, Any]]:
        """The weights: names and figures, no paths."""
        choice = self.recognizer.readers if isinstance(self.recognizer, LineChoice) else (self.recognizer,)
        artifacts = [self.detector.artifact, *(a for reader in choice for a in reader.artifacts)]
        return [_described(artifact, artifact in self.lines.artifacts) for artifact in artifacts]

    def read(self, job: dict[str, Any], data: bytes) -> Iterator[bytes]:
        """The pages of a file as parts of a file of format `job["format"]`, each as soon as it is read.

        Raises Refusal for what is too large or of a kind that is not read, InputError for what is broken.
        """
        name = str(job["name"])
        # Without a limit a page: the service ends a worker that is over its time or its memory.
        limits = Limits(pixels=self.settings.max_pixels, pages=self.settings.max_pages, page_seconds=0)
        kind = _check_kind(data, name)
        found = find_in_bytes(data, name, limits)
        if found.cut:
            pages = len(found.sources) + found.cut[0][1]
            raise Refusal(413, f"{name}: {pages} pages; a request may have {limits.pages} at most")
        names = [source.name for source in found.sources]
        writer: PageWriter = FORMATS[job["format"]](names)
        if job.get("pictures") and job["format"] == "jsonl":
            writer = PicturedLinesWriter(names, carried=kind not in SHOWN)
        if writer.one_page and len(found.sources) > 1:
            pages = len(found.sources)
            raise Refusal(400, f"{name}: {pages} pages; format {writer.name} holds one, so take another format")
        check_pixels(data, len(found.sources), name, limits.pixels)
        reader = Reader(self.detector, self.recognizer, min_score=job.get("min_score"), ocr=job.get("ocr") or "auto")
        head = writer.start()
        for source in found.sources:
            yield head + writer.page(reader.page(source, self.settings.batch_size), source.load)
            head = b""
        yield writer.end()

    def read_lines(self, job: dict[str, Any], data: bytes) -> Iterator[bytes]:
        """The texts of images of lines, `job["names"]` with `job["sizes"]` bytes each of `data`, as JSON.

        Raises Refusal and InputError for the first image that is refused, as `read`.
        """
        images, at = [], 0
        for name, size in zip(job["names"], job["sizes"], strict=True):
            images.append(self._line_image(data[at : at + size], name))
            at += size
        predictions = self.lines.predict(images, self.settings.batch_size)
        found = [
            {"name": printable(name)} | line_of(image, prediction).as_dict()
            for name, image, prediction in zip(job["names"], images, predictions, strict=True)
        ]
        entries = {"schema": LINES_SCHEMA, "version": LINES_VERSION, "lines": found}
        yield json.dumps(entries, ensure_ascii=False).encode("utf-8", "backslashreplace")

    def _line_image(self, data: bytes, name: str) -> np.ndarray:
        if _check_kind(data, name) == "PDF":
            raise Refusal(415, f"{name}: a PDF where an image of a line is wanted; /v1/read takes PDFs")
        check_pixels(data, 1, name, self.settings.max_pixels)
        return decode_image(data, name)


def check_pixels(data: bytes, frames: int, name: str, limit: int) -> None:
    """Raises Refusal for a file whose header, or that of one of its `frames`, says that it has more than `limit`
    pixels. Nothing is decoded for it. Broken headers pass: reading says what is wrong with them.
    """
    kind = kind_of(data[:HEAD])
    if kind is None or kind == "PDF":  # pages of PDFs are drawn with so many pixels as are allowed
        return
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(data), formats=[kind]) as opened:
            for frame in range(frames if kind == "TIFF" else 1):  # those of other kinds have one size
                opened.seek(frame)
                if opened.width * opened.height > limit:
                    size = f"{opened.width} x {opened.height} px"
                    raise Refusal(
                        413, f"{name}: {size}; images of {limit:,} pixels at most are read, so scale it first"
                    )
    except Image.DecompressionBombError as e:
        raise Refusal(413, f"{name}: too many pixels ({e})") from e
    except (OSError, SyntaxError, ValueError, EOFError, KeyError, TypeError, struct.error):
        return


def _check_kind(data: bytes, name: str) -> str | None:
    """The kind of a file by its content. Raises Refusal for one that is not read."""
    kind = kind_of(data[:HEAD])
    if data and kind is None:
        raise Refusal(415, f"{name}: neither an image that can be read (JPEG, PNG, TIFF and others) nor a PDF")
    if kind == "HEIC":
        raise Refusal(415, f"{name}: a HEIC image, which cannot be read; save it as JPEG")
    return kind


def _described(artifact: Artifact, reads_lines: bool) -> dict[str, Any]:
    return {
        "name": artifact.path.stem, "kind": "detector" if artifact.charset is None else "recogniser",
        "reads_lines": reads_lines, "bytes": artifact.size, "precision": artifact.precision,
        "revision": artifact.revision, "characters": len(artifact.charset) if artifact.charset else 0,
        "language_model": artifact.lm is not None,
    }  # fmt: skip

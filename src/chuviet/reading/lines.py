"""Reading lines: one recogniser, or several that agree on each character, behind one interface."""

from __future__ import annotations

import time
import warnings
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np
from PIL.Image import Image
from tqdm import tqdm

from chuviet.artifact.metadata import Artifact
from chuviet.artifact.network import (
    DecodingNetwork,
    FrameNetwork,
    MapNetwork,
    SteppingNetwork,
    check_decoded,
    check_frames,
)
from chuviet.artifact.opening import find_weights, open_artifact
from chuviet.config import Config
from chuviet.decode.attention import AttentionBeam, AttentionGreedy, DecodedInGraph, StepEnsemble
from chuviet.decode.confidence import IDENTITY, calibrated, word_scores
from chuviet.decode.ctc import CTCBeam, CTCGreedy
from chuviet.errors import InputError
from chuviet.inputs.sources import Source, holds_several, iter_sources, printable
from chuviet.language.rescore import rescorers_of
from chuviet.preprocess.line import is_blank
from chuviet.processors import cores
from chuviet.reading.given import listed, loaded
from chuviet.reading.layout import line_of, word_spans
from chuviet.reading.pieces import Pieces, prepare
from chuviet.results import Line, Prediction
from chuviet.vocab import SPECIALS, Charset

DecoderName = Literal["greedy", "beam"]
Weights = str | Path | Artifact


@dataclass(frozen=True, eq=False)
class Prepared:
    """An image (h w 3 uint8 RGB), and as each member of an ensemble wants it: by the config of its preprocessing."""

    rgb: np.ndarray
    lines: dict[Config, Pieces]


#: The shipped weights that read a line where none are named.
DEFAULT = "vi_text"
#: Images that are in memory at a time, sorted by width among themselves.
CHUNK = 256
#: Lines that a thread reads together where each is run alone.
GROUP = 8

# So many letters and digits, so likely, are on no blank paper and not of two lines: the likeliest of 595 papers without
# writing has 0.54, that of 120 pairs of real lines, one below the other, 0.75, and of two printed ones 0.8; 98 in 100
# real lines have more than 0.9.
_CLEAR_TEXT = 4
_CLEAR = 0.9


@dataclass(frozen=True)
class BadImage:
    """An image that could not be read, and the one line that says why."""

    index: int
    reason: str


class LineReader:
    """Reads images of single lines. May be used from several threads; what it reads does not depend on the batches.

    Several weights read together as an ensemble. Attention models step together and the mean of their character
    probabilities is decoded. CTC models each propose their text, and what all of them together find likeliest is taken.
    Each member gets the image prepared in its own way. The decoder is the first member's unless another is asked for.
    One that is named twice counts twice, and runs once.
    """

    def __init__(
        self, weights: Weights | Sequence[Weights] = DEFAULT, *, decoder: DecoderName | None = None,
        beam_width: int | None = None, device: str = "cpu", threads: int = 0,
    ) -> None:  # fmt: skip
        """`weights`: names (of shipped weights, of files in weights/, of runs in outputs/), paths, or what
        `open_artifact` gave. `threads`: 0 takes all cores. `device`: for .safetensors files, which PyTorch runs.

        Raises InputError for weights that are missing, damaged or a detector's, for members of different charsets, and
        for CTC and attention models together.
        """
        if decoder not in (None, "greedy", "beam"):
            raise InputError(f"decoder {decoder!r}: greedy or beam is expected")
        if threads < 0:
            raise InputError(f"threads {threads}: 0 (all cores) or a number above it is expected")
        named = [weights] if isinstance(weights, (str, Path, Artifact)) else list(weights)
        if not named:
            raise InputError("no weights given; name at least one file")
        opened = {w: open_artifact(find_weights(w), device, threads) for w in named if not isinstance(w, Artifact)}
        artifacts = [w if isinstance(w, Artifact) else opened[w] for w in named]
        check_members(artifacts)
        self.artifacts = tuple(artifacts)
        first = artifacts[0]
        assert first.charset is not None
        self.charset: Charset = first.charset
        self.decoder_cfg = _decoder_config(first, decoder, beam_width)
        rescorers = rescorers_of(first.lm, self.decoder_cfg) if isinstance(self.decoder_cfg, CTCBeam.Config) else ()
        build: Any = self.decoder_cfg.build
        self._decoder = build(self.charset, *rescorers)
        configs: list[Any] = [a.preprocess_cfg for a in artifacts]
        self._prepare = {c: c.build() for c in configs}  # members with the same preparation share its result
        self._cut = isinstance(first.network, FrameNetwork)  # pieces of a line are joined by their frames
        self._space = self.charset.characters.index(" ") + 1 if " " in self.charset.characters else None
        self._alone = all(isinstance(a.network, FrameNetwork) and a.network.alone for a in artifacts)
        self._threads = threads or cores()

    @overload
    def read(self, source: list[Any] | tuple[Any, ...] | Iterator[Any], *, batch_size: int = 32) -> list[Line]: ...
    @overload
    def read(self, source: np.ndarray | Image, *, batch_size: int = 32) -> Line: ...
    @overload
    def read(self, source: Any, *, batch_size: int = 32) -> Any: ...
    def read(self, source: Any, *, batch_size: int = 32) -> Any:
        """The line in an image: a path, bytes, a file object, a PIL image or an array. A list or iterator of these, a
        folder, or a file of several pages, gives a list.

        Warns of an image that seems to hold several lines: they are read as one. Raises InputError for the first image
        that cannot be read.
        """
        sources = list(iter_sources(source))
        images = [s.load() for s in sources]
        predictions = self.predict(images, batch_size)
        for one, prediction in zip(sources, predictions, strict=True):
            if prediction.stacked:
                warnings.warn(stacked_warning(one.name), stacklevel=2)
        lines = [line_of(image, p) for image, p in zip(images, predictions, strict=True)]
        return lines if holds_several(source) or len(lines) != 1 else lines[0]

    def predict(self, images: Any, batch_size: int = 32, progress: bool = False) -> list[Prediction]:
        """Reads all images, in their order; `index` is the position. An image is whatever `read` takes.

        Raises InputError for the first that cannot be read; `try_predict` goes on instead.
        """
        given = listed(images)
        predictions, bad = self.try_predict(given, batch_size, progress)
        if bad:
            more = f" ({len(bad)} of {len(given)} images cannot be read)" if len(bad) > 1 else ""
            raise InputError(bad[0].reason + more)
        return [p for p in predictions if p is not None]

    def try_predict(
        self, images: Sequence[Any], batch_size: int = 32, progress: bool = False
    ) -> tuple[list[Prediction | None], list[BadImage]]:
        """As `predict`, with None in the place of every image that cannot be read, and the reasons."""
        results: list[Prediction | None] = [None] * len(images)
        bad: list[BadImage] = []
        bar = tqdm(total=len(images), unit="line", disable=not progress, dynamic_ncols=True)
        for found in self._one_by_one(images) if self._alone else self._in_batches(images, batch_size):
            if isinstance(found, BadImage):
                bad.append(found)
            else:
                results[found.index] = found
            bar.update()
        bar.close()
        return results, sorted(bad, key=lambda b: b.index)

    def frames(self, images: Sequence[Any]) -> list[np.ndarray]:
        """Log probabilities of the classes in each image's frames, by the first member: arrays of T V. Raises
        InputError for an attention model.
        """
        network, cfg = self.artifacts[0].network, self.artifacts[0].preprocess_cfg
        if not isinstance(network, FrameNetwork):
            raise InputError("an attention model has no frames; name a CTC recogniser")
        lines = [prepare(self._prepare[cfg], loaded(image), True) for image in images]
        return self._joined(
            lines, network.frames(*self._prepare[cfg].collate([p for line in lines for p in line.images]))
        )

    def _joined(self, lines: Sequence[Pieces], frames: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The frames of whole lines, of those of all their pieces."""
        each = iter(frames)
        return [line.joined([next(each) for _ in line.images], self._space) for line in lines]

    def _prepared(self, index: int, image: Any) -> Prepared | BadImage:
        """The image for every member, or why it cannot be read."""
        try:
            rgb = loaded(image)
            # Refuses what is no line at all.
            lines = {cfg: prepare(preprocess, rgb, self._cut) for cfg, preprocess in self._prepare.items()}
        except InputError as e:
            return BadImage(index, _reason(image, e))
        return Prepared(rgb, lines)

    def _blank(self, index: int) -> Prediction:
        raw = "" if isinstance(self.decoder_cfg, CTCBeam.Config) and self.artifacts[0].lm else None
        return Prediction(index, "", 1.0, raw, np.zeros((0, 2), np.int64))

    def _one_by_one(self, images: Sequence[Any]) -> Iterator[BadImage | Prediction]:
        """Reads each line alone, on several threads at once, a group of lines each; gives them in their order."""
        workers = min(self._threads, len(images))
        groups = _groups(len(images), workers)
        if workers < 2:
            for group in groups:
                yield from self._read_group(images, group, False)
            return
        with ThreadPoolExecutor(workers) as pool:
            waiting: deque[Future[list[BadImage | Prediction]]] = deque()
            for group in groups:
                waiting.append(pool.submit(self._read_group, images, group, True))
                if len(waiting) > 2 * workers:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()

    def _read_group(self, images: Sequence[Any], group: range, one_thread: bool) -> list[BadImage | Prediction]:
        """Prepares the lines of a group, then runs the networks on each, then decodes each: one kind of work for all
        of them, and then the next, finds its code and tables in the processor's cache (a tenth of the time).
        """
        ready = [self._prepared(index, images[index]) for index in group]
        lines = [(index, line) for index, line in zip(group, ready, strict=True) if isinstance(line, Prepared)]
        outputs = [self._outputs([line], one_thread) for line in lines]
        read = (next(self._decoded([line], of)) for line, of in zip(lines, outputs, strict=True))
        return [next(read) if isinstance(line, Prepared) else line for line in ready]

    def _in_batches(self, images: Sequence[Any], batch_size: int) -> Iterator[BadImage | Prediction]:
        """Lines of similar widths in batches. While one is decoded the networks read the next."""
        for start in range(0, len(images), CHUNK):
            prepared = []
            for index in range(start, min(start + CHUNK, len(images))):
                ready = self._prepared(index, images[index])
                if isinstance(ready, Prepared):
                    prepared.append((index, ready))
                else:
                    yield ready
            batches = list(_by_width(prepared, batch_size))
            with ThreadPoolExecutor(1) as pool:
                coming = [pool.submit(self._outputs, batch) for batch in batches[:1]]
                for k, batch in enumerate(batches):
                    outputs = coming.pop().result()
                    coming += [pool.submit(self._outputs, b) for b in batches[k + 1 : k + 2]]
                    yield from self._decoded(batch, outputs)

    def _outputs(self, batch: Sequence[tuple[int, Prepared]], one_thread: bool = False) -> list[Any]:
        """What each member's network makes of a batch: frames of every line, characters, or a state to step on from."""
        lines = {cfg: [ready.lines[cfg] for _, ready in batch] for cfg in self._prepare}
        ready = {cfg: p.collate([image for line in lines[cfg] for image in line.images])
                 for cfg, p in self._prepare.items()}  # fmt: skip
        outputs: dict[int, Any] = {}
        for artifact in {id(a): a for a in self.artifacts}.values():
            network, (pixels, widths) = artifact.network, ready[artifact.preprocess_cfg]
            if isinstance(network, FrameNetwork):
                frames = network.frames(pixels, widths, one_thread)
                check_frames(artifact.path, frames, len(pixels), len(self.charset) + 1)
                outputs[id(artifact)] = self._joined(lines[artifact.preprocess_cfg], frames)
            elif isinstance(network, DecodingNetwork):
                ids, log_probs = network.decode(pixels, widths)
                check_decoded(artifact.path, ids, log_probs, len(pixels), len(self.charset) + SPECIALS)
                outputs[id(artifact)] = (ids, log_probs)
            else:
                assert isinstance(network, SteppingNetwork)
                outputs[id(artifact)] = network.encode(pixels, widths)
        return [outputs[id(artifact)] for artifact in self.artifacts]

    def _decoded(self, batch: Sequence[tuple[int, Prepared]], outputs: Sequence[Any]) -> Iterator[Prediction]:
        decoder: Any = self._decoder
        if isinstance(decoder, (CTCGreedy, CTCBeam)):
            found = [self._with_word_scores(p) for p in decoder(list(zip(*outputs, strict=True)))]
        elif isinstance(decoder, DecodedInGraph):
            found = decoder(*outputs[0])
        else:
            networks: list[Any] = [a.network for a in self.artifacts]
            ensemble = StepEnsemble(networks)
            alone = len(networks) == 1
            found = decoder(networks[0] if alone else ensemble, outputs[0] if alone else tuple(outputs), len(batch))
        for (index, ready), prediction in zip(batch, found, strict=True):
            clear = is_clear(prediction)
            if not clear and prediction.text and is_blank(ready.rgb):
                yield self._blank(index)
            else:
                stacked = not clear and any(line.stacked for line in ready.lines.values())
                yield replace(prediction, index=index, stacked=stacked)

    def _with_word_scores(self, prediction: Prediction) -> Prediction:
        """The prediction with its words' confidences; calibrated ones make its own, their mean."""
        if prediction.scores is None:
            return prediction
        by = self.decoder_cfg.calibration
        words = [calibrated(score, by) for score in word_scores(prediction.scores, word_spans(prediction.text))]
        sure = float(np.mean(words)) if words and by != IDENTITY else prediction.confidence
        return replace(prediction, confidence=sure, word_scores=np.array(words, np.float64))


def is_clear(read: Prediction) -> bool:
    """Whether so much was read with so little doubt that it can be no blank paper, in whose grain a network reads
    something too, and not two lines at once.
    """
    return sum(map(str.isalnum, read.text)) >= _CLEAR_TEXT and read.likelihood >= _CLEAR


def stacked_warning(name: str) -> str:
    """What is said of an image that seems to hold several lines."""
    what = f"{printable(name)}: " if name else ""
    return (
        f"{what}seems to hold several lines, and a reader of lines reads one; `chuviet read` finds and reads them all"
    )


def milliseconds(reader: LineReader, images: Sequence[Any]) -> float:
    """The median time of one image, alone, of different images, after a warm-up: the first call allocates memory."""
    times = []
    for image in [images[-1], *images]:
        start = time.perf_counter()
        reader.predict([image])
        times.append(1e3 * (time.perf_counter() - start))
    return float(np.median(times[1:]))


def check_members(artifacts: Sequence[Artifact]) -> None:
    """Raises InputError for artifacts that cannot read lines together."""
    if detectors := [a.path for a in artifacts if a.charset is None or isinstance(a.network, MapNetwork)]:
        raise InputError(f"{detectors[0]}: the weights of a detector, not of a recogniser")
    first = artifacts[0]
    for other in artifacts[1:]:
        assert first.charset is not None and other.charset is not None
        if other.charset != first.charset:
            only = set(other.charset.characters) ^ set(first.charset.characters)
            shown = "".join(sorted(only))[:20]
            what = f"these are in one alone: {shown!r}" if only else "the same characters in another order"
            raise InputError(
                f"{first.path} and {other.path} have different charsets ({len(first.charset)} and "
                f"{len(other.charset)} characters; {what}); an ensemble needs one charset"
            )
        if any(isinstance(a.network, DecodingNetwork) for a in (first, other)):
            raise InputError(
                f"{first.path} and {other.path}: an attention model in ONNX has its loop inside and cannot step with "
                "others; ensemble the .safetensors files"
            )
        if isinstance(other.network, FrameNetwork) != isinstance(first.network, FrameNetwork):
            raise InputError(
                f"{first.path} and {other.path}: an attention model and a CTC model have no common steps to average; "
                "ensemble models of one kind"
            )


def _decoder_config(artifact: Artifact, name: DecoderName | None, width: int | None) -> Any:
    """The artifact's own decoder config, or that of the asked kind; the artifact's is kept where it is of that kind."""
    stored: Any = artifact.decoder_cfg
    if isinstance(artifact.network, DecodingNetwork):
        if name == "beam" or width is not None:
            raise InputError("the decoder of this ONNX file is in its graph, and greedy; use the .safetensors file")
        return stored
    kinds: dict[str, type[Config]] = {"greedy": CTCGreedy.Config, "beam": CTCBeam.Config}
    if isinstance(artifact.network, SteppingNetwork):
        kinds = {"greedy": AttentionGreedy.Config, "beam": AttentionBeam.Config}
    cfg = stored if name is None or isinstance(stored, kinds[name]) else kinds[name]()
    if width is None:
        return cfg
    if not isinstance(cfg, (CTCBeam.Config, AttentionBeam.Config)):
        raise InputError("a beam width needs the beam decoder: add --decoder beam")
    return replace(cfg, width=width)


def _reason(image: Any, e: InputError) -> str:
    """What is wrong with an image, with its name if it has one."""
    name = image.name if isinstance(image, Source) else str(image) if isinstance(image, (str, Path)) else ""
    return f"{name}: {e}" if name and name not in str(e) else str(e)


def _groups(count: int, workers: int) -> Iterator[range]:
    """The numbers below `count` in groups for `workers` threads, the last ones smaller, so that all end together."""
    start = 0
    while start < count:
        size = min(max((count - start) // (2 * workers), 1), GROUP)
        yield range(start, start + size)
        start += size


def _by_width(samples: Iterable[tuple[int, Prepared]], batch_size: int) -> Iterator[Sequence[tuple[int, Prepared]]]:
    """Batches of similar widths, widest first so that too large a batch fails at once; every sample once."""
    ordered = sorted(samples, key=lambda s: -next(iter(s[1].lines.values())).width)
    for i in range(0, len(ordered), max(batch_size, 1)):
        yield ordered[i : i + max(batch_size, 1)]

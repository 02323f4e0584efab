"""Several readers of different texts: each line is read by those that may know it best, and the likeliest is kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

import numpy as np

from chuviet.artifact.metadata import Artifact
from chuviet.artifact.opening import find_weights, open_artifact
from chuviet.config import Config
from chuviet.errors import InputError
from chuviet.preprocess.scene import ScenePreprocess
from chuviet.reading.lines import DecoderName, LineReader, Weights
from chuviet.reading.words import knows_words, read_words
from chuviet.results import Prediction
from chuviet.vocab import VIETNAMESE

#: Reads some of several lines, given by their numbers, with one reader.
Read = Callable[[LineReader, Sequence[int]], list[Prediction]]

_LEAST = 1e-6  # a confidence below it counts as this one
_VIETNAMESE = 0.05  # of the letters: a page with more of them marked is Vietnamese, where a language model knows more
_AGREE = 0.7  # of the letters of a page: what two readers of its print have at least in common
_MARKED = "".join(sorted({c for c in VIETNAMESE.lower() if c.isalpha() and not c.isascii()}))
_LONG = 10.0  # times as wide as high: no word of a photo is so long, and no reader of words is asked


@dataclass(frozen=True)
class Calibration:
    """What a reader's confidence is worth beside that of others: `offset` + `slope` * log(likelihood).

    `pages`: such a reader reads all lines of a page or none, see `reads_better`.
    """

    offset: float
    slope: float
    pages: bool = False

    def worth(self, prediction: Prediction) -> float:
        """Of what was read; an empty text is worth less than any other."""
        if not prediction.text:
            return -math.inf
        return self.offset + self.slope * math.log(max(prediction.likelihood, _LEAST))


#: Readers of lines of ink, measured of an early state of `vi_text`, and of words in colour (`scene_word`): what
#: `python benchmarks/choice.py ... --fit ...` prints; docs/results.md has all of it. Another reader, another fit. The
#: offset of lines is 1 less than it was fitted: `vi_text` of now against `scene_word`, on every second of 100 photos.
LINES = Calibration(1.4, 19.1)
WORDS = Calibration(0.0, 11.2)
#: Readers of lines without a language model (`print_line`), beside those that have one.
PRINT = Calibration(1.4, 19.1, pages=True)


def calibration_of(reader: LineReader) -> Calibration:
    """That of the reader's kind."""
    first = reader.artifacts[0]
    if isinstance(first.preprocess_cfg, ScenePreprocess.Config):
        return WORDS
    return LINES if first.lm is not None else PRINT


class LineChoice:
    """Reads crops of a page with several `LineReader`s, and keeps of each crop the text that is worth most. May be used
    from several threads.

    The first reader reads all crops. Another one reads those of which it could still win: its best is its offset. So
    that what is certainly handwriting costs one reading. Long lines are for readers of lines alone. A reader of print
    reads all crops of a page or none (`Calibration.pages`): none of a Vietnamese one.
    """

    def __init__(self, readers: Sequence[LineReader], calibrations: Sequence[Calibration] | None = None) -> None:
        """`calibrations`: one a reader; None: that of its kind. Raises InputError without readers, and for another
        number of calibrations.
        """
        if not readers:
            raise InputError("no readers given; name at least one")
        if calibrations is None:
            calibrations = [calibration_of(reader) for reader in readers]
            if LINES not in calibrations:  # readers without a language model are compared with each other
                calibrations = [LINES if one is PRINT else one for one in calibrations]
        if len(calibrations) != len(readers):
            raise InputError(f"{len(calibrations)} calibrations for {len(readers)} readers")
        self.readers, self.calibrations = tuple(readers), tuple(calibrations)

    def predict(self, crops: Sequence[np.ndarray], batch_size: int = 32) -> list[Prediction]:
        """The text of each crop (h w 3 uint8 RGB), in their order; `index` is the position, `confidence` that of the
        reader whose text it is.
        """
        return read_crops(self, crops, batch_size)

    def choose(self, aspects: Sequence[float], read: Read) -> list[Prediction]:
        """As `predict`, of lines that `read` reads, each `aspects` times as wide as high."""
        best: list[Prediction] = [Prediction(i, "", 1.0) for i in range(len(aspects))]
        worth = np.full(len(aspects), -math.inf)
        long = np.asarray(aspects) > _LONG
        lines_known = not all(map(knows_words, self.readers))
        for reader, calibration in zip(self.readers, self.calibrations, strict=True):
            whole = calibration.pages
            if whole and vietnamese_share(best) > _VIETNAMESE:
                continue
            passed = long & (lines_known and knows_words(reader))
            asked = np.flatnonzero((whole | (worth < calibration.offset)) & ~passed).tolist()
            found = read(reader, asked) if asked else []
            if whole and not reads_better(found, [best[i] for i in asked]):
                continue
            for i, prediction in zip(asked, found, strict=True):
                value = calibration.worth(prediction)
                if whole or value > worth[i]:
                    best[i], worth[i] = replace(prediction, index=i), value
        return best


def vietnamese_share(lines: Sequence[Prediction]) -> float:
    """The share of letters, of all in what was read, that Vietnamese has and English has not; 0 without letters."""
    letters = [c for line in lines for c in line.text.lower() if c.isalpha()]
    return sum(c in _MARKED for c in letters) / len(letters) if letters else 0.0


def reads_better(found: Sequence[Prediction], before: Sequence[Prediction]) -> bool:
    """Whether a reader of print, without a language model, reads a page better than what read the same lines `before`:
    it is surer of the whole, and both have most letters in common. Else it is no print, of which it may be sure too.
    """
    letters = [max(len(a.text), len(b.text)) for a, b in zip(found, before, strict=True)]
    if not sum(letters):
        return False
    surer = [
        length * math.log(max(a.likelihood, _LEAST) / max(b.likelihood, _LEAST))
        for length, a, b in zip(letters, found, before, strict=True)
    ]
    common = [_in_common(a.text.lower(), b.text.lower()) for a, b in zip(found, before, strict=True)]
    return sum(surer) > 0 and sum(common) >= _AGREE * sum(letters)


def _in_common(a: str, b: str) -> int:
    """The number of characters that two texts have in common, in their order."""
    return sum(block.size for block in SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks())


def open_readers(
    weights: Weights | Sequence[Weights], *, decoder: DecoderName | None = None, beam_width: int | None = None,
    device: str = "cpu", threads: int = 0,
) -> LineReader | LineChoice:  # fmt: skip
    """The reader of these weights: those of one charset and kind of image, all with a language model or all without,
    read together, as an ensemble; between the others the line decides. Raises InputError as `LineReader` does.
    """
    named = [weights] if isinstance(weights, Weights) else list(weights)
    artifacts = [w if isinstance(w, Artifact) else open_artifact(find_weights(w), device, threads) for w in named]
    groups: dict[tuple[str, type[Config], bool], list[Artifact]] = {}
    for artifact in artifacts:
        characters = artifact.charset.characters if artifact.charset else ""
        groups.setdefault((characters, type(artifact.preprocess_cfg), artifact.lm is None), []).append(artifact)
    if len(groups) < 2:
        return LineReader(artifacts, decoder=decoder, beam_width=beam_width, threads=threads)
    return LineChoice(
        [LineReader(group, decoder=decoder, beam_width=beam_width, threads=threads) for group in groups.values()]
    )


def read_crops(
    recognizer: LineReader | LineChoice, crops: Sequence[np.ndarray], batch_size: int = 32
) -> list[Prediction]:
    """The text of crops of a page (h w 3 uint8 RGB), in their order, by whichever reader or readers there are."""

    def read(reader: LineReader, asked: Sequence[int]) -> list[Prediction]:
        return read_words(reader, [crops[i] for i in asked], batch_size)

    return read_by(recognizer, [crop.shape[1] / crop.shape[0] for crop in crops], read)


def read_by(recognizer: LineReader | LineChoice, aspects: Sequence[float], read: Read) -> list[Prediction]:
    """Lines, each `aspects` times as wide as high, read by one reader or, where there are several, by those that the
    lines decide for.
    """
    if isinstance(recognizer, LineChoice):
        return recognizer.choose(aspects, read)
    return read(recognizer, range(len(aspects)))
